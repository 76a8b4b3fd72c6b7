// Package polls is the room of polls: a kind of content whose readers say yes, no or maybe to options, or put them
// into an order. Options are texts or dates.
//
// Who has voted how stands in an open poll for everybody who may read it, once its results are shown. Of a secret poll
// nobody learns it: a ballot is added to the sums of the poll and kept nowhere.
package polls

import (
	"context"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Dates says when something takes place that begins and ends as the clocks of a zone show. ends may be empty.
type Dates interface {
	// SaySpan says it in full: "Tue 3 March 2026, 7–9 pm".
	SaySpan(p *lang.Printer, begins, ends, zone string) string
	// SayShort says it in short words for the head of a column: "Tue", "3 Mar", "7 pm".
	SayShort(p *lang.Printer, begins string) []string
	// ParseTime reads a day and a time of day as somebody types it. It returns what a browser would send, and the point in
	// time at which the clocks of a zone show it.
	ParseTime(text, zone string) (wall string, at time.Time, ok bool)
}

// Attend keeps for an event that has just been published what people have answered in the poll that it was made of:
// "yes", "maybe" or "no" by the ids of people. The rules of who may come to it hold.
type Attend func(ctx context.Context, tx *sqldb.Tx, eventID int64, answers map[int64]string) error

// Deps is what the room stands on.
type Deps struct {
	DB         *sqldb.DB
	Outbox     *outbox.Outbox
	Dates      Dates
	Letters    *notify.Letters
	Limiter    *web.Limiter
	Captcha    *captcha.Captcha
	Keys       web.LinkKeys // of links by which people vote without signing in
	Catalogues *lang.Catalogues
	Zone       *time.Location // of the site
	BaseURL    string         // of the site, without a slash at the end
}

// Polls is the room.
type Polls struct {
	deps    Deps
	content *content.Content
	attend  Attend // nil until AttendBy says it
}

// New returns the room.
func New(d Deps) *Polls { return &Polls{deps: d} }

// AttendBy says how answers are taken along into an event. Who comes to events is known to a room above this one, so it is
// called once that is there; without it, nothing is taken along.
func (r *Polls) AttendBy(attend Attend) { r.attend = attend }

// kindPoll is the name of polls among the kinds of content.
const kindPoll = "poll"

// listPath is where all polls stand.
const listPath = "/stadt/polls"

// Kind returns polls as a kind of content.
func (r *Polls) Kind() content.Kind {
	return content.Kind{
		Name:     kindPoll,
		Label:    lang.Text("Poll"),
		Plural:   lang.Text("Polls"),
		About:    lang.Text("What groups and people in town want to know from each other."),
		Write:    lang.Text("Start a poll"),
		Empty:    lang.Text("No polls yet."),
		Icon:     parts.IconPoll,
		ListPath: listPath,
		Form:     func() content.Form { return &form{room: r} },
		Card:     r.cards, Facts: r.facts, Things: r.things, Words: optionsOf, Seed: r.seed, Grow: r.grow, Module: r.module,
	}
}

// The addresses at which people vote by a link that only they have.
const (
	linkPath = "/stadt/polls/answers/{option}/{person}/{answer}/{key}"
	ownPath  = "/stadt/polls/votes/{id}/{key}"
)

// module returns what the room contributes beside what content does for it.
func (r *Polls) module(c *content.Content) module.Module {
	r.content = c
	voting := []web.Limit{limitVoting(), limitGuests()}
	return module.Module{
		Name: "polls", Estate: holdings(), Agenda: []agenda.Source{r.agenda()},
		Blocks: []site.Block{{Spot: site.ContentMain, Order: 10, About: "the results of a poll, and how to vote", Show: r.showPoll}},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/{entity}/{slug}/vote", Handle: r.showVote},
			{Method: http.MethodPost, Path: "/{entity}/{slug}/vote", Handle: r.createVote, Counts: voting},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/votes", Handle: r.showVotes},
			{Method: http.MethodGet, Path: linkPath, Handle: r.askToVote},
			{Method: http.MethodPost, Path: linkPath, Handle: r.voteByLink, KnownBy: site.ByOwnSession},
			{Method: http.MethodGet, Path: ownPath, Handle: r.showOwn},
			{Method: http.MethodPost, Path: ownPath, Handle: r.updateOwn},
			{Method: http.MethodGet, Path: "/stadt/api/polls/{id}", Handle: r.sendPoll, Failures: site.AsJSON},
			{Method: http.MethodPost, Path: "/stadt/api/polls/{id}/vote", Handle: r.takeVote, Failures: site.AsJSON, Counts: voting},
		},
		Notices:      []notify.Notice{r.nearNotice(), r.endedNotice()},
		Enclosures:   []notify.Enclosure{r.enclosure()},
		Instructions: []mailin.Instruction{{Container: mailin.ToContent, About: "votes in a poll with one question or date: yes, no or maybe", Obey: r.voteByMail}},
		Jobs: []queue.Kind{{Name: jobWatch, Lane: queue.Normal, MaxAttempts: 3, Handle: func(ctx context.Context, _ queue.Job) error {
			return r.Watch(ctx)
		}}},
		Periodics: []queue.Periodic{{Name: jobWatch, Kind: jobWatch, Schedule: "@every 2m"}},
	}
}

// The job that looks which polls end, or have ended.
const jobWatch = "polls.watch"

// limitVoting is how often a person votes, and limitGuests how often people vote under a name from one network:
// several may sit at one device.
func limitVoting() web.Limit {
	return web.Limit{Name: "vote", Count: 120, Per: time.Hour, Whom: web.PerAccount}
}

func limitGuests() web.Limit {
	return web.Limit{Name: "vote under a name", Count: 30, Per: time.Hour, Whom: web.PerNetwork}
}

// throttle counts what a visitor does.
func (r *Polls) throttle(v *site.Visit) error {
	if v.Viewer.SignedIn() {
		return r.deps.Limiter.Allow(v.Context(), limitVoting(), web.Account(v.Viewer.PersonID))
	}
	return r.deps.Limiter.Request(v.R, limitGuests())
}
