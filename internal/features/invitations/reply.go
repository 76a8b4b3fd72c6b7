package invitations

import (
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/ical"
)

// reply returns the answer of a group to an invitation (RFC 5546, section 3.2.3).
func reply(e ical.Event, group community.Entity, i Invitation, partstat string, now time.Time) []byte {
	var w ical.Writer
	w.Begin("VCALENDAR")
	w.Raw("VERSION", "2.0")
	w.Raw("PRODID", "-//grouprise//grouprise//EN")
	w.Raw("METHOD", methodReply)
	w.Begin("VEVENT")
	w.Raw("UID", i.UID)
	w.UTC("DTSTAMP", now)
	w.Raw("SEQUENCE", strconv.Itoa(e.Sequence))
	w.Person("ORGANIZER", ical.Person{Address: i.Organizer})
	w.Person("ATTENDEE", ical.Person{Address: i.Invited, Name: group.Name, Answer: partstat})
	w.Text("SUMMARY", e.Title)
	w.End("VEVENT")
	w.End("VCALENDAR")
	return w.Bytes()
}
