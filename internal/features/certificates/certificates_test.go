package certificates

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/kit/acme"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

const secret = "0123456789abcdef"

// town is a site with an authority that gives certificates unless it is broken.
type town struct {
	*testing.T

	db     *sqldb.DB
	now    time.Time
	life   time.Duration // of the certificates
	broken error
	orders int
	asks   func(acme.Challenge) // as the authority does while there is an order; nil: it does not
	noted  []string
	log    bytes.Buffer
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{T: t, now: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), life: 90 * 24 * time.Hour}
	w.db = db.WithClock(func() time.Time { return w.now })
	return w
}

// process is one process of the site; all share the database.
type process struct {
	*Certificates

	town  *town
	queue *queue.Queue
}

func (w *town) process(siteSecret string, names ...string) *process {
	w.Helper()
	q := queue.New(w.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	options := DefaultOptions()
	c, err := New(Deps{
		DB: w.db, Queue: q, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Secret: siteSecret, Enabled: true, Names: names, Options: options,
		Note: func(_ context.Context, area reports.Area, subject, detail string) {
			w.noted = append(w.noted, fmt.Sprintf("%s: %s: %s", area, subject, detail))
		},
		Order: func(ctx context.Context, account crypto.Signer, c acme.Challenges) (acme.Certificate, error) {
			w.orders++
			challenge := acme.Challenge{Kind: acme.HTTP01, Name: "token", Answer: []byte("the answer")}
			if err := c.Put(ctx, challenge); err != nil {
				w.Error(err)
			}
			if w.asks != nil {
				w.asks(challenge)
			}
			if err := c.Remove(ctx, challenge); err != nil {
				w.Error(err)
			}
			if w.broken != nil {
				return acme.Certificate{}, w.broken
			}
			return selfSigned(w.T, account, names, w.now, w.life), nil
		},
	})
	if err != nil {
		w.Fatal(err)
	}
	q.Handle(c.Module().Jobs...)
	return &process{c, w, q}
}

// selfSigned returns a certificate for names.
func selfSigned(t *testing.T, signer crypto.Signer, names []string, from time.Time, life time.Duration) acme.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.Unix()), Subject: pkix.Name{CommonName: "An authority"}, DNSNames: names, NotBefore: from, NotAfter: from.Add(life),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	key, err := acme.MarshalKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	return acme.Certificate{Chain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), Key: key}
}

// looks lets a process look after the certificate, and runs what it asks for. It returns how long the process waits.
func (p *process) looks(restarted bool) time.Duration {
	p.town.Helper()
	p.asked = clock.Time{}
	wait, err := p.look(p.town.Context(), restarted)
	if err != nil {
		p.town.Fatal(err)
	}
	if err := p.queue.Drain(p.town.Context()); err != nil {
		p.town.Fatal(err)
	}
	if _, err := p.look(p.town.Context(), false); err != nil {
		p.town.Fatal(err)
	}
	return wait
}

// shakes returns what a browser gets that asks for a name: until when the certificate is valid, or the alert.
func (p *process) shakes(name string, protocols ...string) string {
	p.town.Helper()
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		server := tls.Server(there, p.TLS())
		_ = server.HandshakeContext(p.town.Context()) // the browser learns why it failed
		_ = there.Close()
	}()
	var valid string
	browser := tls.Client(here, &tls.Config{
		ServerName: name, NextProtos: protocols, InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			valid = s.PeerCertificates[0].NotAfter.Format(time.DateOnly) + " " + s.NegotiatedProtocol
			return nil
		},
	})
	if err := browser.HandshakeContext(p.town.Context()); err != nil {
		if alert, ok := errors.AsType[tls.AlertError](err); ok {
			return alert.Error()
		}
		return err.Error()
	}
	return valid
}

