package paging_test

import (
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
)

func TestACursorIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	c := paging.Cursor{At: clock.Date(2026, time.May, 16, 13, 0), ID: 12}
	if got := paging.ParseCursor(c.String()); got != c {
		t.Errorf("%v is read as %v", c, got)
	}
}

func TestWhatIsNoCursorIsTheBeginning(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "-", "x-1", "1-x", "1--5", "99999999999999999999-1", "1"} {
		if got := paging.ParseCursor(text); got != (paging.Cursor{}) {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestARankIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, r := range []paging.Rank{{}, {Score: 7, ID: 12}, {ID: 1}} {
		if got := paging.ParseRank(r.String()); got != r {
			t.Errorf("%v is read as %v", r, got)
		}
	}
	for _, text := range []string{"", "-", "x-1", "1-x", "1--5", "1-0", "1-99999999999999999999", "1"} {
		if got := paging.ParseRank(text); got != (paging.Rank{}) {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
