package app

import (
	"net/http"
	"testing"
)

// TestWhatAskedForACalendarIsAnswered follows addresses of 5.5 that asked for a calendar, or for another month of the one
// beside a page.
func TestWhatAskedForACalendarIsAnswered(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	for path, want := range map[string]string{
		"/?month=5&year=2024":                  "",
		"/?month=99999&year=-1":                "",
		"/?month=x&year=99999999999999999999":  "",
		"/garten/?month=5&year=2024":           "",
		"/garten/?content=events":              "",
		"/garten/?content=events&year=2024":    "",
		"/anna/?month=5&year=2024&content=x":   "",
		"/anna/?content=events":                "",
		"/garten/?content=all":                 "",
		"/?page=2":                             "",
		"/stadt/events?month=0&year=x&page=2":  "",
		"/stadt/events/2024/5/1?group=garten":  "",
		"/stadt/events?group=anna&month=5":     "",
		"/stadt/groups/21/events?month=&year=": "",
	} {
		got := anna.Ask(http.MethodGet, path)
		if location := got.Header.Get("Location"); location != want || (want == "") != (got.Status == http.StatusOK) {
			t.Errorf("%s: %d to %q, want %q", path, got.Status, location, want)
		}
	}
}