func TestACertificateIsRenewedWhenAThirdOfItsTimeIsLeft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		p := w.process(secret, "stadt.example", "xn--grn-ioa.example")
		if got := p.shakes("stadt.example", "h2"); !strings.Contains(got, "internal error") {
			t.Errorf("before there is a certificate: %s", got)
		}
		p.looks(true)
		for _, name := range []string{"stadt.example", "Stadt.Example.", "xn--grn-ioa.example"} {
			if got := p.shakes(name, "h2", "http/1.1"); got != "2026-05-30 h2" {
				t.Errorf("%s: %s", name, got)
			}
		}
		for _, name := range []string{"elsewhere.example", "www.stadt.example", ""} {
			if got := p.shakes(name, "h2"); !strings.Contains(got, "unrecognized name") {
				t.Errorf("%q, which is not ours: %s", name, got)
			}
		}
		w.now = w.now.Add(59 * 24 * time.Hour)
		if wait := p.looks(false); w.orders != 1 || wait != lookEvery {
			t.Errorf("%d orders two months later, and the next look after %s", w.orders, wait)
		}
		w.now = w.now.Add(25 * time.Hour)
		if p.looks(false); w.orders != 2 || p.shakes("stadt.example") != "2026-07-29 " {
			t.Errorf("%d orders when a third is left, %s", w.orders, p.shakes("stadt.example"))
		}
		if p.looks(true); w.orders != 2 {
			t.Errorf("%d orders after the process was started anew", w.orders)
		}
		var rows int
		if err := db.Get(t.Context(), &rows, `SELECT COUNT(*) FROM certificates`); err != nil || rows != 1 {
			t.Errorf("%d certificates are kept, %v", rows, err)
		}
	})
}

func TestAllProcessesAnswerTheAuthorityAndHaveTheCertificate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		first, second := w.process(secret, "stadt.example"), w.process(secret, "stadt.example")
		pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		ask := func(p *process, path string) string {
			answer := httptest.NewRecorder()
			p.Answer(pages).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			return fmt.Sprint(answer.Code, " ", strings.TrimSpace(answer.Body.String()))
		}
		w.asks = func(acme.Challenge) {
			for _, p := range []*process{first, second} {
				if got := ask(p, acme.Path+"token"); got != "200 the answer" {
					t.Errorf("the authority gets %s", got)
				}
			}
		}
		first.looks(true)
		for path, want := range map[string]string{acme.Path + "token": "404 404 page not found", acme.Path + "other": "404 404 page not found", "/": "418 ", acme.Path: "418 "} {
			if got := ask(second, path); got != want {
				t.Errorf("%s afterwards: %s, want %s", path, got, want)
			}
		}
		if second.looks(true); w.orders != 1 || second.shakes("stadt.example") != "2026-05-30 " {
			t.Errorf("%d orders, the second process shows %s", w.orders, second.shakes("stadt.example"))
		}
		// What asks for tls-alpn-01 comes to any of them, too.
		account, err := first.accountKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pair := selfSigned(t, account, []string{"stadt.example"}, w.now, time.Hour)
		challenge := acme.Challenge{Kind: acme.TLSALPN01, Name: "stadt.example", Answer: append(pair.Key, pair.Chain...)}
		for range 2 { // an order that was cut off is begun anew
			if err := first.Put(t.Context(), challenge); err != nil {
				t.Fatal(err)
			}
		}
		if got := second.shakes("stadt.example", acme.Protocol); got != "2026-03-01 "+acme.Protocol {
			t.Errorf("the authority gets %s", got)
		}
		if got := second.shakes("stadt.example", "h2"); got != "2026-05-30 h2" {
			t.Errorf("browsers get %s meanwhile", got)
		}
		w.now = w.now.Add(time.Hour)
		if err := second.removeChallenges(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := second.shakes("stadt.example", acme.Protocol); !strings.Contains(got, "unrecognized name") {
			t.Errorf("without a challenge the authority gets %s", got)
		}
	})
}

