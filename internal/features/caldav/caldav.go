// Package caldav is the room of calendars that programs synchronise (RFC 4791): those that there are as feeds, for whoever
// has made an app password. Each event is an object of its own, so that a program fetches only what has changed. Nothing
// can be written.
//
// # What there is
//
//	/stadt/caldav/                          where programs begin
//	/stadt/caldav/<person>/                 a person, and the collection of their calendars
//	/stadt/caldav/<person>/mine/            all that they may see
//	/stadt/caldav/<person>/town/            what is public in the whole town
//	/stadt/caldav/<person>/group-<id>/      what they may see of a group
//	/stadt/caldav/<person>/…/<content>.ics  an event, with all its dates
//
// The collection lists those groups alone to which the person belongs: phones show all calendars that are listed. Those of
// other groups are found at their addresses.
package caldav

import (
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Path is where programs begin.
const Path = "/stadt/caldav/"

// wellKnown is where programs look that know nothing but the name of the site (RFC 6764).
const wellKnown = "/.well-known/caldav"

// Deps is what the room stands on.
type Deps struct {
	DB        *sqldb.DB
	Events    *events.Events
	Scope     string // of the app passwords that let programs in
	Passwords string // the path where people make them
}

// CalDAV is the room.
type CalDAV struct{ deps Deps }

// New returns the room.
func New(d Deps) *CalDAV { return &CalDAV{deps: d} }

// Module returns the room's table of contents.
func (r *CalDAV) Module() module.Module {
	return module.Module{Name: "caldav", Routes: r.routes(), Blocks: r.blocks()}
}
