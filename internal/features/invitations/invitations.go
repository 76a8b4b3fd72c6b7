// Package invitations is the room of events that come and go as calendar programs write them (iTIP, RFC 5546, in mails,
// RFC 6047).
//
// What goes out: messages about events carry them for calendar programs, and ask those who want it to answer there. What
// comes in: such answers become attendance, and what is sent to the address of a group becomes an event of the group. The
// links by which people join a closed group are another matter, of membership.
//
// # In whatever order
//
// Mails arrive late, twice and in any order. Of everything that a mail says the room keeps what is latest by SEQUENCE and
// DTSTAMP, so that what becomes of some mails does not depend on their order: see parts.go.
package invitations

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Events is what this room needs to know of events.
type Events interface {
	// Scheduled returns what writes an event, or one of its dates, as it goes out in a mail; it may be called again for
	// each recipient. NotFound if there is none.
	Scheduled(ctx context.Context, q sqldb.Querier, contentID, dateID int64) (func(ical.Message) ([]byte, error), error)
	// FindUID returns the event of a group that has a UID; 0 if none has.
	FindUID(ctx context.Context, q sqldb.Querier, entityID int64, uid string) (contentID int64, err error)
	// IsOwnUID reports whether a UID is one that this site gives.
	IsOwnUID(uid string) bool
	// DatesOn returns the dates of an event that its series has on some days, by these.
	DatesOn(ctx context.Context, q sqldb.Querier, contentID int64, days []string) (map[string]int64, error)
	// SaveForeign makes an internal event of a group say what a calendar says: first the whole, then its dates that differ.
	// For 0 there is none yet: one comes into being, and its id is returned. quiet tells nobody. Invalid says what is wrong.
	SaveForeign(ctx context.Context, tx *sqldb.Tx, actorID int64, group community.Entity, contentID int64, all []ical.Event, quiet bool) (int64, error)
	// SayWhen says when an event takes place.
	SayWhen(p *lang.Printer, e ical.Event) string
}

// The answers that people give.
const (
	Yes   = "yes"
	Maybe = "maybe"
	No    = "no"
)

// Answer says whether somebody comes.
type Answer struct {
	ContentID, PersonID int64
	DateIDs             []int64 // none for all dates
	Answer              string
	At                  clock.Time // when it was given: what they have answered on the site since then counts
}

// Groups is what this room needs to know of groups.
type Groups interface {
	// GetByEntity returns the group that is an entity; NotFound if there is none.
	GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error)
	// Visited returns the group that the path of a visit names and how the viewer stands to it.
	Visited(v *site.Visit) (community.Group, community.Standing, error)
}

// People is what this room needs to know of people.
type People interface {
	// Get returns a person by their id.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Person, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB     *sqldb.DB
	Outbox *outbox.Outbox
	Events Events
	Groups Groups
	People People
	// Answer keeps whether somebody comes to an event. Errors that are final say in a sentence why it cannot be kept.
	Answer     func(ctx context.Context, tx *sqldb.Tx, a Answer) error
	Letters    *notify.Letters
	Limiter    *web.Limiter
	Catalogues *lang.Catalogues
	Zone       *time.Location // of the site
	BaseURL    string         // of the site, without a slash at the end
}

// Invitations is the room.
type Invitations struct{ deps Deps }

// New returns the room.
func New(d Deps) *Invitations { return &Invitations{deps: d} }

// The addresses of the room.
const (
	waitingPath = "/stadt/groups/{id}/calendar-invitations"
	answerPath  = "/stadt/calendar-invitations/{id}/answer"
	settlePath  = "/stadt/calendar-invitations/{id}"
)

// Module returns the room's table of contents.
func (r *Invitations) Module() module.Module {
	return module.Module{
		Name: "invitations", Entries: entries(), Blocks: r.blocks(), Estate: holdings(), Agenda: []agenda.Source{agendaSource()},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: waitingPath, Handle: r.showWaiting},
			{Method: http.MethodPost, Path: settlePath, Handle: r.settleWaiting},
			{Method: http.MethodPost, Path: answerPath, Handle: r.answerForGroup},
		},
		Notices:    []notify.Notice{r.receivedNotice()},
		Enclosures: []notify.Enclosure{r.enclosure()},
		Calendars: []mailin.Calendars{{
			About: "answers to events become attendance, invitations to <group>@ become its events", Counts: []web.Limit{limitReceived()}, Take: r.take,
		}},
		Switches: []notify.Switch{r.wish()},
		Sweeps:   []module.Sweep{{About: "calendar invitations that nobody has let in", Run: r.removeForgotten}},
	}
}

// Invitation is an event that somebody has sent to the address of a group.
type Invitation struct {
	ID         int64      `db:"id"`
	EntityID   int64      `db:"entity_id"` // the group
	PersonID   int64      `db:"person_id"` // who sent it: changes count from them alone
	UID        string     `db:"uid"`
	Sender     string     `db:"sender"`    // the address that it came from, where answers go
	Organizer  string     `db:"organizer"` // the address that it names for answers
	Invited    string     `db:"invited"`   // the address of the group that it was sent to
	Asks       bool       `db:"asks"`      // it wants an answer
	Answer     string     `db:"answer"`    // of the group: yes, no or ""
	ContentID  int64      `db:"content_id"`
	ActivityID int64      `db:"activity_id"` // by which members were told that it waits
	ReceivedAt clock.Time `db:"received_at"`
	IgnoredAt  clock.Time `db:"ignored_at"`
}

// waits reports whether a member has still to let it in.
func (i Invitation) waits() bool {
	return i.ContentID == 0 && i.ActivityID != 0 && i.IgnoredAt.IsZero()
}
