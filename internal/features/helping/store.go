package helping

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const selectDates = `
	SELECT d.id, d.content_id, d.day, d.ends_at, CASE WHEN v.cancelled THEN v.cancelled ELSE d.cancelled END AS cancelled,
	       EXISTS (SELECT 1 FROM event_dates o WHERE o.content_id = d.content_id AND o.id <> d.id) AS several
	  FROM event_dates d JOIN events v ON v.content_id = d.content_id`

// getDate returns a date; NotFound if there is none.
func getDate(ctx context.Context, q sqldb.Querier, id int64) (date, error) {
	var d date
	if err := q.Get(ctx, &d, selectDates+` WHERE d.id = ?`, id); err != nil {
		return d, fmt.Errorf("get the date %d: %w", id, err)
	}
	return d, nil
}

// findDate returns the date of an event that belongs to a day. For an empty or unknown day it is the next one that takes
// place, or else the last; NotFound if there is none.
func findDate(ctx context.Context, q sqldb.Querier, contentID int64, day string, now clock.Time) (d date, err error) {
	if day != "" {
		if err = q.Get(ctx, &d, selectDates+` WHERE d.content_id = ? AND d.day = ?`, contentID, day); !errs.Is(err, errs.NotFound) {
			return d, err
		}
	}
	err = q.Get(ctx, &d, selectDates+`
		 WHERE d.content_id = ? AND d.ends_at >= ? AND d.cancelled = FALSE ORDER BY d.starts_at, d.id LIMIT 1`, contentID, now)
	if errs.Is(err, errs.NotFound) {
		err = q.Get(ctx, &d, selectDates+` WHERE d.content_id = ? ORDER BY d.starts_at DESC, d.id DESC LIMIT 1`, contentID)
	}
	if err != nil {
		return d, fmt.Errorf("find a date of event %d: %w", contentID, err)
	}
	return d, nil
}

// listNeeds returns the list of an event, in its order.
func listNeeds(ctx context.Context, q sqldb.Querier, contentID int64) ([]Need, error) {
	var needs []Need
	err := q.Select(ctx, &needs, `SELECT id, content_id, wanted, title FROM help_needs WHERE content_id = ? ORDER BY place, id`, contentID)
	if err != nil {
		return nil, fmt.Errorf("list what event %d needs: %w", contentID, err)
	}
	return needs, nil
}

// fill puts into needs who takes them at a date.
func fill(ctx context.Context, q sqldb.Querier, needs []Need, dateID int64) error {
	var all []taking
	err := q.Select(ctx, &all, `
		SELECT t.need_id, t.person_id, e.name, t.amount, t.taken_at
		  FROM help_takings t JOIN people p ON p.id = t.person_id JOIN entities e ON e.id = p.entity_id
		 WHERE t.date_id = ? AND t.amount > 0 ORDER BY t.need_id, t.taken_at, t.person_id`, dateID)
	if err != nil {
		return fmt.Errorf("list who helps at the date %d: %w", dateID, err)
	}
	byNeed := map[int64][]taking{}
	for _, t := range all {
		byNeed[t.NeedID] = append(byNeed[t.NeedID], t)
	}
	for n := range needs {
		needs[n].Takings = byNeed[needs[n].ID]
	}
	return nil
}

// lockNeed returns a need that nobody else takes of meanwhile; NotFound if there is none.
func lockNeed(ctx context.Context, tx *sqldb.Tx, id int64) (Need, error) {
	var n Need
	if err := tx.GetLocked(ctx, &n, `SELECT id, content_id, wanted, title FROM help_needs WHERE id = ?`, id); err != nil {
		return n, fmt.Errorf("lock the need %d: %w", id, err)
	}
	return n, nil
}

// takenByOthers returns how many of a need others than a person take at a date.
func takenByOthers(ctx context.Context, tx *sqldb.Tx, needID, dateID, personID int64) (n int, err error) {
	err = tx.Get(ctx, &n, `SELECT COALESCE(SUM(amount), 0) FROM help_takings WHERE need_id = ? AND date_id = ? AND person_id <> ?`, needID, dateID, personID)
	if err != nil {
		return 0, fmt.Errorf("count what is taken of need %d: %w", needID, err)
	}
	return n, nil
}

