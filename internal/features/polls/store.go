package polls

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// listPolls returns polls with their options by the ids of their items, read together.
func listPolls(ctx context.Context, q sqldb.Querier, ids ...int64) (map[int64]poll, error) {
	var rows []struct {
		poll
		Option option `db:"option"`
	}
	err := q.Select(ctx, &rows, `
		SELECT p.content_id, p.ranked, p.dated, p.secret, p.hidden, p.zone, p.ends, p.ends_at, p.tally,
		       o.id AS "option.id", o.content_id AS "option.content_id", o.place AS "option.place", o.title AS "option.title", o.begins AS "option.begins",
		       o.ends AS "option.ends", COALESCE(o.event_id, 0) AS "option.event_id"
		  FROM polls p JOIN poll_options o ON o.content_id = p.content_id WHERE p.content_id IN (?) ORDER BY o.content_id, o.place, o.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("list polls: %w", err)
	}
	all := map[int64]poll{}
	for _, row := range rows {
		p, known := all[row.ContentID]
		if !known {
			p = row.poll
			if p.Tally, err = parseTally(p.Sums); err != nil {
				return nil, err
			}
		}
		p.Options = append(p.Options, row.Option)
		all[row.ContentID] = p
	}
	return all, nil
}

// getPoll returns the poll of an item; NotFound if it is none.
func getPoll(ctx context.Context, q sqldb.Querier, id int64) (poll, error) {
	all, err := listPolls(ctx, q, id)
	if err != nil {
		return poll{}, err
	}
	p, ok := all[id]
	if !ok {
		return p, community.ErrNothingHere()
	}
	return p, nil
}

// pollOf returns the item of an option; NotFound if it is gone.
func pollOf(ctx context.Context, q sqldb.Querier, optionID int64) (contentID int64, err error) {
	if err := q.Get(ctx, &contentID, `SELECT content_id FROM poll_options WHERE id = ?`, optionID); err != nil {
		return 0, fmt.Errorf("get the poll of option %d: %w", optionID, err)
	}
	return contentID, nil
}

func insertPoll(ctx context.Context, tx *sqldb.Tx, p poll) error {
	sums, err := p.Tally.encode()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO polls (content_id, ranked, dated, secret, hidden, zone, ends, ends_at, tally) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ContentID, p.Ranked, p.Dated, p.Secret, p.Hidden, p.Zone, p.Ends, p.EndsAt, sums)
	if err != nil {
		return fmt.Errorf("insert the poll %d: %w", p.ContentID, err)
	}
	return insertOptions(ctx, tx, p.Options)
}

// updatePoll keeps what can change of a poll beside its options: its end, whether results are hidden, and the sums.
func updatePoll(ctx context.Context, tx *sqldb.Tx, p poll) error {
	sums, err := p.Tally.encode()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE polls SET hidden = ?, ends = ?, ends_at = ?, tally = ? WHERE content_id = ?`, p.Hidden, p.Ends, p.EndsAt, sums, p.ContentID)
	if err != nil {
		return fmt.Errorf("update the poll %d: %w", p.ContentID, err)
	}
	return nil
}

