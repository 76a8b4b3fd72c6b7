package events

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/recur"
)

// feed is a calendar as programs fetch it.
type feed struct {
	Name     string // "" for an object of a calendar that programs synchronise, which is published in no other way (RFC 4791, 4.1)
	Events   []feedEvent
	Prefixed bool         // titles begin with the short name of the group
	Message  ical.Message // of a mail; the zero value is fetched
}

// feedEvent is an event as programs know it: a series is one, with the dates that differ from what it says.
type feedEvent struct {
	event
	Title     string           `db:"title"`
	Slug      string           `db:"slug"`
	Text      string           `db:"text"`
	Public    bool             `db:"public"`
	Revision  int              `db:"revision"`
	ChangedAt clock.Time       `db:"changed_at"`
	OldUID    string           `db:"old_uid"` // what grouprise 5.5 called it in this feed; "" if it did not
	Via       string           `db:"via"`     // the sites through which it has come
	Entity    community.Entity `db:"entity"`

	Dates []dateRow
	only  bool // the dates alone, without the series
}

// path returns the address of the page of the event.
func (e feedEvent) path() string { return community.ContentPath(e.Entity.Slug, e.Slug) }

// uid returns what programs know the event by. It says the same in all feeds, but for events from grouprise 5.5 and those
// that have come from other calendars.
func (e feedEvent) uid(host string) string {
	return cmp.Or(e.OldUID, e.UID, fmt.Sprintf("content.%d@%s", e.ContentID, host))
}

// How far back feeds reach, so that programs that synchronise delete nothing that somebody remembers, and how many
// events they hold.
const (
	feedBack  = 366 * 24 * time.Hour
	feedLimit = 5000
)

