package dbtest_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// Each subtest runs twice on what may be the same database, and must find it empty both times.
func TestEveryDatabaseIsFresh(t *testing.T) {
	for range 3 {
		t.Run("round", func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				var id int64
				err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
					id, err = tx.Insert(t.Context(), `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at)
						VALUES ('a', 'normal', 'waiting', '', 0, ?, ?)`, tx.Now, tx.Now)
					return err
				})
				if err != nil || id != 1 {
					t.Errorf("the first id is %d, error %v", id, err)
				}
				var count int
				if err := dbtest.Reopen(t, db).Get(t.Context(), &count, `SELECT COUNT(*) FROM jobs`); err != nil || count != 1 {
					t.Errorf("a second pool sees %d jobs, error %v", count, err)
				}
			})
		})
	}
}

// PostgreSQL plans for the space that a table takes, not for its rows alone.
func TestTheNextTestFindsSmallTables(t *testing.T) {
	for range 2 {
		t.Run("round", func(t *testing.T) {
			db := dbtest.Open(t, "postgresql")
			var size int
			if err := db.Get(t.Context(), &size, `SELECT pg_relation_size('jobs')`); err != nil || size > 16384 {
				t.Errorf("the table takes %d bytes, error %v", size, err)
			}
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				rows := make([][]any, 2000)
				for i := range rows {
					rows[i] = []any{"a", "normal", "waiting", "", 0, tx.Now, tx.Now}
				}
				return tx.InsertRows(t.Context(), `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at)`, rows)
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
