package queue_test

import (
	"context"
	"sync/atomic"
	"testing"

	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func engines(b *testing.B, fn func(b *testing.B, db *sqldb.DB)) {
	for _, engine := range []string{"sqlite", "postgresql", "mariadb"} {
		b.Run(engine, func(b *testing.B) { fn(b, dbtest.Open(b, engine)) })
	}
}

// One transaction that enqueues one job (without waiting for the disk).
func BenchmarkEnqueue(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{Name: "a.nothing"}})
		for b.Loop() {
			enqueue(b, db, q, "a.nothing", 1)
		}
	})
}

// From the first job taken to the last one deleted; the jobs do nothing.
func BenchmarkRun(b *testing.B) {
	throughput(b, func(*sqldb.DB) func(context.Context, queue.Job) error {
		return func(context.Context, queue.Job) error { return nil }
	})
}

// The same with a transaction in each job that also finishes it.
func BenchmarkRunFinish(b *testing.B) {
	throughput(b, func(db *sqldb.DB) func(context.Context, queue.Job) error {
		return func(ctx context.Context, j queue.Job) error {
			return db.Write(ctx, func(tx *sqldb.Tx) error { return j.Finish(ctx, tx) })
		}
	})
}

func throughput(b *testing.B, handler func(db *sqldb.DB) func(context.Context, queue.Job) error) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		var n atomic.Int64
		all := make(chan struct{})
		handle := handler(db)
		q := newQueue(db, queue.Config{Logger: quiet}, []queue.Kind{{Name: "a.job", Handle: func(ctx context.Context, j queue.Job) error {
			err := handle(ctx, j)
			if n.Add(1) == int64(b.N) {
				close(all)
			}
			return err
		}}})
		payloads := make([]any, b.N)
		for i := range payloads {
			payloads[i] = i
		}
		if err := db.Write(b.Context(), func(tx *sqldb.Tx) error { return q.EnqueueMany(b.Context(), tx, "a.job", payloads...) }); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		stop := run(b, q)
		<-all
		stop()
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
}
