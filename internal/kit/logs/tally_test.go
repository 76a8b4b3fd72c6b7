package logs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"grouprise.org/grouprise/internal/kit/logs"
)

// keeper keeps what a tally hands over.
type keeper struct {
	mu    sync.Mutex
	fails int // so often before it keeps anything
	calls int
	kept  []logs.Entry
}

func (k *keeper) keep(_ context.Context, all []logs.Entry) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.calls++; k.calls <= k.fails {
		return errors.New("away")
	}
	k.kept = append(k.kept, all...)
	return nil
}

func TestATallyHandsOverWhatIsAlikeTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tally, k := logs.NewTally(), &keeper{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tally.Run(ctx, time.Second, k.keep) }()
		for range 1000 {
			tally.Add(logs.Fault{Message: "a"})
		}
		tally.Add(logs.Fault{Message: "b", About: "x"})
		time.Sleep(2 * time.Second)
		k.mu.Lock()
		if len(k.kept) != 2 || k.kept[0].Count != 1000 || k.kept[1].Name != "b: x" || k.calls != 1 {
			t.Errorf("kept after a while: %+v by %d calls", k.kept, k.calls)
		}
		k.mu.Unlock()
		tally.Add(logs.Fault{Message: "c"})
		stop()
		if err := <-done; err != nil || len(k.kept) != 3 {
			t.Errorf("kept in the end: %+v, %v", k.kept, err)
		}
	})
}

func TestATallyKeepsWhatCannotBeHandedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tally, k := logs.NewTally(), &keeper{fails: 3}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tally.Run(ctx, time.Second, k.keep) }()
		for range 5 {
			tally.Add(logs.Fault{Message: "a"})
			time.Sleep(30 * time.Second)
		}
		stop()
		<-done
		count := 0
		for _, g := range k.kept {
			count += g.Count
		}
		if count != 5 || k.calls < 4 {
			t.Errorf("%d of 5 are kept after %d calls: %+v", count, k.calls, k.kept)
		}
	})
}

func TestATallyIsBounded(t *testing.T) {
	t.Parallel()
	tally, k := logs.NewTally(), &keeper{}
	for n := range 1000 {
		tally.Add(logs.Fault{Message: fmt.Sprint("fault ", n)})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := tally.Run(ctx, time.Second, k.keep); err != nil {
		t.Fatal(err)
	}
	last := k.kept[len(k.kept)-1]
	if len(k.kept) > 50 || last.Name != logs.Others || last.Count+len(k.kept)-1 != 1000 {
		t.Errorf("%d entries, the last of which is %+v", len(k.kept), last)
	}
}
