package threads

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const selectContributions = `
	SELECT k.id, COALESCE(k.content_id, 0) AS content_id, COALESCE(k.conversation_id, 0) AS conversation_id,
	       COALESCE(k.in_reply_to_id, 0) AS in_reply_to_id, CASE WHEN k.deleted_at IS NULL THEN k.text ELSE '' END AS text,
	       CASE WHEN k.deleted_at IS NULL THEN k.cut ELSE '' END AS cut, k.format, k.public, k.by_mail, k.created_at, k.edited_at,
	       k.deleted_at AS removed_at, k.changed_at, COALESCE(k.removed_by, 0) AS remover_id, COALESCE(f.name, '') AS remover_name,
	       p.id AS author_id, p.public AS author_public, e.id AS author_entity_id, e.slug AS author_slug, e.name AS author_name, e.colour AS author_colour, e.picture AS author_picture
	  FROM contributions k JOIN people p ON p.id = k.author_id JOIN entities e ON e.id = p.entity_id
	  LEFT JOIN people r ON r.id = k.removed_by LEFT JOIN entities f ON f.id = r.entity_id`

// leavesTrace is the condition on contributions of which something is shown: they themselves, or that they were removed.
const leavesTrace = `(k.deleted_at IS NULL OR k.removed_by IS NOT NULL)`

// PageSize is how many comments or messages stand on one page.
const PageSize = 100

// Comments returns the comments on a content item that the viewer may read, oldest first: those before a
// place in the thread, or the latest ones, and whether there are older ones. The caller has made sure
// that the viewer may read the item, which belongs to the entity. Of what was removed it returns the traces.
func (t *Threads) Comments(ctx context.Context, q sqldb.Querier, v community.Viewer, contentID, entityID int64, before paging.Cursor) (list []Contribution, older bool, err error) {
	readable, args := policy.TracesOfComments("k", "c.entity_id", v)
	return page(ctx, q, before, ` JOIN contents c ON c.id = k.content_id WHERE k.content_id = ? AND c.entity_id = ? AND `+leavesTrace+` AND `+readable, append([]any{contentID, entityID}, args...))
}

// Latest returns the last comments on a content item that the viewer may read, the latest first. The caller has made sure
// that the viewer may read the item, which belongs to the entity.
func (*Threads) Latest(ctx context.Context, q sqldb.Querier, v community.Viewer, contentID, entityID int64, most int) (list []Contribution, err error) {
	readable, args := policy.ReadableComments("k", "c.entity_id", v)
	err = q.Select(ctx, &list, selectContributions+` JOIN contents c ON c.id = k.content_id WHERE k.content_id = ? AND c.entity_id = ? AND `+readable+` ORDER BY k.created_at DESC, k.id DESC LIMIT ?`,
		append(append([]any{contentID, entityID}, args...), most)...)
	if err != nil {
		return nil, fmt.Errorf("list the latest comments: %w", err)
	}
	return list, addFiles(ctx, q, list)
}

// Messages returns the messages of a conversation as Comments does. The caller has made sure that the
// viewer may read it.
func (t *Threads) Messages(ctx context.Context, q sqldb.Querier, conversationID int64, before paging.Cursor) (list []Contribution, older bool, err error) {
	return page(ctx, q, before, ` WHERE k.conversation_id = ? AND `+leavesTrace, []any{conversationID})
}

// PartOf returns how a person takes part in a thread.
func PartOf(ctx context.Context, q sqldb.Querier, personID int64, th Thread) (part policy.Part, err error) {
	container, id := th.address()
	keeps := policy.KeepsContent("k")
	if th.ConversationID != 0 {
		keeps = policy.KeepsConversation("k")
	}
	err = q.Get(ctx, &part.Kept, `
		SELECT EXISTS (SELECT 1 FROM contributions k WHERE k.`+container+`_id = ? AND k.author_id = ? AND `+keeps+`)`, id, personID)
	if err != nil {
		return part, fmt.Errorf("look for what somebody has written: %w", err)
	}
	return part, nil
}

func page(ctx context.Context, q sqldb.Querier, before paging.Cursor, where string, args []any) (list []Contribution, older bool, err error) {
	behind, place := before.Behind("k.created_at", "k.id")
	args = append(append(args, place...), PageSize+1)
	err = q.Select(ctx, &list, selectContributions+where+` AND `+behind+` ORDER BY k.created_at DESC, k.id DESC LIMIT ?`, args...)
	if err != nil {
		return nil, false, fmt.Errorf("list contributions: %w", err)
	}
	if older = len(list) > PageSize; older {
		list = list[:PageSize]
	}
	slices.Reverse(list)
	return list, older, addFiles(ctx, q, list)
}

// placeToShow returns where a page of a thread begins that holds a contribution with some after it; the zero cursor if
// the latest page does, or if it does not belong there.
func placeToShow(ctx context.Context, q sqldb.Querier, th Thread, contributionID int64) (paging.Cursor, error) {
	container, id := th.address()
	var next struct {
		CreatedAt clock.Time `db:"created_at"`
		ID        int64      `db:"id"`
	}
	err := q.Get(ctx, &next, `
		SELECT l.created_at, l.id
		  FROM contributions k JOIN contributions l ON l.`+container+`_id = k.`+container+`_id AND l.created_at >= k.created_at
		 WHERE k.id = ? AND k.`+container+`_id = ? AND (l.created_at > k.created_at OR l.id > k.id)
		 ORDER BY l.created_at, l.id LIMIT 1 OFFSET ?`, contributionID, id, PageSize/2)
	if errs.Is(err, errs.NotFound) {
		return paging.Cursor{}, nil
	}
	if err != nil {
		return paging.Cursor{}, fmt.Errorf("find the page of contribution %d: %w", contributionID, err)
	}
	return paging.Cursor{At: next.CreatedAt, ID: next.ID}, nil
}

