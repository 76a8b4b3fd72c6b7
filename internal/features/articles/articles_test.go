package articles_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the rooms around articles with their doors open.
type town struct {
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
}

func newTown(t *testing.T) *town {
	t.Helper()
	return newTownOn(t, dbtest.SQLite(t))
}

func newTownOn(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	c := cast.New(t, db)
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	words := texts.New(markdown.NewCache(1<<20), "http://example.org")
	comments := threads.New(threads.Deps{DB: db, Media: folder, Texts: words})
	notices := &mailtest.Notices{}
	contents := content.New(content.Deps{
		DB: db, Outbox: outbox.New(&mailtest.Tray{}), Entities: entities.New(nil), Threads: comments, Texts: words, Limiter: web.NewLimiter(db, nil), BaseURL: "http://example.org", Notices: notices,
	}, articles.Kind())
	notices.Open(t, db, contents.Module().Notices...)
	page := site.Route{Method: http.MethodGet, Path: "/{entity}", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "the page of " + v.Path("entity")}) }}
	routes := append(append(contents.Module().Routes, comments.Module().Routes...), page)
	return &town{Cast: c, db: db, handler: webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), routes)}
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

func TestAnArticleIsWrittenReadCommentedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert, nobody := w.visit(t, w.Anna.ID), w.visit(t, w.Bert.ID), w.visit(t, 0)

	anna.Get("/garten/articles/add/")
	anna.Sees(200, "Write an article")
	anna.Submit("Publish", map[string]string{"title": " ", "text": "kept"})
	anna.Sees(422, "Enter a title.", "kept")
	anna.Submit("Publish", map[string]string{"title": "Wer gießt?", "text": "**Zwei** Leute, @bert. <script>alert(1)</script>", "preview": "1"})
	anna.Sees(200, "Preview", "<strong>Zwei</strong>")
	anna.Submit("Publish", map[string]string{"title": "Wer gießt?"})
	anna.Sees(200, "Your article is published.", "<strong>Zwei</strong>", `href="/bert/"`, "No comments yet.", "Delete", "Edit")
	anna.DoesNotSee("<script>alert")
	if anna.Page.Path != "/garten/wer-giesst/" {
		t.Fatalf("the article stands at %s", anna.Page.Path)
	}

	nobody.Get("/garten/wer-giesst")
	nobody.Sees(200, "Wer gießt?", "Garten am Bach", "Sign in to comment")
	nobody.DoesNotSee("Anna Ahorn", "Edit", `name="text"`)
	nobody.Send("/garten/wer-giesst/", map[string][]string{"text": {"x"}}, false)
	if nobody.Page.Status != 303 {
		t.Errorf("nobody comments: %d", nobody.Page.Status)
	}
	nobody.Get("/stadt/articles")
	nobody.Sees(200, "Wer gießt?", "Zwei")

	bert.Get("/garten/wer-giesst/")
	bert.Sees(200, "Anna Ahorn", "Everyone can read your comment.")
	bert.Submit("Your comment", map[string]string{"text": "  "})
	bert.Sees(422, "Write something first.", "Wer gießt?")
	bert.Submit("Your comment", map[string]string{"text": "Ich, *gern*."})
	bert.Sees(200, "Your comment has been added.", "<em>gern</em>", `id="contribution-1"`)
	bert.Send("/garten/wer-giesst/", map[string][]string{"text": {"Ich, *gern*."}}, true)
	if n := strings.Count(bert.Page.Body, "<em>gern</em>"); n != 1 {
		t.Errorf("a second click made %d comments", n)
	}
	anna.Get("/garten/wer-giesst/?reply=1")
	anna.Sees(200, "Reply to Bert Birke")
	anna.Submit("Your comment", map[string]string{"text": "Danke"})
	anna.Sees(200, "Danke")
	var parent int64
	if err := w.db.Get(t.Context(), &parent, `SELECT in_reply_to_id FROM contributions WHERE text = 'Danke'`); err != nil || parent != 1 {
		t.Errorf("the answer answers %d: %v", parent, err)
	}

	bert.Get("/garten/wer-giesst/edit/")
	bert.Sees(200, "Edit “Wer gießt?”", "**Zwei** Leute")
	anna.Get("/garten/wer-giesst/edit/")
	bert.Submit("Save", map[string]string{"title": "Wer gießt noch?", "slug": "giessen", "text": "Drei"})
	bert.Sees(200, "The changes have been saved.", "Wer gießt noch?")
	anna.Get("/garten/wer-giesst/")
	anna.Sees(404)
	anna.Get("/garten/giessen/edit")
	anna.Submit("Save", map[string]string{"version": "1", "text": "Mine"})
	anna.Sees(409, "Someone else has changed this", "Mine")
	anna.Get("/stadt/content/1/")
	anna.Sees(200, "Drei")

	bert.Get("/garten/giessen/delete/")
	bert.Submit("Delete", nil)
	bert.Sees(200, "“Wer gießt noch?” has been deleted.", "the page of garten")
	for _, path := range []string{"/garten/giessen/", "/stadt/content/1/", "/garten/giessen/edit/"} {
		anna.Get(path)
		anna.Sees(404)
	}
	want := []string{"content.published garten by anna", "comment.posted garten by bert", "comment.posted garten by anna"}
	if got := webtest.Activities(t, w.db); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("activities %v", got)
	}
}

