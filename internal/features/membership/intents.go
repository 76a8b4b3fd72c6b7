package membership

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

var _ intents.Intents = (*Membership)(nil)

// destination is what a path stands for: the page to join a group, or the link of an invitation.
type destination struct {
	slug string // of the group to join
	key  string // of the invitation
}

func parseDestination(path string) (d destination, ok bool) {
	u, err := url.Parse(path)
	if err != nil {
		return d, false
	}
	switch words := strings.Split(strings.Trim(u.Path, "/"), "/"); {
	case len(words) != 3:
		return d, false
	case words[1] == "actions" && words[2] == "join":
		d.slug = words[0]
		return d, true
	case "/"+words[0]+"/"+words[1]+"/" == invitationsPath:
		d.key = words[2]
		return d, true
	}
	return d, false
}

// Find implements intents.Intents: the pages to join a group and the links of invitations are about belonging to it.
func (m *Membership) Find(ctx context.Context, q sqldb.Querier, path string) (i intents.Intent, err error) {
	d, ok := parseDestination(path)
	if !ok {
		return i, nil
	}
	if d.key != "" {
		_, i.Group, err = m.FindInvitation(ctx, q, d.key)
		i.ByMail = enterByMailPath(d.key)
	} else {
		i.Group, err = m.deps.Groups.GetBySlug(ctx, q, d.slug)
		i.Message, i.ByMail = i.Group.Closed, byMailPath(i.Group)
	}
	if errs.Is(err, errs.NotFound) || i.Group.Archived() {
		return intents.Intent{}, nil
	}
	return i, err
}

// byMailPath returns where people take part in a group with a mail address alone.
func byMailPath(g community.Group) string {
	if g.Closed {
		return community.ApplyPath(g.ID)
	}
	return joinRequestPath(g.Slug)
}

// joinRequestPath returns the address where somebody without an account joins an open group by mail.
func joinRequestPath(slug string) string { return community.EntityPath(slug) + "join/request/" }

// Fulfil implements intents.Intents. A group that has been closed since gets nothing without a message, and an invitation
// that has been withdrawn since opens nothing. Nobody gets into a group that has been archived.
func (m *Membership) Fulfil(ctx context.Context, tx *sqldb.Tx, path string, person community.Person, message string) (f intents.Fulfilled, err error) {
	d, ok := parseDestination(path)
	if !ok {
		return f, nil
	}
	if d.key != "" {
		f, err = m.fulfilInvitation(ctx, tx, d.key, person)
	} else {
		f, err = m.fulfilJoining(ctx, tx, d.slug, person, message)
	}
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied) && f.Group.Archived():
		return intents.Fulfilled{}, nil
	case err != nil:
		return f, fmt.Errorf("do what person %d came for: %w", person.ID, err)
	}
	return f, nil
}

func (m *Membership) fulfilInvitation(ctx context.Context, tx *sqldb.Tx, key string, person community.Person) (intents.Fulfilled, error) {
	g, entered, err := m.enter(ctx, tx, person.ID, key)
	return outcome(g, entered), err
}

func outcome(g community.Group, joined bool) intents.Fulfilled {
	if joined {
		return intents.Fulfilled{Outcome: intents.Joined, Group: g}
	}
	return intents.Fulfilled{Outcome: intents.Already, Group: g}
}

func (m *Membership) fulfilJoining(ctx context.Context, tx *sqldb.Tx, slug string, person community.Person, message string) (f intents.Fulfilled, err error) {
	g, err := m.deps.Groups.GetBySlug(ctx, tx, slug)
	if err != nil {
		return f, err
	}
	if err = lockOpenness(ctx, tx, &g); err != nil {
		return f, err
	}
	s, err := policy.Standing(ctx, tx, community.Viewer{PersonID: person.ID}, g.Entity())
	switch {
	case err != nil:
		return f, err
	case s.Member:
		return outcome(g, false), nil
	case CanJoin(s, g):
		joined, err := m.Add(ctx, tx, g, person.ID, person.ID)
		return outcome(g, joined), err
	case !CanApply(s, g) || !glyph.Visible(message) || m.deps.Applications == nil:
		return f, nil
	}
	return intents.Fulfilled{Outcome: intents.Applied, Group: g}, m.deps.Applications().ApplyWith(ctx, tx, g, person, message)
}
