package accounts_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/subscriptions"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is a site with the cast in it.
type town struct {
	*accounts.Accounts
	*cast.Cast
	people  *people.People
	db      *sqldb.DB
	box     *postbox
	outbox  *outbox.Outbox
	more    []estate.Holding // beside those of the rooms
	handler http.Handler

	mu  sync.Mutex
	now time.Time
}

// setup builds the room over a database, with the cast and the town's pages. A good password is
// "zwölf Löwenzahn".
func setup(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), box: &postbox{}, now: time.Now()}
	tell := clock.Clock(func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	})
	w.db = db.WithClock(tell)
	catalogues := localetest.Catalogues(t)
	hasher := password.New(password.Cost{Memory: 64, Passes: 1, Threads: 1})
	signer, err := web.NewSigner("a secret for tests only", tell)
	if err != nil {
		t.Fatal(err)
	}
	limiter := web.NewLimiter(db, tell)
	w.outbox = outbox.New(w.box)
	w.people = people.New(people.Deps{DB: w.db, Entities: entities.New(nil), Catalogues: catalogues})
	w.Accounts = accounts.New(accounts.Deps{
		DB: w.db, People: w.people, Outbox: w.outbox, Letters: notify.NewLetters(w.box),
		Catalogues: catalogues, Limiter: limiter, Captcha: captcha.New(signer, limiter), Passwords: hasher,
		SiteName: settings.SiteName{Default: "Neustadt"}, URL: func(path string) string { return "http://example.org" + path },
		UnknownPerson: 1, Operators: "/stadt/help/", Devices: "/stadt/settings/devices/", Estate: w.estate,
	})
	w.handler = webtest.Open(t, webtest.NewSite(t, db, viewers{w.people, w.Accounts}), w.Module(), w.people.Module(), module.Module{Routes: []site.Route{
		{Method: http.MethodGet, Path: programPath, KnownBy: site.ByAppPassword, Scope: string(accounts.ScopeCalendars), SignedIn: true, Failures: site.AsText, Handle: func(v *site.Visit) error {
			_, err := v.W.Write([]byte(v.Viewer.Slug))
			return err
		}},
		{Method: http.MethodGet, Path: "/", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "Start"}) }},
		{Method: http.MethodGet, Path: "/stadt/welcome/", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "Start"}) }, Query: []string{"next"}},
		{Method: http.MethodGet, Path: "/{slug}/", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: v.Path("slug")}) }},
	}})
	return w
}

// programPath is where a program learns whose it is.
const programPath = "/stadt/test-program/"

// viewers know who looks, by a session or by an app password.
type viewers struct {
	*people.People
	site.Programs
}

func newTown(t *testing.T) *town {
	t.Helper()
	return setup(t, dbtest.SQLite(t))
}

// estate is what the rooms keep of people, in the order of the house.
func (w *town) estate() []estate.Holding {
	var all []estate.Holding
	for _, m := range []module.Module{
		w.people.Module(), w.Module(), groups.New(groups.Deps{}).Module(), (&membership.Membership{}).Module(), (&subscriptions.Subscriptions{}).Module(),
		threads.New(threads.Deps{}).Module(), content.New(content.Deps{}).Module(), conversations.New(conversations.Deps{}).Module(),
	} {
		all = append(all, m.Estate...)
	}
	return append(all, w.more...)
}

const goodPassword = "zwölf Löwenzahn"

// wait lets time pass.
func (w *town) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *town) visit(t *testing.T) *webtest.Visitor { return webtest.Visit(t, w.handler) }

// activities returns the names of what has happened, and forgets it.
func (w *town) activities(t *testing.T) string {
	t.Helper()
	var names []string
	if err := w.db.Select(t.Context(), &names, `SELECT name FROM activities ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM activities`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// count returns a number that a query finds.
func (w *town) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := w.db.Get(t.Context(), &n, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

// postbox takes the jobs of the room and keeps its letters.
type postbox struct {
	mu      sync.Mutex
	letters []notify.Letter
}

// Enqueue implements outbox.Enqueuer.
func (b *postbox) Enqueue(_ context.Context, tx *sqldb.Tx, kind string, payload any, _ ...queue.Option) error {
	if kind != notify.JobLetter {
		return nil
	}
	encoded, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	var l notify.Letter
	if err := json.Unmarshal(encoded, &l); err != nil { //nolint:musttag // as the queue does it, with the names of the fields
		return err
	}
	tx.AfterCommit(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.letters = append(b.letters, l)
	})
	return nil
}

// EnqueueMany implements outbox.Enqueuer.
func (b *postbox) EnqueueMany(ctx context.Context, tx *sqldb.Tx, kind string, payloads ...any) error {
	for _, payload := range payloads {
		if err := b.Enqueue(ctx, tx, kind, payload); err != nil {
			return err
		}
	}
	return nil
}

// take returns the only letter in the box and removes it.
func (b *postbox) take(t *testing.T, kind, address string) notify.Letter {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.letters) != 1 || b.letters[0].Kind != kind || b.letters[0].Address != address {
		t.Fatalf("the box holds %+v, want one letter of kind %s to %s", b.letters, kind, address)
	}
	l := b.letters[0]
	b.letters = nil
	return l
}

// takeAll returns who got which of the letters in the box, and removes them.
func (b *postbox) takeAll() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, l := range b.letters {
		all = append(all, l.Kind+" "+l.Address)
	}
	b.letters = nil
	return strings.Join(all, ", ")
}

// isEmpty fails the test if a letter was sent.
func (b *postbox) isEmpty(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.letters) > 0 {
		t.Errorf("a letter was sent: %+v", b.letters)
	}
}

// link returns the path of a letter's first link.
func link(t *testing.T, l notify.Letter) string {
	t.Helper()
	if len(l.Actions) == 0 {
		t.Fatalf("the letter %+v has no link", l)
	}
	return strings.TrimPrefix(l.Actions[0].URL, "http://example.org")
}

// signUp fills in the page for signing up.
func (w *town) signUp(t *testing.T, v *webtest.Visitor, address, password string) {
	t.Helper()
	v.Get("/stadt/signup/")
	v.Submit("password1", map[string]string{
		"name": "Emil Efeu", "email": address, "password1": password, "password2": password, "captcha_0": captchatest.Solve(t, v.Page.Body),
	})
}

// viewer returns a person as a viewer.
func (w *town) viewer(t *testing.T, p community.Person) community.Viewer {
	t.Helper()
	v, err := w.people.Viewer(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// exec changes the database behind the room's back.
func (w *town) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	cast.Execute(t, w.db, query, args...)
}

// addAddress gives somebody a further address, whose mailbox they have proven or only claim.
func (w *town) addAddress(t *testing.T, p cast.Person, address string, proven bool) {
	t.Helper()
	var at clock.Time
	if proven {
		at = cast.Joined()
	}
	w.exec(t, `INSERT INTO email_addresses (person_id, address, address_key, main, verified_at) VALUES (?, ?, ?, ?, ?)`, p.ID, address, strings.ToLower(address), false, at)
}
