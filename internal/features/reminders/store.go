package reminders

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// nearDate is a date that takes place soon.
type nearDate struct {
	ID        int64      `db:"date_id"`
	ContentID int64      `db:"content_id"`
	EntityID  int64      `db:"entity_id"`
	Day       string     `db:"day"`
	Begins    string     `db:"begins"`
	StartsAt  clock.Time `db:"starts_at"`
	AllDay    bool       `db:"all_day"`
	Cancelled bool       `db:"cancelled"`
	Several   bool       `db:"several"`
	Title     string     `db:"title"`
	Public    bool       `db:"public"`
}

const nearColumns = `
	SELECT d.id AS date_id, d.content_id, d.entity_id, d.day, d.begins, d.starts_at, v.all_day,
	       CASE WHEN v.cancelled THEN v.cancelled ELSE d.cancelled END AS cancelled,
	       EXISTS (SELECT 1 FROM event_dates o WHERE o.content_id = d.content_id AND o.id <> d.id) AS several,
	       c.title, c.public`

// listNear returns the dates that begin in between, after what has begun, and take place.
func listNear(ctx context.Context, q sqldb.Querier, from, to clock.Time) ([]nearDate, error) {
	var all []nearDate
	// Which dates these are is found in one index, and what belongs to them afterwards.
	err := q.Select(ctx, &all, nearColumns+`
		  FROM (SELECT id, content_id, entity_id, day, begins, starts_at, cancelled FROM event_dates WHERE starts_at > ? AND starts_at <= ? AND cancelled = FALSE ORDER BY starts_at, id LIMIT ?) d
		  JOIN events v ON v.content_id = d.content_id JOIN contents c ON c.id = d.content_id
		 WHERE v.cancelled = FALSE AND c.deleted_at IS NULL ORDER BY d.starts_at, d.id`, from, to, mostNear)
	if err != nil {
		return nil, fmt.Errorf("list the dates that are near: %w", err)
	}
	return all, nil
}

// mostNear is how many dates are looked at in one run. Those that begin first are, and the others in a later one.
const mostNear = 10_000

// getNear returns a date; NotFound if there is none.
func getNear(ctx context.Context, q sqldb.Querier, id int64) (d nearDate, err error) {
	err = q.Get(ctx, &d, nearColumns+` FROM event_dates d JOIN events v ON v.content_id = d.content_id JOIN contents c ON c.id = d.content_id WHERE d.id = ?`, id)
	if err != nil {
		return d, fmt.Errorf("get the date %d: %w", id, err)
	}
	return d, nil
}

// circle are people who are reminded for the same reason: a query for date_id and person_id.
type circle struct {
	reason notify.Reason
	query  string
	args   []any
}

// person is somebody to be reminded of a date.
type person struct {
	DateID   int64         `db:"date_id"`
	PersonID int64         `db:"person_id"`
	Reason   notify.Reason `db:"reason"`
}

// listUnreminded returns who of some circles has not been reminded of their dates as they are now, each once for a date,
// for the reason of the first circle in which they are.
func listUnreminded(ctx context.Context, q sqldb.Querier, circles []circle) ([]person, error) {
	var query strings.Builder
	var args []any
	for n, c := range circles {
		if n > 0 {
			query.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&query, `SELECT x.date_id, x.person_id, '%s' AS reason, %d AS circle FROM (%s) x`, c.reason, n, c.query)
		args = append(args, c.args...)
	}
	var rows []person
	err := q.Select(ctx, &rows, `
		SELECT t.date_id, t.person_id, t.reason FROM (`+query.String()+`) t JOIN event_dates d ON d.id = t.date_id
		 WHERE NOT EXISTS (SELECT 1 FROM reminders r WHERE r.date_id = t.date_id AND r.person_id = t.person_id AND r.starts_at = d.starts_at)
		 ORDER BY t.date_id, t.person_id, t.circle`, args...)
	if err != nil {
		return nil, fmt.Errorf("list who is to be reminded: %w", err)
	}
	once := rows[:0]
	for _, p := range rows {
		if n := len(once); n == 0 || once[n-1].DateID != p.DateID || once[n-1].PersonID != p.PersonID {
			once = append(once, p)
		}
	}
	return once, nil
}

// wishing returns the circle of the members who want to be reminded of all events of the groups of some dates.
func wishing(dates []int64) circle {
	return circle{asked, `
		SELECT wd.id AS date_id, w.person_id FROM event_dates wd JOIN "groups" wg ON wg.entity_id = wd.entity_id
		  JOIN reminder_wishes w ON w.group_id = wg.id JOIN memberships wm ON wm.group_id = w.group_id AND wm.person_id = w.person_id
		 WHERE wd.id IN (?)`, []any{dates}}
}

