package content

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/slug"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// itemColumns is what is read of an item beside its text. The names of the columns lead into the entities of an Item.
const itemColumns = `
	SELECT c.id, c.kind, COALESCE(c.slug, '') AS slug, c.title, c.public, c.pinned, c.message_key, c.revision, c.external, c.published_at, c.starts_at, c.ends_at, c.picture, c.album,
	       c.deleted_at IS NOT NULL AS deleted,
	       (SELECT COUNT(*) FROM contributions k WHERE k.content_id = c.id AND k.public AND k.deleted_at IS NULL) AS comments,
	       e.id AS "entity.id", e.kind AS "entity.kind", COALESCE(g.id, o.id, 0) AS "entity.owner_id", e.slug AS "entity.slug", e.name AS "entity.name",
	       e.colour AS "entity.colour", e.picture AS "entity.picture", e.archived_at IS NOT NULL AS "entity.archived",
	       a.id AS "author.id", a.kind AS "author.kind", p.id AS "author.owner_id", a.slug AS "author.slug", a.name AS "author.name",
	       a.colour AS "author.colour", a.picture AS "author.picture", p.public AS author_public, `

// latestText ends a query for the text of an item c.
const latestText = ` FROM versions x WHERE x.content_id = c.id AND x.text IS NOT NULL ORDER BY x.revision DESC LIMIT 1), '') AS text`

const joinedItems = `
	  JOIN entities e ON e.id = c.entity_id LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people o ON o.entity_id = e.id
	  JOIN people p ON p.id = c.author_id JOIN entities a ON a.id = p.entity_id`

const selectItems = itemColumns + `COALESCE((SELECT x.text` + latestText + ` FROM contents c` + joinedItems

