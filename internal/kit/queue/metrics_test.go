package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestAQueueSaysWhatWaitsInEachLaneAndHowRunsEnded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := db.Now().Time
		q := newQueue(db, queue.Config{Logger: quiet, Clock: func() time.Time { return now }}, []queue.Kind{
			{Name: "a.letter", Lane: queue.Urgent, Handle: func(context.Context, queue.Job) error { return nil }},
			{Name: "a.mail", Handle: func(context.Context, queue.Job) error { return queue.Permanent(errors.New("gone")) }},
			{Name: "a.sweep", Lane: queue.Housekeeping},
		})
		put := func(kind string, opts ...queue.Option) {
			t.Helper()
			err := db.WithClock(func() time.Time { return now }).Write(t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(t.Context(), tx, kind, struct{}{}, opts...) })
			if err != nil {
				t.Fatal(err)
			}
		}
		put("a.letter")
		put("a.mail")
		if err := q.Drain(t.Context()); err == nil {
			t.Fatal("nothing failed")
		}
		put("a.letter")
		put("a.letter")
		put("a.sweep", queue.RunAt(clock.At(now.Add(time.Hour))))
		now = now.Add(90 * time.Second)
		err := testutil.CollectAndCompare(queue.Collector{Queue: q}, strings.NewReader(`
# HELP grouprise_queue_jobs Jobs in the database by lane and state.
# TYPE grouprise_queue_jobs gauge
grouprise_queue_jobs{lane="normal",state="dead"} 1
grouprise_queue_jobs{lane="normal",state="later"} 0
grouprise_queue_jobs{lane="normal",state="running"} 0
grouprise_queue_jobs{lane="normal",state="waiting"} 0
grouprise_queue_jobs{lane="periodic",state="dead"} 0
grouprise_queue_jobs{lane="periodic",state="later"} 1
grouprise_queue_jobs{lane="periodic",state="running"} 0
grouprise_queue_jobs{lane="periodic",state="waiting"} 0
grouprise_queue_jobs{lane="urgent",state="dead"} 0
grouprise_queue_jobs{lane="urgent",state="later"} 0
grouprise_queue_jobs{lane="urgent",state="running"} 0
grouprise_queue_jobs{lane="urgent",state="waiting"} 2
# HELP grouprise_queue_oldest_unfinished_seconds Age of the oldest job of a kind that has not ended, with those that failed and will run again: notify.deliver and notify.letter are emails.
# TYPE grouprise_queue_oldest_unfinished_seconds gauge
grouprise_queue_oldest_unfinished_seconds{kind="a.letter"} 90
grouprise_queue_oldest_unfinished_seconds{kind="a.sweep"} 90
# HELP grouprise_queue_oldest_waiting_seconds For how long the job that has waited longest could have run; 0 if none waits.
# TYPE grouprise_queue_oldest_waiting_seconds gauge
grouprise_queue_oldest_waiting_seconds{lane="normal"} 0
grouprise_queue_oldest_waiting_seconds{lane="periodic"} 0
grouprise_queue_oldest_waiting_seconds{lane="urgent"} 90
`), "grouprise_queue_jobs", "grouprise_queue_oldest_unfinished_seconds", "grouprise_queue_oldest_waiting_seconds")
		if err != nil {
			t.Error(err)
		}
	})
}