func insertOptions(ctx context.Context, tx *sqldb.Tx, all []option) error {
	rows := make([][]any, len(all))
	for n, o := range all {
		rows[n] = []any{o.ContentID, o.Place, o.Title, o.Begins, o.Until}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO poll_options (content_id, place, title, begins, ends)`, rows); err != nil {
		return fmt.Errorf("insert the options of a poll: %w", err)
	}
	return nil
}

// replaceOptions makes the options of a poll those that are given: those with an id keep it, and what people say to
// them with it.
func replaceOptions(ctx context.Context, tx *sqldb.Tx, contentID int64, all []option) error {
	if _, err := tx.Exec(ctx, `DELETE FROM poll_options WHERE content_id = ?`, contentID); err != nil {
		return fmt.Errorf("replace the options of the poll %d: %w", contentID, err)
	}
	var kept [][]any
	var fresh []option
	for _, o := range all {
		if o.ID == 0 {
			fresh = append(fresh, o)
			continue
		}
		kept = append(kept, []any{o.ID, o.ContentID, o.Place, o.Title, o.Begins, o.Until, sqldb.OrNull(o.EventID)})
	}
	if err := tx.InsertRows(ctx, `INSERT INTO poll_options (id, content_id, place, title, begins, ends, event_id)`, kept); err != nil {
		return fmt.Errorf("keep the options of the poll %d: %w", contentID, err)
	}
	return insertOptions(ctx, tx, fresh)
}

// vote is what somebody has said in a poll that is not secret.
type vote struct {
	ID        int64      `db:"id"`
	ContentID int64      `db:"content_id"`
	PersonID  int64      `db:"person_id"` // 0 for a guest, and for whoever has deleted their account
	Name      string     `db:"name"`      // of the person, or what a guest goes by
	Slug      string     `db:"slug"`      // of the person
	Public    bool       `db:"public"`    // the person has a page for everybody
	Colour    string     `db:"colour"`
	Picture   string     `db:"picture"`
	Ballot    string     `db:"ballot"`
	VotedAt   clock.Time `db:"voted_at"`
}

// ballot returns what the vote says.
func (v vote) ballot() (b ballot, err error) {
	if v.Ballot == "" {
		return nil, nil //nolint:nilnil // nobody has voted
	}
	if err := json.Unmarshal([]byte(v.Ballot), &b); err != nil {
		return nil, fmt.Errorf("read vote %d: %w", v.ID, err)
	}
	return b, nil
}

const selectVotes = `
	SELECT w.id, w.content_id, COALESCE(w.person_id, 0) AS person_id, COALESCE(e.name, w.name) AS name, COALESCE(e.slug, '') AS slug,
	       COALESCE(p.public, FALSE) AS public, COALESCE(e.colour, '') AS colour, COALESCE(e.picture, '') AS picture, w.ballot, w.voted_at
	  FROM poll_votes w LEFT JOIN people p ON p.id = w.person_id LEFT JOIN entities e ON e.id = p.entity_id`

// listVotes returns who has voted how, the latest first.
func listVotes(ctx context.Context, q sqldb.Querier, contentID int64, limit int) (all []vote, err error) {
	if err := q.Select(ctx, &all, selectVotes+` WHERE w.content_id = ? ORDER BY w.id DESC LIMIT ?`, contentID, limit); err != nil {
		return nil, fmt.Errorf("list the votes of the poll %d: %w", contentID, err)
	}
	return all, nil
}

// getVote returns what somebody has said, by the id of the vote.
func getVote(ctx context.Context, q sqldb.Querier, id int64) (v vote, err error) {
	if err := q.Get(ctx, &v, selectVotes+` WHERE w.id = ?`, id); err != nil {
		return v, fmt.Errorf("get vote %d: %w", id, err)
	}
	return v, nil
}

// findVote returns what a person has said in a poll; the zero value if nothing.
func findVote(ctx context.Context, q sqldb.Querier, contentID, personID int64) (v vote, err error) {
	err = q.Get(ctx, &v, selectVotes+` WHERE w.content_id = ? AND w.person_id = ?`, contentID, personID)
	if errs.Is(err, errs.NotFound) {
		return vote{}, nil
	}
	if err != nil {
		return v, fmt.Errorf("find the vote of person %d in the poll %d: %w", personID, contentID, err)
	}
	return v, nil
}

// hasTurnedOut reports whether a person has voted in a secret poll.
func hasTurnedOut(ctx context.Context, q sqldb.Querier, contentID, personID int64) (has bool, err error) {
	err = q.Get(ctx, &has, `SELECT EXISTS (SELECT 1 FROM poll_turnouts WHERE content_id = ? AND person_id = ?)`, contentID, personID)
	if err != nil {
		return false, fmt.Errorf("look whether person %d has voted in the poll %d: %w", personID, contentID, err)
	}
	return has, nil
}

// insertTurnout notes that a person has voted in a secret poll, and reports whether they had not before. It says
// neither when nor what.
func insertTurnout(ctx context.Context, tx *sqldb.Tx, contentID, personID int64) (fresh bool, err error) {
	fresh, err = tx.InsertNew(ctx, `INSERT INTO poll_turnouts (content_id, person_id) VALUES (?, ?)`, contentID, personID)
	if err != nil {
		return false, fmt.Errorf("note that somebody has voted in the poll %d: %w", contentID, err)
	}
	return fresh, nil
}

// insertVote keeps the first vote of somebody and returns its id; Conflict if the person, or somebody of the name, has
// voted.
func insertVote(ctx context.Context, tx *sqldb.Tx, v vote, b ballot) (id int64, err error) {
	text, err := json.Marshal(b)
	if err != nil {
		return 0, err
	}
	var key any
	if v.PersonID == 0 {
		key = nameKey(v.Name)
	}
	return tx.Insert(ctx, `INSERT INTO poll_votes (content_id, person_id, name, name_key, ballot, voted_at) VALUES (?, ?, ?, ?, ?, ?)`,
		v.ContentID, sqldb.OrNull(v.PersonID), v.Name, key, string(text), v.VotedAt)
}

func updateVote(ctx context.Context, tx *sqldb.Tx, id int64, b ballot, at clock.Time) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE poll_votes SET ballot = ?, voted_at = ? WHERE id = ?`, string(text), at, id); err != nil {
		return fmt.Errorf("change vote %d: %w", id, err)
	}
	return nil
}

