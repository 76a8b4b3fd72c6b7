package mailin

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// replyKeyLength is the number of characters of a key: 15 of a to z and 0 to 9, as it has always been.
const replyKeyLength = 15

// ReplyKeys returns the keys of the addresses by which each of some people answers a content item, a comment
// or a message. There is one for each person and thing answered, so the table does not grow with every mail.
func ReplyKeys(ctx context.Context, db *sqldb.DB, a notify.Answer, personIDs []int64) (map[int64]string, error) {
	thing, id := "content_id", a.ContentID
	if a.ContributionID != 0 {
		thing, id = "contribution_id", a.ContributionID
	}
	keys := make(map[int64]string, len(personIDs))
	find := func(q sqldb.Querier) error {
		var rows []struct {
			PersonID int64  `db:"person_id"`
			Secret   string `db:"secret"`
		}
		err := q.Select(ctx, &rows, `SELECT person_id, secret FROM reply_keys WHERE `+thing+` = ? AND person_id IN (?) ORDER BY person_id`, id, personIDs)
		for _, r := range rows {
			keys[r.PersonID] = r.Secret
		}
		return err
	}
	err := find(db)
	var missing []int64
	for _, person := range personIDs {
		if keys[person] == "" {
			missing = append(missing, person)
		}
	}
	if err == nil && len(missing) > 0 {
		slices.Sort(missing) // so that two who make the same keys do not wait for each other
		err = db.Write(ctx, func(tx *sqldb.Tx) error {
			rows := make([][]any, 0, len(missing))
			for _, person := range slices.Compact(missing) {
				rows = append(rows, []any{strings.ToLower(rand.Text())[:replyKeyLength], person, contentOf(a), contributionOf(a), tx.Now})
			}
			if err := tx.InsertNewRows(ctx, `INSERT INTO reply_keys (secret, person_id, content_id, contribution_id, created_at)`, rows); err != nil {
				return err
			}
			return find(tx) // the keys of others, where they were faster
		})
	}
	if err != nil {
		return nil, fmt.Errorf("find the reply keys: %w", err)
	}
	return keys, nil
}

// contentOf and contributionOf keep the two unique keys of the table apart: a key for a comment is no key
// for its item.
func contentOf(a notify.Answer) any {
	if a.ContributionID != 0 || a.ContentID == 0 {
		return nil
	}
	return a.ContentID
}

func contributionOf(a notify.Answer) any {
	if a.ContributionID == 0 {
		return nil
	}
	return a.ContributionID
}

// replyTarget returns whose key it is and what it answers; NotFound for a key that nobody has.
func replyTarget(ctx context.Context, q sqldb.Querier, key string) (personID int64, t Target, err error) {
	var row struct {
		Target
		PersonID int64 `db:"person_id"`
	}
	const query = `
		SELECT k.person_id, COALESCE(k.content_id, c.content_id, 0) AS content_id,
		       COALESCE(c.conversation_id, 0) AS conversation_id, COALESCE(k.contribution_id, 0) AS contribution_id
		  FROM reply_keys k LEFT JOIN contributions c ON c.id = k.contribution_id WHERE k.secret = ?`
	err = q.Get(ctx, &row, query, key)
	if errs.Is(err, errs.NotFound) && strings.ToLower(key) != key {
		err = q.Get(ctx, &row, query, strings.ToLower(key)) // some mail programs change the case of addresses
	}
	if err == nil && row.ContentID == 0 && row.ConversationID == 0 {
		err = errs.New(errs.NotFound, "What you answered does not exist any more.")
	}
	return row.PersonID, row.Target, err
}
