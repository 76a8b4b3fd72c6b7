package sqldb_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestASweepRemovesWhatItFindsInSmallPortions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const rows, kept = 5300, 10
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			all := make([][]any, rows)
			for i := range all {
				all[i] = []any{"content.published", i, 0, 0}
			}
			return tx.InsertRows(t.Context(), `INSERT INTO activities (name, content_id, entity_id, occurred_at)`, all)
		})
		if err != nil {
			t.Fatal(err)
		}
		var largest, portions int
		err = sqldb.Sweep(t.Context(), db, func(tx *sqldb.Tx, ids []int64) error {
			largest, portions = max(largest, len(ids)), portions+1
			return sqldb.Removal[int64](t.Context(), `DELETE FROM activities WHERE id IN (?)`)(tx, ids)
		}, `SELECT id FROM activities WHERE content_id >= ? ORDER BY id`, kept)
		if err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM activities`); err != nil {
			t.Fatal(err)
		}
		if left != kept || largest > 250 || portions < 20 {
			t.Errorf("%d rows are left, want %d; %d portions, of %d rows at most", left, kept, portions, largest)
		}
	})
}
