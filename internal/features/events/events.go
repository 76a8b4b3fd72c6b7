// Package events is the room of what has a date: events as a kind of content, the calendar of the town and of each group,
// and what calendar programs fetch of it.
package events

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Outbox   *outbox.Outbox
	Zone     *time.Location // of the site
	Viewers  site.Viewers
	Limiter  *web.Limiter
	Keys     web.LinkKeys // in the addresses that calendar programs fetch
	SiteName fmt.Stringer
	BaseURL  string // of the site, without a slash at the end
	Answers  bool   // people are asked whether they come
	Single   bool   // nobody makes events that repeat

	Letters    *notify.Letters
	Catalogues *lang.Catalogues
	// Organizer is the address that stands for the site in calendars of letters that cannot be answered.
	Organizer string
	// ReplyAddresses returns the addresses by which people answer what they have been told of, as far as there are any.
	ReplyAddresses func(ctx context.Context, q sqldb.Querier, all []notify.Answerer) (map[notify.Answerer]string, error)
}

// Events is the room. What it shows of an event beside its date it asks content for.
type Events struct {
	deps    Deps
	content *content.Content
	zones   zones
	writing chan struct{} // whoever writes a calendar of many events holds one of its places
}

// The addresses of the calendar.
const (
	listPath   = community.CalendarPath
	exportPath = listPath + "/export"
	publicPath = listPath + "/public.ics"

	placeFeedPath = listPath + "/place.ics" // of the place in its parameter
	tagFeedPath   = listPath + "/tag.ics"   // likewise
)

// New returns the room.
func New(d Deps) *Events { return &Events{deps: d, writing: make(chan struct{}, 2)} }

// Kind returns events as a kind of content.
func (r *Events) Kind() content.Kind {
	return content.Kind{
		Name:         kindEvent,
		Label:        lang.Text("Event"),
		Plural:       lang.Text("Events"),
		About:        lang.Text("What is on in the town, day by day."),
		Write:        lang.Text("Announce an event"),
		Published:    lang.Text("Your event is in the calendar."),
		Icon:         parts.IconCalendar,
		ListPath:     listPath,
		Order:        content.NextFirst,
		OwnList:      true,
		TextOptional: true,
		Changes:      lang.Text("Everyone who subscribes will be notified if you cancel it, or change when or where it takes place."),
		Limits:       []web.Limit{limitChanges()},
		Form:         func() content.Form { return &form{room: r, Zone: r.deps.Zone.String()} },
		Query:        []string{community.DateParameter},
		Body:         r.bodies, Card: r.cards, Facts: r.facts, Things: r.things, Words: placesOf, Moved: followContent, Module: r.module,
	}
}

// module returns what the room contributes beside what content does for it.
func (r *Events) module(c *content.Content) module.Module {
	r.content = c
	usual, fetching := site.Usual(), site.Fetching()
	inTown := append(calendarQuery(), "group")
	return module.Module{
		Name: "events", Entries: entries(), Blocks: r.blocks(), Notices: r.notices(), Reactions: r.reactions(), Estate: holdings(), Agenda: []agenda.Source{r.agenda()},
		Jobs: r.jobs(), Periodics: periodics(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: listPath, Handle: r.showCalendar, Cached: true, Query: inTown},
			{Method: http.MethodGet, Path: listPath + "/{year}/{month}/{day}", Handle: r.showDay, Cached: true, Query: append(narrowingQuery(), "group")},
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/events", Handle: r.showGroupCalendar, Cached: true, Query: calendarQuery()},
			{Method: http.MethodGet, Path: printPath, Handle: r.showSheet, Cached: true, Query: inTown},
			{Method: http.MethodGet, Path: placeFeedPath, Handle: r.sendPlace, KnownBy: site.ByNothing, Limit: &fetching, Query: narrowingQuery()},
			{Method: http.MethodGet, Path: tagFeedPath, Handle: r.sendTag, KnownBy: site.ByNothing, Limit: &fetching, Query: []string{community.TagParameter}},
			{Method: http.MethodGet, Path: repetitionPath, Handle: r.showRepetition, SignedIn: true, Query: repetitionQuery(), Failures: site.AsPart},
			{Method: http.MethodGet, Path: exportPath, Handle: r.showExport},
			{Method: http.MethodPost, Path: exportPath, Handle: r.updateExport, SignedIn: true},
			{Method: http.MethodGet, Path: "/{entity}/events/export", Handle: r.showGroupExport},
			{Method: http.MethodPost, Path: "/{entity}/events/export", Handle: r.updateGroupExport},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/dates/{day}", Handle: r.editDate},
			{Method: http.MethodPost, Path: "/stadt/content/{id}/dates/{day}", Handle: r.changeDate, Limit: &usual, Counts: []web.Limit{limitChanges(), content.LimitPublishing()}},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/hosts", Handle: r.editHosts},
			{Method: http.MethodPost, Path: "/stadt/content/{id}/hosts", Handle: r.createHost, Limit: limitHosts(), Counts: []web.Limit{limitInvited()}},
			{Method: http.MethodPost, Path: "/stadt/content/{id}/hosts/decision", Handle: r.decideHost},
			{Method: http.MethodGet, Path: "/stadt/content/{id}/event.ics", Handle: r.sendEvent, Limit: &fetching, Query: []string{community.DateParameter}},
			{Method: http.MethodGet, Path: publicPath, Handle: r.sendPublic, KnownBy: site.ByNothing, Limit: &fetching},
			{Method: http.MethodGet, Path: "/stadt/events/mine/{token}/events.ics", Handle: r.sendPersonal, KnownBy: site.ByNothing, Limit: &fetching},
			{Method: http.MethodGet, Path: "/{entity}/events/public.ics", Handle: r.sendGroupPublic, KnownBy: site.ByNothing, Limit: &fetching},
			{Method: http.MethodGet, Path: "/{entity}/events/private.ics", Handle: r.sendGroupPrivate, KnownBy: site.ByNothing, Limit: &fetching, Query: []string{"token"}},
		},
	}
}

// now returns the present time.
func (r *Events) now() clock.Time { return r.deps.DB.Now() }

// places returns the places that a form offers.
func (r *Events) places(ctx context.Context, v community.Viewer) ([]string, error) {
	return listPlaces(ctx, r.deps.DB, v)
}