// changedAfter reports whether somebody has said after a wish how many of the need they take at the date.
func changedAfter(ctx context.Context, tx *sqldb.Tx, w wish, personID int64) (after bool, err error) {
	err = tx.Get(ctx, &after, `SELECT EXISTS (SELECT 1 FROM help_takings WHERE need_id = ? AND date_id = ? AND person_id = ? AND changed_at > ?)`,
		w.NeedID, w.DateID, personID, w.At)
	if err != nil {
		return false, fmt.Errorf("look when somebody has changed what they take of need %d: %w", w.NeedID, err)
	}
	return after, nil
}

// setTaking notes how many of a need somebody takes at a date. The row of who has given it back stays: an earlier answer
// that was long on its way does not count any more. MariaDB changes the columns from left to right.
func setTaking(ctx context.Context, tx *sqldb.Tx, w wish, personID int64) error {
	rows, err := tx.Exec(ctx, `
		UPDATE help_takings SET taken_at = CASE WHEN amount = 0 THEN ? ELSE taken_at END, amount = ?, changed_at = ?
		 WHERE need_id = ? AND date_id = ? AND person_id = ?`, tx.Now, w.Amount, w.At, w.NeedID, w.DateID, personID)
	if err == nil && rows == 0 && w.Amount > 0 {
		_, err = tx.Exec(ctx, `INSERT INTO help_takings (need_id, date_id, person_id, amount, taken_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)`,
			w.NeedID, w.DateID, personID, w.Amount, tx.Now, w.At)
	}
	if err != nil {
		return fmt.Errorf("note who takes need %d: %w", w.NeedID, err)
	}
	return nil
}

// lockList lets nobody else change the list of an event, or take of it, until the transaction ends.
func lockList(ctx context.Context, tx *sqldb.Tx, contentID int64) error {
	if err := content.LockItems(ctx, tx, contentID); err != nil {
		return err
	}
	var ids []int64
	if err := tx.SelectLocked(ctx, &ids, `SELECT id FROM help_needs WHERE content_id = ? ORDER BY id`, contentID); err != nil {
		return fmt.Errorf("lock the list of event %d: %w", contentID, err)
	}
	return nil
}

// mostTaken returns by the ids of needs how many of each are taken at the one of the coming dates where it is most.
func mostTaken(ctx context.Context, q sqldb.Querier, contentID int64, now clock.Time) (map[int64]int, error) {
	var rows []struct {
		NeedID int64 `db:"need_id"`
		Taken  int   `db:"taken"`
	}
	err := q.Select(ctx, &rows, `
		SELECT s.need_id, MAX(s.taken) AS taken FROM (
			SELECT t.need_id, t.date_id, SUM(t.amount) AS taken
			  FROM help_needs n JOIN help_takings t ON t.need_id = n.id JOIN event_dates d ON d.id = t.date_id
			 WHERE n.content_id = ? AND d.ends_at >= ? GROUP BY t.need_id, t.date_id) s
		 GROUP BY s.need_id ORDER BY s.need_id`, contentID, now)
	if err != nil {
		return nil, fmt.Errorf("count what is taken at event %d: %w", contentID, err)
	}
	most := map[int64]int{}
	for _, r := range rows {
		most[r.NeedID] = r.Taken
	}
	return most, nil
}

