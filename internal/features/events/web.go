package events

import (
	"maps"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
)

// How many events a page of the list shows, and a month or a day at most.
const (
	pageSize   = 12
	monthLimit = 500
)

// The views of a calendar beside the month, as addresses name them.
const (
	weekView = "week"
	listView = "list"
)

// The parameters of calendars: what narrows them, and what else their pages read.
func narrowingQuery() []string { return []string{"place", "kind", community.TagParameter} }

func calendarQuery() []string {
	return append(narrowingQuery(), "before", "month", "year", "past", "view", "day", "filter")
}

// calendar is what the page of a calendar shows: a month with the list of what is to come, a week, or the list alone.
type calendar struct {
	View        string
	Views       []viewLink
	Month       *month // nil in other views, and beside a later page of the list
	Week        *week
	Title       string // of the list
	Cards       []content.Card
	Onward      parts.Onward
	Past        bool
	WritePath   string // "" if the viewer writes nothing here
	ExportPath  string
	PrintPath   string
	Filter      filterForm
	Place       *place // whose dates these are; nil for others
	Empty       string
	CurrentPath string // of what is to come, PastPath of what is over
	PastPath    string
}

// viewLink leads to a view of the calendar.
type viewLink struct {
	parts.Link

	View string
}

// today returns the day that it is on the site.
func (r *Events) today() wall {
	now := r.now().In(r.deps.Zone)
	return wall{time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)}
}

// at returns the point in time at which a day begins on the site.
func (r *Events) at(day wall) clock.Time {
	t, _ := day.in(r.deps.Zone)
	return clock.At(t)
}

// narrowed returns what the parameters of a calendar narrow it to.
func narrowed(v *site.Visit, path string) scope {
	s := scope{path: path, query: url.Values{}}
	if place := cut(oneLine(v.Query("place")), maxPlace); place != "" {
		s.filter.PlaceKey = placeKey(place)
		s.query.Set("place", place)
	}
	if tag := tagging.Slug(v.Query(community.TagParameter)); tag != "" {
		s.filter.Tag = tag
		s.query.Set(community.TagParameter, tag)
	}
	if kind := frequency(v.Query("kind")); kind == onceOnly || kind == seriesOnly {
		s.filter.Frequency = kind
		s.query.Set("kind", string(kind))
	}
	return s
}

// cut returns the beginning of a text.
func cut(text string, length int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), length)])
}

// townScope returns the dates that the visitor asks for in the calendar of the town.
func (r *Events) townScope(v *site.Visit) (scope, community.Entity, error) {
	s := narrowed(v, listPath)
	var e community.Entity
	if slug := v.Query("group"); slug != "" {
		var err error
		if e, err = r.content.Shown(v.Context(), v.Viewer, slug); err != nil {
			return s, e, err
		}
		s.filter.EntityID = e.ID
		s.query.Set("group", e.Slug)
	}
	s.days = s.query
	return s, e, nil
}

func (r *Events) showCalendar(v *site.Visit) error {
	s, e, err := r.townScope(v)
	if err != nil {
		return err
	}
	c, err := r.calendar(v, s)
	if err != nil {
		return err
	}
	c.ExportPath = exportPath
	if v.Viewer.SignedIn() {
		c.WritePath = listPath + "/add/"
	}
	if c.Filter, err = r.filterForm(v, s, e); err != nil {
		return err
	}
	title, crumbs := v.T("Calendar"), v.FromHome(parts.Crumb{Label: v.T("Calendar")})
	if s.ofPlace() {
		if c.Place, err = r.placeOf(v, s); err != nil {
			return err
		}
		title, crumbs = c.Place.Name, v.FromHome(parts.Crumb{Label: v.T("Calendar"), Path: listPath}, parts.Crumb{Label: c.Place.Name})
	}
	return v.Show(site.Page{
		Title: title, Body: calendarBody(c), Wide: true, Canonical: listPath, Hidden: len(s.query) > 0,
		Description: v.T("What is on in the town, day by day."), Crumbs: crumbs,
	})
}

