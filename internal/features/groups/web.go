package groups

import (
	"errors"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// showGroups shows the list of groups.
func (r *Groups) showGroups(v *site.Visit) error {
	q := Query{
		Name: v.Query("name"), Mine: v.Query("only_with_membership") == "true" && v.Viewer.SignedIn(), Archived: v.Query("archived") == "true",
		Sort: entities.ParseSort(v.Query(site.OrderParameter)), After: v.After(),
	}
	tag, err := r.queriedTag(v, &q)
	if err != nil {
		return err
	}
	list, err := r.List(v.Context(), r.deps.DB, v.Viewer, q)
	if err != nil {
		return err
	}
	title := v.T("Groups")
	switch {
	case q.Archived:
		title = v.T("Archived groups")
	case q.Mine:
		title = v.T("My groups")
	case tag.Slug != "":
		title = v.T("Groups with “#%s”", tag.Name)
	}
	return v.Show(site.Page{
		Title: title, Wide: true, Body: listPage(v, q, tag, list), Canonical: community.GroupsPath, NoIndex: v.Narrowed(),
		Description: v.T("All the groups and initiatives in town."),
		Crumbs:      v.FromHome(parts.Crumb{Label: title}),
	})
}

// queriedTag narrows a query to the tag that the address names, and returns it. A tag that nothing has finds no group.
func (r *Groups) queriedTag(v *site.Visit, q *Query) (t community.Tag, err error) {
	if v.Query(community.TagParameter) == "" {
		return t, nil
	}
	t, err = tagging.Find(v.Context(), r.deps.DB, v.Viewer, v.Query(community.TagParameter))
	if q.Tag = t.ID; t.ID == 0 {
		q.Tag = -1
	}
	return t, err
}

type foundForm struct {
	Name string `form:"name" text:"line"`
	tagFields
	captcha.Fields
}

func (r *Groups) newGroup(v *site.Visit) error { return r.showFounding(v, nil, foundForm{}, false) }

func (r *Groups) createGroup(v *site.Visit) error {
	var f foundForm
	if err := v.Bind(&f); err != nil {
		return r.showFounding(v, err, f, false)
	}
	_, wrong, err := r.readTags(v.Context(), r.deps.DB, f.list())
	if err != nil {
		return err
	}
	if answered, err := r.admit(v, limitFounding(), f.Fields, slices.Concat(validateName(f.Name), wrong)); err != nil {
		return r.showFounding(v, err, f, answered)
	}
	g, err := r.Found(v.Context(), v.Viewer, f.Name, f.list())
	if err != nil {
		return r.showFounding(v, err, f, true)
	}
	v.Flash(parts.Done, "You’ve started the group “%s”.", g.Name)
	return v.Redirect(g.Entity().Path())
}

// admit lets a visitor do something whose form has nothing wrong: a few times a day, and those who have not signed in
// after a question that tells them from programs. answered reports whether the answer has been used up.
func (r *Groups) admit(v *site.Visit, limit doubleLimit, f captcha.Fields, wrong []errs.FieldError) (answered bool, err error) {
	if !v.Viewer.SignedIn() {
		wrong = append(wrong, r.deps.Captcha.Check(v.Lang, f)...)
	}
	if err := errs.Check(wrong...); err != nil {
		return false, err
	}
	if err := r.throttle(v, limit); err != nil || v.Viewer.SignedIn() {
		return false, err
	}
	return true, r.deps.Captcha.Redeem(v.Context(), f)
}

// question returns what the form asks those who have not signed in.
func (r *Groups) question(v *site.Visit, f captcha.Fields, answered bool) (captcha.Challenge, error) {
	if v.Viewer.SignedIn() {
		return captcha.Challenge{}, nil
	}
	return r.deps.Captcha.Redraw(v.Lang, f, !answered)
}

// doubleLimit is what a visitor may do: per day and person, or per hour and network for those who have not signed in.
type doubleLimit struct{ person, network web.Limit }

func limitTo(what string, person, network int) doubleLimit {
	return doubleLimit{
		web.Limit{Name: what, Count: person, Per: 24 * time.Hour, Whom: web.PerAccount},
		web.Limit{Name: what, Count: network, Per: time.Hour, Whom: web.PerNetwork},
	}
}

func (l doubleLimit) all() []web.Limit { return []web.Limit{l.person, l.network} }

func limitFounding() doubleLimit { return limitTo("found a group", 20, 3) }

func limitRecommending() doubleLimit { return limitTo("recommend a group", 20, 3) }

// limitsRecommending are all limits of recommending; [Groups.Recommend] counts the last one.
func limitsRecommending() []web.Limit {
	return append(limitRecommending().all(), bymail.LimitUnasked())
}

// throttle counts what a visitor does.
func (r *Groups) throttle(v *site.Visit, l doubleLimit) error {
	if v.Viewer.SignedIn() {
		return r.deps.Limiter.Allow(v.Context(), l.person, web.Account(v.Viewer.PersonID))
	}
	return r.deps.Limiter.Request(v.R, l.network)
}

// showFounding shows the form in which a group is founded, with what is wrong if anything is.
func (r *Groups) showFounding(v *site.Visit, wrong error, f foundForm, answered bool) error {
	title := v.T("Start a group")
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		tags, err := r.tagChoice(v, f.list())
		if err != nil {
			return site.Page{}, err
		}
		challenge, err := r.question(v, f.Fields, answered)
		return site.Page{
			Title: title, Body: foundBody(f, tags, challenge, e), Hidden: true,
			Crumbs: v.FromHome(parts.Crumb{Label: v.T("Groups"), Path: community.GroupsPath}, parts.Crumb{Label: title}),
		}, err
	})
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
	s, err := getSubject(v.Context(), r.deps.DB, v.Viewer, "", condition, arg)
	if err != nil {
		return community.Group{}, community.Standing{}, err
	}
	v.Concerns(s)
	return *s.Group, s.Standing, nil
}