// saveList changes the lines of a list, removes those that are empty now, and adds new ones below. What is not mentioned
// stays: somebody else may have added it meanwhile. The lines are few, and each says something else.
func saveList(ctx context.Context, tx *sqldb.Tx, contentID int64, drafts []draft) error {
	var place int
	if err := tx.Get(ctx, &place, `SELECT COALESCE(MAX(place), 0) FROM help_needs WHERE content_id = ?`, contentID); err != nil {
		return fmt.Errorf("find the end of the list of event %d: %w", contentID, err)
	}
	var added [][]any
	var removed []int64
	for _, d := range drafts {
		switch {
		case d.ID == 0:
			place++
			added = append(added, []any{contentID, place, d.Wanted, d.Title})
		case d.Title == "":
			removed = append(removed, d.ID)
		default:
			if _, err := tx.Exec(ctx, `UPDATE help_needs SET wanted = ?, title = ? WHERE id = ? AND content_id = ?`, d.Wanted, d.Title, d.ID, contentID); err != nil {
				return fmt.Errorf("change what event %d needs: %w", contentID, err)
			}
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM help_needs WHERE content_id = ? AND id IN (?)`, contentID, removed); err != nil {
		return fmt.Errorf("remove what event %d no longer needs: %w", contentID, err)
	}
	if err := tx.InsertRows(ctx, `INSERT INTO help_needs (content_id, place, wanted, title)`, added); err != nil {
		return fmt.Errorf("add what event %d needs: %w", contentID, err)
	}
	return nil
}

// splitList gives an event to which dates of another one belong now the list of that, and what has been taken of it at
// these dates.
func splitList(ctx context.Context, tx *sqldb.Tx, from, to int64) error {
	for _, statement := range []string{
		`INSERT INTO help_lists (content_id, asked_at) SELECT c.id, l.asked_at FROM help_lists l JOIN contents c ON c.id = ? WHERE l.content_id = ?`,
		`INSERT INTO help_needs (content_id, place, wanted, title) SELECT c.id, n.place, n.wanted, n.title FROM help_needs n JOIN contents c ON c.id = ? WHERE n.content_id = ?`,
		`UPDATE help_takings SET need_id = (
			SELECT o.id FROM event_dates d JOIN help_needs o ON o.content_id = d.content_id JOIN help_needs n ON n.place = o.place
			 WHERE d.id = help_takings.date_id AND n.id = help_takings.need_id)
		  WHERE date_id IN (SELECT id FROM event_dates WHERE content_id = ?) AND need_id IN (SELECT id FROM help_needs WHERE content_id = ?)`,
	} {
		if _, err := tx.Exec(ctx, statement, to, from); err != nil {
			return fmt.Errorf("take the list of event %d along to %d: %w", from, to, err)
		}
	}
	return nil
}

// noteAsked notes that the list of an event is told. It reports false if it has been before.
func noteAsked(ctx context.Context, tx *sqldb.Tx, contentID int64) (first bool, err error) {
	return tx.InsertNew(ctx, `INSERT INTO help_lists (content_id, asked_at) VALUES (?, ?)`, contentID, tx.Now)
}

// giveBackInternal removes what somebody has taken at coming dates of internal events of an entity to which they do not
// belong any more, as far as they do not go on reading them.
func giveBackInternal(ctx context.Context, tx *sqldb.Tx, personID, entityID int64) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM help_takings WHERE person_id = ? AND date_id IN (
			SELECT d.id FROM event_dates d JOIN contents c ON c.id = d.content_id WHERE d.entity_id = ? AND d.ends_at >= ? AND c.public = FALSE AND NOT EXISTS (
				SELECT 1 FROM contributions k WHERE k.content_id = c.id AND k.author_id = ? AND `+policy.KeepsContent("k")+`))`,
		personID, entityID, tx.Now, personID)
	if err != nil {
		return fmt.Errorf("give back what person %d has taken: %w", personID, err)
	}
	return nil
}

// mainAddress returns the address to which somebody gets mails; "" if there is none.
func mainAddress(ctx context.Context, q sqldb.Querier, personID int64) (string, error) {
	var all []string
	err := q.Select(ctx, &all, `SELECT address FROM email_addresses WHERE person_id = ? AND main ORDER BY id`, personID)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0], nil
}

// personOf returns somebody who has an address as a viewer; NotFound if there is nobody.
func personOf(ctx context.Context, q sqldb.Querier, id int64) (v community.Viewer, err error) {
	err = q.Get(ctx, &v, `
		SELECT p.id, p.entity_id, e.slug, e.name, p.language FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id = ? AND p.active`, id)
	if err != nil {
		return v, fmt.Errorf("get person %d: %w", id, err)
	}
	return v, nil
}

// getNeed returns a need with who takes it at a date; NotFound if there is none.
func getNeed(ctx context.Context, q sqldb.Querier, id, dateID int64) (Need, error) {
	var needs []Need
	if err := q.Select(ctx, &needs, `SELECT id, content_id, wanted, title FROM help_needs WHERE id = ? ORDER BY id`, id); err != nil {
		return Need{}, fmt.Errorf("get need %d: %w", id, err)
	}
	if len(needs) == 0 {
		return Need{}, errs.New(errs.NotFound, "This is no longer needed.")
	}
	err := fill(ctx, q, needs, dateID)
	return needs[0], err
}
