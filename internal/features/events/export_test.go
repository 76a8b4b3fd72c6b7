package events

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/recur"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Span is when an event takes place, for tests.
type Span = span

// NewSpan returns a span of walls as they are kept.
func NewSpan(begins, ends string, zone *time.Location) Span {
	b, _ := parseWall(begins)
	e, _ := parseWall(ends)
	return span{Begins: b, Ends: e, AllDay: len(begins) == len(wallDay), Zone: zone}
}

// Say says a span.
func (s span) Say(p *lang.Printer) string { return s.sayWhole(p) }

// Dates returns what lists know of a span.
func (s span) Dates() (starts, ends clock.Time) { return s.dates() }

// Exists reports whether the clocks of a zone ever show something.
func Exists(text string, zone *time.Location) bool {
	w, _ := parseWall(text)
	_, exists := w.in(zone)
	return exists
}

// Reads returns what is understood of a time that somebody sends; "" if nothing is.
func Reads(text string) string {
	if w, ok := parseWall(text); ok {
		return w.Format(wallTime)
	}
	return ""
}

// MonthLanes returns a month as text: for each day on which something takes place, its number and the titles in its lanes.
func MonthLanes(year int, m time.Month, titles []string, spans []Span) (days map[string][]string) {
	var all []*placed
	for n, s := range spans {
		d := Date{Title: titles[n]}
		d.ContentID, d.AllDay = int64(n+1), s.AllDay
		d.StartsAt, d.EndsAt = s.dates()
		all = append(all, newPlaced(&d, s))
	}
	first := wall{time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)}
	days = map[string][]string{}
	for _, week := range newMonth(first, first, all, scope{path: listPath}).Weeks {
		for _, d := range week {
			if d.Count == 0 {
				continue
			}
			var shown []string
			for _, lane := range d.Lanes {
				shown = append(shown, lane.title())
			}
			if d.More() > 0 {
				shown = append(shown, "…")
			}
			days[d.Day.Format("2 January")] = shown
		}
	}
	return days
}

// MonthMarks returns a month in a margin as text: for each day on which something takes place, its number, the titles and
// where it leads. The events have the numbers 1, 2, and so on.
func MonthMarks(year int, m time.Month, titles []string, spans []Span, zone *time.Location) (days map[string][]string) {
	var all []mark
	for n, s := range spans {
		k := mark{ContentID: int64(n + 1), Day: s.Begins.Format(wallDay), Title: titles[n]}
		k.StartsAt, k.EndsAt = s.dates()
		if s.AllDay {
			k.First = s.Begins.Format(wallDay)
			if !s.Ends.IsZero() {
				k.Last = s.Ends.Format(wallDay)
			}
		}
		all = append(all, k)
	}
	first := wall{time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)}
	shown := newMonth(first, first, nil, scope{path: listPath})
	shown.mark(all, zone)
	days = map[string][]string{}
	for _, week := range shown.Weeks {
		for _, d := range week {
			if d.Count != len(d.Titles) {
				panic(d.Count)
			}
			if d.Count > 0 {
				days[d.Day.Format("2 January")] = append(d.Titles, d.Path)
			}
		}
	}
	return days
}

// MonthOf returns the month that two parameters name, if today is the third of March 2026.
func MonthOf(month, year string) string {
	return monthOf(month, year, wall{time.Date(2026, time.March, 3, 0, 0, 0, 0, time.UTC)}).Format("2006-01")
}

// Lists returns what reads the lists of the calendar and of that of a group, by what they are.
func Lists(now clock.Time, groupID int64) map[string]func(context.Context, sqldb.Querier, community.Viewer) error {
	all := map[string]func(context.Context, sqldb.Querier, community.Viewer) error{}
	for what, f := range map[string]filter{
		"what comes":               {From: now, Limit: pageSize + 1},
		"what comes behind that":   {From: now, Limit: pageSize + 1, After: paging.Cursor{At: clock.At(now.Add(30 * 24 * time.Hour)), ID: 3}},
		"what is over":             {From: now, Past: true, Limit: pageSize + 1},
		"what is over behind that": {From: now, Past: true, Limit: pageSize + 1, After: paging.Cursor{At: clock.At(now.Add(-30 * 24 * time.Hour)), ID: 3}},
		"each event once":          {From: now, Once: true, Limit: pageSize + 1},
		"each event over once":     {From: now, Past: true, Once: true, Limit: pageSize + 1},
		"each event once there":    {From: now, Once: true, PlaceKey: "ort 7", Limit: pageSize + 1},
		"regular events":           {From: now, Frequency: seriesOnly, Limit: pageSize + 1},
		"a group":                  {EntityID: groupID, From: now, Limit: pageSize + 1},
		"what is over of a group":  {EntityID: groupID, From: now, Past: true, Limit: pageSize + 1},
		"a week":                   {From: now, To: clock.At(now.Add(7 * 24 * time.Hour)), Limit: monthLimit},
	} {
		all[what] = func(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
			_, err := listDates(ctx, q, v, f)
			return err
		}
	}
	for what, entityID := range map[string]int64{"a month in the margin": 0, "a month in the margin of a group": groupID} {
		all[what] = func(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
			_, err := listMarks(ctx, q, v, filter{EntityID: entityID, From: now, To: clock.At(now.Add(42 * 24 * time.Hour)), Limit: monthLimit})
			return err
		}
	}
	for what, entityID := range map[string]int64{"what comes beside a page": 0, "what comes beside the page of a group": groupID} {
		all[what] = func(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
			_, err := listBriefly(ctx, q, v, filter{EntityID: entityID, From: now, Once: true, Limit: shownOfTown})
			return err
		}
	}
	all["what is known of a place"] = func(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
		_, err := findPlace(ctx, q, v, "ort 7")
		return err
	}
	return all
}

