package content

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// itemColumns is what a card shows of an item. How often it was written only matters on its own page.
const itemColumns = `
	SELECT c.id, c.kind, COALESCE(c.slug, '') AS slug, c.title, c.public, c.pinned, c.message_key, c.published_at, c.deleted_at IS NOT NULL AS deleted,
	       COALESCE((SELECT x.text FROM versions x WHERE x.content_id = c.id ORDER BY x.created_at DESC, x.id DESC LIMIT 1), '') AS text,
	       (SELECT COUNT(*) FROM contributions k WHERE k.content_id = c.id AND k.public AND k.deleted_at IS NULL) AS comments,
	       e.id AS entity_id, e.kind AS entity_kind, e.slug AS entity_slug, e.name AS entity_name, e.colour AS entity_colour, e.picture AS entity_picture, COALESCE(g.id, o.id, 0) AS owner_id,
	       p.id AS author_id, p.public AS author_public, a.id AS author_entity_id, a.slug AS author_slug, a.name AS author_name, a.colour AS author_colour, a.picture AS author_picture
	`

const joinedItems = `
	  JOIN entities e ON e.id = c.entity_id LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people o ON o.entity_id = e.id
	  JOIN people p ON p.id = c.author_id JOIN entities a ON a.id = p.entity_id`

const selectItems = itemColumns + `, (SELECT COUNT(*) FROM versions x WHERE x.content_id = c.id) AS versions FROM contents c` + joinedItems

func getItem(ctx context.Context, q sqldb.Querier, where string, args ...any) (Item, error) {
	var i Item
	if err := q.Get(ctx, &i, selectItems+where, args...); err != nil {
		return i, fmt.Errorf("get a content item: %w", err)
	}
	return i, nil
}

// Filter narrows a list. Zero values ask for everything.
type Filter struct {
	EntityID int64
	Kind     string
	Pinned   bool          // only what is pinned
	Before   paging.Cursor // only what is older
	Limit    int           // zero means 12
}

// list returns what the viewer may find in lists, newest first, and whether there is more.
func list(ctx context.Context, q sqldb.Querier, v community.Viewer, f Filter) (items []Item, more bool, err error) {
	listable, args := policy.ListableContents("c", v)
	where := " WHERE " + listable
	also := func(condition string, values ...any) {
		where += " AND " + condition
		args = append(args, values...)
	}
	if f.EntityID != 0 {
		also("c.entity_id = ?", f.EntityID)
	}
	if f.Kind != "" {
		also("c.kind = ?", f.Kind)
	}
	if f.Pinned {
		also("c.pinned")
	}
	if !f.Before.At.IsZero() {
		also("(c.published_at < ? OR c.published_at = ? AND c.id < ?)", f.Before.At, f.Before.At, f.Before.ID)
	}
	limit := f.Limit
	if limit == 0 {
		limit = 12
	}
	// Which ones first, and then what they look like, so that nothing is counted for those that are not shown.
	found := `(SELECT c.id, c.published_at FROM contents c` + where + ` ORDER BY c.published_at DESC, c.id DESC LIMIT ?) found JOIN contents c ON c.id = found.id`
	err = q.Select(ctx, &items, itemColumns+` FROM `+found+joinedItems+` ORDER BY found.published_at DESC, found.id DESC`, append(args, limit+1)...)
	if err != nil {
		return nil, false, fmt.Errorf("list content: %w", err)
	}
	if more = len(items) > limit; more {
		items = items[:limit]
	}
	return items, more, nil
}

// lock holds the rows of the author and the entity until the transaction ends, so that of two who publish
// at once one sees what the other did.
func lock(ctx context.Context, tx *sqldb.Tx, entityID, authorID int64) error {
	var id int64
	if err := tx.GetLocked(ctx, &id, `SELECT id FROM entities WHERE id = ?`, entityID); err != nil {
		return fmt.Errorf("lock the entity: %w", err)
	}
	if err := tx.GetLocked(ctx, &id, `SELECT id FROM people WHERE id = ?`, authorID); err != nil {
		return fmt.Errorf("lock the author: %w", err)
	}
	return nil
}

// twice is how soon the same again is taken for a second click on the button.
const twice = time.Minute

// published returns what the author has just published in the same words, or 0.
func published(ctx context.Context, tx *sqldb.Tx, d Draft, authorID int64) (id int64, err error) {
	err = tx.Get(ctx, &id, `
		SELECT c.id FROM contents c JOIN versions x ON x.content_id = c.id
		 WHERE c.entity_id = ? AND c.author_id = ? AND c.kind = ? AND c.published_at > ? AND c.deleted_at IS NULL AND c.title = ? AND x.text = ?
		 ORDER BY c.id DESC LIMIT 1`,
		d.Entity.ID, authorID, d.Kind, clock.At(tx.Now.Add(-twice)), d.Title, d.Text)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return id, err
}

// freeSlug returns a slug for a title that the entity has not given away.
func freeSlug(ctx context.Context, tx *sqldb.Tx, d Draft) (string, error) {
	base := slug.Make(d.Title, maxSlug)
	if base == "" {
		base = d.Kind
	}
	var taken []string
	err := tx.Select(ctx, &taken, `SELECT slug FROM contents WHERE entity_id = ? AND slug IS NOT NULL AND (slug = ? OR slug LIKE ? ESCAPE '!')`,
		d.Entity.ID, base, sqldb.EscapeLike(slug.Make(base, maxSlug-6))+"%")
	if err != nil {
		return "", fmt.Errorf("look for a free slug: %w", err)
	}
	free := base
	for n := 1; slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, free) }); n++ {
		free = slug.Number(base, n, maxSlug)
	}
	return free, nil
}

