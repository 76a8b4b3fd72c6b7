package bymail_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town has a request that begins a subscription to an open group, and one that ends it.
type town struct {
	*cast.Cast
	db             *sqldb.DB
	tray           *mailtest.Tray
	begins, ends   *bymail.Flow
	handler        http.Handler
	begun, stopped []int64 // the people for whom a link did what it stands for
}

const (
	beginForm = "/stadt/groups/21/begin/"
	endForm   = "/stadt/groups/21/end/"
)

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	w := &town{Cast: cast.New(t, db), db: db, tray: &mailtest.Tray{}}
	b := bymail.New(bymail.Deps{
		DB: db, Groups: groups.New(groups.Deps{DB: db, Outbox: outbox.New(w.tray), Entities: entities.New(nil)}), People: cast.People{},
		Letters: notify.NewLetters(w.tray), Limiter: web.NewLimiter(db, nil), Catalogues: catalogues, BaseURL: "http://example.org",
	})
	request := func(kind string, people *[]int64) bymail.Request {
		return bymail.Request{
			Kind: kind, Path: "/stadt/" + kind + "/confirm/", Ends: kind == "end",
			Account: func(w bymail.Wish) string { return "/with-account/" + w.Group.Slug + "/" },
			May: func(g community.Group) error {
				if g.Closed {
					return errs.New(errs.Denied, "This group is closed.")
				}
				return nil
			},
			Has: func(ctx context.Context, q sqldb.Querier, g community.Group, personID int64) (has bool, err error) {
				err = q.Get(ctx, &has, `SELECT EXISTS (SELECT 1 FROM subscriptions WHERE entity_id = ? AND person_id = ?)`, g.EntityID, personID)
				return has, err
			},
			Do: func(_ context.Context, tx *sqldb.Tx, _ bymail.Wish, personID int64) (bool, error) {
				tx.AfterCommit(func() { *people = append(*people, personID) })
				return true, nil
			},
			Answer: func(v *site.Visit, g community.Group, changed bool) error {
				v.Flash(parts.Done, fmt.Sprintf("Changed %v.", changed))
				return v.Redirect(g.Entity().Path())
			},
			Sent: "Sent.",
			Words: func(_ *lang.Printer, g community.Group, address string) bymail.Words {
				return bymail.Words{
					Title: kind, Form: bymail.Form{Lead: "Which address?", Button: "Send"},
					Letter:   bymail.Letter{Kind: kind, Subject: "Please confirm", Intro: "About " + g.Name, Button: kind},
					Nothing:  notify.Letter{Kind: "nothing to " + kind, Subject: "Nothing to do"},
					Question: parts.Confirmation{Question: "For " + address + "?", Button: kind},
				}
			},
		}
	}
	w.begins, w.ends = b.Flow(request("begin", &w.begun)), b.Flow(request("end", &w.stopped))
	routes := []site.Route{{Method: http.MethodGet, Path: "/{group}", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "the group"}) }}}
	for kind, f := range map[string]*bymail.Flow{"begin": w.begins, "end": w.ends} {
		routes = append(routes,
			site.Route{Method: http.MethodGet, Path: "/stadt/groups/{id}/" + kind, Handle: f.ShowForm},
			site.Route{Method: http.MethodPost, Path: "/stadt/groups/{id}/" + kind, Handle: f.PostLetter},
			site.Route{Method: http.MethodGet, Path: "/stadt/" + kind + "/confirm/{secret}", Handle: f.AskToConfirm},
			site.Route{Method: http.MethodPost, Path: "/stadt/" + kind + "/confirm/{secret}", Handle: f.Confirm})
	}
	w.handler = webtest.Start(t, webtest.NewSite(t, db, webtest.People(w.Viewers())), routes)
	return w
}

// link returns the link of the only letter that a form sends to an address.
func (w *town) link(t *testing.T, form, address string) string {
	t.Helper()
	v := webtest.Visit(t, w.handler)
	v.Send(form, url.Values{"email": {address}}, true)
	v.Sees(200, "Sent.", "the group")
	return mailtest.Link(t, w.tray.TakeOne(t), "/confirm/")
}

// change changes people as another room would.
func (w *town) change(t *testing.T, query string, args ...any) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALinkActsOnceAndOnlyWhenItIsConfirmed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		link := w.link(t, beginForm, " Neu@Example.org ")
		v := webtest.Visit(t, w.handler)
		v.Get(link)
		v.Sees(200, "For Neu@Example.org?")
		if len(w.begun) > 0 {
			t.Error("looking at the link is enough")
		}
		v.Get(strings.Replace(link, "begin", "end", 1))
		v.Sees(404)
		v.Get(link)
		v.Submit("begin", nil)
		v.Sees(200, "Changed true.")
		v.Send(link, url.Values{}, false)
		v.Sees(404, "This link has already been used or has expired.")
		neu, err := cast.People{}.FindByAddress(t.Context(), db, "neu@example.org")
		if err != nil || len(w.begun) != 1 || w.begun[0] != neu.ID {
			t.Errorf("begun for %v, want %d, %v", w.begun, neu.ID, err)
		}
	})
}

func TestNobodyLearnsWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for form, kinds := range map[string][]string{beginForm: {"nothing to begin", "begin", "begin", "begin"}, endForm: {"end", "nothing to end", "nothing to end", "nothing to end"}} {
		var pages []string
		for i, address := range []string{w.Anna.Address, w.Carla.Address, w.Dora.Address, "niemand@example.org"} {
			v := webtest.Visit(t, w.handler)
			v.Send(form, url.Values{"email": {address}}, true)
			v.Sees(200)
			if pages = append(pages, v.Page.Body); pages[i] != pages[0] {
				t.Errorf("%s answers differently:\n%s\n%s", form, pages[0], pages[i])
			}
			if l := w.tray.TakeOne(t); l.Kind != kinds[i] || l.Address != address {
				t.Errorf("%s sends %+v, want %s", form, l, kinds[i])
			}
		}
	}
}

func TestLettersAreInTheLanguageOfTheirReader(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.change(t, `UPDATE people SET language = 'de' WHERE id = ?`, w.Anna.ID)
	for _, c := range []struct{ address, language, name string }{{w.Anna.Address, "de", "Anna Ahorn"}, {w.Bert.Address, "en", "Bert Birke"}} {
		if err := w.ends.Send(t.Context(), bymail.Wish{Group: w.Garten}, c.address, "en"); err != nil {
			t.Fatal(err)
		}
		if l := w.tray.TakeOne(t); l.Language != c.language || l.Name != c.name {
			t.Errorf("letter %+v", l)
		}
	}
	if err := w.begins.Send(t.Context(), bymail.Wish{Group: w.Garten}, "neu@example.org", "de"); err != nil {
		t.Fatal(err)
	}
	if l := w.tray.TakeOne(t); l.Language != "de" || l.Name != "" || !strings.HasPrefix(l.Note, "Der Link gilt drei Tage und nur einmal.") {
		t.Errorf("letter %+v", l)
	}
}

func TestAClosedAccountBeginsNothingButMayEnd(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	begin, end := w.link(t, beginForm, w.Carla.Address), w.link(t, endForm, w.Bert.Address)
	w.change(t, `UPDATE people SET active = ? WHERE id IN (?)`, false, []int64{w.Bert.ID, w.Carla.ID})
	v := webtest.Visit(t, w.handler)
	v.Send(begin, url.Values{}, false)
	v.Sees(409, "The account with this address has been closed.")
	v.Get(begin)
	v.Sees(200) // what failed has not used the link up
	v.Send(end, url.Values{}, true)
	v.Sees(200, "Changed true.")
	if len(w.begun) != 0 || len(w.stopped) != 1 || w.stopped[0] != w.Bert.ID {
		t.Errorf("begun for %v, ended for %v", w.begun, w.stopped)
	}
}

func TestWhoMayAskForALetter(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for _, c := range []struct {
		person int64
		path   string
		status int
		goes   string
	}{
		{0, beginForm, 200, ""},
		{0, "/stadt/groups/22/begin/", 303, "/stadt/login/"}, // closed
		{w.Anna.ID, beginForm, 303, "/with-account/garten/"},
		{w.Anna.ID, "/stadt/groups/22/begin/", 303, "/with-account/chor/"},
		{0, "/stadt/groups/99/begin/", 404, ""},
		{0, "/stadt/groups/x/begin/", 404, ""},
	} {
		v := webtest.VisitAs(t, w.handler, c.person)
		if p := v.Ask(http.MethodGet, c.path); p.Status != c.status || !strings.HasPrefix(p.Header.Get("Location"), c.goes) {
			t.Errorf("%d at %s: %d %s, want %d %s", c.person, c.path, p.Status, p.Header.Get("Location"), c.status, c.goes)
		}
		if c.status == 200 {
			continue
		}
		if p := v.Send(c.path, url.Values{"email": {"neu@example.org"}}, false); p.Status != c.status || !strings.HasPrefix(p.Header.Get("Location"), c.goes) {
			t.Errorf("%d posts to %s: %d %s, want %d %s", c.person, c.path, p.Status, p.Header.Get("Location"), c.status, c.goes)
		}
	}
	if letters := w.tray.Take(); len(letters) > 0 {
		t.Errorf("letters %+v", letters)
	}
}

func TestAddressesMustBeAddresses(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	v := webtest.Visit(t, w.handler)
	for _, address := range []string{"", "anna", "anna@", "a\r\nBcc: b@example.org", strings.Repeat("a", 260) + "@example.org"} {
		v.Send(beginForm, url.Values{"email": {address}}, false)
		v.Sees(422, `id="wrong-email"`)
	}
	if letters := w.tray.Take(); len(letters) > 0 {
		t.Errorf("letters %+v", letters)
	}
}

func TestNoMailboxIsFlooded(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	v := webtest.Visit(t, w.handler)
	for range 5 {
		v.Send(beginForm, url.Values{"email": {"opfer@example.org"}}, false)
		v.Sees(303)
	}
	v.Send(endForm, url.Values{"email": {"OPFER@example.org"}}, false)
	v.Sees(429, "Too many attempts.", "OPFER@example.org")
	for n := range 14 { // 6 have been counted by the network
		v.Send(beginForm, url.Values{"email": {fmt.Sprintf("opfer%d@example.org", n)}}, false)
		v.Sees(303)
	}
	v.Send(beginForm, url.Values{"email": {"opfer99@example.org"}}, false)
	v.Sees(429, "Too many attempts.")
	if letters := w.tray.Take(); len(letters) != 19 {
		t.Errorf("%d letters", len(letters))
	}
}
