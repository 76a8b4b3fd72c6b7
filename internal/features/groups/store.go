package groups

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const groupColumns = `g.id, g.entity_id, e.slug, e.name, e.colour, e.picture, e.cover, g.description, g.address, g.url, g.closed, g.founded_on, g.created_at`

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

// counts is how many take part in a group.
type counts struct {
	Members     int `db:"members"`
	Subscribers int `db:"subscribers"`
}

const countColumns = `,
	(SELECT COUNT(*) FROM memberships cm WHERE cm.group_id = g.id) AS members,
	(SELECT COUNT(*) FROM subscriptions cs WHERE cs.entity_id = g.entity_id) AS subscribers`

// getVisited returns the group that a condition names and the viewer's ties to it, in one query; with countColumns also
// how many take part.
func getVisited(ctx context.Context, q sqldb.Querier, v community.Viewer, more, condition string, arg any) (visited, error) {
	ties, args := policy.TiesTo("g.entity_id", v)
	var found visited
	err := q.Get(ctx, &found, `SELECT `+groupColumns+`, `+ties+more+` FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE `+condition,
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

// lockGroup reads a group that nobody else may change until the transaction ends.
func lockGroup(ctx context.Context, tx *sqldb.Tx, id int64) error {
	var locked int64
	if err := tx.GetLocked(ctx, &locked, `SELECT id FROM "groups" WHERE id = ?`, id); err != nil {
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

	About markdown.Rendered `db:"-"` // the description, in lists that show it
}

// rank returns the place of the group in the list.
func (c Card) rank() paging.Rank { return paging.Rank{Score: c.Score, ID: c.EntityID} }

const cardColumns = groupColumns + `,
	(SELECT COUNT(*) FROM memberships m WHERE m.group_id = g.id) AS members,
	EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = g.id AND m.person_id = ?) AS member,
	EXISTS (SELECT 1 FROM subscriptions s WHERE s.entity_id = g.entity_id AND s.person_id = ?) AS subscribed`

// entityColumns are what a list of names shows of a group.
const (
	entityColumns = `e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture`
	activeFirst   = ` ORDER BY e.score DESC, e.id DESC LIMIT ?`
)

// listTop returns the most active groups.
func listTop(ctx context.Context, q sqldb.Querier, limit int) ([]community.Entity, error) {
	var top []community.Entity
	err := q.Select(ctx, &top, `
		SELECT `+entityColumns+`
		  FROM (SELECT id FROM entities WHERE kind = ? ORDER BY score DESC, id DESC LIMIT ?) found
		  JOIN entities e ON e.id = found.id JOIN "groups" g ON g.entity_id = e.id ORDER BY e.score DESC, e.id DESC`, community.GroupEntity, limit)
	if err != nil {
		return nil, fmt.Errorf("list the most active groups: %w", err)
	}
	return top, nil
}

// listMine returns the groups of a person, the most active ones first.
func listMine(ctx context.Context, q sqldb.Querier, personID int64, limit int) ([]community.Entity, error) {
	var mine []community.Entity
	err := q.Select(ctx, &mine, `
		SELECT `+entityColumns+` FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id
		 WHERE m.person_id = ?`+activeFirst, personID, limit)
	if err != nil {
		return nil, fmt.Errorf("list the groups of a person: %w", err)
	}
	return mine, nil
}

// filter narrows the list of groups.
type filter struct {
	name   string // part of the name, in lower case; "" for any
	member int64  // only groups of this person; 0 for any
	after  paging.Rank
}

func (f filter) where() (condition string, args []any) {
	condition, args = f.after.After("e.score", "e.id")
	if f.name != "" {
		condition += ` AND e.name_key LIKE ? ESCAPE '!'`
		args = append(args, "%"+sqldb.EscapeLike(f.name)+"%")
	}
	if f.member != 0 {
		condition += ` AND e.id IN (SELECT fg.entity_id FROM memberships fm JOIN "groups" fg ON fg.id = fm.group_id WHERE fm.person_id = ?)`
		args = append(args, f.member)
	}
	return condition, args
}

// listCards returns groups, the most active ones first.
func listCards(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter, limit int) ([]Card, error) {
	where, args := f.where()
	args = append([]any{v.PersonID, v.PersonID, community.GroupEntity}, args...)
	var cards []Card
	// Which ones first, and then what they look like, so that nothing is counted for those that are not shown.
	err := q.Select(ctx, &cards, `
		SELECT `+cardColumns+`, e.score
		  FROM (SELECT e.id, e.score FROM entities e
		         WHERE e.kind = ? AND `+where+` ORDER BY e.score DESC, e.id DESC LIMIT ?) found
		  JOIN entities e ON e.id = found.id JOIN "groups" g ON g.entity_id = e.id
		 ORDER BY found.score DESC, found.id DESC`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return cards, nil
}

// listAddresses returns the main mail addresses of people by their slugs in lower case. Unknown names and
// people without an address are left out.
func listAddresses(ctx context.Context, q sqldb.Querier, slugKeys []string) ([]string, error) {
	if len(slugKeys) == 0 {
		return nil, nil
	}
	var addresses []string
	err := q.Select(ctx, &addresses, `
		SELECT a.address FROM entities e JOIN people p ON p.entity_id = e.id JOIN email_addresses a ON a.person_id = p.id AND a.main
		 WHERE p.active AND e.slug_key IN (?) ORDER BY a.id`, slugKeys)
	if err != nil {
		return nil, fmt.Errorf("list addresses by names: %w", err)
	}
	return addresses, nil
}

// foundedOn returns the day of a moment as it is stored.
func (r *Groups) foundedOn(t clock.Time) string { return t.In(r.deps.Zone).Format("2006-01-02") }
