// Package coming invents who comes to the dates of a town.
package coming

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// answeredDates is for how many of the next dates people have said whether they come.
const answeredDates = 40

// fewPlaces is how many places there are where somebody has to wait.
const fewPlaces = 6

// Town is what has been invented before.
type Town struct {
	Rand    *rand.Rand
	Now     clock.Time
	Members map[int64][]int64 // of a group: people
}

// date is one for which people answer.
type date struct {
	ID        int64 `db:"id"`
	ContentID int64 `db:"content_id"`
	GroupID   int64 `db:"group_id"`
}

// Fill lets members say whether they come to what is next. At every third event there are few places, and somebody
// waits.
func Fill(ctx context.Context, tx *sqldb.Tx, t Town) error {
	if _, err := tx.Exec(ctx, `UPDATE events SET answers = 'dates', capacity = CASE WHEN content_id % 3 = 0 THEN ? ELSE 0 END`, fewPlaces); err != nil {
		return fmt.Errorf("ask who comes: %w", err)
	}
	var dates []date
	err := tx.Select(ctx, &dates, `
		SELECT d.id, d.content_id, g.id AS group_id FROM event_dates d JOIN "groups" g ON g.entity_id = d.entity_id
		 WHERE d.starts_at >= ? AND d.cancelled = FALSE ORDER BY d.starts_at, d.id LIMIT ?`, t.Now, answeredDates)
	if err != nil {
		return fmt.Errorf("find the next dates: %w", err)
	}
	var rows [][]any
	for _, d := range dates {
		rows = append(rows, t.answersFor(d)...)
	}
	if err := tx.InsertRows(ctx, `INSERT INTO attendances (content_id, date_id, person_id, answer, guests, waiting, queued_at, answered_at)`, rows); err != nil {
		return fmt.Errorf("answer who comes: %w", err)
	}
	return nil
}

// answersFor returns what some members of a group answer for a date.
func (t Town) answersFor(d date) (rows [][]any) {
	members := t.Members[d.GroupID]
	taken, first := 0, t.Rand.IntN(max(len(members), 1))
	for n := range min(len(members), 4+t.Rand.IntN(8)) {
		person, answer, guests := members[(first+n)%len(members)], "yes", 0
		switch t.Rand.IntN(6) {
		case 0:
			answer = "maybe"
		case 1:
			answer = "no"
		case 2:
			guests = 1
		}
		waits := false
		if answer == "yes" {
			waits = d.ContentID%3 == 0 && taken+1+guests > fewPlaces
			if !waits {
				taken += 1 + guests
			}
		}
		at := clock.At(t.Now.Add(-time.Duration(1+t.Rand.IntN(20*24*60)) * time.Minute))
		rows = append(rows, []any{d.ContentID, d.ID, person, answer, guests, waits, at, at})
	}
	return rows
}
