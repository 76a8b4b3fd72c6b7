package helping_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAListIsWrittenAndFilledOnThePageOfAnEvent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		_, path := w.announce(t, "Fest", true, "2099-05-08T17:00")
		bert, carla, nobody := w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID), w.visit(t, 0)
		for _, v := range []*webtest.Visitor{carla, nobody} {
			v.Get(path)
			v.Sees(http.StatusOK, "Fest")
			v.DoesNotSee("Can you help?")
		}
		bert.Get(path)
		bert.Sees(http.StatusOK, "Ask for help")
		bert.Get(regexp.MustCompile(`/stadt/content/\d+/help/edit/`).FindString(bert.Page.Body))
		bert.Submit("more", map[string]string{"more": "3 × set up, 16:00\n1 cake"})
		bert.Sees(http.StatusOK, "The list has been saved.", "set up, 16:00", "0 of 3", "cake", "0 of 1")
		if got := webtest.Activities(t, db); fmt.Sprint(got) != "[content.published garten by anna help.asked garten by bert]" {
			t.Errorf("%v", got)
		}

		bert.Submit("I’ll take this", map[string]string{"amount": "2"}) // the first form is that of setting up
		bert.Sees(http.StatusOK, "Thank you. You’ve taken “2 × set up, 16:00”.", "2 of 3", "Bert Birke (2)")
		if bert.Page.Path != path+"#help" && bert.Page.Path != path {
			t.Errorf("taking leads to %s", bert.Page.Path)
		}
		carla.Get(path)
		carla.Sees(http.StatusOK, "2 of 3", "I’ll take this")
		carla.DoesNotSee("Bert Birke", "Edit the list")
		carla.Submit("cake", nil)
		carla.Sees(http.StatusOK, "Thank you. You’ve taken “1 × cake”.", "1 of 1", "all taken", "You: 1")
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "2 of 3", "Sign in to help", "/stadt/login/?next=")
		nobody.DoesNotSee("I’ll take this", "Bert Birke", "Carla")

		bert.Get(path)
		bert.Sees(http.StatusOK, "Carla Clematis", "Give back", "Change")
		bert.Submit("Change", map[string]string{"amount": "3"})
		bert.Sees(http.StatusOK, "3 of 3", "Bert Birke (3)")
		bert.Submit("Give back", nil)
		bert.Sees(http.StatusOK, "You’ve given back “set up, 16:00”.", "0 of 3")
		if got := w.takings(t); got != "carla 1 cake" {
			t.Errorf("taken is %s", got)
		}
	})
}

func TestNobodyTakesMoreThanIsNeeded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, path := w.announce(t, "Fest", true, "2099-05-08T17:00")
		w.write(t, id, "3 Kuchen")
		need, date := w.needs(t, id)[0], w.dateOf(t, id, "")
		anna, carla := w.visit(t, w.Anna.ID), w.visit(t, w.Carla.ID)
		take(anna, id, need, date, 2)
		take(anna, id, need, date, 2) // a second click asks for nothing more
		take(carla, id, need, date, 2)
		carla.Sees(http.StatusOK, "You’ve taken “1 × Kuchen”. No more of it was needed.", "3 of 3")
		bert := w.visit(t, w.Bert.ID)
		take(bert, id, need, date, 1)
		bert.Sees(http.StatusOK, "Someone else was faster: “Kuchen” is already taken.")
		take(bert, id, need, date, -5)
		take(anna, id, need, date, 1_000_000)
		anna.Sees(http.StatusOK, "You’ve taken “2 × Kuchen”. No more of it was needed.")
		if got := w.takings(t); got != "anna 2 Kuchen, carla 1 Kuchen" {
			t.Errorf("taken is %s", got)
		}
		// Whoever writes the list cannot take away what somebody counts on.
		bert.Get(fmt.Sprintf("/stadt/content/%d/help/edit/", id))
		title, wanted := "title_"+strconv.FormatInt(need, 10), "wanted_"+strconv.FormatInt(need, 10)
		bert.Submit("more", map[string]string{wanted: "2"})
		bert.Sees(http.StatusUnprocessableEntity, "3 of these have been taken already.", `value="2"`)
		bert.Submit("more", map[string]string{wanted: "4", title: ""})
		bert.Sees(http.StatusUnprocessableEntity, "Someone has taken this.")
		bert.Submit("more", map[string]string{wanted: "viele", title: "Torten"})
		bert.Sees(http.StatusUnprocessableEntity, "Enter a number from 1 to 500.", `value="viele"`)
		bert.Submit("more", map[string]string{wanted: "4", title: "Torten", "more": "2 Salate\n"})
		bert.Sees(http.StatusOK, "Torten", "3 of 4", "Anna Ahorn (2), Carla Clematis", "Salate", "0 of 2")
		if got := w.needs(t, id); len(got) != 2 || got[0] != need {
			t.Errorf("the needs are %v", got)
		}
		for _, who := range []*webtest.Visitor{anna, carla} {
			take(who, id, need, date, 0)
		}
		bert.Get(fmt.Sprintf("/stadt/content/%d/help/edit/", id))
		bert.Submit("more", map[string]string{title: ""})
		bert.Sees(http.StatusOK, "The list has been saved.")
		bert.DoesNotSee("Torten")
		if path == "" || len(w.needs(t, id)) != 1 {
			t.Errorf("the needs are %v", w.needs(t, id))
		}
	})
}

