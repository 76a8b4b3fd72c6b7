package membership

import (
	"fmt"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// leavePath is where somebody leaves a group by a link that only they have: whoever was added without asking has no
// account, perhaps, and should not need one to be rid of it.
const leavePath = "/stadt/groups/resign/{group}/{person}/{key}"

// leaveURL returns the absolute address by which a person leaves a group. A POST to it needs nothing else; a GET asks
// first, because programs that scan mails follow links.
func (m *Membership) leaveURL(personID, groupID int64) string {
	return fmt.Sprintf("%s/stadt/groups/resign/%d/%d/%s/", m.deps.BaseURL, groupID, personID, m.deps.LeavingLinks.Key(personID, groupID))
}

func (m *Membership) askToLeave(v *site.Visit) error {
	g, _, err := m.deps.LeavingLinks.Visited(v, m.deps.DB, m.deps.Groups)
	if err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("Leave the group"), leaveForm(v, g)))
}

// leave answers the POST of a mail program as well as that of the form: with 200 and no redirect, as RFC 8058 asks, and
// the same if it comes twice. Who has signed in does not matter.
func (m *Membership) leave(v *site.Visit) error {
	g, personID, err := m.deps.LeavingLinks.Visited(v, m.deps.DB, m.deps.Groups)
	if err != nil {
		return err
	}
	if _, err := m.Leave(v.Context(), community.Viewer{PersonID: personID}, g); err != nil {
		return err
	}
	return v.Show(v.GroupPage(g, v.T("You left the group"), leftBody(g)))
}

// leaveForm asks a member whether they want to leave.
func leaveForm(v *site.Visit, g community.Group) templ.Component {
	return parts.ConfirmForm(parts.Confirmation{
		Question: v.T("Do you want to leave the group “%s”? You’ll no longer see what’s internal, and your subscription will end too.", g.Name),
		Button:   v.T("Leave the group"), Cancel: g.Entity().Path(), Danger: true,
	})
}
