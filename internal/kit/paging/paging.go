// Package paging names places in lists that grow, so that a page begins behind an entry and not at a number: it stays
// right while others write, and the thousandth page is as fast as the first.
package paging

import (
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
)

// Cursor is a place in a list that is ordered by time and id, newest first. The zero value is its
// beginning.
type Cursor struct {
	At clock.Time
	ID int64
}

// String returns the cursor for an address.
func (c Cursor) String() string {
	return strconv.FormatInt(c.At.UnixMilli(), 10) + "-" + strconv.FormatInt(c.ID, 10)
}

// ParseCursor reads what String wrote. Whatever else somebody puts into an address is the beginning.
func ParseCursor(text string) Cursor {
	at, id, _ := strings.Cut(text, "-")
	millis, err1 := strconv.ParseInt(at, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if err1 != nil || err2 != nil || n < 0 {
		return Cursor{}
	}
	return Cursor{At: clock.At(time.UnixMilli(millis)), ID: n}
}
