package content

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
)

// pageSize is how many items a list shows that does not say otherwise.
const pageSize = 12

// listColumns are those that itemColumns and joinedItems read of an item: who finds items of a list has them already.
const listColumns = `c.id, c.kind, c.entity_id, c.author_id, c.slug, c.title, c.public, c.pinned, c.picture, c.album, c.message_key, c.revision, c.external, c.starts_at, c.ends_at,
	c.published_at, c.deleted_at`

// selectCards reads of a text only what a card may show of it.
const selectCards = itemColumns + `COALESCE((SELECT SUBSTR(x.text, 1, 4000)` + latestText + ` FROM `

// Filter narrows a list. Zero values ask for everything.
type Filter struct {
	EntityID int64
	Kind     string        // in the order of the kind; everything else is newest first
	TagID    int64         // newest first, whatever the kind; with nothing but a kind beside it
	Pinned   bool          // only what is pinned
	Unpinned bool          // only what is not
	InWords  bool          // but that whose pictures stand in the head of its group’s page
	Past     bool          // of a kind that is NextFirst: what is over, latest first, instead of what is to come
	MemberID int64         // only what belongs to the groups of this person; 0 for any
	Title    string        // part of the title; "" for any
	From, To clock.Time    // published in between; zero is without end
	ByDate   ByDate        // instead of the order of the kind
	Coming   bool          // of what has a date only what is not over
	Before   paging.Cursor // only what stands behind this place in the list
	Limit    int           // zero means 12
}

// List returns what the viewer may find in lists, and whether there is more.
func (c *Content) List(ctx context.Context, v community.Viewer, f Filter) (items []Item, more bool, err error) {
	if f.Limit == 0 {
		f.Limit = pageSize
	}
	k, _ := c.kind(f.Kind)
	if f.TagID != 0 {
		k.Order = NewestFirst
	}
	query, args := listQuery(v, f, k.Order, c.deps.DB.Now())
	if err := c.deps.DB.Select(ctx, &items, query, args...); err != nil {
		return nil, false, fmt.Errorf("list content: %w", err)
	}
	if more = len(items) > f.Limit; more {
		items = items[:f.Limit]
	}
	return items, more, nil
}

