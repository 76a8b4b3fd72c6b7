package events

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// endingDates are the dates d of a group, whose entity is the first parameter, that begin after the second and would
// take place.
const endingDates = ` FROM event_dates d JOIN events v ON v.content_id = d.content_id JOIN contents c ON c.id = d.content_id
	WHERE d.entity_id = ? AND d.starts_at > ? AND d.cancelled = FALSE AND v.cancelled = FALSE AND c.deleted_at IS NULL`

// listComing returns the events of a group that have dates to come.
func listComing(ctx context.Context, q sqldb.Querier, entityID int64, now clock.Time) (ids []int64, err error) {
	if err := q.Select(ctx, &ids, `SELECT DISTINCT d.content_id`+endingDates+` ORDER BY d.content_id`, entityID, now); err != nil {
		return nil, fmt.Errorf("list the coming events of entity %d: %w", entityID, err)
	}
	return ids, nil
}

// ofArchived is a query for the events with dates that were cancelled with a group.
const ofArchived = `SELECT z.content_id FROM (SELECT d.content_id FROM archived_dates a JOIN event_dates d ON d.id = a.date_id WHERE a.entity_id = ?) z`

// cancelDates cancels the coming dates of a group and keeps which ones. An event with one date alone is cancelled
// itself.
func cancelDates(ctx context.Context, tx *sqldb.Tx, entityID int64, now clock.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO archived_dates (date_id, entity_id) SELECT d.id, d.entity_id`+endingDates, entityID, now)
	if err == nil {
		err = setCancelled(ctx, tx, entityID, true)
	}
	if err != nil {
		return fmt.Errorf("cancel the coming dates of entity %d: %w", entityID, err)
	}
	return nil
}

// reinstateDates lets the dates that were cancelled with a group take place after all.
func reinstateDates(ctx context.Context, tx *sqldb.Tx, entityID int64) error {
	if err := setCancelled(ctx, tx, entityID, false); err != nil {
		return fmt.Errorf("reinstate the dates of entity %d: %w", entityID, err)
	}
	return nil
}

func setCancelled(ctx context.Context, tx *sqldb.Tx, entityID int64, cancelled bool) error {
	_, err := tx.Exec(ctx, `UPDATE events SET cancelled = ? WHERE rule = '' AND content_id IN (`+ofArchived+`)`, cancelled, entityID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE event_dates SET cancelled = ? WHERE id IN (SELECT a.date_id FROM archived_dates a WHERE a.entity_id = ?)
		   AND content_id IN (SELECT v.content_id FROM events v WHERE v.rule <> '')`, cancelled, entityID)
	return err
}

// listArchived returns the events with dates that were cancelled with a group.
func listArchived(ctx context.Context, q sqldb.Querier, entityID int64) (ids []int64, err error) {
	if err := q.Select(ctx, &ids, ofArchived+` GROUP BY z.content_id ORDER BY z.content_id`, entityID); err != nil {
		return nil, fmt.Errorf("list the events that were cancelled with entity %d: %w", entityID, err)
	}
	return ids, nil
}

// dropPast forgets the dates that were cancelled with a group and would have begun by now: they did not take place.
func dropPast(ctx context.Context, tx *sqldb.Tx, entityID int64, now clock.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM archived_dates WHERE entity_id = ? AND date_id IN (SELECT d.id FROM event_dates d WHERE d.entity_id = ? AND d.starts_at <= ?)`,
		entityID, entityID, now)
	if err != nil {
		return fmt.Errorf("forget the past dates of entity %d: %w", entityID, err)
	}
	return nil
}

// dropArchived forgets which dates were cancelled with a group.
func dropArchived(ctx context.Context, tx *sqldb.Tx, entityID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM archived_dates WHERE entity_id = ?`, entityID); err != nil {
		return fmt.Errorf("forget the cancelled dates of entity %d: %w", entityID, err)
	}
	return nil
}

// listInherited returns the events with dates that were cancelled with a group and that other groups show.
func listInherited(ctx context.Context, q sqldb.Querier, entityID int64) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `
		SELECT c.id FROM contents c WHERE c.entity_id = ? AND c.public AND c.deleted_at IS NULL AND c.id IN (`+ofArchived+`)
		   AND EXISTS (SELECT 1 FROM event_hosts h WHERE h.content_id = c.id AND h.state = 'shown') ORDER BY c.id`, entityID, entityID)
	if err != nil {
		return nil, fmt.Errorf("list the events of entity %d that others show: %w", entityID, err)
	}
	return ids, nil
}

// firstShower is the group that showed a row of contents first.
const firstShower = `SELECT h.entity_id FROM event_hosts h WHERE h.content_id = contents.id AND h.state = 'shown' ORDER BY h.decided_at, h.entity_id LIMIT 1`

