package groups

import (
	"context"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// topKept is how long the most active groups are kept at most, because other processes may change something, too.
const topKept = time.Second

// topGroups are the most active groups, which stand beside most pages. Like a cached page they are kept until something
// changes in the database: see docs/decisions/0008-cached-pages.md.
type topGroups struct {
	mu      sync.Mutex
	changes int64 // in the database, before they were read
	read    clock.Time
	all     []community.Entity
}

// latest returns one group more than stand beside a page. Nobody may change the slice.
func (t *topGroups) latest(ctx context.Context, db *sqldb.DB) ([]community.Entity, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changes, now := db.Changes(), db.Now()
	if len(t.all) > 0 && t.changes == changes && now.Sub(t.read.Time) < topKept {
		return t.all, nil
	}
	all, err := listTop(ctx, db, top+1)
	if err != nil {
		return nil, err
	}
	t.changes, t.read, t.all = changes, now, all
	return all, nil
}
