package app

import (
	"context"
	"os"

	"grouprise.org/grouprise/internal/app/backupsite"
	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/app/demo/sheets"
	"grouprise.org/grouprise/internal/app/offered"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/backups"
	"grouprise.org/grouprise/internal/features/dkim"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/scores"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/queue"
)

// Options returns what the house was built from.
func (h *House) Options() *options.Options { return h.options }

// CreateAdmin creates an administrator, or makes one of somebody who is there. link leads to the choice of a password.
func (h *House) CreateAdmin(ctx context.Context, name, address string) (person community.Person, link string, err error) {
	return h.accounts.CreateAdmin(ctx, name, address)
}

// Rooms returns the rooms that commands use.
func (h *House) Rooms() offered.Rooms { return h.rooms }

// Groups returns the room of groups, for what whoever runs the site does with them.
func (h *House) Groups() *groups.Groups { return h.groups }

// DKIM returns the room that has mails signed.
func (h *House) DKIM() *dkim.DKIM { return h.dkim }

// Scores returns the room that works out how active groups and people are.
func (h *House) Scores() *scores.Scores {
	return scores.New(scores.Deps{DB: h.db, Days: h.options.ScoreContentAge})
}

// Demonstrate fills an empty database with an invented town, in which everybody has the password demo.Password, and
// marks the folder of data, so that mails do not leave it. It returns demo.ErrNotEmpty where there is something already.
func (h *House) Demonstrate(ctx context.Context, size demo.Size) error {
	hash, err := password.New(h.options.PasswordCost).Hash(ctx, demo.Password)
	if err != nil {
		return err
	}
	if err := demo.Fill(ctx, h.db, media.NewPictures(h.db, h.media), size, hash, sheets.Filling(h.db, h.queue, h.media)); err != nil {
		return err
	}
	if _, err := h.Scores().Update(ctx); err != nil {
		return err
	}
	if err := h.RebuildSearch(ctx, func(string, int) {}); err != nil {
		return err
	}
	return os.WriteFile(h.options.DemonstrationFile(), []byte("The town in this folder is invented. Mails do not leave it.\n"), 0o600)
}

// RebuildSearch writes anew what can be found by searching.
func (h *House) RebuildSearch(ctx context.Context, report func(source string, done int)) error {
	return h.search.Rebuild(ctx, report)
}

// Jobs counts the jobs of each kind, and says what time it is for the database.
func (h *House) Jobs(ctx context.Context) ([]queue.KindCounts, clock.Time, error) {
	kinds, err := h.queue.CountsByKind(ctx)
	return kinds, h.db.Now(), err
}

// RetryJobs lets all jobs of a kind that failed for good be tried again, and returns how many there were.
func (h *House) RetryJobs(ctx context.Context, kind string) (int, error) {
	return h.queue.RetryAll(ctx, kind)
}

// Backups returns the room that makes backups of the site.
func (h *House) Backups() *backups.Backups {
	o := h.options
	return backups.New(backups.Deps{
		DB: h.db, Site: backupsite.Of(o, h.db, h.media), Options: o.Backup, Where: o.Backup.Where(o.BackupPath), Open: func() (backup.Store, error) { return o.Backup.OpenStore(o.BackupPath) }, Log: h.log, Note: h.reports.Note,
	})
}
