package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// BenchmarkPages makes the main pages anew for somebody who has signed in: with the session, the queries
// and the rendering, but without the network. make bench measures the whole program.
func BenchmarkPages(b *testing.B) {
	h := inventedTown(b)
	cookie := sessionOf(b, h, "anna")
	var article string
	err := h.db.Get(b.Context(), &article, `
		SELECT '/' || e.slug || '/' || c.slug || '/' FROM contents c JOIN entities e ON e.id = c.entity_id
		 WHERE c.public AND c.deleted_at IS NULL AND c.kind = 'article'
		 ORDER BY (SELECT COUNT(*) FROM contributions k WHERE k.content_id = c.id) DESC, c.id LIMIT 1`)
	if err != nil {
		b.Fatal(err)
	}
	for _, page := range []struct{ name, path string }{
		{"start", "/?"},
		{"group", "/garten/?"},
		{"groups", "/stadt/groups/?"},
		{"article", article + "?"},
		{"calendar", "/stadt/events?"},
		{"week", "/stadt/events?view=week&"},
		{"day", time.Now().AddDate(0, 0, 2).Format("/stadt/events/2006/1/2?")},
	} {
		b.Run(page.name, func(b *testing.B) {
			b.ReportAllocs()
			before, n := h.db.Stats().Statements, 0
			for b.Loop() {
				n++
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, fmt.Sprintf("http://example.org%sn=%d", page.path, n), nil)
				r.AddCookie(cookie)
				w := httptest.NewRecorder()
				h.pages.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s answers %d", page.path, w.Code)
				}
			}
			b.ReportMetric(float64(h.db.Stats().Statements-before)/float64(n), "statements/op")
		})
	}
}

// BenchmarkNotices publishes an article in a group with a thousand subscribers and makes a mail for each of
// them, which is then forgotten.
func BenchmarkNotices(b *testing.B) {
	const subscribers = 1000
	h := inventedTown(b)
	err := h.db.Write(b.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(b.Context(), `DELETE FROM subscriptions WHERE entity_id = (SELECT id FROM entities WHERE slug = 'garten')`); err != nil {
			return err
		}
		_, err := tx.Exec(b.Context(), `INSERT INTO subscriptions (entity_id, person_id, created_at)
			SELECT e.id, p.id, ? FROM entities e JOIN people p ON p.id > 10 AND p.id <= ? WHERE e.slug = 'garten'`, tx.Now, subscribers+10)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	cookie := sessionOf(b, h, "anna")
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go func() { _ = h.Work(ctx) }()
	waiting := func() (n int) {
		if err := h.db.Get(b.Context(), &n, `SELECT COUNT(*) FROM jobs WHERE kind IN (?)`, []string{notify.JobDeliver, outbox.JobNotify}); err != nil {
			b.Fatal(err)
		}
		return n
	}
	for n := 0; b.Loop(); n++ {
		form := url.Values{"title": {fmt.Sprint("Sommerfest ", n)}, "text": {"Am Samstag feiern wir. Kommt alle und bringt *Kuchen* mit."}, "public": {"on"}}
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://example.org/garten/articles/add/", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		h.pages.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			b.Fatalf("the article is answered with %d", w.Code)
		}
		for waiting() > 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/subscribers, "µs/notice")
}

// BenchmarkMails hands mails to a group to the door for mail, on as many goroutines as a mail server has
// connections. What follows from them is not done.
func BenchmarkMails(b *testing.B) {
	h := inventedTown(b)
	var n atomic.Int64
	before := h.db.Stats().Statements
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			to := "chor@" + h.options.MailDomain()
			message := fmt.Sprintf("From: Anna <anna@example.org>\r\nTo: %[2]s\r\nSubject: Mail %[1]d\r\nMessage-ID: <%[1]d@post.example>\r\n"+
				"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nNummer %[1]d\r\n", n.Add(1), to)
			if err := h.intake.Recipient(b.Context(), "anna@example.org", to); err != nil {
				b.Error(err)
			}
			for _, err := range h.intake.Deliver(b.Context(), lmtp.Envelope{From: "anna@example.org", Recipients: []string{to}}, []byte(message)) {
				if err != nil {
					b.Error(err)
				}
			}
		}
	})
	b.ReportMetric(float64(h.db.Stats().Statements-before)/float64(b.N), "statements/op")
}

// inventedTown builds the whole house with as many people and things as make bench measures with. Mails are
// forgotten.
func inventedTown(b *testing.B) *House {
	b.Helper()
	h := buildHouse(b, "dummy")
	hash, err := password.New(h.options.PasswordCost).Hash(b.Context(), demo.Password)
	if err != nil {
		b.Fatal(err)
	}
	if err := demo.Fill(b.Context(), h.db, nil, demo.Size{People: 2000, Groups: 300, Contents: 5000, Comments: 15000, Conversations: 100, Events: 3000}, hash); err != nil {
		b.Fatal(err)
	}
	return h
}

// sessionOf signs somebody of the invented town in and returns the cookie.
func sessionOf(b testing.TB, h *House, slug string) *http.Cookie {
	b.Helper()
	form := url.Values{"login": {slug}, "password": {demo.Password}}.Encode()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://example.org/stadt/login/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == web.CookieName(web.SessionCookie, h.options.Transport().Encrypted()) {
			return cookie
		}
	}
	b.Fatalf("%s could not sign in: %d", slug, w.Code)
	return nil
}
