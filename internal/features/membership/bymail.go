package membership

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// JoiningByMail makes the owner of a mailbox a member of an open group.
func (m *Membership) JoiningByMail() *bymail.Flow {
	return m.joining(bymail.Request{
		Kind: "join", Path: "/stadt/groups/join/confirm/",
		Account: func(w bymail.Wish) string { return community.JoinPath(w.Group.Slug) },
		May: func(g community.Group) error {
			if !CanJoinByMail(community.Standing{}, g) {
				return errClosed(community.Standing{Archived: g.Archived()})
			}
			return nil
		},
		Do: m.joinProven,
	})
}

// EnteringByMail makes the owner of a mailbox who has an invitation a member of the group that it opens.
func (m *Membership) EnteringByMail() *bymail.Flow {
	return m.joining(bymail.Request{
		Kind: "enter", Path: "/stadt/groups/invitations/confirm/",
		Behind: func(ctx context.Context, q sqldb.Querier, key string) (community.Group, error) {
			_, g, err := m.FindInvitation(ctx, q, key)
			return g, err
		},
		Account: func(w bymail.Wish) string { return invitationPath(w.Key) },
		Do: func(ctx context.Context, tx *sqldb.Tx, w bymail.Wish, personID int64) (bool, error) {
			_, entered, err := m.enter(ctx, tx, personID, w.Key)
			return entered, err
		},
	})
}

// joining adds to a request to belong to a group what it says.
func (m *Membership) joining(r bymail.Request) *bymail.Flow {
	r.Has, r.Answer = belongs, answerJoined
	r.Sent = lang.Text("We’ve sent you an email. Open the link in it to become a member.")
	r.Words = func(p *lang.Printer, g community.Group, address string) bymail.Words {
		return bymail.Words{
			Title: p.T("Join by email"),
			Form: bymail.Form{
				Lead:   p.T("You can join “%s” without an account: enter your email address and open the link we send you.", g.Name),
				Button: p.T("Join"),
			},
			Letter: bymail.Letter{
				Kind: "confirm-join", Subject: p.T("Please confirm your membership"), Button: p.T("Join the group"),
				Intro: p.T("Someone (probably you) would like to join the group “%s” at %s with this email address.", g.Name, m.deps.SiteName),
			},
			Nothing: notify.Letter{
				Kind: "member-already", Subject: p.T("You’re already a member of the group"),
				Intro:   p.T("Someone (probably you) would like to join the group “%s” at %s with this email address. You’re already a member, so there’s nothing to do.", g.Name, m.deps.SiteName),
				Actions: []notify.Action{{Label: p.T("Go to the group"), URL: m.deps.BaseURL + g.Entity().Path()}},
			},
			Question: parts.Confirmation{Question: p.T("Do you want to join the group “%s” with the address %s?", g.Name, address), Button: p.T("Join")},
		}
	}
	return m.deps.ByMail.Flow(r)
}

func belongs(ctx context.Context, q sqldb.Querier, g community.Group, personID int64) (bool, error) {
	return isMember(ctx, q, g.ID, personID)
}

// joinProven makes the owner of a mailbox a member. A group that has been closed since the letter is a Conflict.
func (m *Membership) joinProven(ctx context.Context, tx *sqldb.Tx, w bymail.Wish, personID int64) (joined bool, err error) {
	g := w.Group
	if err = lockOpenness(ctx, tx, &g); err != nil {
		return false, err
	}
	member, err := isMember(ctx, tx, g.ID, personID)
	switch {
	case err != nil || member:
		return false, err
	case g.Closed:
		return false, errs.New(errs.Conflict, "This group is now closed: its members decide who joins. Write to the group to ask.")
	}
	return m.Add(ctx, tx, g, personID, personID)
}

// LeavingByMail ends the membership of the owner of a mailbox.
func (m *Membership) LeavingByMail() *bymail.Flow {
	return m.deps.ByMail.Flow(bymail.Request{
		Kind: "resign", Path: "/stadt/groups/resign/confirm/", Ends: true,
		Account: func(w bymail.Wish) string { return community.LeavePath(w.Group.ID) },
		Has:     belongs, Do: m.leaveProven, Answer: answerLeft,
		Sent: lang.Text("We’ve sent you an email. It says what to do next."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			leave := p.T("Leave the group")
			return bymail.Words{
				Title: leave,
				Form: bymail.Form{
					Lead:   p.T("Enter the email address you joined “%s” with. We’ll send you a link that ends your membership.", g.Name),
					Button: p.T("Send email"),
				},
				Letter: bymail.Letter{
					Kind: "confirm-leave", Subject: p.T("Please confirm that you’re leaving the group"), Button: leave,
					Intro: p.T("Someone (probably you) would like to leave the group “%s” at %s with this email address.", g.Name, m.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "no-member", Subject: p.T("You’re not a member of the group"),
					Intro: p.T("Someone (probably you) would like to leave the group “%s” at %s with this email address. No member of the group uses it, so there’s nothing to do.", g.Name, m.deps.SiteName),
					Note:  p.T("If you still get emails from the group, you may have joined with another address. Each email says at the end how to stop them."),
				},
				Question: parts.Confirmation{Question: p.T("Do you want to end the membership of %s in the group “%s”?", address, g.Name), Button: leave, Danger: true},
			}
		},
	})
}

func (m *Membership) leaveProven(ctx context.Context, tx *sqldb.Tx, w bymail.Wish, personID int64) (left bool, err error) {
	return m.Remove(ctx, tx, w.Group, personID, personID)
}
