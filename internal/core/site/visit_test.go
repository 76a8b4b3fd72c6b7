package site_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// say answers with plain text.
func say(v *site.Visit, text string) error {
	_, err := v.W.Write([]byte(text))
	return err
}

func TestSiteIsBackInAMomentWhenTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People{c.Anna.ID: c.Anna.Viewer}), []site.Route{
		{Method: "GET", Path: "/", Handle: func(v *site.Visit) error { return say(v, "hello") }},
	})
	anna, nobody := webtest.Visit(t, handler).As(c.Anna.ID), webtest.Visit(t, handler)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	anna.Get("/")
	anna.Sees(503, "Back in a moment", "</html>")
	if anna.Page.Header.Get("Retry-After") == "" || anna.Page.Header.Get("Set-Cookie") != "" {
		t.Errorf("headers %v", anna.Page.Header)
	}
	nobody.Get("/")
	nobody.Sees(200, "hello")
	// Signing in has to write the session.
	nobody.Send(webtest.SignInPath, url.Values{"person": {"1"}}, false)
	nobody.Sees(503, "Back in a moment")
}

func TestWhoMayNoLongerSignInIsSignedOut(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	people := webtest.People{c.Anna.ID: c.Anna.Viewer}
	handler := webtest.Start(t, webtest.NewSite(t, db, people), []site.Route{
		{Method: "GET", Path: "/", Handle: func(v *site.Visit) error { return say(v, "hello "+v.Viewer.Name) }},
	})
	v := webtest.Visit(t, handler).As(c.Anna.ID)
	v.Get("/")
	v.Sees(200, "hello "+c.Anna.Name)
	delete(people, c.Anna.ID)
	v.Get("/")
	v.DoesNotSee(c.Anna.Name)
	var sessions int
	if err := db.Get(t.Context(), &sessions, `SELECT COUNT(*) FROM sessions`); err != nil || sessions != 0 {
		t.Errorf("%d sessions are left, %v", sessions, err)
	}
}

func TestFormsAreShownAgainWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	var fail error
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: "POST", Path: "/stadt/articles/add/", Handle: func(v *site.Visit) error {
			var in struct {
				Title string `form:"title" label:"Title" text:"line" validate:"required"`
				Text  string `form:"text"`
			}
			err := v.Bind(&in)
			if err == nil {
				err = fail
			}
			return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
				return site.Page{Title: "New article", Body: templ.Join(
					parts.Form(parts.FormSpec{Errors: e}),
					parts.Field(parts.Input{Name: "title", Label: "Title", Value: in.Title, Errors: e, Hint: "Short"}),
					parts.TextArea(parts.Input{Name: "text", Label: "Text", Value: in.Text, Errors: e}),
				)}, nil
			})
		}},
	})
	v := webtest.Visit(t, handler)
	v.Send("/stadt/articles/add/", url.Values{"text": {"\nlong work <b>"}}, false)
	v.Sees(422, "<title>Error: New article", " autofocus", `href="#field-title"`, `aria-invalid="true"`, `aria-describedby="hint-title wrong-title"`, "Please fill in “Title”.", "long work &lt;b&gt;")
	for _, test := range []struct {
		fail   error
		status int
		sees   string
	}{
		{errs.New(errs.Conflict, "Somebody was faster."), 409, "Somebody was faster."},
		{errs.New(errs.TooMany, "Slowly, please.").After(time.Minute), 429, "Slowly, please."},
		{errs.Check(errs.Field("text", "There is nothing at this address.")), 422, `id="wrong-text"`},
		{errs.New(errs.Internal, "secret"), 500, "not yours"},
		{errs.New(errs.NotFound, ""), 404, "Check the address for typos"},
	} {
		fail = test.fail
		v.Send("/stadt/articles/add/", url.Values{"title": {"kept"}}, false)
		v.Sees(test.status, test.sees)
		v.DoesNotSee("secret")
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	read := func(v *site.Visit) error {
		var in struct {
			Text string `form:"text"`
		}
		if err := v.Bind(&in); err != nil {
			return err
		}
		return say(v, "taken")
	}
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: "POST", Path: "/stadt/small/", Handle: read},
		{Method: "POST", Path: "/stadt/large/", Handle: read, BodyLimit: 4 << 20},
	})
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for _, test := range []struct {
		path    string
		bytes   int
		chunked bool
		want    int
	}{
		{"/stadt/small/", 1000, false, 200},
		{"/stadt/small/", 2 << 20, false, 413},
		{"/stadt/small/", 2 << 20, true, 413},
		{"/stadt/large/", 2 << 20, false, 200},
		{"/stadt/large/", 20 << 20, false, 413},
	} {
		body := bytes.NewReader([]byte("text=" + strings.Repeat("a", test.bytes)))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+test.path, body)
		if err != nil {
			t.Fatal(err)
		}
		if test.chunked {
			r.ContentLength = -1
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Errorf("%s with %d bytes: %v", test.path, test.bytes, err)
			continue
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != test.want {
			t.Errorf("%s with %d bytes answered %d, want %d", test.path, test.bytes, answer.StatusCode, test.want)
		}
	}
}

