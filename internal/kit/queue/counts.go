package queue

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Counts says how many jobs there are in each state.
type Counts struct {
	Later, Waiting, Running, Dead int64
	Oldest                        clock.Time // since when the job that waits longest could have run; zero if none waits
	OldestRetry                   clock.Time // when the oldest job was enqueued that has failed and will be tried again; zero if there is none
}

// Ask reports whether jobs can be read. It looks at one of those that wait, so that it costs the same however many there
// are: programs that watch the site ask every few seconds.
func (*Queue) Ask(ctx context.Context, q sqldb.Querier) error {
	var first []int64
	if err := q.Select(ctx, &first, `SELECT id FROM jobs WHERE state = 'waiting' ORDER BY lane, id LIMIT 1`); err != nil {
		return fmt.Errorf("look for a job that waits: %w", err)
	}
	return nil
}

// Total returns the counts of all kinds together.
func Total(kinds []KindCounts) (c Counts) {
	for _, k := range kinds {
		c.Later += k.Later
		c.Waiting += k.Waiting
		c.Running += k.Running
		c.Dead += k.Dead
		c.Oldest = earlier(c.Oldest, k.Oldest)
		c.OldestRetry = earlier(c.OldestRetry, k.OldestRetry)
	}
	return c
}

// earlier returns the earlier of two times; zero is none.
func earlier(a, b clock.Time) clock.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a.Time) {
		return b
	}
	return a
}

// KindCounts says how many jobs of a kind there are in each state.
type KindCounts struct {
	Kind string
	Counts
	Since clock.Time // when the oldest job was enqueued that has not ended; zero if there is none
}

// CountsByKind counts the jobs of each kind that there are, in the order of their names.
func (q *Queue) CountsByKind(ctx context.Context) ([]KindCounts, error) {
	var rows []struct {
		Kind   string     `db:"kind"`
		State  string     `db:"state"`
		Jobs   int64      `db:"jobs"`
		Oldest clock.Time `db:"oldest"`
		Failed clock.Time `db:"failed"`
		Since  clock.Time `db:"since"`
	}
	if err := q.db.Select(ctx, &rows, `SELECT kind, state, COUNT(*) AS jobs, MIN(run_at) AS oldest, MIN(created_at) AS since,
		MIN(CASE WHEN attempt > 0 THEN created_at END) AS failed FROM jobs GROUP BY kind, state ORDER BY kind, state`); err != nil {
		return nil, fmt.Errorf("count the jobs of each kind: %w", err)
	}
	var all []KindCounts
	for _, r := range rows {
		if len(all) == 0 || all[len(all)-1].Kind != r.Kind {
			all = append(all, KindCounts{Kind: r.Kind})
		}
		k := &all[len(all)-1]
		k.add(r.State, r.Jobs, r.Oldest, r.Failed)
		if r.State != dead {
			k.Since = earlier(k.Since, r.Since)
		}
	}
	return all, nil
}

func (c *Counts) add(state string, jobs int64, oldest, failed clock.Time) {
	switch state {
	case later:
		c.Later, c.OldestRetry = jobs, failed
	case waiting:
		c.Waiting, c.Oldest = jobs, oldest
	case running:
		c.Running = jobs
	case dead:
		c.Dead = jobs
	}
}