type profileForm struct {
	Name        string `form:"name" text:"line"`
	Slug        string `form:"slug" text:"line"`
	Description string `form:"description"`
	Address     string `form:"address"`
	URL         string `form:"url" text:"line"`
	FoundedOn   string `form:"date_founded" text:"line"`
	Closed      bool   `form:"closed"`
	tagFields
}

// formOf returns the form of a group with what it says now.
func formOf(p Profile) profileForm {
	return profileForm{
		Name: p.Name, Slug: p.Slug, Description: p.Description, Address: p.Address, URL: p.URL, FoundedOn: p.FoundedOn, Closed: p.Closed, tagFields: tagFields{Tags: p.Tags},
	}
}

// profile returns what the form says.
func (f profileForm) profile() Profile {
	return Profile{Name: f.Name, Slug: f.Slug, Description: f.Description, Address: f.Address, URL: f.URL, FoundedOn: f.FoundedOn, Closed: f.Closed, Tags: f.list()}
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
	page, err := r.settingsPage(v, g, formOf(ProfileOf(g)), parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(page)
}

func (r *Groups) updateGroup(v *site.Visit) error {
	g, err := r.editable(v)
	if err != nil {
		return err
	}
	var f profileForm
	changed, err := r.submitProfile(v, g, &f)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return r.settingsPage(v, g, f, e) })
	}
	v.Flash(parts.Done, "The changes have been saved.")
	if err := r.followWebsite(v, changed); err != nil {
		return err
	}
	return v.Redirect(changed.Entity().Path())
}

// followWebsite lets a group take over the posts of its website, where a script sends the field by which grouprise 5.5 did.
func (r *Groups) followWebsite(v *site.Visit, g community.Group) error {
	if g.URL == "" || r.deps.Websites == nil || strings.TrimSpace(v.R.FormValue("url_import_feed")) == "" {
		return nil
	}
	err := r.deps.Websites().Follow(v.Context(), v.Viewer, g.Entity(), g.URL)
	wrong, ok := errors.AsType[*errs.Error](err)
	if !ok || len(wrong.Fields) == 0 {
		return err
	}
	v.Flash(parts.Problem, wrong.Fields[0].Message, wrong.Fields[0].Args...)
	return nil
}

// submitProfile changes the group to what the form says.
func (r *Groups) submitProfile(v *site.Visit, g community.Group, f *profileForm) (community.Group, error) {
	if err := v.Bind(f); err != nil {
		return g, err
	}
	return r.Change(v.Context(), v.Viewer, g.ID, f.profile())
}

