package polls_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// dates is a poll about two dates, of which the second comes first.
func dates() url.Values {
	return url.Values{"poll_type": {"event"}, "option_time": {"2099-05-02T19:00", "2099-05-01T19:00"}, "option_until": {"", "2099-05-01T21:00"}}
}

// attendees returns who comes to the last event: "anna yes, carla no".
func (w *town) attendees(t *testing.T) string {
	t.Helper()
	var all []string
	err := w.db.Select(t.Context(), &all, `
		SELECT CONCAT(e.slug, ' ', a.answer) FROM attendances a JOIN people p ON p.id = a.person_id JOIN entities e ON e.id = p.entity_id`)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

var makes = regexp.MustCompile(`href="(/garten/events/add/\?from_item=[^"]+)"`)

func TestADateThatIsFoundBecomesAnEvent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *town) {
		a := w.ask(t, "Gartentag", true, dates())
		anna := w.vote(t, w.Anna, a, "yes", "no")
		w.vote(t, w.Bert, a, "maybe", "yes")
		w.vote(t, w.Carla, a, "no", "yes")
		w.guest(t, a, "Gustav", "yes", "yes")
		w.visitsNoForm(t, w.Carla, a)
		anna.Get(a.Path)
		anna.Sees(200, "Fri 1 May 2099, 7–9 pm", "Sat 2 May 2099, 7 pm", "Make it an event")
		links := makes.FindAllStringSubmatch(anna.Page.Body, -1)
		if len(links) != 2 {
			t.Fatalf("links: %v", links)
		}
		// The first bar is the date that suits most: 2 yes, 1 maybe.
		path := ""
		for _, l := range links {
			if strings.Contains(l[1], fmt.Sprintf("from_part=%d", a.Options[0])) {
				path = strings.ReplaceAll(l[1], "&amp;", "&")
			}
		}
		anna.Get(path)
		anna.Sees(200, "Gartentag", "Text of Gartentag")
		form := anna.Form("title")
		for name, want := range map[string]string{"time": "2099-05-01T19:00", "until_time": "2099-05-01T21:00", "public": "on"} {
			if form.Get(name) != want {
				t.Errorf("%s is %q", name, form.Get(name))
			}
		}
		anna.Send("/garten/events/add/", with(form, url.Values{"place": {"Am Bach"}}), true)
		anna.Sees(200, "Your event is in the calendar.", "2099")
		if got := w.attendees(t); got != "anna yes, bert maybe, carla no" {
			t.Errorf("attendees are %s", got)
		}
		anna.Get(a.Path)
		anna.Sees(200, "It became an event: Gartentag")
	})
}

// visitsNoForm fails the test if somebody who may not publish for the group gets the form of an event of a poll.
func (w *town) visitsNoForm(t *testing.T, p cast.Person, a asked) {
	t.Helper()
	v := w.visit(t, p.ID)
	v.Get(a.Path)
	v.DoesNotSee("Make it an event")
	for _, path := range []string{
		fmt.Sprintf("/garten/events/add/?from_item=%d&from_part=%d", a.ID, a.Options[0]), fmt.Sprintf("/stadt/events/add/?from_item=%d&from_part=%d", a.ID, a.Options[0]),
	} {
		if got := v.Ask(http.MethodGet, path); got.Status != http.StatusForbidden {
			t.Errorf("%s answers %d", path, got.Status)
		}
	}
	own := url.Values{"title": {"x"}, "text": {"y"}, "place": {"z"}, "time": {"2099-05-01T19:00"}, "as_gestalt": {"on"}, "from_item": {fmt.Sprint(a.ID)}, "from_part": {fmt.Sprint(a.Options[0])}}
	if got := v.Send("/stadt/events/add/", own, false); got.Status != http.StatusForbidden {
		t.Errorf("an event of a poll of others is published: %d", got.Status)
	}
}

func TestWhatIsHiddenOrSecretIsNotCarriedIntoAnEvent(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Klausur", false, with(dates(), url.Values{"secret": {"on"}, "ends": {"2099-01-01T10:00"}}))
	w.vote(t, w.Anna, a, "yes", "no")
	anna := w.visit(t, w.Anna.ID)
	path := fmt.Sprintf("/garten/events/add/?from_item=%d&from_part=%d", a.ID, a.Options[0])
	if got := anna.Ask(http.MethodGet, path); got.Status != http.StatusConflict {
		t.Errorf("before the end: %d", got.Status)
	}
	w.end(t, a)
	anna.Get(path)
	anna.Send("/garten/events/add/", with(anna.Form("title"), url.Values{"place": {"Am Bach"}}), true)
	anna.Sees(200, "Your event is in the calendar.")
	if got := w.attendees(t); got != "" {
		t.Errorf("attendees are %s", got)
	}
	for _, wrong := range []string{"0", "x", "999"} {
		if got := anna.Ask(http.MethodGet, fmt.Sprintf("/garten/events/add/?from_item=%d&from_part=%s", a.ID, wrong)); got.Status != http.StatusNotFound {
			t.Errorf("the option %s answers %d", wrong, got.Status)
		}
	}
	text := w.ask(t, "Essen", true, choices("Reis"))
	if got := anna.Ask(http.MethodGet, fmt.Sprintf("/garten/events/add/?from_item=%d&from_part=%d", text.ID, text.Options[0])); got.Status != http.StatusNotFound {
		t.Errorf("an option that is no date answers %d", got.Status)
	}
}

func TestAtAnInternalEventOnlyMembersAreTakenAlong(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	a := w.ask(t, "Plenum", true, dates())
	w.vote(t, w.Bert, a, "yes", "no")
	w.vote(t, w.Carla, a, "yes", "no")
	anna := w.visit(t, w.Anna.ID)
	anna.Get(fmt.Sprintf("/garten/events/add/?from_item=%d&from_part=%d", a.ID, a.Options[0]))
	form := anna.Form("title")
	form.Del("public")
	anna.Send("/garten/events/add/", with(form, url.Values{"place": {"Am Bach"}, "capacity": {"1"}}), true)
	if got := w.attendees(t); got != "bert yes" {
		t.Errorf("attendees are %s", got)
	}
}
