package events

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// dateRow is a row of the table event_dates.
type dateRow struct {
	ID        int64      `db:"id"`
	Day       string     `db:"day"` // on which the series says that it begins
	Begins    string     `db:"begins"`
	Ends      string     `db:"ends"`
	Place     string     `db:"place"`
	PlaceKey  string     `db:"place_key"`
	StartsAt  clock.Time `db:"starts_at"`
	EndsAt    clock.Time `db:"ends_at"`
	Cancelled bool       `db:"cancelled"` // this date alone
	Altered   bool       `db:"altered"`

	was          string        // the day under which it is stored, if that is another one
	starts, ends time.Duration // how far it has moved from what is stored
}

const rowColumns = `SELECT d.id, d.day, d.begins, d.ends, d.place, d.place_key, d.starts_at, d.ends_at, d.cancelled, d.altered`

// ownedRow is a date of one of several events.
type ownedRow struct {
	dateRow

	ContentID int64 `db:"content_id"`
}

// listRows returns the dates of an event, by their days.
func listRows(ctx context.Context, q sqldb.Querier, contentID int64) ([]dateRow, error) {
	var all []dateRow
	if err := q.Select(ctx, &all, rowColumns+` FROM event_dates d WHERE d.content_id = ? ORDER BY d.day, d.id`, contentID); err != nil {
		return nil, fmt.Errorf("list the dates of event %d: %w", contentID, err)
	}
	return all, nil
}

// listRowsOf returns the dates of some events, in the order of the calendar.
func listRowsOf(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]dateRow, error) {
	var list []ownedRow
	err := q.Select(ctx, &list, rowColumns+`, d.content_id FROM event_dates d WHERE d.content_id IN (?) ORDER BY d.content_id, d.starts_at, d.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("list the dates of events: %w", err)
	}
	all := map[int64][]dateRow{}
	for _, d := range list {
		all[d.ContentID] = append(all[d.ContentID], d.dateRow)
	}
	return all, nil
}

// listNext returns some events with the dates that lists know of them: the next ones of series.
func listNext(ctx context.Context, q sqldb.Querier, ids []int64) ([]dated, error) {
	var all []dated
	err := q.Select(ctx, &all, `
		`+datedColumns+`
		  FROM contents c JOIN events v ON v.content_id = c.id JOIN event_dates d ON d.content_id = c.id AND d.starts_at = c.starts_at
		 WHERE c.id IN (?) ORDER BY c.id, d.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("list the next dates of events: %w", err)
	}
	return all, nil
}

// getRow returns the date of an event whose day this is; NotFound if there is none.
func getRow(ctx context.Context, q sqldb.Querier, contentID int64, day string) (dateRow, error) {
	var d dateRow
	if err := q.Get(ctx, &d, rowColumns+` FROM event_dates d WHERE d.content_id = ? AND d.day = ?`, contentID, day); err != nil {
		return d, fmt.Errorf("get the date %s of event %d: %w", day, contentID, err)
	}
	return d, nil
}

// dated is an event with one of its dates.
type dated struct {
	event

	Date dateRow `db:"date"`
}

// datedColumns are those of events v and their dates d.
const datedColumns = `
	SELECT ` + eventColumns + `, d.id AS "date.id", d.day AS "date.day", d.begins AS "date.begins", d.ends AS "date.ends", d.place AS "date.place",
	       d.place_key AS "date.place_key", d.starts_at AS "date.starts_at", d.ends_at AS "date.ends_at", d.cancelled AS "date.cancelled", d.altered AS "date.altered"`

// getDated returns a date with its event, however many dates that has; NotFound if it is none any more.
func getDated(ctx context.Context, q sqldb.Querier, id int64) (d dated, err error) {
	if err := q.Get(ctx, &d, datedColumns+` FROM event_dates d JOIN events v ON v.content_id = d.content_id WHERE d.id = ?`, id); err != nil {
		return d, fmt.Errorf("get the date %d: %w", id, err)
	}
	return d, nil
}

