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

// Behind returns the condition on the two columns of a list's order that an entry comes after the cursor. Its first half
// is what databases find in an index.
func (c Cursor) Behind(at, id string) (condition string, args []any) {
	if c.At.IsZero() {
		return `TRUE`, nil
	}
	return at + ` <= ? AND (` + at + ` < ? OR ` + id + ` < ?)`, []any{c.At, c.At, c.ID}
}

// Rank is a place in a list whose entries with the highest score come first, and of those with the same score the ones
// with the highest id. The zero value is its beginning.
type Rank struct{ Score, ID int64 }

// String returns the rank for an address.
func (r Rank) String() string {
	return strconv.FormatInt(r.Score, 10) + "-" + strconv.FormatInt(r.ID, 10)
}

// ParseRank reads what String wrote. Whatever else somebody puts into an address is the beginning.
func ParseRank(text string) Rank {
	score, id, _ := strings.Cut(text, "-")
	s, err1 := strconv.ParseInt(score, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if err1 != nil || err2 != nil || n < 1 {
		return Rank{}
	}
	return Rank{Score: s, ID: n}
}

// After returns the condition on the two columns of a list's order that an entry comes after the rank. The first half
// is for MariaDB and MySQL, which do not use an index for the comparison of pairs.
func (r Rank) After(score, id string) (condition string, args []any) {
	if r == (Rank{}) {
		return `TRUE`, nil
	}
	return score + ` <= ? AND (` + score + `, ` + id + `) < (?, ?)`, []any{r.Score, r.Score, r.ID}
}

// Cut returns the page of a list of which one entry more than fits was asked for, and the rank of its last entry if
// another page follows.
func Cut[T any](all []T, size int, rank func(T) Rank) (page []T, last Rank) {
	if len(all) <= size {
		return all, Rank{}
	}
	return all[:size], rank(all[size-1])
}
