package threads

import (
	"context"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const selectContributions = `
	SELECT k.id, COALESCE(k.content_id, 0) AS content_id, COALESCE(k.conversation_id, 0) AS conversation_id,
	       COALESCE(k.in_reply_to_id, 0) AS in_reply_to_id, k.text, k.cut, k.public, k.by_mail, k.created_at,
	       p.id AS author_id, p.public AS author_public, e.id AS author_entity_id, e.slug AS author_slug, e.name AS author_name, e.colour AS author_colour, e.picture AS author_picture
	  FROM contributions k JOIN people p ON p.id = k.author_id JOIN entities e ON e.id = p.entity_id`

// PageSize is how many comments or messages stand on one page.
const PageSize = 100

// Comments returns the comments on a content item that the viewer may read, oldest first: those before a
// place in the thread, or the latest ones, and whether there are older ones. The caller has made sure
// that the viewer may read the item, which belongs to the entity.
func (t *Threads) Comments(ctx context.Context, q sqldb.Querier, v community.Viewer, contentID, entityID int64, before paging.Cursor) (list []Contribution, older bool, err error) {
	readable, args := policy.ReadableComments("k", "c.entity_id", v)
	return page(ctx, q, before, ` JOIN contents c ON c.id = k.content_id WHERE k.content_id = ? AND c.entity_id = ? AND `+readable, append([]any{contentID, entityID}, args...))
}

// Messages returns the messages of a conversation as Comments does. The caller has made sure that the
// viewer may read it.
func (t *Threads) Messages(ctx context.Context, q sqldb.Querier, conversationID int64, before paging.Cursor) (list []Contribution, older bool, err error) {
	return page(ctx, q, before, ` WHERE k.conversation_id = ? AND k.deleted_at IS NULL`, []any{conversationID})
}

// Wrote reports whether a person has written something in a content item or a conversation that has not been
// removed. The id of the other one is 0.
func Wrote(ctx context.Context, q sqldb.Querier, personID, contentID, conversationID int64) (wrote bool, err error) {
	place, id := "content_id", contentID
	if conversationID != 0 {
		place, id = "conversation_id", conversationID
	}
	err = q.Get(ctx, &wrote, `SELECT EXISTS (SELECT 1 FROM contributions WHERE `+place+` = ? AND author_id = ? AND deleted_at IS NULL)`, id, personID)
	if err != nil {
		return false, fmt.Errorf("look for what somebody has written: %w", err)
	}
	return wrote, nil
}

func page(ctx context.Context, q sqldb.Querier, before paging.Cursor, where string, args []any) (list []Contribution, older bool, err error) {
	if !before.At.IsZero() {
		where += ` AND (k.created_at < ? OR k.created_at = ? AND k.id < ?)`
		args = append(args, before.At, before.At, before.ID)
	}
	err = q.Select(ctx, &list, selectContributions+where+` ORDER BY k.created_at DESC, k.id DESC LIMIT ?`, append(args, PageSize+1)...)
	if err != nil {
		return nil, false, fmt.Errorf("list contributions: %w", err)
	}
	if older = len(list) > PageSize; older {
		list = list[:PageSize]
	}
	slices.Reverse(list)
	return list, older, addFiles(ctx, q, list)
}

// addFiles attaches the files to the contributions that they belong to.
func addFiles(ctx context.Context, q sqldb.Querier, list []Contribution) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int64, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	files, err := media.FilesOfContributions(ctx, q, ids)
	for i := range list {
		list[i].Files = files[list[i].ID]
	}
	return err
}

// Contribution returns a comment or message that has not been removed; NotFound if there is none. Whether
// somebody may read it is for the caller to decide.
func (t *Threads) Contribution(ctx context.Context, q sqldb.Querier, id int64) (Contribution, error) {
	var c Contribution
	if err := q.Get(ctx, &c, selectContributions+` WHERE k.id = ? AND k.deleted_at IS NULL`, id); err != nil {
		return c, fmt.Errorf("get contribution %d: %w", id, err)
	}
	one := []Contribution{c}
	err := addFiles(ctx, q, one)
	return one[0], err
}

// twice is how soon the same words again are taken for a second click on the button.
const twice = time.Minute

