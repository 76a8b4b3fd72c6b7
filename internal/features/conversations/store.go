package conversations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const selectConversations = `
	SELECT v.id, v.subject, v.message_key, v.created_at, v.latest_at, v.deleted_at IS NOT NULL AS deleted,
	       COALESCE((SELECT k.id FROM contributions k WHERE k.conversation_id = v.id ORDER BY k.created_at, k.id LIMIT 1), 0) AS first_id,
	       (SELECT COUNT(*) FROM contributions k WHERE k.conversation_id = v.id AND k.deleted_at IS NULL) AS messages,
	       e.id AS "entity.id", e.kind AS "entity.kind", COALESCE(g.id, o.id, 0) AS "entity.owner_id", e.slug AS "entity.slug", e.name AS "entity.name",
	       e.colour AS "entity.colour", e.picture AS "entity.picture",
	       a.id AS "author.id", a.kind AS "author.kind", p.id AS "author.owner_id", a.slug AS "author.slug", a.name AS "author.name",
	       a.colour AS "author.colour", a.picture AS "author.picture"
	  FROM conversations v
	  JOIN entities e ON e.id = v.entity_id LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people o ON o.entity_id = e.id
	  JOIN people p ON p.id = v.author_id JOIN entities a ON a.id = p.entity_id`

func getConversation(ctx context.Context, q sqldb.Querier, id int64) (Conversation, error) {
	var c Conversation
	if err := q.Get(ctx, &c, selectConversations+` WHERE v.id = ?`, id); err != nil {
		return c, fmt.Errorf("get conversation %d: %w", id, err)
	}
	return c, nil
}

// listConversations returns the conversations with an entity that the viewer may read, those with the
// latest messages first, and whether there are more. Which ones is asked first, and then what was said in them: the index
// gives their order only as long as nothing else is joined.
func listConversations(ctx context.Context, q sqldb.Querier, v community.Viewer, entityID int64, before paging.Cursor, limit int) (all []Listed, more bool, err error) {
	readable, args := policy.ReadableConversations("v", v)
	behind, place := before.Behind("v.latest_at", "v.id")
	args = append(append([]any{texts.LineSource, v.PersonID, entityID}, args...), append(place, limit+1)...)
	err = q.Select(ctx, &all, `
		SELECT f.id, f.subject, f.latest_at,
		       (SELECT COUNT(*) FROM contributions n WHERE n.conversation_id = f.id AND n.deleted_at IS NULL) AS messages,
		       COALESCE(SUBSTR(k.text, 1, ?), '') AS text, COALESCE(k.format, '') AS format,
		       EXISTS (SELECT 1 FROM inbox_entries i WHERE i.person_id = ? AND i.read_at IS NULL AND i.conversation_id = f.id) AS unread,
		       a.id AS "author.id", a.kind AS "author.kind", a.slug AS "author.slug", a.name AS "author.name", a.colour AS "author.colour",
		       a.picture AS "author.picture"
		  FROM (SELECT v.id, v.subject, v.author_id, v.latest_at FROM conversations v
		         WHERE v.entity_id = ? AND `+readable+` AND `+behind+` ORDER BY v.latest_at DESC, v.id DESC LIMIT ?) f
		  LEFT JOIN contributions k ON k.id = (SELECT l.id FROM contributions l WHERE l.conversation_id = f.id AND l.deleted_at IS NULL
		                                        ORDER BY l.created_at DESC, l.id DESC LIMIT 1)
		  JOIN people p ON p.id = COALESCE(k.author_id, f.author_id) JOIN entities a ON a.id = p.entity_id
		 ORDER BY f.latest_at DESC, f.id DESC`, args...)
	if err != nil {
		return nil, false, fmt.Errorf("list conversations: %w", err)
	}
	if more = len(all) > limit; more {
		all = all[:limit]
	}
	return all, more, nil
}

// doubleClick is how soon the same message is taken for a second click on the button.
const doubleClick = time.Minute

