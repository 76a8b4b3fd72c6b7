package site

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// newTestCache returns a cache on a clock, in milliseconds, that is set by hand.
func newTestCache(t *testing.T) (c *pageCache, now, changes *atomic.Int64) {
	t.Helper()
	now, changes = new(atomic.Int64), new(atomic.Int64)
	c, err := newPageCache(changes.Load, func() time.Time { return time.UnixMilli(now.Load()) })
	if err != nil {
		t.Fatal(err)
	}
	return c, now, changes
}

func TestAPageIsCachedForASecondOrUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	c, now, changes := newTestCache(t)
	c.add("de /", changes.Load(), newPage([]byte("page")))
	for _, step := range []struct {
		later   int64
		changes int64
		want    bool
	}{{0, 0, true}, {1000, 0, true}, {1, 0, false}} {
		now.Add(step.later)
		if _, ok := c.get("de /"); ok != step.want {
			t.Errorf("%d ms later: %v", step.later, ok)
		}
	}
	c.add("de /", changes.Load(), newPage([]byte("page")))
	changes.Add(1)
	if _, ok := c.get("de /"); ok {
		t.Error("an old page after a change")
	}
	c.add("de /", changes.Load()-1, newPage([]byte("page")))
	if _, ok := c.get("de /"); ok {
		t.Error("a page whose rendering began before a change")
	}
}

func TestCachedPagesHaveABoundInBytes(t *testing.T) {
	t.Parallel()
	c, _, _ := newTestCache(t)
	noise := rand.NewChaCha8([32]byte{})
	for i := range 300 {
		body := make([]byte, 190_000)
		_, _ = noise.Read(body) // which gzip cannot make smaller
		page := c.add(strconv.Itoa(i%250), 0, newPage(body))
		if i%2 == 0 && len(c.gzipped(page)) < len(body) {
			t.Fatal("noise became smaller")
		}
		if c.bytes > maxCachedBytes {
			t.Fatalf("%d bytes after %d pages", c.bytes, i)
		}
	}
	sum := 0
	for _, page := range c.pages.Values() {
		sum += len(page.body) + len(page.compressed)
	}
	if sum > maxCachedBytes || sum < maxCachedBytes*9/10 {
		t.Errorf("the pages have %d bytes, of which %d are counted", sum, c.bytes)
	}
	gone := c.add("gone", 0, newPage(bytes.Repeat([]byte("x"), 1000)))
	c.pages.Purge()
	if small := c.gzipped(gone); len(small) == 0 || c.bytes != 0 {
		t.Errorf("%d bytes are counted for pages that are gone", c.bytes)
	}
}

func TestOnlyDeclaredParametersAreLeft(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"": "", "x=1": "", "page=2": "page=2", "page=2&before=1-1": "before=1-1&page=2", "before=&page=%20": "page=+", "page=1&page=2": "page=1",
		"page=a%26b&%zz&y": "page=a%26b",
	} {
		if got := onlyDeclared(query, []string{"before", "page"}); got != want {
			t.Errorf("%q becomes %q, want %q", query, got, want)
		}
	}
}