// ListChoices returns what reads the groups and the places by which a calendar can be narrowed.
func ListChoices(now clock.Time) map[string]func(context.Context, sqldb.Querier, community.Viewer) error {
	return map[string]func(context.Context, sqldb.Querier, community.Viewer) error{
		"groups": func(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
			_, err := comingGroups(ctx, q, v, now)
			return err
		},
		"places": func(ctx context.Context, q sqldb.Querier, v community.Viewer) error {
			_, err := comingPlaces(ctx, q, v, filter{From: now, Limit: monthLimit})
			return err
		},
	}
}

// SiteCalendar writes the calendar of the site.
func (r *Events) SiteCalendar(ctx context.Context) ([]byte, error) {
	return r.writeList(ctx, community.Viewer{}, feed{Name: "Neustadt", Prefixed: true}, feedFilter{OnlyPublic: true, Old: oldSiteFeed})
}

// ReadPosition returns a position as it is kept.
func ReadPosition(text string) (position string, ok bool) { return parsePosition(text) }

// WeekDays returns the week of a day as text: for each of its days what takes several, in lanes, and what has a time.
func WeekDays(day string, titles []string, spans []Span) (bands, times map[string][]string) {
	var all []*placed
	for n, s := range spans {
		d := Date{Title: titles[n]}
		d.ContentID, d.AllDay = int64(n+1), s.AllDay
		d.StartsAt, d.EndsAt = s.dates()
		all = append(all, newPlaced(&d, s))
	}
	bands, times = map[string][]string{}, map[string][]string{}
	for _, d := range newWeek(mondayOf(day, wall{}), wall{}, all, scope{path: listPath}).Days {
		name := d.Day.Format("Mon 2")
		for _, o := range d.Bands {
			bands[name] = append(bands[name], o.title())
		}
		for _, o := range d.Times {
			times[name] = append(times[name], o.Begins.Format("15:04 ")+o.Title)
		}
	}
	return bands, times
}

// WeekOf returns the Monday of the week that a parameter names, if today is the third of March 2026.
func WeekOf(day string) string {
	return mondayOf(day, wall{time.Date(2026, time.March, 3, 0, 0, 0, 0, time.UTC)}).Format(time.DateOnly)
}

// title returns the title of what stands in a lane; "" if it is empty.
func (o onDay) title() string {
	if o.Empty() {
		return ""
	}
	return o.Title
}

// SayRule says a rule of a series that begins then.
func SayRule(p *lang.Printer, text, begins string) string {
	b, _ := parseWall(begins)
	rule, err := recur.Parse(text, b.Time, time.UTC)
	if err != nil {
		return err.Error()
	}
	return sayRule(p, rule, b)
}

// ThroughTheForm returns how the form of a series shows its rule, and the rule that it says then.
func ThroughTheForm(text, begins string) (repeats, again string) {
	b, _ := parseWall(begins)
	rule, err := recur.Parse(text, b.Time, time.UTC)
	if err != nil {
		return err.Error(), ""
	}
	f := repetitionOf(rule, b, time.UTC)
	if wrong := f.check(b, time.UTC); len(wrong) > 0 {
		return wrong[0].Name, ""
	}
	rule, _ = f.rule(b, time.UTC)
	return f.Repeats, rule.String()
}

// CopyHosts lets the groups that show an event show another one.
func CopyHosts(ctx context.Context, tx *sqldb.Tx, from, to int64) error {
	return copyHosts(ctx, tx, from, to)
}
