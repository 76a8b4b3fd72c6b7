package events

import (
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxThings is how many dates of a series its page names to programs.
const maxThings = 10

// things returns what the page of an event says to programs: its date, or of a series the one that the page shows and
// those that come next.
func (r *Events) things(v *site.Visit, q sqldb.Querier, i content.Item, w schemaorg.Work) ([]schemaorg.Thing, error) {
	ids := []int64{i.ID}
	found, err := listEvents(v.Context(), q, ids)
	if err != nil {
		return nil, err
	}
	dates, err := listRowsOf(v.Context(), q, ids)
	if err != nil {
		return nil, err
	}
	e, now := found[i.ID], r.now()
	var all []schemaorg.Thing
	for n, d := range dates[i.ID] {
		last := n == len(dates[i.ID])-1 && len(all) == 0
		if d.EndsAt.Before(now.Time) && d.Day != v.Query(community.DateParameter) && !last || len(all) == maxThings {
			continue
		}
		thing, err := r.thing(v, i, e, d)
		if err != nil {
			return nil, err
		}
		thing.Description, thing.Image, thing.Organizer = w.Description, w.Image, w.Author
		all = append(all, thing)
	}
	return all, nil
}

// thing returns one of the dates of an event.
func (r *Events) thing(v *site.Visit, i content.Item, e event, d dateRow) (schemaorg.Event, error) {
	at := e.at(d)
	when, err := at.span(&r.zones)
	if err != nil {
		return schemaorg.Event{}, err
	}
	t := schemaorg.Event{
		Name: i.Title, URL: v.URL(i.Path()), EventStatus: schemaorg.EventScheduled, AttendanceMode: schemaorg.OfflineAttendance, Place: placeThing(e, at),
	}
	t.StartDate, t.EndDate = when.texts()
	if e.repeats() {
		t.SuperEvent = &schemaorg.EventSeries{Name: i.Title, URL: t.URL}
		t.URL = v.URL(community.DatePath(i.Path(), d.Day))
		regular, err := e.regularSpan(d, &r.zones)
		if err != nil {
			return t, err
		}
		if begins, _ := regular.texts(); begins != t.StartDate {
			t.EventStatus, t.PreviousStartDate = schemaorg.EventRescheduled, begins
		}
	}
	if at.Cancelled {
		t.EventStatus, t.PreviousStartDate = schemaorg.EventCancelled, ""
	}
	return t, nil
}

// texts returns when an event begins and ends as programs read it: with the offset of its zone, or days alone. An end that
// nobody has said is "".
func (s span) texts() (begins, ends string) {
	if s.AllDay {
		return schemaorg.Day(s.Begins.Time), schemaorg.Day(s.lastDay().Time)
	}
	from, _ := s.Begins.in(s.Zone)
	begins = schemaorg.Moment(from.In(s.Zone))
	if s.Ends.IsZero() {
		return begins, ""
	}
	to, _ := s.Ends.in(s.Zone)
	return begins, schemaorg.Moment(to.In(s.Zone))
}

// placeThing returns where an event takes place on a date; nil if nobody has said it. The position is that of the usual
// place.
func placeThing(e, at event) *schemaorg.Place {
	if at.Place == "" {
		return nil
	}
	name, _, _ := strings.Cut(strings.TrimSpace(at.Place), "\n")
	p := &schemaorg.Place{Name: strings.TrimSpace(name), Address: oneLine(at.Place)}
	if lat, lon, ok := strings.Cut(e.Position, ","); ok && at.PlaceKey == e.PlaceKey {
		p.Geo = &schemaorg.GeoCoordinates{Latitude: lat, Longitude: lon}
	}
	return p
}
