package backups

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

func TestAdministratorsLearnWhatHasBecomeOfBackups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		cast.New(t, db)
		catalogues := localetest.Catalogues(t)
		files, err := media.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		now := time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC)
		db = db.WithClock(func() time.Time { return now })
		var noted []string
		var broken error
		folder := t.TempDir()
		options := backup.DefaultOptions()
		options.Schedule = "@daily"
		b := New(Deps{
			DB: db, Options: options, Where: "/backups", Log: slog.New(slog.DiscardHandler),
			Site: backup.Site{DB: db, Media: files, Schema: schema.FS, Derived: search.Tables(), Scratch: t.TempDir()},
			Open: func() (backup.Store, error) {
				if broken != nil {
					return nil, broken
				}
				return media.OpenFolder(folder)
			},
			Note: func(_ context.Context, area reports.Area, subject, detail string) {
				noted = append(noted, fmt.Sprint(area, ": ", subject, ": ", detail))
			},
		})
		p := catalogues.Printer("en", time.UTC)
		look := func(after, fact, caution string) {
			t.Helper()
			gotFact, err := b.lastBackup(t.Context(), p)
			if err != nil || !strings.Contains(gotFact, fact) {
				t.Errorf("%s: the fact is %q, want %q, %v", after, gotFact, fact, err)
			}
			gotCaution, err := module.CautionOf(b.check())(t.Context(), p)
			if err != nil || caution == "" && gotCaution != "" || !strings.Contains(gotCaution, caution) {
				t.Errorf("%s: the caution is %q, want %q, %v", after, gotCaution, caution, err)
			}
		}
		run := func() {
			t.Helper()
			if err := b.scheduled(t.Context()); err != nil {
				t.Error(err)
			}
			now = now.Add(time.Hour)
		}
		look("at first", "none yet", "No backup has been made yet")
		run()
		look("a backup", "/backups", "")
		broken = errors.New("the disk is full")
		run()
		run()
		look("two failures", "/backups", "The last backup failed: the disk is full")
		if len(noted) != 1 || noted[0] != "backups: no backup could be made: the disk is full" {
			t.Errorf("told: %q", noted)
		}
		broken = nil
		run()
		look("another backup", "/backups", "")
		now = now.Add(72 * time.Hour)
		look("three days later", "3 days", "The last backup is old")
		store, err := media.OpenFolder(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		names, err := (backup.Place{Store: store}).List(t.Context())
		if err != nil || len(names) != 1 || names[0] != "grouprise_2026-03-01_06-00-00.tar" {
			t.Errorf("one of the day is kept: %q, %v", names, err)
		}
	})
}

func TestASiteWithoutAScheduleIsWarned(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	b := New(Deps{DB: dbtest.SQLite(t)})
	if m := b.Module(); len(m.Periodics) > 0 {
		t.Errorf("periodic jobs: %v", m.Periodics)
	}
	caution, err := module.CautionOf(b.check())(t.Context(), catalogues.Printer("de", time.UTC))
	if err != nil || !strings.Contains(caution, "macht keine Backups") {
		t.Errorf("%q, %v", caution, err)
	}
}