// TestOfManyWhoTapAtOnceAsManyTakeAsAreNeeded lets everybody take the last ones at the same moment.
func TestOfManyWhoTapAtOnceAsManyTakeAsAreNeeded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		id, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
		w.write(t, id, "5 Kuchen")
		need, date := w.needs(t, id)[0], w.dateOf(t, id, "")
		const many = 12
		got := make(chan int, many)
		for n := range many {
			p := cast.AddPerson(t, db, fmt.Sprintf("helfer-%d", n))
			go func() {
				amount, _ := w.room.TakeSome(t.Context(), p.Viewer, need, date, 2)
				got <- amount
			}()
		}
		sum := 0
		for range many {
			sum += <-got
		}
		var stored int
		if err := db.Get(t.Context(), &stored, `SELECT COALESCE(SUM(amount), 0) FROM help_takings`); err != nil || stored != 5 || sum != 5 {
			t.Errorf("%d are taken, and people were told of %d: %v", stored, sum, err)
		}
	})
}

func TestWhatIsInternalIsForMembersAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	id, path := w.announce(t, "Kasse", false, "2099-05-08T17:00")
	w.write(t, id, "1 Geheimkuchen")
	need, date := w.needs(t, id)[0], w.dateOf(t, id, "")
	page := func(name string) string { return fmt.Sprintf("/stadt/content/%d/%s", id, name) }
	nobody, carla := w.visit(t, 0), w.visit(t, w.Carla.ID)
	for _, path := range []string{path, page("help/edit/"), page("help/list/"), page("help.csv")} {
		if nobody.Ask(http.MethodGet, path); nobody.Page.Status != http.StatusSeeOther {
			t.Errorf("nobody gets %d at %s", nobody.Page.Status, path)
		}
		carla.Get(path)
		carla.Sees(http.StatusForbidden)
		carla.DoesNotSee("Geheimkuchen")
	}
	take(carla, id, need, date, 1)
	carla.Sees(http.StatusForbidden)
	carla.Send(page("help/edit/"), url.Values{"more": {"Sekt"}}, true)
	carla.Sees(http.StatusForbidden)
	if got := w.takings(t); got != "" {
		t.Errorf("taken is %s", got)
	}
	// Who once commented from outside goes on reading, and may come and help, without seeing names.
	cast.AddContribution(t, w.db, cast.Contribution{ContentID: id, AuthorID: w.Carla.ID})
	carla.Get(path)
	carla.Sees(http.StatusOK, "Geheimkuchen", "0 of 1")
	take(carla, id, need, date, 1)
	carla.Sees(http.StatusOK, "Thank you.", "You: 1")
	carla.DoesNotSee("Carla Clematis (1)")
	carla.Send(page("help/edit/"), url.Values{"more": {"Sekt"}}, true)
	carla.Sees(http.StatusForbidden)
	public, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
	carla.Send(fmt.Sprintf("/stadt/content/%d/help/edit/", public), url.Values{"more": {"Sekt"}}, true)
	carla.Sees(http.StatusForbidden)
}

func TestWhatIsOverOrCancelledNeedsNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	over, overPath := w.announce(t, "Vorbei", true, "2020-05-08T17:00")
	off, offPath := w.announce(t, "Abgesagt", true, "2099-05-08T17:00")
	for _, id := range []int64{over, off} {
		w.write(t, id, "1 Kuchen")
	}
	cast.Execute(t, w.db, `UPDATE events SET cancelled = TRUE WHERE content_id = ?`, off)
	carla := w.visit(t, w.Carla.ID)
	for id, path := range map[int64]string{over: overPath, off: offPath} {
		carla.Get(path)
		carla.Sees(http.StatusOK, "0 of 1")
		carla.DoesNotSee("I’ll take this")
		take(carla, id, w.needs(t, id)[0], w.dateOf(t, id, ""), 1)
		carla.Sees(http.StatusOK, "This event is over or has been cancelled.")
	}
	// A date of one event is none of another.
	take(carla, off, w.needs(t, off)[0], w.dateOf(t, over, ""), 1)
	carla.Sees(http.StatusNotFound)
	take(carla, off, 999, w.dateOf(t, off, ""), 1)
	carla.Sees(http.StatusNotFound)
	if got := w.takings(t); got != "" {
		t.Errorf("taken is %s", got)
	}
	if got := webtest.Activities(t, w.db); got[len(got)-1] != "help.asked garten by bert" || len(got) != 3 {
		t.Errorf("somebody is asked for help with what is over: %v", got)
	}
}

func TestEachDateOfASeriesHasHelpersOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	id, path := w.announce(t, "Probe", true, "2099-05-08T19:00")
	second := w.addDate(t, id, "2099-05-15")
	w.write(t, id, "1 Kuchen")
	carla := w.visit(t, w.Carla.ID)
	carla.Get(path)
	carla.Sees(http.StatusOK, "For Fri 8 May 2099, 7 pm", "0 of 1")
	carla.Get(path + "?date=2099-05-15")
	carla.Sees(http.StatusOK, "For Fri 15 May 2099, 7 pm")
	carla.Submit("I’ll take this", nil)
	carla.Sees(http.StatusOK, "For Fri 15 May 2099, 7 pm", "1 of 1", "You: 1")
	carla.Get(path)
	carla.Sees(http.StatusOK, "For Fri 8 May 2099, 7 pm", "0 of 1")
	for _, day := range []string{"2099-05-09", "x"} {
		carla.Get(path + "?date=" + day)
		carla.Sees(http.StatusOK, "For Fri 8 May 2099, 7 pm")
	}
	bert := w.visit(t, w.Bert.ID)
	bert.Get(fmt.Sprintf("/stadt/content/%d/help/list/?date=2099-05-15", id))
	bert.Sees(http.StatusOK, "Fri 15 May 2099", "Carla Clematis", "1 of 1")
	cast.Execute(t, w.db, `UPDATE event_dates SET cancelled = TRUE WHERE id = ?`, second)
	carla.Get(path + "?date=2099-05-15")
	carla.DoesNotSee("Give back")
}

func TestASeriesThatIsSplitTakesItsHelpersAlong(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		from, path := w.announce(t, "Probe", true, "2099-05-08T19:00")
		second := w.addDate(t, from, "2099-05-15")
		w.write(t, from, "1 Kuchen\n2 Noten")
		first := w.dateOf(t, from, "2099-05-08")
		carla := w.visit(t, w.Carla.ID)
		for n, need := range w.needs(t, from) {
			take(carla, from, need, []int64{second, first}[n], 1)
		}
		to, toPath := w.announce(t, "Probe neu", true, "2099-05-22T19:00")
		cast.Execute(t, db, `UPDATE event_dates SET content_id = ? WHERE id = ?`, to, second)
		w.happens(t, community.Activity{Name: community.EventSplit, EntityID: w.Garten.EntityID, ContentID: from, DateID: second})
		bert := w.visit(t, w.Bert.ID)
		bert.Get(path)
		bert.Sees(http.StatusOK, "Kuchen", "0 of 1", "Noten", "1 of 2")
		bert.Get(toPath + "?date=2099-05-15")
		bert.Sees(http.StatusOK, "Kuchen", "1 of 1", "Noten", "0 of 2")
		if err := w.room.Add(t.Context(), w.Bert.Viewer, to, "3 Stühle"); err != nil {
			t.Error(err)
		}
		if got := webtest.Activities(t, db); got[len(got)-1] != "event.split garten" {
			t.Errorf("members are told once more: %v", got)
		}
	})
}

