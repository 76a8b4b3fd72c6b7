package groups

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// showGroups shows the list of groups.
func (r *Groups) showGroups(v *site.Visit) error {
	q := Query{Name: v.Query("name"), Mine: v.Query("only_with_membership") == "true" && v.Viewer.SignedIn(), Page: v.Page()}
	list, err := r.List(v.Context(), r.deps.DB, v.Viewer, q)
	if err != nil {
		return err
	}
	title := v.T("Groups")
	if q.Mine {
		title = v.T("My groups")
	}
	return v.Show(site.Page{
		Title: title, Wide: true, Body: listPage(v, q, list), Canonical: community.GroupsPath,
		Description: v.T("All groups and initiatives of the town."),
		Crumbs:      v.FromHome(parts.Crumb{Label: title}),
	})
}

type foundForm struct {
	Name string `form:"name" text:"line"`
}

func (r *Groups) newGroup(v *site.Visit) error {
	return v.Show(foundPage(v, foundForm{}, parts.Errors{}))
}

func (r *Groups) createGroup(v *site.Visit) error {
	var f foundForm
	var g community.Group
	err := v.Bind(&f)
	if err == nil {
		err = errs.Check(validateName(f.Name)...)
	}
	if err == nil {
		err = r.throttle(v, "found a group", 3, 20)
	}
	if err == nil {
		g, err = r.Found(v.Context(), v.Viewer, f.Name)
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return foundPage(v, f, e), nil })
	}
	v.Flash(parts.Done, "The group “%s” has been founded.", g.Name)
	return v.Redirect(g.Entity().Path())
}

// throttle counts what a visitor does: per hour and network for those who have not signed in, per day and
// person for the others.
func (r *Groups) throttle(v *site.Visit, what string, anonymous, person int) error {
	if v.Viewer.SignedIn() {
		limit := web.Limit{Name: what, Count: person, Per: 24 * time.Hour}
		return r.deps.Limiter.Allow(v.Context(), limit, "person "+strconv.FormatInt(v.Viewer.PersonID, 10))
	}
	return r.deps.Limiter.Request(v.R, web.Limit{Name: what, Count: anonymous, Per: time.Hour})
}

func foundPage(v *site.Visit, f foundForm, e parts.Errors) site.Page {
	title := v.T("Found a group")
	return site.Page{
		Title: title, Body: foundBody(f, e), Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: title}),
	}
}

// visited returns the group that a visit is about and how the viewer stands to it; NotFound if there is
// no such group.
func (r *Groups) visited(v *site.Visit, slug string) (community.Group, community.Standing, error) {
	g, err := r.GetBySlug(v.Context(), r.deps.DB, slug)
	if err != nil {
		return g, community.Standing{}, err
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, g.Entity())
	return g, s, err
}

type profileForm struct {
	Name        string `form:"name" text:"line"`
	Slug        string `form:"slug" text:"line"`
	Description string `form:"description"`
	Address     string `form:"address"`
	URL         string `form:"url" text:"line"`
	FoundedOn   string `form:"date_founded" text:"line"`
	Closed      bool   `form:"closed"`
}

// editable returns the group whose settings are visited, if the viewer may change them.
func (r *Groups) editable(v *site.Visit) (community.Group, error) {
	g, s, err := r.visited(v, v.Query("group"))
	if err == nil && !CanChange(s) {
		err = errNotMember()
	}
	return g, err
}

func (r *Groups) editGroup(v *site.Visit) error {
	g, err := r.editable(v)
	if err != nil {
		return err
	}
	return v.Show(settingsPage(v, g, profileForm(ProfileOf(g)), parts.Errors{}))
}

func (r *Groups) updateGroup(v *site.Visit) error {
	g, err := r.editable(v)
	if err != nil {
		return err
	}
	var f profileForm
	var changed community.Group
	err = v.Bind(&f)
	if err == nil {
		changed, err = r.Change(v.Context(), v.Viewer, g.ID, Profile(f))
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return settingsPage(v, g, f, e), nil })
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(changed.Entity().Path())
}

