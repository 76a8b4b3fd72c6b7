// Package checkups is the room that has the site examined once a day and whenever an administrator asks, shows what was
// found, and writes to administrators when something has changed.
package checkups

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Path is the address of the page.
const Path = "/stadt/admin/health/"

const (
	job      = "checkups.run"
	schedule = "41 6 * * *"
	expires  = 12 * time.Hour
	timeout  = 5 * time.Minute
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Queue    queue.Enqueuer
	Log      *slog.Logger
	SiteName fmt.Stringer
	BaseURL  string
	// Checks returns those of all rooms.
	Checks func() []doctor.Check
	// Tell posts a letter to everybody who looks after the site, in their language.
	Tell func(ctx context.Context, tx *sqldb.Tx, compose func(p *lang.Printer) notify.Letter) error
}

// Checkups is the room.
type Checkups struct{ deps Deps }

// New returns the room.
func New(d Deps) *Checkups { return &Checkups{d} }

// Module returns the room's table of contents.
func (c *Checkups) Module() module.Module {
	limit := web.Limit{Name: "have the site checked", Count: 20, Per: time.Hour, Whom: web.PerVisitor}
	return module.Module{
		Name: "checkups",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: c.show, Admin: true},
			{Method: http.MethodPost, Path: Path, Handle: c.ask, Admin: true, Limit: &limit},
		},
		Facts:     []module.Fact{{Term: lang.Text("State of the site"), Path: Path, Ask: c.describe}},
		Jobs:      []queue.Kind{{Name: job, Lane: queue.Housekeeping, Timeout: timeout, MaxAttempts: 3, Handle: c.run}},
		Periodics: []queue.Periodic{{Name: job, Kind: job, Schedule: schedule, Expires: expires}},
	}
}

// Doctor returns what examines the site.
func (c *Checkups) Doctor() doctor.Doctor {
	return doctor.Doctor{Checks: c.deps.Checks(), Log: c.deps.Log, Clock: func() time.Time { return c.deps.DB.Now().Time }}
}

// order is the payload of the job. The zero value is that of every day.
type order struct {
	Asked bool `json:"asked,omitempty"` // an administrator looks at the page, and needs no mail
}

// run has the site examined, keeps what was found and tells what has changed: in one transaction with the end of the job,
// so that it is told once, whoever runs it and how often.
func (c *Checkups) run(ctx context.Context, j queue.Job) error {
	var o order
	if err := j.Decode(&o); err != nil {
		return err
	}
	report := c.Doctor().Examine(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		known, err := lock(ctx, tx)
		if err != nil {
			return err
		}
		report.Follow(known.Report)
		known.Report, known.EndedAt = report, tx.Now
		if !o.Asked {
			fresh, gone := doctor.Changes(known.Told, report)
			if len(fresh)+len(gone) > 0 {
				if err := c.deps.Tell(ctx, tx, func(p *lang.Printer) notify.Letter { return c.letter(p, fresh, gone) }); err != nil {
					return fmt.Errorf("tell administrators of the state of the site: %w", err)
				}
			}
			known.Told = report
		}
		if err := keep(ctx, tx, known); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
}

// letter says what has changed since administrators were told last.
func (c *Checkups) letter(p *lang.Printer, fresh, gone []doctor.Finding) notify.Letter {
	l := notify.Letter{
		Kind: "checkup", Subject: p.T("%s: all is well again", c.deps.SiteName), Intro: p.T("What was wrong with the site is no longer."),
		Actions: []notify.Action{{Label: p.T("See the state of the site"), URL: c.deps.BaseURL + Path, Primary: true}},
	}
	if len(fresh) > 0 {
		l.Subject = p.N("%[2]s: 1 thing needs your attention", "%[2]s: %[1]d things need your attention", len(fresh), len(fresh), c.deps.SiteName)
		l.Intro = p.T("The site checks itself once a day. You only get an email when something has changed.")
	}
	for _, f := range fresh {
		l.Facts = append(l.Facts, notify.Fact{Label: sign(p, f.Severity), Value: f.Wrong.In(p) + " " + f.Remedy.In(p)})
	}
	for _, f := range gone {
		l.Facts = append(l.Facts, notify.Fact{Label: p.T("No longer"), Value: f.Wrong.In(p)})
	}
	return l
}

// describe says for the administration page how it stood at the last run.
func (c *Checkups) describe(ctx context.Context, p *lang.Printer) (string, error) {
	known, err := read(ctx, c.deps.DB)
	switch {
	case err != nil:
		return "", err
	case known.EndedAt.IsZero():
		return p.T("not checked yet"), nil
	}
	return fmt.Sprintf("%s · %s", summary(p, known.Report), p.Since(known.EndedAt, c.deps.DB.Now())), nil
}

// sign says a severity.
func sign(p *lang.Printer, s doctor.Severity) string {
	switch s {
	case doctor.Problem:
		return p.T("Problem")
	case doctor.Warning:
		return p.T("Warning")
	}
	return p.T("Hint")
}

// summary says in a few words how it stands with the site.
func summary(p *lang.Printer, r doctor.Report) string {
	problems, warnings := r.Count(doctor.Problem), r.Count(doctor.Warning)
	switch {
	case problems > 0 && warnings > 0:
		return p.T("%s, %s", p.N("1 problem", "%d problems", problems), p.N("1 warning", "%d warnings", warnings))
	case problems > 0:
		return p.N("1 problem", "%d problems", problems)
	case warnings > 0:
		return p.N("1 warning", "%d warnings", warnings)
	}
	return p.T("all is well")
}
