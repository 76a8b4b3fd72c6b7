package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// browser keeps one cookie.
type browser struct {
	t        *testing.T
	sessions *web.Sessions
	cookie   *http.Cookie
}

// visit does something in a request of the browser and keeps the cookie it gets.
func (b *browser) visit(do func(ctx context.Context) error) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	r, err := b.sessions.Load(r)
	if err == nil {
		err = do(r.Context())
	}
	w := httptest.NewRecorder()
	if err == nil {
		err = b.sessions.Save(w, r)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if set := w.Result().Cookies(); len(set) > 0 {
		b.cookie = set[0]
	}
}

func (b *browser) signIn(person int64, remember bool) {
	b.t.Helper()
	b.visit(func(ctx context.Context) error { return b.sessions.SignIn(ctx, person, remember) })
}

// person returns who is signed in.
func (b *browser) person() (id int64) {
	b.t.Helper()
	b.visit(func(ctx context.Context) error { id = b.sessions.Person(ctx); return nil })
	return id
}

func rows(t *testing.T, db *sqldb.DB, table string) (n int) {
	t.Helper()
	if err := db.Get(t.Context(), &n, `SELECT COUNT(*) FROM `+table); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now() // the age of cookies is counted from the real time
		tick := clock.Clock(func() time.Time { return now })
		sessions := web.NewSessions(db, web.Lifetimes{Short: time.Hour, Long: 10 * time.Hour}, true, tick)
		anna, other, bert := &browser{t: t, sessions: sessions}, &browser{t: t, sessions: sessions}, &browser{t: t, sessions: sessions}

		if anna.person() != 0 || anna.cookie != nil || rows(t, db, "sessions") != 0 {
			t.Fatal("who only looks gets a session")
		}
		anna.signIn(7, false)
		c := anna.cookie
		if c.Name != "__Host-session" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %v", c)
		}
		if c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("who did not ask to be remembered gets a cookie that stays: %v", c)
		}
		if anna.person() != 7 {
			t.Error("Anna is not signed in")
		}
		other.signIn(7, true)
		if other.cookie.MaxAge <= 0 {
			t.Errorf("who asked to be remembered gets a cookie that goes: %v", other.cookie)
		}
		bert.signIn(8, false)

		var hashes []string
		if err := db.Select(t.Context(), &hashes, `SELECT token_hash FROM sessions`); err != nil {
			t.Fatal(err)
		}
		if len(hashes) != 3 || slices.Contains(hashes, c.Value) {
			t.Errorf("the table holds %v", hashes)
		}

		before := anna.cookie
		anna.signIn(7, false)
		if anna.cookie.Value == before.Value {
			t.Error("signing in keeps the token")
		}
		planted := &browser{t: t, sessions: sessions, cookie: before}
		if planted.person() != 0 {
			t.Error("the token from before signing in is still good")
		}

		anna.visit(func(ctx context.Context) error { sessions.Put(ctx, "step", "2"); return nil })
		anna.visit(func(ctx context.Context) error {
			if sessions.Pop(ctx, "step") != "2" || sessions.Get(ctx, "step") != "" {
				t.Error("the session forgets or does not forget")
			}
			return nil
		})

		anna.visit(func(ctx context.Context) error { return sessions.EndOthers(ctx, 7) })
		if anna.person() != 7 || other.person() != 0 || bert.person() != 8 {
			t.Errorf("after ending Anna's other sessions: %d, %d, %d", anna.person(), other.person(), bert.person())
		}
		if err := sessions.EndOthers(t.Context(), 7); err != nil || anna.person() != 0 {
			t.Errorf("outside of requests all end: %v", err)
		}

		bert.visit(func(ctx context.Context) error { return sessions.SignOut(ctx) })
		if bert.cookie.MaxAge >= 0 || rows(t, db, "sessions") != 0 {
			t.Errorf("after signing out: cookie %v, %d rows", bert.cookie, rows(t, db, "sessions"))
		}

		anna.cookie, other.cookie = nil, nil
		anna.signIn(7, false)
		other.signIn(7, true)
		now = now.Add(2 * time.Hour)
		if anna.person() != 0 || other.person() != 7 {
			t.Error("the short session lasts, or the long one does not")
		}
		if err := sessions.Purge(t.Context()); err != nil || rows(t, db, "sessions") != 1 {
			t.Errorf("after purging: %d rows, %v", rows(t, db, "sessions"), err)
		}
	})
}

func TestWhatSomebodyElseLeftInTheSessionGoes(t *testing.T) {
	t.Parallel()
	sessions := web.NewSessions(dbtest.SQLite(t), web.Lifetimes{}, false, nil)
	b := &browser{t: t, sessions: sessions}
	b.signIn(7, false)
	b.visit(func(ctx context.Context) error { sessions.Put(ctx, "draft", "Anna's"); return nil })
	b.signIn(8, false)
	b.visit(func(ctx context.Context) error {
		if got := sessions.Get(ctx, "draft"); got != "" || sessions.Person(ctx) != 8 {
			t.Errorf("person %d finds %q", sessions.Person(ctx), got)
		}
		return nil
	})
}

