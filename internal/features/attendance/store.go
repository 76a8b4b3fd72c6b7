package attendance

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// occasion is what people answer for: a date of an event, or its whole series.
type occasion struct {
	ContentID int64      `db:"content_id"`
	DateID    int64      `db:"date_id"` // the date that is shown, even of a series
	Day       string     `db:"day"`     // on which the series says that it begins
	Answers   string     `db:"answers"` // "dates" or "series"; "" for nothing
	Capacity  int        `db:"capacity"`
	IsSeries  bool       `db:"is_series"`
	Cancelled bool       `db:"cancelled"`
	StartsAt  clock.Time `db:"starts_at"`
	EndsAt    clock.Time `db:"ends_at"`
	Over      bool       `db:"is_over"` // of a whole series: its last date, too
}

// forSeries reports whether one answer counts for all dates.
func (o occasion) forSeries() bool { return o.Answers == answersForSeries }

// dateID returns the date that answers are kept with: 0 where one counts for all dates.
func (o occasion) dateID() int64 {
	if o.forSeries() {
		return 0
	}
	return o.DateID
}

// Values of events.answers.
const (
	answersForDates  = "dates"
	answersForSeries = "series"
)

// scope returns the condition on attendances a that belong to the occasion.
func (o occasion) scope() (condition string, arg any) {
	if o.forSeries() {
		return `a.series_id = ?`, o.ContentID
	}
	return `a.date_id = ?`, o.DateID
}

// selectOccasions selects dates d of events v; the arguments are the present time, twice.
const selectOccasions = `
	SELECT v.content_id, d.id AS date_id, d.day, v.answers, v.capacity, v.rule <> '' AS is_series, d.starts_at, d.ends_at,
	       CASE WHEN v.cancelled THEN TRUE WHEN v.answers = 'series' THEN FALSE ELSE d.cancelled END AS cancelled,
	       d.ends_at < ? AND (v.answers <> 'series' OR NOT EXISTS (SELECT 1 FROM event_dates l WHERE l.content_id = v.content_id AND l.ends_at >= ?)) AS is_over
	  FROM events v JOIN event_dates d ON d.content_id = v.content_id WHERE v.content_id = ?`

// getOccasion returns the occasion of a day, by which the series knows it; for an empty or unknown day the next one that
// is to come, or else the last one.
func getOccasion(ctx context.Context, q sqldb.Querier, contentID int64, day string, now clock.Time) (o occasion, err error) {
	err = q.Get(ctx, &o, selectOccasions+`
	 ORDER BY CASE WHEN d.day = ? THEN 0 WHEN d.ends_at >= ? THEN 1 ELSE 2 END, CASE WHEN d.ends_at >= ? THEN d.starts_at ELSE -d.starts_at END, d.id LIMIT 1`,
		now, now, contentID, day, now, now)
	if err != nil {
		return o, fmt.Errorf("get the date %q of event %d: %w", day, contentID, err)
	}
	return o, nil
}

// listOccasions returns the dates of an event that are to come, or those whose ids are given.
func listOccasions(ctx context.Context, q sqldb.Querier, contentID int64, dateIDs []int64, now clock.Time) (all []occasion, err error) {
	condition, arg := ` AND d.ends_at >= ?`, any(now)
	if len(dateIDs) > 0 {
		condition, arg = ` AND d.id IN (?)`, dateIDs
	}
	if err := q.Select(ctx, &all, selectOccasions+condition+` ORDER BY d.starts_at, d.id`, now, now, contentID, arg); err != nil {
		return nil, fmt.Errorf("list the dates of event %d: %w", contentID, err)
	}
	return all, nil
}

// attendance is a row of the table attendances.
type attendance struct {
	ID         int64      `db:"id"`
	ContentID  int64      `db:"content_id"`
	DateID     int64      `db:"date_id"`   // 0 for a series
	PersonID   int64      `db:"person_id"` // 0 for somebody without an account
	Address    string     `db:"address"`
	AddressKey string     `db:"address_key"`
	Name       string     `db:"name"` // of the person, or what somebody without an account goes by
	Slug       string     `db:"slug"` // of the person
	Language   string     `db:"language"`
	Answer     Answer     `db:"answer"`
	Guests     int        `db:"guests"`
	Waiting    bool       `db:"waiting"`
	AskedAgain bool       `db:"asked_again"`
	QueuedAt   clock.Time `db:"queued_at"`
	AnsweredAt clock.Time `db:"answered_at"`
}

