package sqldb_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestNothingIsWrittenWhereNothingMayBe(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	ctx := sqldb.ReadOnly(t.Context())
	began := false
	for _, write := range []func() error{
		func() error { return db.Write(ctx, func(*sqldb.Tx) error { began = true; return nil }) },
		func() error { return db.WriteUnseen(ctx, func(*sqldb.Tx) error { began = true; return nil }) },
	} {
		if err := write(); err == nil || began {
			t.Errorf("writing began: %v, %v", began, err)
		}
	}
	var one int
	if err := db.Get(ctx, &one, `SELECT 1`); err != nil || one != 1 {
		t.Errorf("reading gives %d, %v", one, err)
	}
}
