package threads

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// How many pages wait for what is new in their threads: of one person or network, and of one process. A page beyond that
// works as without a script. Each costs a connection and some 30 KB.
const (
	maxStreamsOfPerson  = 12
	maxStreamsOfNetwork = 60 // a school, or a café
	maxStreams          = 2000
)

// How often the hub looks by itself. What this process commits it learns at once; others may receive mails or answer
// pages as well.
const (
	changesEvery  = 2 * time.Second
	sessionsEvery = 5 * time.Second
)

// overlap is how far back the hub looks each time: a transaction that began earlier may be committed later, and the
// clocks of several machines differ.
const overlap = 10 * time.Second

// maxRendering is how many streams render at once what they send.
const maxRendering = 4

// hub tells the open pages of threads that something has changed in them. It runs as long as there are some. What has
// changed, and whether the reader may see it, each stream reads for itself.
type hub struct {
	db       *sqldb.DB
	sessions Sessions
	most     bounds
	wake     chan struct{} // something has been committed; buffered
	turns    chan struct{} // of rendering

	mu      sync.Mutex
	streams map[*stream]struct{}
	stop    context.CancelFunc // of the watch; nil while there are no streams
}

// bounds are how many streams one person has, and one network whose people have not signed in.
type bounds struct{ ofPerson, ofNetwork int }

// stream is one open page.
type stream struct {
	thread  Thread
	owner   string        // whom it counts for
	session string        // key of the session that it belongs to; empty for nobody's
	ended   chan struct{} // closed when the session has ended
	news    chan struct{} // there are changes; buffered

	mu      sync.Mutex
	changed []int64 // contributions
}

func newHub(db *sqldb.DB, sessions Sessions) *hub {
	return &hub{
		db: db, sessions: sessions, most: bounds{maxStreamsOfPerson, maxStreamsOfNetwork},
		wake: make(chan struct{}, 1), turns: make(chan struct{}, maxRendering), streams: map[*stream]struct{}{},
	}
}

// wakeAfter lets the hub look once a transaction has been committed.
func (h *hub) wakeAfter(tx *sqldb.Tx) { tx.AfterCommit(func() { signal(h.wake) }) }

// signal leaves a note that something is to be done, unless there is one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// join adds a stream; Unavailable if there are too many.
func (h *hub) join(s *stream) error {
	s.ended, s.news = make(chan struct{}), make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	same, most := 0, h.most.ofPerson
	if s.session == "" {
		most = h.most.ofNetwork
	}
	for other := range h.streams {
		if other.owner == s.owner {
			same++
		}
	}
	if same >= most || len(h.streams) >= maxStreams {
		return errs.New(errs.Unavailable, "Too many pages wait for news at the moment. Reload the page to see what is new.").After(time.Minute)
	}
	h.streams[s] = struct{}{}
	if h.stop == nil {
		ctx, stop := context.WithCancel(context.Background()) // it belongs to all streams, not to this one
		h.stop = stop
		go h.watch(ctx, h.db.Now())
	}
	return nil
}

// leave removes a stream.
func (h *hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
	if len(h.streams) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// watch tells streams of changes and of sessions that have ended, until ctx ends. While the database is away it tells
// nothing: what was missed then is found the next time.
func (h *hub) watch(ctx context.Context, since clock.Time) {
	changes, sessions := time.NewTicker(changesEvery), time.NewTicker(sessionsEvery)
	defer changes.Stop()
	defer sessions.Stop()
	announced := map[int64]clock.Time{} // of each contribution the change that streams have been told of
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
			since = h.tellChanges(ctx, since, announced)
		case <-changes.C:
			since = h.tellChanges(ctx, since, announced)
		case <-sessions.C:
			h.endSessions(ctx)
		}
	}
}

// change is a contribution that a page shows differently now.
type change struct {
	ID             int64      `db:"id"`
	ContentID      int64      `db:"content_id"`
	ConversationID int64      `db:"conversation_id"`
	ChangedAt      clock.Time `db:"changed_at"`
}

// tellChanges tells streams what has changed since a time, and returns the time up to which they know.
func (h *hub) tellChanges(ctx context.Context, since clock.Time, announced map[int64]clock.Time) clock.Time {
	all, err := listChanges(ctx, h.db, clock.At(since.Add(-overlap)))
	if err != nil {
		return since
	}
	fresh := map[Thread][]int64{}
	for _, c := range all {
		if announced[c.ID].Equal(c.ChangedAt.Time) {
			continue
		}
		th := Thread{ContentID: c.ContentID, ConversationID: c.ConversationID}
		announced[c.ID], fresh[th] = c.ChangedAt, append(fresh[th], c.ID)
		if since.Before(c.ChangedAt.Time) {
			since = c.ChangedAt
		}
	}
	maps.DeleteFunc(announced, func(_ int64, at clock.Time) bool { return at.Before(since.Add(-overlap)) })
	if len(fresh) == 0 {
		return since
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		s.tell(fresh[s.thread])
	}
	return since
}

// tell notes that contributions have changed.
func (s *stream) tell(ids []int64) {
	if len(ids) == 0 {
		return
	}
	s.mu.Lock()
	s.changed = append(s.changed, ids...)
	s.mu.Unlock()
	signal(s.news)
}

// take returns what has changed since it was asked last.
func (s *stream) take() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.changed
	s.changed = nil
	slices.Sort(ids)
	return slices.Compact(ids)
}

// endSessions ends the streams whose sessions have ended.
func (h *hub) endSessions(ctx context.Context) {
	owned := map[string][]*stream{}
	h.mu.Lock()
	for s := range h.streams {
		if s.session != "" {
			owned[s.session] = append(owned[s.session], s)
		}
	}
	h.mu.Unlock()
	if len(owned) == 0 {
		return
	}
	alive, err := h.sessions.Alive(ctx, slices.Collect(maps.Keys(owned)))
	if err != nil {
		return
	}
	for session, streams := range owned {
		for _, s := range streams {
			if !alive[session] {
				s.end()
			}
		}
	}
}

// end lets a stream end; doing so again is no mistake.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
	default:
		close(s.ended)
	}
}
