package groups

import (
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// showGroups shows the list of groups.
func (r *Groups) showGroups(v *site.Visit) error {
	q := Query{Name: v.Query("name"), Mine: v.Query("only_with_membership") == "true" && v.Viewer.SignedIn(), After: v.After()}
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
	g, err := r.submitFounding(v, &f)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return foundPage(v, f, e), nil })
	}
	v.Flash(parts.Done, "The group “%s” has been founded.", g.Name)
	return v.Redirect(g.Entity().Path())
}

// submitFounding founds the group of the form.
func (r *Groups) submitFounding(v *site.Visit, f *foundForm) (community.Group, error) {
	if err := v.Bind(f); err != nil {
		return community.Group{}, err
	}
	if err := errs.Check(validateName(f.Name)...); err != nil {
		return community.Group{}, err
	}
	if err := r.throttle(v, "found a group", 3, 20); err != nil {
		return community.Group{}, err
	}
	return r.Found(v.Context(), v.Viewer, f.Name)
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

// Visited returns the group that the path of a visit names, by its slug as {group} or its id as {id}, and how the
// viewer stands to it; NotFound if there is no such group.
func (r *Groups) Visited(v *site.Visit) (community.Group, community.Standing, error) {
	if slug := v.Path("group"); slug != "" {
		return r.bySlug(v, slug)
	}
	id, err := v.ID("id")
	if err != nil {
		return community.Group{}, community.Standing{}, err
	}
	return r.visit(v, `g.id = ?`, id)
}

// bySlug returns the group with a slug and how the viewer stands to it.
func (r *Groups) bySlug(v *site.Visit, slug string) (community.Group, community.Standing, error) {
	return r.visit(v, `e.slug_key = ?`, strings.ToLower(slug))
}

func (r *Groups) visit(v *site.Visit, condition string, arg any) (community.Group, community.Standing, error) {
	found, err := getVisited(v.Context(), r.deps.DB, v.Viewer, "", condition, arg)
	return found.Group, found.Standing(v.Viewer, found.Entity()), err
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
	g, s, err := r.bySlug(v, v.Query("group"))
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
	changed, err := r.submitProfile(v, g, &f)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return settingsPage(v, g, f, e), nil })
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(changed.Entity().Path())
}

// submitProfile changes the group to what the form says.
func (r *Groups) submitProfile(v *site.Visit, g community.Group, f *profileForm) (community.Group, error) {
	if err := v.Bind(f); err != nil {
		return g, err
	}
	return r.Change(v.Context(), v.Viewer, g.ID, Profile(*f))
}

func settingsPage(v *site.Visit, g community.Group, f profileForm, e parts.Errors) site.Page {
	return v.GroupPage(g, v.T("Settings of the group"), settingsBody(v, g, f, e))
}

func (r *Groups) showRelation(v *site.Visit) error {
	g, s, err := r.bySlug(v, v.Query("group"))
	if err != nil {
		return err
	}
	if !CanSeeRelation(s) {
		return errs.New(errs.Unauthenticated, "Please sign in.")
	}
	return v.Show(v.GroupPage(g, v.T("You and the group"), relationBody(v, g, s)))
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
	g, _, err := r.Visited(v)
	if err != nil {
		return err
	}
	return v.Show(recommendPage(v, g, recommendForm{Text: recommendation(v, g)}, parts.Errors{}))
}

func (r *Groups) createRecommendation(v *site.Visit) error {
	g, _, err := r.Visited(v)
	if err != nil {
		return err
	}
	var f recommendForm
	sent, err := r.submitRecommendation(v, g, &f)
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

// submitRecommendation sends what the form says and returns to how many.
func (r *Groups) submitRecommendation(v *site.Visit, g community.Group, f *recommendForm) (sent int, err error) {
	if err := v.Bind(f); err != nil {
		return 0, err
	}
	if err := r.throttle(v, "recommend a group", 3, 20); err != nil {
		return 0, err
	}
	rec := Recommendation{
		Recipients: f.Recipients, Text: f.Text, Language: v.Lang.Language(),
		Subject: v.T("A group recommended to you: %s", g.Name),
	}
	if !v.Viewer.SignedIn() {
		rec.Note = v.T("Somebody who was not signed in sent this text from %s.", v.URL("/"))
	}
	return r.Recommend(v.Context(), v.Viewer, rec)
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
	return v.GroupPage(g, v.T("Recommend the group"), recommendBody(g, f, e))
}
