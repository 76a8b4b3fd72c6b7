package sqldb_test

import (
	"fmt"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func engines(b *testing.B, fn func(b *testing.B, db *sqldb.DB)) {
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		b.Run(engine, func(b *testing.B) { fn(b, dbtest.Open(b, engine)) })
	}
}

func fill(b *testing.B, db *sqldb.DB) {
	b.Helper()
	rows := make([][]any, 1000)
	for i := range rows {
		rows[i] = []any{"kind", "normal", "waiting", "{}", i, i, i}
	}
	mustWrite(b, db, func(tx *sqldb.Tx) error {
		return tx.InsertRows(b.Context(), `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at)`, rows)
	})
}

// The same text again and again: one reading by key.
func BenchmarkGet(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		fill(b, db)
		var row struct {
			ID      int64
			Kind    string
			Attempt int
		}
		for i := 0; b.Loop(); i++ {
			if err := db.Get(b.Context(), &row, `SELECT id, kind, attempt FROM jobs WHERE id = ?`, i%1000+1); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A text that no connection has seen, for comparison: what preparing costs.
func BenchmarkGetOfNewText(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		fill(b, db)
		var row struct {
			ID      int64
			Kind    string
			Attempt int
		}
		for i := 0; b.Loop(); i++ {
			if err := db.Get(b.Context(), &row, fmt.Sprintf(`SELECT id, kind, attempt FROM jobs WHERE id = ? AND %d = %d`, i, i), i%1000+1); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Lists of changing length.
func BenchmarkSelectIn(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		fill(b, db)
		ids := make([]int64, 100)
		for i := range ids {
			ids[i] = int64(i*9 + 1)
		}
		for i := 0; b.Loop(); i++ {
			var kinds []string
			if err := db.Select(b.Context(), &kinds, `SELECT kind FROM jobs WHERE id IN (?)`, ids[:i%100+1]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// One transaction with one row (without waiting for the disk).
func BenchmarkWrite(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		fill(b, db)
		for i := 0; b.Loop(); i++ {
			mustWrite(b, db, func(tx *sqldb.Tx) error {
				_, err := tx.Exec(b.Context(), `UPDATE jobs SET attempt = attempt + 1 WHERE id = ?`, i%1000+1)
				return err
			})
		}
	})
}