func TestForgedTokensAreNobody(t *testing.T) {
	t.Parallel()
	sessions := web.NewSessions(dbtest.SQLite(t), web.Lifetimes{}, false, nil)
	for _, value := range []string{"", "x", strings.Repeat("a", 43), strings.Repeat("a", 5000), "' OR 1=1 --"} {
		b := &browser{t: t, sessions: sessions, cookie: &http.Cookie{Name: "session", Value: value}}
		if b.person() != 0 {
			t.Errorf("%.50q is somebody", value)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)
		limiter := web.NewLimiter(db, func() time.Time { return now })
		limit := web.Limit{Name: "sign-in", Count: 2, Per: time.Minute}
		ctx := t.Context()
		allow := func(l web.Limit, subject string) error { t.Helper(); return limiter.Allow(ctx, l, subject) }

		for range 2 {
			if err := allow(limit, "anna"); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(20 * time.Second)
		err := allow(limit, "anna")
		problem, ok := errors.AsType[*errs.Error](err)
		if !ok || problem.Kind != errs.TooMany || problem.RetryAfter != 40*time.Second {
			t.Errorf("the third time: %v", err)
		}
		if err := errors.Join(allow(limit, "bert"), allow(web.Limit{Name: "other", Count: 1, Per: time.Minute}, "anna")); err != nil {
			t.Errorf("others are counted too: %v", err)
		}
		if err := limiter.Forget(ctx, limit, "anna"); err != nil {
			t.Fatal(err)
		}
		if err := allow(limit, "anna"); err != nil {
			t.Errorf("after forgetting: %v", err)
		}
		now = now.Add(time.Minute)
		if err := errors.Join(allow(limit, "anna"), allow(limit, "anna")); err != nil {
			t.Errorf("in the next span: %v", err)
		}
		if err := limiter.Purge(ctx); err != nil || rows(t, db, "throttles") != 1 {
			t.Errorf("after purging: %d rows, %v", rows(t, db, "throttles"), err)
		}
	})
}

func TestLimitHoldsAgainstManyAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		limiter := web.NewLimiter(db, nil)
		limit := web.Limit{Name: "sign-in", Count: 5, Per: time.Hour}
		var wg sync.WaitGroup
		answers := make([]error, 20)
		for i := range answers {
			wg.Go(func() { answers[i] = limiter.Allow(t.Context(), limit, "anna") })
		}
		wg.Wait()
		allowed := 0
		for _, err := range answers {
			switch {
			case err == nil:
				allowed++
			case !errs.Is(err, errs.TooMany):
				t.Error(err)
			}
		}
		if allowed != 5 {
			t.Errorf("%d came through, want 5", allowed)
		}
	})
}

// Whoever finds the count of another, begun a moment before, is counted there and not turned away.
func TestTheFirstOnesOfASpanAllComeThrough(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		limiter := web.NewLimiter(db, nil)
		limit := web.Limit{Name: "sign-in", Count: 4, Per: time.Hour}
		for subject := range 25 {
			var wg sync.WaitGroup
			answers := make([]error, limit.Count)
			for i := range answers {
				wg.Go(func() { answers[i] = limiter.Allow(t.Context(), limit, strconv.Itoa(subject)) })
			}
			wg.Wait()
			if err := errors.Join(answers...); err != nil {
				t.Fatalf("round %d: %v", subject, err)
			}
		}
	})
}

func TestRequestsAreCountedByNetwork(t *testing.T) {
	t.Parallel()
	limiter := web.NewLimiter(dbtest.SQLite(t), nil)
	limit := web.Limit{Name: "page", Count: 1, Per: time.Hour}
	for _, test := range []struct {
		remote string
		want   bool
	}{
		{"203.0.113.7:1", true},
		{"203.0.113.7:2", false},
		{"203.0.113.8:1", true},
		{"[2001:db8::1]:1", true},
		{"[2001:db8::2]:1", false}, // the same household
		{"[2001:db8:0:1::1]:1", true},
	} {
		var err error
		h := web.Front{Hosts: []string{"town.example"}}.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { err = limiter.Request(r, limit) }))
		r := httptest.NewRequest(http.MethodGet, "http://town.example/", nil)
		r.RemoteAddr = test.remote
		serve(h, r)
		if (err == nil) != test.want {
			t.Errorf("%s: %v", test.remote, err)
		}
	}
}

func TestSignedValues(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)
	tick := clock.Clock(func() time.Time { return now })
	ours, err := web.NewSigner("a secret", tick)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := web.NewSigner("another secret", tick)
	if err != nil {
		t.Fatal(err)
	}
	text := ours.Sign("flash", []byte("hello"), time.Minute)
	open := func(s *web.Signer, purpose, text string) string {
		payload, ok := s.Open(purpose, text)
		if !ok {
			return "refused"
		}
		return string(payload)
	}
	if got := open(ours, "flash", text); got != "hello" {
		t.Errorf("our own text: %s", got)
	}
	flipped := []byte(text)
	flipped[len(flipped)-1] ^= 4
	for name, got := range map[string]string{
		"another secret": open(theirs, "flash", text), "another purpose": open(ours, "captcha", text),
		"a changed text": open(ours, "flash", string(flipped)), "a cut text": open(ours, "flash", text[:20]), "nothing": open(ours, "flash", ""),
	} {
		if got != "refused" {
			t.Errorf("%s: %s", name, got)
		}
	}
	now = now.Add(2 * time.Minute)
	if got := open(ours, "flash", text); got != "refused" {
		t.Errorf("an old text: %s", got)
	}
}
