package sqldb_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

func TestWithoutAHostTheLocalSocketIsAsked(t *testing.T) {
	t.Setenv("PGHOST", "")
	for engine, socket := range map[string]string{sqldb.PostgreSQL: ".s.PGSQL.9", sqldb.MySQL: "mysql"} {
		db, err := sqldb.Open(t.Context(), sqldb.Config{Engine: engine, Name: "nowhere", User: "nobody", Port: 9})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Ping(t.Context())
		if err == nil || !strings.Contains(err.Error(), "unix") && !strings.Contains(err.Error(), "/") || !strings.Contains(err.Error(), socket) {
			t.Errorf("%s: %v", engine, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
