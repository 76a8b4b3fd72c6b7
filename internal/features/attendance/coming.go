package attendance

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// comesAt ends a query for attendances a by which people have a place at dates d of events v.
const comesAt = `
	  FROM event_dates d JOIN events v ON v.content_id = d.content_id JOIN attendances a ON a.content_id = d.content_id
	 WHERE d.id IN (?) AND a.answer = 'yes' AND a.waiting = FALSE
	   AND (v.answers = 'dates' AND a.date_id = d.id OR v.answers = 'series' AND a.series_id IS NOT NULL)`

// ComingAt returns a query for the columns date_id and person_id: the people with an account who come to some dates and
// have a place. It asks neither whether the dates take place nor whether they may still read of them.
func (*Attendance) ComingAt(dates []int64) (query string, args []any) {
	return `SELECT d.id AS date_id, a.person_id` + comesAt + ` AND a.person_id IS NOT NULL`, []any{dates}
}

// Stranger is somebody who comes to a date without an account.
type Stranger struct {
	ID       int64 // of the answer
	DateID   int64
	Name     string
	Address  string
	Language string // "" is that of the site
	URL      string // absolute, at which they change their answer or take it back
}

// StrangersComingAt returns who comes to some dates without an account and has a place, in the order of the dates. Mails to
// them say nothing of an event that is not public any more.
func (r *Attendance) StrangersComingAt(ctx context.Context, q sqldb.Querier, dates []int64) ([]Stranger, error) {
	var rows []struct {
		attendance

		At int64 `db:"at"`
	}
	err := q.Select(ctx, &rows, `
		SELECT a.id, a.content_id, d.id AS at, a.name, a.address, a.address_key, a.language`+comesAt+`
		   AND a.address_key IS NOT NULL ORDER BY d.id, a.id`, dates)
	if err != nil {
		return nil, fmt.Errorf("list who comes to dates without an account: %w", err)
	}
	all := make([]Stranger, len(rows))
	for n, row := range rows {
		all[n] = Stranger{
			ID: row.ID, DateID: row.At, Name: row.Name, Address: row.Address, Language: row.Language, URL: r.deps.BaseURL + r.ownPath(row.attendance),
		}
	}
	return all, nil
}

// Adopt keeps for an event that has just been published what people have answered before, by their ids: in the poll
// that has found its date. Whoever may not read the event is left out, and so is whoever has answered to it. Places
// are given as if people had answered in the order of their ids. What is no answer is Invalid.
func (r *Attendance) Adopt(ctx context.Context, tx *sqldb.Tx, contentID int64, answers map[int64]string) error {
	if err := content.LockItems(ctx, tx, contentID); err != nil {
		return err
	}
	occasions, err := listOccasions(ctx, tx, contentID, nil, tx.Now)
	if err != nil || len(occasions) == 0 || occasions[0].why() != nil {
		return err
	}
	if occasions[0].forSeries() {
		occasions = occasions[:1]
	}
	people, err := listReaders(ctx, tx, contentID, slices.Sorted(maps.Keys(answers)))
	if err != nil {
		return err
	}
	places, err := countTaken(ctx, tx, contentID)
	if err != nil {
		return err
	}
	var fresh []attendance
	for _, id := range people {
		g := Given{ContentID: contentID, PersonID: id, Answer: Answer(answers[id])}
		if err := g.check(); err != nil {
			return err
		}
		c := newChange(attendance{PersonID: id}, g, nil, places, tx.Now)
		for _, o := range occasions {
			if err := c.add(o); err != nil {
				return err
			}
		}
		fresh = append(fresh, c.fresh...)
	}
	return insert(ctx, tx, fresh)
}

// listReaders returns which of some people take part, may read an event and have not answered to it. That somebody has
// commented on it gives them no right to that yet: it is new.
func listReaders(ctx context.Context, q sqldb.Querier, contentID int64, people []int64) (ids []int64, err error) {
	err = q.Select(ctx, &ids, `
		SELECT p.id FROM people p JOIN contents c ON c.id = ?
		 WHERE p.id IN (?) AND p.active AND c.deleted_at IS NULL AND (c.public OR c.entity_id = p.entity_id OR EXISTS (
			SELECT 1 FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id = c.entity_id AND m.person_id = p.id))
		   AND NOT EXISTS (SELECT 1 FROM attendances a WHERE a.content_id = c.id AND a.person_id = p.id)
		 ORDER BY p.id`, contentID, people)
	if err != nil {
		return nil, fmt.Errorf("list who may read event %d: %w", contentID, err)
	}
	return ids, nil
}
