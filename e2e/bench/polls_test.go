//go:build bench

package bench

import (
	"fmt"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// pollVotes is how many have voted in the poll that is measured.
const pollVotes = 500

// askMany asks the largest group something to which many have said yes, maybe or no, and returns the path of the poll.
func (b *bench) askMany() string {
	b.t.Helper()
	err := b.db.Write(b.t.Context(), func(tx *sqldb.Tx) error {
		ctx := b.t.Context()
		var entityID int64
		if err := tx.Get(ctx, &entityID, `SELECT entity_id FROM "groups" WHERE id = ?`, b.largest.id); err != nil {
			return err
		}
		id, err := tx.Insert(ctx, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at) VALUES ('poll', ?, 1, 'viele-stimmen', 'Viele Stimmen', TRUE, 1)`, entityID)
		if err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, 1, 'Wann passt es?', 1)`, id); err != nil {
			return err
		}
		ballot, sums := "", ""
		for n := range 5 {
			option, err := tx.Insert(ctx, `INSERT INTO poll_options (content_id, place, title) VALUES (?, ?, ?)`, id, n, fmt.Sprintf("Antwort %d", n))
			if err != nil {
				return err
			}
			ballot += fmt.Sprintf(`,"%d":%d`, option, n%3)
			sums += fmt.Sprintf(`,"%d":{"%s":%d}`, option, []string{"no", "maybe", "yes"}[n%3], pollVotes)
		}
		_, err = tx.Exec(ctx, `INSERT INTO polls (content_id, ranked, dated, secret, hidden, zone, tally) VALUES (?, FALSE, FALSE, FALSE, FALSE, 'UTC', ?)`,
			id, fmt.Sprintf(`{"voters":%d,"answers":{%s}}`, pollVotes, sums[1:]))
		if err != nil {
			return err
		}
		var votes [][]any
		for n := range pollVotes {
			votes = append(votes, []any{id, n + 1, "{" + ballot[1:] + "}", n})
		}
		return tx.InsertRows(ctx, `INSERT INTO poll_votes (content_id, person_id, ballot, voted_at)`, votes)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return "/" + b.largest.slug + "/viele-stimmen/"
}
