//go:build bench

package bench

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/town"
)

// TestBench measures a small town and one of ten times as much, on the three databases, and prints the tables of
// each. BENCH names parts that are measured alone: pages, kept, lists, search, calendars, strain, mails. The large town alone, on
// SQLite:
//
//	go test -tags bench -count=1 -v -run TestBench/sqlite/large ./e2e/bench
func TestBench(t *testing.T) {
	missed := 0
	for _, database := range []town.Database{town.SQLite, town.PostgreSQL, town.MariaDB} {
		t.Run(string(database), func(t *testing.T) {
			small := map[string]float64{}
			for _, size := range []size{{"small", 1}, {"large", 10}} {
				t.Run(size.name, func(t *testing.T) {
					for _, table := range measure(t, database, size.scale, small) {
						fmt.Print(table)
						missed += table.missed()
					}
				})
			}
		})
	}
	fmt.Printf("\n%d figures miss their targets, which stand in brackets\n", missed)
}

// size is how much there is in a town.
type size struct {
	name  string
	scale int
}

// wanted reports whether a part is to be measured.
func wanted(part string) bool {
	parts := os.Getenv("BENCH")
	return parts == "" || strings.Contains(parts, part)
}

// measure measures a town. Rates of the small town are noted in small, and read from there in the large one.
func measure(t *testing.T, database town.Database, scale int, small map[string]float64) []*table {
	b := openTown(t, database, scale)
	program := b.programTable()
	tables := []*table{program}
	b.begin(program)
	if wanted("pages") {
		tables = append([]*table{b.measurePages(small)}, tables...)
	}
	if wanted("lists") && scale > 1 {
		tables = append(tables, b.measureLists())
	}
	if wanted("search") && scale > 1 {
		tables = append(tables, b.measureSearch())
	}
	if wanted("kept") && scale == 1 {
		tables = append(tables, b.measureKept())
	}
	if wanted("calendars") && scale == 1 {
		tables = append(tables, b.measureCalendars())
	}
	program.add([]string{"memory under load, at most, MB"}, number(b.memory("VmHWM"), 0).within(150))
	if scale == 1 {
		if wanted("strain") { // before a group has a thousand subscribers
			b.measureStrain(program)
		}
		if wanted("mails") {
			b.measureMails(program)
		}
	}
	b.process.Stop()
	return tables
}
