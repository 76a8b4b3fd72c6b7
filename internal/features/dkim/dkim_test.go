package dkim_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	msgdkim "github.com/emersion/go-msgauth/dkim"

	"grouprise.org/grouprise/internal/features/dkim"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// sent is a sender that keeps the last mail.
type sent struct{ last []byte }

func (s *sent) Send(_ context.Context, _ smtp.Envelope, message []byte) error {
	s.last = message
	return nil
}

func (*sent) Close() error { return nil }

// world is a site whose DNS is a map.
type world struct {
	*testing.T

	db     *sqldb.DB
	dns    map[string]string
	broken error
	now    time.Time
}

func (w *world) room(secret string) *dkim.DKIM {
	w.Helper()
	d, err := dkim.New(dkim.Deps{
		DB: w.db, Log: slog.New(slog.DiscardHandler), Secret: secret, From: "Stadt <noreply@Stadt.example>",
		Lookup: func(_ context.Context, name string) ([]string, error) {
			if text, ok := w.dns[name]; ok || w.broken != nil {
				return []string{text}, w.broken
			}
			return nil, &net.DNSError{IsNotFound: true}
		},
	})
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// signs sends a mail and returns the selector of the key that signed it.
func (w *world) signs(d *dkim.DKIM, from string) string {
	w.Helper()
	var s sent
	message := "From: " + from + "\r\nTo: bert@post.example\r\nSubject: Fest\r\n\r\nKommt.\r\n"
	if err := d.Sender(&s).Send(w.Context(), smtp.Envelope{}, []byte(message)); err != nil {
		w.Fatal(err)
	}
	if !bytes.HasSuffix(s.last, []byte(message)) {
		w.Errorf("the mail has changed: %s", s.last)
	}
	if string(s.last) == message {
		return ""
	}
	var selector string
	found, err := msgdkim.VerifyWithOptions(bytes.NewReader(s.last), &msgdkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		selector, _, _ = strings.Cut(name, ".")
		return []string{w.dns[name]}, nil
	}})
	if err != nil || len(found) != 1 || found[0].Err != nil {
		w.Errorf("the signature does not hold: %+v, %v", found, err)
	}
	return selector
}

func TestAKeySignsWhileDNSShowsIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := &world{T: t, dns: map[string]string{}, now: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)}
		w.db = db.WithClock(func() time.Time { return w.now })
		d := w.room("0123456789abcdef")
		made := func() dkim.Key {
			t.Helper()
			k, err := d.Make(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		check := func() {
			t.Helper()
			w.now = w.now.Add(time.Hour)
			if err := d.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		publish := func(k dkim.Key) {
			t.Helper()
			record, err := k.Record()
			if err != nil {
				t.Fatal(err)
			}
			w.dns[k.RecordName()] = record
			check()
		}
		signs := func(when, want string) {
			t.Helper()
			if got := w.signs(d, "Stadt <noreply@stadt.example>"); got != want {
				t.Errorf("%s the key %q signs instead of %q", when, got, want)
			}
		}

		signs("without one,", "")
		first := made()
		check()
		signs("before DNS shows it,", "")
		publish(first)
		signs("then", first.Selector)
		if got := w.signs(d, "Stadt <noreply@elsewhere.example>"); got != "" {
			t.Errorf("mails of another domain are signed by %s", got)
		}

		second := made()
		check()
		signs("beside a new one that DNS does not show,", first.Selector)
		w.broken = &net.DNSError{IsTimeout: true}
		if err := d.Check(t.Context()); err == nil {
			t.Error("DNS that does not answer is no mistake")
		}
		signs("while DNS does not answer,", first.Selector)
		w.broken = nil
		publish(second)
		signs("when both are shown,", second.Selector)
		delete(w.dns, second.RecordName())
		check()
		signs("when the new one is gone again,", first.Selector)

		if err := d.Remove(t.Context(), first.Selector); err != nil {
			t.Fatal(err)
		}
		check()
		signs("after the last one was removed,", "")
		if err := d.Remove(t.Context(), first.Selector); !errs.Is(err, errs.NotFound) {
			t.Errorf("removed twice: %v", err)
		}

		publish(second)
		other := w.room("another secret of the site")
		if keys, err := other.Keys(t.Context()); err != nil || len(keys) != 1 || !keys[0].Lost || keys[0].Signs {
			t.Errorf("with another secret there are %+v, %v", keys, err)
		}
		if err := other.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if got := w.signs(other, "Stadt <noreply@stadt.example>"); got != "" {
			t.Errorf("with another secret mails are signed by %s", got)
		}
	})
}

func TestAnotherProcessFindsOutWithinAMinute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := &world{T: t, dns: map[string]string{}, now: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)}
		w.db = db.WithClock(func() time.Time { return w.now })
		ours, other := w.room("0123456789abcdef"), w.room("0123456789abcdef")
		if got := w.signs(other, "noreply@stadt.example"); got != "" {
			t.Fatalf("%s signs", got)
		}
		k, err := ours.Make(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		record, err := k.Record()
		w.dns[k.RecordName()] = record
		if err := errors.Join(err, ours.Check(t.Context())); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(61 * time.Second)
		if got := w.signs(other, "noreply@stadt.example"); got != k.Selector {
			t.Errorf("%q signs", got)
		}
	})
}