func TestInternalArticlesAreForMembers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/stadt/articles/add")
	anna.Submit("Publish", map[string]string{"title": "Streit", "text": "secret words"})
	anna.Sees(422, "Choose a group, or your own profile.")
	anna.Send("/stadt/articles/add/", map[string][]string{"title": {"Streit"}, "text": {"secret words"}, "group": {"garten"}, "as_gestalt": {"on"}}, true)
	anna.Sees(200, "internal", "secret words")
	if anna.Page.Path != "/garten/streit/" {
		t.Fatal(anna.Page.Path)
	}
	for _, c := range []struct {
		person int64
		status int
	}{{0, 303}, {w.Carla.ID, 403}, {w.Admin.ID, 403}, {w.Bert.ID, 200}} {
		v := w.visit(t, c.person)
		for _, path := range []string{"/garten/streit/", "/stadt/content/1/", "/garten/streit/edit/"} {
			p := v.Ask(http.MethodGet, path)
			if p.Status != c.status && (c.status != 200 || p.Status != 303) {
				t.Errorf("%d at %s: %d, want %d", c.person, path, p.Status, c.status)
			}
			if c.status != 200 && (strings.Contains(p.Body, "secret") || strings.Contains(p.Header.Get("Location"), "streit") && path == "/stadt/content/1/") {
				t.Errorf("%d at %s learns what is internal", c.person, path)
			}
		}
		if c.status != 200 {
			v.Get("/stadt/articles/")
			v.DoesNotSee("Streit", "secret")
			if p := v.Send("/garten/streit/", map[string][]string{"text": {"x"}}, false); p.Status != c.status {
				t.Errorf("%d comments: %d", c.person, p.Status)
			}
		}
	}
	anna.Send("/stadt/articles/add", map[string][]string{"title": {"Tagebuch"}, "text": {"x"}, "as_gestalt": {"on"}}, true)
	if anna.Page.Path != "/anna/tagebuch/" {
		t.Errorf("%s", anna.Page.Path)
	}
	bert := w.visit(t, w.Bert.ID)
	bert.Send("/stadt/articles/add", map[string][]string{"title": {"x"}, "text": {"x"}, "group": {"chor"}}, true)
	bert.Sees(422, "Choose a group")
}

