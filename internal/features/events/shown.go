package events

import (
	"context"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// at returns the event as it takes place on one of its dates: at its time and place, and cancelled if it is. How a series
// goes on it says no more.
func (e event) at(d dateRow) event {
	e.Begins, e.Ends, e.Place, e.PlaceKey, e.Cancelled, e.Rule = d.Begins, d.Ends, d.Place, d.PlaceKey, e.Cancelled || d.Cancelled, ""
	return e
}

// shownDate is the date that stands for an event: its only one, or the next one of a series.
type shownDate struct {
	event // as it takes place on that date

	When    span
	Repeats string // how the series goes on, in words; "" for one date
}

// shown returns the dates that stand for some events, which are read together.
func (r *Events) shown(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64]shownDate, error) {
	found, err := listNext(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]shownDate, len(found))
	for _, n := range found {
		if _, known := all[n.ContentID]; known {
			continue // two dates begin at once
		}
		d := shownDate{event: n.at(n.Date)}
		if d.When, err = d.span(&r.zones); err != nil {
			return nil, err
		}
		if d.Repeats, err = r.sayRepetition(lang.From(ctx), n.event); err != nil {
			return nil, err
		}
		all[n.ContentID] = d
	}
	return all, nil
}

// sayRepetition says how a series goes on; "" for an event that is none.
func (r *Events) sayRepetition(p *lang.Printer, e event) (string, error) {
	if !e.repeats() {
		return "", nil
	}
	s, err := e.span(&r.zones)
	if err != nil {
		return "", err
	}
	rule, err := e.rule(s)
	return sayRule(p, rule, s.Begins), err
}

func idsOf(items []content.Item) []int64 {
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	return ids
}

// cards returns what events show in lists.
func (r *Events) cards(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	found, err := r.shown(v.Context(), q, idsOf(items))
	if err != nil {
		return nil, err
	}
	all := map[int64]templ.Component{}
	for id, d := range found {
		all[id] = cardPart(d.When, oneLine(d.Place), d.Repeats, d.Cancelled)
	}
	return all, nil
}

