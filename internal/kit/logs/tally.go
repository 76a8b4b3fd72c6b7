package logs

import (
	"context"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// Entry is what a tally has counted of faults that are alike.
type Entry struct {
	Name   string // see Fault.Name
	Detail string // of the last one
	Count  int
}

// Others is the name of the entry of all faults for which there was no more room.
const Others = "…"

// maxEntries is how many entries a tally tells apart.
const maxEntries = 40

// Tally counts faults until somebody takes them. It needs no more room in a flood of errors than for a few, and waits for
// nobody.
type Tally struct {
	mu      sync.Mutex
	entries map[string]*Entry
	order   []string
	news    chan struct{}
}

// NewTally returns an empty tally.
func NewTally() *Tally { return &Tally{entries: map[string]*Entry{}, news: make(chan struct{}, 1)} }

// Add counts a fault.
func (t *Tally) Add(f Fault) {
	t.add(Entry{Name: f.Name(), Detail: f.Detail(), Count: 1})
	select {
	case t.news <- struct{}{}:
	default:
	}
}

func (t *Tally) add(more Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.entries[more.Name] == nil && len(t.entries) >= maxEntries {
		more.Name = Others
	}
	g := t.entries[more.Name]
	if g == nil {
		g = &Entry{Name: more.Name}
		t.entries[more.Name], t.order = g, append(t.order, more.Name)
	}
	g.Count += more.Count
	g.Detail = more.Detail
}

// take returns what was counted, the first one first, and begins anew.
func (t *Tally) take() []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Entry, len(t.order))
	for i, name := range t.order {
		all[i] = *t.entries[name]
	}
	clear(t.entries)
	t.order = nil
	return all
}

const (
	lastTry  = 5 * time.Second // for what was counted when the program ends
	retrying = 20              // times as long as otherwise until what could not be kept is tried again
)

// Run hands over what was counted: every so often, if there is something, and once more when ctx ends. What cannot be kept is
// counted on and handed over later. The error is always nil, so that Run fits an errgroup.
func (t *Tally) Run(ctx context.Context, every time.Duration, keep func(ctx context.Context, all []Entry) error) error {
	hand := func(ctx context.Context) (kept bool) {
		all := t.take()
		if len(all) == 0 || keep(ctx, all) == nil {
			return true
		}
		for _, g := range all {
			t.add(g)
		}
		return false
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-t.news:
			if !clock.Pause(ctx, every) { // others may come along
				break
			}
			if !hand(ctx) && clock.Pause(ctx, retrying*every) {
				select {
				case t.news <- struct{}{}:
				default:
				}
			}
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTry)
	defer cancel()
	hand(end)
	return nil
}