// insertReminders notes that people are reminded of a date by an activity. Who has been already stays as they are.
func insertReminders(ctx context.Context, tx *sqldb.Tx, d nearDate, people []person, activityID int64) error {
	rows := make([][]any, len(people))
	for n, p := range people {
		rows[n] = []any{d.ID, p.PersonID, d.StartsAt, activityID, p.Reason}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO reminders (date_id, person_id, starts_at, activity_id, reason)`, rows); err != nil {
		return fmt.Errorf("note who is reminded of the date %d: %w", d.ID, err)
	}
	return nil
}

// remindedAs returns the people whom an activity reminds for a reason.
func remindedAs(reason notify.Reason, activityID int64) notify.Audience {
	return notify.Among(reason, `SELECT r.person_id FROM reminders r WHERE r.activity_id = ? AND r.reason = ?`, activityID, reason)
}

// answerAt is an answer without an account that counts for a date.
type answerAt struct {
	DateID       int64 `db:"date_id"`
	AttendanceID int64 `db:"attendance_id"`
}

// listRemindedStrangers returns which answers without an account have been reminded of some dates as they are now.
func listRemindedStrangers(ctx context.Context, q sqldb.Querier, dates []int64) (map[answerAt]bool, error) {
	var rows []answerAt
	err := q.Select(ctx, &rows, `
		SELECT l.date_id, l.attendance_id FROM reminded_strangers l JOIN event_dates d ON d.id = l.date_id AND d.starts_at = l.starts_at
		 WHERE l.date_id IN (?) ORDER BY l.date_id, l.attendance_id`, dates)
	if err != nil {
		return nil, fmt.Errorf("list which strangers have been reminded: %w", err)
	}
	all := map[answerAt]bool{}
	for _, row := range rows {
		all[row] = true
	}
	return all, nil
}

// startOf returns when the date began, in the eyes of those whom an activity reminds of it.
func startOf(ctx context.Context, q sqldb.Querier, activityID int64) (at clock.Time, err error) {
	if err = q.Get(ctx, &at, `SELECT MIN(starts_at) FROM reminders WHERE activity_id = ?`, activityID); err != nil {
		return at, fmt.Errorf("get when a date began of which activity %d reminds: %w", activityID, err)
	}
	return at, nil
}

// wants reports whether somebody wants to be reminded of the events of a group.
func wants(ctx context.Context, q sqldb.Querier, personID, groupID int64) (does bool, err error) {
	err = q.Get(ctx, &does, `SELECT EXISTS (SELECT 1 FROM reminder_wishes WHERE person_id = ? AND group_id = ?)`, personID, groupID)
	if err != nil {
		return false, fmt.Errorf("look up the wish of person %d: %w", personID, err)
	}
	return does, nil
}

// setWish notes whether somebody wants to be reminded of the events of a group.
func setWish(ctx context.Context, tx *sqldb.Tx, personID, groupID int64, wanted bool) (err error) {
	if wanted {
		_, err = tx.InsertNew(ctx, `INSERT INTO reminder_wishes (person_id, group_id, created_at) VALUES (?, ?, ?)`, personID, groupID, tx.Now)
	} else {
		_, err = tx.Exec(ctx, `DELETE FROM reminder_wishes WHERE person_id = ? AND group_id = ?`, personID, groupID)
	}
	if err != nil {
		return fmt.Errorf("note the wish of person %d: %w", personID, err)
	}
	return nil
}

// removeWishIn removes the wish of somebody to be reminded of the events of a group, by its entity.
func removeWishIn(ctx context.Context, tx *sqldb.Tx, personID, entityID int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM reminder_wishes WHERE person_id = ? AND group_id IN (SELECT id FROM "groups" WHERE entity_id = ?)`, personID, entityID)
	if err != nil {
		return fmt.Errorf("remove the wish of person %d: %w", personID, err)
	}
	return nil
}

// keep is how long it is kept who was reminded of a date that has begun.
const keep = 30 * 24 * time.Hour

// removeOld removes notes of who was reminded, with an account and without.
func (r *Reminders) removeOld(ctx context.Context) error {
	before := clock.At(r.deps.DB.Now().Add(-keep))
	remove := func(statement string) func(tx *sqldb.Tx, dates []int64) error {
		return func(tx *sqldb.Tx, dates []int64) error {
			_, err := tx.Exec(ctx, statement, dates, before)
			return err
		}
	}
	err := sqldb.Sweep(ctx, r.deps.DB, remove(`DELETE FROM reminders WHERE date_id IN (?) AND starts_at <= ?`),
		`SELECT date_id FROM reminders WHERE starts_at <= ? ORDER BY starts_at, date_id, person_id`, before)
	if err != nil {
		return err
	}
	return sqldb.Sweep(ctx, r.deps.DB, remove(`DELETE FROM reminded_strangers WHERE date_id IN (?) AND starts_at <= ?`),
		`SELECT date_id FROM reminded_strangers WHERE starts_at <= ? ORDER BY starts_at, date_id, attendance_id`, before)
}
