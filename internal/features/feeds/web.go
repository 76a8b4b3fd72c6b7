package feeds

import (
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/feed"
)

// fresh is for how long programs need not ask again.
const fresh = 5 * time.Minute

// send answers with a feed in a format.
func send(v *site.Visit, f format, made feed.Feed, err error) error {
	if err != nil {
		return err
	}
	body, err := f.Write(made)
	if err != nil {
		return err
	}
	return v.Send(site.Document{Type: f.Type + "; charset=utf-8", Body: body, ChangedAt: made.Updated, Fresh: fresh})
}

// town is what the feed of the whole town is about.
func (r *Feeds) town(self string) channel {
	return channel{Title: r.deps.SiteName.String(), About: r.deps.Printer().T("What groups and initiatives in town are doing, writing and planning."), Page: "/", Self: self}
}

func (r *Feeds) sendTown(v *site.Visit, f format) error {
	made, err := r.compose(v.Context(), r.town("/stadt/feed"+f.Ending), content.Filter{Limit: maxEntries})
	return send(v, f, made, err)
}

// sendOldTown answers as grouprise 5.5 did: with the latest articles.
func (r *Feeds) sendOldTown(v *site.Visit) error {
	c := r.town("/stadt/feed/")
	c.Old = true
	made, err := r.compose(v.Context(), c, content.Filter{Kind: r.deps.Articles, Limit: maxOldEntries})
	return send(v, rssFormat(), made, err)
}

// sendOldGroup answers as grouprise 5.5 did: with the latest articles of a group.
func (r *Feeds) sendOldGroup(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	g, err := r.deps.Groups.Get(v.Context(), r.deps.DB, id)
	if err != nil {
		return err
	}
	if g.Archived() {
		return community.ErrGone()
	}
	c := r.entity(g.Entity(), g.CreatedAt.Time, fmt.Sprintf("/stadt/groups/%d/feed/", id))
	c.Old = true
	made, err := r.compose(v.Context(), c, content.Filter{EntityID: g.EntityID, Kind: r.deps.Articles, Limit: maxOldEntries})
	return send(v, rssFormat(), made, err)
}

// entity is what the feed of a group or person is about.
func (r *Feeds) entity(e community.Entity, born time.Time, self string) channel {
	id := fmt.Sprintf("/stadt/gestalten/%d/", e.OwnerID)
	if e.IsGroup() {
		id = fmt.Sprintf("/stadt/groups/%d/", e.OwnerID)
	}
	return channel{ID: id, Title: e.Name, About: r.deps.Printer().T("What %s has published on %s", e.Name, r.deps.SiteName.String()), Page: e.Path(), Self: self, Born: born}
}

// sendEntity answers with what a group or person has published: a group that is not archived, a person whose page everybody
// may see.
func (r *Feeds) sendEntity(v *site.Visit, f format) error {
	e, born, err := r.visited(v)
	if err != nil {
		return err
	}
	made, err := r.compose(v.Context(), r.entity(e, born, e.Path()+"feed"+f.Ending), content.Filter{EntityID: e.ID, Limit: maxEntries})
	return send(v, f, made, err)
}

// visited returns the group or person in the path, and since when they are there.
func (r *Feeds) visited(v *site.Visit) (e community.Entity, born time.Time, err error) {
	e, _, err = r.deps.Content.Entity(v.Context(), community.Viewer{}, v.Path("entity"))
	if err != nil {
		return e, born, err
	}
	if e.IsGroup() {
		g, err := r.deps.Groups.Get(v.Context(), r.deps.DB, e.OwnerID)
		if err == nil && g.Archived() {
			err = community.ErrGone()
		}
		return e, g.CreatedAt.Time, err
	}
	person, err := r.deps.People.Get(v.Context(), r.deps.DB, e.OwnerID)
	if err == nil && (!person.Active || !person.Public) {
		err = community.ErrNothingHere()
	}
	return e, person.JoinedAt.Time, err
}

// sendTag answers with what has a tag, as far as everybody may know that. A tag that nothing has is a feed, too, as it is a
// page: who follows it learns of the first post.
func (r *Feeds) sendTag(v *site.Visit, f format) error {
	t, err := tagging.Find(v.Context(), r.deps.DB, community.Viewer{}, v.Path("slug"))
	if err != nil {
		return err
	}
	if t.Slug == "" {
		return community.ErrNothingHere()
	}
	c := channel{
		Title: "#" + t.Name, About: r.deps.Printer().T("What groups in town are doing, writing and planning about “%s”.", t.Name), Page: t.Path(), Self: t.Path() + "feed" + f.Ending,
	}
	if t.ID == 0 {
		return send(v, f, r.begin(c, r.deps.Printer()), nil)
	}
	made, err := r.compose(v.Context(), c, content.Filter{TagID: t.ID, Limit: maxEntries})
	return send(v, f, made, err)
}

// sendComments answers with the comments on an item that everybody may read, unless nobody can comment on it any more.
func (r *Feeds) sendComments(v *site.Visit, f format) error {
	i, s, err := r.deps.Content.Find(v.Context(), r.deps.DB, community.Viewer{}, v.Path("entity"), v.Path("slug"))
	switch {
	case errs.Is(err, errs.Unauthenticated):
		return community.ErrNothingHere()
	case err != nil:
		return err
	case s.Archived:
		return community.ErrGone()
	}
	p := r.deps.Printer()
	c := channel{
		ID: community.ContentPermalink(i.ID) + "comments", Title: p.T("Comments on “%s”", i.Title), About: p.T("What people say about “%s” on %s", i.Title, r.deps.SiteName.String()), Page: i.Path(), Self: i.Path() + "comments" + f.Ending,
		Born: i.PublishedAt.Time,
	}
	made, err := r.composeComments(v.Context(), c, i)
	return send(v, f, made, err)
}

// showFeeds says what feeds are and which there are.
func (r *Feeds) showFeeds(v *site.Visit) error {
	title := v.T("Follow with a feed reader")
	return v.Show(site.Page{
		Title: title, Body: feedsBody(v), Canonical: community.FeedsPath, Crumbs: v.FromHome(parts.Crumb{Label: title}),
		Description: v.T("How to see what’s new in town in a feed reader, without an account."), Alternates: []site.Alternate{site.AtomFeed(v.Look().Name, community.SiteFeedPath)},
	})
}
