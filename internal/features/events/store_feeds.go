package events

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// feedFilter says which events are in a feed, of those that its reader finds in lists. Zero values ask for everything.
type feedFilter struct {
	EntityID   int64
	PlaceKey   string // of one of their dates
	Tag        string // its slug
	OnlyPublic bool
	Internal   bool   // only what is internal
	Old        string // the feed of grouprise 5.5 whose UIDs are used
}

// The feeds of grouprise 5.5, in which events had UIDs of their own.
const (
	oldGroupFeed = "group"
	oldSiteFeed  = "site"
)

// objectColumns is what makes an event another one for programs, and feedColumns all that they read of it, with the name of
// a feed of grouprise 5.5 for a parameter.
const (
	objectColumns = `
	SELECT v.content_id, v.place, v.position, v.zone, v.all_day, v.begins, v.ends, v.rule, COALESCE(v.excluded, '') AS excluded, v.uid, v.via, v.cancelled,
	       c.title, c.slug, c.public, c.revision, e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug"`

	objectTables = `
	  FROM contents c JOIN events v ON v.content_id = c.id JOIN entities e ON e.id = c.entity_id`

	feedColumns = objectColumns + `,
	       COALESCE(x.text, (SELECT y.text FROM versions y WHERE y.content_id = c.id AND y.text IS NOT NULL ORDER BY y.revision DESC LIMIT 1), '') AS text,
	       COALESCE(x.created_at, c.published_at) AS changed_at,
	       COALESCE((SELECT u.uid FROM event_uids u WHERE u.content_id = c.id AND u.feed = ?), '') AS old_uid` + objectTables + `
	  LEFT JOIN versions x ON x.content_id = c.id AND x.revision = c.revision`
)

// listFeed returns the events of a feed that have a date after some point in time. If they are too many, it is those that
// begin last.
func listFeed(ctx context.Context, q sqldb.Querier, v community.Viewer, f feedFilter, since clock.Time) ([]feedEvent, error) {
	visible, args := policy.ListableContents("c", v)
	args = append([]any{f.Old}, args...)
	if f.OnlyPublic || f.Internal {
		visible += ` AND c.public = ?`
		args = append(args, f.OnlyPublic)
	}
	var inside strings.Builder
	dates := func(from string, values ...any) {
		inside.WriteString(`SELECT d.content_id FROM ` + from + `d.starts_at >= ? AND d.ends_at >= ?`)
		args = append(append(args, values...), clock.At(since.Add(-community.LongestDate)), since)
	}
	switch {
	case f.EntityID != 0: // its own, and what is public of others that it shows
		visible += ` AND (c.entity_id = ? OR c.public = ?)`
		args = append(args, f.EntityID, true)
		dates(`event_dates d WHERE d.entity_id = ? AND `, f.EntityID)
		inside.WriteString(` UNION ALL `)
		dates(`event_hosts h JOIN event_dates d ON d.content_id = h.content_id WHERE h.entity_id = ? AND h.state = 'shown' AND `, f.EntityID)
	case f.PlaceKey != "":
		dates(`event_dates d WHERE d.place_key = ? AND `, f.PlaceKey)
	case f.Tag != "":
		dates(`content_tags x JOIN event_dates d ON d.content_id = x.content_id WHERE x.tag_id = `+tagOf+` AND `, f.Tag)
	default:
		dates(`event_dates d WHERE `)
	}
	var all []feedEvent
	// Which events these are is found first, so that databases do not sort their texts.
	err := q.Select(ctx, &all, feedColumns+`
		 WHERE c.id IN (SELECT latest.id FROM (
		       SELECT c.id FROM contents c
		        WHERE `+visible+` AND c.id IN (SELECT dated.content_id FROM (`+inside.String()+`) dated)
		        ORDER BY c.starts_at DESC, c.id DESC LIMIT ?) latest)
		 ORDER BY c.id`, append(args, feedLimit)...)
	if err != nil {
		return nil, fmt.Errorf("list the events of a feed: %w", err)
	}
	return all, addDates(ctx, q, all)
}

// feedOfEvent returns an event as feeds have it, whoever may read it; NotFound if there is none.
func feedOfEvent(ctx context.Context, q sqldb.Querier, contentID int64) (feedEvent, error) {
	all := make([]feedEvent, 1)
	if err := q.Get(ctx, &all[0], feedColumns+` WHERE c.id = ?`, "", contentID); err != nil {
		return all[0], fmt.Errorf("get event %d for a feed: %w", contentID, err)
	}
	return all[0], addDates(ctx, q, all)
}

// addDates adds to series the dates that differ from what they say.
func addDates(ctx context.Context, q sqldb.Querier, all []feedEvent) error {
	place := map[int64]int{}
	var ids []int64
	for n, e := range all {
		if e.repeats() {
			place[e.ContentID] = n
			ids = append(ids, e.ContentID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var dates []ownedRow
	err := q.Select(ctx, &dates, rowColumns+`, d.content_id FROM event_dates d
		 WHERE d.content_id IN (?) AND (d.altered OR d.cancelled) ORDER BY d.content_id, d.day, d.id`, ids)
	if err != nil {
		return fmt.Errorf("list the dates that differ from their series: %w", err)
	}
	for _, d := range dates {
		e := &all[place[d.ContentID]]
		e.Dates = append(e.Dates, d.dateRow)
	}
	return nil
}
