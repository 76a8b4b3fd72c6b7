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
	return m.deps.ByMail.Flow(bymail.Request{
		Kind: "join", Path: "/stadt/groups/join/confirm/",
		Account: func(g community.Group) string { return community.JoinPath(g.Slug) },
		May: func(g community.Group) error {
			if !CanJoinByMail(community.Standing{}, g) {
				return errClosed()
			}
			return nil
		},
		Has: belongs, Do: m.joinProven, Answer: answerJoined,
		Sent: lang.Text("A mail is on its way to you. Follow the link in it to become a member."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			return bymail.Words{
				Title: p.T("Join by mail"),
				Form: bymail.Form{
					Lead:   p.T("You can belong to “%s” without an account: enter your mail address and follow the link in the mail that you get.", g.Name),
					Button: p.T("Join"),
				},
				Letter: bymail.Letter{
					Kind: "confirm-join", Subject: p.T("Membership: please confirm"), Button: p.T("Join the group"),
					Intro: p.T("Somebody, probably you, wants to join the group “%s” on %s with this mail address.", g.Name, m.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "member-already", Subject: p.T("Membership: you belong to the group already"),
					Intro:   p.T("Somebody, probably you, wants to join the group “%s” on %s with this mail address. You are a member already, so there is nothing to do.", g.Name, m.deps.SiteName),
					Actions: []notify.Action{{Label: p.T("Go to the group"), URL: m.deps.BaseURL + g.Entity().Path()}},
				},
				Question: parts.Confirmation{Question: p.T("Do you want to join the group “%s” with the address %s?", g.Name, address), Button: p.T("Join")},
			}
		},
	})
}

func belongs(ctx context.Context, q sqldb.Querier, g community.Group, personID int64) (bool, error) {
	return isMember(ctx, q, g.ID, personID)
}

// joinProven makes the owner of a mailbox a member. A group that has been closed since the letter is a Conflict.
func (m *Membership) joinProven(ctx context.Context, tx *sqldb.Tx, g community.Group, personID int64) (joined bool, err error) {
	if g.Closed, err = lockOpenness(ctx, tx, g.ID); err != nil {
		return false, err
	}
	member, err := isMember(ctx, tx, g.ID, personID)
	switch {
	case err != nil || member:
		return false, err
	case g.Closed:
		return false, errs.New(errs.Conflict, "This group has been closed meanwhile: only its members add members. Write to the group to apply.")
	}
	return m.Add(ctx, tx, g, personID, personID)
}

// LeavingByMail ends the membership of the owner of a mailbox.
func (m *Membership) LeavingByMail() *bymail.Flow {
	return m.deps.ByMail.Flow(bymail.Request{
		Kind: "resign", Path: "/stadt/groups/resign/confirm/", Ends: true,
		Account: func(g community.Group) string { return community.LeavePath(g.ID) },
		Has:     belongs, Do: m.leaveProven, Answer: answerLeft,
		Sent: lang.Text("A mail is on its way to you. It says how to go on."),
		Words: func(p *lang.Printer, g community.Group, address string) bymail.Words {
			leave := p.T("Leave the group")
			return bymail.Words{
				Title: leave,
				Form: bymail.Form{
					Lead:   p.T("Enter the mail address with which you belong to “%s”. You get a mail with a link that ends your membership.", g.Name),
					Button: p.T("Send the mail"),
				},
				Letter: bymail.Letter{
					Kind: "confirm-leave", Subject: p.T("Membership: please confirm that you leave"), Button: leave,
					Intro: p.T("Somebody, probably you, wants to leave the group “%s” on %s with this mail address.", g.Name, m.deps.SiteName),
				},
				Nothing: notify.Letter{
					Kind: "no-member", Subject: p.T("Membership: there is none"),
					Intro: p.T("Somebody, probably you, wants to leave the group “%s” on %s with this mail address. No member of the group has it, so there is nothing to do.", g.Name, m.deps.SiteName),
					Note:  p.T("If you still get mails of the group, you perhaps joined with another address. The mails say at their end how to stop them."),
				},
				Question: parts.Confirmation{Question: p.T("Do you want to end the membership of %s in the group “%s”?", address, g.Name), Button: leave, Danger: true},
			}
		},
	})
}

func (m *Membership) leaveProven(ctx context.Context, tx *sqldb.Tx, g community.Group, personID int64) (left bool, err error) {
	return m.Remove(ctx, tx, g, personID, personID)
}