func (r *Groups) settingsPage(v *site.Visit, g community.Group, f profileForm, e parts.Errors) (site.Page, error) {
	tags, err := r.tagChoice(v, f.list())
	return v.ManagePage(g.Entity(), v.T("Group settings"), settingsBody(g, f, tags, e)), err
}

func (r *Groups) showRelation(v *site.Visit) error {
	g, s, err := r.bySlug(v, v.Query("group"))
	if err != nil {
		return err
	}
	if !CanSeeRelation(s) {
		return community.PleaseSignIn()
	}
	blocks, err := v.Blocks(site.GroupRelation, site.Subject{Entity: g.Entity(), Standing: s, Group: &g})
	if err != nil {
		return err
	}
	return v.Show(v.GroupTab(g, v.T("You and the group"), relationBody(g, s, blocks)))
}

// showAbout shows all that is to be said about a group.
func (r *Groups) showAbout(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	s, err := getSubject(v.Context(), r.deps.DB, v.Viewer, countColumns, `g.id = ?`, id)
	if err != nil {
		return err
	}
	v.Concerns(s)
	body, err := v.Blocks(site.GroupAbout, s)
	if err != nil {
		return err
	}
	return v.Show(v.GroupTab(*s.Group, v.T("About the group"), body))
}

type recommendForm struct {
	Recipients string `form:"recipients"`
	Text       string `form:"text"` // of those who have signed in
	captcha.Fields
}

func (r *Groups) newRecommendation(v *site.Visit) error {
	g, s, err := r.Visited(v)
	if err != nil {
		return err
	}
	if g.Archived() {
		return community.ErrArchived()
	}
	return r.showRecommending(v, nil, g, s, recommendForm{Text: recommendation(v, g)}, false)
}

func (r *Groups) createRecommendation(v *site.Visit) error {
	g, s, err := r.Visited(v)
	if err != nil {
		return err
	}
	if g.Archived() {
		return community.ErrArchived()
	}
	var f recommendForm
	if err := v.Bind(&f); err != nil {
		return r.showRecommending(v, err, g, s, f, false)
	}
	rec := Recommendation{Group: g, Recipients: f.Recipients, Text: f.Text}
	if answered, err := r.admit(v, limitRecommending(), f.Fields, rec.validate(v.Viewer)); err != nil {
		return r.showRecommending(v, err, g, s, f, answered)
	}
	sent, err := r.Recommend(v.Context(), v.Viewer, v.Lang, rec)
	if err != nil {
		return r.showRecommending(v, err, g, s, f, true)
	}
	if sent == 0 {
		v.Flash(parts.Info, "We don’t know anyone by these names, so nothing was sent.")
	} else {
		v.Flash(parts.Done, "Your invitation is on its way.")
	}
	return v.Redirect(g.Entity().Path())
}

// recommendation is the text that the form begins with.
func recommendation(v *site.Visit, g community.Group) string {
	text := v.T("Hello,") + "\n\n" +
		v.T("maybe the group “%s” is something for you:", g.Name) + "\n" + v.URL(g.Entity().Path()) + "\n\n" +
		v.T("You can subscribe to its news here:") + "\n" + v.URL(community.SubscribePath(g.Slug)) + "\n"
	if !g.Closed {
		text += "\n" + v.T("You can join it here:") + "\n" + v.URL(community.JoinPath(g.Slug)) + "\n"
	}
	return text + "\n" + v.T("Best wishes") + "\n" + v.Viewer.Name
}

// showRecommending shows the page where people are invited to a group, with what is wrong with the mail if anything is.
func (r *Groups) showRecommending(v *site.Visit, wrong error, g community.Group, s community.Standing, f recommendForm, answered bool) error {
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		links, err := v.Blocks(site.GroupInvite, site.Subject{Entity: g.Entity(), Standing: s, Group: &g})
		if err != nil {
			return site.Page{}, err
		}
		challenge, err := r.question(v, f.Fields, answered)
		return v.GroupPage(g, v.T("Invite people"), recommendBody(v, g, links, f, challenge, e)), err
	})
}
