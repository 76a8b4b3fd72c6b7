package feeds

import (
	"cmp"
	"context"
	"html"
	"net/url"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/feed"
	"grouprise.org/grouprise/internal/kit/lang"
)

// How many entries a feed has, and after how many bytes of texts it ends earlier. Feeds of grouprise 5.5 had ten.
const (
	maxEntries    = 25
	maxOldEntries = 10
	maxBytes      = 1 << 20
)

// channel is what a feed is about.
type channel struct {
	Title, About string
	ID           string // a path that never changes
	Page         string // path of the page that says the same
	Self         string // path of the feed
	Old          bool   // entries are known by what grouprise 5.5 knew them by: the addresses of their pages
	Born         time.Time
}

// begin returns a feed without entries.
func (r *Feeds) begin(c channel, p *lang.Printer) feed.Feed {
	return feed.Feed{
		Title: c.Title, About: c.About, Language: p.Language(), ID: r.deps.BaseURL + cmp.Or(c.ID, c.Page), Page: r.deps.BaseURL + c.Page, Self: r.deps.BaseURL + c.Self, Updated: c.Born,
	}
}

// compose returns a feed of what a list has.
func (r *Feeds) compose(ctx context.Context, c channel, f content.Filter) (feed.Feed, error) {
	p := r.deps.Printer()
	all, err := r.deps.Content.Wholes(ctx, p, f)
	if err != nil {
		return feed.Feed{}, err
	}
	x, err := r.listExtras(ctx, all)
	if err != nil {
		return feed.Feed{}, err
	}
	made, size := r.begin(c, p), 0
	for _, w := range all {
		e := r.entryOf(w, x)
		if c.Old {
			e.ID = e.Link
		}
		if size += len(e.HTML); size > maxBytes && len(made.Entries) > 0 {
			break
		}
		made.Updated = later(made.Updated, e.Updated)
		made.Entries = append(made.Entries, e)
	}
	return made, nil
}

func later(t, other time.Time) time.Time {
	if other.After(t) {
		return other
	}
	return t
}

// entryOf returns what a feed says of an item.
func (r *Feeds) entryOf(w content.Whole, x extras) feed.Entry {
	path := w.Path()
	e := feed.Entry{
		ID: r.deps.BaseURL + community.ContentPermalink(w.ID), Title: w.Title, Link: r.deps.BaseURL + path, Author: r.authorOf(w),
		Published: w.PublishedAt.Time, Updated: later(w.PublishedAt.Time, w.UpdatedAt.Time), HTML: sayFacts(w.Facts) + r.absolute(w.HTML, path),
		Categories: x.tags[w.ID], Via: x.via[w.ID],
	}
	if !w.Entity.Archived {
		e.Comments = r.deps.BaseURL + community.CommentsFeedPath(path)
	}
	for _, a := range w.Attachments {
		e.Enclosures = append(e.Enclosures, feed.Enclosure{Address: r.deps.BaseURL + a.Path, Type: a.Type, Title: a.Title, Length: a.Size})
	}
	return e
}

// authorOf returns who has written an item, as far as everybody may know.
func (r *Feeds) authorOf(w content.Whole) feed.Author {
	if !content.MayKnowAuthor(community.Standing{}, w.Entity) {
		return feed.Author{Name: w.Entity.Name, Page: r.deps.BaseURL + w.Entity.Path()}
	}
	return r.person(w.Author, w.AuthorPublic)
}

// person returns a person, with their page if everybody may see it.
func (r *Feeds) person(e community.Entity, public bool) feed.Author {
	a := feed.Author{Name: e.Name}
	if public {
		a.Page = r.deps.BaseURL + e.Path()
	}
	return a
}

// sayFacts returns what a kind says beside a text, as HTML.
func sayFacts(facts []content.Fact) string {
	if len(facts) == 0 {
		return ""
	}
	lines := make([]string, len(facts))
	for n, f := range facts {
		lines[n] = "<strong>" + html.EscapeString(f.Label) + ":</strong> " + strings.ReplaceAll(html.EscapeString(f.Value), "\n", "<br>")
	}
	return "<p>" + strings.Join(lines, "<br>") + "</p>\n"
}

// absolute returns HTML of a page of ours as it is read elsewhere.
func (r *Feeds) absolute(source, path string) string {
	base, err := url.Parse(r.deps.BaseURL + path)
	if err != nil {
		return source
	}
	return feed.Absolute(source, base)
}

// composeComments returns a feed of the comments on an item that everybody may read, the latest first.
func (r *Feeds) composeComments(ctx context.Context, c channel, i content.Item) (feed.Feed, error) {
	p := r.deps.Printer()
	list, err := r.deps.Threads.Latest(ctx, r.deps.DB, community.Viewer{}, i.ID, i.Entity.ID, maxEntries)
	if err != nil {
		return feed.Feed{}, err
	}
	texts, err := r.deps.Texts.Render(ctx, r.deps.DB, community.Viewer{}, p, threads.Sources(list)...)
	if err != nil {
		return feed.Feed{}, err
	}
	made := r.begin(c, p)
	for n, k := range list {
		address := r.deps.BaseURL + k.Path()
		e := feed.Entry{
			ID: address, Title: p.T("Comment by %s", k.AuthorName), Link: address, Author: r.person(k.Author(), k.AuthorPublic),
			Published: k.CreatedAt.Time, Updated: later(k.CreatedAt.Time, k.EditedAt.Time), HTML: r.absolute(texts[2*n]+texts[2*n+1], i.Path()),
		}
		for _, f := range k.Files {
			mediaType, _ := f.Served()
			e.Enclosures = append(e.Enclosures, feed.Enclosure{Address: r.deps.BaseURL + f.Path(), Type: mediaType, Title: f.OriginalName, Length: f.Size})
		}
		made.Updated = later(made.Updated, e.Updated)
		made.Entries = append(made.Entries, e)
	}
	return made, nil
}