// values returns the columns of a new row.
func (d dateRow) values(contentID, entityID int64) []any {
	return []any{contentID, entityID, d.Day, d.Begins, d.Ends, d.Place, d.PlaceKey, d.StartsAt, d.EndsAt, d.Cancelled, d.Altered}
}

const insertDates = `INSERT INTO event_dates (content_id, entity_id, day, begins, ends, place, place_key, starts_at, ends_at, cancelled, altered)`

// insertNewDates makes dates, passing over those that there are.
func insertNewDates(ctx context.Context, tx *sqldb.Tx, rows [][]any) error {
	if err := tx.InsertNewRows(ctx, insertDates, rows); err != nil {
		return fmt.Errorf("insert dates of series: %w", err)
	}
	return nil
}

// writeDates changes the dates of an event.
func writeDates(ctx context.Context, tx *sqldb.Tx, contentID, entityID int64, fresh, changed []dateRow, dropped []int64) error {
	if len(dropped) > 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM event_dates WHERE id IN (?)`, dropped); err != nil {
			return fmt.Errorf("remove dates of event %d: %w", contentID, err)
		}
	}
	if err := updateDates(ctx, tx, changed); err != nil {
		return fmt.Errorf("change the dates of event %d: %w", contentID, err)
	}
	rows := make([][]any, len(fresh))
	for n, d := range fresh {
		rows[n] = d.values(contentID, entityID)
	}
	if err := tx.InsertRows(ctx, insertDates, rows); err != nil {
		return fmt.Errorf("insert dates of event %d: %w", contentID, err)
	}
	return nil
}

// rowsPerUpdate bounds one statement of updateDates.
const rowsPerUpdate = 64

// updateDates changes many dates with few statements.
func updateDates(ctx context.Context, tx *sqldb.Tx, all []dateRow) error {
	var moved []int64
	for _, d := range all {
		if d.was != "" {
			moved = append(moved, d.ID)
		}
	}
	if len(moved) > 0 { // out of each other's way: no two dates have the same day at any time
		if _, err := tx.Exec(ctx, `UPDATE event_dates SET day = '~' || id WHERE id IN (?)`, moved); err != nil {
			return err
		}
	}
	for len(all) > 0 {
		n := min(len(all), rowsPerUpdate)
		for n < rowsPerUpdate && n&(n-1) != 0 {
			n &= n - 1 // the largest power of two, so that few texts are ever prepared
		}
		query, args := updateOf(all[:n])
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// updateOf returns the statement that changes some dates. Points in time are moved and not set: a parameter alone would be
// a text to PostgreSQL.
func updateOf(all []dateRow) (query string, args []any) {
	var b strings.Builder
	b.WriteString(`UPDATE event_dates SET `)
	column := func(name, value string, of func(dateRow) any) {
		if len(args) > 0 {
			b.WriteString(`, `)
		}
		b.WriteString(name + ` = CASE id`)
		for _, d := range all {
			b.WriteString(` WHEN ? THEN ` + value)
			args = append(args, d.ID, of(d))
		}
		b.WriteString(` ELSE ` + name + ` END`)
	}
	column("day", "?", func(d dateRow) any { return d.Day })
	column("begins", "?", func(d dateRow) any { return d.Begins })
	column("ends", "?", func(d dateRow) any { return d.Ends })
	column("place", "?", func(d dateRow) any { return d.Place })
	column("place_key", "?", func(d dateRow) any { return d.PlaceKey })
	column("starts_at", "starts_at + ?", func(d dateRow) any { return d.starts.Milliseconds() })
	column("ends_at", "ends_at + ?", func(d dateRow) any { return d.ends.Milliseconds() })
	ids := make([]int64, len(all))
	for n, d := range all {
		ids[n] = d.ID
	}
	b.WriteString(` WHERE id IN (?)`)
	return b.String(), append(args, ids)
}

// updateDate changes one date of a series.
func updateDate(ctx context.Context, tx *sqldb.Tx, d dateRow) error {
	_, err := tx.Exec(ctx, `
		UPDATE event_dates SET begins = ?, ends = ?, place = ?, place_key = ?, starts_at = ?, ends_at = ?, cancelled = ?, altered = ? WHERE id = ?`,
		d.Begins, d.Ends, d.Place, d.PlaceKey, d.StartsAt, d.EndsAt, d.Cancelled, d.Altered, d.ID)
	if err != nil {
		return fmt.Errorf("change the date %d: %w", d.ID, err)
	}
	return nil
}

// handOver gives the dates of a series from a day on to another one.
func handOver(ctx context.Context, tx *sqldb.Tx, from, to int64, day string) error {
	if _, err := tx.Exec(ctx, `UPDATE event_dates SET content_id = ? WHERE content_id = ? AND day >= ?`, to, from, day); err != nil {
		return fmt.Errorf("hand the dates of event %d over to event %d: %w", from, to, err)
	}
	return nil
}

// nextOf is the point in time at which the next date of a row of contents begins or ends; the last one if all are over.
func nextOf(contents, column string) string {
	return `(SELECT d.` + column + ` FROM event_dates d WHERE d.content_id = ` + contents + `.id
		ORDER BY CASE WHEN d.ends_at >= ? THEN 0 ELSE 1 END, CASE WHEN d.ends_at >= ? THEN d.starts_at ELSE -d.starts_at END, d.id LIMIT 1)`
}

// getNext returns when the next date of an event begins and ends.
func getNext(ctx context.Context, q sqldb.Querier, contentID int64, now clock.Time) (starts, ends clock.Time, err error) {
	var next struct {
		StartsAt clock.Time `db:"starts_at"`
		EndsAt   clock.Time `db:"ends_at"`
	}
	err = q.Get(ctx, &next, `
		SELECT `+nextOf("c", "starts_at")+` AS starts_at, `+nextOf("c", "ends_at")+` AS ends_at FROM contents c WHERE c.id = ?`,
		now, now, now, now, contentID)
	if err != nil {
		return starts, ends, fmt.Errorf("find the next date of event %d: %w", contentID, err)
	}
	return next.StartsAt, next.EndsAt, nil
}

// listOver returns the series of which lists know a date that is over, if there is a later one.
func listOver(ctx context.Context, q sqldb.Querier, now clock.Time) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `
		SELECT c.id FROM events v JOIN contents c ON c.id = v.content_id
		 WHERE v.rule <> '' AND c.ends_at < ? AND EXISTS (SELECT 1 FROM event_dates d WHERE d.content_id = c.id AND d.starts_at > c.starts_at)
		 ORDER BY c.id`, now)
	if err != nil {
		return nil, fmt.Errorf("list the series whose date is over: %w", err)
	}
	return ids, nil
}

// updateNext lets lists know the next dates of series.
func updateNext(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `
		UPDATE contents SET starts_at = `+nextOf("contents", "starts_at")+`, ends_at = `+nextOf("contents", "ends_at")+` WHERE id IN (?)`,
		tx.Now, tx.Now, tx.Now, tx.Now, ids)
	if err != nil {
		return fmt.Errorf("move on to the next dates of series: %w", err)
	}
	return nil
}

// seriesRow is a series that goes on, and the last of its days.
type seriesRow struct {
	event

	EntityID int64  `db:"entity_id"`
	Last     string `db:"last"`
}

// seriesAtOnce is how many series get their further dates in one transaction.
const seriesAtOnce = 200

// listSeries returns some series, those with the next ids. Those of groups that are archived go no further.
func listSeries(ctx context.Context, q sqldb.Querier, after int64) ([]seriesRow, error) {
	var all []seriesRow
	err := q.Select(ctx, &all, `
		SELECT `+eventColumns+`, c.entity_id, COALESCE((SELECT MAX(d.day) FROM event_dates d WHERE d.content_id = c.id), '') AS last
		  FROM events v JOIN contents c ON c.id = v.content_id JOIN entities e ON e.id = c.entity_id
		 WHERE v.rule <> '' AND c.deleted_at IS NULL AND e.archived_at IS NULL AND v.content_id > ? ORDER BY v.content_id LIMIT ?`, after, seriesAtOnce)
	if err != nil {
		return nil, fmt.Errorf("list series: %w", err)
	}
	return all, nil
}
