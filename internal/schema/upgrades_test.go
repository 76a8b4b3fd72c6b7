package schema_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestEachMigrationRunsOnFilledTables brings a database up one migration at a time. Before each, every table that there is
// has rows, and in these every column has a value. No row is lost on the way. What MariaDB does not roll back runs once
// more, as after a migration that broke off before it was noted.
func TestEachMigrationRunsOnFilledTables(t *testing.T) {
	t.Parallel()
	dbtest.EachSchema(t, nil, func(t *testing.T, db *sqldb.DB) {
		f := filling{db: db}
		for _, version := range versions(t) {
			before := f.counts(t)
			migrate := func(what string) {
				t.Helper()
				if err := sqldb.MigrateTo(t.Context(), db, schema.FS, version, nil); err != nil {
					t.Fatalf("migration %d, %s: %v", version, what, err)
				}
				after := f.counts(t)
				for table, rows := range before {
					if got, stays := after[table]; stays && got != rows {
						t.Errorf("migration %d, %s: %s has %d rows, and had %d", version, what, table, got, rows)
					}
				}
			}
			migrate("on filled tables")
			if db.Engine() == sqldb.MySQL {
				f.forget(t, version)
				migrate("once more")
			}
			f.fill(t)
		}
	})
}

// versions returns the numbers of all migrations.
func versions(t *testing.T) []int64 {
	t.Helper()
	names, err := fs.Glob(schema.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int64, len(names))
	for i, name := range names {
		if all[i], err = goose.NumericComponent(name); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return all
}

// filling fills whatever tables a database has.
type filling struct {
	db     *sqldb.DB
	filled map[string]string // the columns of each table when it was filled
}

const rowsOfEach = 3

func (f *filling) tables(t *testing.T) (all []sqldb.Table) {
	t.Helper()
	err := f.db.Snapshot(t.Context(), func(s *sqldb.Snapshot) (err error) {
		all, err = s.Tables(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// counts returns how many rows each table has.
func (f *filling) counts(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range f.tables(t) {
		var rows int
		if err := f.db.Get(t.Context(), &rows, fmt.Sprintf(`SELECT COUNT(*) FROM "%s"`, table.Name)); err != nil {
			t.Fatal(err)
		}
		counts[table.Name] = rows
	}
	return counts
}

// fill gives rows to each table that has none yet. If one of the others has other columns than when it was filled, all
// are filled anew.
func (f *filling) fill(t *testing.T) {
	t.Helper()
	all := f.tables(t)
	now := map[string]string{}
	for _, table := range all {
		names := make([]string, len(table.Columns))
		for i, c := range table.Columns {
			names[i] = c.Name
		}
		now[table.Name] = strings.Join(names, " ")
	}
	for table, columns := range f.filled {
		if now[table] != columns {
			f.clear(t, slices.Sorted(maps.Keys(now)))
			f.filled = nil
			break
		}
	}
	loader, err := f.db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer loader.Close()
	for _, table := range all {
		if _, has := f.filled[table.Name]; has {
			continue
		}
		if err := loader.Insert(t.Context(), table, rows(table)); err != nil {
			t.Fatal(err)
		}
	}
	if err := loader.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.filled = now
}

// rows returns rows for a table. The nth row of a table holds n in each of its columns: so what refers to another table
// finds a row there, whatever it refers to, and what has to be unique is. A text that a migration reads is one that it can read.
func rows(table sqldb.Table) [][]any {
	all := make([][]any, rowsOfEach)
	for i := range all {
		n := int64(i + 1)
		for _, c := range table.Columns {
			text := fmt.Sprint("t", n)
			if c.Name == "position" {
				text = fmt.Sprintf("4%d.5,8.%[1]d", n)
			}
			all[i] = append(all[i], map[sqldb.ColumnType]any{
				sqldb.Integer: n, sqldb.Boolean: n%2 == 1, sqldb.Real: float64(n), sqldb.Text: text, sqldb.Bytes: []byte{byte(n)},
			}[c.Type])
		}
	}
	return all
}

// clear removes all rows. Those that others refer to go once the others have gone.
func (f *filling) clear(t *testing.T, tables []string) {
	t.Helper()
	for range tables {
		var left []string
		for _, table := range tables {
			if err := f.execute(t, fmt.Sprintf(`DELETE FROM "%s"`, table)); err != nil {
				left = append(left, table)
			}
		}
		if tables = left; len(left) == 0 {
			return
		}
	}
	t.Fatalf("these tables keep their rows: %v", tables)
}

// forget takes the note away that a migration was applied.
func (f *filling) forget(t *testing.T, version int64) {
	t.Helper()
	for _, statement := range []string{`DELETE FROM goose_db_version WHERE version_id = ?`, `DELETE FROM migration_checksums WHERE version = ?`} {
		if err := f.execute(t, statement, version); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *filling) execute(t *testing.T, statement string, args ...any) error {
	t.Helper()
	return f.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), statement, args...)
		return err
	})
}