// write returns a feed as programs read it.
func (r *Events) write(f feed) ([]byte, error) {
	var w ical.Writer
	size := 1000
	for _, e := range f.Events {
		size += 600 + len(e.Text) + 300*len(e.Dates)
	}
	w.Grow(size)
	w.Begin("VCALENDAR")
	w.Raw("VERSION", "2.0")
	w.Raw("PRODID", "-//grouprise//grouprise//EN")
	w.Raw("CALSCALE", "GREGORIAN")
	switch {
	case f.Message.Method != "":
		w.Raw("METHOD", f.Message.Method)
	case f.Name != "":
		w.Raw("METHOD", "PUBLISH")
		w.Text("NAME", f.Name)
		w.Text("X-WR-CALNAME", f.Name)
		w.Raw("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
		w.Raw("X-PUBLISHED-TTL", "PT1H")
	}
	spans, err := r.spans(f.Events)
	if err != nil {
		return nil, err
	}
	for n := range f.Events {
		if err := r.addUneven(&f.Events[n], spans[n]); err != nil {
			return nil, err
		}
	}
	r.writeZones(&w, f.Events, spans)
	host := r.host()
	for n, e := range f.Events {
		if err := r.writeEvent(&w, host, e, spans[n], f); err != nil {
			return nil, err
		}
	}
	w.End("VCALENDAR")
	return w.Bytes(), nil
}

// spans returns when events take place, a series for the first time.
func (r *Events) spans(all []feedEvent) ([]span, error) {
	spans := make([]span, len(all))
	for n, e := range all {
		s, err := e.span(&r.zones)
		if err != nil {
			return nil, err
		}
		spans[n] = s
	}
	return spans, nil
}

// addUneven adds the dates of a series in which clocks are put forward or back. They begin and end at the same time on the
// clock as the others, but programs have all dates take as long as the first (RFC 5545, section 3.8.5.3).
func (r *Events) addUneven(e *feedEvent, s span) error {
	if !e.repeats() || e.only || s.AllDay || s.Ends.IsZero() || !s.inTheNight() {
		return nil
	}
	days, err := e.days(s, r.now())
	if err != nil {
		return err
	}
	own := map[string]bool{}
	for _, d := range e.Dates {
		own[d.Day] = true
	}
	starts, ends := s.dates()
	e.Dates = slices.Clip(e.Dates) // which may be written several times
	for _, day := range days {
		d := e.row(s.on(day))
		if d.Day = day.Format(wallDay); !own[d.Day] && d.EndsAt.Sub(d.StartsAt.Time) != ends.Sub(starts.Time) {
			e.Dates = append(e.Dates, d)
		}
	}
	return nil
}

// inTheNight reports whether clocks may be put forward or back while an event lasts: nobody does that by day.
func (s span) inTheNight() bool {
	return s.Begins.Hour() < night || !s.Begins.day().Equal(s.Ends.day().Time)
}

// writeZones writes what clocks do from the first event of their zone to the last, for a series to the horizon.
func (r *Events) writeZones(w *ical.Writer, all []feedEvent, spans []span) {
	type stretch struct {
		zone        *time.Location
		from, until time.Time
	}
	used := map[string]stretch{}
	for n, e := range all {
		s := spans[n]
		if s.AllDay {
			continue
		}
		starts, ends := s.dates()
		from, until := starts.Time, ends.Time
		if e.repeats() {
			until = recur.Horizon(later(until, r.now().Time))
		}
		for _, d := range e.Dates {
			from, until = earlier(from, d.StartsAt.Time), later(until, d.EndsAt.Time)
		}
		if known, ok := used[s.Zone.String()]; ok {
			from, until = earlier(from, known.from), later(until, known.until)
		}
		used[s.Zone.String()] = stretch{s.Zone, from, until}
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		w.Zone(used[name].zone, used[name].from, used[name].until)
	}
}

func earlier(t, other time.Time) time.Time {
	if other.Before(t) {
		return other
	}
	return t
}

func later(t, other time.Time) time.Time {
	if other.After(t) {
		return other
	}
	return t
}

// writeEvent writes one event with the dates that differ from it; host is the name under which the site is reached.
func (r *Events) writeEvent(w *ical.Writer, host string, e feedEvent, s span, f feed) error {
	if !e.only {
		r.beginEvent(w, host, e)
		writeSpan(w, s)
		if err := writeRule(w, e, s); err != nil {
			return err
		}
		r.endEvent(w, e, f, e.Place, e.path(), e.Cancelled)
	}
	for _, d := range e.Dates {
		own := e.event
		own.Begins, own.Ends = d.Begins, d.Ends
		at, err := own.span(&r.zones)
		if err != nil {
			return err
		}
		path := e.path()
		r.beginEvent(w, host, e)
		if e.repeats() {
			day, _ := parseWall(d.Day)
			writeWall(w, "RECURRENCE-ID", s.on(day).Begins, s)
			path = community.DatePath(path, d.Day)
		}
		writeSpan(w, at)
		r.endEvent(w, e, f, d.Place, path, e.Cancelled || d.Cancelled)
	}
	return nil
}

// beginEvent writes what an event and all its dates are known by.
func (r *Events) beginEvent(w *ical.Writer, host string, e feedEvent) {
	w.Begin("VEVENT")
	w.Raw("UID", e.uid(host))
	if e.Via != "" {
		w.Raw(ical.ViaProperty, e.Via)
	}
	w.UTC("DTSTAMP", e.ChangedAt.Time)
	w.UTC("LAST-MODIFIED", e.ChangedAt.Time)
	w.Raw("SEQUENCE", strconv.Itoa(e.Revision-1))
}

// writeSpan writes when something takes place.
func writeSpan(w *ical.Writer, s span) {
	writeWall(w, "DTSTART", s.Begins, s)
	switch {
	case s.AllDay:
		writeWall(w, "DTEND", s.lastDay().add(1), s)
	case !s.Ends.IsZero():
		writeWall(w, "DTEND", s.Ends, s)
	}
}

// writeWall writes what the clocks of an event show, or the day of one that takes whole days.
func writeWall(w *ical.Writer, name string, at wall, s span) {
	if s.AllDay {
		w.Day(name, at.Time)
		return
	}
	w.Local(name, at.Time, s.Zone)
}

// writeRule writes how a series goes on, and the days on which there is no date after all.
func writeRule(w *ical.Writer, e feedEvent, s span) error {
	if !e.repeats() {
		return nil
	}
	rule, err := e.rule(s)
	if err != nil {
		return err
	}
	until := s.Begins.Time
	if !rule.Includes(s.Begins.Time) { // not all programs have the first date then, and those that do count differently
		writeWall(w, "RDATE", s.Begins, s)
		if rule.Count > 0 {
			days := rule.Days(s.Begins.Time, time.Date(lastYear, time.December, 31, 0, 0, 0, 0, time.UTC))
			rule.Count, rule.Until = 0, days[len(days)-1]
		}
		until = s.Begins.day().add(1).Add(-time.Second) // some are wrong by an hour where there is an RDATE
	}
	if s.AllDay {
		w.Raw("RRULE", rule.String())
	} else {
		w.Raw("RRULE", rule.Within(until, s.Zone))
	}
	for text := range strings.SplitSeq(e.Excluded, ",") {
		if day, ok := parseWall(text); ok {
			writeWall(w, "EXDATE", s.on(day).Begins, s)
		}
	}
	return nil
}

// endEvent writes what people read of an event or of one of its dates.
func (r *Events) endEvent(w *ical.Writer, e feedEvent, f feed, place, path string, cancelled bool) {
	title := e.Title
	if f.Prefixed && e.Entity.IsGroup() {
		title = "[" + e.Entity.Slug + "] " + title
	}
	w.Text("SUMMARY", title)
	if e.Text != "" {
		w.Text("DESCRIPTION", e.Text)
	}
	if place != "" {
		w.Text("LOCATION", place)
	}
	if latitude, longitude, ok := strings.Cut(e.Position, ","); ok && place == e.Place {
		w.Raw("GEO", latitude+";"+longitude)
	}
	w.Raw("URL", r.deps.BaseURL+path)
	if cancelled {
		w.Raw("STATUS", "CANCELLED")
	} else {
		w.Raw("STATUS", "CONFIRMED")
	}
	if e.Public {
		w.Raw("CLASS", "PUBLIC")
	} else {
		w.Raw("CLASS", "PRIVATE")
	}
	writePeople(w, f.Message)
	w.End("VEVENT")
}

// host returns the name under which the site is reached.
func (r *Events) host() string {
	u, err := url.Parse(r.deps.BaseURL)
	if err != nil {
		return r.deps.SiteName.String()
	}
	return u.Hostname()
}
