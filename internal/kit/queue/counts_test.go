package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestAllDeadJobsOfAKindAreTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		broken, told := true, map[string]int{}
		var revived []int64
		q := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
		tell := func(_ context.Context, _ *sqldb.Tx, j queue.Job, _ error) error {
			told[j.Kind]++
			return nil
		}
		handle := func(context.Context, queue.Job) error {
			if broken {
				return queue.Permanent(errors.New("the mail server is gone"))
			}
			return nil
		}
		q.Handle(
			queue.Kind{Name: "mail", Handle: handle, Dead: tell, Revived: func(_ context.Context, _ *sqldb.Tx, j queue.Job) error {
				revived = append(revived, j.ID)
				return nil
			}},
			queue.Kind{Name: "sweep", Handle: handle, Dead: tell}, queue.Kind{Name: "other", Handle: handle},
		)
		put := func(kind string, opts ...queue.Option) {
			t.Helper()
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(t.Context(), tx, kind, struct{}{}, opts...) })
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			put("mail")
			put("other")
			put("sweep", queue.Unique("sweep"))
			if err := q.Drain(t.Context()); err == nil {
				t.Fatal("nothing failed")
			}
		}
		counts := func() (lines []string) {
			t.Helper()
			all, err := q.CountsByKind(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range all {
				line := k.Kind
				for range k.Dead {
					line += " dead"
				}
				for range k.Waiting {
					line += " waiting"
				}
				if k.Since.IsZero() != (k.Waiting == 0) {
					t.Errorf("%s: the oldest is from %v", line, k.Since)
				}
				lines = append(lines, line)
			}
			return lines
		}
		retry := func(kind string, want int) {
			t.Helper()
			if got, err := q.RetryAll(t.Context(), kind); err != nil || got != want {
				t.Errorf("%d jobs of the kind %s are tried again, want %d: %v", got, kind, want, err)
			}
		}
		if told["mail"] != 3 || told["sweep"] != 3 {
			t.Errorf("deaths were told: %v", told)
		}
		retry("mail", 3)
		retry("sweep", 1) // the others were the same work
		retry("sweep", 0)
		retry("unknown", 0)
		if got, want := counts(), []string{"mail waiting waiting waiting", "other dead dead dead", "sweep dead dead waiting"}; !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
		if len(revived) != 3 {
			t.Errorf("revived: %v", revived)
		}
		broken = false
		if err := q.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := counts(), []string{"other dead dead dead", "sweep dead dead"}; !slices.Equal(got, want) {
			t.Errorf("in the end there are %q, want %q", got, want)
		}
	})
}
