// Package admin is the room of whoever looks after the site: what it still needs before it opens, its name, texts, logo
// and colour, what waits, what failed for good and can be tried again, and what the site believes.
package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Path is the address of the room.
const Path = "/stadt/admin/"

// Queue is what this room needs of the task runner.
type Queue interface {
	// CountsByKind says how many jobs of each kind there are in each state.
	CountsByKind(ctx context.Context) ([]queue.KindCounts, error)
	// RetryAll lets all dead jobs of a kind run again.
	RetryAll(ctx context.Context, kind string) (int, error)
	// Dead lists jobs that failed for good, the newest first: those with an id below before.
	Dead(ctx context.Context, before int64, limit int) ([]queue.DeadJob, error)
	// Retry lets a dead job run again; NotFound if there is none.
	Retry(ctx context.Context, id int64) error
	// Discard deletes a dead job; NotFound if there is none.
	Discard(ctx context.Context, id int64) error
}

// Deps is what the room stands on.
type Deps struct {
	Queue      Queue
	TestMail   TestMail
	DB         *sqldb.DB
	Settings   *settings.Settings
	Catalogues *lang.Catalogues
	Pictures   *media.Pictures
	MaxBytes   int64 // of one picture
	// Facts are what an administrator should know about the site.
	Facts []module.Fact
	// Cautions are what an administrator should see to.
	Cautions []module.Caution
	// Reserved returns who has a short name that nobody could take today.
	Reserved func(ctx context.Context) ([]community.Entity, error)
}

// Admin is the room.
type Admin struct{ deps Deps }

// New returns the room.
func New(d Deps) *Admin { return &Admin{d} }

// Module returns the room's table of contents.
func (a *Admin) Module() module.Module {
	tests := limitTests()
	return module.Module{
		Name: "admin",
		Entries: []site.Entry{{Menu: site.MyMenu, Order: 90, About: Path, Places: func(v *site.Visit) []site.Place {
			if !v.Viewer.Admin {
				return nil
			}
			return []site.Place{{Path: Path, Label: v.T("Administration"), Icon: parts.IconSettings}}
		}}},
		Routes: append(a.settingsRoutes(), []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: a.show, Admin: true, Query: []string{"before"}},
			{Method: http.MethodPost, Path: Path + "jobs", Handle: a.retryAll, Admin: true},
			{Method: http.MethodPost, Path: Path + "test-mail", Handle: a.testMail, Admin: true, Limit: &tests},
			{Method: http.MethodPost, Path: Path + "jobs/{id}/retry", Handle: a.retry, Admin: true},
			{Method: http.MethodPost, Path: Path + "jobs/{id}/discard", Handle: a.discard, Admin: true},
		}...),
	}
}

// limitTests bounds test mails, as letters are bounded: each waits for the mail server while the browser does, and a mail
// server may hold it against the site to be tried all the time.
func limitTests() web.Limit {
	return web.Limit{Name: "send a test mail", Count: 20, Per: time.Hour, Whom: web.PerVisitor}
}

// perPage is how many dead jobs stand on one page.
const perPage = 50

// deadJob is a job that failed for good, as the page shows it.
type deadJob struct {
	queue.DeadJob
	About string // whom it concerns
}

// about returns whom a job concerns. Nothing else of its payload is shown: it may hold secrets.
func about(payload string) string {
	var letter struct {
		Address string `json:"address"`
		Channel string `json:"channel"`
	}
	if json.Unmarshal([]byte(payload), &letter) != nil {
		return ""
	}
	return letter.Address + letter.Channel
}

func (a *Admin) show(v *site.Visit) error {
	kinds, err := a.deps.Queue.CountsByKind(v.Context())
	if err != nil {
		return err
	}
	dead, err := a.deps.Queue.Dead(v.Context(), v.Before().ID, perPage)
	if err != nil {
		return err
	}
	reserved, err := a.deps.Reserved(v.Context())
	if err != nil {
		return err
	}
	tasks, err := a.checklist(v)
	if err != nil {
		return err
	}
	b := body{Kinds: kinds, Reserved: reserved, Tasks: tasks, Pages: settingsPlaces(v)[1:]}
	if b.Facts, err = a.facts(v); err != nil {
		return err
	}
	for _, ask := range a.deps.Cautions {
		caution, err := ask(v.Context(), v.Lang)
		if err != nil {
			return err
		}
		if caution != "" {
			b.Warnings = append(b.Warnings, caution)
		}
	}
	for _, j := range dead {
		b.Dead = append(b.Dead, deadJob{j, about(j.Payload)})
	}
	if len(dead) == perPage {
		b.Older = v.Older(paging.Cursor{At: dead[perPage-1].CreatedAt, ID: dead[perPage-1].ID})
	}
	return v.Show(site.Page{
		Title: v.T("Administration"), Body: pageBody(b), Hidden: true, Wide: true, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Administration")}),
	})
}

// facts returns what an administrator should know about the site, as it is now.
func (a *Admin) facts(v *site.Visit) (all []parts.Pair, err error) {
	for _, f := range a.deps.Facts {
		value := f.Value
		if f.Ask != nil {
			if value, err = f.Ask(v.Context(), v.Lang); err != nil {
				return nil, err
			}
		}
		shown := parts.Text(cmp.Or(value, v.T("not set")))
		if f.Path != "" {
			shown = factLink(value, f.Path)
		}
		all = append(all, parts.Pair{Term: v.T(string(f.Term)), Value: shown})
	}
	return all, nil
}

func (a *Admin) retry(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := a.deps.Queue.Retry(v.Context(), id); err != nil {
		return err
	}
	v.Flash(parts.Done, "It will be tried again.")
	return v.Redirect(Path)
}

func (a *Admin) discard(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := a.deps.Queue.Discard(v.Context(), id); err != nil {
		return err
	}
	v.Flash(parts.Done, "It has been discarded.")
	return v.Redirect(Path)
}

// retryAll lets all jobs of a kind run again that failed for good.
func (a *Admin) retryAll(v *site.Visit) error {
	var f struct {
		Kind string `form:"kind" text:"line"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	if _, err := a.deps.Queue.RetryAll(v.Context(), f.Kind); err != nil {
		return err
	}
	v.Flash(parts.Done, "All failed tasks of the kind %s will be tried again.", f.Kind)
	return v.Redirect(Path)
}

// testMail sends a mail to the viewer at once, without the queue, and shows how far it came.
func (a *Admin) testMail(v *site.Visit) error {
	way, err := a.deps.TestMail.send(v.Context(), v.Lang, v.Viewer.PersonID)
	outcome, b := settings.Passed, wayBody(wayView{Steps: way})
	if err != nil {
		outcome, b = settings.Failed, wayBody(wayView{Steps: way, Failure: err.Error()})
	}
	if err := a.deps.Settings.Put(v.Context(), v.Viewer.PersonID, settings.TestMail, outcome); err != nil {
		return err
	}
	title := v.T("Test email")
	return v.Show(site.Page{
		Title: title, Body: b, Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Administration"), Path: Path}, parts.Crumb{Label: title}),
	})
}
