package email

import (
	"fmt"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/mime"
)

// The files as which calendars go along: what one is asked for has the name that mail programs know from each other.
const (
	invitationFile = "invite.ics"
	eventFile      = "event.ics"
)

// calendarOf returns the calendar of a message as it goes to an address; none if it has none. Only who is invited gets it
// as an alternative of the text: there, some programs show it in place of what the group wrote.
func calendarOf(c *notify.Calendar, organizer, address string) ([]mime.Calendar, error) {
	if c == nil {
		return nil, nil
	}
	data, err := c.Write(organizer, address)
	if err != nil {
		return nil, fmt.Errorf("write the calendar of a mail: %w", err)
	}
	return []mime.Calendar{{Method: c.Method, Data: data, Name: fileOf(c.Invites, 0), FileOnly: !c.Invites}}, nil
}

// calendarsOf returns the calendars of a letter. Programs look for one in a mail: of several, none stands in the place of the
// text.
func calendarsOf(all []notify.LetterCalendar) (calendars []mime.Calendar) {
	for n, c := range all {
		calendars = append(calendars, mime.Calendar{
			Method: c.Method, Data: []byte(c.Text), Name: fileOf(c.Invites, n), FileOnly: !c.Invites || len(all) > 1,
		})
	}
	return calendars
}

// fileOf returns the name of the file of a calendar, of which others stand before it.
func fileOf(invites bool, before int) string {
	name := eventFile
	if invites {
		name = invitationFile
	}
	if before > 0 {
		name = strings.Replace(name, ".", "-"+strconv.Itoa(before+1)+".", 1)
	}
	return name
}