func settingsPage(v *site.Visit, g community.Group, f profileForm, e parts.Errors) site.Page {
	return groupPage(v, g, v.T("Settings of the group"), settingsBody(v, g, f, e))
}

func (r *Groups) showRelation(v *site.Visit) error {
	g, s, err := r.visited(v, v.Query("group"))
	if err != nil {
		return err
	}
	if !CanSeeRelation(s) {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	return v.Show(groupPage(v, g, v.T("You and the group"), relationBody(v, g, s)))
}

// settingsLinks returns the pages of a group's settings that the viewer may open.
func settingsLinks(p *lang.Printer, s community.Standing, g community.Group) []parts.Link {
	var links []parts.Link
	if CanChange(s) {
		links = append(links,
			parts.Link{Path: community.GroupSettingsPath(g.Slug), Label: p.T("Settings of the group")},
			parts.Link{Path: community.GroupPicturesPath(g.Slug), Label: p.T("Pictures of the group")})
	}
	if CanSeeRelation(s) {
		links = append(links, parts.Link{Path: community.RelationPath(g.Slug), Label: p.T("You and the group")})
	}
	return links
}

type recommendForm struct {
	Recipients string `form:"recipients"`
	Text       string `form:"text"`
}

func (r *Groups) newRecommendation(v *site.Visit) error {
	g, _, err := r.visited(v, v.Path("group"))
	if err != nil {
		return err
	}
	return v.Show(recommendPage(v, g, recommendForm{Text: recommendation(v, g)}, parts.Errors{}))
}

func (r *Groups) createRecommendation(v *site.Visit) error {
	g, _, err := r.visited(v, v.Path("group"))
	if err != nil {
		return err
	}
	var f recommendForm
	sent := 0
	err = v.Bind(&f)
	if err == nil {
		err = r.throttle(v, "recommend a group", 3, 20)
	}
	if err == nil {
		rec := Recommendation{
			Recipients: f.Recipients, Text: f.Text, Language: v.Lang.Language(),
			Subject: v.T("A group recommended to you: %s", g.Name),
		}
		if !v.Viewer.SignedIn() {
			rec.Note = v.T("Somebody who was not signed in sent this text from %s.", v.URL("/"))
		}
		sent, err = r.Recommend(v.Context(), v.Viewer, rec)
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return recommendPage(v, g, f, e), nil })
	}
	if sent == 0 {
		v.Flash(parts.Info, "Nobody is known by these names, so nothing was sent.")
	} else {
		v.Flash(parts.Done, "Your recommendation is on its way.")
	}
	return v.Redirect(g.Entity().Path())
}

// recommendation is the text that the form begins with.
func recommendation(v *site.Visit, g community.Group) string {
	text := v.T("Hello,") + "\n\n" +
		v.T("perhaps the group “%s” is something for you:", g.Name) + "\n" + v.URL(g.Entity().Path()) + "\n\n" +
		v.T("You can subscribe to its news here:") + "\n" + v.URL(community.SubscribePath(g.Slug)) + "\n"
	if !g.Closed {
		text += "\n" + v.T("You can join it here:") + "\n" + v.URL(community.JoinPath(g.Slug)) + "\n"
	}
	text += "\n" + v.T("Best wishes")
	if v.Viewer.SignedIn() {
		text += "\n" + v.Viewer.Name
	}
	return text
}

func recommendPage(v *site.Visit, g community.Group, f recommendForm, e parts.Errors) site.Page {
	return groupPage(v, g, v.T("Recommend the group"), recommendBody(g, f, e))
}

// groupPage is the frame of the pages that belong to a group.
func groupPage(v *site.Visit, g community.Group, title string, body templ.Component) site.Page {
	e := g.Entity()
	return site.Page{
		Title: title, Body: body, Entity: &e, Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: g.Name, Path: e.Path()}, parts.Crumb{Label: title}),
	}
}
