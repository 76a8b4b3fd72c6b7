package sqldb_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbserver"
)

// A server is killed and started again, twice, and then restarted in order, under load. Every error in
// between is errs.Unavailable, every write that was confirmed is there afterwards, and the same pool
// works again by itself.
func TestServersMayVanishAndComeBack(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func() (*dbserver.Server, error){
		"postgresql": dbserver.PostgreSQL,
		"mariadb":    dbserver.MariaDB,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.Getenv("GROUPRISE_TEST_"+map[string]string{"postgresql": "POSTGRESQL", "mariadb": "MARIADB"}[name]) == "" && os.Getenv("CI") != "true" {
				t.Skip("runs with the tests on servers (scripts/test-servers)")
			}
			server, err := start()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			vanish(t, server)
		})
	}
}

func vanish(t *testing.T, server *dbserver.Server) {
	ctx := t.Context()
	database := map[string]string{sqldb.PostgreSQL: "postgres", sqldb.MySQL: "mysql"}[server.Engine]
	db, err := sqldb.Open(ctx, server.Config(database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqldb.Migrate(ctx, db, things); err != nil {
		t.Fatal(err)
	}

	var wg sync.WaitGroup
	var next, confirmed, refused atomic.Int64
	stop := make(chan struct{})
	for i := range 6 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var err error
				if i%2 == 0 {
					var n int64
					err = db.Get(ctx, &n, `SELECT COUNT(*) FROM things WHERE number >= ?`, 0)
				} else {
					number := next.Add(1)
					err = db.Write(ctx, func(tx *sqldb.Tx) error {
						_, err := tx.Exec(ctx, `INSERT INTO things (name, number) VALUES (?, ?)`, time.Now().String(), number)
						return err
					})
					if err == nil {
						confirmed.Add(1)
					}
				}
				if err != nil {
					refused.Add(1)
					wantKind(t, err, errs.Unavailable)
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	everybodyStops := sync.OnceFunc(func() {
		close(stop)
		wg.Wait()
	})
	defer everybodyStops()
	for _, end := range []func(){server.Kill, server.Kill, server.Halt} {
		time.Sleep(150 * time.Millisecond)
		end()
		wantKind(t, db.Ping(ctx), errs.Unavailable)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(ctx); err != nil {
			t.Errorf("after the start: %v", err)
		}
	}
	time.Sleep(150 * time.Millisecond)
	everybodyStops()
	var count, distinct int64
	if err := db.Get(ctx, &count, `SELECT COUNT(*) FROM things`); err != nil {
		t.Fatal(err)
	}
	if err := db.Get(ctx, &distinct, `SELECT COUNT(DISTINCT number) FROM things`); err != nil {
		t.Fatal(err)
	}
	// A commit whose answer was lost may or may not have happened: at most one for each writer and end.
	if count < confirmed.Load() || count > confirmed.Load()+9 || count != distinct {
		t.Errorf("%d rows with %d numbers for %d confirmed writes", count, distinct, confirmed.Load())
	}
	t.Logf("%d confirmed, %d refused, %d rows", confirmed.Load(), refused.Load(), count)
}
