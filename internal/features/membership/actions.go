package membership

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Add makes a person a member, whoever allowed it, and reports whether they were none before. byID is who did it: the
// person themselves when they joined. Of two who add the same person at once, one adds. Denied if the group is
// archived.
func (m *Membership) Add(ctx context.Context, tx *sqldb.Tx, g community.Group, personID, byID int64) (added bool, err error) {
	if g.Archived() {
		return false, community.ErrArchived()
	}
	added, err = insertMembership(ctx, tx, g.ID, personID, byID)
	if err != nil || !added {
		return false, err
	}
	_, err = m.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.MembershipCreated, ActorID: byID, EntityID: g.EntityID, PersonID: personID,
	})
	return err == nil, err
}

// Remove ends a person's membership, whoever allowed it, and reports whether there was one.
func (m *Membership) Remove(ctx context.Context, tx *sqldb.Tx, g community.Group, personID, byID int64) (removed bool, err error) {
	removed, err = deleteMembership(ctx, tx, g.ID, personID)
	if err != nil || !removed {
		return false, err
	}
	_, err = m.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.MembershipEnded, ActorID: byID, EntityID: g.EntityID, PersonID: personID,
	})
	return err == nil, err
}

// welcomeFounder makes whoever founded a group its first member. Groups that were founded by somebody
// unknown begin without one.
func (m *Membership) welcomeFounder(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	if e.ActorID == 0 {
		return nil
	}
	g, err := m.deps.Groups.GetByEntity(ctx, tx, e.EntityID)
	if err != nil {
		return err
	}
	_, err = m.Add(ctx, tx, g, e.ActorID, e.ActorID)
	return err
}

// Join makes the viewer a member of an open group and reports whether they were none before.
func (m *Membership) Join(ctx context.Context, viewer community.Viewer, g community.Group) (joined bool, err error) {
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var s community.Standing
		if err = lockOpenness(ctx, tx, &g); err != nil {
			return err
		}
		if s, err = policy.Standing(ctx, tx, viewer, g.Entity()); err != nil {
			return err
		}
		if joined = false; s.Member {
			return nil
		}
		if !CanJoin(s, g) {
			return errClosed(s)
		}
		joined, err = m.Add(ctx, tx, g, viewer.PersonID, viewer.PersonID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("join group %d: %w", g.ID, err)
	}
	return joined, nil
}

// errClosed says why somebody who stands to a group like this cannot join it by themselves.
func errClosed(s community.Standing) error {
	if s.Archived {
		return community.ErrArchived()
	}
	return errs.New(errs.Denied, "This group is closed: its members decide who joins.")
}

// Leave ends the viewer's membership and reports whether there was one.
func (m *Membership) Leave(ctx context.Context, viewer community.Viewer, g community.Group) (left bool, err error) {
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		left, err = m.Remove(ctx, tx, g, viewer.PersonID, viewer.PersonID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("leave group %d: %w", g.ID, err)
	}
	return left, nil
}

// AddByAddress makes the owner of a mail address a member of a closed group, as its members may, and
// reports whether they were none before. Somebody unknown comes into being by their address. TooMany if others have had
// many mails sent to the address today.
func (m *Membership) AddByAddress(ctx context.Context, viewer community.Viewer, g community.Group, address string) (added bool, err error) {
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var s community.Standing
		if err = lockOpenness(ctx, tx, &g); err != nil {
			return err
		}
		if s, err = policy.Standing(ctx, tx, viewer, g.Entity()); err != nil {
			return err
		}
		if !CanAdd(s, g) {
			return errCannotAdd(s)
		}
		if err := bymail.CountUnasked(ctx, tx, m.deps.Limiter, bymail.Unasked{Typed: address, Address: address}); err != nil {
			return err
		}
		p, err := m.deps.People.FindOrCreate(ctx, tx, address, false)
		if err != nil {
			return err
		}
		added, err = m.Add(ctx, tx, g, p.ID, viewer.PersonID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("add a member to group %d: %w", g.ID, err)
	}
	return added, nil
}

// errCannotAdd says why somebody who stands to a group like this cannot let others in.
func errCannotAdd(s community.Standing) error {
	if s.Member && s.Archived {
		return community.ErrArchived()
	}
	return errs.New(errs.Denied, "Only members of a closed group can add others. Anyone can join an open group.")
}