func TestWhoMayWriteInWhoseName(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		person int64
		path   string
		want   int
	}{
		{0, "/garten/articles/add/", 303},
		{0, "/stadt/articles/add/", 303},
		{0, "/niemand/articles/add", 404},
		{w.Carla.ID, "/garten/articles/add/", 403},
		{w.Carla.ID, "/anna/articles/add/", 403},
		{w.Carla.ID, "/carla/articles/add/", 200},
		{w.Bert.ID, "/garten/articles/add/", 200},
		{w.Bert.ID, "/chor/articles/add/", 403},
		{w.Bert.ID, "/stadt/articles/add", 200},
	} {
		v := w.visit(t, c.person)
		if p := v.Ask(http.MethodGet, c.path); p.Status != c.want {
			t.Errorf("%d at %s: %d, want %d", c.person, c.path, p.Status, c.want)
		}
		if p := v.Send(c.path, map[string][]string{"title": {""}, "text": {""}}, false); p.Status != c.want && (c.want != 200 || p.Status != 422) {
			t.Errorf("%d posts to %s: %d, want %d", c.person, c.path, p.Status, c.want)
		}
	}
	for _, path := range []string{"/stadt/content/x/", "/stadt/content/99", "/garten/nichts/", "/garten/nichts/edit/", "/garten/nichts/delete"} {
		if p := w.visit(t, w.Anna.ID).Ask(http.MethodGet, path); p.Status != 404 {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

// TestTheFormSaysWhoWillReadIt asks as people stand, in all places where articles are written.
func TestTheFormSaysWhoWillReadIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec(t, `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, ?), (?, ?, ?)`,
		w.Garten.EntityID, w.Carla.ID, cast.Joined(), w.Garten.EntityID, w.Dora.ID, cast.Joined())
	const everybody, unchosen = "Everyone can read it, including search engines.", "Choose who to publish as"
	anna := w.visit(t, w.Anna.ID)
	for _, c := range []struct {
		path string
		says []string
	}{
		{"/garten/articles/add/", []string{
			everybody + " 3 people will be notified: 3 by email, 2 on the site.", "Only the 2 members of “Garten am Bach” can read it. 1 person will be notified.",
		}},
		{"/chor/articles/add/", []string{everybody + " Nobody will be notified.", "Only you can read it: “Chor der Vielen” has no other members. Nobody will be notified."}},
		{"/stadt/content/readers?group=chor", []string{everybody + " Nobody will be notified.", "Only you can read it: “Chor der Vielen” has no other members. Nobody will be notified."}},
		{"/anna/articles/add/", []string{everybody + " Nobody subscribes to your profile, so nobody will be notified.", "Only you can read it. Nobody subscribes to your profile, so nobody will be notified."}},
		{"/stadt/articles/add/", []string{unchosen, `data-readers="/stadt/content/readers"`}},
		{"/stadt/content/readers", []string{unchosen}},
		{"/stadt/content/readers?group=garten", []string{
			everybody + " 3 people will be notified: 3 by email, 2 on the site.", "Only the 2 members of “Garten am Bach” can read it. 1 person will be notified.",
		}},
		{"/stadt/content/readers?group=garten&as_gestalt=on", []string{everybody + " 3 people will be notified"}},
		{"/stadt/content/readers?as_gestalt=on", []string{"Nobody subscribes to your profile"}},
	} {
		anna.Get(c.path)
		anna.Sees(200, c.says...)
		if strings.Contains(c.path, "readers") {
			anna.DoesNotSee("<html", "<h1")
		}
	}
	anna.Get("/stadt/articles/add/")
	anna.Submit("Publish", map[string]string{"title": "Beet", "text": "Text", "group": "garten", "preview": "1"})
	anna.Sees(200, everybody+" 3 people will be notified: 3 by email, 2 on the site.")
	anna.DoesNotSee(unchosen)
	anna.Submit("Publish", map[string]string{"title": " ", "preview": ""})
	anna.Sees(422, everybody+" 3 people will be notified")
	anna.Submit("Publish", map[string]string{"title": "Beet", "preview": ""})
	anna.Get("/garten/beet/edit/")
	anna.Sees(200, everybody+" Nobody will be notified of the change.", "Only the 2 members of “Garten am Bach” can read it. Nobody will be notified of the change.")
	anna.DoesNotSee("People who have commented")
	carla := w.visit(t, w.Carla.ID)
	carla.Send("/garten/beet/", map[string][]string{"text": {"x"}}, true)
	anna.Get("/garten/beet/edit/")
	anna.Sees(200, "Nobody will be notified of the change. People who have commented can read it too, even if they’re not members.")

	for _, c := range []struct {
		person int64
		group  string
		want   int
	}{{w.Bert.ID, "chor", 403}, {w.Carla.ID, "garten", 403}, {w.Admin.ID, "garten", 403}, {w.Anna.ID, "niemand", 403}, {w.Anna.ID, "bert", 403}, {0, "garten", 401}} {
		p := w.visit(t, c.person).Ask(http.MethodGet, "/stadt/content/readers?group="+c.group)
		if p.Status != c.want || strings.Contains(p.Body, "told:") {
			t.Errorf("%d asks for %s: %d", c.person, c.group, p.Status)
		}
	}
}

// TestTheFormOfManySubscribersIsNotHeldUp leaves the number to a script, or to the preview.
func TestTheFormOfManySubscribersIsNotHeldUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for i := range 300 {
		cast.Subscribe(t, w.db, w.Garten.EntityID, cast.AddPerson(t, w.db, "many"+strconv.Itoa(i)).ID)
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/garten/articles/add/")
	anna.Sees(200, "Everyone who subscribes to “Garten am Bach” will be notified: the preview shows how many.",
		"Only the 2 members of “Garten am Bach” can read it. Those who subscribe to the group will be notified.",
		`data-count="/stadt/content/readers?group=garten"`)
	const counted = "Everyone can read it, including search engines." + " 1 person will be notified." // the others have proved no address
	anna.Submit("Publish", map[string]string{"title": "Beet", "text": "Text", "preview": "1"})
	anna.Sees(200, counted)
	anna.DoesNotSee("data-count")
	anna.Get("/stadt/content/readers?group=garten")
	anna.Sees(200, counted)
}

// TestACommentSaysHowManyAreTold asks as a script does when somebody begins to write.
func TestACommentSaysHowManyAreTold(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	for title, public := range map[string]string{"Beet": "on", "Kasse": ""} {
		anna.Get("/garten/articles/add/")
		anna.Submit("Publish", map[string]string{"title": title, "text": "Text", "public": public})
	}
	ask := regexp.MustCompile(`/stadt/content/\d+/readers`)
	for _, c := range []struct {
		path, page, exact string
	}{
		{"/garten/beet/", "Everyone can read your comment. Everyone who subscribes to “Garten am Bach” will be notified.", "Everyone can read your comment. 1 person will be notified."},
		{"/garten/kasse/", "Members of “Garten am Bach” can read your comment, and so can anyone else who has commented here.", "so can anyone else who has commented here. 1 person will be notified."},
	} {
		anna.Get(c.path)
		anna.Sees(200, c.page)
		address := ask.FindString(anna.Page.Body)
		anna.Get(address)
		anna.Sees(200, c.exact)
		anna.DoesNotSee("<")
		if c.path == "/garten/beet/" {
			if got := w.visit(t, w.Carla.ID).Ask(http.MethodGet, address); strings.Contains(got.Body, "1 person") {
				t.Errorf("an outsider learns how many are told: %s", got.Body)
			}
		}
		for person, want := range map[int64]int{0: 401, w.Bert.ID: 200, w.Carla.ID: map[bool]int{true: 200, false: 403}[c.path == "/garten/beet/"]} {
			if got := w.visit(t, person).Ask(http.MethodGet, address); got.Status != want {
				t.Errorf("%d asks who reads a comment on %s: %d, want %d", person, c.path, got.Status, want)
			}
		}
	}
	anna.Get("/stadt/content/99/readers")
	anna.Sees(404)
}

func (w *town) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
