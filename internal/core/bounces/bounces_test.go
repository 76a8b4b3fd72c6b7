package bounces_test

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/kit/bounce"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

const secret = "a secret of the town"

// world is a site with a clock that can be put forward.
type world struct {
	*testing.T
	*bounces.Bounces

	db    *sqldb.DB
	now   time.Time
	asked int // how often it was asked whether a report is new
	// ids and addresses of people, by slug
	ids       map[string]int64
	addresses map[string]string
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	t.Helper()
	cast.New(t, db)
	w := &world{T: t, now: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC), ids: map[string]int64{}, addresses: map[string]string{}}
	w.db = db.WithClock(func() time.Time { return w.now })
	var err error
	if w.Bounces, err = bounces.New(w.db, secret, "town.example"); err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		ID      int64  `db:"id"`
		Address string `db:"address"`
		Slug    string `db:"slug"`
	}
	if err := db.Select(t.Context(), &rows, `SELECT m.id, m.address, e.slug FROM email_addresses m JOIN people p ON p.id = m.person_id JOIN entities e ON e.id = p.entity_id ORDER BY m.id`); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		w.ids[r.Slug], w.addresses[r.Slug] = r.ID, r.Address
	}
	return w
}

func (w *world) local(slug string) string {
	local, _, _ := strings.Cut(w.Sender(w.ids[slug], w.addresses[slug]), "@")
	return local
}

// report returns a report about an address.
func report(tb testing.TB, address, action, diagnostic string) mime.Report {
	tb.Helper()
	text := fmt.Sprintf("From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\n"+
		"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; %s\nAction: %s\nDiagnostic-Code: smtp; %s\n--b--\n", address, action, diagnostic)
	r, err := mime.ReadReport(strings.NewReader(text), mime.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// bounces lets a report come back to an address of ours.
func (w *world) bounces(local string, r mime.Report) error {
	w.Helper()
	return w.db.Write(w.Context(), func(tx *sqldb.Tx) error {
		_, err := w.Take(w.Context(), tx, local, r, func() (bool, error) { w.asked++; return true, nil })
		return err
	})
}

// state is what is noted of an address: "no-address 2 aside", or "" for nothing.
func (w *world) state(slug string) string {
	w.Helper()
	var row struct {
		Kind     string `db:"kind"`
		Bounces  int    `db:"bounces"`
		SetAside bool   `db:"set_aside"`
	}
	err := w.db.Get(w.Context(), &row, `SELECT kind, bounces, set_aside_at IS NOT NULL AS set_aside FROM bounced_addresses WHERE address_id = ?`, w.ids[slug])
	if errs.Is(err, errs.NotFound) {
		return ""
	}
	if err != nil {
		w.Fatal(err)
	}
	text := fmt.Sprint(row.Kind, " ", row.Bounces)
	if row.SetAside {
		text += " aside"
	}
	return text
}

func (w *world) expect(when, slug, want string) {
	w.Helper()
	if got := w.state(slug); got != want {
		w.Errorf("%s %s is %q instead of %q", when, slug, got, want)
	}
}

func TestBouncesAreCountedAndForgiven(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		take := func(slug, action, diagnostic string) {
			t.Helper()
			if err := w.bounces(w.local(slug), report(t, w.addresses[slug], action, diagnostic)); err != nil {
				t.Fatal(err)
			}
		}
		take("bert", "delayed", "450 4.1.1 user unknown")
		w.expect("after a delay,", "bert", "")
		take("bert", "failed", "552 5.2.2 mailbox full")
		take("bert", "failed", "554 5.7.1 spam")
		w.expect("after two soft ones,", "bert", "blocked 2")
		take("bert", "delivered", "250 ok")
		w.expect("after a success,", "bert", "")
		take("bert", "failed", "552 5.2.2 mailbox full")
		w.now = w.now.Add(31 * 24 * time.Hour)
		take("bert", "failed", "552 5.2.2 mailbox full")
		w.expect("a month later,", "bert", "full 1")
		take("bert", "failed", "550 5.1.1 user unknown")
		take("bert", "failed", "552 5.2.2 mailbox full")
		w.expect("after a hard one,", "bert", "no-address 3 aside")
		take("bert", "delivered", "250 ok")
		w.expect("after a success of one that is set aside,", "bert", "no-address 3 aside")
		take("carla", "failed", "552 5.2.2 mailbox full")
		take("anna", "failed", "550 5.2.1 mailbox disabled")

		counts, err := w.Domains(t.Context())
		if err != nil || fmt.Sprint(counts) != "[{example.org closed 1 1} {example.org full 1 1} {example.org no-address 1 3}]" {
			t.Errorf("by domain %v, %v", counts, err)
		}
		w.now = w.now.Add(31 * 24 * time.Hour)
		if err := w.RemoveOld(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.expect("another month later,", "carla", "")
		w.expect("another month later,", "bert", "no-address 3 aside")

		n, err := w.Count(t.Context())
		if err != nil || n != 2 {
			t.Errorf("%d are set aside, %v", n, err)
		}
		first, err := w.List(t.Context(), paging.Cursor{}, 1)
		if err != nil || len(first) != 1 {
			t.Fatalf("%v, %v", first, err)
		}
		rest, err := w.List(t.Context(), first[0].Cursor(), 2)
		if err != nil || len(rest) != 1 || rest[0].Slug == first[0].Slug {
			t.Errorf("behind %v stand %v, %v", first, rest, err)
		}
		if err := w.TakeBack(t.Context(), w.ids["anna"]); err != nil {
			t.Error(err)
		}
		w.expect("taken back,", "anna", "")
		if err := w.TakeBack(t.Context(), w.ids["anna"]); !errs.Is(err, errs.NotFound) {
			t.Errorf("taken back twice: %v", err)
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return bounces.Forgive(t.Context(), tx, w.ids["bert"]) }); err != nil {
			t.Error(err)
		}
		w.expect("forgiven,", "bert", "")
	})
}