// holds returns how many places somebody has.
func (a attendance) holds() int {
	if a.Waiting {
		return 0
	}
	return party(a.Answer, a.Guests)
}

const selectAttendances = `
	SELECT a.id, a.content_id, COALESCE(a.date_id, 0) AS date_id, COALESCE(a.person_id, 0) AS person_id, COALESCE(a.address, '') AS address,
	       COALESCE(a.address_key, '') AS address_key, COALESCE(e.name, a.name) AS name, COALESCE(e.slug, '') AS slug, a.language, a.answer, a.guests,
	       a.waiting, a.asked_again, a.queued_at, a.answered_at
	  FROM attendances a LEFT JOIN people p ON p.id = a.person_id LEFT JOIN entities e ON e.id = p.entity_id`

// getAttendance returns an answer by its id.
func getAttendance(ctx context.Context, q sqldb.Querier, id int64) (a attendance, err error) {
	if err := q.Get(ctx, &a, selectAttendances+` WHERE a.id = ?`, id); err != nil {
		return a, fmt.Errorf("get attendance %d: %w", id, err)
	}
	return a, nil
}

// listAttendances returns all answers for an occasion, in the order in which people get places.
func listAttendances(ctx context.Context, q sqldb.Querier, o occasion, limit int) (all []attendance, err error) {
	scope, arg := o.scope()
	if err := q.Select(ctx, &all, selectAttendances+` WHERE `+scope+` ORDER BY a.queued_at, a.id LIMIT ?`, arg, limit); err != nil {
		return nil, fmt.Errorf("list who comes to event %d: %w", o.ContentID, err)
	}
	return all, nil
}

