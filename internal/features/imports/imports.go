// Package imports is the room of what groups take over from elsewhere: a group names the address of a calendar or of a
// website with a feed, and its events or posts stand among those of the group, follow what is said there, and cannot be
// changed here.
//
// Each import is read about once an hour by a job of its own, which finds out what it reads. What it brings is published as
// all else is, in the name of whoever set the import up; as soon as they do not belong to the group any more, it stands
// still.
package imports

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Groups is what this room needs to know of groups.
type Groups interface {
	// Get returns a group by its id; NotFound if there is none.
	Get(ctx context.Context, q sqldb.Querier, id int64) (community.Group, error)
}

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Queue   queue.Enqueuer
	Outbox  *outbox.Outbox
	Events  *events.Events
	Content *content.Content
	Groups  Groups
	Limiter *web.Limiter
	Log     *slog.Logger
	BaseURL string         // of the site, without a slash at the end
	Zone    *time.Location // of the site: of times that a calendar gives no zone

	Articles string               // the kind of content that posts of websites become
	Printer  func() *lang.Printer // in the main language of the site: of what is said below such a post

	// Resolve and Allowed replace how names of servers are looked up, and which addresses are asked; nil is as
	// package fetch does it.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Allowed func(netip.Addr) bool
	Timeout time.Duration // of one document; zero is 30 s
}

// Imports is the room.
type Imports struct {
	deps    Deps
	fetcher *fetch.Fetcher
}

// maxBytes is how large a calendar, a feed or the page of a website may be.
const maxBytes = 10 << 20

// New returns the room.
func New(d Deps) *Imports {
	return &Imports{deps: d, fetcher: fetch.New(fetch.Config{
		UserAgent: "grouprise (+" + d.BaseURL + "/)", MaxBytes: maxBytes, Resolve: d.Resolve, Allowed: d.Allowed, Timeout: d.Timeout,
	})}
}

// What an import reads.
const (
	unknownKind  = "" // nobody has read it yet
	calendarKind = "calendar"
	feedKind     = "feed"
)

// Import is a calendar or a website whose events or posts a group shows.
type Import struct {
	ID           int64         `db:"id"`
	GroupID      int64         `db:"group_id"`
	AuthorID     int64         `db:"author_id"` // in whose name its events stand; 0 for somebody who is gone
	Author       string        `db:"author"`    // their name
	Kind         string        `db:"kind"`
	Address      string        `db:"address"`
	Source       string        `db:"source"` // of the feed, where the website at the address has named it
	Name         string        `db:"name"`   // that the calendar or feed gives itself; may be empty
	Public       bool          `db:"public"`
	ETag         string        `db:"etag"`
	LastModified string        `db:"last_modified"`
	Problem      fetch.Problem `db:"problem"` // why it could not be read; "" if it could
	Status       int           `db:"status"`  // what the server answered then
	Failures     int           `db:"failures"`
	Skipped      int           `db:"skipped"` // events or posts of it that are not shown
	CreatedAt    clock.Time    `db:"created_at"`
	TriedAt      clock.Time    `db:"tried_at"`
	ReadAt       clock.Time    `db:"read_at"` // when all of it was read
	SucceededAt  clock.Time    `db:"succeeded_at"`
	ToldAt       clock.Time    `db:"told_at"`
	DueAt        clock.Time    `db:"due_at"`

	Active bool `db:"active"` // whoever set it up belongs to the group
	Paused bool `db:"paused"` // the group is archived
	Shown  int  `db:"shown"`  // events or posts
}

// The kinds of jobs: the first finds the imports that are due, the second reads one.
const (
	planJob = "imports.plan"
	readJob = "imports.read"
)

// payload is that of readJob.
type payload struct {
	ImportID int64 `json:"import"`
}

// Module returns the room's table of contents.
func (r *Imports) Module() module.Module {
	return module.Module{
		Name: "imports", Entries: entries(), Notices: r.notices(), Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/groups/{id}/imports", Handle: r.showImports},
			{Method: http.MethodPost, Path: "/stadt/groups/{id}/imports", Handle: r.createImport, Counts: []web.Limit{limitAdding()}},
			{Method: http.MethodGet, Path: "/stadt/imports/{id}", Handle: r.editImport},
			{Method: http.MethodPost, Path: "/stadt/imports/{id}", Handle: r.updateImport},
			{Method: http.MethodPost, Path: "/stadt/imports/{id}/runs", Handle: r.createRun, Counts: []web.Limit{limitReading()}},
			{Method: http.MethodGet, Path: "/stadt/imports/{id}/end", Handle: r.askEnd},
			{Method: http.MethodPost, Path: "/stadt/imports/{id}/end", Handle: r.removeImport},
		},
		Jobs: []queue.Kind{
			{Name: planJob, Handle: func(ctx context.Context, _ queue.Job) error { return r.Plan(ctx) }, Lane: queue.Housekeeping},
			{Name: readJob, Handle: r.readJob, Lane: queue.Housekeeping, Timeout: 10 * time.Minute},
		},
		Periodics: []queue.Periodic{{Name: planJob, Kind: planJob, Schedule: "*/5 * * * *", Expires: 10 * time.Minute}},
	}
}

func (r *Imports) readJob(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	return r.Read(ctx, p.ImportID)
}
