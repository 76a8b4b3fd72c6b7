package imports

import (
	"time"

	"grouprise.org/grouprise/internal/kit/ical"
)

// Gather returns the titles of the events of a calendar that a group shows, and how many it does not show.
func Gather(c ical.Calendar, host string, now time.Time) (titles []string, skipped int) {
	wanted, skipped := gather(c, origin{host: host, url: "https://" + host}, now)
	for _, f := range wanted {
		titles = append(titles, f.Event.Title)
	}
	if d := compare(wanted, map[string]known{}, nil, now); len(d.Fresh) > len(wanted) || len(d.Gone) > 0 {
		panic("there is more to do than there is")
	}
	return titles, skipped
}

// Pause returns after how long an import is read that has failed so often.
func Pause(failures int, asked time.Duration) time.Duration { return pause(failures, asked) }