// listOwn returns the answers of somebody in an event: those of a person with what they have answered by an address that
// was proved to be theirs later, their own first, or those by an address.
func listOwn(ctx context.Context, q sqldb.Querier, contentID, personID int64, addressKey string) (all []attendance, err error) {
	own, args := `SELECT x.id FROM attendances x WHERE x.address_key = ? AND x.content_id = ?`, []any{addressKey, contentID}
	if personID != 0 {
		own = `
			SELECT x.id FROM attendances x WHERE x.person_id = ? AND x.content_id = ? UNION ALL
			SELECT x.id FROM attendances x WHERE x.address_key IN (SELECT m.address_key FROM email_addresses m WHERE m.person_id = ? AND m.verified_at IS NOT NULL)
			   AND x.content_id = ?`
		args = []any{personID, contentID, personID, contentID}
	}
	err = q.Select(ctx, &all, selectAttendances+` JOIN (`+own+`) o ON o.id = a.id ORDER BY CASE WHEN a.person_id IS NULL THEN 1 ELSE 0 END, a.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list what somebody has answered to event %d: %w", contentID, err)
	}
	return all, nil
}

// counts are how many people come to an occasion, with their guests.
type counts struct {
	Coming  int `db:"coming"`
	Maybe   int `db:"maybe"`
	Waiting int `db:"waiting"`
}

func count(ctx context.Context, q sqldb.Querier, o occasion) (c counts, err error) {
	scope, arg := o.scope()
	err = q.Get(ctx, &c, `
		SELECT COALESCE(SUM(CASE WHEN a.answer = 'yes' AND a.waiting = FALSE THEN 1 + a.guests ELSE 0 END), 0) AS coming,
		       COALESCE(SUM(CASE WHEN a.answer = 'maybe' THEN 1 + a.guests ELSE 0 END), 0) AS maybe,
		       COALESCE(SUM(CASE WHEN a.waiting THEN 1 + a.guests ELSE 0 END), 0) AS waiting
		  FROM attendances a WHERE `+scope, arg)
	if err != nil {
		return c, fmt.Errorf("count who comes to event %d: %w", o.ContentID, err)
	}
	return c, nil
}

// countAhead returns how many parties wait longer than somebody who waits.
func countAhead(ctx context.Context, q sqldb.Querier, o occasion, a attendance) (n int, err error) {
	scope, arg := o.scope()
	err = q.Get(ctx, &n, `SELECT COUNT(*) FROM attendances a WHERE `+scope+` AND a.waiting AND (a.queued_at < ? OR a.queued_at = ? AND a.id < ?)`,
		arg, a.QueuedAt, a.QueuedAt, a.ID)
	if err != nil {
		return 0, fmt.Errorf("count who waits longer for event %d: %w", o.ContentID, err)
	}
	return n, nil
}

// taken is how many places of a date are taken; of a series, for the date 0.
type taken struct {
	ContentID int64 `db:"content_id"`
	DateID    int64 `db:"date_id"`
	Places    int   `db:"places"`
}

// key tells occasions of several events apart.
type key struct{ contentID, dateID int64 }

// countTaken returns how many places are taken in events.
func countTaken(ctx context.Context, q sqldb.Querier, contentIDs ...int64) (map[key]int, error) {
	var rows []taken
	err := q.Select(ctx, &rows, `
		SELECT a.content_id, COALESCE(a.date_id, 0) AS date_id, SUM(1 + a.guests) AS places FROM attendances a
		 WHERE a.content_id IN (?) AND a.waiting = FALSE AND a.answer = 'yes' GROUP BY a.content_id, a.date_id ORDER BY a.content_id, date_id`, contentIDs)
	if err != nil {
		return nil, fmt.Errorf("count the places that are taken: %w", err)
	}
	all := make(map[key]int, len(rows))
	for _, row := range rows {
		all[key{row.ContentID, row.DateID}] = row.Places
	}
	return all, nil
}

// insert keeps new answers.
func insert(ctx context.Context, tx *sqldb.Tx, all []attendance) error {
	if len(all) == 0 {
		return nil
	}
	rows := make([][]any, len(all))
	for n, a := range all {
		var series, address, addressKey any
		if a.DateID == 0 {
			series = a.ContentID
		}
		if a.AddressKey != "" {
			address, addressKey = a.Address, a.AddressKey
		}
		name := a.Name
		if a.PersonID != 0 {
			name = ""
		}
		rows[n] = []any{
			a.ContentID, sqldb.OrNull(a.DateID), series, sqldb.OrNull(a.PersonID), address, addressKey, name, a.Language, a.Answer, a.Guests, a.Waiting,
			a.QueuedAt, a.AnsweredAt,
		}
	}
	err := tx.InsertRows(ctx, `
		INSERT INTO attendances (content_id, date_id, series_id, person_id, address, address_key, name, language, answer, guests, waiting, queued_at, answered_at)`, rows)
	if err != nil {
		return fmt.Errorf("keep answers to event %d: %w", all[0].ContentID, err)
	}
	return nil
}

// update changes answers that somebody has given before, all in the same way. Whoever says yes anew stands at the end of
// the queue. That is set first: MariaDB reads columns as they are set already.
func update(ctx context.Context, tx *sqldb.Tx, ids []int64, a attendance) error {
	var address, addressKey any
	name := ""
	if a.PersonID == 0 {
		address, addressKey, name = a.Address, a.AddressKey, a.Name
	}
	_, err := tx.Exec(ctx, `
		UPDATE attendances SET queued_at = CASE WHEN ? <> 'yes' OR answer = 'yes' THEN queued_at ELSE ? END,
		       person_id = ?, address = ?, address_key = ?, name = ?, language = ?, answer = ?, guests = ?, waiting = ?, asked_again = FALSE, answered_at = ?
		 WHERE id IN (?)`,
		a.Answer, tx.Now, sqldb.OrNull(a.PersonID), address, addressKey, name, a.Language, a.Answer, a.Guests, a.Waiting, a.AnsweredAt, ids)
	if err != nil {
		return fmt.Errorf("change answers to event %d: %w", a.ContentID, err)
	}
	return nil
}

func remove(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM attendances WHERE id IN (?)`, ids); err != nil {
		return fmt.Errorf("take answers back: %w", err)
	}
	return nil
}