func TestOrganisersPrintAndDownloadTheList(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	id, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
	w.write(t, id, "2 Kuchen, „süß“\n1 =1+1")
	needs, date := w.needs(t, id), w.dateOf(t, id, "")
	take(w.visit(t, w.Carla.ID), id, needs[0], date, 1)
	bert := w.visit(t, w.Bert.ID)
	bert.Get(fmt.Sprintf("/stadt/content/%d/help.csv", id))
	golden.Equal(t, "list.csv", strings.TrimPrefix(bert.Page.Body, "\ufeff"))
	if got := bert.Page.Header.Get("Content-Type") + " " + bert.Page.Header.Get("Content-Disposition"); got != `text/csv; charset=utf-8 attachment; filename="fest.csv"` {
		t.Error(got)
	}
	bert.Get(fmt.Sprintf("/stadt/content/%d/help/list/", id))
	bert.Sees(http.StatusOK, "Who helps: Fest", "Carla Clematis", "1 of 2", "=1+1")
	for _, v := range []*webtest.Visitor{w.visit(t, w.Carla.ID), w.visit(t, 0)} {
		for _, page := range []string{"help.csv", "help/list/"} {
			v.Get(fmt.Sprintf("/stadt/content/%d/%s", id, page))
			v.DoesNotSee("Carla Clematis,")
		}
	}
}

func TestALinkInAMailTakesWithOneButton(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Join(t, db, w.Garten.ID, w.Dora.ID)
		id, _ := w.announce(t, "Kasse", false, "2099-05-08T17:00")
		w.write(t, id, "2 Kuchen")
		m, err := w.message(t, "en", w.Dora, "member")
		if err != nil {
			t.Fatal(err)
		}
		link := strings.TrimPrefix(m.Actions[0].URL, "http://example.org")
		nobody := w.visit(t, 0)
		nobody.Get(link)
		nobody.Sees(http.StatusOK, "Kuchen", "0 of 2", "Kasse", "Fri 8 May 2099")
		nobody.Submit("I’ll take this", nil)
		nobody.Sees(http.StatusOK, "Thank you. You’ve taken “1 × Kuchen”.", "1 of 2", "You’ve taken 1 of these.")
		if got := w.takings(t); got != "dora 1 Kuchen" {
			t.Errorf("taken is %s", got)
		}
		nobody.Submit("Give back", nil)
		nobody.Sees(http.StatusOK, "You’ve given back “Kuchen”.", "I’ll take this")
		for _, broken := range []string{
			strings.Replace(link, fmt.Sprintf("/%d/", w.Dora.ID), fmt.Sprintf("/%d/", w.Anna.ID), 1),
			regexp.MustCompile(`[a-z2-7]{26}`).ReplaceAllString(link, "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
		} {
			nobody.Get(broken)
			nobody.Sees(http.StatusNotFound)
			nobody.Send(broken, url.Values{"amount": {"1"}}, true)
			nobody.Sees(http.StatusNotFound)
		}
		cast.Execute(t, db, `DELETE FROM memberships WHERE person_id = ?`, w.Dora.ID)
		nobody.Get(link)
		nobody.DoesNotSee("Kuchen")
		nobody.Send(link, url.Values{"amount": {"1"}}, true)
		nobody.DoesNotSee("Kuchen")
		if got := w.takings(t); got != "" {
			t.Errorf("taken is %s", got)
		}
	})
}

func TestMembersAreAskedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		cast.Subscribe(t, db, w.Garten.EntityID, w.Carla.ID)
		id, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
		w.write(t, id, "3 × set up, 16:00\n5 cakes\n1 Musik")
		if told := fmt.Sprint(w.Notices.FanOut(t, db)); told != "[email anna email bert email carla inbox anna inbox carla]" {
			t.Errorf("told are %s", told)
		}
		take(w.visit(t, w.Carla.ID), id, w.needs(t, id)[2], w.dateOf(t, id, ""), 1)
		for _, language := range []string{"en", "de"} {
			m, err := w.message(t, language, w.Anna, "member")
			if err != nil {
				t.Fatal(err)
			}
			m.Thread.ID = "content.1.activity.2" // on each database
			golden.Equal(t, "asked."+language, mailtest.PrintMessage(m))
		}
		take(w.visit(t, w.Carla.ID), id, w.needs(t, id)[2], w.dateOf(t, id, ""), 0)
		w.write(t, id, "")
		w.write(t, id, "2 Salate")
		if got := webtest.Activities(t, db); len(got) != 2 {
			t.Errorf("%v", got)
		}
		w.write(t, id, "")
		if m, err := w.message(t, "en", w.Anna, "member"); err == nil {
			t.Errorf("Anna is told of an empty list: %+v", m)
		}
	})
}

// TestTwoWhoWriteAListAtOnceLoseNothing opens the form, and adds a line meanwhile.
func TestTwoWhoWriteAListAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	id, path := w.announce(t, "Fest", true, "2099-05-08T17:00")
	w.write(t, id, "1 Kuchen")
	bert := w.visit(t, w.Bert.ID)
	bert.Get(fmt.Sprintf("/stadt/content/%d/help/edit/", id))
	if err := w.room.Add(t.Context(), w.Anna.Viewer, id, "2 Salate"); err != nil {
		t.Fatal(err)
	}
	bert.Submit("more", map[string]string{"more": "3 Stühle"})
	bert.Sees(http.StatusOK, "Kuchen", "Salate", "Stühle")
	other, _ := w.announce(t, "Anderes", true, "2099-05-08T17:00")
	bert.Send(fmt.Sprintf("/stadt/content/%d/help/edit/", other), url.Values{fmt.Sprintf("title_%d", w.needs(t, id)[0]): {"Fremdes"}, "more": {"Eigenes"}}, true)
	bert.Sees(http.StatusOK, "Eigenes")
	bert.Get(path)
	bert.DoesNotSee("Fremdes", "Eigenes")
}

// TestWhoLeavesGivesBackWhatIsInternal leaves a group: what somebody has taken stays theirs as far as they go on reading.
func TestWhoLeavesGivesBackWhatIsInternal(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	internal, _ := w.announce(t, "Kasse", false, "2099-05-08T17:00")
	public, _ := w.announce(t, "Fest", true, "2099-05-08T17:00")
	commented, _ := w.announce(t, "Ernte", false, "2099-05-08T17:00")
	cast.AddContribution(t, w.db, cast.Contribution{ContentID: commented, AuthorID: w.Bert.ID})
	bert := w.visit(t, w.Bert.ID)
	for _, id := range []int64{internal, public, commented} {
		w.write(t, id, fmt.Sprintf("1 Ding %d", id))
		take(bert, id, w.needs(t, id)[0], w.dateOf(t, id, ""), 1)
	}
	cast.Execute(t, w.db, `DELETE FROM memberships WHERE person_id = ?`, w.Bert.ID)
	w.happens(t, community.Activity{Name: community.MembershipEnded, EntityID: w.Garten.EntityID, PersonID: w.Bert.ID, ActorID: w.Bert.ID})
	if got := w.takings(t); got != fmt.Sprintf("bert 1 Ding %d, bert 1 Ding %d", public, commented) {
		t.Errorf("taken is %s", got)
	}
	take(bert, commented, w.needs(t, commented)[0], w.dateOf(t, commented, ""), 0)
	bert.Sees(http.StatusOK, "You’ve given back")
}
