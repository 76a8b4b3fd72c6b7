// Package reminders is the room that reminds people of the dates of events: whoever comes, whoever helps, and members who
// want to be reminded of all events of their group.
package reminders

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/helping"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Dates is what this room needs to know of the dates of events.
type Dates interface {
	// DateFacts returns what mails say of dates, by their ids and in the language of the context.
	DateFacts(ctx context.Context, q sqldb.Querier, ids ...int64) (map[int64][]content.Fact, error)
}

// Attendance knows who comes.
type Attendance interface {
	// ComingAt returns a query for the columns date_id and person_id: who comes to each of some dates. It stands in
	// parentheses in a larger query.
	ComingAt(dates []int64) (query string, args []any)
	// StrangersComingAt returns who comes to each of some dates without an account.
	StrangersComingAt(ctx context.Context, q sqldb.Querier, dates []int64) ([]attendance.Stranger, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Outbox     *outbox.Outbox
	Content    *content.Content
	Dates      Dates
	Attendance Attendance
	Helping    *helping.Helping
	Letters    *notify.Letters
	Catalogues *lang.Catalogues
	Groups     bymail.GroupsByID
	Links      bymail.PersonalLinks // by which somebody is no longer reminded of the events of a group
	Zone       *time.Location       // of the site
	BaseURL    string               // of the site, without a slash at the end
}

// Reminders is the room.
type Reminders struct{ deps Deps }

// New returns the room.
func New(d Deps) *Reminders { return &Reminders{deps: d} }

// The job, and how often it looks for dates: whoever says on the same day that they come is reminded soon.
const (
	jobRemind = "reminders.remind"
	interval  = "@every 2m"
)

// stopPath is where somebody stops the reminders of a group by a link that only they have.
const stopPath = "/stadt/groups/reminders/{group}/{person}/{key}"

// Module returns the room's table of contents.
func (r *Reminders) Module() module.Module {
	return module.Module{
		Name: "reminders", Estate: holdings(),
		Blocks: []site.Block{{Spot: site.GroupRelation, Order: 30, About: "whether the viewer is reminded of the events of the group", Show: r.showSwitch}},
		Routes: []site.Route{
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/reminders", Handle: r.updateWish},
			{Method: http.MethodGet, Path: stopPath, Handle: r.askToStop},
			{Method: http.MethodPost, Path: stopPath, Handle: r.stop, KnownBy: site.ByOwnSession},
		},
		Reactions: r.reactions(),
		Notices:   []notify.Notice{r.nearNotice()},
		Jobs:      []queue.Kind{{Name: jobRemind, Lane: queue.Normal, Handle: func(ctx context.Context, _ queue.Job) error { return r.Remind(ctx) }}},
		Periodics: []queue.Periodic{{Name: jobRemind, Kind: jobRemind, Schedule: interval}},
		Sweeps:    []module.Sweep{{About: "notes of who was reminded of what is over", Run: r.removeOld}},
	}
}
