package groups

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const groupColumns = `g.id, g.entity_id, e.slug, e.name, e.colour, e.picture, e.cover, g.description, g.address, g.url, g.closed, g.founded_on, g.created_at, g.tags, e.archived_at`

func getGroup(ctx context.Context, q sqldb.Querier, condition string, arg any) (community.Group, error) {
	var g community.Group
	err := q.Get(ctx, &g, `SELECT `+groupColumns+` FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE `+condition, arg)
	if err != nil {
		return g, fmt.Errorf("get a group: %w", err)
	}
	return g, nil
}

// visited is a group, and how the viewer stands to it.
type visited struct {
	community.Group
	policy.Ties
	counts
}

// counts is how many take part in a group, whether some of its first steps are open, and where it is, if somebody has said
// it. Beside it countColumns read the pictures by which the group introduces itself.
type counts struct {
	Members     int `db:"members"`
	Subscribers int `db:"subscribers"`

	GettingStarted bool `db:"getting_started"`

	Latitude  *int `db:"latitude"`
	Longitude *int `db:"longitude"`
}

// position returns where the group is; nil if nobody has said it.
func (c counts) position() *earth.Point {
	if c.Latitude == nil || c.Longitude == nil {
		return nil
	}
	return &earth.Point{Latitude: *c.Latitude, Longitude: *c.Longitude}
}

const countColumns = `,
	(SELECT COUNT(*) FROM memberships cm WHERE cm.group_id = g.id) AS members,
	(SELECT COUNT(*) FROM subscriptions cs WHERE cs.entity_id = g.entity_id) AS subscribers,
	EXISTS (SELECT 1 FROM onboarding_steps o WHERE o.entity_id = g.entity_id) AS getting_started,
	(SELECT lp.latitude FROM entity_positions lp WHERE lp.entity_id = g.entity_id) AS latitude,
	(SELECT lp.longitude FROM entity_positions lp WHERE lp.entity_id = g.entity_id) AS longitude,
	a.album, COALESCE(a.slug, '') AS album_slug`

// getVisited returns the group that a condition names and the viewer's ties to it, in one query; with countColumns also
// how many take part.
func getVisited(ctx context.Context, q sqldb.Querier, v community.Viewer, more, condition string, arg any) (visited, error) {
	ties, args := policy.TiesTo("g.entity_id", v)
	var found visited
	err := q.Get(ctx, &found, `SELECT `+groupColumns+`, `+ties+more+` FROM "groups" g JOIN entities e ON e.id = g.entity_id LEFT JOIN contents a ON a.id = (`+media.Introducing("g.entity_id")+`) WHERE `+condition,
		append(args, arg)...)
	if err != nil {
		return found, fmt.Errorf("get a group that is visited: %w", err)
	}
	return found, nil
}

func insertGroup(ctx context.Context, tx *sqldb.Tx, entityID, founderID int64, foundedOn string) (int64, error) {
	var founder any
	if founderID != 0 {
		founder = founderID
	}
	id, err := tx.Insert(ctx, `INSERT INTO "groups" (entity_id, address, founded_on, created_by_id, created_at, changed_at) VALUES (?, '', ?, ?, ?, ?)`,
		entityID, foundedOn, founder, tx.Now, tx.Now)
	if err != nil {
		return 0, fmt.Errorf("insert a group: %w", err)
	}
	return id, nil
}

// doubleClick is how long the same group founded again is taken for the same one.
const doubleClick = time.Minute

// getJustFounded returns the group that a person has founded under a name a moment ago; NotFound if there is none. Of two
// who found it at the same moment one cannot have the slug, and looks again.
func getJustFounded(ctx context.Context, tx *sqldb.Tx, founderID int64, name string) (community.Group, error) {
	var g community.Group
	err := tx.Get(ctx, &g, `
		SELECT `+groupColumns+` FROM "groups" g JOIN entities e ON e.id = g.entity_id
		 WHERE g.created_by_id = ? AND g.created_at > ? AND e.name = ? ORDER BY g.id DESC LIMIT 1`,
		founderID, clock.At(tx.Now.Add(-doubleClick)), name)
	if err != nil {
		return g, fmt.Errorf("get a group that was just founded: %w", err)
	}
	return g, nil
}