// insert keeps a post. The author's row is locked, so that of two that arrive at once one finds the other; the same
// mail twice is known by its id.
func insert(ctx context.Context, tx *sqldb.Tx, p Post) (id int64, fresh bool, err error) {
	if !p.ByMail {
		var author int64
		if err := tx.GetLocked(ctx, &author, `SELECT id FROM people WHERE id = ?`, p.AuthorID); err != nil {
			return 0, false, fmt.Errorf("lock the author: %w", err)
		}
		err = tx.Get(ctx, &id, `
			SELECT k.id FROM contributions k
			 WHERE k.author_id = ? AND COALESCE(k.content_id, 0) = ? AND COALESCE(k.conversation_id, 0) = ? AND k.created_at > ?
			   AND k.deleted_at IS NULL AND k.text = ? ORDER BY k.id DESC LIMIT 1`,
			p.AuthorID, p.ContentID, p.ConversationID, clock.At(tx.Now.Add(-twice)), p.Text)
		if err == nil || !errs.Is(err, errs.NotFound) {
			return id, false, err
		}
	}
	id, err = tx.Insert(ctx, `
		INSERT INTO contributions (content_id, conversation_id, author_id, text, cut, in_reply_to_id, public, by_mail, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		orNull(p.ContentID), orNull(p.ConversationID), p.AuthorID, p.Text, p.Cut, orNull(p.InReplyToID), p.Public, p.ByMail, p.At)
	if err != nil {
		return 0, false, fmt.Errorf("insert a contribution: %w", err)
	}
	files := slices.Clone(p.Files)
	for i := range files {
		files[i].ContributionID = id
	}
	if len(files) > 0 {
		err = media.InsertFiles(ctx, tx, files)
	}
	if err == nil {
		err = media.Use(ctx, tx, p.AuthorID, p.Text, 0, id)
	}
	return id, true, err
}

// belongs reports which of some contributions belong to a content item or conversation.
func belongs(ctx context.Context, q sqldb.Querier, contentID, conversationID int64, ids []int64) (known []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = q.Select(ctx, &known, `
		SELECT id FROM contributions WHERE id IN (?) AND deleted_at IS NULL AND COALESCE(content_id, 0) = ? AND COALESCE(conversation_id, 0) = ?`,
		ids, contentID, conversationID)
	if err != nil {
		return nil, fmt.Errorf("look for the contribution that is answered: %w", err)
	}
	return known, nil
}

// place is what somebody needs to be allowed to read, to read what hangs on it.
type place struct {
	EntityID       int64                `db:"entity_id"`
	EntityKind     community.EntityKind `db:"kind"`
	EntitySlug     string               `db:"entity_slug"`
	OwnerID        int64                `db:"owner_id"`
	Slug           string               `db:"slug"` // of the content item
	Public         bool                 `db:"public"`
	Deleted        bool                 `db:"deleted"`
	AuthorID       int64                `db:"author_id"` // of the comment or message
	CommentPublic  bool                 `db:"comment_public"`
	CommentDeleted bool                 `db:"comment_deleted"`
	Wrote          bool                 `db:"wrote"` // the viewer has written there
	Conversation   bool                 `db:"conversation"`
	Title          string               `db:"title"`
}

// placeOfContribution returns where a contribution stands, as the viewer needs it.
func placeOfContribution(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (p place, err error) {
	err = q.Get(ctx, &p, `
		SELECT e.id AS entity_id, e.kind, e.slug AS entity_slug, COALESCE(g.id, o.id, 0) AS owner_id, COALESCE(c.slug, '') AS slug,
		       COALESCE(c.public, FALSE) AS public, COALESCE(c.deleted_at, v.deleted_at) IS NOT NULL AS deleted,
		       k.author_id, k.public AS comment_public, k.deleted_at IS NOT NULL AS comment_deleted, k.conversation_id IS NOT NULL AS conversation,
		       COALESCE(v.subject, c.title) AS title,
		       EXISTS (SELECT 1 FROM contributions w WHERE w.author_id = ? AND w.deleted_at IS NULL
		                  AND (w.content_id = k.content_id OR w.conversation_id = k.conversation_id)) AS wrote
		  FROM contributions k LEFT JOIN contents c ON c.id = k.content_id LEFT JOIN conversations v ON v.id = k.conversation_id
		  JOIN entities e ON e.id = COALESCE(c.entity_id, v.entity_id)
		  LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people o ON o.entity_id = e.id
		 WHERE k.id = ?`, v.PersonID, id)
	if err != nil {
		return p, fmt.Errorf("find the place of contribution %d: %w", id, err)
	}
	return p, nil
}

// placeOfContent returns where a file of a content item stands.
func placeOfContent(ctx context.Context, q sqldb.Querier, v community.Viewer, id int64) (p place, err error) {
	err = q.Get(ctx, &p, `
		SELECT e.id AS entity_id, e.kind, e.slug AS entity_slug, COALESCE(g.id, o.id, 0) AS owner_id, COALESCE(c.slug, '') AS slug,
		       c.public, c.deleted_at IS NOT NULL AS deleted, c.author_id, TRUE AS comment_public, FALSE AS comment_deleted,
		       EXISTS (SELECT 1 FROM contributions w WHERE w.author_id = ? AND w.deleted_at IS NULL AND w.content_id = c.id) AS wrote
		  FROM contents c JOIN entities e ON e.id = c.entity_id
		  LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people o ON o.entity_id = e.id
		 WHERE c.id = ?`, v.PersonID, id)
	if err != nil {
		return p, fmt.Errorf("find the place of content %d: %w", id, err)
	}
	return p, nil
}

func (p place) entity() community.Entity {
	return community.Entity{ID: p.EntityID, Kind: p.EntityKind, OwnerID: p.OwnerID, Slug: p.EntitySlug}
}

func markRemoved(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE contributions SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL`, tx.Now, id); err != nil {
		return fmt.Errorf("remove contribution %d: %w", id, err)
	}
	return nil
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
