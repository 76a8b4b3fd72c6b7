package content

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
)

// pageSize is how many items a list shows that does not say otherwise.
const pageSize = 12

// selectCards reads of a text only what a card may show of it.
const selectCards = itemColumns + `COALESCE((SELECT SUBSTR(x.text, 1, 4000)` + latestText + ` FROM `

// Filter narrows a list. Zero values ask for everything.
type Filter struct {
	EntityID int64
	Kind     string        // in the order of the kind; everything else is newest first
	Pinned   bool          // only what is pinned
	Past     bool          // of a kind that is NextFirst: what is over, latest first, instead of what is to come
	Before   paging.Cursor // only what stands behind this place in the list
	Limit    int           // zero means 12
}

// List returns what the viewer may find in lists, and whether there is more.
func (c *Content) List(ctx context.Context, v community.Viewer, f Filter) (items []Item, more bool, err error) {
	if f.Limit == 0 {
		f.Limit = pageSize
	}
	k, _ := c.kind(f.Kind)
	query, args := listQuery(v, f, k.Order, c.deps.DB.Now())
	if err := c.deps.DB.Select(ctx, &items, query, args...); err != nil {
		return nil, false, fmt.Errorf("list content: %w", err)
	}
	if more = len(items) > f.Limit; more {
		items = items[:f.Limit]
	}
	return items, more, nil
}

// maxPinned is how many pinned items stand above a list.
const maxPinned = 10

// ListPinned returns what List does, and before it what is pinned, latest first, with the same query.
func (c *Content) ListPinned(ctx context.Context, v community.Viewer, f Filter) (pinned, items []Item, more bool, err error) {
	if f.Limit == 0 {
		f.Limit = pageSize
	}
	above := f
	above.Pinned, above.Limit = true, maxPinned-1
	query, args := pinnedQuery(v, above, f)
	var rows []struct {
		Item
		Above bool `db:"above"`
	}
	if err := c.deps.DB.Select(ctx, &rows, query, args...); err != nil {
		return nil, nil, false, fmt.Errorf("list content below what is pinned: %w", err)
	}
	for _, row := range rows {
		if row.Above {
			pinned = append(pinned, row.Item)
		} else {
			items = append(items, row.Item)
		}
	}
	if more = len(items) > f.Limit; more {
		items = items[:f.Limit]
	}
	return pinned, items, more, nil
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
	if f.Pinned {
		also("c.pinned = ?", true)
	}
	at, compare, down := "published_at", "<", " DESC"
	switch {
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
		query: `SELECT c.id, c.` + at + ` FROM contents c` + where + ` ORDER BY c.` + at + down + `, c.id` + down + ` LIMIT ?`, args: append(args, f.Limit+1), at: at, down: down,
	}
}

// listQuery returns the query of a list. It finds out which items these are, and then what they look like, so that
// nothing is counted for those that are not shown.
func listQuery(v community.Viewer, f Filter, order Order, now clock.Time) (query string, args []any) {
	l := find(v, f, order, now)
	return selectCards + `(` + l.query + `) found JOIN contents c ON c.id = found.id` + joinedItems +
		` ORDER BY found.` + l.at + l.down + `, found.id` + l.down, l.args
}

// pinnedQuery returns the query of two lists, newest first, of which one stands above the other.
func pinnedQuery(v community.Viewer, above, below Filter) (query string, args []any) {
	a, b := find(v, above, NewestFirst, clock.Time{}), find(v, below, NewestFirst, clock.Time{})
	return strings.Replace(selectCards, "SELECT ", "SELECT found.above, ", 1) + `(
		SELECT a.id, a.published_at, 1 = 1 AS above FROM (` + a.query + `) a UNION ALL SELECT b.id, b.published_at, 1 = 0 AS above FROM (` + b.query + `) b
		) found JOIN contents c ON c.id = found.id` + joinedItems + ` ORDER BY found.above DESC, found.published_at DESC, found.id DESC`, append(a.args, b.args...)
}

// place returns the place of an item in the list of its kind, for Filter.Before.
func (k Kind) place(i Item) paging.Cursor {
	if k.Order == NextFirst {
		return paging.Cursor{At: i.StartsAt, ID: i.ID}
	}
	return paging.Cursor{At: i.PublishedAt, ID: i.ID}
}
