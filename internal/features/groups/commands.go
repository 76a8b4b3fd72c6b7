package groups

import (
	"context"
	"fmt"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// commands are those about groups.
func (r *Groups) commands() []commander.Command {
	return []commander.Command{
		{Name: "group show", Args: "GROUP", About: lang.Text("Shows a group."), Run: r.sayGroup},
		{Name: "group remove", Args: "GROUP", About: lang.Text("Removes a group with everything it posted."), Plan: r.planRemoval, Run: r.removeNamed},
	}
}

// named returns the group that an argument names. A Refusal offers those that may have been meant.
func (r *Groups) named(ctx context.Context, arg string) (community.Group, error) {
	slug := commander.Slug(arg)
	g, err := r.Find(ctx, slug)
	if errs.Is(err, errs.NotFound) {
		return g, commander.Unknown(ctx, r.deps.DB, community.GroupEntity, slug)
	}
	return g, err
}

// size is how much there is of a group.
type size struct {
	Members     int        `db:"members"`
	Subscribers int        `db:"subscribers"`
	Contents    int        `db:"contents"`
	LatestAt    clock.Time `db:"latest_at"`
}

func (r *Groups) sizeOf(ctx context.Context, g community.Group) (s size, err error) {
	err = r.deps.DB.Get(ctx, &s, `
		SELECT (SELECT COUNT(*) FROM memberships m WHERE m.group_id = ?) AS members,
		       (SELECT COUNT(*) FROM subscriptions s WHERE s.entity_id = ?) AS subscribers,
		       (SELECT COUNT(*) FROM contents c WHERE c.entity_id = ? AND c.deleted_at IS NULL) AS contents,
		       (SELECT MAX(l.at) FROM (SELECT MAX(c.published_at) AS at FROM contents c WHERE c.entity_id = ? AND c.deleted_at IS NULL UNION ALL
		               SELECT MAX(k.created_at) FROM contributions k JOIN contents c ON c.id = k.content_id WHERE c.entity_id = ? AND c.deleted_at IS NULL AND k.deleted_at IS NULL UNION ALL
		               SELECT MAX(v.latest_at) FROM conversations v WHERE v.entity_id = ? AND v.deleted_at IS NULL) l) AS latest_at`,
		g.ID, g.EntityID, g.EntityID, g.EntityID, g.EntityID, g.EntityID)
	if err != nil {
		return s, fmt.Errorf("count what there is of group %d: %w", g.ID, err)
	}
	return s, nil
}

func (r *Groups) sayGroup(ctx context.Context, args []string) (commander.Reply, error) {
	g, err := r.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	s, err := r.sizeOf(ctx, g)
	if err != nil {
		return nil, err
	}
	state := lang.T(ctx, "open")
	if g.Closed {
		state = lang.T(ctx, "closed")
	}
	if g.Archived() {
		state += ", " + lang.T(ctx, "archived")
	}
	latest := lang.T(ctx, "None")
	if !s.LatestAt.IsZero() {
		latest = commander.Moment(ctx, s.LatestAt)
	}
	return commander.Reply{
		fmt.Sprintf("%s: %s", g.Name, r.deps.BaseURL+community.EntityPath(g.Slug)),
		commander.Pair(lang.T(ctx, "Status"), state),
		commander.Pair(lang.T(ctx, "Members"), strconv.Itoa(s.Members)),
		commander.Pair(lang.T(ctx, "Subscribers"), strconv.Itoa(s.Subscribers)),
		commander.Pair(lang.T(ctx, "Posts"), strconv.Itoa(s.Contents)),
		commander.Pair(lang.T(ctx, "Latest activity"), latest),
	}, nil
}

func (r *Groups) planRemoval(ctx context.Context, args []string) (string, error) {
	g, err := r.named(ctx, args[0])
	if err != nil {
		return "", err
	}
	s, err := r.sizeOf(ctx, g)
	if err != nil {
		return "", err
	}
	return lang.T(ctx, "This removes the group %s (%s) for good, with everything it posted: members: %d, posts: %d. Its members will be told.", g.Slug, g.Name, s.Members, s.Contents), nil
}

func (r *Groups) removeNamed(ctx context.Context, args []string) (commander.Reply, error) {
	g, err := r.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if _, err := r.Remove(ctx, g.Slug); err != nil {
		return nil, err
	}
	return commander.Reply{lang.T(ctx, "The group %s has been removed.", g.Slug)}, nil
}
