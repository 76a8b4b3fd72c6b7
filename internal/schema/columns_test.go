package schema_test

import (
	"flag"
	"fmt"
	"maps"
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

// TestColumnsAreThoseOfTheMigrations compares the list with what the migrations make of an empty database.
func TestColumnsAreThoseOfTheMigrations(t *testing.T) {
	t.Parallel()
	if *update {
		if err := os.WriteFile("columns.txt", []byte(columns(t, dbtest.SQLite(t))), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	var listed strings.Builder
	all := schema.Columns()
	for _, table := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&listed, "%s: %s\n", table, strings.Join(all[table], " "))
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if diff := cmp.Diff(columns(t, db), listed.String()); diff != "" {
			t.Errorf("run go test ./internal/schema -run TestColumns -update (-migrated +listed):\n%s", diff)
		}
	})
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
