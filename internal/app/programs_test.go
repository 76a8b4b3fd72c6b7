package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// everyEvent asks a calendar for all that it holds, as a program does that sees it for the first time.
const everyEvent = `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/><C:calendar-data/></D:prop>` +
	`<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>`

// synchronise lets the calendar program of a person fetch all calendars, and compares what they hold with what the person
// finds in lists, neither more nor less.
func (w *world) synchronise(t *testing.T, p cast.Person) (seen int) {
	t.Helper()
	for name, holds := range map[string]func(e *announced) bool{
		"mine":                               func(e *announced) bool { return e.lists(p.ID) },
		"town":                               func(e *announced) bool { return *e.public },
		fmt.Sprintf("group-%d", w.Garten.ID): func(e *announced) bool { return e.in(w.Garten.EntityID, p.ID) },
		fmt.Sprintf("group-%d", w.Chor.ID):   func(e *announced) bool { return e.in(w.Chor.EntityID, p.ID) },
	} {
		path := fmt.Sprintf("/stadt/caldav/%d/%s/", p.ID, name)
		status, body := w.askAsProgram(t, p, "REPORT", path, everyEvent)
		if p.ID == 0 {
			if status != http.StatusUnauthorized {
				t.Errorf("nobody gets %d at %s", status, path)
			}
			continue
		}
		if w.archived[w.Garten.ID] && name == fmt.Sprintf("group-%d", w.Garten.ID) || w.archived[w.Chor.ID] && name == fmt.Sprintf("group-%d", w.Chor.ID) {
			if status != http.StatusGone {
				t.Errorf("“%s” gets %d at %s, of a group that is archived", p.Slug, status, path)
			}
			continue
		}
		if status != http.StatusMultiStatus {
			t.Errorf("“%s” gets %d at %s", p.Slug, status, path)
		}
		text := strings.ReplaceAll(strings.ReplaceAll(body, "&#xD;", ""), "&#xA; ", "")
		for _, m := range w.marks {
			shown := contains(text, m.word)
			if want := m.event != nil && holds(m.event); shown != want {
				t.Errorf("the program of “%s” reads %s in %s: %t, want %t", p.Slug, m.what, path, shown, want)
			}
			if shown {
				seen++
			}
		}
	}
	return seen
}

// in reports whether a person finds the event in the calendar of a group.
func (e *announced) in(groupID, person int64) bool {
	return e.entityID == groupID && e.lists(person) || e.shownBy == groupID && *e.public
}

// askAsProgram sends a request as the program of a person does, whose app password is made when it is needed first.
func (w *town) askAsProgram(t *testing.T, p cast.Person, method, path, body string) (status int, answer string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://example.org"+path, strings.NewReader(body))
	if p.ID != 0 {
		if w.programs[p.ID] == "" {
			secret, err := w.accounts.MakeAppPassword(t.Context(), p.Viewer, accounts.AppPasswordDraft{Name: "Programm", Scope: accounts.ScopeCalendars, Days: 365}, accounts.Proof{SignedIn: w.db.Now().Time})
			if err != nil {
				t.Fatal(err)
			}
			w.programs[p.ID] = secret
		}
		r.SetBasicAuth(p.Address, w.programs[p.ID])
	}
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}
