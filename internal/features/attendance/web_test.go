package attendance_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// attendees is the address at which people answer to an event.
func (e event) attendees() string { return fmt.Sprintf("/stadt/content/%d/events/attendees/", e.ID) }

// choose sends the form on the page of an event with one of its buttons.
func choose(v *webtest.Visitor, e event, answer string, fields url.Values) {
	v.Get(e.path)
	form := v.Form("guests")
	form.Set("answer", answer)
	maps.Copy(form, fields)
	v.Send(e.attendees(), form, true)
}

func TestOneTapAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(3))
		bert, carla, nobody := w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
		choose(carla, e, "yes", url.Values{"guests": {"1"}})
		carla.Sees(http.StatusOK, "Great, you’re on the list.", "You’re coming with 1 guest.", "2 people are coming", "1 of 3 places left")
		carla.DoesNotSee("List to print", "Show everyone")
		choose(bert, e, "maybe", nil)
		bert.Sees(http.StatusOK, "Your answer has been saved.", "You might come.", "Carla Clematis", "yes, with 1 guest", "Bert Birke", "List to print")
		choose(bert, e, "yes", url.Values{"guests": {"1"}})
		bert.Sees(http.StatusOK, "You’re on the waiting list", "You’re number 1 on the waiting list.", "2 on the waiting list")
		nobody.Get(e.path)
		nobody.Sees(http.StatusOK, "2 people are coming", "I’m coming", "1 of 3 places left")
		nobody.DoesNotSee("Carla", "Bert Birke", "List to print")
		choose(carla, e, "no", nil)
		carla.Sees(http.StatusOK, "Your answer has been saved.", "You’re not coming.", "2 people are coming")
		carla.DoesNotSee("waiting list.")
		w.expect(t, e, "carla no", "bert yes+1")
	})
}

func TestWhoIsAskedAndWhoIsNot(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	internal, silent := w.announce(t, "Kasse", false, nil), w.announce(t, "Still", true, url.Values{"answers": {"none"}})
	over := w.announce(t, "Vorbei", true, url.Values{"time": {"2020-05-08T17:00"}, "until_time": {"2020-05-08T21:00"}})
	anna, carla, nobody := w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
	anna.Get(silent.path)
	anna.DoesNotSee("Who’s coming")
	anna.Get(over.path)
	anna.DoesNotSee("Who’s coming")
	cast.Execute(t, w.db, `INSERT INTO attendances (content_id, date_id, person_id, answer, queued_at, answered_at) VALUES (?, ?, ?, 'yes', 1, 1)`, over.ID, over.DateID, w.Bert.ID)
	anna.Get(over.path)
	anna.Sees(http.StatusOK, "Who’s coming", "1 person had said yes", "Bert Birke")
	anna.DoesNotSee("I’m coming")
	cast.Execute(t, w.db, `DELETE FROM attendances`)
	for _, c := range []struct {
		v      *webtest.Visitor
		method string
		path   string
		status int
	}{
		{carla, "GET", internal.attendees(), 403},
		{carla, "POST", internal.attendees(), 403},
		{carla, "DELETE", internal.attendees(), 403},
		{carla, "GET", internal.attendees() + "list/", 403},
		{carla, "GET", internal.attendees() + "list.csv", 403},
		{carla, "GET", over.attendees() + "list/", 403},
		{carla, "GET", over.attendees() + "list.csv", 403},
		{nobody, "GET", internal.attendees(), 303},
		{nobody, "POST", internal.attendees(), 303},
		{nobody, "GET", internal.attendees() + "request/", 303},
		{nobody, "POST", internal.attendees() + "request/", 303},
		{nobody, "POST", over.attendees(), 303},
		{nobody, "DELETE", over.attendees(), 303},
		{nobody, "GET", over.attendees() + "list/", 303},
		{nobody, "GET", over.attendees() + "list.csv", 303},
		{nobody, "GET", over.attendees() + "request/", 409},
		{nobody, "POST", over.attendees() + "request/", 409},
		{carla, "POST", over.attendees(), 409},
		{carla, "GET", "/stadt/content/99/events/attendees", 404},
		{carla, "POST", "/stadt/content/99/events/attendees", 404},
		{carla, "GET", "/stadt/content/x/events/attendees", 404},
		{nobody, "GET", "/stadt/attendance/1/abc/", 404},
		{nobody, "POST", "/stadt/attendance/1/abc/", 404},
		{nobody, "POST", "/stadt/attendance/1/abc/withdraw/", 404},
		{nobody, "GET", "/stadt/attendance/confirm/abc/", 404},
		{nobody, "POST", "/stadt/attendance/confirm/abc/", 404},
	} {
		var p webtest.Page
		if c.method == "POST" {
			p = c.v.Send(c.path, url.Values{}, false)
		} else {
			p = c.v.Ask(c.method, c.path)
		}
		if p.Status != c.status || c.status == 303 && !strings.HasPrefix(p.Header.Get("Location"), "/stadt/login/") {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, p.Status, p.Header.Get("Location"), c.status)
		}
	}
	w.expect(t, internal)
	w.expect(t, over)
}

