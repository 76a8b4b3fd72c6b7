package geo

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// getPosition returns where an entity lies; nil if nobody has said it.
func getPosition(ctx context.Context, q sqldb.Querier, entityID int64) (*earth.Point, error) {
	var all []earth.Point
	err := q.Select(ctx, &all, `SELECT latitude, longitude FROM entity_positions WHERE entity_id = ? ORDER BY entity_id`, entityID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// replacePosition notes where an entity lies; nil forgets it.
func replacePosition(ctx context.Context, tx *sqldb.Tx, entityID int64, p *earth.Point) error {
	if _, err := tx.Exec(ctx, `DELETE FROM entity_positions WHERE entity_id = ?`, entityID); err != nil {
		return fmt.Errorf("forget where entity %d lies: %w", entityID, err)
	}
	if p == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO entity_positions (entity_id, latitude, longitude) VALUES (?, ?, ?)`, entityID, p.Latitude, p.Longitude)
	if err != nil {
		return fmt.Errorf("note where entity %d lies: %w", entityID, err)
	}
	return nil
}

// inside returns the condition by which a table under an alias lies in a box; nil is the whole earth.
func inside(alias string, b *earth.Box) (condition string, args []any) {
	if b == nil {
		return "", nil
	}
	between := "AND"
	if b.West > b.East { // the box crosses the 180th meridian
		between = "OR"
	}
	return fmt.Sprintf(` AND %[1]s.latitude >= ? AND %[1]s.latitude <= ? AND (%[1]s.longitude >= ? %[2]s %[1]s.longitude <= ?)`, alias, between),
		[]any{b.South, b.North, b.West, b.East}
}

// mappedGroup is a group with its place.
type mappedGroup struct {
	community.Entity
	earth.Point

	Description string `db:"description"`
	Address     string `db:"address"`
}

// listGroups returns groups that lie in a box, in no order that means anything; on the whole earth, the most active ones
// first. Those that are archived lie nowhere.
func listGroups(ctx context.Context, q sqldb.Querier, b *earth.Box, limit int) ([]mappedGroup, error) {
	near, args := inside("p", b)
	order := ` AND e.kind = 'group' ORDER BY e.score DESC, e.id DESC`
	if b != nil {
		order = ` ORDER BY p.latitude, p.longitude, p.entity_id`
	}
	var all []mappedGroup
	err := q.Select(ctx, &all, `
		SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture, g.description, g.address, p.latitude, p.longitude
		  FROM entity_positions p JOIN entities e ON e.id = p.entity_id JOIN "groups" g ON g.entity_id = e.id
		 WHERE e.archived_at IS NULL`+near+order+` LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the groups on a map: %w", err)
	}
	return all, nil
}

// mappedEvent is an event with the next of its dates and its place.
type mappedEvent struct {
	earth.Point

	ContentID int64            `db:"content_id"`
	Slug      string           `db:"slug"`
	Title     string           `db:"title"`
	Public    bool             `db:"public"`
	Day       string           `db:"day"`
	Repeats   bool             `db:"repeats"`
	AllDay    bool             `db:"all_day"`
	Place     string           `db:"place"`
	StartsAt  clock.Time       `db:"starts_at"`
	Entity    community.Entity `db:"entity"`
}

// listEvents returns what comes, or goes on, of the events that lie in a box and that the viewer finds in lists, in the
// order of the calendar: of a series the next date, unless that takes place elsewhere.
func listEvents(ctx context.Context, q sqldb.Querier, v community.Viewer, now clock.Time, b *earth.Box, limit int) ([]mappedEvent, error) {
	listable, args := policy.ListableContents("c", v)
	near, more := inside("v", b)
	args = append(append(args, clock.At(now.Add(-community.LongestDate)), now), append(more, limit)...)
	var all []mappedEvent
	// Which ones first, in the order of the calendar, and then what they look like. A count keeps databases from going the
	// other way, through all dates that there ever were.
	err := q.Select(ctx, &all, `
		SELECT c.id AS content_id, c.slug, c.title, c.public, c.starts_at, d.day, d.place, v.rule <> '' AS repeats, v.all_day, v.latitude, v.longitude,
		       e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug", e.name AS "entity.name", e.colour AS "entity.colour", e.picture AS "entity.picture"
		  FROM (SELECT c.id FROM contents c
		         WHERE `+listable+` AND c.kind = 'event' AND c.starts_at >= ? AND c.ends_at >= ? AND (
		               SELECT COUNT(*) FROM events v JOIN event_dates d ON d.content_id = v.content_id AND d.place_key = v.place_key
		                WHERE v.content_id = c.id AND d.starts_at = c.starts_at AND v.latitude IS NOT NULL AND v.cancelled = FALSE AND d.cancelled = FALSE`+near+`) > 0
		         ORDER BY c.starts_at, c.id LIMIT ?) found
		  JOIN contents c ON c.id = found.id JOIN events v ON v.content_id = c.id JOIN entities e ON e.id = c.entity_id
		  JOIN event_dates d ON d.content_id = c.id AND d.starts_at = c.starts_at
		 ORDER BY c.starts_at, c.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list the events on a map: %w", err)
	}
	return all, nil
}

// findPlace returns where something of a name lies: a group, or a place at which something takes or took place that the
// viewer finds in lists. NotFound if nobody has said it.
func findPlace(ctx context.Context, q sqldb.Querier, v community.Viewer, name string) (earth.Point, error) {
	name = strings.Join(strings.Fields(name), " ")
	key := strings.ToLower(name)
	listable, args := policy.ListableContents("c", v)
	var p earth.Point
	err := q.Get(ctx, &p, `
		SELECT p.latitude, p.longitude FROM entities e JOIN entity_positions p ON p.entity_id = e.id
		 WHERE e.kind = 'group' AND e.archived_at IS NULL AND (e.slug_key = ? OR e.name_key = ?) ORDER BY e.score DESC, e.id LIMIT 1`, key, entities.NameKey(name))
	if errs.Is(err, errs.NotFound) {
		err = q.Get(ctx, &p, `
			SELECT v.latitude, v.longitude FROM event_dates d JOIN events v ON v.content_id = d.content_id AND v.place_key = d.place_key JOIN contents c ON c.id = d.content_id
			 WHERE d.place_key = ? AND v.latitude IS NOT NULL AND `+listable+` ORDER BY d.starts_at DESC, d.id DESC LIMIT 1`, append([]any{key}, args...)...)
	}
	if err != nil {
		return p, fmt.Errorf("look for the place %q: %w", name, err)
	}
	return p, nil
}

// listPlaced returns where an event takes place with the name of the place; nothing if nobody has said it, or if some of
// its dates take place elsewhere.
func listPlaced(ctx context.Context, q sqldb.Querier, contentID int64) (all []mappedEvent, err error) {
	err = q.Select(ctx, &all, `
		SELECT v.content_id, v.place, v.latitude, v.longitude FROM events v
		 WHERE v.content_id = ? AND v.latitude IS NOT NULL AND NOT EXISTS (
		       SELECT 1 FROM event_dates d WHERE d.content_id = v.content_id AND d.place_key <> v.place_key)
		 ORDER BY v.content_id`, contentID)
	if err != nil {
		return nil, fmt.Errorf("look where event %d takes place: %w", contentID, err)
	}
	return all, nil
}
