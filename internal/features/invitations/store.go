package invitations

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const selectInvitations = `
	SELECT i.id, i.entity_id, i.person_id, i.uid, i.sender, i.organizer, i.invited, i.asks, i.answer, COALESCE(i.content_id, 0) AS content_id, i.activity_id,
	       i.received_at, i.ignored_at
	  FROM calendar_invitations i`

func getInvitation(ctx context.Context, q sqldb.Querier, where string, args ...any) (Invitation, error) {
	var i Invitation
	if err := q.Get(ctx, &i, selectInvitations+where, args...); err != nil {
		return i, fmt.Errorf("get a calendar invitation: %w", err)
	}
	return i, nil
}

// findInvitation returns what somebody has sent to a group under a UID; ok is false if that is nothing.
func findInvitation(ctx context.Context, q sqldb.Querier, entityID int64, uid string, personID int64) (i Invitation, ok bool, err error) {
	i, err = getInvitation(ctx, q, ` WHERE i.entity_id = ? AND i.uid = ? AND i.person_id = ?`, entityID, uid, personID)
	if errs.Is(err, errs.NotFound) {
		return i, false, nil
	}
	return i, err == nil, err
}

// listWaiting returns what waits to be let in to a group, the oldest first.
func listWaiting(ctx context.Context, q sqldb.Querier, entityID int64, limit int) ([]Invitation, error) {
	var all []Invitation
	err := q.Select(ctx, &all, selectInvitations+`
		 WHERE i.entity_id = ? AND i.content_id IS NULL AND i.activity_id <> 0 AND i.ignored_at IS NULL ORDER BY i.received_at, i.id LIMIT ?`, entityID, limit)
	if err != nil {
		return nil, fmt.Errorf("list what waits to be let in: %w", err)
	}
	return all, nil
}

// lockGroup holds the row of a group until the transaction ends, so that of two mails to it one sees what the other did.
func lockGroup(ctx context.Context, tx *sqldb.Tx, entityID int64) error {
	var id int64
	if err := tx.GetLocked(ctx, &id, `SELECT id FROM entities WHERE id = ?`, entityID); err != nil {
		return fmt.Errorf("lock the group: %w", err)
	}
	return nil
}

func insertInvitation(ctx context.Context, tx *sqldb.Tx, i Invitation) (int64, error) {
	id, err := tx.Insert(ctx, `
		INSERT INTO calendar_invitations (entity_id, person_id, uid, sender, organizer, invited, asks, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		i.EntityID, i.PersonID, i.UID, i.Sender, i.Organizer, i.Invited, i.Asks, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("insert a calendar invitation: %w", err)
	}
	return id, nil
}

func setContent(ctx context.Context, tx *sqldb.Tx, id, contentID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE calendar_invitations SET content_id = ? WHERE id = ?`, contentID, id); err != nil {
		return fmt.Errorf("note what became of invitation %d: %w", id, err)
	}
	return nil
}

func setActivity(ctx context.Context, tx *sqldb.Tx, id, activityID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE calendar_invitations SET activity_id = ? WHERE id = ?`, activityID, id); err != nil {
		return fmt.Errorf("note who is told of invitation %d: %w", id, err)
	}
	return nil
}

func setIgnored(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE calendar_invitations SET ignored_at = ? WHERE id = ?`, tx.Now, id); err != nil {
		return fmt.Errorf("ignore invitation %d: %w", id, err)
	}
	return nil
}

func setOrganizer(ctx context.Context, tx *sqldb.Tx, i Invitation) error {
	_, err := tx.Exec(ctx, `UPDATE calendar_invitations SET organizer = ?, invited = ?, asks = ? WHERE id = ?`, i.Organizer, i.Invited, i.Asks, i.ID)
	if err != nil {
		return fmt.Errorf("note who invites with %d: %w", i.ID, err)
	}
	return nil
}

// setAnswer keeps the answer of a group, and reports false if it was the same already.
func setAnswer(ctx context.Context, tx *sqldb.Tx, id int64, answer string) (changed bool, err error) {
	rows, err := tx.Exec(ctx, `UPDATE calendar_invitations SET answer = ? WHERE id = ? AND answer <> ?`, answer, id, answer)
	if err != nil {
		return false, fmt.Errorf("keep the answer to invitation %d: %w", id, err)
	}
	return rows > 0, nil
}