// TestScriptsOfExistingSitesGoOn uses the address of grouprise 5.5 as its pages and scripts did.
func TestScriptsOfExistingSitesGoOn(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	e := w.announce(t, "Fest", true, nil)
	carla := w.visit(t, w.Carla.ID)
	carla.Send(e.attendees(), url.Values{"redirect_url": {"/garten/"}}, false)
	if to := carla.Page.Header.Get("Location"); to != "/garten/" {
		t.Errorf("leads to %s", to)
	}
	w.expect(t, e, "carla yes")
	carla.Send(strings.TrimSuffix(e.attendees(), "/"), url.Values{"other_gestalt": {fmt.Sprint(w.Carla.ID)}}, false)
	w.expect(t, e, "carla yes")
	carla.Send(e.attendees(), url.Values{"redirect_url": {"https://evil.example/"}}, false)
	if to := carla.Page.Header.Get("Location"); to != "/" {
		t.Errorf("leads to %s", to)
	}
	carla.Get(e.attendees()) // took the answer back
	carla.Sees(http.StatusOK, "I can’t come", "Fest")
	w.expect(t, e, "carla yes")
	for _, other := range []string{fmt.Sprint(w.Bert.ID), "bert", "999", "x"} {
		if p := carla.Send(e.attendees(), url.Values{"other_gestalt": {other}}, false); p.Status != http.StatusForbidden {
			t.Errorf("answers for %s: %d", other, p.Status)
		}
	}
	if p := carla.Ask(http.MethodDelete, e.attendees()+"?redirect_url=%2Fchor%2F"); p.Header.Get("Location") != "/chor/" {
		t.Errorf("deleting answers %d %s", p.Status, p.Header.Get("Location"))
	}
	w.expect(t, e)
	carla.Ask(http.MethodDelete, e.attendees()) // twice does no harm
	carla.Sees(http.StatusSeeOther)
}

func TestMembersAnswerForEachOtherWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t), true)
	e := w.announce(t, "Fest", true, nil)
	anna, carla := w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID)
	choose(anna, e, "yes", url.Values{"other_gestalt": {fmt.Sprint(w.Bert.ID)}})
	anna.Sees(http.StatusOK, "Answer for", "Bert Birke")
	w.expect(t, e, "bert yes")
	if p := anna.Send(e.attendees(), url.Values{"other_gestalt": {fmt.Sprint(w.Carla.ID)}}, false); p.Status != http.StatusForbidden {
		t.Errorf("answers for somebody outside: %d", p.Status)
	}
	if p := carla.Send(e.attendees(), url.Values{"other_gestalt": {fmt.Sprint(w.Bert.ID)}, "answer": {"no"}}, false); p.Status != http.StatusForbidden {
		t.Errorf("somebody outside answers: %d", p.Status)
	}
	anna.Ask(http.MethodDelete, e.attendees()+"?other_gestalt="+fmt.Sprint(w.Bert.ID))
	w.expect(t, e)
}

