package tags

import (
	"net/http"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/errs"
)

// visited returns the tag in the path. It need not be in use: then its id is 0.
func (r *Tags) visited(v *site.Visit) (community.Tag, error) {
	t, err := tagging.Find(v.Context(), r.deps.DB, v.Viewer, v.Path("slug"))
	if err == nil && t.Slug == "" {
		err = community.ErrNothingHere()
	}
	return t, err
}

// showTag shows what has a tag. A tag that nothing has is a page, too: somebody has written a link to it.
func (r *Tags) showTag(v *site.Visit) error {
	t, err := r.visited(v)
	if err != nil {
		return err
	}
	page := site.Page{
		Title: "#" + t.Name, Body: unusedBody(v, t), Canonical: t.Path(), Hidden: t.ID == 0, Crumbs: v.FromHome(parts.Crumb{Label: "#" + t.Name}),
		Description: v.T("What groups in town are doing, writing and planning about “%s”.", t.Name),
	}
	if t.ID == 0 {
		return v.Show(page)
	}
	page.Alternates = []site.Alternate{site.AtomFeed(page.Title, community.TagFeedPath(t.Slug))}
	s := site.Subject{Tag: t}
	if page.Body, err = v.Blocks(site.TagMain, s); err != nil {
		return err
	}
	if page.Aside, err = v.Blocks(site.TagAside, s); err != nil {
		return err
	}
	return v.Show(page)
}

type groupForm struct {
	Group string `form:"group" text:"line"` // its slug
}

func (r *Tags) newGroupTag(v *site.Visit) error {
	t, err := r.visited(v)
	if err != nil {
		return err
	}
	return r.showChoice(v, t, nil)
}

// showChoice shows the groups of the viewer that do not have a tag, with what was wrong with the choice before.
func (r *Tags) showChoice(v *site.Visit, t community.Tag, wrong error) error {
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		groups, err := listUntagged(v.Context(), r.deps.DB, v.Viewer.PersonID, t.ID)
		title := v.T("Tag a group with “#%s”", t.Name)
		return site.Page{
			Title: title, Body: choiceBody(t, groups, e), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: "#" + t.Name, Path: t.Path()}, parts.Crumb{Label: title}),
		}, err
	})
}

func (r *Tags) createGroupTag(v *site.Visit) error {
	t, err := r.visited(v)
	if err != nil {
		return err
	}
	var f groupForm
	if err := v.Bind(&f); err != nil {
		return r.showChoice(v, t, err)
	}
	groups, err := listUntagged(v.Context(), r.deps.DB, v.Viewer.PersonID, t.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(groups, func(g community.Entity) bool { return strings.EqualFold(g.Slug, f.Group) })
	if i < 0 {
		return r.showChoice(v, t, errs.Check(errs.Field("group", "Choose one of your groups.")))
	}
	g, err := r.deps.Groups.AddTag(v.Context(), v.Viewer, groups[i].OwnerID, t)
	if err != nil {
		return r.showChoice(v, t, err)
	}
	v.Flash(parts.Done, "“%s” has the tag “#%s” now.", g.Name, t.Name)
	return v.Redirect(t.Path())
}

// maxOffered is how many tags are offered while somebody types one.
const maxOffered = 8

// offered is a tag as the script of the editor shows it.
type offered struct {
	Name string `json:"name"` // as texts say it, without "#"
	Slug string `json:"slug"`
}

// completeTag answers the script of the editor: with suggested tags first.
func (r *Tags) completeTag(v *site.Visit) error {
	begun := tagging.Slug(v.Query("q"))
	if begun == "" {
		return v.ShowJSON(http.StatusOK, []offered{})
	}
	suggested, err := r.deps.Featured.List(v.Context(), r.deps.DB)
	if err != nil {
		return err
	}
	suggested = slices.DeleteFunc(suggested, func(t community.Tag) bool { return !strings.HasPrefix(t.Slug, begun) })
	found, err := tagging.Complete(v.Context(), r.deps.DB, v.Viewer, begun, maxOffered)
	if err != nil {
		return err
	}
	all := []offered{}
	for _, t := range slices.Concat(suggested, found) {
		o := offered{Name: tagging.Hashtag(t), Slug: t.Slug}
		if !slices.ContainsFunc(all, func(k offered) bool { return k.Slug == o.Slug }) && len(all) < maxOffered {
			all = append(all, o)
		}
	}
	return v.ShowJSON(http.StatusOK, all)
}
