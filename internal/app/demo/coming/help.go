package coming

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// lists are what some events need, by their titles.
func lists() map[string][][]any {
	return map[string][][]any{
		"Straßenfest im Mühlenviertel": {{8, "Aufbau, Samstag 9:00"}, {12, "Kuchen"}, {4, "Pavillons"}, {6, "Abbau, Sonntag 18:00"}},
		"Gartensamstag":                {{1, "Suppe für alle"}, {2, "Schubkarren"}, {3, "Gießen am Dienstag"}},
	}
}

// Help lists what some events need, and lets members take some of it at the next date.
func Help(ctx context.Context, tx *sqldb.Tx, now clock.Time) error {
	var found []struct {
		ID    int64  `db:"id"`
		Title string `db:"title"`
	}
	err := tx.Select(ctx, &found, `
		SELECT c.id, c.title FROM contents c WHERE c.kind = 'event' AND EXISTS (SELECT 1 FROM event_dates d WHERE d.content_id = c.id AND d.ends_at >= ?)
		 ORDER BY c.id`, now)
	if err != nil {
		return fmt.Errorf("find what needs help: %w", err)
	}
	var needs, asked [][]any
	for _, event := range found {
		list := lists()[event.Title]
		if len(list) > 0 {
			asked = append(asked, []any{event.ID, now})
		}
		for place, need := range list {
			needs = append(needs, append([]any{event.ID, place + 1}, need...))
		}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO help_lists (content_id, asked_at)`, asked); err != nil {
		return fmt.Errorf("ask for help: %w", err)
	}
	if err := tx.InsertRows(ctx, `INSERT INTO help_needs (content_id, place, wanted, title)`, needs); err != nil {
		return fmt.Errorf("list what is needed: %w", err)
	}
	// Of the first members, as many as are wanted, some take one.
	_, err = tx.Exec(ctx, `
		INSERT INTO help_takings (need_id, date_id, person_id, amount, taken_at)
		SELECT n.id, (SELECT MIN(d.id) FROM event_dates d WHERE d.content_id = n.content_id AND d.ends_at >= ?), m.person_id, 1, ?
		  FROM help_needs n JOIN contents c ON c.id = n.content_id JOIN "groups" g ON g.entity_id = c.entity_id JOIN memberships m ON m.group_id = g.id
		 WHERE (m.person_id + n.id) % 2 = 0 AND n.wanted > (SELECT COUNT(*) FROM memberships o WHERE o.group_id = g.id AND o.person_id < m.person_id)`,
		now, now)
	if err != nil {
		return fmt.Errorf("let people help: %w", err)
	}
	return nil
}