// TestAStrangerComesByMail is the whole way: the limit is reached, somebody withdraws, and the first who waits is told.
func TestAStrangerComesByMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		e := w.announce(t, "Fest", true, capacity(2))
		w.mustAnswer(t, given(e, w.Bert, 0))
		nobody := w.visit(t, 0)
		nobody.Get(e.path)
		nobody.Sees(http.StatusOK, "I’m coming")
		nobody.Get(e.attendees())
		nobody.Sees(http.StatusOK, "delete it 30 days after the event", "Only “Garten am Bach” sees it.", "/stadt/login/?next=")
		nobody.Submit("email", map[string]string{"email": "neu@example.com", "name": " ", "guests": "10"})
		nobody.Sees(http.StatusUnprocessableEntity, "Enter your name.", "You can bring up to 9 guests.")
		nobody.Submit("email", map[string]string{"email": "neu@example.com", "name": "Neu", "guests": "0"})
		nobody.Sees(http.StatusOK, "We’ve sent you an email.")
		w.expect(t, e, "bert yes")
		link := mailtest.Link(t, w.Tray.TakeOne(t), "/stadt/attendance/confirm/")
		nobody.Get(link) // programs that scan mails follow links
		nobody.Sees(http.StatusOK, "neu@example.com is coming.")
		w.expect(t, e, "bert yes")
		nobody.Submit("I’m coming", nil)
		nobody.Sees(http.StatusOK, "Your answer has been saved.", "You’re coming.")
		w.expect(t, e, "bert yes", "Neu yes")
		kept := w.Tray.TakeOne(t)
		nobody.Send(link, url.Values{}, false)
		nobody.Sees(http.StatusNotFound)
		people := 0
		if err := w.db.Get(t.Context(), &people, `SELECT COUNT(*) FROM email_addresses WHERE address_key = 'neu@example.com'`); err != nil || people != 0 {
			t.Errorf("an account came of it: %d, %v", people, err)
		}

		w.mustAnswer(t, byMail(e, "Mira", 0))
		w.mustAnswer(t, given(e, w.Carla, 0))
		w.expect(t, e, "bert yes", "Neu yes", "Mira yes waiting", "carla yes waiting")
		own := mailtest.Link(t, kept, "/stadt/attendance/")
		neu := w.visit(t, 0)
		neu.Get(own)
		neu.Sees(http.StatusOK, "You’re coming.", "Delete my answer")
		neu.Send(own+"withdraw/", url.Values{}, false)
		neu.Sees(http.StatusOK, "Your answer has been deleted")
		w.expect(t, e, "bert yes", "Mira yes", "carla yes waiting")
		if l := w.Tray.TakeOne(t); l.Address != "mira@example.com" || l.Subject != "You have a place: Fest" {
			t.Errorf("told is %+v", l)
		}
		neu.Get(own)
		neu.Sees(http.StatusNotFound)
	})
}

func TestAStrangerChangesAnAnswerByTheLink(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	e := w.announce(t, "Fest", true, capacity(2))
	w.mustAnswer(t, byMail(e, "Neu", 0))
	strangers, err := w.StrangersComingAt(t.Context(), w.db, []int64{e.DateID})
	if err != nil || len(strangers) != 1 {
		t.Fatal(strangers, err)
	}
	own := strings.TrimPrefix(strangers[0].URL, "http://example.org")
	v := w.visit(t, 0)
	v.Send(own, url.Values{"answer": {"yes"}, "guests": {"2"}}, false)
	v.Sees(http.StatusUnprocessableEntity, "There are only 2 places.")
	v.Send(own, url.Values{"answer": {"yes"}, "guests": {"1"}}, true)
	v.Sees(http.StatusOK, "Your answer has been saved.", "You’re coming with 1 guest.")
	v.Send(own, url.Values{"answer": {"maybe"}, "guests": {"0"}}, true)
	w.expect(t, e, "Neu maybe")
	v.Get(own[:len(own)-2] + "/")
	v.Sees(http.StatusNotFound)

	cast.Execute(t, w.db, `UPDATE contents SET public = FALSE WHERE id = ?`, e.ID)
	v.Get(own)
	v.Sees(http.StatusOK, "This event isn’t public any more.", "Delete my answer")
	v.DoesNotSee("Fest", "Am Bach")
	v.Send(own, url.Values{"answer": {"yes"}}, false)
	v.Sees(http.StatusNotFound)
	v.DoesNotSee("Fest")
	v.Send(own+"withdraw/", url.Values{}, false)
	v.Sees(http.StatusOK, "deleted")
	w.expect(t, e)
}