func TestFilesAreTakenUpToTheirLimit(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: "POST", Path: "/stadt/files/", BodyLimit: 64 << 20, Handle: func(v *site.Visit) error {
			var in struct {
				Title string                  `form:"title"`
				Files []*multipart.FileHeader `form:"files"`
			}
			err := v.Bind(&in)
			if err == nil {
				return say(v, fmt.Sprintf("%s: %d", in.Title, len(in.Files)))
			}
			return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
				return site.Page{Title: "Files", Body: parts.FileField(parts.Input{Name: "files", Label: "Files", Errors: e})}, nil
			})
		}},
	})
	v := webtest.Visit(t, handler)
	small := webtest.File{Field: "files", Name: "a.txt", Content: []byte("a")}
	v.Upload("/stadt/files/", url.Values{"title": {"two"}}, small, small)
	v.Sees(200, "two: 2")
	v.Upload("/stadt/files/", nil, small, webtest.File{Field: "files", Name: "big.bin", Content: make([]byte, 11<<20)})
	v.Sees(422, "“big.bin” is too large. A file can have at most 10 MB.")
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*")); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

func TestRoutesThatConflictAreNamed(t *testing.T) {
	t.Parallel()
	s := webtest.NewSite(t, dbtest.SQLite(t), webtest.People{})
	handle := func(*site.Visit) error { return nil }
	for _, paths := range [][2]string{{"/{entity}/{slug}/", "/{group}/{item}"}, {"/{entity}/{slug}/edit", "/{entity}/events/{name}"}} {
		_, err := s.Handler(site.Contributions{Routes: []site.Route{{Method: "GET", Path: paths[0], Handle: handle}, {Method: "GET", Path: paths[1], Handle: handle}}})
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(paths[0], "/")) || !strings.Contains(err.Error(), paths[1]) {
			t.Errorf("%v: %v", paths, err)
		}
	}
	_, err := s.Handler(site.Contributions{Routes: []site.Route{
		{Method: "GET", Path: "/{entity}/{slug}/edit/", Handle: handle},
		{Method: "GET", Path: "/stadt/groups/{id}/", Handle: handle},
		{Method: "GET", Path: "/-/files/{name}", Handle: handle},
	}})
	if err != nil {
		t.Errorf("routes of different first segments: %v", err)
	}
}

func TestLimitOfARoute(t *testing.T) {
	t.Parallel()
	limit := web.Limit{Name: "test", Count: 2, Per: time.Hour}
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: "GET", Path: "/stadt/often/", Handle: func(v *site.Visit) error { return say(v, "hello") }, Limit: &limit},
	})
	v := webtest.Visit(t, handler)
	for _, want := range []int{200, 200, 429} {
		v.Get("/stadt/often/")
		v.Sees(want, "")
	}
	if v.Page.Header.Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
}

func TestNextStaysOnTheSite(t *testing.T) {
	t.Parallel()
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Path: "/stadt/next/", Query: []string{"next"}, Handle: func(v *site.Visit) error { return say(v, "next="+v.Next()) }},
		{Method: "GET", Path: "/stadt/away/", Handle: func(v *site.Visit) error { return v.Redirect("https://evil.example/") }},
	})
	v := webtest.Visit(t, handler)
	for next, want := range map[string]string{"/garten/?a=b": "/garten/?a=b", "http://example.org/x/": "/x/", "https://evil.example/": "", "//evil.example/": "", "/\\evil.example": ""} {
		v.Get("/stadt/next/?next=" + url.QueryEscape(next))
		if v.Page.Body != "next="+want {
			t.Errorf("%q leads to %q", next, v.Page.Body)
		}
		v.Send("/stadt/next/", url.Values{"next": {next}}, false)
		if v.Page.Body != "next="+want {
			t.Errorf("%q in a form leads to %q", next, v.Page.Body)
		}
	}
	v.Get("/stadt/away/")
	v.Sees(500, "not yours")
}

func TestIDsAndPagesThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), []site.Route{
		{Method: "GET", Path: "/stadt/content/{id}/", Query: []string{"before", "after"}, Handle: func(v *site.Visit) error {
			if _, err := v.ID("id"); err != nil {
				return err
			}
			if before := v.Before(); before != (paging.Cursor{}) {
				return say(v, "before "+before.String())
			}
			return say(v, "after "+v.After().String())
		}},
	})
	cursor := paging.Cursor{At: clock.Date(2026, 3, 12, 9, 0), ID: 7}
	v := webtest.Visit(t, handler)
	for path, want := range map[string]string{
		"/stadt/content/1/": "after 0-0", "/stadt/content/1?after=5-3": "after 5-3", "/stadt/content/1/?after=5-0": "after 0-0", "/stadt/content/1/?after=5--4": "after 0-0",
		"/stadt/content/1/?after=x": "after 0-0", "/stadt/content/1/?after=99999999999999999999-1": "after 0-0",
		"/stadt/content/1/?before=" + cursor.String(): "before " + cursor.String(), "/stadt/content/1/?before=x-1": "after 0-0", "/stadt/content/1/?before=": "after 0-0",
		"/stadt/content/0/": "", "/stadt/content/-1/": "", "/stadt/content/x/": "", "/stadt/content/99999999999999999999/": "", "/stadt/content/%00/": "",
	} {
		v.Get(path)
		switch {
		case want == "":
			v.Sees(404, "Not found")
		case v.Page.Body != want:
			t.Errorf("%s shows %q, want %q", path, v.Page.Body, want)
		}
	}
}

func TestErrorPagesSpeakGerman(t *testing.T) {
	t.Parallel()
	handler, _ := house(t)
	v := webtest.Visit(t, handler)
	v.Get("/")
	v.Submit("language", map[string]string{"language": "de"})
	for path, want := range map[string]string{
		"/stadt/nowhere/": "Nicht gefunden", "/stadt/broken/": "Etwas ist schiefgegangen", "/stadt/away/": "Gleich wieder da", "/stadt/often/": "Zu viele Versuche",
	} {
		v.Get(path)
		v.Sees(v.Page.Status, want, `<html lang="de">`)
	}
}

func TestReadinessNamesNothing(t *testing.T) {
	t.Parallel()
	v := webtest.Visit(t, webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), nil))
	for path, want := range map[string]string{"/stadt/healthz": "alive\n", "/stadt/healthz/": "alive\n", "/stadt/readyz": "ready\n"} {
		v.Get(path)
		if v.Page.Body != want {
			t.Errorf("%s: %q", path, v.Page.Body)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{ // of a person, of a group
		"Anna Lindner":        {"AL", "AL"},
		"Die Gärten am Kanal": {"DGAK", "GK"},
		"der, die & das":      {"DDD", "D"},
		"ökotopia":            {"Ö", "Ö"},
		"Verein zur Förderung freier Radwege eV": {"VZFF", "VZFF"},
		"-": {"-", "-"},
		"":  {"?", "?"},
	} {
		person, group := community.Entity{Kind: community.PersonEntity, Name: name}, community.Entity{Kind: community.GroupEntity, Name: name}
		if got := [2]string{parts.Initials(person), parts.Initials(group)}; got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAvatarsAreLegibleWhateverTheColour(t *testing.T) {
	t.Parallel()
	for _, colour := range []string{"", "#ffffff", "#ffff00", "red", "#12345g", `#000" onload="x`, "#2f6b3c"} {
		var b bytes.Buffer
		if err := parts.Avatar(community.Entity{ID: -5, Name: "Anna", Colour: colour}, "").Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if kept := strings.Contains(b.String(), `fill="`+colour+`"`); kept != (colour == "#2f6b3c") {
			t.Errorf("%q: %s", colour, b.String())
		}
	}
}
