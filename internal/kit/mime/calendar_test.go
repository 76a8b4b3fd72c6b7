package mime_test

import (
	"bytes"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/mime"
)

const meeting = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.org\r\nSUMMARY:Größe\r\nDTSTART:20990101T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestAnInvitationStandsBesideTheText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		calendar mime.Calendar
	}{
		{"invitation.eml", mime.Calendar{Method: "REQUEST", Data: []byte(meeting), Name: "invite.ics"}},
		{"published.eml", mime.Calendar{Method: "PUBLISH", Data: []byte(meeting), Name: "event.ics", FileOnly: true}},
	} {
		d := fullDraft()
		d.Attachments, d.Calendars = d.Attachments[:1], []mime.Calendar{c.calendar}
		data, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, c.name, data)
		m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Calendars) != 1 || string(m.Calendars[0]) != meeting || len(m.Events) != 1 {
			t.Errorf("%s comes back with %q and %v", c.name, m.Calendars, m.Events)
		}
	}
}

func TestCalendarsOfAMailAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("Content-Type: multipart/mixed; boundary=b\n\n")
	for n := range 9 {
		b.WriteString("--b\nContent-Type: text/calendar\n\n" + strings.Repeat("x", n%7) + "\n")
	}
	b.WriteString("--b\nContent-Type: text/calendar\n\n" + strings.Repeat("x", 1<<20+1) + "\n--b--\n")
	m, err := mime.Parse(strings.NewReader(b.String()), mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Calendars) != 4 || len(m.Attachments) != 10 {
		t.Errorf("%d calendars, %d files", len(m.Calendars), len(m.Attachments))
	}
}
