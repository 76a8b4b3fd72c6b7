package tagging

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// unused is the condition on rows of tags t that nothing has.
const unused = `NOT EXISTS (SELECT 1 FROM content_tags x WHERE x.tag_id = t.id) AND NOT EXISTS (SELECT 1 FROM internal_tags x WHERE x.tag_id = t.id)
	AND NOT EXISTS (SELECT 1 FROM contribution_tags x WHERE x.tag_id = t.id) AND NOT EXISTS (SELECT 1 FROM group_tags x WHERE x.tag_id = t.id)`

// ensure returns the ids of tags, and makes those that there are not. Nobody removes one of them until the transaction ends.
func ensure(ctx context.Context, tx *sqldb.Tx, tags []community.Tag) ([]int64, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	tags = slices.SortedFunc(slices.Values(tags), func(a, b community.Tag) int { return cmp.Compare(a.Slug, b.Slug) })
	slugs := make([]string, len(tags))
	for i, t := range tags {
		slugs[i] = t.Slug
	}
	found, err := lockTags(ctx, tx, slugs)
	if err != nil || len(found) == len(tags) {
		return idsOf(found), err
	}
	var missing [][]any
	for _, t := range tags {
		if !slices.ContainsFunc(found, func(f community.Tag) bool { return f.Slug == t.Slug }) {
			missing = append(missing, []any{t.Name, t.Slug, tx.Now})
		}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO tags (name, slug, created_at)`, missing); err != nil {
		return nil, fmt.Errorf("insert tags: %w", err)
	}
	found, err = lockTags(ctx, tx, slugs)
	return idsOf(found), err
}

func lockTags(ctx context.Context, tx *sqldb.Tx, slugs []string) (found []community.Tag, err error) {
	if err := tx.SelectLocked(ctx, &found, `SELECT id, name, slug FROM tags WHERE slug IN (?) ORDER BY slug`, slugs); err != nil {
		return nil, fmt.Errorf("look up tags: %w", err)
	}
	return found, nil
}

func idsOf(tags []community.Tag) []int64 {
	ids := make([]int64, len(tags))
	for i, t := range tags {
		ids[i] = t.ID
	}
	return ids
}

// item is what rows of tags keep of a content item.
type item struct {
	ID          int64      `db:"id"`
	EntityID    int64      `db:"entity_id"`
	Kind        string     `db:"kind"`
	PublishedAt clock.Time `db:"published_at"`
}

const selectItems = `SELECT c.id, c.entity_id, c.kind, c.published_at FROM contents c WHERE `

func getItem(ctx context.Context, tx *sqldb.Tx, id int64) (i item, err error) {
	if err := tx.Get(ctx, &i, selectItems+`c.id = ?`, id); err != nil {
		return i, fmt.Errorf("get the item whose tags are noted: %w", err)
	}
	return i, nil
}

// The tables that mark items.
const (
	public   = "content_tags"
	internal = "internal_tags"
)

// mark gives tags to items that do not have them.
func mark(ctx context.Context, tx *sqldb.Tx, table string, items []item, tags []int64) error {
	var rows [][]any
	for _, i := range items {
		for _, tag := range tags {
			rows = append(rows, []any{i.ID, tag, i.Kind, i.PublishedAt})
		}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO `+table+` (content_id, tag_id, kind, published_at)`, rows); err != nil {
		return fmt.Errorf("mark items with tags: %w", err)
	}
	return nil
}

// hasNoReason is the condition on rows of content_tags that neither the item's own texts say the tag, nor its group has it, nor
// a public comment says it.
const hasNoReason = `own = FALSE
	AND NOT EXISTS (SELECT 1 FROM contents c JOIN "groups" g ON g.entity_id = c.entity_id JOIN group_tags gt ON gt.group_id = g.id
		WHERE c.id = content_tags.content_id AND gt.tag_id = content_tags.tag_id)
	AND NOT EXISTS (SELECT 1 FROM contributions k JOIN contribution_tags kt ON kt.contribution_id = k.id
		WHERE k.content_id = content_tags.content_id AND kt.tag_id = content_tags.tag_id AND k.public AND k.deleted_at IS NULL)`