func TestNoMailboxIsFloodedWithLinks(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	e := w.announce(t, "Fest", true, nil)
	v := w.visit(t, 0)
	for range 5 {
		v.Send(e.attendees()+"request/", url.Values{"email": {"opfer@example.com"}, "name": {"Neu"}}, false)
		v.Sees(http.StatusSeeOther)
	}
	v.Send(e.attendees()+"request/", url.Values{"email": {"OPFER@example.com"}, "name": {"Neu"}}, false)
	v.Sees(http.StatusTooManyRequests)
	if n := len(w.Tray.Take()); n != 5 {
		t.Errorf("%d letters", n)
	}
}

func TestOrganisersHaveAList(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	e := w.announce(t, "Fest", true, capacity(3))
	w.mustAnswer(t, given(e, w.Carla, 1))
	evil := byMail(e, "Neu", 0)
	evil.Name = `=HYPERLINK("https://evil.example")`
	w.mustAnswer(t, evil)
	w.mustAnswer(t, given(e, w.Bert, 0))
	anna := w.visit(t, w.Anna.ID)
	anna.Get(e.attendees() + "list/")
	anna.Sees(http.StatusOK, "Carla Clematis", "waiting list", "3 people are coming", "Fri 8 May 2099")
	anna.DoesNotSee("@example.com")
	anna.Ask(http.MethodGet, e.attendees()+"list.csv")
	anna.Sees(http.StatusOK)
	if kind := anna.Page.Header.Get("Content-Disposition"); kind != `attachment; filename="fest.csv"` {
		t.Errorf("the table is %s", kind)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(anna.Page.Body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatal(rows, err)
	}
	for n, want := range []string{"Name|Answer|Guests", "Carla Clematis|yes|1", "'=HYPERLINK(\"https://evil.example\")|yes|0", "Bert Birke|waiting list|0"} {
		if got := strings.Join(rows[n][:3], "|"); got != want {
			t.Errorf("row %d is %s, want %s", n, got, want)
		}
	}
}

func TestADateOfASeriesIsAnsweredOnItsPage(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	e := w.announce(t, "Probe", true, nil)
	w.makeSeries(t, e, "dates")
	bert := w.visit(t, w.Bert.ID)
	bert.Get(e.path + "?date=2099-05-15")
	form := bert.Form("guests")
	if form.Get("date") != "2099-05-15" {
		t.Fatalf("the form is about %q", form.Get("date"))
	}
	form.Set("answer", "yes")
	bert.Send(e.attendees(), form, true)
	bert.Sees(http.StatusOK, "You’re coming.")
	if !strings.HasPrefix(bert.Page.Path, e.path+"?date=2099-05-15") {
		t.Errorf("leads to %s", bert.Page.Path)
	}
	bert.Get(e.path)
	bert.DoesNotSee("You’re coming.")
	second := e
	second.DateID = w.dateOf(t, e, 1)
	if got := fmt.Sprint(w.coming(t, second.DateID)); got != "[bert]" {
		t.Errorf("come: %s", got)
	}
}

// TestLettersAboutAnswers looks at what people without an account get.
func TestLettersAboutAnswers(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de"} {
		for name, act := range map[string]func(w *town, e event){
			"confirm": func(w *town, e event) { w.request(t, e, "Neu", language) },
			"kept":    func(w *town, e event) { w.confirm(t, e, "Neu", language) },
			"waiting": func(w *town, e event) {
				w.mustAnswer(t, given(e, w.Bert, 0))
				w.confirm(t, e, "Neu", language)
			},
			"advanced": func(w *town, e event) {
				w.mustAnswer(t, given(e, w.Bert, 0))
				w.comes(t, e, language)
				cast.Execute(t, w.db, `DELETE FROM attendances WHERE person_id = ?`, w.Bert.ID)
				w.happens(t, community.EventResized, e)
			},
			"moved": func(w *town, e event) {
				w.comes(t, e, language)
				w.happens(t, community.EventMoved, e)
			},
			"cancelled": func(w *town, e event) {
				w.comes(t, e, language)
				cast.Execute(t, w.db, `UPDATE events SET cancelled = TRUE WHERE content_id = ?`, e.ID)
				w.happens(t, community.EventCancelled, e)
			},
			"reinstated": func(w *town, e event) {
				w.comes(t, e, language)
				w.happens(t, community.EventReinstated, e)
			},
		} {
			w := newTown(t, dbtest.SQLite(t))
			act(w, w.announce(t, "Fest", true, capacity(1)))
			golden.Equal(t, "letter-"+name+"."+language, mailtest.Print(w.Tray.TakeOne(t)))
		}
	}
}

