package membership_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
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
	conversation := page
	conversation.Path = "/stadt/conversations/{group}/"
	routes := append(h.Module().Routes, page, conversation)
	return &town{house: h, handler: webtest.Start(t, webtest.NewSite(t, db, webtest.People(h.Viewers())), routes)}
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

func TestWhoGetsWhatAtWhichDoor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	const login = "/stadt/login/"
	for _, c := range []struct {
		path                   string // 21 is the open group, 22 the closed one
		nobody, stranger, anna int
		nobodyGoes, annaGoes   string
	}{
		{path: "/garten/actions/join", nobody: 200, stranger: 200, anna: 303, annaGoes: "/garten/"},
		{path: "/chor/actions/join", nobody: 200, stranger: 303, anna: 303, annaGoes: "/chor/"},
		{path: "/garten/join/request", nobody: 200, stranger: 303, anna: 303, annaGoes: "/garten/actions/join"},
		{path: "/chor/join/request", nobody: 303, stranger: 303, anna: 303, nobodyGoes: login, annaGoes: "/chor/actions/join"},
		{path: "/stadt/groups/21/members/", nobody: 303, stranger: 403, anna: 200, nobodyGoes: login},
		{path: "/stadt/groups/22/members/", nobody: 303, stranger: 403, anna: 200, nobodyGoes: login},
		{path: "/stadt/groups/21/members/add/", nobody: 303, stranger: 403, anna: 403, nobodyGoes: login},
		{path: "/stadt/groups/22/members/add/", nobody: 303, stranger: 403, anna: 200, nobodyGoes: login},
		{path: "/stadt/groups/21/resign/", nobody: 303, stranger: 403, anna: 200, nobodyGoes: login},
		{path: "/stadt/groups/21/resign/request/", nobody: 200, stranger: 303, anna: 303, annaGoes: "/stadt/groups/21/resign/"},
		{path: "/stadt/groups/99/resign/", nobody: 404, stranger: 404, anna: 404},
		{path: "/stadt/groups/x/members/", nobody: 404, stranger: 404, anna: 404},
		{path: "/niemand/actions/join", nobody: 404, stranger: 404, anna: 404},
		{path: "/anna/actions/join", nobody: 404, stranger: 404, anna: 404},
		{path: "/stadt/memberships/applications/99/accept/", nobody: 404, stranger: 404, anna: 404},
		{path: "/stadt/groups/join/confirm/abc/", nobody: 404, stranger: 404, anna: 404},
		{path: "/stadt/groups/resign/confirm/abc/", nobody: 404, stranger: 404, anna: 404},
	} {
		t.Run(strings.ReplaceAll(c.path, "/", " "), func(t *testing.T) {
			for _, who := range []struct {
				id   int64
				want int
				goes string
			}{{0, c.nobody, c.nobodyGoes}, {w.Carla.ID, c.stranger, ""}, {w.Anna.ID, c.anna, c.annaGoes}} {
				p := w.visit(t, who.id).Ask(http.MethodGet, c.path)
				if p.Status != who.want || !strings.HasPrefix(p.Header.Get("Location"), who.goes) {
					t.Errorf("person %d gets %d %s, want %d %s", who.id, p.Status, p.Header.Get("Location"), who.want, who.goes)
				}
			}
		})
	}
	w.expect(t)
}

func TestJoiningAndLeavingOnTheWeb(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	carla := w.visit(t, w.Carla.ID)
	carla.Get("/garten/actions/join")
	carla.Sees(200, "Do you want to join the group “Garten am Bach”?")
	carla.Submit("Join", nil)
	carla.Sees(200, "You’re now a member of “Garten am Bach”.", "the page of garten")
	carla.Send("/garten/actions/join", url.Values{}, true)
	carla.Sees(200, "You’re already a member of this group.")
	carla.Get("/stadt/groups/21/members/")
	carla.Sees(200, "3 members. Only members can see this list.", "Anna Ahorn", "/anna/", "<bdi>Carla Clematis</bdi></h2>")
	carla.DoesNotSee(fmt.Sprintf("/stadt/gestalten/%d/conversations/add/", w.Carla.ID))
	carla.Get("/stadt/groups/21/members?name=AHORN")
	carla.Sees(200, "3 members.", "Anna Ahorn", `value="AHORN"`)
	carla.DoesNotSee("@carla", "Next page")
	carla.Get("/stadt/groups/21/members?name=zzz")
	carla.Sees(200, "Nobody found.", "All members")
	carla.Get("/stadt/groups/21/members?after=0-2")
	carla.Sees(200, `href="/stadt/groups/21/members" rel="first"`)
	carla.Get("/stadt/groups/21/resign/")
	carla.Submit("Leave the group", nil)
	carla.Sees(200, "You’ve left “Garten am Bach”.")
	carla.Send("/stadt/groups/21/resign/", url.Values{}, true)
	carla.Sees(403, "You’re not a member of this group.")
	w.expect(t, "membership.created garten carla by carla", "membership.ended garten carla by carla")
	if letters := w.tray.Take(); len(letters) > 0 {
		t.Errorf("letters %+v", letters)
	}
}

func TestVisitorsCannotJoinOrLeaveByPosting(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, path := range []string{"/garten/actions/join", "/chor/actions/join", "/stadt/groups/21/resign/", "/stadt/groups/22/members/add/"} {
		v := w.visit(t, 0)
		if p := v.Send(path, url.Values{"email": {"carla@example.org"}}, false); p.Status != 303 || !strings.HasPrefix(p.Header.Get("Location"), "/stadt/login/") {
			t.Errorf("%s answers %d %s", path, p.Status, p.Header.Get("Location"))
		}
	}
	w.expect(t)
}

func TestJoiningAndLeavingByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	v.Get("/garten/join/request/")
	v.Submit("email", map[string]string{"email": " Neu@Example.org "})
	v.Sees(200, "We’ve sent you an email.", "the page of garten")
	w.expect(t)
	link := mailtest.Link(t, w.tray.TakeOne(t), "/stadt/groups/join/confirm/")
	v.Get(link)
	v.Sees(200, "with the address Neu@Example.org?")
	w.expect(t)
	v.Submit("Join", nil)
	v.Sees(200, "You’re now a member of “Garten am Bach”.")
	v.Get(link)
	v.Sees(404, "This link has already been used or has expired.")
	v.Send(link, url.Values{}, false)
	v.Sees(404)

	v.Get("/stadt/groups/21/resign/request/")
	v.Submit("email", map[string]string{"email": "neu@example.org"})
	v.Sees(200, "We’ve sent you an email.")
	v.Get(mailtest.Link(t, w.tray.TakeOne(t), "/stadt/groups/resign/confirm/"))
	v.Submit("Leave the group", nil)
	v.Sees(200, "You’ve left “Garten am Bach”.")
	w.expect(t, "membership.created garten neu by neu", "membership.ended garten neu by neu")
}

func TestALinkActsForItsMailboxWhoeverHasSignedIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	v.Send("/garten/join/request/", url.Values{"email": {"carla@example.org"}}, false)
	link := mailtest.Link(t, w.tray.TakeOne(t), "/confirm/")
	bert := w.visit(t, w.Bert.ID)
	bert.Send(link, url.Values{}, true)
	bert.Sees(200, "You’re now a member of “Garten am Bach”.")
	if !w.member(t, w.Garten, w.Carla.ID) {
		t.Error("Carla is no member")
	}
	w.expect(t, "membership.created garten carla by carla")
}

func TestALinkDoesNotOpenAGroupThatWasClosedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	v.Send("/garten/join/request/", url.Values{"email": {"carla@example.org"}}, false)
	link := mailtest.Link(t, w.tray.TakeOne(t), "/confirm/")
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE "groups" SET closed = ? WHERE id = ?`, true, w.Garten.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v.Send(link, url.Values{}, false)
	v.Sees(409, "This group is now closed")
	w.expect(t)
}

func TestAMemberAddsSomebodyOnTheWeb(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/stadt/groups/22/members/")
	anna.Sees(200, "1 member. Only members can see this list.", "/stadt/groups/22/members/add/")
	anna.Get("/stadt/groups/22/members/add/")
	anna.Submit("email", map[string]string{"email": "neu@example.org"})
	anna.Sees(200, "neu@example.org is now a member of the group", "2 members.")
	anna.Send("/stadt/groups/22/members/add/", url.Values{"email": {"NEU@example.org"}}, true)
	anna.Sees(200, "NEU@example.org is already a member of this group.")
	anna.Send("/stadt/groups/22/members/add/", url.Values{"email": {"neu"}}, false)
	anna.Sees(422, `id="wrong-email"`)
	w.expect(t, "membership.created chor neu by anna")
}

func TestAMemberDeclinesAnApplicationOnTheWeb(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	conversation, err := w.apply(t, w.Chor, w.Carla.ID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.Applications(t.Context(), w.db, conversation)
	if err != nil {
		t.Fatal(err)
	}
	path := community.DeclineApplicationPath(all[0].ID, "/stadt/groups/22/members/")
	for _, who := range []int64{w.Carla.ID, w.Bert.ID} {
		v := w.visit(t, who)
		v.Send(path, url.Values{}, false)
		v.Sees(403, "Only members of the group can answer requests to join.")
		v.Ask(http.MethodGet, path)
		v.Sees(403)
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Get(path)
	anna.Sees(200, "Do you want to decline Carla Clematis’s request to join “Chor der Vielen”?")
	anna.Submit("Decline the request", nil)
	anna.Sees(200, "You declined Carla Clematis’s request to join.")
	if anna.Page.Path != "/stadt/groups/22/members/" {
		t.Errorf("Anna is at %s", anna.Page.Path)
	}
	anna.Get(path)
	anna.Sees(200, "Carla Clematis’s request to join has already been declined.")
	anna.Send(community.AcceptApplicationPath(all[0].ID), url.Values{"next": {"https://evil.example/"}}, true)
	anna.Sees(200, "Carla Clematis is now a member of the group")
	anna.Send(path, url.Values{}, true)
	anna.Sees(200, "Carla Clematis is already a member of this group.")
	w.expect(t, "application.addressed chor carla by carla", "application.declined chor carla by anna", "membership.created chor carla by anna")
}

func TestAMemberAcceptsAnApplicationOnTheWeb(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	conversation, err := w.apply(t, w.Chor, w.Carla.ID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.Applications(t.Context(), w.db, conversation)
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/stadt/memberships/applications/%d/accept/", all[0].ID)
	carla := w.visit(t, w.Carla.ID)
	carla.Send(path, url.Values{}, false)
	carla.Sees(403)
	anna := w.visit(t, w.Anna.ID)
	anna.Get(path)
	anna.Sees(200, "Do you want to add Carla Clematis to the group “Chor der Vielen”?")
	anna.Submit("Accept the request", nil)
	anna.Sees(200, "Carla Clematis is now a member of the group")
	if want := fmt.Sprintf("/stadt/conversations/%d/", conversation); anna.Page.Path != want {
		t.Errorf("Anna is at %s, want %s", anna.Page.Path, want)
	}
	anna.Get(path)
	anna.Sees(200, "Carla Clematis is already a member of this group.")
	w.expect(t, "application.addressed chor carla by carla", "membership.created chor carla by anna")
}
