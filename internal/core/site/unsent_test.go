package site_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// letters is a site with a form at /letter, which sends at once, one at /bare, which shows nothing again, and a button at
// /button, which writes without looking at what was sent.
type letters struct {
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
	sent    []string
}

func newLetters(t *testing.T, db *sqldb.DB) *letters {
	t.Helper()
	l := &letters{Cast: cast.New(t, db), db: db}
	type letter struct {
		Text     string `form:"text"`
		Password string `form:"password" text:"raw"`
	}
	page := func(v *site.Visit, err error, in letter) error {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
			return site.Page{Title: "Letter", Body: parts.TextArea(parts.Input{Name: "text", Label: "Text", Value: in.Text, Errors: e})}, nil
		})
	}
	show := func(v *site.Visit) error { return page(v, nil, letter{}) }
	get, post := http.MethodGet, http.MethodPost
	l.handler = webtest.Start(t, webtest.NewSite(t, db, webtest.People(l.Viewers())), []site.Route{
		{Method: get, Path: "/stadt/login/", Query: []string{"next"}, Handle: func(v *site.Visit) error {
			note, err := v.UnsentNote(v.Next())
			if err != nil {
				return err
			}
			return v.Show(site.Page{Title: "Sign in", Body: parts.Text(note)})
		}},
		{Method: get, Path: "/stadt/letter/", Handle: show, SignedIn: true, Query: []string{"to"}},
		{Method: post, Path: "/stadt/letter/", SignedIn: true, Query: []string{"to"}, BodyLimit: 8 << 20, Handle: func(v *site.Visit) error {
			var in letter
			if err := v.Bind(&in); err != nil {
				return page(v, err, in)
			}
			l.sent = append(l.sent, in.Text)
			return v.Redirect("/stadt/letter/?to=" + url.QueryEscape(v.Query("to")))
		}},
		{Method: get, Path: "/stadt/bare/", Handle: show, SignedIn: true},
		{Method: post, Path: "/stadt/bare/", SignedIn: true, Handle: func(v *site.Visit) error { return v.Bind(&letter{}) }},
		{Method: get, Path: "/stadt/button/", Handle: show, SignedIn: true},
		{Method: post, Path: "/stadt/button/", SignedIn: true, Handle: func(v *site.Visit) error {
			err := db.Write(v.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(v.Context(), `UPDATE entities SET name = 'changed'`)
				return err
			})
			if err != nil {
				return err
			}
			return v.Redirect("/")
		}},
	})
	return l
}

// loses lets somebody's session end and sends what they wrote.
func (l *letters) loses(t *testing.T, p cast.Person, path, text string) *webtest.Visitor {
	t.Helper()
	v := webtest.VisitAs(t, l.handler, p.ID)
	l.endSessions(t)
	v.Send(path, url.Values{"text": {text}}, true)
	v.Sees(http.StatusOK, "Your text is kept for a day")
	return v
}

