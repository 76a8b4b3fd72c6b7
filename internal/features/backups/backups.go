// Package backups is the room that makes backups of the site on its own, proves each, and tells administrators how old the
// last one is.
package backups

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/logs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

const (
	job = "backups.make"
	// overdue is how late a backup may be before the next time comes soon enough.
	overdue = 6 * time.Hour
	// timeout bounds one: large sites have much to read.
	timeout = 12 * time.Hour
	// tooOld is from when on administrators are warned that the last backup is old.
	tooOld = 50 * time.Hour
)

// Deps is what the room stands on.
type Deps struct {
	DB      *sqldb.DB
	Site    backup.Site
	Options backup.Options
	Where   string // for people
	Open    func() (backup.Store, error)
	Log     *slog.Logger
	// Note tells administrators what went wrong.
	Note func(ctx context.Context, area reports.Area, subject, detail string)
}

// Backups is the room.
type Backups struct{ deps Deps }

// New returns the room.
func New(d Deps) *Backups { return &Backups{d} }

// Module returns the room's table of contents.
func (b *Backups) Module() module.Module {
	m := module.Module{
		Name:     "backups",
		Facts:    []module.Fact{{Term: lang.Text("Last backup"), Ask: b.lastBackup}},
		Cautions: []module.Caution{module.CautionOf(b.check())}, Examinations: []doctor.Check{b.check()},
		Jobs: []queue.Kind{{Name: job, Lane: queue.Housekeeping, Timeout: timeout, MaxAttempts: 3, Handle: func(ctx context.Context, _ queue.Job) error {
			return b.scheduled(ctx)
		}}},
	}
	if b.deps.Options.Schedule != "" {
		m.Periodics = []queue.Periodic{{Name: job, Kind: job, Schedule: b.deps.Options.Schedule, Expires: overdue}}
	}
	return m
}

// scheduled makes the backup that is due. What cannot be reached is tried again; any other failure is told, once until
// there is a backup again.
func (b *Backups) scheduled(ctx context.Context) error {
	_, err := b.Make(ctx, backup.Scheduled)
	if errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
		return err
	}
	return nil
}

// Make makes a backup in the place that the configuration names, notes what has become of it, and removes the scheduled
// ones that are too old.
func (b *Backups) Make(ctx context.Context, prefix string) (backup.Made, error) {
	began := b.deps.DB.Now()
	made, err := b.make(ctx, prefix)
	if noted := b.note(context.WithoutCancel(ctx), began, made, err); noted != nil && err == nil {
		return made, noted
	}
	return made, err
}

func (b *Backups) make(ctx context.Context, prefix string) (made backup.Made, err error) {
	store, err := b.deps.Open()
	if err != nil {
		return made, err
	}
	defer store.Close()
	place, err := b.deps.Options.Place(store)
	if err != nil {
		return made, err
	}
	if made, err = place.Make(ctx, b.deps.Site, prefix); err != nil {
		return made, fmt.Errorf("make the backup %s: %w", made.Name, err)
	}
	removed, err := place.Prune(ctx, b.deps.DB.Now(), b.deps.Options.Keep)
	if err != nil { // the backup is there all the same
		b.deps.Log.WarnContext(ctx, "backups that are too old cannot be removed", "error", err)
	}
	b.deps.Log.InfoContext(ctx, "a backup was made and proved", "name", made.Name, "bytes", made.Size, "rows", made.Manifest.Rows(), "removed", removed)
	return made, nil
}

// note notes what has become of a backup, and tells administrators when one fails after one that did not.
func (b *Backups) note(ctx context.Context, began clock.Time, made backup.Made, failure error) error {
	before, err := latest(ctx, b.deps.DB)
	if err != nil {
		return err
	}
	outcome, trouble := proved, ""
	if failure != nil {
		outcome, trouble = failed, failure.Error()
		b.deps.Log.ErrorContext(ctx, "no backup was made", "error", logs.Told(failure))
		if before.Outcome != failed {
			b.deps.Note(ctx, reports.Backups, "no backup could be made", logs.Clean(failure))
		}
	}
	return b.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		return insert(ctx, tx, attempt{Name: made.Name, Outcome: outcome, Trouble: trouble, Bytes: made.Size, BeganAt: began, EndedAt: tx.Now})
	})
}

// lastBackup says how old the last backup is that can be restored.
func (b *Backups) lastBackup(ctx context.Context, p *lang.Printer) (string, error) {
	last, err := latestProved(ctx, b.deps.DB)
	if err != nil || last.ID == 0 {
		return p.T("none yet"), err
	}
	return strings.Join([]string{p.Since(last.EndedAt, b.deps.DB.Now()), p.Bytes(last.Bytes), b.deps.Where}, " · "), nil
}

func (b *Backups) check() doctor.Check {
	return doctor.Check{Name: "backups", Title: lang.Text("Backups"), Run: b.examine}
}

// examine says what is wrong with the backups of the site.
func (b *Backups) examine(ctx context.Context) ([]doctor.Finding, error) {
	last, err := latest(ctx, b.deps.DB)
	if err != nil {
		return nil, err
	}
	good, err := latestProved(ctx, b.deps.DB)
	scheduled := b.deps.Options.Schedule != ""
	var found doctor.Finding
	switch {
	case err != nil:
		return nil, err
	case last.Outcome == failed:
		found = doctor.Found("backups.failed", doctor.Problem, doctor.Say(lang.Text("The last backup failed: %s"), last.Trouble),
			doctor.Say(lang.Text("Put right what it says, then run “grouprise backup”.")))
	case !scheduled && good.ID == 0:
		found = doctor.Found("backups.none", doctor.Warning, doctor.Say(lang.Text("The site makes no backups.")),
			doctor.Say(lang.Text("Set backup.schedule, or make sure that another program makes them.")))
	case scheduled && good.ID == 0:
		found = doctor.Found("backups.first", doctor.Hint, doctor.Say(lang.Text("No backup has been made yet.")),
			doctor.Say(lang.Text("The first one follows at the next scheduled time; “grouprise backup” makes one now.")))
	case scheduled && b.deps.DB.Now().Sub(good.EndedAt.Time) > tooOld:
		found = doctor.Found("backups.old", doctor.Problem, doctor.Say(lang.Text("The last backup is old.")),
			doctor.Say(lang.Text("Check that the task runner is running, and that backup.schedule is what you want.")))
	default:
		return nil, nil
	}
	return []doctor.Finding{found}, nil
}
