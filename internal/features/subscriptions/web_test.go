package subscriptions_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the house with its doors open.
type town struct {
	*house
	handler http.Handler
}

func newTown(t *testing.T) *town {
	t.Helper()
	db := dbtest.SQLite(t)
	h := newHouse(t, db)
	page := site.Route{Method: http.MethodGet, Path: "/{group}/", Handle: func(v *site.Visit) error {
		return v.Show(site.Page{Title: "the page of " + v.Path("group")})
	}}
	routes := append(h.Module().Routes, page)
	return &town{house: h, handler: webtest.Start(t, webtest.NewSite(t, db, webtest.People(h.Viewers())), routes)}
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

func TestSubscribingAndUnsubscribingOnTheWeb(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	carla := w.visit(t, w.Carla.ID)
	carla.Get("/chor/actions/subscribe")
	carla.Sees(200, "Do you want to subscribe to the group “Chor der Vielen”?")
	carla.Submit("Subscribe", nil)
	carla.Sees(200, "You now subscribe to “Chor der Vielen”.", "the page of chor")
	carla.Send("/chor/actions/subscribe", url.Values{}, true)
	carla.Sees(200, "You already subscribe to this group.")
	carla.Get("/chor/actions/subscribe/")
	carla.Sees(200, "You already subscribe to this group.")
	carla.Get("/stadt/groups/22/unsubscribe/request/") // the old link in the foot of mails
	if carla.Page.Path != "/stadt/groups/22/unsubscribe/" {
		t.Errorf("the old link leads to %s", carla.Page.Path)
	}
	carla.Submit("Unsubscribe", nil)
	carla.Sees(200, "You no longer subscribe to “Chor der Vielen”.")
	carla.Send("/stadt/groups/22/unsubscribe/", url.Values{}, true)
	carla.Sees(200, "You don’t subscribe to this group.")
	carla.Get("/stadt/groups/22/unsubscribe/")
	carla.Sees(200, "You don’t subscribe to this group.")
	w.expect(t, "subscription.created chor carla by carla", "subscription.ended chor carla by carla")
}

func TestUnknownThingsAreNotThere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, path := range []string{
		"/nirgends/actions/subscribe", "/anna/actions/subscribe", "/stadt/groups/99/unsubscribe/", "/stadt/groups/99/unsubscribe/request/",
		"/stadt/groups/x/unsubscribe/", "/stadt/subscribe/confirm/abc/", "/stadt/unsubscribe/confirm/abc/", "/stadt/unsubscribe/21/11/abc/",
		"/stadt/unsubscribe/21/99999999999999999999/abc/",
	} {
		for _, person := range []int64{0, w.Anna.ID} {
			v := w.visit(t, person)
			v.Ask(http.MethodGet, path)
			v.Sees(404)
			v.Send(path, url.Values{"email": {"a@example.org"}}, false)
			v.Sees(404)
		}
	}
	w.expect(t)
}

func TestVisitorsUnsubscribeDirectlyOnlyAfterSigningIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	if p := v.Ask(http.MethodGet, "/stadt/groups/21/unsubscribe/"); p.Status != 303 || !strings.HasPrefix(p.Header.Get("Location"), "/stadt/login/") {
		t.Errorf("answers %d %s", p.Status, p.Header.Get("Location"))
	}
	v.Send("/stadt/groups/21/unsubscribe/", url.Values{}, false)
	v.Sees(303)
	w.expect(t)
}

func TestSubscribingWithAnAddressWaitsForTheLink(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	v.Get("/chor/actions/subscribe")
	v.Sees(200, "your address is stored until you unsubscribe", "/stadt/login/?next=%2Fchor%2Factions%2Fsubscribe")
	v.Submit("email", map[string]string{"email": "Neu@example.org"})
	v.Sees(200, "We’ve sent you an email.")
	w.expect(t)
	link := mailtest.Link(t, w.tray.TakeOne(t), "/stadt/subscribe/confirm/")
	v.Get(link)
	v.Sees(200, "with the address Neu@example.org?")
	w.expect(t) // programs that scan mails follow links
	v.Submit("Subscribe", nil)
	v.Sees(200, "You now subscribe to “Chor der Vielen”.")
	v.Send(link, url.Values{}, false)
	v.Sees(404, "This link has already been used or has expired.")
	if got := w.subscribers(t, w.Chor); !slices.Equal(got, []string{"anna", "neu"}) {
		t.Errorf("subscribers %v", got)
	}

	v.Get("/stadt/groups/22/unsubscribe/request/")
	v.Submit("email", map[string]string{"email": "neu@EXAMPLE.org"})
	v.Sees(200, "We’ve sent you an email.")
	v.Get(mailtest.Link(t, w.tray.TakeOne(t), "/stadt/unsubscribe/confirm/"))
	v.Sees(200, "Do you want to unsubscribe the address neu@EXAMPLE.org")
	v.Submit("Unsubscribe", nil)
	v.Sees(200, "You no longer subscribe to “Chor der Vielen”.")
	w.expect(t, "subscription.created chor neu by neu", "subscription.ended chor neu by neu")
}

func TestOneClickUnsubscribes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link, ok := strings.CutPrefix(w.UnsubscribeURL(w.Bert.ID, w.Garten.Entity()), "http://example.org")
	if !ok {
		t.Fatalf("the link is not absolute: %s", link)
	}
	v := w.visit(t, 0)
	v.Get(link)
	v.Sees(200, "Do you want to stop getting emails when the group “Garten am Bach” posts?")
	w.expect(t) // programs that scan mails follow links
	// A mail program posts from elsewhere, without a session (RFC 8058, section 3.2); some do it twice.
	for range 2 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.org"+link, strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://webmail.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "You’ll no longer get an email when “Garten am Bach” posts.") {
			t.Errorf("answered %d:\n%s", answer.Code, answer.Body)
		}
	}
	w.expect(t, "subscription.ended garten bert by bert")
	if got := w.subscribers(t, w.Garten); !slices.Equal(got, []string{"anna"}) {
		t.Errorf("subscribers %v", got)
	}
}

func TestTheFormBehindTheLinkUnsubscribesItsPersonWhoeverHasSignedIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link := strings.TrimPrefix(w.UnsubscribeURL(w.Bert.ID, w.Garten.Entity()), "http://example.org")
	anna := w.visit(t, w.Anna.ID)
	anna.Get(link)
	anna.Submit("Unsubscribe", nil)
	anna.Sees(200, "You’ll no longer get an email", "/garten/actions/subscribe")
	w.expect(t, "subscription.ended garten bert by bert")
}

func TestTheLinkOfSomebodyWhoIsGoneStillAnswers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM people WHERE id = ?`, w.Dora.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v := w.visit(t, 0)
	v.Send(strings.TrimPrefix(w.UnsubscribeURL(w.Dora.ID, w.Garten.Entity()), "http://example.org"), url.Values{}, false)
	v.Sees(200, "You’ll no longer get an email")
	w.expect(t)
}