func (l *letters) endSessions(t *testing.T) {
	t.Helper()
	err := l.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM sessions`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const notSent = "nothing has been sent yet"

func TestWhatCouldNotBeSentWaitsUntilItIs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLetters(t, db)
		anna := l.loses(t, l.Anna, "/stadt/letter/?to=bert", "Lieber Bert, 🌻\n\nlang ist es her.")
		anna.As(l.Anna.ID)
		anna.Get("/stadt/letter/?to=carla")
		anna.DoesNotSee(notSent)
		for range 2 { // until it is sent, however often the page is loaded
			anna.Get("/stadt/letter?to=bert&utm=mail")
			anna.Sees(http.StatusOK, notSent, "Lieber Bert, 🌻\n\nlang ist es her.</textarea>")
		}
		if len(l.sent) > 0 {
			t.Fatalf("%q was sent by looking at it", l.sent)
		}
		anna.Send("/stadt/letter/?to=bert", url.Values{"text": {"Lieber Bert, kurz."}}, true)
		anna.Sees(http.StatusOK, "Letter")
		anna.DoesNotSee(notSent, "Lieber Bert")
		if len(l.sent) != 1 || l.sent[0] != "Lieber Bert, kurz." {
			t.Errorf("sent %q", l.sent)
		}
	})
}

func TestWhatCouldNotBeSentIsForItsWriterAlone(t *testing.T) {
	t.Parallel()
	l := newLetters(t, dbtest.SQLite(t))
	browser := l.loses(t, l.Anna, "/stadt/letter/", "Nur von Anna.")
	browser.As(l.Bert.ID)
	browser.Get("/stadt/letter/")
	browser.DoesNotSee(notSent, "Nur von Anna.")
	browser.Send("/stadt/letter/", url.Values{"text": {"Von Bert."}}, true) // and it does not go with his
	browser.As(l.Anna.ID)
	browser.Get("/stadt/letter/")
	browser.Sees(http.StatusOK, "Nur von Anna.")
	elsewhere := webtest.VisitAs(t, l.handler, l.Anna.ID)
	elsewhere.Get("/stadt/letter/")
	elsewhere.DoesNotSee(notSent, "Nur von Anna.")
	browser.Submit("Discard", nil)
	browser.Sees(http.StatusOK, "has been discarded")
	browser.DoesNotSee(notSent, "Nur von Anna.")
	browser.Get("/stadt/letter/")
	browser.DoesNotSee(notSent)
}

func TestFilesAndPasswordsAreNotKept(t *testing.T) {
	t.Parallel()
	l := newLetters(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, l.handler, l.Anna.ID)
	l.endSessions(t)
	photo := webtest.File{Field: "picture", Name: "ich.jpg", Content: []byte(strings.Repeat("a picture ", 300_000))}
	anna.Upload("/stadt/letter/", url.Values{"text": {"Mit Bild."}, "password": {"very secret"}}, photo)
	anna.Sees(http.StatusOK, "Your text is kept for a day", "Files and passwords are not kept.")
	var form string
	if err := l.db.Get(t.Context(), &form, `SELECT form FROM unsent_forms`); err != nil || strings.Contains(form, "secret") || strings.Contains(form, "a picture") {
		t.Errorf("kept %s, %v", form, err)
	}
	anna.As(l.Anna.ID)
	anna.Get("/stadt/letter/")
	anna.Sees(http.StatusOK, "Mit Bild.</textarea>", "Files and passwords are not kept.")
	l.endSessions(t)
	anna.Send("/stadt/letter/", url.Values{"text": {strings.Repeat("zu lang ", 200_000)}}, true)
	anna.Sees(http.StatusOK, "could not be kept")
}

func TestNothingHappensWhenAFormIsOnlyShown(t *testing.T) {
	t.Parallel()
	l := newLetters(t, dbtest.SQLite(t))
	for _, path := range []string{"/stadt/bare/", "/stadt/button/"} {
		anna := l.loses(t, l.Anna, path, "Was ich schrieb, steht hier.")
		anna.As(l.Anna.ID)
		anna.Get(path)
		anna.Sees(http.StatusOK, notSent, "Was ich schrieb, steht hier.</textarea>", "<title>Letter")
	}
	var changed int
	if err := l.db.Get(t.Context(), &changed, `SELECT COUNT(*) FROM entities WHERE name = 'changed'`); err != nil || changed != 0 {
		t.Errorf("%d entities were changed, %v", changed, err)
	}
}

func TestStrangersCannotFillTheHouseWithForms(t *testing.T) {
	t.Parallel()
	l := newLetters(t, dbtest.SQLite(t))
	for range 12 {
		webtest.Visit(t, l.handler).Send("/stadt/letter/", url.Values{"text": {"Mehr und mehr."}}, false)
	}
	stranger := webtest.Visit(t, l.handler)
	stranger.Send("/stadt/letter/", url.Values{"text": {"Mehr und mehr."}}, true)
	stranger.Sees(http.StatusOK, "could not be kept")
	var kept int
	if err := l.db.Get(t.Context(), &kept, `SELECT COUNT(*) FROM unsent_forms`); err != nil || kept != 10 {
		t.Errorf("%d forms are kept, %v", kept, err)
	}
}