func getItem(ctx context.Context, q sqldb.Querier, where string, args ...any) (Item, error) {
	var i Item
	if err := q.Get(ctx, &i, selectItems+where, args...); err != nil {
		return i, fmt.Errorf("get a content item: %w", err)
	}
	return i, nil
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

// resubmitted is how soon a form with the same words is taken for a second click on the button.
const resubmitted = time.Minute

// justPublished returns what the author has just published in the same words, or 0.
func justPublished(ctx context.Context, tx *sqldb.Tx, d Draft, authorID int64) (id int64, err error) {
	f := d.Form.common()
	err = tx.Get(ctx, &id, `
		SELECT c.id FROM contents c JOIN versions x ON x.content_id = c.id
		 WHERE c.entity_id = ? AND c.author_id = ? AND c.kind = ? AND c.published_at > ? AND c.deleted_at IS NULL AND c.title = ? AND x.text = ?
		 ORDER BY c.id DESC LIMIT 1`,
		d.Entity.ID, authorID, d.Kind, clock.At(tx.Now.Add(-resubmitted)), f.Title, f.Text)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return id, err
}

// freeSlug returns a slug for a title that the entity has not given away.
func freeSlug(ctx context.Context, tx *sqldb.Tx, d Draft) (string, error) {
	base := slug.Make(d.Form.common().Title, maxSlug)
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

func insert(ctx context.Context, tx *sqldb.Tx, d Draft, authorID int64) (int64, error) {
	f, at := d.Form.common(), tx.Now
	if d.external && !d.PublishedAt.IsZero() {
		at = d.PublishedAt
	}
	id, err := tx.Insert(ctx, `
		INSERT INTO contents (kind, entity_id, author_id, slug, title, public, pinned, external, published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.Kind, d.Entity.ID, authorID, f.Slug, f.Title, f.Public, f.Pinned, d.external, at)
	if err != nil {
		return 0, fmt.Errorf("insert a content item: %w", err)
	}
	return id, nil
}

func update(ctx context.Context, tx *sqldb.Tx, id int64, f *Common) error {
	_, err := tx.Exec(ctx, `UPDATE contents SET title = ?, slug = ?, public = ?, pinned = ? WHERE id = ?`, f.Title, f.Slug, f.Public, f.Pinned, id)
	if errs.Is(err, errs.Conflict) {
		return errs.Check(errs.Field("slug", "This short name is already taken. Choose another one."))
	}
	if err != nil {
		return fmt.Errorf("update content %d: %w", id, err)
	}
	return nil
}

// updateDerived keeps the number of the revision, and what lists need to know of a form: the time, and the pictures on
// the card.
func updateDerived(ctx context.Context, tx *sqldb.Tx, id int64, revision int, f Form) error {
	var starts, ends clock.Time
	if dated, ok := f.(Dated); ok {
		starts, ends = dated.Dates()
	}
	picture := ""
	if pictured, ok := f.(Pictured); ok {
		picture = pictured.CardPicture()
	}
	if picture != "" && albumOf(f).Count == 0 { // what consists of pictures keeps by itself which ones it shows
		if err := media.ShowBeside(ctx, tx, picture, id); err != nil {
			return err
		}
	}
	if picture == "" {
		picture = media.FirstIn(f.common().Text)
	}
	album, err := albumOf(f).Encode()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE contents SET revision = ?, starts_at = ?, ends_at = ?, picture = ?, album = ? WHERE id = ?`, revision, starts, ends, picture, album, id)
	if err != nil {
		return fmt.Errorf("update what lists know of content %d: %w", id, err)
	}
	return nil
}

// albumOf returns the pictures that an item consists of.
func albumOf(f Form) community.Album {
	if illustrated, ok := f.(Illustrated); ok {
		return illustrated.Album()
	}
	return community.Album{}
}

// insertVersion keeps what an item says at a revision. The text is left out where it is that of the revision before.
func insertVersion(ctx context.Context, tx *sqldb.Tx, contentID, authorID int64, revision int, values fieldValues, text *string) error {
	fields, err := values.encode()
	if err != nil {
		return err
	}
	_, err = tx.Insert(ctx, `INSERT INTO versions (content_id, revision, author_id, text, fields, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		contentID, revision, authorID, text, fields, tx.Now)
	if err != nil {
		return fmt.Errorf("insert revision %d of content %d: %w", revision, contentID, err)
	}
	if text == nil {
		return nil
	}
	return media.Use(ctx, tx, authorID, *text, contentID, 0)
}

// completeVersion notes the fields of the present revision where nobody knew them: what was imported has texts alone.
func completeVersion(ctx context.Context, tx *sqldb.Tx, contentID int64, revision int, values fieldValues) error {
	fields, err := values.encode()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE versions SET fields = ? WHERE content_id = ? AND revision = ? AND fields IS NULL`, fields, contentID, revision); err != nil {
		return fmt.Errorf("complete revision %d of content %d: %w", revision, contentID, err)
	}
	return nil
}

// version is what an item said at a revision.
type version struct {
	Text      *string    `db:"text"`
	Fields    *string    `db:"fields"`
	Author    string     `db:"author"`
	CreatedAt clock.Time `db:"created_at"`
}

// getVersion returns what an item said at a revision; an empty one if nobody knows.
func getVersion(ctx context.Context, q sqldb.Querier, contentID int64, revision int) (v version, err error) {
	err = q.Get(ctx, &v, `
		SELECT x.fields, x.created_at, e.name AS author,
		       (SELECT t.text FROM versions t WHERE t.content_id = x.content_id AND t.revision <= x.revision AND t.text IS NOT NULL ORDER BY t.revision DESC LIMIT 1) AS text
		  FROM versions x JOIN people p ON p.id = x.author_id JOIN entities e ON e.id = p.entity_id WHERE x.content_id = ? AND x.revision = ?`, contentID, revision)
	if errs.Is(err, errs.NotFound) {
		return version{}, nil
	}
	if err != nil {
		return v, fmt.Errorf("get revision %d of content %d: %w", revision, contentID, err)
	}
	return v, nil
}

// values returns the fields of a version, as far as anybody knows them.
func (v version) values() (fieldValues, error) {
	values := fieldValues{}
	if v.Fields != nil {
		if err := json.Unmarshal([]byte(*v.Fields), &values); err != nil {
			return nil, fmt.Errorf("decode the fields of a version: %w", err)
		}
	}
	if v.Text != nil {
		text, err := json.Marshal(form.Clean(*v.Text, form.Lines))
		if err != nil {
			return nil, err
		}
		values[textField] = string(text)
	}
	return values, nil
}

// markDeleted takes an item out of sight and gives its slug free.
func markDeleted(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `UPDATE contents SET deleted_at = ?, slug = NULL WHERE id = ? AND deleted_at IS NULL`, tx.Now, id); err != nil {
		return fmt.Errorf("delete content %d: %w", id, err)
	}
	return tagging.Withdrawn(ctx, tx, []int64{id})
}

// LockItems holds items until the transaction ends: of two who change them, or what hangs on them, one sees what the other
// did. Items that are gone are none to be held.
func LockItems(ctx context.Context, tx *sqldb.Tx, ids ...int64) error {
	var locked []int64
	if err := tx.SelectLocked(ctx, &locked, `SELECT id FROM contents WHERE id IN (?) ORDER BY id`, ids); err != nil {
		return fmt.Errorf("lock the contents %v: %w", ids, err)
	}
	return nil
}

// groupsOf returns the groups that a person belongs to and that are not archived, by name.
func groupsOf(ctx context.Context, q sqldb.Querier, personID int64) ([]community.Entity, error) {
	var all []community.Entity
	err := q.Select(ctx, &all, `
		SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture
		  FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id
		 WHERE m.person_id = ? AND e.archived_at IS NULL ORDER BY e.name_key, e.id`, personID)
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

// outsiders returns the subscribers who are not told of something internal. Most subscribers are members: both lists
// are read in the order of their indexes, instead of each subscriber being looked up.
func outsiders(e community.Entity) notify.Audience {
	if !e.IsGroup() {
		return notify.Audience{}
	}
	return notify.Among(notify.Subscriber, `
		SELECT s.person_id FROM subscriptions s WHERE s.entity_id = ? EXCEPT
		SELECT m.person_id FROM memberships m WHERE m.group_id = ?`, e.ID, e.OwnerID)
}

// firstCommenter returns who wrote the first public comment on an item, if they did not belong to its entity then and do
// not now: whoever began to talk hears the answers, until they leave the thread.
// NOT IN, because MariaDB loses the column of a NOT EXISTS that stands as deep as this in what notify makes of it.
func firstCommenter(i Item) notify.Audience {
	first := `
		SELECT f.author_id AS person_id FROM (
			SELECT k.author_id, k.inside, k.deleted_at, k.left_at FROM contributions k
			 WHERE k.content_id = ? AND k.public AND k.deleted_at IS NULL ORDER BY k.created_at, k.id LIMIT 1) f WHERE ` + policy.KeepsContent("f")
	if !i.Entity.IsGroup() {
		return notify.Among(notify.Starter, first, i.ID)
	}
	return notify.Among(notify.Starter, first+` AND f.author_id NOT IN (
			SELECT m.person_id FROM memberships m WHERE m.group_id = ?)`, i.ID, i.Entity.OwnerID)
}

// manySubscribers is from how many on a form does not wait until they are counted one by one.
const manySubscribers = 300

// hasManySubscribers reports whether so many subscribe to an entity.
func hasManySubscribers(ctx context.Context, q sqldb.Querier, entityID int64) (bool, error) {
	var n int
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM (SELECT person_id FROM subscriptions WHERE entity_id = ? LIMIT ?) s`, entityID, manySubscribers); err != nil {
		return false, fmt.Errorf("count the subscribers of entity %d: %w", entityID, err)
	}
	return n == manySubscribers, nil
}

// countMembers returns how many people belong to a group.
func countMembers(ctx context.Context, q sqldb.Querier, groupID int64) (n int, err error) {
	if err := q.Get(ctx, &n, `SELECT COUNT(*) FROM memberships WHERE group_id = ?`, groupID); err != nil {
		return 0, fmt.Errorf("count the members of group %d: %w", groupID, err)
	}
	return n, nil
}

// hasPublished reports whether a group or person has published anything that is still there.
func hasPublished(ctx context.Context, q sqldb.Querier, entityID int64) (published bool, err error) {
	err = q.Get(ctx, &published, `SELECT EXISTS (SELECT 1 FROM contents WHERE entity_id = ? AND deleted_at IS NULL)`, entityID)
	if err != nil {
		return false, fmt.Errorf("look for content of entity %d: %w", entityID, err)
	}
	return published, nil
}
