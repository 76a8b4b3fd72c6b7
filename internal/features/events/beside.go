package events

import (
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// How many coming dates the first page of the site and the pages of groups and people show.
const (
	shownOfTown   = 5
	shownOfEntity = 3
)

// besideAnchor is the id of the calendar beside a page, to which its arrows lead where no script exchanges it in place.
const besideAnchor = "calendar"

// beside is the calendar beside the page of a group, of a person, or of the town: a month, and what comes next. The month
// stands in the margin; what comes next stands there, too, and on a phone, where the margin is below, above the other news.
type beside struct {
	Title  string // of what comes next
	Month  month
	Coming []coming
	Links  []parts.Link // to the whole calendar, and what else can be done with it
}

// coming is an event of what comes next.
type coming struct {
	Date

	When span
	Home bool // it stands on the page of its owner
}

// monthAsked returns the first day of the month that a page is asked for; that of today if it is not.
func (r *Events) monthAsked(v *site.Visit) wall {
	return monthOf(v.Query("month"), v.Query("year"), r.today())
}

// besideOf returns the calendar beside a page but for its month. Blocks that show parts of it ask the database once.
func (r *Events) besideOf(v *site.Visit, s site.Subject) (b beside, err error) {
	limit := shownOfTown
	if s.Entity.ID != 0 || s.Tag.ID != 0 {
		limit = shownOfEntity
	}
	b.Title = v.T("Coming up")
	next := filter{EntityID: s.Entity.ID, Tag: s.Tag.Slug, From: clock.At(r.now().Truncate(time.Minute)), Limit: limit, Once: true} // all blocks ask the same
	if v.Query("month") != "" || v.Query("year") != "" {
		first := r.monthAsked(v)
		next.From, b.Title = r.at(first), v.T("From %s on", v.Lang.Month(noon(v.Lang, first)))
	}
	dates, err := listBriefly(v.Context(), v.Memo(r.deps.DB), v.Viewer, next)
	if err != nil {
		return b, err
	}
	for _, d := range dates {
		when, err := d.span(&r.zones)
		if err != nil {
			return b, err
		}
		b.Coming = append(b.Coming, coming{Date: d, When: when, Home: d.Entity.ID == s.Entity.ID})
	}
	b.Links = besideLinks(v, s)
	return b, nil
}

// monthBeside returns the month of the calendar beside a page.
func (r *Events) monthBeside(v *site.Visit, s site.Subject) (m month, err error) {
	first := r.monthAsked(v)
	from, to := grid(first)
	marks, err := listMarks(v.Context(), r.deps.DB, v.Viewer, filter{EntityID: s.Entity.ID, Tag: s.Tag.Slug, From: r.at(from), To: r.at(to), Limit: monthLimit})
	if err != nil {
		return m, err
	}
	m = newMonth(first, r.today(), nil, besideScope(s))
	m.mark(marks, r.deps.Zone)
	m.Prev, m.Next = anchored(m.Prev), anchored(m.Next)
	return m, nil
}

// besideScope returns where the arrows and the days of such a month lead.
func besideScope(s site.Subject) scope {
	switch {
	case s.Tag.ID != 0:
		return scope{path: s.Tag.Path(), days: tagQuery(s.Tag)}
	case s.Entity.ID != 0:
		return scope{path: s.Entity.Path(), days: url.Values{"group": {s.Entity.Slug}}}
	default:
		return scope{path: "/"}
	}
}

// tagQuery narrows a calendar to a tag.
func tagQuery(t community.Tag) url.Values { return url.Values{community.TagParameter: {t.Slug}} }

// tagLinks returns where more of the calendar of a tag is, and how it gets into a program.
func tagLinks(v *site.Visit, t community.Tag) []parts.Link {
	return []parts.Link{
		{Path: withQuery(listPath, tagQuery(t)), Label: v.T("Whole calendar")},
		{Path: withQuery(tagFeedPath, tagQuery(t)), Label: v.T("Subscribe to calendar")},
	}
}

func anchored(path string) string {
	if path == "" {
		return ""
	}
	return path + "#" + besideAnchor
}

// besideLinks returns where more of a calendar is, where events are announced, for those who may, and how the calendar
// gets into a program.
func besideLinks(v *site.Visit, s site.Subject) []parts.Link {
	if s.Tag.ID != 0 {
		return tagLinks(v, s.Tag)
	}
	whole, write, export := listPath, "", ""
	switch {
	case s.Entity.IsGroup():
		whole, export = community.GroupCalendarPath(s.Entity.OwnerID), groupExportPath(s.Entity)
	case s.Entity.ID != 0:
		whole = community.PersonCalendarPath(s.Entity.Slug)
	default:
		export = exportPath
	}
	switch {
	case s.Entity.ID == 0 && v.Viewer.SignedIn():
		write = listPath + "/add/"
	case s.Entity.ID != 0 && policy.CanPublish(s.Standing):
		write = community.EntityPath(s.Entity.Slug) + "events/add/"
	}
	links := []parts.Link{{Path: whole, Label: v.T("Whole calendar")}}
	if write != "" {
		links = append(links, parts.Link{Path: write, Label: v.T("Announce an event")})
	}
	if export != "" {
		links = append(links, parts.Link{Path: export, Label: v.T("Subscribe to calendar")})
	}
	return links
}

// showComing shows what comes next, on the first page of a list.
func (r *Events) showComing(v *site.Visit, s site.Subject) (templ.Component, error) {
	if !v.Before().At.IsZero() {
		return nil, nil //nolint:nilnil // no block
	}
	b, err := r.besideOf(v, s)
	if err != nil || len(b.Coming) == 0 {
		return nil, err
	}
	return comingBlock(b), nil
}

// showBeside shows the calendar in the margin. People who announce nothing need none.
func (r *Events) showBeside(v *site.Visit, s site.Subject) (templ.Component, error) {
	b, err := r.besideOf(v, s)
	if err == nil {
		b.Month, err = r.monthBeside(v, s)
	}
	if err != nil || s.Entity.ID != 0 && !s.Entity.IsGroup() && b.isEmpty() && !policy.CanPublish(s.Standing) {
		return nil, err
	}
	return besideBlock(b), nil
}

// isEmpty reports whether there is nothing to show but the month itself.
func (b beside) isEmpty() bool {
	return len(b.Coming) == 0 && !slices.ContainsFunc(b.Month.Weeks, func(week []monthDay) bool {
		return slices.ContainsFunc(week, func(d monthDay) bool { return d.Count > 0 })
	})
}

// days returns the first and the last day of a mark by the clocks of a site. Whole days are the same everywhere.
func (m mark) days(zone *time.Location) (first, last wall) {
	s := span{AllDay: m.First != "", Zone: zone}
	switch {
	case s.AllDay:
		s.Begins, _ = parseWall(m.First)
		s.Ends, _ = parseWall(m.Last)
	default:
		s.Begins, s.Ends = wallAt(m.StartsAt.Time, zone), wallAt(m.EndsAt.Time, zone)
	}
	return s.Begins.day(), s.lastDay()
}

// path returns an address that leads to the date.
func (m mark) path() string {
	return community.DatePath(community.ContentPermalink(m.ContentID), m.Day)
}
