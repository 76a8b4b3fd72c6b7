package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/web"
)

// BenchmarkPages makes the main pages anew for somebody who has signed in: with the session, the queries
// and the rendering, but without the network. make bench measures the whole program.
func BenchmarkPages(b *testing.B) {
	h := buildHouse(b)
	passwords, err := password.New(password.Trifling())
	if err != nil {
		b.Fatal(err)
	}
	hash, err := passwords.Hash(b.Context(), demoPassword)
	if err != nil {
		b.Fatal(err)
	}
	if err := demo.Fill(b.Context(), h.db, demo.Size{People: 2000, Groups: 300, Contents: 5000, Comments: 15000, Conversations: 100}, hash); err != nil {
		b.Fatal(err)
	}
	cookie := sessionOf(b, h, "anna")
	for _, page := range []struct{ name, path string }{{"start", "/"}, {"group", "/garten/"}, {"groups", "/stadt/groups/"}} {
		b.Run(page.name, func(b *testing.B) {
			b.ReportAllocs()
			before, n := h.db.Stats().Statements, 0
			for b.Loop() {
				n++
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, fmt.Sprintf("http://example.org%s?n=%d", page.path, n), nil)
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

// sessionOf signs somebody of the invented town in and returns the cookie.
func sessionOf(b *testing.B, h *House, slug string) *http.Cookie {
	b.Helper()
	form := url.Values{"login": {slug}, "password": {demoPassword}}.Encode()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://example.org/stadt/login/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == web.CookieName(web.SessionCookie, h.site.Secure()) {
			return cookie
		}
	}
	b.Fatalf("%s could not sign in: %d", slug, w.Code)
	return nil
}
