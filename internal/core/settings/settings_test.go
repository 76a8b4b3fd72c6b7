package settings_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestWhatIsSavedShowsAtOnceAndInOtherProcessesAfterASecond(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		anna, now := cast.New(t, db).Anna.ID, time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
		db = db.WithClock(func() time.Time { return now })
		ours, other := settings.New(db, silent(), nil), settings.New(db, silent(), nil)
		other.Latest(t.Context())
		for _, name := range []string{"Neustadt", "Alt & Neu „Stadt“ 🌳"} {
			seen := ours.Latest(t.Context()).Get(settings.Name).Revision
			if err := ours.Save(t.Context(), anna, settings.Change{Key: settings.Name, Value: name, Seen: seen}); err != nil {
				t.Fatal(err)
			}
			if got := ours.Latest(t.Context()).Text(settings.Name); got != name {
				t.Errorf("%q shows %q at once", name, got)
			}
			if got := other.Latest(t.Context()).Text(settings.Name); got == name {
				t.Error("the other process asks the database each time")
			}
			now = now.Add(time.Second)
			if got := other.Latest(t.Context()).Text(settings.Name); got != name {
				t.Errorf("after a second the other process shows %q instead of %q", got, name)
			}
		}
		got := settings.SiteName{Settings: other, Default: "example.org"}.String()
		if got != "Alt & Neu „Stadt“ 🌳" {
			t.Errorf("the name is %q", got)
		}
	})
}

func TestAHundredVisitsAskTheDatabaseOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	db := dbtest.SQLite(t).WithClock(func() time.Time { return now })
	s := settings.New(db, silent(), nil)
	before := db.Stats().Statements
	for range 100 {
		s.Latest(t.Context())
		now = now.Add(5 * time.Millisecond)
	}
	if asked := db.Stats().Statements - before; asked != 1 {
		t.Errorf("a hundred visits in half a second ask %d times", asked)
	}
}

func TestOfTwoWhoChangeOneSettingTheSecondIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		s := settings.New(db, silent(), nil)
		save := func(person int64, value string, seen int64) error {
			return s.Save(t.Context(), person,
				settings.Change{Key: settings.Imprint, Value: value, Seen: seen}, settings.Change{Key: settings.Claim, Value: value})
		}
		for i, step := range []struct {
			value string
			seen  int64
			want  errs.Kind
		}{
			{"Anna Ahorn", 0, 0}, {"Anna Ahorn", 0, 0}, {"Bert Birke", 0, errs.Conflict}, {"", 0, errs.Conflict},
		} {
			err := save(c.Anna.ID, step.value, step.seen)
			if step.want == 0 && err != nil || step.want != 0 && !errs.Is(err, step.want) {
				t.Errorf("step %d: %v", i, err)
			}
			if latest := s.Latest(t.Context()); latest.Text(settings.Imprint) != "Anna Ahorn" || latest.Text(settings.Claim) != "Anna Ahorn" || latest.Get(settings.Imprint).Revision != 1 {
				t.Errorf("step %d: %+v", i, latest)
			}
		}
		if err := s.Save(t.Context(), c.Bert.ID, settings.Change{Key: settings.Imprint, Seen: 1}); err != nil {
			t.Fatal(err)
		}
		if got := s.Latest(t.Context()).Get(settings.Imprint); got.Value != "" || got.Revision != 2 {
			t.Errorf("emptied: %+v", got)
		}
		if err := s.Put(t.Context(), c.Bert.ID, settings.TestMail, settings.Failed); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), 0, settings.TestMail, settings.Passed); err != nil {
			t.Fatal(err)
		}
		if got := s.Latest(t.Context()).Text(settings.TestMail); got != settings.Passed {
			t.Errorf("noted: %q", got)
		}
	})
}

func TestTheConfigurationWins(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	if err := settings.New(db, silent(), nil).Save(t.Context(), 0, settings.Change{Key: settings.Name, Value: "From a page"}); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := settings.New(db, slog.New(slog.NewTextHandler(&log, nil)), map[settings.Key]settings.Fixed{settings.Name: {Option: "site_name", Origin: "site.yaml:2"}})
	if got := (settings.SiteName{Settings: s, Default: "From a file"}).String(); got != "From a file" {
		t.Errorf("the name is %q", got)
	}
	err := s.Save(t.Context(), 0, settings.Change{Key: settings.Claim, Value: "We plant."}, settings.Change{Key: settings.Name, Value: "Another"})
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "site_name") {
		t.Errorf("saved over the file: %v", err)
	}
	if err := s.Put(t.Context(), 0, settings.Name, "Another"); !errs.Is(err, errs.Conflict) {
		t.Errorf("put over the file: %v", err)
	}
	if s.Latest(t.Context()).Text(settings.Claim) != "" || log.Len() != 0 {
		t.Errorf("half of it was saved: %s", log.String())
	}
	if err := s.Save(t.Context(), 0, settings.Change{Key: settings.Claim, Value: "We plant."}); err != nil || !strings.Contains(log.String(), "setting=claim") {
		t.Errorf("%v, the log says %q", err, log.String())
	}
	if f, ok := s.Latest(t.Context()).Fixed(settings.Name); !ok || f.Origin != "site.yaml:2" {
		t.Errorf("%+v", f)
	}
}

func TestASiteWithoutADatabaseShowsWhatItShowedLast(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	db := dbtest.SQLite(t).WithClock(func() time.Time { return now })
	s := settings.New(db, silent(), nil)
	if err := s.Save(t.Context(), 0, settings.Change{Key: settings.Name, Value: "Neustadt"}); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if got := s.Latest(gone).Text(settings.Name); got != "Neustadt" {
		t.Errorf("a visitor who goes away leaves %q", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := s.Latest(t.Context()).Text(settings.Name); got != "Neustadt" {
		t.Errorf("%q", got)
	}
	var none *settings.Settings
	if none.Latest(t.Context()).Text(settings.Name) != "" {
		t.Error("no settings say something")
	}
}
