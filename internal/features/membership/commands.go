package membership

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// commands are those about memberships.
func (m *Membership) commands() []commander.Command {
	return []commander.Command{
		{Name: "user join", Args: "NAME GROUP", About: lang.Text("Makes somebody a member of a group, also of a closed one."), Run: m.joinFor},
		{Name: "user leave", Args: "NAME GROUP", About: lang.Text("Ends somebody’s membership of a group."), Run: m.leaveFor},
		{Name: "group list-members", Args: "GROUP", About: lang.Text("Lists the members of a group."), Run: m.sayMembers},
	}
}

// named returns the group and the person that arguments name. Where only members can be meant, only they are offered.
func (m *Membership) named(ctx context.Context, q sqldb.Querier, person, group string, members bool) (p community.Entity, g community.Group, err error) {
	if g, err = m.groupNamed(ctx, q, group); err != nil {
		return p, g, err
	}
	slug := commander.Slug(person)
	p, err = getPersonBySlug(ctx, q, slug)
	if !errs.Is(err, errs.NotFound) {
		return p, g, err
	}
	if !members {
		return p, g, commander.Unknown(ctx, q, community.PersonEntity, slug)
	}
	all, err := listMemberSlugs(ctx, q, g.ID)
	if err != nil {
		return p, g, err
	}
	return p, g, commander.UnknownAmong(ctx, community.PersonEntity, slug, all)
}

func (m *Membership) groupNamed(ctx context.Context, q sqldb.Querier, arg string) (community.Group, error) {
	slug := commander.Slug(arg)
	g, err := m.deps.Groups.GetBySlug(ctx, q, slug)
	if errs.Is(err, errs.NotFound) {
		return g, commander.Unknown(ctx, q, community.GroupEntity, slug)
	}
	return g, err
}

func (m *Membership) joinFor(ctx context.Context, args []string) (commander.Reply, error) {
	var p community.Entity
	var g community.Group
	added := false
	err := m.deps.DB.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if p, g, err = m.named(ctx, tx, args[0], args[1], false); err != nil {
			return err
		}
		if err = lockOpenness(ctx, tx, &g); err != nil {
			return err
		}
		added, err = m.Add(ctx, tx, g, p.OwnerID, p.OwnerID)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !added:
		return commander.Reply{lang.T(ctx, "%s is a member of %s already.", p.Slug, g.Slug)}, nil
	default:
		return commander.Reply{lang.T(ctx, "%s is a member of %s now.", p.Slug, g.Slug)}, nil
	}
}

func (m *Membership) leaveFor(ctx context.Context, args []string) (commander.Reply, error) {
	var p community.Entity
	var g community.Group
	removed := false
	err := m.deps.DB.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if p, g, err = m.named(ctx, tx, args[0], args[1], true); err != nil {
			return err
		}
		removed, err = m.Remove(ctx, tx, g, p.OwnerID, p.OwnerID)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !removed:
		return nil, commander.Refuse(lang.T(ctx, "%s isn’t a member of %s.", p.Slug, g.Slug))
	default:
		return commander.Reply{lang.T(ctx, "%s is no longer a member of %s.", p.Slug, g.Slug)}, nil
	}
}

// maxSaid is how many members are listed in a reply.
const maxSaid = 500

func (m *Membership) sayMembers(ctx context.Context, args []string) (commander.Reply, error) {
	g, err := m.groupNamed(ctx, m.deps.DB, args[0])
	if err != nil {
		return nil, err
	}
	total, err := countMembers(ctx, m.deps.DB, g.ID)
	if err != nil {
		return nil, err
	}
	members, err := listMembers(ctx, m.deps.DB, g.ID, Query{}, maxSaid)
	if err != nil {
		return nil, err
	}
	reply := commander.Reply{lang.N(ctx, "%d member of %s", "%d members of %s", total, total, g.Slug)}
	for _, member := range members {
		reply = append(reply, commander.Item(fmt.Sprintf("%s (%s)", member.Name, member.Slug)))
	}
	if len(members) < total {
		reply = append(reply, lang.T(ctx, "… and more."))
	}
	return reply, nil
}

// getPersonBySlug returns a person by their slug, whatever its case; NotFound if there is none.
func getPersonBySlug(ctx context.Context, q sqldb.Querier, slug string) (p community.Entity, err error) {
	err = q.Get(ctx, &p, `SELECT e.id, e.kind, p.id AS owner_id, e.slug, e.name, e.colour, e.picture FROM people p JOIN entities e ON e.id = p.entity_id WHERE e.slug_key = ?`, strings.ToLower(slug))
	if err != nil {
		return p, fmt.Errorf("get the person %q: %w", slug, err)
	}
	return p, nil
}

func listMemberSlugs(ctx context.Context, q sqldb.Querier, groupID int64) (slugs []string, err error) {
	err = q.Select(ctx, &slugs, `
		SELECT e.slug FROM memberships m JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id WHERE m.group_id = ? ORDER BY e.slug_key, e.id`, groupID)
	if err != nil {
		return nil, fmt.Errorf("list the members of group %d: %w", groupID, err)
	}
	return slugs, nil
}
