// Package admin is the room of whoever looks after the site: what waits, what failed for good and can be
// tried again, and what the site believes.
package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/queue"
)

// Path is the address of the room.
const Path = "/stadt/admin/"

// Queue is what this room needs of the task runner.
type Queue interface {
	// Counts says how many jobs there are in each state.
	Counts(ctx context.Context) (queue.Counts, error)
	// Dead lists jobs that failed for good, the newest first: those with an id below before.
	Dead(ctx context.Context, before int64, limit int) ([]queue.DeadJob, error)
	// Retry lets a dead job run again; NotFound if there is none.
	Retry(ctx context.Context, id int64) error
	// Discard deletes a dead job; NotFound if there is none.
	Discard(ctx context.Context, id int64) error
}

// Deps is what the room stands on.
type Deps struct {
	Queue Queue
	// Facts are what an administrator should know about the site.
	Facts []module.Fact
	// Warnings are what an administrator should change.
	Warnings []lang.Text
	// Reserved returns who has a short name that nobody could take today.
	Reserved func(ctx context.Context) ([]community.Entity, error)
}

// Admin is the room.
type Admin struct{ deps Deps }

// New returns the room.
func New(d Deps) *Admin { return &Admin{d} }

// Module returns the room's table of contents.
func (a *Admin) Module() module.Module {
	return module.Module{
		Name: "admin",
		Entries: []site.Entry{{Menu: site.MyMenu, Order: 90, About: Path, Places: func(v *site.Visit) []site.Place {
			if !v.Viewer.Admin {
				return nil
			}
			return []site.Place{{Path: Path, Label: v.T("Administration"), Icon: parts.IconSettings}}
		}}},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: a.show, Admin: true, Query: []string{"before"}},
			{Method: http.MethodPost, Path: Path + "jobs/{id}/retry", Handle: a.retry, Admin: true},
			{Method: http.MethodPost, Path: Path + "jobs/{id}/discard", Handle: a.discard, Admin: true},
		},
	}
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
	counts, err := a.deps.Queue.Counts(v.Context())
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
	b := body{Counts: counts, Reserved: reserved}
	for _, f := range a.deps.Facts {
		b.Facts = append(b.Facts, parts.Pair{Term: v.T(string(f.Term)), Value: parts.Text(f.Value)})
	}
	for _, w := range a.deps.Warnings {
		b.Warnings = append(b.Warnings, v.T(string(w)))
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

func (a *Admin) retry(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := a.deps.Queue.Retry(v.Context(), id); err != nil {
		return err
	}
	v.Flash(parts.Done, "It is tried again.")
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
	v.Flash(parts.Done, "It has been thrown away.")
	return v.Redirect(Path)
}
