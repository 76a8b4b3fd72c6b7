// Package bounces is the room of emails that came back: it tells people that none reach them, and shows administrators where
// emails fail.
package bounces

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

const (
	// Path is the address of the page for administrators.
	Path = "/stadt/admin/bounces/"

	adminPath     = "/stadt/admin/"
	addressesPath = "/stadt/email/" // where people see to their addresses
)

// Room is the room.
type Room struct{ bounces *bounces.Bounces }

// New returns the room.
func New(b *bounces.Bounces) *Room { return &Room{b} }

// Module returns the room's table of contents.
func (r *Room) Module() module.Module {
	return module.Module{
		Name: "bounces",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: r.show, Admin: true, Query: []string{"before"}},
			{Method: http.MethodPost, Path: Path + "{id}/delete", Handle: r.takeBack, Admin: true},
		},
		Blocks: []site.Block{{Spot: site.EveryPage, Order: 10, About: "that emails do not reach the viewer", Show: unreachable}},
		Sweeps: []module.Sweep{{About: "notes of emails that came back long ago", Run: r.bounces.RemoveOld}},
		Facts:  []module.Fact{{Term: lang.Text("Addresses that emails don’t reach"), Ask: r.count, Path: Path}},
	}
}

// count says for administrators how many addresses are set aside.
func (r *Room) count(ctx context.Context, p *lang.Printer) (string, error) {
	n, err := r.bounces.Count(ctx)
	if err != nil || n == 0 {
		return p.T("none"), err
	}
	return p.N("1 address", "%d addresses", n), nil
}

// unreachable tells somebody that emails do not reach them, on every page but the one where they see to it.
func unreachable(v *site.Visit, _ site.Subject) (templ.Component, error) {
	if !v.Viewer.Unreachable || v.R.URL.Path == addressesPath {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	return unreachableNote(), nil
}

// perPage is how many addresses stand on one page.
const perPage = 50

// body is what the page for administrators shows.
type body struct {
	Domains []bounces.DomainCount
	Failed  []bounces.Failed
	Older   string
}

func (r *Room) show(v *site.Visit) (err error) {
	var b body
	if b.Domains, err = r.bounces.Domains(v.Context()); err != nil {
		return err
	}
	if b.Failed, err = r.bounces.List(v.Context(), v.Before(), perPage); err != nil {
		return err
	}
	if len(b.Failed) == perPage {
		b.Older = v.Older(b.Failed[perPage-1].Cursor())
	}
	title := v.T("Emails that came back")
	return v.Show(site.Page{
		Title: title, Body: pageBody(b), Hidden: true, Wide: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Administration"), Path: adminPath}, parts.Crumb{Label: title}),
	})
}

func (r *Room) takeBack(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := r.bounces.TakeBack(v.Context(), id); err != nil {
		return err
	}
	v.Flash(parts.Done, "Emails go to this address again.")
	return v.Redirect(Path)
}
