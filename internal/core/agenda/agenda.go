// Package agenda gathers what waits for an answer of somebody, such as polls and applications, and what else the first
// page shows of their groups. Each room says by a query what it knows of; all queries are one statement, because that page
// asks enough already.
package agenda

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Source is a room's word on what there is for a viewer.
type Source struct {
	Name  string // a word of its own
	Order int    // the smallest stands first
	About string // one line for the print of the house: "polls in which the viewer can vote"

	// Query returns the most urgent of them, a few: rows with the columns of an Item, entity_id in place of the entity. The
	// empty query is nothing.
	Query func(v community.Viewer, now clock.Time) (query string, args []any)
	// Line says what is to be done; nil if the rows stand elsewhere on the page.
	Line func(v *site.Visit, i Item) Line
}

// Item is something that waits.
type Item struct {
	Source string           `db:"source"`
	Ref    int64            `db:"ref"`    // its id
	Title  string           `db:"title"`  // what it is called
	Detail string           `db:"detail"` // another word on it, such as its slug
	DueAt  clock.Time       `db:"due_at"` // the smallest comes first
	Entity community.Entity `db:"entity"` // the group in which it waits
}

// Line is how the page says it.
type Line struct {
	Path, Text string
	Hint       string // beside the name of the group; may be empty
}

// Shown is a Line about an Item.
type Shown struct {
	Line
	Item
}

// Read returns what all sources know for somebody who has signed in, in their order. Blocks of a page that ask through the
// memo of its visit share one statement.
func Read(ctx context.Context, q sqldb.Querier, v community.Viewer, now clock.Time, sources []Source) ([]Item, error) {
	var queries []string
	var args []any
	now = clock.At(now.Truncate(time.Minute)) // so that they ask the same
	for _, s := range sources {
		query, more := s.Query(v, now)
		if query == "" {
			continue
		}
		queries = append(queries, `SELECT '`+s.Name+`' AS source, s.ref, s.title, s.detail, s.entity_id, s.due_at FROM (`+query+`) s`)
		args = append(args, more...)
	}
	if len(queries) == 0 {
		return nil, nil
	}
	var all []Item
	err := q.Select(ctx, &all, `
		SELECT w.source, w.ref, w.title, w.detail, w.due_at, e.id AS "entity.id", e.kind AS "entity.kind", COALESCE(g.id, 0) AS "entity.owner_id",
		       e.slug AS "entity.slug", e.name AS "entity.name", e.colour AS "entity.colour", e.picture AS "entity.picture"
		  FROM (`+strings.Join(queries, ` UNION ALL `)+`) w JOIN entities e ON e.id = w.entity_id LEFT JOIN "groups" g ON g.entity_id = e.id
		 ORDER BY w.due_at, w.source, w.ref`, args...)
	if err != nil {
		return nil, fmt.Errorf("list what waits for somebody: %w", err)
	}
	order := map[string]int{}
	for _, s := range sources {
		order[s.Name] = s.Order
	}
	slices.SortStableFunc(all, func(a, b Item) int { return order[a.Source] - order[b.Source] })
	return all, nil
}

// Lines returns what a page says of items, as far as their sources say it.
func Lines(v *site.Visit, items []Item, sources []Source) (lines []Shown) {
	for _, i := range items {
		for _, s := range sources {
			if s.Name == i.Source && s.Line != nil {
				lines = append(lines, Shown{s.Line(v, i), i})
			}
		}
	}
	return lines
}

// InMyGroups begins a query for what belongs to the groups of a viewer that are not archived: memberships m, groups g and
// entities ge.
const InMyGroups = `memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities ge ON ge.id = g.entity_id AND ge.archived_at IS NULL`

// Most is how many rows a source returns.
const Most = 3