// hasNoInternalReason is the same for rows of internal_tags.
const hasNoInternalReason = `NOT EXISTS (SELECT 1 FROM contributions k JOIN contribution_tags kt ON kt.contribution_id = k.id
		WHERE k.content_id = internal_tags.content_id AND kt.tag_id = internal_tags.tag_id AND k.public = FALSE AND k.deleted_at IS NULL)`

// prune takes tags from items which have no reason for them any more.
func prune(ctx context.Context, tx *sqldb.Tx, table, noReason string, items, tags []int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE content_id IN (?) AND tag_id IN (?) AND `+noReason, items, tags); err != nil {
		return fmt.Errorf("take tags from items: %w", err)
	}
	return nil
}

// NoteItem notes the tags of a content item in the transaction that keeps its title and its text: those that these say, and
// for a new one those of its group.
func NoteItem(ctx context.Context, tx *sqldb.Tx, id int64, title, text string) error {
	tags := said(source{title, markdown.Plain}, source{text, markdown.Marked})
	var before []struct {
		TagID int64 `db:"tag_id"`
		Own   bool  `db:"own"`
	}
	if err := tx.Select(ctx, &before, `SELECT tag_id, own FROM content_tags WHERE content_id = ? ORDER BY tag_id`, id); err != nil {
		return fmt.Errorf("read the tags of content %d: %w", id, err)
	}
	var given []int64
	err := tx.Select(ctx, &given, `
		SELECT gt.tag_id FROM contents c JOIN "groups" g ON g.entity_id = c.entity_id JOIN group_tags gt ON gt.group_id = g.id WHERE c.id = ? ORDER BY gt.tag_id`, id)
	if err != nil {
		return fmt.Errorf("read the tags of the group of content %d: %w", id, err)
	}
	own, err := ensure(ctx, tx, tags)
	if err != nil {
		return err
	}
	if len(before)+len(own)+len(given) == 0 {
		return nil
	}
	i, err := getItem(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := mark(ctx, tx, public, []item{i}, slices.Concat(own, given)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE content_tags SET own = CASE WHEN tag_id IN (?) THEN TRUE ELSE FALSE END WHERE content_id = ?`, own, id); err != nil {
		return fmt.Errorf("note the tags of content %d: %w", id, err)
	}
	var gone []int64
	for _, b := range before {
		if b.Own && !slices.Contains(own, b.TagID) {
			gone = append(gone, b.TagID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return prune(ctx, tx, public, hasNoReason, []int64{id}, gone)
}

// Comment is a comment on a content item.
type Comment struct {
	ID, ContentID int64
	Public        bool
	Text          string
	Format        markdown.Format
}

// NoteComment notes the tags that a new comment says, in the transaction that keeps it.
func NoteComment(ctx context.Context, tx *sqldb.Tx, c Comment) error {
	tags := said(source{c.Text, c.Format})
	if len(tags) == 0 {
		return nil
	}
	ids, err := ensure(ctx, tx, tags)
	if err != nil {
		return err
	}
	return note(ctx, tx, c, ids)
}

// note gives the tags of a comment to its item.
func note(ctx context.Context, tx *sqldb.Tx, c Comment, ids []int64) error {
	rows := make([][]any, len(ids))
	for n, id := range ids {
		rows[n] = []any{c.ID, id}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO contribution_tags (contribution_id, tag_id)`, rows); err != nil {
		return fmt.Errorf("note the tags of comment %d: %w", c.ID, err)
	}
	i, err := getItem(ctx, tx, c.ContentID)
	if err != nil {
		return err
	}
	table := internal
	if c.Public {
		table = public
	}
	return mark(ctx, tx, table, []item{i}, ids)
}

// RenoteComment notes the tags of a comment that was changed, in the same transaction; of one that was removed, whose text
// is empty then, none.
func RenoteComment(ctx context.Context, tx *sqldb.Tx, c Comment) error {
	var before []int64
	if err := tx.Select(ctx, &before, `SELECT tag_id FROM contribution_tags WHERE contribution_id = ? ORDER BY tag_id`, c.ID); err != nil {
		return fmt.Errorf("read the tags of comment %d: %w", c.ID, err)
	}
	ids, err := ensure(ctx, tx, said(source{c.Text, c.Format}))
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		if err := note(ctx, tx, c, ids); err != nil {
			return err
		}
	}
	gone := slices.DeleteFunc(before, func(id int64) bool { return slices.Contains(ids, id) })
	if len(gone) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM contribution_tags WHERE contribution_id = ? AND tag_id IN (?)`, c.ID, gone); err != nil {
		return fmt.Errorf("forget tags of comment %d: %w", c.ID, err)
	}
	if c.Public {
		return prune(ctx, tx, public, hasNoReason, []int64{c.ContentID}, gone)
	}
	return prune(ctx, tx, internal, hasNoInternalReason, []int64{c.ContentID}, gone)
}

// SetGroup gives a group its tags, and with them all that it has published, and reports whether anything is different. The
// transaction holds the group and its entity, into which nothing comes meanwhile.
func SetGroup(ctx context.Context, tx *sqldb.Tx, groupID int64, tags []community.Tag) (changed bool, err error) {
	var before []int64
	if err := tx.Select(ctx, &before, `SELECT tag_id FROM group_tags WHERE group_id = ? ORDER BY tag_id`, groupID); err != nil {
		return false, fmt.Errorf("read the tags of group %d: %w", groupID, err)
	}
	ids, err := ensure(ctx, tx, tags)
	if err != nil {
		return false, err
	}
	fresh := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return slices.Contains(before, id) })
	gone := slices.DeleteFunc(before, func(id int64) bool { return slices.Contains(ids, id) })
	if len(fresh)+len(gone) == 0 {
		return false, nil
	}
	return true, regroup(ctx, tx, groupID, fresh, gone)
}