// showGroupCalendar shows the calendar of a group, behind one of its tabs.
func (r *Events) showGroupCalendar(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	e, err := r.group(v, id)
	if err != nil {
		return err
	}
	s := narrowed(v, community.GroupCalendarPath(e.OwnerID))
	s.filter.EntityID, s.home = e.ID, true
	s.days = maps.Clone(s.query)
	s.days.Set("group", e.Slug)
	c, err := r.calendar(v, s)
	if err != nil {
		return err
	}
	if c.Filter, err = r.filterForm(v, s, community.Entity{}); err != nil {
		return err
	}
	if c.ExportPath = ""; policy.CanAdd(v.Subject().Standing) {
		c.ExportPath = groupExportPath(e)
	}
	if policy.CanPublish(v.Subject().Standing) {
		c.WritePath = community.EntityPath(e.Slug) + "events/add/"
	}
	body := calendarBody(c)
	invited, err := r.showInvited(v)
	if err != nil {
		return err
	}
	if invited != nil {
		body = templ.Join(invited, body)
	}
	p := v.GroupTab(groupOf(e), v.T("Calendar"), body)
	p.Wide = true
	return v.Show(p)
}

// groupOf returns what pages show of a group.
func groupOf(e community.Entity) community.Group {
	return community.Group{ID: e.OwnerID, EntityID: e.ID, Slug: e.Slug, Name: e.Name, Colour: e.Colour, Picture: e.Picture}
}

// group returns the group with an id, which the page concerns.
func (r *Events) group(v *site.Visit, id int64) (community.Entity, error) {
	e, err := entityOfGroup(v.Context(), r.deps.DB, id)
	if err != nil {
		return e, err
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, e)
	v.Concerns(site.Subject{Entity: e, Standing: s})
	return e, err
}

// calendar returns the calendar of a scope, in the view that the visitor has chosen.
func (r *Events) calendar(v *site.Visit, s scope) (calendar, error) {
	today := r.today()
	first := monthOf(v.Query("month"), v.Query("year"), today)
	switch view := v.Query("view"); {
	case view == weekView:
		return r.weekCalendar(v, s, mondayOf(v.Query("day"), today))
	case view == listView || !v.Before().At.IsZero():
		c := calendar{View: listView}
		c.lookAt(v.Lang, s, first, today)
		return c, r.list(v, s, &c, first)
	default:
		return r.monthCalendar(v, s, first)
	}
}

// lookAt names the views of a calendar around a day.
func (c *calendar) lookAt(p *lang.Printer, s scope, day, today wall) {
	month := s.month(day)
	if day.Year() == today.Year() && day.Month() == today.Month() {
		month, day = withQuery(s.path, s.query), today
	}
	c.Views = []viewLink{
		{parts.Link{Path: month, Label: p.T("Month")}, ""},
		{parts.Link{Path: s.week(day), Label: p.T("Week")}, weekView},
		{parts.Link{Path: withQuery(s.path, s.query, "view", listView), Label: p.T("List")}, listView},
	}
	switch c.View {
	case weekView:
		c.PrintPath = withQuery(printPath, s.days, "view", weekView, "day", day.Format(time.DateOnly))
	case listView:
		c.PrintPath = withQuery(printPath, s.days, "view", listView)
	default:
		c.PrintPath = monthPath(printPath, s.days, day)
	}
}

// monthCalendar returns a month, and beside it the list of what comes from now on or from that month on.
func (r *Events) monthCalendar(v *site.Visit, s scope, first wall) (calendar, error) {
	var c calendar
	today := r.today()
	from, to := grid(first)
	all, err := r.between(v, s, from, to)
	if err != nil {
		return c, err
	}
	m := newMonth(first, today, all, s)
	c.Month = &m
	c.lookAt(v.Lang, s, first, today)
	return c, r.list(v, s, &c, first)
}

// weekCalendar returns a week.
func (r *Events) weekCalendar(v *site.Visit, s scope, monday wall) (calendar, error) {
	c := calendar{View: weekView}
	today := r.today()
	all, err := r.between(v, s, monday, monday.add(7))
	if err != nil {
		return c, err
	}
	w := newWeek(monday, today, all, s)
	c.Week = &w
	day := monday.add(3) // the week belongs to the month of its Thursday
	if today.monday().Equal(monday.Time) {
		day = today
	}
	c.lookAt(v.Lang, s, day, today)
	return c, nil
}