// facts returns what mails and previews say of events.
func (r *Events) facts(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]content.Fact, error) {
	found, err := r.shown(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	all := map[int64][]content.Fact{}
	for id, d := range found {
		all[id] = factsOf(ctx, d)
	}
	return all, nil
}

// factsOf returns what mails say of a date.
func factsOf(ctx context.Context, d shownDate) []content.Fact {
	when := d.When.sayWhole(lang.From(ctx))
	if d.Cancelled {
		when = lang.T(ctx, "cancelled: %s", when)
	}
	facts := []content.Fact{{Label: lang.T(ctx, "When"), Value: when}}
	if d.Repeats != "" {
		facts = append(facts, content.Fact{Label: lang.T(ctx, "Repeats"), Value: d.Repeats})
	}
	if d.Place == "" { // of another calendar
		return facts
	}
	return append(facts, content.Fact{Label: lang.T(ctx, "Where"), Value: oneLine(d.Place)})
}

// page is what the page of an event shows above its text.
type page struct {
	content.Item
	event // as it takes place on the date that the page shows

	When     span
	Over     bool
	CopyPath string  // "" if the viewer announces no event beside it
	Series   *series // nil for one date
}

// series is what the page of one of its dates shows of a series.
type series struct {
	Repeats    string
	Regular    string // when the date would take place if nobody had moved it; "" if nobody has
	Missing    bool   // the date that the address names is none of the series any more
	Off        bool   // the date alone is cancelled
	Prev, Next *seriesLink
	Coming     []seriesLink
	EditPath   string // "" if the viewer may not change the date
}

// seriesLink is another date of the series.
type seriesLink struct {
	parts.Link

	Place     string // if it takes place elsewhere
	Cancelled bool
	Current   bool
}

// comingDates is how many of the next dates the page of a series lists.
const comingDates = 4

// bodies returns what the pages of events show above their texts.
func (r *Events) bodies(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	found, err := listEvents(v.Context(), q, idsOf(items))
	if err != nil {
		return nil, err
	}
	dates, err := listRowsOf(v.Context(), q, idsOf(items))
	if err != nil {
		return nil, err
	}
	all := map[int64]templ.Component{}
	for _, i := range items {
		e, ok := found[i.ID]
		if !ok || len(dates[i.ID]) == 0 {
			continue
		}
		p, err := r.page(v, i, e, dates[i.ID])
		if err != nil {
			return nil, err
		}
		all[i.ID] = body(p)
	}
	return all, nil
}

// page returns the page of an event: that of its date, or of the one that the address names, or else of the next one.
func (r *Events) page(v *site.Visit, i content.Item, e event, dates []dateRow) (p page, err error) {
	now := r.now()
	asked := v.Query(community.DateParameter)
	chosen, next := -1, -1
	for n, d := range dates {
		if d.Day == asked {
			chosen = n
		}
		if next < 0 && !d.EndsAt.Before(now.Time) {
			next = n
		}
	}
	shown := chosen
	if !e.repeats() || chosen < 0 {
		if shown = next; shown < 0 {
			shown = len(dates) - 1
		}
	}
	d := dates[shown]
	i.StartsAt, i.EndsAt = d.StartsAt, d.EndsAt
	p = page{Item: i, event: e.at(d), Over: d.EndsAt.Before(now.Time)}
	if p.When, err = p.span(&r.zones); err != nil {
		return p, err
	}
	mayPublish := policy.CanPublish(v.Subject().Standing)
	if mayPublish {
		p.CopyPath = r.Kind().CopyPath(i)
	}
	if !e.repeats() {
		return p, nil
	}
	p.Series = &series{Missing: asked != "" && chosen < 0, Off: d.Cancelled && !e.Cancelled}
	if mayPublish && !i.External {
		p.Series.EditPath = datePath(i.ID, d.Day)
	}
	return p, r.fillSeries(v, p.Series, i, e, dates, shown, next)
}

// fillSeries says how a series goes on, and which dates stand beside the one that is shown.
func (r *Events) fillSeries(v *site.Visit, s *series, i content.Item, e event, dates []dateRow, shown, next int) (err error) {
	if s.Repeats, err = r.sayRepetition(v.Lang, e); err != nil {
		return err
	}
	if d := dates[shown]; d.Altered {
		regular, err := e.regularSpan(d, &r.zones)
		if err != nil {
			return err
		}
		if d.Begins != regular.Begins.Format(e.layout()) {
			s.Regular = regular.say(v.Lang)
		}
	}
	link := func(n int) (*seriesLink, error) {
		if n < 0 || n >= len(dates) {
			return nil, nil //nolint:nilnil // there is none
		}
		d := dates[n]
		when, err := e.at(d).span(&r.zones)
		if err != nil {
			return nil, err
		}
		l := &seriesLink{
			Link:    parts.Link{Path: community.DatePath(i.Path(), d.Day), Label: when.say(v.Lang)},
			Current: n == shown, Cancelled: d.Cancelled || e.Cancelled,
		}
		if d.PlaceKey != e.PlaceKey {
			l.Place = oneLine(d.Place)
		}
		return l, nil
	}
	if s.Prev, err = link(shown - 1); err != nil {
		return err
	}
	if s.Next, err = link(shown + 1); err != nil || next < 0 {
		return err
	}
	for n := next; n < len(dates) && n < next+comingDates; n++ {
		l, err := link(n)
		if err != nil {
			return err
		}
		s.Coming = append(s.Coming, *l)
	}
	return nil
}

// dateCards returns the cards of dates, in their order: several of a series stand there each by itself. home is whose
// page it is, for whom their own name is not said; 0 for nobody.
func (r *Events) dateCards(v *site.Visit, dates []Date, home int64) ([]content.Card, error) {
	ids := make([]int64, len(dates))
	for n, d := range dates {
		ids[n] = d.ContentID
	}
	if len(ids) == 0 {
		return nil, nil
	}
	items, err := r.content.Items(v.Context(), v.Viewer, ids)
	if err != nil {
		return nil, err
	}
	cards, err := r.content.BareCards(v, items)
	if err != nil {
		return nil, err
	}
	byItem := map[int64]content.Card{}
	for _, c := range cards {
		byItem[c.ID] = c
	}
	var all []content.Card
	for _, d := range dates {
		c, ok := byItem[d.ContentID]
		if !ok {
			continue
		}
		when, err := d.span(&r.zones)
		if err != nil {
			return nil, err
		}
		c.Kind, c.Home, c.Address = content.Kind{}, d.Entity.ID == home, d.path() // the page says the kind
		c.StartsAt, c.EndsAt, c.Part = d.StartsAt, d.EndsAt, cardPart(when, oneLine(d.Place), "", d.Cancelled)
		all = append(all, c)
	}
	return all, nil
}
