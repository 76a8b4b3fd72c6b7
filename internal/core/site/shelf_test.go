package site

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// shelfTest is a shelf with one page, on a clock that stands and a database that says what it is told to.
type shelfTest struct {
	t *testing.T
	*shelf
	now, changed, asked atomic.Int64 // now is in ms
	tells               func() (string, error)
}

func newShelfTest(t *testing.T, tells func() (string, error)) *shelfTest {
	t.Helper()
	s := &shelfTest{t: t, tells: tells}
	s.now.Store(5000)
	snapshot := func(context.Context) (string, error) { s.asked.Add(1); return s.tells() }
	var err error
	if s.shelf, err = newShelf(s.changed.Load, snapshot, func() time.Time { return time.UnixMilli(s.now.Load()) }); err != nil {
		t.Fatal(err)
	}
	s.make()
	return s
}

func (s *shelfTest) make() { s.keep("de /", s.state(s.t.Context()), "/", []byte("page")) }

// after lets time pass and wants so many of 20 visitors to get what is kept.
func (s *shelfTest) after(d time.Duration, want int64) {
	s.t.Helper()
	s.now.Add(d.Milliseconds())
	var got atomic.Int64
	var visitors sync.WaitGroup
	for range 20 {
		visitors.Go(func() {
			if _, ok := s.find(s.t.Context(), "de /"); ok {
				got.Add(1)
			}
		})
	}
	visitors.Wait()
	if got.Load() != want {
		s.t.Errorf("%v later, %d of 20 visitors get what is kept, want %d", d, got.Load(), want)
	}
}

func TestAPageThatGrowsOldIsMadeAnewByOneVisitor(t *testing.T) {
	t.Parallel()
	s := newShelfTest(t, func() (string, error) { return "", nil })
	s.after(0, 20)
	s.after(time.Second, 20)
	s.after(time.Millisecond, 19)
	s.after(998*time.Millisecond, 20)
	s.after(2*time.Millisecond, 0)
	s.make()
	s.after(1500*time.Millisecond, 19)
	s.changed.Add(1)
	s.after(0, 0)
}

func TestAPageIsKeptForLongerIfNobodyHasChangedAnything(t *testing.T) {
	t.Parallel()
	state := "1"
	s := newShelfTest(t, func() (string, error) { return state, nil })
	s.after(1500*time.Millisecond, 20)
	s.after(8500*time.Millisecond, 20)
	s.after(time.Millisecond, 19)
	s.make()
	s.asked.Store(0)
	s.after(1001*time.Millisecond, 20)
	s.after(900*time.Millisecond, 20)
	if asked := s.asked.Load(); asked != 1 {
		t.Errorf("the database is asked %d times in a second", asked)
	}
	state = "2" // another process has written
	s.after(101*time.Millisecond, 0)
	s.make()
	s.after(3*time.Second, 20)
	s.changed.Add(1)
	s.after(0, 0)
}

func TestAPageIsKeptForASecondIfTheDatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := newShelfTest(t, func() (string, error) { return "1", nil })
	s.tells = func() (string, error) { return "1", errors.New("away") }
	s.after(1500*time.Millisecond, 19)
	s.after(501*time.Millisecond, 0)
	s.make()
	s.after(1500*time.Millisecond, 19)
}