func insert(ctx context.Context, tx *sqldb.Tx, d Draft, slug string, authorID int64) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, pinned, published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		d.Kind, d.Entity.ID, authorID, slug, d.Title, d.Public, d.Pinned, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("insert a content item: %w", err)
	}
	return id, insertVersion(ctx, tx, id, authorID, d.Text)
}

func insertVersion(ctx context.Context, tx *sqldb.Tx, contentID, authorID int64, text string) error {
	_, err := tx.Insert(ctx, `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, ?, ?)`, contentID, authorID, text, tx.Now)
	if err != nil {
		return fmt.Errorf("insert a version: %w", err)
	}
	return media.Use(ctx, tx, authorID, text, contentID, 0)
}

func update(ctx context.Context, tx *sqldb.Tx, id int64, c Change) error {
	_, err := tx.Exec(ctx, `UPDATE contents SET title = ?, slug = ?, public = ?, pinned = ? WHERE id = ?`, c.Title, c.Slug, c.Public, c.Pinned, id)
	if errs.Is(err, errs.Conflict) {
		return errs.Check(errs.Field("slug", "Something else has this short name already."))
	}
	if err != nil {
		return fmt.Errorf("update content %d: %w", id, err)
	}
	return nil
}

// markDeleted takes an item out of sight and gives its slug free.
func markDeleted(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE contents SET deleted_at = ?, slug = NULL WHERE id = ? AND deleted_at IS NULL`, tx.Now, id); err != nil {
		return fmt.Errorf("delete content %d: %w", id, err)
	}
	return nil
}

// lockItem holds an item until the transaction ends.
func lockItem(ctx context.Context, tx *sqldb.Tx, id int64) error {
	var locked int64
	if err := tx.GetLocked(ctx, &locked, `SELECT id FROM contents WHERE id = ?`, id); err != nil {
		return fmt.Errorf("lock content %d: %w", id, err)
	}
	return nil
}

// groupsOf returns the groups that a person belongs to, by name.
func groupsOf(ctx context.Context, q sqldb.Querier, personID int64) ([]community.Entity, error) {
	var all []community.Entity
	err := q.Select(ctx, &all, `
		SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture
		  FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id WHERE m.person_id = ? ORDER BY e.name_key, e.id`, personID)
	if err != nil {
		return nil, fmt.Errorf("list the groups of a person: %w", err)
	}
	return all, nil
}

// subscribers returns who is told of something in an entity: the subscribers of a group, or the owner of a profile.
func subscribers(e community.Entity) notify.Audience {
	if !e.IsGroup() {
		return notify.Only(notify.Owner, e.OwnerID)
	}
	return notify.Among(notify.Subscriber, `SELECT s.person_id FROM subscriptions s WHERE s.entity_id = ?`, e.ID)
}

// insiders returns who is told of something internal: the subscribers who are members, or the owner of a profile.
func insiders(e community.Entity) notify.Audience {
	if !e.IsGroup() {
		return notify.Only(notify.Owner, e.OwnerID)
	}
	return notify.Among(notify.Subscriber, `
		SELECT s.person_id FROM subscriptions s WHERE s.entity_id = ? AND EXISTS (
			SELECT 1 FROM memberships m WHERE m.group_id = ? AND m.person_id = s.person_id)`, e.ID, e.OwnerID)
}

// outsiders returns the subscribers who are not told of something internal.
func outsiders(e community.Entity) notify.Audience {
	if !e.IsGroup() {
		return notify.Audience{}
	}
	return notify.Among(notify.Subscriber, `
		SELECT s.person_id FROM subscriptions s WHERE s.entity_id = ? AND NOT EXISTS (
			SELECT 1 FROM memberships m WHERE m.group_id = ? AND m.person_id = s.person_id)`, e.ID, e.OwnerID)
}

// firstCommenter returns who wrote the first public comment on an item, if they do not belong to its
// entity: whoever began to talk hears the answers.
func firstCommenter(i Item) notify.Audience {
	const first = `SELECT k.author_id AS person_id FROM contributions k WHERE k.content_id = ? AND k.public AND k.deleted_at IS NULL ORDER BY k.created_at, k.id LIMIT 1`
	if i.EntityKind == community.PersonEntity {
		return notify.Among(notify.Starter, first, i.ID)
	}
	return notify.Among(notify.Starter, `
		SELECT f.person_id FROM (`+first+`) f WHERE NOT EXISTS (
			SELECT 1 FROM memberships m WHERE m.group_id = ? AND m.person_id = f.person_id)`, i.ID, i.OwnerID)
}

// countMembers returns how many people belong to a group.
func countMembers(ctx context.Context, q sqldb.Querier, groupID int64) (n int, err error) {
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM memberships WHERE group_id = ?`, groupID); err != nil {
		return 0, fmt.Errorf("count the members of group %d: %w", groupID, err)
	}
	return n, nil
}