// followContent lets the dates of events belong to the groups that the events belong to, which do not show them as
// those of others any more.
func followContent(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `UPDATE event_dates SET entity_id = (SELECT c.entity_id FROM contents c WHERE c.id = event_dates.content_id) WHERE content_id IN (?)`, ids)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM event_hosts WHERE content_id IN (?) AND entity_id = (SELECT c.entity_id FROM contents c WHERE c.id = event_hosts.content_id)`, ids)
	}
	if err != nil {
		return fmt.Errorf("let the dates of events follow them: %w", err)
	}
	return nil
}

// counting is an event that somebody counts on, of those with dates that were cancelled with their group.
type counting struct {
	AddressKey string `db:"address_key"`
	Address    string `db:"address"`
	Name       string `db:"name"`
	Language   string `db:"language"`
	PersonID   int64  `db:"person_id"` // 0 for somebody without an account
	ContentID  int64  `db:"content_id"`
	Invited    bool   `db:"invited"` // their calendar has been asked
	Title      string `db:"title"`
	Repeats    bool   `db:"repeats"`
	Day        string `db:"day"` // of the first of these dates
}

// answerer returns who answers mails about the event.
func (c counting) answerer() notify.Answerer {
	return notify.Answerer{PersonID: c.PersonID, Answer: notify.Answer{ContentID: c.ContentID}}
}

// listCounting returns who wants to come to dates that were cancelled with a group or waits for a place, and who helps
// at them: by mailbox, and each event once. Whoever may not read an event is not told of it.
func listCounting(ctx context.Context, q sqldb.Querier, entityID int64) ([]counting, error) {
	const comes = `a.answer <> 'no' AND (a.date_id = d.id OR a.date_id IS NULL)`
	var all []counting
	err := q.Select(ctx, &all, `
		SELECT w.address_key, w.address, w.name, w.language, w.person_id, c.id AS content_id, c.title, v.rule <> '' AS repeats, MIN(d.day) AS day,
		       EXISTS (SELECT 1 FROM calendar_wishes s WHERE s.person_id = w.person_id)
		    OR EXISTS (SELECT 1 FROM attendances a WHERE a.content_id = c.id AND a.person_id = w.person_id AND a.answer <> 'no') AS invited
		  FROM (SELECT z.date_id, m.address_key, m.address, e.name, p.language, p.id AS person_id
		          FROM (SELECT d.id AS date_id, a.person_id FROM archived_dates y JOIN event_dates d ON d.id = y.date_id JOIN attendances a ON a.content_id = d.content_id
		                 WHERE y.entity_id = ? AND `+comes+` AND a.person_id IS NOT NULL
		                 UNION
		                SELECT y.date_id, t.person_id FROM archived_dates y JOIN help_takings t ON t.date_id = y.date_id AND t.amount > 0 WHERE y.entity_id = ?) z
		          JOIN people p ON p.id = z.person_id AND p.active = TRUE JOIN entities e ON e.id = p.entity_id JOIN email_addresses m ON m.person_id = p.id AND m.main = TRUE
		         UNION ALL
		        SELECT d.id AS date_id, a.address_key, a.address, a.name, a.language, 0 AS person_id
		          FROM archived_dates y JOIN event_dates d ON d.id = y.date_id JOIN attendances a ON a.content_id = d.content_id
		         WHERE y.entity_id = ? AND `+comes+` AND a.address_key IS NOT NULL) w
		  JOIN event_dates d ON d.id = w.date_id JOIN events v ON v.content_id = d.content_id JOIN contents c ON c.id = d.content_id
		 WHERE c.deleted_at IS NULL AND (c.public = TRUE
		    OR EXISTS (SELECT 1 FROM memberships x JOIN "groups" g ON g.id = x.group_id WHERE g.entity_id = c.entity_id AND x.person_id = w.person_id)
		    OR EXISTS (SELECT 1 FROM contributions k WHERE k.content_id = c.id AND k.author_id = w.person_id AND `+policy.KeepsContent("k")+`))
		 GROUP BY w.address_key, w.address, w.name, w.language, w.person_id, c.id, c.title, v.rule
		 ORDER BY w.address_key, MIN(d.starts_at), c.id`, entityID, entityID, entityID)
	if err != nil {
		return nil, fmt.Errorf("list who counts on the dates of entity %d: %w", entityID, err)
	}
	return all, nil
}

// listScheduled returns the events with dates that were cancelled with a group, of a series these dates alone, as they go
// out in mails. The texts of their pages do not.
func listScheduled(ctx context.Context, q sqldb.Querier, entityID int64) (map[int64]feedEvent, error) {
	var all []feedEvent
	if err := q.Select(ctx, &all, feedColumns+` WHERE c.id IN (`+ofArchived+`) ORDER BY c.id`, "", entityID); err != nil {
		return nil, fmt.Errorf("list the events that were cancelled with entity %d: %w", entityID, err)
	}
	var dates []ownedRow
	err := q.Select(ctx, &dates, rowColumns+`, d.content_id FROM event_dates d JOIN archived_dates a ON a.date_id = d.id WHERE a.entity_id = ? ORDER BY d.content_id, d.day, d.id`, entityID)
	if err != nil {
		return nil, fmt.Errorf("list the dates that were cancelled with entity %d: %w", entityID, err)
	}
	events := make(map[int64]feedEvent, len(all))
	for _, e := range all {
		if e.Text = ""; e.repeats() {
			e.only = true
		}
		events[e.ContentID] = e
	}
	for _, d := range dates {
		if e := events[d.ContentID]; e.only {
			e.Dates = append(e.Dates, d.dateRow)
			events[d.ContentID] = e
		}
	}
	return events, nil
}

// getEntity returns the group that dates belong to.
func getEntity(ctx context.Context, q sqldb.Querier, id int64) (e community.Entity, err error) {
	if err := q.Get(ctx, &e, `SELECT e.id, e.kind, e.slug, e.name, e.colour, e.picture FROM entities e WHERE e.id = ?`, id); err != nil {
		return e, fmt.Errorf("get entity %d: %w", id, err)
	}
	return e, nil
}