// TestStrangersAskTheDatabaseNothingAtThePathOfTheAuthority asks, while an answer is there, for what no authority asks for.
func TestStrangersAskTheDatabaseNothingAtThePathOfTheAuthority(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	p := w.process(secret, "stadt.example")
	if err := p.Put(t.Context(), acme.Challenge{Kind: acme.HTTP01, Name: "token", Answer: []byte("the answer")}); err != nil {
		t.Fatal(err)
	}
	pages := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a page is asked for") })
	ask := func(token string) int {
		answer := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.URL.Path = acme.Path + token
		p.Answer(pages).ServeHTTP(answer, r)
		return answer.Code
	}
	before := w.db.Stats().Statements
	for _, token := range []string{
		"token\x00", "\x00token", "token/", "../token", "a/../token", "token?", "tökén", "\xff", "token ", "'; DROP TABLE people; --", strings.Repeat("a", 257), strings.Repeat("a", 1<<20),
	} {
		if got := ask(token); got != http.StatusNotFound {
			t.Errorf("%.40q: %d", token, got)
		}
	}
	if asked := w.db.Stats().Statements - before; asked != 0 || w.log.Len() > 0 {
		t.Errorf("the database is asked %d times; the log says %s", asked, w.log.String())
	}
	if got := ask("token"); got != http.StatusOK {
		t.Errorf("the authority is answered with %d", got)
	}
}

func TestWithoutAnAuthorityTheOldCertificateStays(t *testing.T) {
	t.Parallel()
	catalogues := localetest.Catalogues(t)
	english := catalogues.Printer("en", time.UTC)
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		p := w.process(secret, "stadt.example")
		shows := func(when, fact, caution string) {
			t.Helper()
			gotFact, err := p.describe(t.Context(), english)
			if err != nil || !strings.HasPrefix(gotFact, fact) {
				t.Errorf("%s: the fact %q, %v", when, gotFact, err)
			}
			got, err := p.caution(t.Context(), english)
			if err != nil || caution == "" && got != "" || !strings.HasPrefix(got, caution) {
				t.Errorf("%s: the caution %q, %v", when, got, err)
			}
		}
		shows("at first", "none yet", "The site has no certificate, so browsers can’t open it: nothing has been tried yet.")
		w.broken = errors.New("the authority is away")
		p.looks(true)
		shows("after a failure", "none yet", "The site has no certificate, so browsers can’t open it: the authority is away")
		if !strings.Contains(w.log.String(), `level=ERROR msg="no certificate has come"`) || !strings.Contains(w.log.String(), "the authority is away") {
			t.Errorf("the log says\n%s", w.log.String())
		}
		w.broken = nil
		w.now = w.now.Add(firstPause)
		p.looks(false)
		shows("then", "valid until", "")

		w.broken = errors.New("the authority has gone for good")
		orders := w.orders
		w.now = w.now.Add(61 * 24 * time.Hour)
		for range 24 * 4 { // a day, quarter by quarter
			p.looks(false)
			w.now = w.now.Add(15 * time.Minute)
		}
		if tried := w.orders - orders; tried < 5 || tried > 10 {
			t.Errorf("%d orders a day while they fail", tried)
		}
		shows("in vain", "valid until", "The certificate couldn’t be renewed. It is valid until")
		w.now = w.now.Add(60 * 24 * time.Hour)
		p.looks(false)
		shows("too late", "valid until", "The certificate expired on")
		for about, q := range map[string]*process{"the process": p, "a new one": w.process(secret, "stadt.example")} {
			if q.looks(true); q.shakes("stadt.example") != "2026-05-30 " {
				t.Errorf("%s shows %s, though an expired certificate is better than none", about, q.shakes("stadt.example"))
			}
		}
		if want := []string{
			"certificates: no certificate could be obtained: the authority is away", "certificates: no certificate could be obtained: the authority has gone for good",
		}; !cmp.Equal(w.noted, want) {
			t.Errorf("administrators are told %q", w.noted)
		}
	})
}

