package mailin

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// replyKeyLength is the number of characters of a key: 15 of a to z and 0 to 9, as it has always been.
const replyKeyLength = 15

// ReplyKeys returns the keys of the addresses by which people answer content items, comments and messages. There
// is one for each person and thing answered, so the table does not grow with every mail.
func ReplyKeys(ctx context.Context, db *sqldb.DB, all []notify.Answerer) (map[notify.Answerer]string, error) {
	keys, err := findKeys(ctx, db, all)
	if err != nil {
		return nil, fmt.Errorf("find the reply keys: %w", err)
	}
	missing := slices.DeleteFunc(slices.Clone(all), func(a notify.Answerer) bool { return keys[a] != "" })
	if len(missing) == 0 {
		return keys, nil
	}
	// In one order, so that two who make the same keys do not wait for each other.
	slices.SortFunc(missing, func(a, b notify.Answerer) int {
		return cmp.Or(cmp.Compare(a.ContentID, b.ContentID), cmp.Compare(a.ContributionID, b.ContributionID), cmp.Compare(a.PersonID, b.PersonID))
	})
	missing = slices.Compact(missing)
	err = db.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		rows := make([][]any, len(missing))
		for i, a := range missing {
			rows[i] = []any{
				strings.ToLower(rand.Text())[:replyKeyLength], a.PersonID, sqldb.OrNull(a.ContentID), sqldb.OrNull(a.ContributionID), tx.Now,
			}
		}
		if err := tx.InsertNewRows(ctx, `INSERT INTO reply_keys (secret, person_id, content_id, contribution_id, created_at)`, rows); err != nil {
			return err
		}
		made, err := findKeys(ctx, tx, missing) // somebody else's keys, where they were faster
		maps.Copy(keys, made)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make reply keys: %w", err)
	}
	return keys, nil
}

// KnownReplyKeys returns those keys that there are already.
func KnownReplyKeys(ctx context.Context, q sqldb.Querier, all []notify.Answerer) (map[notify.Answerer]string, error) {
	keys, err := findKeys(ctx, q, all)
	if err != nil {
		return nil, fmt.Errorf("find the reply keys: %w", err)
	}
	return keys, nil
}

// findKeys returns the keys that there are.
func findKeys(ctx context.Context, q sqldb.Querier, all []notify.Answerer) (map[notify.Answerer]string, error) {
	var people, contents, contributions []int64
	for _, a := range all {
		people = append(people, a.PersonID)
		if a.ContributionID != 0 {
			contributions = append(contributions, a.ContributionID)
		} else {
			contents = append(contents, a.ContentID)
		}
	}
	keys := map[notify.Answerer]string{}
	find := func(column string, ids []int64, answer func(id int64) notify.Answer) error {
		if len(ids) == 0 {
			return nil
		}
		var rows []struct {
			PersonID int64  `db:"person_id"`
			Thing    int64  `db:"thing"`
			Secret   string `db:"secret"`
		}
		err := q.Select(ctx, &rows, `SELECT person_id, `+column+` AS thing, secret FROM reply_keys WHERE `+column+` IN (?) AND person_id IN (?) ORDER BY secret`, ids, people)
		for _, r := range rows {
			keys[notify.Answerer{PersonID: r.PersonID, Answer: answer(r.Thing)}] = r.Secret
		}
		return err
	}
	err := find("content_id", contents, func(id int64) notify.Answer { return notify.Answer{ContentID: id} })
	if err == nil {
		err = find("contribution_id", contributions, func(id int64) notify.Answer { return notify.Answer{ContributionID: id} })
	}
	return keys, err
}

// replyTarget returns whose key it is and what it answers; NotFound for a key that nobody has, which
// is what remains of something deleted.
func replyTarget(ctx context.Context, q sqldb.Querier, key string) (personID int64, t Target, err error) {
	var row struct {
		Target
		PersonID int64 `db:"person_id"`
	}
	const query = `
		SELECT k.person_id, COALESCE(k.content_id, c.content_id, 0) AS content_id, COALESCE(c.conversation_id, 0) AS conversation_id,
		       COALESCE(k.contribution_id, 0) AS contribution_id, COALESCE(i.entity_id, v.entity_id, 0) AS entity_id
		  FROM reply_keys k LEFT JOIN contributions c ON c.id = k.contribution_id
		  LEFT JOIN contents i ON i.id = COALESCE(k.content_id, c.content_id) LEFT JOIN conversations v ON v.id = c.conversation_id
		 WHERE k.secret = ?`
	err = q.Get(ctx, &row, query, key)
	if errs.Is(err, errs.NotFound) && strings.ToLower(key) != key {
		err = q.Get(ctx, &row, query, strings.ToLower(key)) // some mail programs change the case of addresses
	}
	if errs.Is(err, errs.NotFound) || err == nil && row.ContentID == 0 && row.ConversationID == 0 {
		err = errs.New(errs.NotFound, "What you replied to no longer exists. Please write on the site.")
	}
	return row.PersonID, row.Target, err
}