func removeVote(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM poll_votes WHERE id = ?`, id); err != nil {
		return fmt.Errorf("remove vote %d: %w", id, err)
	}
	return nil
}

// nameTaken reports whether a guest of a name has voted in a poll.
func nameTaken(ctx context.Context, q sqldb.Querier, contentID int64, name string) (taken bool, err error) {
	err = q.Get(ctx, &taken, `SELECT EXISTS (SELECT 1 FROM poll_votes WHERE content_id = ? AND name_key = ?)`, contentID, nameKey(name))
	if err != nil {
		return false, fmt.Errorf("look for a name in the poll %d: %w", contentID, err)
	}
	return taken, nil
}

// setEvent notes which event was made of an option.
func setEvent(ctx context.Context, tx *sqldb.Tx, optionID, eventID int64) error {
	if _, err := tx.Exec(ctx, `UPDATE poll_options SET event_id = ? WHERE id = ?`, eventID, optionID); err != nil {
		return fmt.Errorf("note the event of option %d: %w", optionID, err)
	}
	return nil
}

// getViewer returns somebody who has an address as a viewer; NotFound if there is nobody.
func getViewer(ctx context.Context, q sqldb.Querier, id int64) (v community.Viewer, err error) {
	err = q.Get(ctx, &v, `
		SELECT p.id, p.entity_id, e.slug, e.name, p.language FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.id = ? AND p.active`, id)
	if err != nil {
		return v, fmt.Errorf("get person %d: %w", id, err)
	}
	return v, nil
}

// mainAddress returns where letters to a person go; "" if they have no address.
func mainAddress(ctx context.Context, q sqldb.Querier, personID int64) (string, error) {
	var all []string
	err := q.Select(ctx, &all, `SELECT address FROM email_addresses WHERE person_id = ? AND main ORDER BY id`, personID)
	if err != nil {
		return "", fmt.Errorf("get the address of person %d: %w", personID, err)
	}
	return cmp.Or(append(all, "")...), nil
}

// ending is a poll of which people are to be told.
type ending struct {
	ContentID int64      `db:"content_id"`
	EntityID  int64      `db:"entity_id"`
	EndsAt    clock.Time `db:"ends_at"`
}

// mostEnding is how many polls are looked at in one run. Those that end first are, and the others in a later one.
const mostEnding = 1000

// listNear returns the polls that end in between, were published before a time and of whose end nobody has been
// reminded.
func listNear(ctx context.Context, q sqldb.Querier, from, to, published clock.Time) (all []ending, err error) {
	err = q.Select(ctx, &all, `
		SELECT p.content_id, c.entity_id, p.ends_at FROM polls p JOIN contents c ON c.id = p.content_id JOIN entities e ON e.id = c.entity_id AND e.archived_at IS NULL
		 WHERE p.ends_at > ? AND p.ends_at <= ? AND COALESCE(p.reminded_of, 0) <> p.ends_at AND c.deleted_at IS NULL AND c.published_at <= ?
		 ORDER BY p.ends_at, p.content_id LIMIT ?`, from, to, published, mostEnding)
	if err != nil {
		return nil, fmt.Errorf("list the polls that end soon: %w", err)
	}
	return all, nil
}

// listEnded returns the polls that have ended since a time and whose result nobody has been told.
func listEnded(ctx context.Context, q sqldb.Querier, since, now clock.Time) (all []ending, err error) {
	err = q.Select(ctx, &all, `
		SELECT p.content_id, c.entity_id, p.ends_at FROM polls p JOIN contents c ON c.id = p.content_id JOIN entities e ON e.id = c.entity_id AND e.archived_at IS NULL
		 WHERE p.ends_at > ? AND p.ends_at <= ? AND COALESCE(p.announced_of, 0) <> p.ends_at AND c.deleted_at IS NULL
		 ORDER BY p.ends_at, p.content_id LIMIT ?`, since, now, mostEnding)
	if err != nil {
		return nil, fmt.Errorf("list the polls that have ended: %w", err)
	}
	return all, nil
}

// markReminded notes that people are reminded of the end of a poll, unless another process has.
func markReminded(ctx context.Context, tx *sqldb.Tx, e ending) (first bool, err error) {
	rows, err := tx.Exec(ctx, `UPDATE polls SET reminded_of = ends_at WHERE content_id = ? AND ends_at = ? AND COALESCE(reminded_of, 0) <> ends_at`, e.ContentID, e.EndsAt)
	if err != nil {
		return false, fmt.Errorf("note that people are reminded of the poll %d: %w", e.ContentID, err)
	}
	return rows > 0, nil
}

// markAnnounced notes that people are told the result of a poll, unless another process has.
func markAnnounced(ctx context.Context, tx *sqldb.Tx, e ending) (first bool, err error) {
	rows, err := tx.Exec(ctx, `UPDATE polls SET announced_of = ends_at WHERE content_id = ? AND ends_at = ? AND COALESCE(announced_of, 0) <> ends_at`, e.ContentID, e.EndsAt)
	if err != nil {
		return false, fmt.Errorf("note that the result of the poll %d is told: %w", e.ContentID, err)
	}
	return rows > 0, nil
}

// voters returns the people who have voted in a poll.
func voters(contentID int64) (query string, args []any) {
	return `SELECT w.person_id FROM poll_votes w WHERE w.content_id = ? AND w.person_id IS NOT NULL
		UNION ALL SELECT u.person_id FROM poll_turnouts u WHERE u.content_id = ?`, []any{contentID, contentID}
}

// wishing returns the members of the group of a poll who want to be reminded of what takes place there, and have not
// voted.
func wishing(contentID int64) notify.Audience {
	query, args := voters(contentID)
	return notify.Among(notify.Member, `
		SELECT w.person_id FROM contents c JOIN "groups" g ON g.entity_id = c.entity_id JOIN reminder_wishes w ON w.group_id = g.id
		  JOIN memberships m ON m.group_id = g.id AND m.person_id = w.person_id WHERE c.id = ?`, contentID).Except(query, args...)
}

// optionsOf returns what polls let people choose from.
func optionsOf(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]string, error) {
	polls, err := listPolls(ctx, q, ids...)
	titles := make(map[int64][]string, len(polls))
	for id, p := range polls {
		for _, o := range p.Options {
			titles[id] = append(titles[id], o.Title)
		}
	}
	return titles, err
}