// between returns the dates of some days.
func (r *Events) between(v *site.Visit, s scope, from, to wall) ([]*placed, error) {
	f := s.filter
	f.From, f.To, f.Limit = r.at(from), r.at(to), monthLimit
	dates, err := listBriefly(v.Context(), r.deps.DB, v.Viewer, f)
	if err != nil {
		return nil, err
	}
	return r.place(dates)
}

// list adds what comes from now on, or from the month that was chosen, or what is over: a page of it. A series stands there
// once, with its next date.
func (r *Events) list(v *site.Visit, s scope, c *calendar, first wall) error {
	view := url.Values{}
	maps.Copy(view, s.query)
	if c.View != "" {
		view.Set("view", c.View)
	}
	c.Past, c.Title, c.Empty = v.Query("past") != "", v.T("Coming up"), v.T("Nothing is planned yet.")
	c.CurrentPath, c.PastPath = withQuery(s.path, view), withQuery(s.path, view, "past", "1")
	f := s.filter
	f.From, f.After, f.Past, f.Once, f.Limit = r.now(), v.Before(), c.Past, true, pageSize+1
	switch {
	case c.Past:
		c.Title, c.Empty = v.T("Past events"), v.T("Nothing has taken place yet.")
	case v.Query("month") != "" || v.Query("year") != "":
		f.From, c.Title = r.at(first), v.T("From %s on", v.Lang.Month(noon(v.Lang, first)))
	}
	dates, err := listDates(v.Context(), r.deps.DB, v.Viewer, f)
	if err != nil {
		return err
	}
	if more := len(dates) > pageSize; more {
		dates = dates[:pageSize]
		last := dates[pageSize-1]
		c.Onward.Next = v.Older(paging.Cursor{At: last.StartsAt, ID: last.ID})
	}
	if !v.Before().At.IsZero() {
		c.Onward.First = v.First()
	}
	c.Cards, err = r.dateCards(v, dates, s.owner())
	return err
}

// withQuery returns a path with parameters, and further ones by name and value.
func withQuery(path string, query url.Values, others ...string) string {
	q := url.Values{}
	maps.Copy(q, query)
	for n := 0; n < len(others); n += 2 {
		q.Set(others[n], others[n+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// dayPage is what the page of a day shows.
type dayPage struct {
	Cards      []content.Card
	Prev, Next parts.Link
	Week       parts.Link
	Month      parts.Link
}

func (r *Events) showDay(v *site.Visit) error {
	day, ok := pathDay(v)
	if !ok {
		return community.ErrNothingHere()
	}
	s, _, err := r.townScope(v)
	if err != nil {
		return err
	}
	dates, err := r.onDay(v, s, day)
	if err != nil {
		return err
	}
	cards, err := r.dateCards(v, dates, 0)
	if err != nil {
		return err
	}
	link := func(day wall) parts.Link { return parts.Link{Path: s.day(day), Label: sayDay(v.Lang, day)} }
	title := sayDay(v.Lang, day)
	return v.Show(site.Page{
		Title: title, Hidden: true,
		Body: dayBody(dayPage{
			Cards: cards, Prev: link(day.add(-1)), Next: link(day.add(1)), Week: parts.Link{Path: s.week(day), Label: v.T("Week")},
			Month: parts.Link{Path: s.month(day), Label: v.Lang.Month(noon(v.Lang, day))},
		}),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Calendar"), Path: withQuery(listPath, s.query)}, parts.Crumb{Label: title}),
	})
}

// pathDay returns the day in the path.
func pathDay(v *site.Visit) (wall, bool) {
	w, ok := parseWall(v.Path("day") + "." + v.Path("month") + "." + v.Path("year"))
	return w, ok && w.Equal(w.day().Time)
}

// onDay returns the events of a day. What ended at its first moment belongs to the day before.
func (r *Events) onDay(v *site.Visit, s scope, day wall) ([]Date, error) {
	all, err := r.between(v, s, day, day.add(1))
	if err != nil {
		return nil, err
	}
	var kept []Date
	for _, p := range all {
		if !day.Before(p.first.Time) && !day.After(p.last.Time) {
			kept = append(kept, *p.Date)
		}
	}
	return kept, nil
}
