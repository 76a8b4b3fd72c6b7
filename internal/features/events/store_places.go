package events

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// How many groups can be chosen in a calendar, and how many dates at a place are looked through for what is known of it.
const (
	offeredGroups = 300
	placeDates    = 20
)

// comingGroups returns the groups of which the viewer finds something that comes.
func comingGroups(ctx context.Context, q sqldb.Querier, v community.Viewer, now clock.Time) ([]community.Entity, error) {
	where, args, _ := filter{From: now}.where(v)
	var all []community.Entity
	err := q.Select(ctx, &all, `
		SELECT e.id, e.slug, e.name FROM entities e
		 WHERE e.kind = 'group' AND EXISTS (SELECT 1 FROM event_dates d WHERE d.entity_id = e.id AND `+where+`)
		 ORDER BY e.name, e.id LIMIT ?`, append(args, offeredGroups)...)
	if err != nil {
		return nil, fmt.Errorf("list the groups of a calendar: %w", err)
	}
	return all, nil
}

// comingPlaces returns the places of what the viewer finds, each once. What comes from elsewhere may have none.
func comingPlaces(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter) ([]string, error) {
	where, args, down := f.where(v)
	var all []string
	err := q.Select(ctx, &all, `
		SELECT MIN(d.place) AS place FROM (
		       SELECT d.place, d.place_key FROM event_dates d WHERE `+where+` ORDER BY d.starts_at`+down+`, d.id`+down+` LIMIT ?) d
		 WHERE d.place_key <> '' GROUP BY d.place_key ORDER BY d.place_key`, append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the places of a calendar: %w", err)
	}
	for n := range all {
		all[n] = oneLine(all[n])
	}
	return all, nil
}

// findPlace returns what the latest events at a place say of it that the viewer finds in lists; the zero value if there is
// none, or no place in the key.
func findPlace(ctx context.Context, q sqldb.Querier, v community.Viewer, key string) (place, error) {
	if key == "" {
		return place{}, nil
	}
	where, args, _ := filter{PlaceKey: key}.where(v)
	var rows []struct {
		Place    string `db:"place"`
		Position string `db:"position"`
	}
	err := q.Select(ctx, &rows, `
		SELECT d.place, CASE WHEN v.place_key = d.place_key THEN v.position ELSE '' END AS position
		  FROM (SELECT d.id, d.content_id, d.place, d.place_key, d.starts_at FROM event_dates d WHERE `+where+` ORDER BY d.starts_at DESC, d.id DESC LIMIT ?) d
		  JOIN events v ON v.content_id = d.content_id ORDER BY d.starts_at DESC, d.id DESC`, append(args, placeDates)...)
	if err != nil {
		return place{}, fmt.Errorf("find a place: %w", err)
	}
	var found place
	for _, row := range rows {
		if found.Name == "" {
			found.Name = oneLine(row.Place)
		}
		if found.Position == "" {
			found.Position = row.Position
		}
	}
	return found, nil
}

// listViewer returns a person as far as lists ask who looks; nobody for 0.
func listViewer(ctx context.Context, q sqldb.Querier, personID int64) (community.Viewer, error) {
	if personID == 0 {
		return community.Viewer{}, nil
	}
	var v community.Viewer
	if err := q.Get(ctx, &v, `SELECT id, entity_id FROM people WHERE id = ?`, personID); err != nil {
		return v, fmt.Errorf("look for the places that a person knows: %w", err)
	}
	return v, nil
}

// placesOf returns where events take place, those of single dates too.
func placesOf(ctx context.Context, q sqldb.Querier, contentIDs []int64) (map[int64][]string, error) {
	var all []struct {
		ContentID int64  `db:"content_id"`
		Place     string `db:"place"`
	}
	err := q.Select(ctx, &all, `
		SELECT content_id, place FROM events WHERE content_id IN (?) AND place <> '' UNION
		SELECT content_id, place FROM event_dates WHERE content_id IN (?) AND place <> '' ORDER BY content_id, place`, contentIDs, contentIDs)
	if err != nil {
		return nil, fmt.Errorf("list the places of events: %w", err)
	}
	places := map[int64][]string{}
	for _, p := range all {
		places[p.ContentID] = append(places[p.ContentID], p.Place)
	}
	return places, nil
}
