package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// report lets the hour of the reports come.
func (w *town) report(t *testing.T) {
	t.Helper()
	if err := w.reports.Kind().Handle(t.Context(), queue.Job{Payload: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
}

// TestWhatWentWrongIsToldTogether has much go wrong: administrators get one mail about it, the postmaster another one, and
// nothing is told a second time.
func TestWhatWentWrongIsToldTogether(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for n := range 70 {
		w.reports.NoteMail(t.Context(), fmt.Sprintf("group%d@example.org", n), errors.New("the store is full"))
	}
	for n := range 5 {
		w.reports.NoteMail(t.Context(), fmt.Sprintf("reply+%d@example.org, garten@example.org", n), errors.New("the store is full"))
	}
	for range 30 {
		w.log.Error("a job is dead", "kind", notify.JobDeliver, "error", errors.New("550 no such user"))
	}
	w.log.Error("a page failed", "route", "/{entity}", "err", errors.New("no such table"))
	w.runReports(t)
	w.report(t)
	w.report(t)
	got := w.mails(t, "demo-admin@example.org")
	if len(got) != 1 {
		t.Fatalf("the administrator gets %d mails", len(got))
	}
	for _, want := range []string{"30 × a job is dead: notify.deliver", "550 no such user", "1 × a page failed: /{entity}", "no such table", "/stadt/admin/"} {
		if !strings.Contains(got[0].Text, want) {
			t.Errorf("the administrator does not read %q:\n%s", want, got[0].Text)
		}
	}
	post := w.mails(t, "postmaster@example.org")
	if len(post) != 1 {
		t.Fatalf("the postmaster gets %d mails", len(post))
	}
	if text := post[0].Text; !strings.Contains(text, "1 × group3@example.org") || !strings.Contains(text, "35 × Other problems") || strings.Contains(text, "notify") {
		t.Errorf("the postmaster reads:\n%s", text)
	}
	if anna := w.mails(t, "anna@example.org"); len(anna) > 0 {
		t.Errorf("Anna gets %d mails", len(anna))
	}
}

func TestMailsThatCannotLeaveAreToldOnceADay(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		at := clock.At(tx.Now.Add(-5 * time.Hour))
		_, err := tx.Exec(t.Context(), `INSERT INTO jobs (kind, lane, state, payload, attempt, run_at, created_at) VALUES ('notify.letter', 'urgent', 'later', '{}', 3, ?, ?)`,
			clock.At(tx.Now.Add(time.Hour)), at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.report(t)
	w.report(t)
	got := w.mails(t, "demo-admin@example.org")
	if len(got) != 1 || !strings.Contains(got[0].Text, "the oldest has been waiting since") {
		t.Fatalf("the administrator gets %d mails: %+v", len(got), got)
	}
}

func TestAnAdministratorSeesTheWayOfATestMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	admin := w.visit(t, "demo-admin")
	admin.Get("/stadt/admin/")
	admin.Submit("Send me a test email", nil)
	admin.Sees(200, "demo-admin@example.org", "noreply@example.org", w.outbox, "It was accepted after", "The mail server has accepted it.")
	if got := w.mails(t, "demo-admin@example.org"); len(got) != 1 {
		t.Errorf("%d mails arrive", len(got))
	}
	anna := w.visit(t, "anna")
	anna.Send("/stadt/admin/test-mail/", nil, true)
	anna.Sees(403)
}