// queued is somebody who waits, with what there is to wait for.
type queued struct {
	attendance

	EntityID int64 `db:"entity_id"`
	Capacity int   `db:"capacity"`
}

// listQueued returns who waits for a place in events that take place, in the order of the queue.
func listQueued(ctx context.Context, q sqldb.Querier, contentIDs []int64, now clock.Time) (all []queued, err error) {
	err = q.Select(ctx, &all, `
		SELECT a.id, a.content_id, COALESCE(a.date_id, 0) AS date_id, COALESCE(a.person_id, 0) AS person_id, COALESCE(a.address, '') AS address,
		       COALESCE(a.address_key, '') AS address_key, a.name, a.language, a.answer, a.guests, c.entity_id, v.capacity
		  FROM attendances a JOIN events v ON v.content_id = a.content_id JOIN contents c ON c.id = a.content_id LEFT JOIN event_dates d ON d.id = a.date_id
		 WHERE a.content_id IN (?) AND a.waiting AND c.deleted_at IS NULL AND v.cancelled = FALSE
		   AND (v.answers = 'series' AND a.series_id IS NOT NULL OR v.answers = 'dates' AND d.cancelled = FALSE AND d.ends_at >= ?)
		 ORDER BY a.queued_at, a.id`, contentIDs, now)
	if err != nil {
		return nil, fmt.Errorf("list who waits for a place: %w", err)
	}
	return all, nil
}

// markAdvanced gives places to people who waited.
func markAdvanced(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `UPDATE attendances SET waiting = FALSE, advanced_at = ? WHERE id IN (?)`, tx.Now, ids)
	if err != nil {
		return fmt.Errorf("let people move up: %w", err)
	}
	return nil
}

// concerned ends a query for attendances a of an event that somebody who wants to come has: to one of its dates that is to
// come, or to its series. dateID is 0 for all of them.
func concerned(contentID, dateID int64, now clock.Time) (where string, args []any) {
	where, args = `
		 WHERE a.content_id = ? AND a.answer <> 'no' AND (a.date_id IS NULL OR a.date_id IN (SELECT d.id FROM event_dates d WHERE d.content_id = ? AND d.ends_at >= ?))`,
		[]any{contentID, contentID, now}
	if dateID != 0 {
		return where + ` AND (a.date_id IS NULL OR a.date_id = ?)`, append(args, dateID)
	}
	return where, args
}

// listConcerned returns the answers of those who want to come to a date, or to any date of an event.
func listConcerned(ctx context.Context, q sqldb.Querier, contentID, dateID int64, now clock.Time) (all []attendance, err error) {
	where, args := concerned(contentID, dateID, now)
	if err := q.Select(ctx, &all, selectAttendances+where+` ORDER BY a.queued_at, a.id`, args...); err != nil {
		return nil, fmt.Errorf("list who wants to come to event %d: %w", contentID, err)
	}
	return all, nil
}

// markAskedAgain notes that a date has moved since these answers.
func markAskedAgain(ctx context.Context, tx *sqldb.Tx, ids []int64) error {
	if _, err := tx.Exec(ctx, `UPDATE attendances SET asked_again = TRUE WHERE id IN (?)`, ids); err != nil {
		return fmt.Errorf("ask people again whether they come: %w", err)
	}
	return nil
}

// listInternal returns the answers of a person to what is internal to an entity and to come, as far as they do not go on
// reading it after they have left.
func listInternal(ctx context.Context, q sqldb.Querier, personID, entityID int64, now clock.Time) (all []attendance, err error) {
	err = q.Select(ctx, &all, selectAttendances+` JOIN contents c ON c.id = a.content_id LEFT JOIN event_dates d ON d.id = a.date_id
		 WHERE a.person_id = ? AND c.entity_id = ? AND c.public = FALSE AND (d.id IS NULL OR d.ends_at >= ?) AND NOT EXISTS (
			SELECT 1 FROM contributions k WHERE k.content_id = c.id AND k.author_id = ? AND `+policy.KeepsContent("k")+`)
		 ORDER BY a.id`, personID, entityID, now, personID)
	if err != nil {
		return nil, fmt.Errorf("list the answers of person %d to what is internal: %w", personID, err)
	}
	return all, nil
}