// partRow is a row of the table calendar_invitation_parts.
type partRow struct {
	InvitationID   int64  `db:"invitation_id"`
	Recurrence     string `db:"recurrence"`
	Event          string `db:"event"`
	Epoch          int    `db:"epoch"`
	Sequence       int    `db:"sequence"`
	Stamp          int64  `db:"stamp"`
	Cancelled      bool   `db:"cancelled"`
	CancelEpoch    int    `db:"cancel_epoch"`
	CancelSequence int    `db:"cancel_sequence"`
	CancelStamp    int64  `db:"cancel_stamp"`
}

// listParts returns what is known of invitations, by their ids.
func listParts(ctx context.Context, q sqldb.Querier, ids ...int64) (map[int64][]*part, error) {
	var rows []partRow
	err := q.Select(ctx, &rows, `
		SELECT invitation_id, recurrence, event, epoch, sequence, stamp, cancelled, cancel_epoch, cancel_sequence, cancel_stamp
		  FROM calendar_invitation_parts WHERE invitation_id IN (?) ORDER BY invitation_id, recurrence`, ids)
	if err != nil {
		return nil, fmt.Errorf("list what is known of invitations: %w", err)
	}
	all := map[int64][]*part{}
	for _, r := range rows {
		all[r.InvitationID] = append(all[r.InvitationID], &part{
			Recurrence: r.Recurrence, Event: r.Event, Details: version{r.Epoch, r.Sequence, r.Stamp},
			Cancelled: r.Cancelled, Cancel: version{r.CancelEpoch, r.CancelSequence, r.CancelStamp},
		})
	}
	return all, nil
}

// listEvents returns what is known of one invitation as combine does.
func listEvents(ctx context.Context, q sqldb.Querier, id int64) ([]ical.Event, error) {
	known, err := listParts(ctx, q, id)
	if err != nil {
		return nil, err
	}
	return combine(known[id])
}

