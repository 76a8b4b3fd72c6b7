package caldav

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
)

func (r *CalDAV) blocks() []site.Block {
	return []site.Block{{Spot: site.CalendarMain, Order: 10, About: "how apps synchronise the calendar", Show: r.showSetup}}
}

// setup is what a page says about how apps synchronise a calendar.
type setup struct {
	Server    string // absolute addresses
	Calendar  string // of the group that the page is about; "" for a page about the town
	Login     string
	Passwords string // the path where people make app passwords
	SignIn    string // the path where somebody signs in who has not; "" for whoever has
}

func (r *CalDAV) showSetup(v *site.Visit, s site.Subject) (templ.Component, error) {
	x := setup{Server: v.URL("/"), Login: v.Viewer.Slug, Passwords: r.deps.Passwords}
	switch {
	case !v.Viewer.SignedIn():
		x.SignIn = community.SignInPath(v.R.URL.Path)
	case s.Entity.IsGroup():
		x.Calendar = v.URL(calendarPath(v, calendarOf(v, s.Entity)))
	}
	return setupBody(x), nil
}
