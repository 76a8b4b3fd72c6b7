// Package helping is the room of what events need: who organises one lists it, and whoever may read the event takes some
// of it, on the page of the event, by a link in a mail or by an answer to one.
package helping

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Dates is what this room needs to know of the dates of events.
type Dates interface {
	// SayDate says when a date takes place; NotFound if there is none.
	SayDate(ctx context.Context, q sqldb.Querier, p *lang.Printer, dateID int64) (string, error)
	// DateFacts returns what mails say of dates, by their ids and in the language of the context.
	DateFacts(ctx context.Context, q sqldb.Querier, ids ...int64) (map[int64][]content.Fact, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Content    *content.Content
	Dates      Dates
	Outbox     *outbox.Outbox
	Letters    *notify.Letters
	Texts      *texts.Texts
	Keys       web.LinkKeys // of links by which somebody takes something
	Catalogues *lang.Catalogues
	Zone       *time.Location
	BaseURL    string // of the site, without a slash at the end
}

// Helping is the room.
type Helping struct{ deps Deps }

// New returns the room.
func New(d Deps) *Helping { return &Helping{deps: d} }

// Need is something that an event needs, and how it stands with it at one of its dates.
type Need struct {
	ID        int64  `db:"id"`
	ContentID int64  `db:"content_id"`
	Wanted    int    `db:"wanted"`
	Title     string `db:"title"`

	Takings []taking `db:"-"` // at the date, in the order of time
}

// taking is how many of a need somebody takes.
type taking struct {
	NeedID   int64      `db:"need_id"`
	PersonID int64      `db:"person_id"`
	Name     string     `db:"name"`
	Amount   int        `db:"amount"`
	TakenAt  clock.Time `db:"taken_at"`
}

// Taken returns how many have been taken.
func (n Need) Taken() int {
	sum := 0
	for _, t := range n.Takings {
		sum += t.Amount
	}
	return sum
}

// Left returns how many are left to be taken.
func (n Need) Left() int { return max(0, n.Wanted-n.Taken()) }

// Of returns how many somebody has taken.
func (n Need) Of(personID int64) int {
	for _, t := range n.Takings {
		if t.PersonID == personID {
			return t.Amount
		}
	}
	return 0
}

// date is a date of an event as this room knows it.
type date struct {
	ID        int64      `db:"id"`
	ContentID int64      `db:"content_id"`
	Day       string     `db:"day"` // on which the series says that it begins
	EndsAt    clock.Time `db:"ends_at"`
	Cancelled bool       `db:"cancelled"` // it, or the whole event
	Several   bool       `db:"several"`   // the event has other dates, too
}

// open reports whether something can still be done for a date.
func (d date) open(now clock.Time) bool {
	return d.ID != 0 && !d.Cancelled && !d.EndsAt.Before(now.Time)
}

// path returns an address that is about the date, given one that is about its event.
func (d date) path(path string) string {
	if !d.Several {
		return path
	}
	return community.DatePath(path, d.Day)
}

// linkPath is where somebody takes something by a link that only they have: whoever knows us by mail alone has no account.
const linkPath = "/stadt/events/help/{need}/{date}/{person}/{key}"

// Module returns the room's table of contents.
func (h *Helping) Module() module.Module {
	return module.Module{
		Name: "helping", Estate: holdings(),
		Blocks: []site.Block{{Spot: site.ContentMain, Order: 30, About: "what an event needs, and who takes it", Show: h.showNeeds}},
		Routes: []site.Route{
			{Method: http.MethodPost, Path: "/stadt/content/{id}/help", Handle: h.updateTaking},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/help/edit", Handle: h.editNeeds, Query: []string{community.DateParameter}},
			{Method: http.MethodPost, Path: "/stadt/content/{id}/help/edit", Handle: h.updateNeeds, Query: []string{community.DateParameter}},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/help/list", Handle: h.showList, Query: []string{community.DateParameter}},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/help.csv", Handle: h.sendList, Query: []string{community.DateParameter}},
			{Method: http.MethodGet, Path: linkPath, Handle: h.askToTake},
			{Method: http.MethodPost, Path: linkPath, Handle: h.takeByLink, KnownBy: site.ByOwnSession},
		},
		Reactions:    h.reactions(),
		Notices:      []notify.Notice{h.askedNotice()},
		Instructions: []mailin.Instruction{{Container: mailin.ToContent, About: "takes what a line names of the list of an event", Obey: h.takeByMail}},
	}
}