// TestOnlyOurOwnKeysAreTaken is the table of what strangers may send.
func TestOnlyOurOwnKeysAreTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	own := w.local("bert")
	number, key, _ := strings.Cut(strings.TrimPrefix(own, "bounce+"), "-")
	_, other, _ := strings.Cut(w.local("anna"), "-")
	foreign, err := bounces.New(w.db, "another secret of the town", "town.example")
	if err != nil {
		t.Fatal(err)
	}
	stranger, _, _ := strings.Cut(foreign.Sender(w.ids["bert"], w.addresses["bert"]), "@")
	moved, _, _ := strings.Cut(w.Sender(w.ids["bert"], "somebody@example.org"), "@")
	if len(own) > 64 {
		t.Errorf("%s is longer than a local part", own)
	}
	for local, taken := range map[string]bool{
		own: true, strings.ToUpper(own): true, "Bounce+" + number + "-" + key: true,
		"bounce+": false, "bounce+-": false, "bounce+" + number: false, "bounce+" + number + "-": false, "bounce+" + number + "-" + other: false, "bounce+" + number + "-" + key[1:]: false,
		"bounce+0" + number + "-" + key: false, "bounce+" + number + "-" + key + "x": false, stranger: false, moved: false, "bounce+0-" + key: false, "bounce+-1-" + key: false, "bounce+zzzzzzzzzzzzzzzzzzzz-" + key: false,
		"bounce": false, "bert": false, "": false, "bounce+" + strings.Repeat("1", 10_000): false, "bounce+" + number + "-" + strings.Repeat(key, 1000): false,
		"bounce+" + number + "-" + strings.Repeat("\x00", 26): false, "bounce+1' OR 1=1 --": false,
	} {
		err := w.bounces(local, report(t, w.addresses["bert"], "failed", "550 5.1.1 user unknown"))
		if (err == nil) != taken || err != nil && !errs.Is(err, errs.NotFound) || (w.Check(t.Context(), w.db, local) == nil) != taken {
			t.Errorf("%.60q: %v", local, err)
		}
		if got := w.state("bert"); (got != "") != taken {
			t.Errorf("%.60q leaves %q", local, got)
		}
		cast.Execute(t, w.db, `DELETE FROM bounced_addresses`)
	}
}

