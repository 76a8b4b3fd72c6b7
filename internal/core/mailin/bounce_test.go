package mailin_test

import (
	"fmt"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// report is a report that a mailbox of an address is no more.
func report(address string) string {
	return "From: MAILER-DAEMON@mx.example\nMessage-ID: <1@mx.example>\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
		"--b\n\nThis is the mail system at host mx.example.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n" +
		"Final-Recipient: rfc822; " + address + "\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n--b--\n"
}

// sender returns the envelope sender of mails to somebody.
func (p *post) sender(t *testing.T, person cast.Person) string {
	t.Helper()
	var id int64
	if err := p.db.Get(t.Context(), &id, `SELECT id FROM email_addresses WHERE person_id = ? AND main`, person.ID); err != nil {
		t.Fatal(err)
	}
	return p.Bounces.Sender(id, person.Slug+"@example.org")
}

// noted returns what is noted of addresses, as "bert 1".
func (p *post) noted(t *testing.T) string {
	t.Helper()
	var rows []string
	err := p.db.Select(t.Context(), &rows, `SELECT CONCAT(m.address_key, ' ', b.bounces) FROM bounced_addresses b JOIN email_addresses m ON m.id = b.address_id ORDER BY m.address_key`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.Join(rows, ", "), "@example.org", "")
}

func TestTheSameBounceTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "")
		to, text := p.sender(t, p.Bert), report("bert@example.org")
		for _, to := range []string{to, to, strings.ToUpper(to[:40]) + to[40:]} {
			if err := p.Recipient(t.Context(), "", to); err != nil {
				t.Error(err)
			}
			if got := p.delivers(t, "", text, to); got != "taken" {
				t.Error(got)
			}
		}
		if got := p.noted(t); got != "bert 1" {
			t.Errorf("noted is %q", got)
		}
		if got := p.delivers(t, "", strings.ReplaceAll(text, "<1@", "<2@"), to); got != "taken" || p.noted(t) != "bert 2" {
			t.Errorf("another one: %s, %q", got, p.noted(t))
		}
		// One mail server sends a report to everybody at once, and to a group: each has its own effect.
		if got := p.delivers(t, "", strings.ReplaceAll(text, "<1@", "<3@"), "garten@town.example", p.sender(t, p.Carla), to); got != "taken, taken, taken" || p.noted(t) != "bert 3, carla 1" {
			t.Errorf("to several: %s, %q", got, p.noted(t))
		}
		p.expect(t)
	})
}

// TestNothingElseIsABounce is the table of what comes to envelope senders and is none: it changes nothing and is answered by
// nobody.
func TestNothingElseIsABounce(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	own, text := p.sender(t, p.Bert), report("bert@example.org")
	local, _, _ := strings.Cut(own, "@")
	deep := ""
	for n := range 40 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=d%[1]d.\n\n--d%[1]d.\n", n)
	}
	forged := local[:len(local)-4] + "aaaa@town.example"
	for name, c := range map[string]struct{ from, message, to, want string }{
		"a person":                     {"anna@example.org", hello, own, "taken"},
		"a stranger":                   {"stranger@example.net", hello, own, "taken"},
		"an absence":                   {"", "Auto-Submitted: auto-replied\n" + hello, own, "taken"},
		"an empty sender":              {"", hello, own, "taken"},
		"nothing":                      {"", "", own, "taken"},
		"a report with a forged key":   {"", text, forged, "taken"},
		"a report to nobody":           {"", text, "bounce+@town.example", "taken"},
		"a report to another domain":   {"", text, local + "@elsewhere.example", "taken"},
		"a report to the site":         {"", text, "noreply@town.example", "taken"},
		"a report to a group":          {"", text, "garten@town.example", "taken"},
		"a forwarded report":           {"", "From: anna@example.org\nSubject: Fwd: Undelivered Mail\n\n" + text, own, "taken"},
		"a report of another domain":   {"", strings.ReplaceAll(text, "bert@example.org", "b@gmail.example"), own, "taken"},
		"a report too deep to be read": {"", deep + text, own, "invalid"},
	} {
		if got := p.delivers(t, c.from, c.message, c.to); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
		want := ""
		if name == "a report of another domain" {
			want = "bert 1" // soft: the address forwards
		}
		if got := p.noted(t); got != want {
			t.Errorf("%s: noted is %q", name, got)
		}
		cast.Execute(t, p.db, `DELETE FROM bounced_addresses`)
	}
	p.expect(t)
	if letters := p.tray.Take(); len(letters) != 0 {
		t.Errorf("letters: %v", letters)
	}
	for _, to := range []string{forged, "bounce+@town.example", "bounce+x@town.example"} {
		if err := p.Recipient(t.Context(), "", to); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// TestWhoWritesHasTheirAddressBack also sees that a report is believed whose sender is no null sender: some servers do that.
func TestWhoWritesHasTheirAddressBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		authserv, header string
		back             bool
	}{
		{"", "", true},
		{"", "Auto-Submitted: auto-replied\n", false},
		{"mx.town.example", "Authentication-Results: mx.town.example; dmarc=pass header.from=example.org\n", true},
		{"mx.town.example", "", false},
	} {
		p := newPost(t, dbtest.SQLite(t), c.authserv)
		if got := p.delivers(t, "postmaster@mx.example", report("anna@example.org"), p.sender(t, p.Anna)); got != "taken" || p.noted(t) != "anna 1" {
			t.Fatalf("%s, %q", got, p.noted(t))
		}
		p.delivers(t, "anna@example.org", c.header+hello, "garten@town.example")
		if back := p.noted(t) == ""; back != c.back {
			t.Errorf("%s", fmt.Sprintf("%+v: noted is %q", c, p.noted(t)))
		}
	}
}
