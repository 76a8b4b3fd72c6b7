package schema_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

var update = flag.Bool("update", false, "write the list of columns anew")

// TestColumnsAreThoseOfTheMigrations compares the list with what the migrations make of an empty database. Engines have orders
// of their own.
func TestColumnsAreThoseOfTheMigrations(t *testing.T) {
	t.Parallel()
	migrated := columns(t, dbtest.SQLite(t))
	if *update {
		if err := os.WriteFile("columns.txt", []byte(migrated), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	listed := schema.Columns()
	if diff := cmp.Diff(parse(migrated), listed); diff != "" {
		t.Errorf("run go test ./internal/schema -run TestColumns -update (-migrated +listed):\n%s", diff)
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		there := parse(columns(t, db))
		for table, names := range listed {
			for _, name := range names {
				if !slices.Contains(there[table], name) {
					t.Errorf("there is no %s.%s", table, name)
				}
			}
		}
	})
}

func parse(lines string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(lines) {
		table, names, _ := strings.Cut(line, ":")
		all[table] = strings.Fields(names)
	}
	return all
}

// columns returns the columns of a database, a line for each table.
func columns(t *testing.T, db *sqldb.DB) string {
	t.Helper()
	var lines []string
	err := db.Snapshot(t.Context(), func(s *sqldb.Snapshot) error {
		all, err := s.Tables(t.Context())
		for _, table := range all {
			if slices.Contains(search.Tables(), table.Name) {
				continue
			}
			var names []string
			for _, c := range table.Columns {
				names = append(names, c.Name)
			}
			lines = append(lines, table.Name+": "+strings.Join(names, " ")+"\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "")
}