// lockGroup reads a group that nobody else may change until the transaction ends, and into which nothing comes
// meanwhile.
func lockGroup(ctx context.Context, tx *sqldb.Tx, id int64) error {
	var locked int64
	if err := tx.GetLocked(ctx, &locked, `SELECT g.id FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE g.id = ?`, id); err != nil {
		return fmt.Errorf("lock group %d: %w", id, err)
	}
	return nil
}

func updateGroup(ctx context.Context, tx *sqldb.Tx, id int64, p Profile) error {
	_, err := tx.Exec(ctx, `UPDATE "groups" SET description = ?, address = ?, url = ?, closed = ?, founded_on = ?, changed_at = ? WHERE id = ?`,
		p.Description, p.Address, p.URL, p.Closed, p.FoundedOn, tx.Now, id)
	if err != nil {
		return fmt.Errorf("update group %d: %w", id, err)
	}
	return nil
}

// Card is a group in a list, and how the viewer stands to it.
type Card struct {
	community.Group
	Members    int   `db:"members"`
	Member     bool  `db:"member"`
	Subscribed bool  `db:"subscribed"`
	Score      int64 `db:"score"`

	AlbumCover string `db:"album_cover"` // of the pictures by which it introduces itself, or empty

	About markdown.Rendered `db:"-"` // the description, in lists that show it
}

// cardColumns are what a card shows of a group. Where it has chosen no cover, one of the pictures by which it introduces
// itself stands there.
var cardColumns = groupColumns + `,
	(SELECT COUNT(*) FROM memberships m WHERE m.group_id = g.id) AS members,
	EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = g.id AND m.person_id = ?) AS member,
	EXISTS (SELECT 1 FROM subscriptions s WHERE s.entity_id = g.entity_id AND s.person_id = ?) AS subscribed,
	COALESCE((SELECT a.picture FROM contents a WHERE a.id = (` + media.Introducing("g.entity_id") + `)), '') AS album_cover`

// entityColumns are what a list of names shows of a group.
const entityColumns = `e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture`

// listTop returns the most active groups.
func listTop(ctx context.Context, q sqldb.Querier, limit int) ([]community.Entity, error) {
	var top []community.Entity
	err := q.Select(ctx, &top, `
		SELECT `+entityColumns+`
		  FROM (SELECT id FROM entities WHERE kind = ? AND archived_at IS NULL ORDER BY score DESC, id DESC LIMIT ?) found
		  JOIN entities e ON e.id = found.id JOIN "groups" g ON g.entity_id = e.id ORDER BY e.score DESC, e.id DESC`, community.GroupEntity, limit)
	if err != nil {
		return nil, fmt.Errorf("list the most active groups: %w", err)
	}
	return top, nil
}

// listMine returns the groups of a person that are not archived: those in which they were most active themselves first, then
// the most active ones.
func listMine(ctx context.Context, q sqldb.Querier, personID int64, limit int) ([]community.Entity, error) {
	var mine []community.Entity
	err := q.Select(ctx, &mine, `
		SELECT `+entityColumns+` FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id
		 WHERE m.person_id = ? AND e.archived_at IS NULL ORDER BY m.score DESC, e.score DESC, e.id DESC LIMIT ?`, personID, limit)
	if err != nil {
		return nil, fmt.Errorf("list the groups of a person: %w", err)
	}
	return mine, nil
}

// filter narrows the list of groups.
type filter struct {
	archived bool   // those that are archived, the latest first whatever the sort, instead of the others
	name     string // part of the name, as name_key keeps it; "" for any
	member   int64  // only groups of this person; 0 for any
	tag      int64  // only groups with this tag; 0 for any
	sort     entities.Sort
	after    paging.Rank
}