// AddToGroup gives a group one more tag.
func AddToGroup(ctx context.Context, tx *sqldb.Tx, groupID int64, t community.Tag) error {
	ids, err := ensure(ctx, tx, []community.Tag{t})
	if err != nil {
		return err
	}
	return regroup(ctx, tx, groupID, ids, nil)
}

// regroup gives a group some tags and takes others from it, and from all that it has published.
func regroup(ctx context.Context, tx *sqldb.Tx, groupID int64, fresh, gone []int64) error {
	var items []item
	if err := tx.Select(ctx, &items, selectItems+`c.entity_id = (SELECT g.entity_id FROM "groups" g WHERE g.id = ?) ORDER BY c.id`, groupID); err != nil {
		return fmt.Errorf("list what group %d has published: %w", groupID, err)
	}
	rows := make([][]any, len(fresh))
	for n, id := range fresh {
		rows[n] = []any{groupID, id}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO group_tags (group_id, tag_id)`, rows); err != nil {
		return fmt.Errorf("tag group %d: %w", groupID, err)
	}
	if err := mark(ctx, tx, public, items, fresh); err != nil {
		return err
	}
	if len(gone) == 0 {
		return showGroup(ctx, tx, groupID)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM group_tags WHERE group_id = ? AND tag_id IN (?)`, groupID, gone); err != nil {
		return fmt.Errorf("take tags from group %d: %w", groupID, err)
	}
	if err := showGroup(ctx, tx, groupID); err != nil {
		return err
	}
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	return prune(ctx, tx, public, hasNoReason, ids, gone)
}

