package queue_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/dbserver"
)

// The server is killed while jobs run, and comes back: Run goes on by itself, and each job has its
// effect exactly once.
func TestRunOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	for variable, start := range map[string]func() (*dbserver.Server, error){
		"GROUPRISE_TEST_POSTGRESQL": dbserver.PostgreSQL,
		"GROUPRISE_TEST_MARIADB":    dbserver.MariaDB,
	} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			if os.Getenv(variable) == "" && os.Getenv("CI") != "true" {
				t.Skip("runs with the tests on servers (scripts/test-servers)")
			}
			server, err := start()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			outlive(t, server)
		})
	}
}

func outlive(t *testing.T, server *dbserver.Server) {
	ctx := t.Context()
	name := map[string]string{sqldb.PostgreSQL: "postgres", sqldb.MySQL: "mysql"}[server.Engine]
	db, err := sqldb.Open(ctx, server.Config(name))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqldb.Migrate(ctx, db, schema.FS); err != nil {
		t.Fatal(err)
	}
	const jobs = 3000
	var done atomic.Int64
	q := newQueue(db, queue.Config{Logger: quiet, FetchInterval: 20 * time.Millisecond, Lease: time.Second}, []queue.Kind{{
		Name: "a.effect", Backoff: func(int) time.Duration { return 50 * time.Millisecond },
		Handle: func(ctx context.Context, j queue.Job) error {
			var i int64
			if err := j.Decode(&i); err != nil {
				return err
			}
			// The effect is a row; the key would refuse a second one only if it had the same key.
			return db.Write(ctx, func(tx *sqldb.Tx) error {
				if _, err := tx.Insert(ctx, `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at)
					VALUES ('effect', '', 'effect', '', ?, 0, 0)`, i); err != nil {
					return err
				}
				tx.AfterCommit(func() { done.Add(1) })
				return j.Finish(ctx, tx)
			})
		},
	}})
	payloads := make([]any, jobs)
	for i := range payloads {
		payloads[i] = i
	}
	if err := db.Write(ctx, func(tx *sqldb.Tx) error { return q.EnqueueMany(ctx, tx, "a.effect", payloads...) }); err != nil {
		t.Fatal(err)
	}
	run(t, q)
	for _, part := range []int64{jobs / 10, jobs / 3} {
		eventually(t, "a part is done", func() bool { return done.Load() > part })
		server.Kill()
		time.Sleep(100 * time.Millisecond)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all jobs are done", func() bool { return counts(t, q) == queue.Counts{} })
	var effects, distinct int
	if err := db.Get(ctx, &effects, `SELECT COUNT(*) FROM jobs WHERE kind = 'effect'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Get(ctx, &distinct, `SELECT COUNT(DISTINCT attempt) FROM jobs WHERE kind = 'effect'`); err != nil {
		t.Fatal(err)
	}
	if effects != jobs || distinct != jobs {
		t.Errorf("%d effects of %d jobs, %d of them different", effects, jobs, distinct)
	}
}