func TestShortCertificatesAreTriedForMoreOften(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for _, c := range []struct {
		failures int
		life     time.Duration // of the certificate in use; 0: none
		pause    time.Duration
	}{
		{0, 0, 0},
		{1, 0, 20 * time.Minute},
		{2, 0, 40 * time.Minute},
		{5, 90 * day, 320 * time.Minute},
		{6, 90 * day, 6 * time.Hour},
		{1000, 0, 6 * time.Hour},
		{6, 6 * day, 6 * time.Hour},
		{6, day, time.Hour},
		{3, 24 * time.Second, time.Second},
	} {
		s := state{troubles: troubles{Count: c.failures}}
		if c.life > 0 {
			s.kept.ID = 1
			s.kept.ExpiresAt.Time = s.kept.IssuedAt.Add(c.life)
		}
		if got := s.pause(); got != c.pause {
			t.Errorf("%d failures, a certificate for %s: %s, want %s", c.failures, c.life, got, c.pause)
		}
	}
}

func TestWhoeverHasMendedSomethingStartsTheSiteAnew(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.broken = errors.New("DNS shows nothing")
	p := w.process(secret, "stadt.example")
	for range 3 {
		p.looks(true)
		w.now = w.now.Add(6 * time.Minute)
	}
	if w.orders != 3 {
		t.Errorf("%d orders, want one after each start", w.orders)
	}
	p.looks(false)
	w.now = w.now.Add(-2 * time.Minute)
	if p.looks(true); w.orders != 3 {
		t.Errorf("%d orders though the last was a moment ago", w.orders)
	}
}

func TestAnotherNameOrSecretTakesAnotherCertificate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.process(secret, "stadt.example").looks(true)
		more := w.process(secret, "stadt.example", "dorf.example")
		w.asks = func(acme.Challenge) {
			if got := more.shakes("stadt.example"); got != "2026-05-30 " {
				t.Errorf("while another one is ordered: %s", got)
			}
		}
		if more.looks(true); w.orders != 2 || more.shakes("dorf.example") != "2026-05-30 " {
			t.Errorf("%d orders, the new name shows %s", w.orders, more.shakes("dorf.example"))
		}
		w.asks = nil
		other := w.process("another secret key", "stadt.example", "dorf.example")
		if other.looks(true); w.orders != 3 || other.shakes("stadt.example") != "2026-05-30 " {
			t.Errorf("%d orders, with another secret it shows %s", w.orders, other.shakes("stadt.example"))
		}
		var stored []string
		for _, query := range []string{`SELECT private_key FROM certificates`, `SELECT private_key FROM certificate_accounts`, `SELECT answer FROM certificate_challenges`} {
			var rows []string
			if err := db.Select(t.Context(), &rows, query); err != nil {
				t.Fatal(err)
			}
			stored = append(stored, rows...)
		}
		if len(stored) != 2 || strings.Contains(strings.Join(stored, " "), "PRIVATE") {
			t.Errorf("keys lie open: %q", stored)
		}
	})
}

func TestOnlyPublicNamesGetCertificates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		domain  string
		further []string
		want    []string
	}{
		{"stadt.example", nil, []string{"stadt.example"}},
		{"Stadt.Example", []string{"stadt.example.", "grün.example"}, []string{"stadt.example", "xn--grn-ioa.example"}},
		{"stadt.example", []string{"*.stadt.example", ".stadt.example", "192.0.2.1", "::1", "[::1]", "localhost", "stadt.local", "a_b.example", "stadt"}, []string{"stadt.example"}},
		{"localhost", nil, nil},
	} {
		if diff := cmp.Diff(c.want, Names(c.domain, c.further)); diff != "" {
			t.Errorf("%s %q: %s", c.domain, c.further, diff)
		}
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf("n%d.example", i)
	}
	if got := len(Names("stadt.example", many)); got != most {
		t.Errorf("%d names, and authorities take %d", got, most)
	}
}
