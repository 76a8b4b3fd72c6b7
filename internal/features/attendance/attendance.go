// Package attendance is the room of who comes to an event.
//
// People answer yes, maybe or no, for each date or once for a whole series, as the event asks. Guests take places like
// everybody else. Where the places of an event are taken, whoever says yes waits, and moves up when a place becomes free:
// the first in the queue whose party fits.
//
// To a public event people come without an account, too: they prove their mailbox, and the answer is kept with the
// address until a month after the date. No account comes of it.
package attendance

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Dates says when and where events take place.
type Dates interface {
	// DateFacts returns what mails say of dates, by their ids and in the language of the context.
	DateFacts(ctx context.Context, q sqldb.Querier, ids ...int64) (map[int64][]content.Fact, error)
	// Scheduled returns what writes an event, or one of its dates, as it goes out in a mail; NotFound if there is none.
	Scheduled(ctx context.Context, q sqldb.Querier, contentID, dateID int64) (func(ical.Message) ([]byte, error), error)
}

// People is what this room needs to know of people.
type People interface {
	// ParseAddress returns a mail address as it is kept and the key under which it is unique; ok is false
	// if the text is none.
	ParseAddress(text string) (address, key string, ok bool)
	// FindByAddress returns the person to whom a mail address belongs; NotFound if there is none.
	FindByAddress(ctx context.Context, q sqldb.Querier, address string) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Outbox     *outbox.Outbox
	Content    *content.Content
	Dates      Dates
	People     People
	ByMail     *bymail.ByMail
	Letters    *notify.Letters
	Keys       web.LinkKeys // in the links by which somebody without an account changes an answer
	Catalogues *lang.Catalogues
	Zone       *time.Location // of the site

	SiteName fmt.Stringer
	BaseURL  string // of the site, without a slash at the end

	Enabled  bool // people are asked whether they come
	ByOthers bool // members of a group answer for each other
}

// Attendance is the room.
type Attendance struct{ deps Deps }

// New returns the room.
func New(d Deps) *Attendance { return &Attendance{d} }

// Module returns the room's table of contents. Where nobody is asked, only what is kept of before is left.
func (r *Attendance) Module() module.Module {
	m := module.Module{
		Name: "attendance", Estate: holdings(), Agenda: []agenda.Source{r.agenda()},
		Sweeps: []module.Sweep{{About: "addresses of strangers whose date was a month ago", Run: r.forgetStrangers}},
	}
	if !r.deps.Enabled {
		return m
	}
	usual := site.Usual()
	parameters := []string{community.DateParameter, "other_gestalt", "redirect_url"}
	m.Blocks, m.Notices, m.Reactions = r.blocks(), r.notices(), r.reactions()
	m.Routes = []site.Route{
		{Method: http.MethodGet, Path: attendeesPattern, Handle: r.showAttendees, Query: parameters},
		{Method: http.MethodPost, Path: attendeesPattern, Handle: r.createAnswer},
		{Method: http.MethodDelete, Path: attendeesPattern, Handle: r.removeAnswer, Query: parameters, Limit: &usual},
		{Method: http.MethodGet, Path: attendeesPattern + "/request", Handle: r.newRequest, Query: []string{community.DateParameter}},
		{Method: http.MethodPost, Path: attendeesPattern + "/request", Handle: r.createRequest, Query: []string{community.DateParameter}, Counts: bymail.Limits()},
		{Method: http.MethodGet, Path: attendeesPattern + "/list", Handle: r.showList, Query: []string{community.DateParameter}},
		{Method: http.MethodGet, Path: attendeesPattern + "/list.csv", Handle: r.sendList, Query: []string{community.DateParameter}},
		{Method: http.MethodGet, Path: confirmPath + "{secret}", Handle: r.askToConfirm},
		{Method: http.MethodPost, Path: confirmPath + "{secret}", Handle: r.confirm},
		{Method: http.MethodGet, Path: "/stadt/attendance/{id}/{key}", Handle: r.showOwn},
		{Method: http.MethodPost, Path: "/stadt/attendance/{id}/{key}", Handle: r.updateOwn},
		{Method: http.MethodPost, Path: "/stadt/attendance/{id}/{key}/withdraw", Handle: r.withdrawOwn},
	}
	return m
}

// reactions follow what happens to events and to people, in its transaction.
func (r *Attendance) reactions() []outbox.Reaction {
	return []outbox.Reaction{
		{Activity: community.EventResized, Does: "lets those move up who wait for a place", Run: r.fill},
		{Activity: community.EventSplit, Does: "takes the answers for its dates along, and those for all of them", Run: r.followSplit},
		{Activity: community.EventMoved, Does: "asks those again who wanted to come", Run: r.askAgain},
		{Activity: community.EventCancelled, Does: "tells those who come without an account", Run: r.tellCancelled},
		{Activity: community.EventReinstated, Does: "tells those who come without an account", Run: r.tellReinstated},
		{Activity: community.MembershipEnded, Does: "takes back answers to what is internal", Run: r.leaveGroup},
		{Activity: community.PersonDeleted, Does: "takes back answers and lets others move up", Run: r.leaveSite},
	}
}
