//go:build bench

package bench

import (
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// keptRate is how often a second visitors come for pages that are kept: far less than can be had, because visitors who
// come at a rate take more of the processor than the program does then.
const keptRate = 2000

// page is a kind of page, with all that may be visited of it.
type page struct {
	name  string
	paths []string
}

// pages are the pages that people see most. A group is visited as often as something stands there.
func (b *bench) pages() []page {
	return []page{
		{"start", []string{"/"}},
		{"group", b.paths(`SELECT '/' || e.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id WHERE c.id % ? = 0 ORDER BY c.id`, articles*b.scale/1000)},
		{"article", b.paths(`
			SELECT '/' || e.slug || '/' || c.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id
			 WHERE c.public AND c.slug IS NOT NULL AND c.id % ? = 0 ORDER BY c.id`, articles*b.scale/1000)},
		{fmt.Sprintf("article with %d comments", commented), []string{b.talked}},
		{"gallery", b.paths(`
			SELECT '/' || e.slug || '/' || c.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id
			 WHERE c.public AND c.slug IS NOT NULL AND c.album IS NOT NULL ORDER BY c.id`)},
		{"file", b.paths(`SELECT '/' || e.slug || '/' || c.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id WHERE c.kind = 'file' AND c.public AND c.id > ? ORDER BY c.id`, 0)},
		{"poll", []string{b.poll}},
		{"feed of the site", []string{"/stadt/feed.atom"}},
		{"groups", ranked("/stadt/groups/")},
		{"tag", b.paths(`SELECT '/stadt/tags/' || t.slug || '/' FROM tags t WHERE t.id > ? ORDER BY t.id`, 0)},
		{"calendar", everyDay("/stadt/events?month=1&year=2006")},
		{"week", everyDay("/stadt/events?view=week&day=2006-01-02")},
		{"day", everyDay("/stadt/events/2006/1/2")},
	}
}

// everyDay returns the pages of the year in which the events of the invented town take place, one for each day. The
// address says how a day of 2006 is written in it.
func everyDay(layout string) (paths []string) {
	for n := range 365 {
		paths = append(paths, time.Now().AddDate(0, 0, n-90).Format(layout))
	}
	return paths
}

// topScore is the highest score that the invented town gives.
const topScore = 400

// ranked returns pages from everywhere in a list of the most active.
func ranked(path string) (paths []string) {
	for score := topScore; score > 0; score-- {
		paths = append(paths, fmt.Sprintf("%s?after=%d-1", path, score))
	}
	return paths
}

// waiting is the cookie of a visitor for whom a message may wait: pages for them are made anew, though they have not
// signed in.
const waiting = "flash=none"

// as lets people visit pages: nobody in particular, or another person each time.
func (b *bench) as(cookies, paths []string) visits {
	v := visits{base: b.URL}
	if len(cookies) == 0 {
		cookies = []string{waiting}
	}
	for i := range max(len(cookies), len(paths)) {
		v.targets = append(v.targets, target{paths[i*7919%len(paths)], cookies[i%len(cookies)]})
	}
	return v
}

// measurePages measures pages that are read anew.
func (b *bench) measurePages(small map[string]float64) *table {
	b.t.Helper()
	t := &table{
		title:   b.title(fmt.Sprintf("read anew while five things a second are written: another person or page each visit, %d visitors at once", visitors)),
		columns: []string{"page", "who", "statements", "bytes", "CPU ms", "a second", "of the floor", "p50 ms", "p99 ms at half of that", "times slower than in the small town"},
	}
	floor := ""
	if b.scale == 1 {
		floor = startFloor(b.t, b.DB)
	}
	for _, who := range []string{"nobody", "people"} {
		cookies := b.people
		if who == "nobody" {
			cookies = nil
		}
		for _, p := range b.pages() {
			v := b.as(cookies, p.paths)
			statements, size := b.cost(v)
			stop := b.keepWriting()
			most := b.closedLoop(v, visitors)
			cells := []cell{number(float64(statements), 0), number(float64(size), 0), milliseconds(most.cpu), number(most.rate, 0), none()}
			if p.name == "start" || p.name == "group" {
				cells[0] = cells[0].within(6)
				if b.DB.Engine == sqldb.PostgreSQL {
					cells[3] = cells[3].from(1000)
				}
			}
			if floor != "" {
				bare := b.closedLoop(visits{base: floor, targets: []target{{path: fmt.Sprintf("/?queries=%d&bytes=%d", statements, size)}}}, visitors)
				cells[4] = percent(most.rate / bare.rate).from(40)
			}
			half := b.fixedRate(v, most.rate/2)
			stop()
			limit := 15.0
			if who != "nobody" {
				limit = 25
			}
			cells = append(cells, milliseconds(half.p50), milliseconds(half.p99).within(limit), none())
			key := p.name + " " + who
			if b.scale == 1 {
				small[key] = most.rate
			} else if small[key] > 0 {
				growth := number(small[key]/most.rate, 2)
				growth.text += "x"
				cells[len(cells)-1] = growth.within(1.3)
			}
			t.add([]string{p.name, who}, cells...)
			b.progress(t)
		}
	}
	return t
}

// measureKept measures pages that are there already, because nothing has changed since somebody asked for them: those that most
// visitors get. The floor asks the database as often as the page does when it is made.
func (b *bench) measureKept() *table {
	b.t.Helper()
	t := &table{
		title:   b.title("kept: the same page each time, signed out, while nothing is written"),
		columns: []string{"page", "a second", "of the floor", fmt.Sprintf("p50 ms at %d a second", keptRate), "p99 ms"},
	}
	floor := startFloor(b.t, b.DB)
	for _, p := range b.pages() {
		statements, size := b.cost(b.as(nil, p.paths[:1]))
		bare := b.closedLoop(visits{base: floor, targets: []target{{path: fmt.Sprintf("/?queries=%d&bytes=%d", statements, size)}}}, visitors)
		v := visits{base: b.URL, targets: []target{{path: p.paths[0]}}}
		most := b.closedLoop(v, visitors)
		some := b.fixedRate(v, keptRate)
		t.add([]string{p.name}, number(most.rate, 0), percent(most.rate/bare.rate).from(40), milliseconds(some.p50), milliseconds(some.p99))
		b.progress(t)
	}
	return t
}