// saveParts keeps parts of an invitation in the place of what was known of them before.
func saveParts(ctx context.Context, tx *sqldb.Tx, id int64, parts []*part) error {
	names, rows := make([]string, len(parts)), make([][]any, len(parts))
	for n, p := range parts {
		names[n] = p.Recurrence
		rows[n] = []any{
			id, p.Recurrence, p.Event, p.Details.Epoch, p.Details.Sequence, p.Details.Stamp, p.Cancelled, p.Cancel.Epoch, p.Cancel.Sequence, p.Cancel.Stamp,
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM calendar_invitation_parts WHERE invitation_id = ? AND recurrence IN (?)`, id, names); err != nil {
		return fmt.Errorf("replace what is known of invitation %d: %w", id, err)
	}
	err := tx.InsertRows(ctx, `
		INSERT INTO calendar_invitation_parts (invitation_id, recurrence, event, epoch, sequence, stamp, cancelled, cancel_epoch, cancel_sequence, cancel_stamp)`, rows)
	if err != nil {
		return fmt.Errorf("keep what is known of invitation %d: %w", id, err)
	}
	return nil
}

// kept is how long an invitation waits that nobody lets in.
const kept = 90 * 24 * time.Hour

// removeForgotten removes invitations of which nothing has become.
func (r *Invitations) removeForgotten(ctx context.Context) error {
	return sqldb.Sweep(ctx, r.deps.DB, sqldb.Removal[int64](ctx, `DELETE FROM calendar_invitations WHERE id IN (?)`),
		`SELECT id FROM calendar_invitations WHERE received_at <= ? AND content_id IS NULL ORDER BY id`, clock.At(r.deps.DB.Now().Add(-kept)))
}

// keepLatest notes answers of a person to an event, each but those of which a later one has counted, and returns these. The
// person is locked, so that of two answers one sees the other.
func keepLatest(ctx context.Context, tx *sqldb.Tx, contentID, personID int64, all []response) (latest []response, err error) {
	var id int64
	if err := tx.GetLocked(ctx, &id, `SELECT id FROM people WHERE id = ?`, personID); err != nil {
		return nil, fmt.Errorf("lock who answers: %w", err)
	}
	var known []struct {
		Day      string     `db:"day"`
		Sequence int        `db:"sequence"`
		Stamp    clock.Time `db:"stamp"`
	}
	err = tx.Select(ctx, &known, `SELECT day, sequence, stamp FROM calendar_answers WHERE content_id = ? AND person_id = ? ORDER BY day`, contentID, personID)
	if err != nil {
		return nil, fmt.Errorf("look for earlier answers: %w", err)
	}
	last := map[string]response{}
	for _, k := range known {
		last[k.Day] = response{Day: k.Day, Sequence: k.Sequence, Stamp: k.Stamp}
	}
	fresh := map[string]response{}
	for _, a := range all {
		if k, ok := last[a.Day]; !ok || a.Sequence > k.Sequence || a.Sequence == k.Sequence && a.Stamp.After(k.Stamp.Time) {
			last[a.Day], fresh[a.Day] = a, a
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	days := slices.Sorted(maps.Keys(fresh)) // that of all dates stands first
	rows := make([][]any, len(days))
	for n, day := range days {
		a := fresh[day]
		latest, rows[n] = append(latest, a), []any{contentID, personID, day, a.Sequence, a.Stamp}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM calendar_answers WHERE content_id = ? AND person_id = ? AND day IN (?)`, contentID, personID, days); err != nil {
		return nil, fmt.Errorf("replace answers: %w", err)
	}
	if err := tx.InsertRows(ctx, `INSERT INTO calendar_answers (content_id, person_id, day, sequence, stamp)`, rows); err != nil {
		return nil, fmt.Errorf("note answers: %w", err)
	}
	return latest, nil
}

// wishesInvitations reports whether a person wants to get events as invitations.
func wishesInvitations(ctx context.Context, q sqldb.Querier, personID int64) (on bool, err error) {
	if err := q.Get(ctx, &on, `SELECT EXISTS (SELECT 1 FROM calendar_wishes WHERE person_id = ?)`, personID); err != nil {
		return false, fmt.Errorf("ask whether somebody wants invitations: %w", err)
	}
	return on, nil
}

// setWish keeps whether a person wants to get events as invitations.
func setWish(ctx context.Context, tx *sqldb.Tx, personID int64, on bool) error {
	if !on {
		if _, err := tx.Exec(ctx, `DELETE FROM calendar_wishes WHERE person_id = ?`, personID); err != nil {
			return fmt.Errorf("forget that somebody wants invitations: %w", err)
		}
		return nil
	}
	if _, err := tx.InsertNew(ctx, `INSERT INTO calendar_wishes (person_id) VALUES (?)`, personID); err != nil {
		return fmt.Errorf("note that somebody wants invitations: %w", err)
	}
	return nil
}

// wishersTold returns who of those that are told of an activity wants to get events as invitations. The question is the
// same for all of them.
func wishersTold(ctx context.Context, q sqldb.Querier, activityID int64) (map[int64]bool, error) {
	var ids []int64
	err := q.Select(ctx, &ids, `
		SELECT w.person_id FROM calendar_wishes w WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = ? AND d.person_id = w.person_id)
		 ORDER BY w.person_id`, activityID)
	if err != nil {
		return nil, fmt.Errorf("list who wants invitations: %w", err)
	}
	all := map[int64]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// listNames returns the names of people.
func listNames(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64]string, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	if err := q.Select(ctx, &rows, `SELECT p.id, e.name FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id IN (?) ORDER BY p.id`, ids); err != nil {
		return nil, fmt.Errorf("list who invites: %w", err)
	}
	names := map[int64]string{}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// asksForAnswers reports whether people are asked whether they come to an event.
func asksForAnswers(ctx context.Context, q sqldb.Querier, contentID int64) (asks bool, err error) {
	if err := q.Get(ctx, &asks, `SELECT answers <> '' FROM events WHERE content_id = ?`, contentID); err != nil {
		return false, fmt.Errorf("ask whether event %d wants answers: %w", contentID, err)
	}
	return asks, nil
}

// coming is what somebody has answered who comes to an event, or may come.
type coming struct {
	PersonID int64  `db:"person_id"`
	Answer   string `db:"answer"` // maybe, where they wait for a place
	Whole    bool   `db:"whole"`  // it is to all that was asked about, and they are not asked again
}

// listAnswers returns who comes, or may come, to a date of an event, or for 0 to some of its dates.
func listAnswers(ctx context.Context, q sqldb.Querier, contentID, dateID int64) (map[int64]coming, error) {
	var rows []coming
	err := q.Select(ctx, &rows, `
		SELECT a.person_id, CASE WHEN a.waiting THEN ? ELSE a.answer END AS answer, NOT a.asked_again AND (a.series_id IS NOT NULL OR v.rule = '' OR a.date_id = ?) AS whole
		  FROM attendances a JOIN events v ON v.content_id = a.content_id
		 WHERE a.content_id = ? AND a.person_id IS NOT NULL AND a.answer IN (?) AND (a.series_id IS NOT NULL OR ? = 0 OR a.date_id = ?)
		 ORDER BY a.person_id, a.id`, Maybe, dateID, contentID, []string{Yes, Maybe}, dateID, dateID)
	if err != nil {
		return nil, fmt.Errorf("list who comes to event %d: %w", contentID, err)
	}
	all := map[int64]coming{}
	for _, row := range rows {
		all[row.PersonID] = row
	}
	return all, nil
}
