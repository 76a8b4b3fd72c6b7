package groups

import (
	"fmt"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/web"
)

// The addresses where a group is archived and reactivated: by whoever has signed in, and by a link that only one member
// has. Some members have no account and must be able to undo what another one did.
const (
	archivePath    = "/stadt/groups/{id}/archive"
	reactivatePath = "/stadt/groups/archive/{group}/{person}/{key}"
)

// reactivateURL returns the absolute address by which a member reactivates a group without signing in.
func (r *Groups) reactivateURL(personID, groupID int64) string {
	return fmt.Sprintf("%s/stadt/groups/archive/%d/%d/%s/", r.deps.BaseURL, groupID, personID, r.deps.ReactivationLinks.Key(personID, groupID))
}

// limitArchiving is how often somebody archives and reactivates groups: all members get a mail each time.
func limitArchiving() *web.Limit {
	return &web.Limit{Name: "archive a group", Count: 10, Per: 24 * time.Hour, Whom: web.PerVisitor}
}

// offerArchive leads members to where they archive their group, or reactivate it.
func (r *Groups) offerArchive(v *site.Visit) []site.Place {
	s := v.Subject()
	switch {
	case !s.Entity.IsGroup() || !CanChange(s.Standing):
		return nil
	case CanReactivate(s.Standing):
		return []site.Place{{Path: community.ArchivePath(s.Entity.OwnerID), Label: v.T("Reactivate the group"), Icon: parts.IconUndo}}
	default:
		return []site.Place{{Path: community.ArchivePath(s.Entity.OwnerID), Label: v.T("Archive the group"), Icon: parts.IconFile}}
	}
}

// showArchived says on the page of a group that it is archived, and since when.
func (*Groups) showArchived(_ *site.Visit, s site.Subject) (templ.Component, error) {
	if !s.Group.Archived() {
		return nil, nil //nolint:nilnil // no block
	}
	return archivedNote(*s.Group, CanReactivate(s.Standing)), nil
}

// askArchive asks a member whether the group is to be archived, or to be active again.
func (r *Groups) askArchive(v *site.Visit) error {
	g, s, err := r.Visited(v)
	if err != nil {
		return err
	}
	founderID, err := getFounder(v.Context(), r.deps.DB, g.ID)
	if err != nil {
		return err
	}
	switch {
	case CanReactivate(s):
		return v.Show(v.ManagePage(g.Entity(), v.T("Reactivate the group"), reactivateBody(reactivation(v, g))))
	case CanArchive(s, founderID, r.deps.DB.Now()):
		return v.Show(v.ManagePage(g.Entity(), v.T("Archive the group"), archiveBody(parts.Confirmation{
			Question: v.T("Do you want to archive the group “%s”?", g.Name), Button: v.T("Archive the group"), Cancel: g.Entity().Path(), Danger: true,
		})))
	default:
		return errCannotArchive(s)
	}
}

func reactivation(v *site.Visit, g community.Group) parts.Confirmation {
	return parts.Confirmation{
		Question: v.T("Do you want to reactivate the group “%s”?", g.Name), Button: v.T("Reactivate the group"), Cancel: g.Entity().Path(),
	}
}

// archiveForm says which of the two is meant, so that a form that is sent twice does not undo itself.
type archiveForm struct {
	Reactivate bool `form:"reactivate"`
}

func (r *Groups) changeArchive(v *site.Visit) error {
	g, _, err := r.Visited(v)
	if err != nil {
		return err
	}
	var f archiveForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if f.Reactivate {
		if _, err := r.Reactivate(v.Context(), v.Viewer, g.ID); err != nil {
			return err
		}
		v.Flash(parts.Done, "The group is active again.")
		return v.Redirect(g.Entity().Path())
	}
	if _, err := r.Archive(v.Context(), v.Viewer, g.ID); err != nil {
		return err
	}
	v.Flash(parts.Done, "The group is archived. All members get an email about it.")
	return v.Redirect(g.Entity().Path())
}

// askByLink is the page behind the link in the mail that tells a member that their group is archived.
func (r *Groups) askByLink(v *site.Visit) error {
	g, _, err := r.deps.ReactivationLinks.Visited(v, r.deps.DB, r)
	if err != nil {
		return err
	}
	if !g.Archived() {
		v.Flash(parts.Info, "The group is active.")
		return v.Redirect(g.Entity().Path())
	}
	return v.Show(v.GroupPage(g, v.T("Reactivate the group"), reactivateBody(reactivation(v, g))))
}

// reactivateByLink does what the link is for, whoever has signed in.
func (r *Groups) reactivateByLink(v *site.Visit) error {
	g, personID, err := r.deps.ReactivationLinks.Visited(v, r.deps.DB, r)
	if err != nil {
		return err
	}
	if _, err := r.Reactivate(v.Context(), community.Viewer{PersonID: personID}, g.ID); err != nil {
		return err
	}
	v.Flash(parts.Done, "The group is active again.")
	return v.Redirect(g.Entity().Path())
}
