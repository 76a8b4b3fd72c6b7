package search

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	index "grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// wanted is what somebody looks for, as the address says it.
type wanted struct {
	Text, Kind, Since, Order string
	Page                     int

	Group community.Entity // the zero value is none
	Tag   community.Tag    // likewise
}

// The orders of what was found, and since when it may have been written.
const (
	newest    = "newest"
	pastWeek  = "week"
	pastMonth = "month"
	pastYear  = "year"
)

// maxPage is the last page that anybody gets to see: no more is put into an order.
const maxPage = 200

// offeredGroups is how many groups of the viewer can be chosen.
const offeredGroups = 100

// result is something that was found, as it is shown.
type result struct {
	Path    string
	Title   []index.Piece
	Below   string // the title of what it stands below
	Excerpt []index.Piece
	Kind    lang.Text
	By      community.Entity
	Self    bool // it is By itself
	At      clock.Time
	Hidden  bool // not everybody may read it
}

// page is what the page shows.
type page struct {
	wanted

	Kinds   []index.Kind
	Groups  []community.Entity
	Found   index.Found
	Results []result
	Errors  parts.Errors
}

// showFound shows what was found.
func (r *Room) showFound(v *site.Visit) error {
	w, err := r.read(v)
	if err != nil {
		return err
	}
	p := page{wanted: w, Kinds: r.deps.Index.Kinds()}
	if v.Viewer.SignedIn() {
		if p.Groups, _, err = r.deps.Groups.Mine(v.Context(), r.deps.DB, v.Viewer, offeredGroups); err != nil {
			return err
		}
	} else {
		p.Kinds = slices.DeleteFunc(p.Kinds, func(k index.Kind) bool { return k.Own })
		if w.Text != "" {
			if err := r.deps.Limiter.Request(v.R, limitSearching()); err != nil {
				return err
			}
		}
	}
	if w.Group.ID != 0 && !slices.ContainsFunc(p.Groups, func(g community.Entity) bool { return g.ID == w.Group.ID }) {
		p.Groups = append(p.Groups, w.Group)
	}
	p.Found, err = r.deps.Index.Find(v.Context(), v.Viewer, w.search(r.deps.DB.Now()))
	if errs.Is(err, errs.Invalid) {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
			p.Errors = e
			return p.show(v), nil
		})
	}
	if err != nil {
		return err
	}
	p.Results = r.results(p.Found, p.Kinds)
	return v.Show(p.show(v))
}

// read reads the address. NotFound is a group that there is none of, or a person whom the viewer may not know.
func (r *Room) read(v *site.Visit) (w wanted, err error) {
	w = wanted{Text: strings.TrimSpace(v.Query(parameter)), Kind: v.Query("kind"), Since: v.Query("since"), Order: v.Query("order")}
	if !slices.ContainsFunc(r.deps.Index.Kinds(), func(k index.Kind) bool { return k.Name == w.Kind }) {
		w.Kind = ""
	}
	if n, err := strconv.Atoi(v.Query("page")); err == nil {
		w.Page = min(max(n-1, 0), maxPage)
	}
	if slug := v.Query("group"); slug != "" {
		if w.Group, err = r.deps.Entities.FindShown(v.Context(), r.deps.DB, v.Viewer, slug); err != nil {
			return w, err
		}
	}
	if slug := v.Query("tag"); slug != "" {
		if w.Tag, err = tagging.Find(v.Context(), r.deps.DB, v.Viewer, slug); err != nil {
			return w, err
		}
	}
	return w, nil
}

// search returns what is to be looked for now.
func (w wanted) search(now clock.Time) index.Search {
	s := index.Search{Text: w.Text, Kind: w.Kind, EntityID: w.Group.ID, TagID: w.Tag.ID, ByTime: w.Order == newest, Page: w.Page}
	if w.Tag.Slug != "" && w.Tag.ID == 0 {
		s.TagID = -1 // nothing has it
	}
	switch w.Since {
	case pastWeek:
		s.Since = clock.At(now.Add(-7 * 24 * time.Hour))
	case pastMonth:
		s.Since = clock.At(now.AddDate(0, -1, 0))
	case pastYear:
		s.Since = clock.At(now.AddDate(-1, 0, 0))
	}
	return s
}

// narrowed reports whether not everything is looked through.
func (w wanted) narrowed() bool {
	return w.Kind != "" || w.Since != "" || w.Order != "" || w.Group.ID != 0 || w.Tag.Slug != ""
}

// address returns the address of a page of what is wanted, counted from 0.
func (w wanted) address(page int) string {
	query := url.Values{parameter: {w.Text}}
	for name, value := range map[string]string{"kind": w.Kind, "since": w.Since, "order": w.Order, "group": w.Group.Slug, "tag": w.Tag.Slug} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if page > 0 {
		query.Set("page", strconv.Itoa(page+1))
	}
	return path + "?" + query.Encode()
}

// meaning returns what is wanted with another text.
func (w wanted) meaning(text string) wanted {
	w.Text, w.Page = text, 0
	return w
}

// everywhere returns what is wanted without what narrows it.
func (w wanted) everywhere() wanted { return wanted{Text: w.Text} }

// onward returns the pages before and behind this one.
func (p page) onward() (o parts.Onward) {
	if p.Page > 0 {
		o.First = p.address(0)
	}
	if p.Found.Next(p.Page) && p.Page < maxPage {
		o.Next = p.address(p.Page + 1)
	}
	return o
}

// results returns what was found as it is shown.
func (r *Room) results(f index.Found, kinds []index.Kind) []result {
	all := make([]result, len(f.Documents))
	for i, d := range f.Documents {
		text := r.deps.Texts.SummaryOf(cmp.Or(d.Format, markdown.Marked), d.Text, 0)
		all[i] = result{
			Path: d.Path, Title: f.Marks.Mark(d.Title), Below: d.Under, Excerpt: f.Marks.Excerpt(text), By: d.By, Self: d.EntityID != 0, At: d.At, Hidden: !d.Public,
		}
		if n := slices.IndexFunc(kinds, func(k index.Kind) bool { return k.Name == d.Kind }); n >= 0 {
			all[i].Kind = kinds[n].One
		}
	}
	return all
}

// show returns the page.
func (p page) show(v *site.Visit) site.Page {
	title := v.T("Search")
	return site.Page{Title: title, Wide: true, Body: foundBody(v, p), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: title})}
}
