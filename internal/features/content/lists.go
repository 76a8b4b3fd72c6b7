package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
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

// listQuery returns the query of a list for one item more than it shows. It finds out which items these are, and then what
// they look like, so that nothing is counted for those that are not shown. Each list reads one index in its order.
func listQuery(v community.Viewer, f Filter, order Order, now clock.Time) (query string, args []any) {
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
	at, compare, direction := "published_at", "<", " DESC"
	switch {
	case order == NextFirst && f.Past:
		at = "starts_at"
		also("c.ends_at < ?", now)
	case order == NextFirst:
		at, compare, direction = "starts_at", ">", ""
		also("c.ends_at >= ?", now)
	}
	if !f.Before.At.IsZero() {
		also("c."+at+" "+compare+"= ? AND (c."+at+" "+compare+" ? OR c.id "+compare+" ?)", f.Before.At, f.Before.At, f.Before.ID)
	}
	sorted := func(alias string) string {
		return ` ORDER BY ` + alias + `.` + at + direction + `, ` + alias + `.id` + direction
	}
	found := `(SELECT c.id, c.` + at + ` FROM contents c` + where + sorted("c") + ` LIMIT ?) found JOIN contents c ON c.id = found.id`
	return selectCards + found + joinedItems + sorted("found"), append(args, f.Limit+1)
}

// place returns the place of an item in the list of its kind, for Filter.Before.
func (k Kind) place(i Item) paging.Cursor {
	if k.Order == NextFirst {
		return paging.Cursor{At: i.StartsAt, ID: i.ID}
	}
	return paging.Cursor{At: i.PublishedAt, ID: i.ID}
}

// Reschedule sets when a dated item of a kind begins and ends, without a new revision: a series goes on to its next date by
// itself.
func (c *Content) Reschedule(ctx context.Context, tx *sqldb.Tx, id int64, starts, ends clock.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE contents SET starts_at = ?, ends_at = ? WHERE id = ?`, starts, ends, id); err != nil {
		return fmt.Errorf("reschedule content %d: %w", id, err)
	}
	return nil
}
