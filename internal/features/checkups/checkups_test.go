package checkups

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// fixture is a site whose state a test decides.
type fixture struct {
	*Checkups
	db    *sqldb.DB
	queue *queue.Queue
	tray  *mailtest.Tray
	now   time.Time

	mu    sync.Mutex
	found []doctor.Finding
}

func newSite(t *testing.T, db *sqldb.DB) *fixture {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	s := &fixture{tray: &mailtest.Tray{}, now: time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC)}
	s.db = db.WithClock(func() time.Time { return s.now })
	s.queue = queue.New(s.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	letters := notify.NewLetters(s.tray)
	s.Checkups = New(Deps{
		DB: s.db, Queue: s.queue, Log: slog.New(slog.DiscardHandler), SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "https://neustadt.example",
		Checks: func() []doctor.Check {
			return []doctor.Check{{Name: "a", Title: "A", Run: func(context.Context) ([]doctor.Finding, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.found, nil
			}}}
		},
		Tell: func(ctx context.Context, tx *sqldb.Tx, compose func(p *lang.Printer) notify.Letter) error {
			for _, language := range []string{"en", "de"} {
				l := compose(catalogues.Printer(language, time.UTC))
				l.Address, l.Language = language+"@example.org", language
				if err := letters.Post(ctx, tx, l); err != nil {
					return err
				}
			}
			return nil
		},
	})
	m := s.Module()
	s.queue.Handle(m.Jobs...)
	s.queue.Schedule(m.Periodics...)
	return s
}

// finds decides what the next runs find.
func (s *fixture) finds(all ...doctor.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = all
}

// passes lets time go by, and jobs be done.
func (s *fixture) passes(t *testing.T, d time.Duration) {
	t.Helper()
	s.now = s.now.Add(d)
	if err := s.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func full(s doctor.Severity) doctor.Finding {
	return doctor.Found("disk.full", s, doctor.Say("The disk of %s is full: %s MB are left.", "/srv", "3"),
		doctor.Say("Make room: look for what is large (“du -xh %s | sort -h”), for old logs (“journalctl --vacuum-size=200M”) and old backups, or get a larger disk.", "/srv"))
}

func TestAdministratorsAreToldWhatHasChangedAndOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db)
		var letters strings.Builder
		told := func(when string, want int) {
			t.Helper()
			all := s.tray.Take()
			if len(all) != 2*want {
				t.Errorf("%s: %d letters, want %d", when, len(all), 2*want)
			}
			for _, l := range all {
				letters.WriteString(mailtest.Print(l) + "\n")
			}
		}
		s.passes(t, 0) // schedules
		told("before the first run", 0)
		s.finds(full(doctor.Hint))
		s.passes(t, 24*time.Hour)
		told("a hint", 0)
		s.finds(full(doctor.Problem))
		s.passes(t, 24*time.Hour)
		told("a problem", 1)
		s.passes(t, 24*time.Hour)
		told("the same problem", 0)
		s.finds()
		if err := s.askFor(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.passes(t, time.Minute)
		told("somebody looks by themselves", 0)
		known, err := read(t.Context(), s.db)
		if err != nil || known.Report.Severity() != doctor.Fine || known.Told.Severity() != doctor.Problem || known.waits() {
			t.Errorf("known: %+v, %v", known, err)
		}
		s.passes(t, 24*time.Hour)
		told("nothing any more", 1)
		golden.Equal(t, "letters", letters.String())
	})
}

func TestSeveralWorkersTellOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db)
		s.finds(full(doctor.Problem))
		var all sync.WaitGroup
		problems := make([]error, 4)
		for i := range problems {
			all.Go(func() { problems[i] = s.run(t.Context(), queue.Job{Kind: job, Payload: []byte("{}")}) })
		}
		all.Wait()
		for _, err := range problems {
			if err != nil {
				t.Error(err)
			}
		}
		if letters := s.tray.Take(); len(letters) != 2 {
			t.Errorf("%d letters for two administrators", len(letters))
		}
	})
}