// addFiles attaches the files to the contributions that they belong to.
func addFiles(ctx context.Context, q sqldb.Querier, list []Contribution) error {
	if len(list) == 0 {
		return nil
	}
	files, err := media.FilesOfContributions(ctx, q, idsOf(list))
	for i := range list {
		if !list[i].Removed() {
			list[i].Files = files[list[i].ID]
		}
	}
	return err
}

func idsOf(list []Contribution) []int64 {
	ids := make([]int64, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return ids
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

// inOrder returns when a post was made: not before what stands in its thread already, nor in the future, however wrong
// the clock of its author's machine is. What is answered would come after its answer otherwise.
func inOrder(ctx context.Context, tx *sqldb.Tx, p Post) (clock.Time, error) {
	if p.At.IsZero() || tx.Now.Before(p.At.Time) {
		return tx.Now, nil
	}
	var latest clock.Time
	err := tx.Get(ctx, &latest, `
		SELECT MAX(t.moment) FROM (
			SELECT published_at AS moment FROM contents WHERE id = ? UNION ALL
			SELECT MAX(created_at) FROM contributions WHERE content_id = ? UNION ALL
			SELECT MAX(created_at) FROM contributions WHERE conversation_id = ?) t`, p.ContentID, p.ContentID, p.ConversationID)
	if err != nil {
		return p.At, fmt.Errorf("find the latest of a thread: %w", err)
	}
	if p.At.Before(latest.Time) {
		return latest, nil
	}
	return p.At, nil
}

// twice is how soon the same words again are taken for a second click on the button.
const twice = time.Minute

// insert keeps a post. The author's row is locked, so that of two that arrive at once one finds the other; what comes by
// mail or from a chat room is known by its id.
func insert(ctx context.Context, tx *sqldb.Tx, p Post) (id int64, fresh bool, err error) {
	if !p.ByMail && !p.ByChat {
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
		INSERT INTO contributions (content_id, conversation_id, author_id, text, cut, format, in_reply_to_id, public, by_mail, inside, created_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		sqldb.OrNull(p.ContentID), sqldb.OrNull(p.ConversationID), p.AuthorID, p.Text, p.Cut, cmp.Or(p.Format, markdown.Marked),
		sqldb.OrNull(p.InReplyToID), p.Public, p.ByMail, p.Inside, p.At, tx.Now)
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

// belongs reports whether a contribution stands in a thread.
func belongs(ctx context.Context, q sqldb.Querier, th Thread, contributionID int64) (known bool, err error) {
	container, id := th.address()
	err = q.Get(ctx, &known, `
		SELECT EXISTS (SELECT 1 FROM contributions k WHERE k.id = ? AND k.deleted_at IS NULL AND k.`+container+`_id = ?)`, contributionID, id)
	if err != nil {
		return false, fmt.Errorf("look for the contribution that is answered: %w", err)
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
	Kept           bool                 `db:"kept"` // by what the viewer has written there: see policy.Part
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
		       EXISTS (SELECT 1 FROM contributions w WHERE w.author_id = ? AND (w.content_id = k.content_id AND `+policy.KeepsContent("w")+`
		                   OR w.conversation_id = k.conversation_id AND `+policy.KeepsConversation("w")+`)) AS kept
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
		       EXISTS (SELECT 1 FROM contributions w WHERE w.author_id = ? AND w.content_id = c.id AND `+policy.KeepsContent("w")+`) AS kept
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

// placeOfThread returns where a thread stands, to whoever may read it apart from what single contributions say.
func placeOfThread(ctx context.Context, q sqldb.Querier, v community.Viewer, th Thread) (p place, err error) {
	if th.ConversationID == 0 {
		return placeOfContent(ctx, q, v, th.ContentID)
	}
	err = q.Get(ctx, &p, `
		SELECT e.id AS entity_id, e.kind, e.slug AS entity_slug, COALESCE(g.id, o.id, 0) AS owner_id, '' AS slug, FALSE AS public,
		       v.deleted_at IS NOT NULL AS deleted, v.author_id, TRUE AS comment_public, FALSE AS comment_deleted, TRUE AS conversation, v.subject AS title,
		       EXISTS (SELECT 1 FROM contributions w WHERE w.author_id = ? AND w.conversation_id = v.id AND `+policy.KeepsConversation("w")+`) AS kept
		  FROM conversations v JOIN entities e ON e.id = v.entity_id
		  LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people o ON o.entity_id = e.id
		 WHERE v.id = ?`, v.PersonID, th.ConversationID)
	if err != nil {
		return p, fmt.Errorf("find the place of conversation %d: %w", th.ConversationID, err)
	}
	return p, nil
}

// path returns the address of the page of a thread.
func (p place) path(th Thread) string {
	if th.ConversationID != 0 {
		return community.ConversationPath(th.ConversationID)
	}
	return community.ContentPath(p.EntitySlug, p.Slug)
}
