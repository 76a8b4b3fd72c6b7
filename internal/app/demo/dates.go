package demo

import (
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/demo/coming"
	"grouprise.org/grouprise/internal/app/demo/occasions"
	"grouprise.org/grouprise/internal/app/demo/places"
	"grouprise.org/grouprise/internal/kit/clock"
)

// dates fills the calendar.
func (t *town) dates() error {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return err
	}
	now := t.now.In(zone)
	monday := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 0, 0, 0, 0, zone)
	for n, o := range occasions.All() {
		group := t.groupsNamed[o.Group]
		if group == 0 {
			continue // the town is too small for it
		}
		author := t.named[o.Author]
		t.join(group, author)
		for _, week := range o.Weeks {
			id := t.date(o, group, author, monday.AddDate(0, 0, 7*week+(int(o.Weekday)+6)%7), t.hoursAgo(24*(200+n)-week))
			if o.Elsewhere {
				t.imported = append(t.imported, coming.Imported{GroupID: group, AuthorID: author, ContentID: id})
			}
		}
	}
	t.moreDates(monday)
	return nil
}

// date adds an occasion on a day, with all its dates if it is a series, and returns the id of the event.
func (t *town) date(o occasions.Occasion, group, author int64, day time.Time, at clock.Time) (id int64) {
	id = t.content(group, author, o.Title, o.Text, !o.Internal, false, at)
	rule, days := o.Repetition(day, t.now)
	coming := 0
	for _, d := range days {
		taken := o.On(d)
		if !taken.Ends.Before(t.now.Time) {
			coming++
		}
		moved, off := coming > 0 && coming == o.Moved, coming > 0 && coming == o.Off
		if moved {
			taken = o.On(d.AddDate(0, 0, 1))
		}
		t.rows.eventDates = append(t.rows.eventDates, []any{
			id, t.entityOfGroup(group), d.Format(time.DateOnly), taken.First, taken.Last, o.Place, strings.ToLower(o.Place), clock.At(taken.Begins), clock.At(taken.Ends), off, moved,
		})
		if coming <= 1 { // the next one stands for all of them
			row := t.rows.contents[id-1]
			row[contentKind], row[contentStarts], row[contentEnds] = "event", clock.At(taken.Begins), clock.At(taken.Ends)
		}
	}
	first := o.On(day)
	position, latitude, longitude := "", any(nil), any(nil)
	if p, known := places.Of(o.Place); known {
		position, latitude, longitude = p.String(), p.Latitude, p.Longitude
	}
	t.rows.events = append(t.rows.events, []any{id, o.Place, strings.ToLower(o.Place), position, latitude, longitude, day.Location().String(), o.From == "", first.First, first.Last, rule})
	return id
}
