package site

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAPageThatGrowsOldIsMadeAnewByOneVisitor(t *testing.T) {
	t.Parallel()
	var now atomic.Int64 // ms
	changes := int64(1)
	shelf, err := newShelf(func() int64 { return changes }, func() time.Time { return time.UnixMilli(now.Load()) })
	if err != nil {
		t.Fatal(err)
	}
	sent := func() int64 {
		t.Helper()
		var got atomic.Int64
		var visitors sync.WaitGroup
		for range 20 {
			visitors.Go(func() {
				if _, ok := shelf.find("de /"); ok {
					got.Add(1)
				}
			})
		}
		visitors.Wait()
		return got.Load()
	}
	keep := func() { shelf.keep("de /", changes, "/", []byte("page")) }
	keep()
	for _, step := range []struct {
		after time.Duration
		want  int64
	}{{0, 20}, {time.Second, 20}, {time.Millisecond, 19}, {998 * time.Millisecond, 20}, {2 * time.Millisecond, 0}} {
		now.Add(step.after.Milliseconds())
		if got := sent(); got != step.want {
			t.Errorf("after %d ms, %d of 20 visitors get what is kept, want %d", now.Load(), got, step.want)
		}
	}
	keep()
	if got := sent(); got != 20 {
		t.Errorf("the page that was made anew is sent to %d", got)
	}
	now.Add(1500)
	changes++
	if got := sent(); got != 0 {
		t.Errorf("after a change, %d visitors get an old page", got)
	}
}