// listOf returns all answers of a person.
func listOf(ctx context.Context, q sqldb.Querier, personID int64) (all []attendance, err error) {
	if err := q.Select(ctx, &all, selectAttendances+` WHERE a.person_id = ? ORDER BY a.id`, personID); err != nil {
		return nil, fmt.Errorf("list the answers of person %d: %w", personID, err)
	}
	return all, nil
}

// getViewer returns a person who takes part as somebody who looks; NotFound if nobody does. The person 0 is nobody in
// particular.
func getViewer(ctx context.Context, q sqldb.Querier, personID int64) (v community.Viewer, err error) {
	if personID == 0 {
		return v, nil
	}
	if err := q.Get(ctx, &v, `SELECT id, entity_id, language FROM people WHERE id = ? AND active`, personID); err != nil {
		return v, fmt.Errorf("get person %d: %w", personID, err)
	}
	return v, nil
}

// isMember reports whether a person belongs to a group.
func isMember(ctx context.Context, q sqldb.Querier, groupID, personID int64) (is bool, err error) {
	err = q.Get(ctx, &is, `SELECT EXISTS (SELECT 1 FROM memberships WHERE group_id = ? AND person_id = ?)`, groupID, personID)
	if err != nil {
		return false, fmt.Errorf("look for a member of group %d: %w", groupID, err)
	}
	return is, nil
}

// colleague is a member for whom others may answer.
type colleague struct {
	PersonID int64  `db:"person_id"`
	Name     string `db:"name"`
}

// listColleagues returns the members of a group, the viewer first.
func listColleagues(ctx context.Context, q sqldb.Querier, groupID, viewerID int64) (all []colleague, err error) {
	err = q.Select(ctx, &all, `
		SELECT m.person_id, e.name FROM memberships m JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE m.group_id = ? ORDER BY CASE WHEN m.person_id = ? THEN 0 ELSE 1 END, e.name_key, m.person_id`, groupID, viewerID)
	if err != nil {
		return nil, fmt.Errorf("list the members of group %d: %w", groupID, err)
	}
	return all, nil
}

// split gives the answers for dates that belong to another event from now on to that event, and copies those for the whole
// series.
func split(ctx context.Context, tx *sqldb.Tx, from, to int64) error {
	_, err := tx.Exec(ctx, `
		UPDATE attendances SET content_id = ? WHERE content_id = ? AND date_id IN (SELECT d.id FROM event_dates d WHERE d.content_id = ?)`, to, from, to)
	if err != nil {
		return fmt.Errorf("take answers to event %d along to event %d: %w", from, to, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO attendances (content_id, series_id, person_id, address, address_key, name, language, answer, guests, waiting, asked_again, queued_at, answered_at)
		SELECT n.id AS content_id, n.id AS series_id, a.person_id, a.address, a.address_key, a.name, a.language, a.answer, a.guests, a.waiting, a.asked_again, a.queued_at, a.answered_at
		  FROM attendances a JOIN contents n ON n.id = ? WHERE a.series_id = ?`, to, from)
	if err != nil {
		return fmt.Errorf("copy answers to event %d for event %d: %w", from, to, err)
	}
	return nil
}

// ownerOfDate returns the event that a date belongs to.
func ownerOfDate(ctx context.Context, q sqldb.Querier, dateID int64) (contentID int64, err error) {
	if err := q.Get(ctx, &contentID, `SELECT content_id FROM event_dates WHERE id = ?`, dateID); err != nil {
		return 0, fmt.Errorf("get the event of date %d: %w", dateID, err)
	}
	return contentID, nil
}

// getDay returns the day by which a page knows a date of a series; "" where the page has one date alone.
func getDay(ctx context.Context, q sqldb.Querier, dateID int64) (string, error) {
	var days []string
	err := q.Select(ctx, &days, `
		SELECT d.day FROM event_dates d JOIN events v ON v.content_id = d.content_id WHERE d.id = ? AND v.rule <> '' ORDER BY d.day`, dateID)
	if err != nil || len(days) == 0 {
		return "", err
	}
	return days[0], nil
}