// Apply makes a message to a closed group an application for membership of its author. The room of
// conversations calls it in the transaction that writes the message.
func (m *Membership) Apply(ctx context.Context, tx *sqldb.Tx, g community.Group, personID, contributionID int64) error {
	member, err := isMember(ctx, tx, g.ID, personID)
	if err != nil {
		return err
	}
	if !CanApply(community.Standing{Member: member}, g) {
		return errs.New(errs.Denied, "You can’t ask to join this group, or you’re already a member.")
	}
	if _, err := insertApplication(ctx, tx, g.ID, personID, contributionID); err != nil {
		return err
	}
	_, err = m.deps.Outbox.Record(ctx, tx, community.Activity{
		Name: community.ApplicationAddressed, ActorID: personID, EntityID: g.EntityID, PersonID: personID, ContributionID: contributionID,
	})
	return err
}

// Applications returns the applications that came with the messages of a conversation, oldest first.
func (m *Membership) Applications(ctx context.Context, q sqldb.Querier, conversationID int64) ([]Application, error) {
	return listApplications(ctx, q, conversationID)
}

// Accept makes an applicant a member and reports whether they were none before. Every member of the group
// may, also after another one has declined: people think again.
func (m *Membership) Accept(ctx context.Context, viewer community.Viewer, applicationID int64) (a Application, added bool, err error) {
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var g community.Group
		if a, g, err = m.lockAnswerable(ctx, tx, viewer, applicationID); err != nil {
			return err
		}
		added, err = m.Add(ctx, tx, g, a.PersonID, viewer.PersonID)
		return err
	})
	if err != nil {
		return a, false, fmt.Errorf("accept application %d: %w", applicationID, err)
	}
	return a, added, nil
}

// Decline closes an application and reports whether it was open. The applicant is told. Every member of the group may.
func (m *Membership) Decline(ctx context.Context, viewer community.Viewer, applicationID int64) (a Application, declined bool, err error) {
	err = m.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var g community.Group
		if a, g, err = m.lockAnswerable(ctx, tx, viewer, applicationID); err != nil {
			return err
		}
		if declined = a.Open(); !declined {
			return nil
		}
		if err = markDeclined(ctx, tx, a.ID); err != nil {
			return err
		}
		_, err = m.deps.Outbox.Record(ctx, tx, community.Activity{
			Name: community.ApplicationDeclined, ActorID: viewer.PersonID, EntityID: g.EntityID, PersonID: a.PersonID, ContributionID: a.ContributionID,
		})
		return err
	})
	if err != nil {
		return a, false, fmt.Errorf("decline application %d: %w", applicationID, err)
	}
	return a, declined, nil
}

// lockAnswerable is answerable for whoever answers: nobody else does at the same moment.
func (m *Membership) lockAnswerable(ctx context.Context, tx *sqldb.Tx, viewer community.Viewer, id int64) (a Application, g community.Group, err error) {
	if err := lockApplication(ctx, tx, id); err != nil {
		return a, g, err
	}
	return m.answerable(ctx, tx, viewer, id)
}

// answerable returns an application that the viewer may accept or decline, and its group.
func (m *Membership) answerable(ctx context.Context, q sqldb.Querier, viewer community.Viewer, id int64) (a Application, g community.Group, err error) {
	if a, err = getApplication(ctx, q, id); err != nil {
		return a, g, err
	}
	if g, err = m.deps.Groups.Get(ctx, q, a.GroupID); err != nil {
		return a, g, err
	}
	s, err := policy.Standing(ctx, q, viewer, g.Entity())
	if err != nil {
		return a, g, err
	}
	if !CanAnswer(s) {
		return a, g, errs.New(errs.Denied, "Only members of the group can answer requests to join.")
	}
	return a, g, nil
}

// Query says which members a list shows.
type Query struct {
	Name  string      // part of the name; "" for any
	After paging.Rank // only those that come after it
}

// Page is a page of the list of members.
type Page struct {
	Members []Member
	Total   int         // members of the group, whatever is looked for
	Last    paging.Rank // of the last member, where the next page begins; zero if there is none
}

const perPage = 12

// Members returns a page of the list of members, the most active ones first. The caller has asked
// CanSeeMembers.
func (m *Membership) Members(ctx context.Context, q sqldb.Querier, groupID int64, query Query) (p Page, err error) {
	if p.Total, err = countMembers(ctx, q, groupID); err != nil {
		return p, err
	}
	found, err := listMembers(ctx, q, groupID, query, perPage+1)
	p.Members, p.Last = paging.Cut(found, perPage, Member.rank)
	return p, err
}