// order returns the condition on groups g and their entities e that come after the last one that was shown, and their
// order.
func (f filter) order() (after string, args []any, order string) {
	if f.archived {
		after, args = f.after.After("e.archived_at", "e.id")
		return after, args, ` ORDER BY e.archived_at DESC, e.id DESC`
	}
	switch f.sort {
	case entities.ByName:
		after, args = entities.NameAfter(f.after)
		return after, args, ` ORDER BY e.name_key, e.id`
	case entities.Newest:
		if f.after == (paging.Rank{}) {
			return `TRUE`, nil, ` ORDER BY g.id DESC`
		}
		return `g.id < ?`, []any{f.after.ID}, ` ORDER BY g.id DESC`
	default:
		after, args = f.after.After("e.score", "e.id")
		return after, args, ` ORDER BY e.score DESC, e.id DESC`
	}
}

func (f filter) where() (condition string, args []any, order string) {
	condition, args, order = f.order()
	if f.archived {
		condition += ` AND e.archived_at IS NOT NULL`
	} else {
		condition += ` AND e.archived_at IS NULL`
	}
	if f.name != "" {
		condition += ` AND ` + entities.NameContains
		args = append(args, entities.NamePattern(f.name))
	}
	if f.member != 0 {
		condition += ` AND e.id IN (SELECT fg.entity_id FROM memberships fm JOIN "groups" fg ON fg.id = fm.group_id WHERE fm.person_id = ?)`
		args = append(args, f.member)
	}
	if f.tag != 0 {
		condition += ` AND e.id IN (SELECT tg.entity_id FROM group_tags ft JOIN "groups" tg ON tg.id = ft.group_id WHERE ft.tag_id = ?)`
		args = append(args, f.tag)
	}
	return condition, args, order
}

// rank returns the place of a group in a list of this order.
func (f filter) rank(c Card) paging.Rank {
	if f.archived {
		return paging.Rank{Score: c.ArchivedAt.UnixMilli(), ID: c.EntityID}
	}
	if f.sort == entities.Newest {
		return f.sort.Rank(c.Score, c.ID)
	}
	return f.sort.Rank(c.Score, c.EntityID)
}

// from is what groups are read from in the order of the list.
func (f filter) from() string {
	if f.sort == entities.Newest && !f.archived {
		return `"groups" g JOIN entities e ON e.id = g.entity_id`
	}
	return `entities e`
}

// listCards returns groups.
func listCards(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter, limit int) ([]Card, error) {
	where, args, order := f.where()
	args = append([]any{v.PersonID, v.PersonID, community.GroupEntity}, args...)
	var cards []Card
	// Which ones first, and then what they look like, so that nothing is counted for those that are not shown.
	err := q.Select(ctx, &cards, `
		SELECT `+cardColumns+`, e.score
		  FROM (SELECT e.id FROM `+f.from()+`
		         WHERE e.kind = ? AND `+where+order+` LIMIT ?) found
		  JOIN entities e ON e.id = found.id JOIN "groups" g ON g.entity_id = e.id`+order, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return cards, nil
}

// listAddresses returns the main mail addresses of people by their slugs in lower case, with the slugs. Unknown names and
// people without an address are left out.
func listAddresses(ctx context.Context, q sqldb.Querier, slugKeys []string) ([]bymail.Unasked, error) {
	if len(slugKeys) == 0 {
		return nil, nil
	}
	var rows []struct {
		Slug    string `db:"slug"`
		Address string `db:"address"`
	}
	err := q.Select(ctx, &rows, `
		SELECT e.slug, a.address FROM entities e JOIN people p ON p.entity_id = e.id JOIN email_addresses a ON a.person_id = p.id AND a.main
		 WHERE p.active AND e.slug_key IN (?) ORDER BY a.id`, slugKeys)
	if err != nil {
		return nil, fmt.Errorf("list addresses by names: %w", err)
	}
	found := make([]bymail.Unasked, len(rows))
	for i, r := range rows {
		found[i] = bymail.Unasked{Typed: "@" + r.Slug, Address: r.Address}
	}
	return found, nil
}

// foundedOn returns the day of a moment as it is stored.
func (r *Groups) foundedOn(t clock.Time) string { return t.In(r.deps.Zone).Format("2006-01-02") }