// showGroup keeps what pages show of the tags of a group.
func showGroup(ctx context.Context, tx *sqldb.Tx, groupID int64) error {
	var tags []community.Tag
	err := tx.Select(ctx, &tags, `SELECT t.id, t.name, t.slug FROM group_tags gt JOIN tags t ON t.id = gt.tag_id WHERE gt.group_id = ? ORDER BY t.slug`, groupID)
	if err != nil {
		return fmt.Errorf("read the tags of group %d: %w", groupID, err)
	}
	shown, err := community.TagsOf(tags)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE "groups" SET tags = ? WHERE id = ?`, string(shown), groupID); err != nil {
		return fmt.Errorf("show the tags of group %d: %w", groupID, err)
	}
	return nil
}

// Moved lets items that belong to another entity now have the tags of that one, instead of those of the one before.
func Moved(ctx context.Context, tx *sqldb.Tx, contentIDs []int64) error {
	var before []int64
	if err := tx.Select(ctx, &before, `SELECT DISTINCT tag_id FROM content_tags WHERE content_id IN (?) ORDER BY tag_id`, contentIDs); err != nil {
		return fmt.Errorf("read the tags of items that have moved: %w", err)
	}
	if err := prune(ctx, tx, public, hasNoReason, contentIDs, before); err != nil {
		return err
	}
	var given []struct {
		item

		TagID int64 `db:"tag_id"`
	}
	err := tx.Select(ctx, &given, `
		SELECT c.id, c.entity_id, c.kind, c.published_at, gt.tag_id FROM contents c JOIN "groups" g ON g.entity_id = c.entity_id JOIN group_tags gt ON gt.group_id = g.id
		 WHERE c.id IN (?) ORDER BY c.id, gt.tag_id`, contentIDs)
	if err != nil {
		return fmt.Errorf("read the tags of the groups of items that have moved: %w", err)
	}
	rows := make([][]any, len(given))
	for n, g := range given {
		rows[n] = []any{g.ID, g.TagID, g.Kind, g.PublishedAt}
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO content_tags (content_id, tag_id, kind, published_at)`, rows); err != nil {
		return fmt.Errorf("give items the tags of their groups: %w", err)
	}
	return nil
}

// Withdrawn takes all tags from those of some items that are deleted, and from their comments.
func Withdrawn(ctx context.Context, tx *sqldb.Tx, contentIDs []int64) error {
	const gone = `(SELECT c.id FROM contents c WHERE c.id IN (?) AND c.deleted_at IS NOT NULL)`
	for _, statement := range []string{
		`DELETE FROM content_tags WHERE content_id IN ` + gone,
		`DELETE FROM internal_tags WHERE content_id IN ` + gone,
		`DELETE FROM contribution_tags WHERE contribution_id IN (SELECT k.id FROM contributions k WHERE k.content_id IN ` + gone + `)`,
	} {
		if _, err := tx.Exec(ctx, statement, contentIDs); err != nil {
			return fmt.Errorf("take the tags from items that are deleted: %w", err)
		}
	}
	return nil
}

// unusedFor is how long a tag that nothing has is kept: whoever takes back a word that they have just written finds its
// tag as it was.
const unusedFor = 24 * time.Hour

// Sweep removes tags that nothing has.
func Sweep(ctx context.Context, db *sqldb.DB) error {
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		var ids []int64
		err := tx.SelectLocked(ctx, &ids, `SELECT t.id FROM tags t WHERE t.created_at < ? AND `+unused+` ORDER BY t.slug`, clock.At(tx.Now.Add(-unusedFor)))
		if err == nil && len(ids) > 0 {
			_, err = tx.Exec(ctx, `DELETE FROM tags WHERE id IN (?) AND id NOT IN (
				SELECT tag_id FROM content_tags UNION SELECT tag_id FROM internal_tags UNION SELECT tag_id FROM contribution_tags UNION SELECT tag_id FROM group_tags)`, ids)
		}
		if err != nil {
			return fmt.Errorf("remove tags that nothing has: %w", err)
		}
		return nil
	})
}
