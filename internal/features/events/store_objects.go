package events

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// held returns the condition that a calendar holds an item of contents c.
func (c Calendar) held() (condition string, args []any) {
	condition, args = policy.ListableContents("c", c.Viewer)
	if c.EntityID != 0 {
		condition, args = condition+" AND "+shownBy, append(args, c.EntityID, true, c.EntityID)
	}
	if c.Public {
		condition, args = condition+" AND c.public = ?", append(args, true)
	}
	return condition, args
}

// listObjects returns the events of a calendar that have a date after some point in time, without their texts.
func listObjects(ctx context.Context, q sqldb.Querier, c Calendar, s Selection, since clock.Time) ([]feedEvent, error) {
	where, args := c.held()
	if s.ContentIDs != nil {
		if len(s.ContentIDs) == 0 {
			return nil, nil
		}
		where, args = where+" AND c.id IN (?)", append(args, s.ContentIDs)
	}
	dates := "d.starts_at >= ? AND d.ends_at >= ?"
	args = append(args, clock.At(since.Add(-community.LongestDate)), since)
	if !s.To.IsZero() {
		dates, args = dates+" AND d.starts_at < ?", append(args, clock.At(s.To))
	}
	var all []feedEvent
	err := q.Select(ctx, &all, objectColumns+objectTables+`
		 WHERE `+where+` AND c.id IN (SELECT d.content_id FROM event_dates d WHERE `+dates+`)
		 ORDER BY c.id LIMIT ?`, append(args, feedLimit)...)
	if err != nil {
		return nil, fmt.Errorf("list the objects of a calendar: %w", err)
	}
	return all, addDates(ctx, q, all)
}

// listObjectTexts returns those of some events that a calendar holds.
func listObjectTexts(ctx context.Context, q sqldb.Querier, c Calendar, contentIDs []int64) ([]feedEvent, error) {
	if len(contentIDs) == 0 {
		return nil, nil
	}
	where, args := c.held()
	var all []feedEvent
	err := q.Select(ctx, &all, feedColumns+` WHERE `+where+` AND c.id IN (?) ORDER BY c.id`, append(append([]any{c.oldFeed()}, args...), contentIDs)...)
	if err != nil {
		return nil, fmt.Errorf("list the texts of objects: %w", err)
	}
	return all, addDates(ctx, q, all)
}