// Items returns the items of a kind's own list, in the order of their ids here, as far as the viewer may find them in lists.
func (c *Content) Items(ctx context.Context, v community.Viewer, ids []int64) ([]Item, error) {
	listable, args := policy.ListableContents("c", v)
	var found []Item
	err := c.deps.DB.Select(ctx, &found, selectCards+`contents c`+joinedItems+` WHERE c.id IN (?) AND `+listable+` ORDER BY c.id`, append([]any{ids}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("get items by their ids: %w", err)
	}
	slices.SortFunc(found, func(a, b Item) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return found, nil
}

// maxPinned is how many pinned items stand above a list.
const maxPinned = 10

// Parted is a list in two parts: what is pinned, latest first, and what is not. Each says whether there is more of it.
type Parted struct {
	Pinned, Items         []Item
	MorePinned, MoreItems bool

	by facets
}

// ListParted returns both parts of what List returns, with one query.
func (c *Content) ListParted(ctx context.Context, v community.Viewer, f Filter) (l Parted, err error) {
	if f.Limit == 0 {
		f.Limit = pageSize
	}
	above, below := f, f
	above.Pinned, above.InWords, above.Limit = true, true, maxPinned
	below.Unpinned = true
	query, args := partedQuery(v, above, below)
	query, args = c.withFacets(v, f.EntityID, query, args)
	var rows []struct {
		Item
		facets
		Above bool `db:"above"`
	}
	if err := c.deps.DB.Select(ctx, &rows, query, args...); err != nil {
		return l, fmt.Errorf("list content below what is pinned: %w", err)
	}
	for _, row := range rows {
		l.by = row.facets
		if row.Above {
			l.Pinned = append(l.Pinned, row.Item)
		} else {
			l.Items = append(l.Items, row.Item)
		}
	}
	if l.MorePinned = len(l.Pinned) > above.Limit; l.MorePinned {
		l.Pinned = l.Pinned[:above.Limit]
	}
	if l.MoreItems = len(l.Items) > f.Limit; l.MoreItems {
		l.Items = l.Items[:f.Limit]
	}
	return l, nil
}

// What the first page shows of the viewer's groups, above what is new in the whole town: only what is news still.
const (
	shownOfMine = 4
	newsFor     = 14 * 24 * time.Hour
)

// listStart returns what is new in the viewer's groups, and what else is new, with one query.
func (c *Content) listStart(ctx context.Context, v community.Viewer) (mine, rest []Item, more bool, err error) {
	above := Filter{MemberID: v.PersonID, From: clock.At(c.deps.DB.Now().Add(-newsFor)), Limit: shownOfMine}
	below := Filter{Limit: pageSize + shownOfMine}
	query, args := partedQuery(v, above, below)
	var rows []struct {
		Item
		Above bool `db:"above"`
	}
	if err := c.deps.DB.Select(ctx, &rows, query, args...); err != nil {
		return nil, nil, false, fmt.Errorf("list what is new: %w", err)
	}
	known := map[int64]bool{}
	for _, row := range rows {
		switch {
		case row.Above && len(mine) < shownOfMine:
			mine, known[row.ID] = append(mine, row.Item), true
		case !row.Above && !known[row.ID]:
			rest = append(rest, row.Item)
		}
	}
	if more = len(rest) > pageSize; more {
		rest = rest[:pageSize]
	}
	return mine, rest, more, nil
}

// found is a query for the items of a list, and how they are sorted.
type found struct {
	query string
	args  []any
	at    string // the column of the time
	down  string // " DESC", or nothing
}

// find finds the items of a list and one more than it shows. Each list reads one index in its order.
func find(v community.Viewer, f Filter, order Order, now clock.Time) found {
	if f.TagID != 0 {
		return findTagged(v, f)
	}
	listable, args := policy.ListableContents("c", v)
	where := " WHERE " + listable
	also := func(condition string, values ...any) {
		where += " AND " + condition
		args = append(args, values...)
	}
	if f.EntityID != 0 {
		also("c.entity_id = ?", f.EntityID)
	}
	if f.Kind != "" {
		also("c.kind = ?", f.Kind)
	}
	if f.Pinned || f.Unpinned {
		also("c.pinned = ?", f.Pinned)
	}
	if f.InWords {
		also("(c.album IS NULL OR c.public = FALSE OR c.id <> COALESCE((" + media.Introducing("c.entity_id") + "), 0))")
	}
	if f.Title != "" {
		condition, values := titleLike("c.title", f.Title)
		also(condition, values...)
	}
	if f.MemberID != 0 {
		also(`c.entity_id IN (SELECT mg.entity_id FROM memberships mm JOIN "groups" mg ON mg.id = mm.group_id WHERE mm.person_id = ?)`, f.MemberID)
	}
	if !f.From.IsZero() {
		also("c.published_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		also("c.published_at < ?", f.To)
	}
	at, compare, down := "published_at", "<", " DESC"
	switch {
	case f.ByDate != NotByDate:
		at = "starts_at"
		if f.ByDate == EarliestDate {
			compare, down = ">", ""
		}
		also("c.starts_at >= ?", oldestDate(f, now))
		if f.Coming {
			also("c.ends_at >= ?", now)
		}
	case order == NextFirst && f.Past:
		at = "starts_at"
		also("c.ends_at < ?", now)
	case order == NextFirst:
		at, compare, down = "starts_at", ">", ""
		also("c.ends_at >= ?", now)
	}
	if !f.Before.At.IsZero() {
		also("c."+at+" "+compare+"= ? AND (c."+at+" "+compare+" ? OR c.id "+compare+" ?)", f.Before.At, f.Before.At, f.Before.ID)
	}
	return found{
		query: `SELECT ` + listColumns + ` FROM contents c` + where + ` ORDER BY c.` + at + down + `, c.id` + down + ` LIMIT ?`, args: append(args, f.Limit+1), at: at, down: down,
	}
}

// findTagged is find for a tag. What internal comments alone say of items stands in a table of its own, and is for those
// inside.
func findTagged(v community.Viewer, f Filter) found {
	visible, args := policy.ListableContents("c", v)
	tagged, args := f.tagged("content_tags", visible, args)
	if v.SignedIn() {
		inside, more := policy.InternalContents("c", v)
		also, more := f.tagged("internal_tags", inside+" AND NOT EXISTS (SELECT 1 FROM content_tags y WHERE y.content_id = x.content_id AND y.tag_id = x.tag_id)", more)
		tagged = `SELECT ` + listColumns + ` FROM (` + tagged + `) c UNION ALL SELECT ` + listColumns + ` FROM (` + also + `) c`
		args = append(args, more...)
	}
	return found{
		query: `SELECT ` + listColumns + ` FROM (` + tagged + `) c ORDER BY c.published_at DESC, c.id DESC LIMIT ?`, args: append(args, f.Limit+1), at: "published_at", down: " DESC",
	}
}

// tagged returns the query for the items that a table x says to have the tag, in the order of one of its indexes.
func (f Filter) tagged(table, visible string, visibleTo []any) (query string, args []any) {
	where, args := "x.tag_id = ?", []any{f.TagID}
	if f.Kind != "" {
		where, args = where+" AND x.kind = ?", append(args, f.Kind)
	}
	behind, place := f.Before.Behind("x.published_at", "x.content_id")
	args = append(append(append(args, place...), visibleTo...), f.Limit+1)
	return `SELECT ` + listColumns + ` FROM ` + table + ` x JOIN contents c ON c.id = x.content_id WHERE ` + where + ` AND ` + behind + ` AND ` + visible +
		` ORDER BY x.published_at DESC, x.content_id DESC LIMIT ?`, args
}

// oldestDate returns from when on dates are read.
func oldestDate(f Filter, now clock.Time) clock.Time {
	if f.Coming {
		return clock.At(now.Add(-community.LongestDate - 24*time.Hour))
	}
	return clock.At(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC))
}

// listQuery returns the query of a list. It finds out which items these are, and then what they look like, so that
// nothing is counted for those that are not shown.
func listQuery(v community.Viewer, f Filter, order Order, now clock.Time) (query string, args []any) {
	l := find(v, f, order, now)
	return selectCards + `(` + l.query + `) c` + joinedItems + ` ORDER BY c.` + l.at + l.down + `, c.id` + l.down, l.args
}

// partedQuery returns the query of two lists, newest first, of which one stands above the other.
func partedQuery(v community.Viewer, above, below Filter) (query string, args []any) {
	a, b := find(v, above, NewestFirst, clock.Time{}), find(v, below, NewestFirst, clock.Time{})
	return strings.Replace(selectCards, "SELECT ", "SELECT c.above, ", 1) + `(
		SELECT ` + listColumns + `, 1 = 1 AS above FROM (` + a.query + `) c UNION ALL SELECT ` + listColumns + `, 1 = 0 AS above FROM (` + b.query + `) c
		) c` + joinedItems + ` ORDER BY c.above DESC, c.published_at DESC, c.id DESC`, append(a.args, b.args...)
}

// placeOf returns the place of an item in a list by its date, or by when it was published.
func placeOf(i Item, byDate bool) paging.Cursor {
	if byDate {
		return paging.Cursor{At: i.StartsAt, ID: i.ID}
	}
	return paging.Cursor{At: i.PublishedAt, ID: i.ID}
}