// comes lets somebody come by mail who speaks a language.
func (w *town) comes(t *testing.T, e event, language string) {
	t.Helper()
	g := byMail(e, "Neu", 0)
	g.Language = language
	w.mustAnswer(t, g)
}

// request asks for the link of somebody without an account, who speaks a language, and returns it without taking the letter.
func (w *town) request(t *testing.T, e event, name, language string) *webtest.Visitor {
	t.Helper()
	v := w.visit(t, 0)
	v.Header = http.Header{"Accept-Language": {language}}
	v.Send(e.attendees()+"request/", url.Values{"email": {strings.ToLower(name) + "@example.com"}, "name": {name}}, false)
	v.Sees(http.StatusSeeOther)
	return v
}

// confirm lets somebody without an account come by the link in a mail.
func (w *town) confirm(t *testing.T, e event, name, language string) {
	t.Helper()
	v := w.request(t, e, name, language)
	v.Send(mailtest.Link(t, w.Tray.TakeOne(t), "/stadt/attendance/confirm/"), url.Values{}, false)
	v.Sees(http.StatusSeeOther)
}

// TestNoticesAboutAnswers looks at what people with an account get.
func TestNoticesAboutAnswers(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	catalogues := localetest.Catalogues(t)
	e := w.announce(t, "Fest", true, nil)
	w.makeSeries(t, e, "dates")
	for _, n := range w.told {
		if !strings.HasPrefix(string(n.Activity), "attendance.") {
			continue
		}
		for _, language := range []string{"en", "de"} {
			activity := community.Activity{ID: 7, Name: n.Activity, EntityID: w.Garten.EntityID, ContentID: e.ID, DateID: w.dateOf(t, e, 1), OccurredAt: w.db.Now()}
			to := notify.Recipient{PersonID: w.Carla.ID, EntityID: w.Carla.EntityID, Active: true, Reason: notify.Attendee}
			m, err := n.Compose(t.Context(), w.db, catalogues.Printer(language, w.berlin), activity, to)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, string(n.Activity)+"."+language, mailtest.PrintMessage(m))
			cast.Execute(t, w.db, `UPDATE contents SET public = FALSE WHERE id = ?`, e.ID)
			if _, err := n.Compose(t.Context(), w.db, catalogues.Printer(language, w.berlin), activity, to); !errs.Is(err, errs.Denied) {
				t.Errorf("%s of what is internal goes to Carla: %v", n.Activity, err)
			}
			cast.Execute(t, w.db, `UPDATE contents SET public = TRUE WHERE id = ?`, e.ID)
		}
	}
}
