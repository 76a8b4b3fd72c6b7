package bridge

import (
	"net/url"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
)

// bridgeForm is what a group chooses.
type bridgeForm struct {
	Open bool `form:"open"`
}

func pathOf(slug string) string { return settingsPath + "/?" + url.Values{"group": {slug}}.Encode() }

// visited returns the group whose choice is visited and how the viewer stands to it, if they may change it.
func (b *Bridge) visited(v *site.Visit) (community.Group, community.Standing, error) {
	g, err := b.deps.Groups.GetBySlug(v.Context(), b.deps.DB, v.Query("group"))
	if err != nil {
		return g, community.Standing{}, err
	}
	s, err := policy.Standing(v.Context(), b.deps.DB, v.Viewer, g.Entity())
	if err != nil {
		return g, s, err
	}
	v.Concerns(site.Subject{Entity: g.Entity(), Standing: s, Group: &g})
	if !CanChoose(s) {
		return g, s, errNotMember(v.Viewer)
	}
	return g, s, nil
}

func (b *Bridge) editBridge(v *site.Visit) error {
	g, _, err := b.visited(v)
	if err != nil {
		return err
	}
	open, err := isOpen(v.Context(), b.deps.DB, g.EntityID)
	if err != nil {
		return err
	}
	return v.Show(v.ManagePage(g.Entity(), v.T("Replies in the chat"), bridgeBody(g, open)))
}

func (b *Bridge) updateBridge(v *site.Visit) error {
	g, s, err := b.visited(v)
	if err != nil {
		return err
	}
	var f bridgeForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := b.Open(v.Context(), s, g.Entity(), f.Open); err != nil {
		return err
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(pathOf(g.Slug))
}
