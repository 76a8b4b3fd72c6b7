package events

import (
	"context"
	"regexp"
	"slices"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Scheduled returns what writes an event, or one of its dates, as it goes out in a mail; it may be called again for each
// recipient. NotFound if there is none.
func (r *Events) Scheduled(ctx context.Context, q sqldb.Querier, contentID, dateID int64) (func(ical.Message) ([]byte, error), error) {
	e, err := feedOfEvent(ctx, q, contentID)
	if err != nil {
		return nil, err
	}
	if dateID != 0 && e.repeats() {
		dates, err := listRows(ctx, q, contentID)
		if err != nil {
			return nil, err
		}
		e.Dates, e.only = slices.DeleteFunc(dates, func(d dateRow) bool { return d.ID != dateID }), true
		if len(e.Dates) == 0 {
			return nil, community.ErrNothingHere()
		}
	}
	return func(m ical.Message) ([]byte, error) { return r.writeScheduled(e, m) }, nil
}

// writeScheduled writes an event as it goes out in a mail. Nobody answers a letter: the site is the organizer then.
func (r *Events) writeScheduled(e feedEvent, m ical.Message) ([]byte, error) {
	if m.Organizer.Address == "" {
		m.Organizer = ical.Person{Name: r.deps.SiteName.String(), Address: r.deps.Organizer}
	}
	return r.write(feed{Name: e.Title, Events: []feedEvent{e}, Message: m})
}

// The methods of calendars in letters (RFC 5546, 1.4).
const (
	methodPublish = "PUBLISH"
	methodRequest = "REQUEST"
	methodCancel  = "CANCEL"
)

// letterCalendars returns for calendar programs what has become of dates that somebody counts on: for whoever was invited
// to them, as what answers an invitation, else as news. replies are the addresses to which people have answered.
func (r *Events) letterCalendars(all []counting, events map[int64]feedEvent, replies map[notify.Answerer]string, group string, cancelled bool) (calendars []notify.LetterCalendar, err error) {
	for _, c := range all {
		e, ok := events[c.ContentID]
		if !ok {
			continue
		}
		made, m := notify.LetterCalendar{Method: methodPublish}, ical.Message{}
		if organizer := replies[c.answerer()]; c.Invited && organizer != "" {
			made.Invites, made.Method = true, methodRequest
			if cancelled {
				made.Method = methodCancel
			}
			m = ical.Message{Organizer: ical.Person{Name: group, Address: organizer}, Attendee: ical.Person{Name: c.Name, Address: c.Address}}
		}
		m.Method = made.Method
		text, err := r.writeScheduled(e, m)
		if err != nil {
			return nil, err
		}
		made.Text = string(text)
		calendars = append(calendars, made)
	}
	return calendars, nil
}

// writePeople writes who is asked by a mail, and whom they answer.
func writePeople(w *ical.Writer, m ical.Message) {
	if m.Organizer.Address != "" {
		w.Person("ORGANIZER", m.Organizer)
	}
	if m.Attendee.Address == "" {
		return
	}
	rsvp := "RSVP=FALSE"
	if m.RSVP {
		rsvp = "RSVP=TRUE"
	}
	w.Person("ATTENDEE", m.Attendee, "CUTYPE=INDIVIDUAL", rsvp)
}

// ownUID is the UID that this site gives.
var ownUID = regexp.MustCompile(`^content\.(\d{1,18})@(.+)$`)

// IsOwnUID reports whether a UID is one that this site gives.
func (r *Events) IsOwnUID(uid string) bool { return r.ownID(uid) != 0 }

// ownID returns the id of the event that this site has given a UID; 0 if it has not given that.
func (r *Events) ownID(uid string) int64 {
	found := ownUID.FindStringSubmatch(uid)
	if found == nil || found[2] != r.host() {
		return 0
	}
	id, _ := strconv.ParseInt(found[1], 10, 64) // 18 digits always fit
	return id
}

// FindUID returns the event of a group or person that has a UID; 0 if none has.
func (r *Events) FindUID(ctx context.Context, q sqldb.Querier, entityID int64, uid string) (contentID int64, err error) {
	return findUID(ctx, q, entityID, r.ownID(uid), uid)
}

// DatesOn returns the dates of an event that its series has on some days, by these.
func (r *Events) DatesOn(ctx context.Context, q sqldb.Querier, contentID int64, days []string) (map[string]int64, error) {
	if len(days) == 0 {
		return nil, nil //nolint:nilnil // nothing is asked
	}
	return findDatesOn(ctx, q, contentID, days)
}