// begun returns the conversation that the author has just begun in the same words, or 0. The author is
// locked until the transaction ends, so that of two clicks one sees what the other did. A mail
// that comes twice is known by its id, so mails of one author do not wait for each other.
func begun(ctx context.Context, tx *sqldb.Tx, authorID int64, b Beginning) (id int64, err error) {
	if b.ByMail {
		return 0, nil
	}
	var author int64
	if err := tx.GetLocked(ctx, &author, `SELECT id FROM people WHERE id = ?`, authorID); err != nil {
		return 0, fmt.Errorf("lock the author: %w", err)
	}
	err = tx.Get(ctx, &id, `
		SELECT v.id FROM conversations v JOIN contributions k ON k.conversation_id = v.id
		 WHERE v.author_id = ? AND v.entity_id = ? AND v.created_at > ? AND v.subject = ? AND k.text = ? ORDER BY v.id DESC LIMIT 1`,
		authorID, b.Entity.ID, clock.At(tx.Now.Add(-doubleClick)), b.Subject, b.Text)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return id, err
}

func insertConversation(ctx context.Context, tx *sqldb.Tx, authorID int64, b Beginning) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at) VALUES (?, ?, ?, ?, ?)`,
		b.Entity.ID, authorID, b.Subject, tx.Now, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("insert a conversation: %w", err)
	}
	return id, nil
}

func touch(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE conversations SET latest_at = ? WHERE id = ?`, tx.Now, id); err != nil {
		return fmt.Errorf("note the latest message of conversation %d: %w", id, err)
	}
	return nil
}

const selectEntity = `
	SELECT e.id, e.kind, e.slug, e.name, e.colour, e.picture, COALESCE(g.id, p.id, 0) AS owner_id
	  FROM entities e LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people p ON p.entity_id = e.id`

func getEntity(ctx context.Context, q sqldb.Querier, id int64) (community.Entity, error) {
	var e community.Entity
	if err := q.Get(ctx, &e, selectEntity+` WHERE e.id = ?`, id); err != nil {
		return e, fmt.Errorf("get entity %d: %w", id, err)
	}
	return e, nil
}

func getGroupEntity(ctx context.Context, q sqldb.Querier, slug string) (community.Entity, error) {
	var e community.Entity
	if err := q.Get(ctx, &e, selectEntity+` WHERE e.slug_key = ? AND e.kind = ?`, strings.ToLower(slug), community.GroupEntity); err != nil {
		return e, fmt.Errorf("get the group %q: %w", slug, err)
	}
	return e, nil
}

// addressOwner returns the group that has the part of a mail address before the @ as its slug; 0 if none has.
func addressOwner(ctx context.Context, q sqldb.Querier, local string) (entityID int64, err error) {
	if len(local) > 150 {
		return 0, nil
	}
	err = q.Get(ctx, &entityID, `SELECT id FROM entities WHERE slug_key = ? AND kind = ?`, strings.ToLower(local), community.GroupEntity)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for the group %q: %w", local, err)
	}
	return entityID, nil
}

// mentionedIn returns the people with some names whom the message of an activity mentions and who read its conversation
// with a group.
func mentionedIn(c Conversation, e community.Activity, slugs []string) notify.Audience {
	return notify.Among(notify.Mentioned, `
		SELECT DISTINCT p.id AS person_id FROM mentions n JOIN people p ON p.entity_id = n.entity_id
		 WHERE n.contribution_id = ? AND n.slug_key IN (?) AND p.active AND p.id <> ? AND (
		       EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = ? AND m.person_id = p.id)
		    OR EXISTS (SELECT 1 FROM contributions k WHERE k.conversation_id = ? AND k.author_id = p.id AND `+policy.KeepsConversation("k")+`))`,
		e.ContributionID, slugs, e.ActorID, c.Entity.OwnerID, c.ID)
}

// audience returns who is told of a message: the members of a group who subscribe to it, or the person
// who is addressed; and whoever began the conversation, unless they are a member who does not subscribe.
func audience(c Conversation) notify.Audience {
	if !c.Entity.IsGroup() {
		return notify.Only(notify.Addressed, c.Entity.OwnerID).And(notify.Only(notify.Starter, c.Author.OwnerID))
	}
	return notify.Among(notify.Subscriber, `
		SELECT s.person_id FROM subscriptions s JOIN memberships m ON m.person_id = s.person_id AND m.group_id = ?
		 WHERE s.entity_id = ?`, c.Entity.OwnerID, c.Entity.ID).And(notify.Among(notify.Starter, `
		SELECT p.id AS person_id FROM people p WHERE p.id = ? AND NOT EXISTS (
			SELECT 1 FROM memberships m WHERE m.group_id = ? AND m.person_id = p.id)`, c.Author.OwnerID, c.Entity.OwnerID))
}