// TestAThousandReportsAreAFewRows has somebody who knows one envelope sender send reports without end.
func TestAThousandReportsAreAFewRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	take := func(times int, action, diagnostic string) {
		t.Helper()
		r := report(t, w.addresses["bert"], action, diagnostic)
		for range times {
			if err := w.bounces(w.local("bert"), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	take(200, "delayed", "450 4.2.1 later")
	take(200, "delivered", "250 ok")
	if w.asked != 0 {
		t.Errorf("%d reports that count for nothing are remembered", w.asked)
	}
	take(1000, "failed", "552 5.2.2 mailbox full")
	w.expect("after a thousand soft ones,", "bert", "full 100")
	take(1000, "failed", "550 5.1.1 user unknown")
	w.expect("after a thousand hard ones,", "bert", "no-address 101 aside")
	if w.asked != 101 {
		t.Errorf("%d reports are remembered", w.asked)
	}
	if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return bounces.Forgive(t.Context(), tx, w.ids["bert"]) }); err != nil {
		t.Fatal(err)
	}
	take(100, "failed", "552 5.2.2 mailbox full")
	w.now = w.now.Add(31 * 24 * time.Hour)
	take(1, "failed", "552 5.2.2 mailbox full")
	w.expect("a month later,", "bert", "full 1")
}

func TestRefusalsCountLikeReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for _, c := range []struct {
		refusal  error
		setAside bool
		want     string
	}{
		{errs.New(errs.Denied, "x").Because(fmt.Errorf("RCPT: %w", &textproto.Error{Code: 550, Msg: "5.1.1 user unknown"})), true, "no-address 1 aside"},
		{errs.New(errs.Denied, "x").Because(&textproto.Error{Code: 554, Msg: "5.7.1 spam"}), false, "blocked 1"},
		{errs.New(errs.TooLarge, "x").Because(&textproto.Error{Code: 552, Msg: "5.3.4 too big"}), false, "too-large 1"},
		{errs.New(errs.Unavailable, "x").Because(&textproto.Error{Code: 550, Msg: "5.1.1 user unknown"}), false, ""},
		{errs.New(errs.Denied, "x").Because(errors.New("no SMTPUTF8")), false, ""},
	} {
		got, err := w.Refused(t.Context(), w.ids["bert"], c.refusal)
		if err != nil || got != c.setAside || w.state("bert") != c.want {
			t.Errorf("%v: %v, %v, %q", c.refusal, got, err, w.state("bert"))
		}
		cast.Execute(t, w.db, `DELETE FROM bounced_addresses`)
	}
	if _, err := w.Refused(t.Context(), 987654, errs.New(errs.Denied, "x").Because(&textproto.Error{Code: 550, Msg: "5.1.1 user unknown"})); err != nil {
		t.Errorf("an address that is gone: %v", err)
	}
}

// TestWhatCameBackGoesWithItsAddress also sees that every kind has words.
func TestWhatCameBackGoesWithItsAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		if err := w.bounces(w.local("bert"), report(t, w.addresses["bert"], "failed", "550 5.1.1 user unknown")); err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, db, `DELETE FROM email_addresses WHERE id = ?`, w.ids["bert"])
		w.expect("without the address,", "bert", "")
	})
	words := map[string]bool{}
	for _, k := range []bounce.Kind{bounce.NoAddress, bounce.NoDomain, bounce.Closed, bounce.Full, bounce.Blocked, bounce.TooLarge, bounce.Away, bounce.Forwarded, bounce.Refused} {
		words[string(bounces.Label(k))] = true
	}
	if len(words) != 9 {
		t.Errorf("only %d kinds have words of their own", len(words))
	}
}
