package mailin

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// replyKeyLength is the number of characters of a key: 15 of a to z and 0 to 9, as it has always been.
const replyKeyLength = 15

// ReplyKey returns the key of the address by which a person answers a content item, a comment or a
// message. There is one for each person and thing answered, so the table does not grow with every mail.
func ReplyKey(ctx context.Context, db *sqldb.DB, personID int64, a notify.Answer) (string, error) {
	find := func(q sqldb.Querier) (key string, err error) {
		if a.ContributionID != 0 {
			err = q.Get(ctx, &key, `SELECT secret FROM reply_keys WHERE person_id = ? AND contribution_id = ?`, personID, a.ContributionID)
		} else {
			err = q.Get(ctx, &key, `SELECT secret FROM reply_keys WHERE person_id = ? AND content_id = ?`, personID, a.ContentID)
		}
		return key, err
	}
	key, err := find(db)
	if !errs.Is(err, errs.NotFound) {
		return key, err
	}
	err = db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.InsertNew(ctx, `INSERT INTO reply_keys (secret, person_id, content_id, contribution_id, created_at) VALUES (?, ?, ?, ?, ?)`,
			strings.ToLower(rand.Text())[:replyKeyLength], personID, contentOf(a), contributionOf(a), tx.Now)
		if err != nil {
			return err
		}
		key, err = find(tx) // somebody else's key, if they were faster
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make a reply key: %w", err)
	}
	return key, nil
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
