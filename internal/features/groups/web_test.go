package groups_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is a site with this room and, in place of the room of pages, a page that shows a group's head.
type town struct {
	*cast.Cast
	handler    http.Handler
	tray       *mailtest.Tray
	activities func() []string
}

func newTown(t *testing.T) *town {
	t.Helper()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	r, tray := room(t, db)
	head := site.Route{Method: http.MethodGet, Path: "/{group}/", Handle: func(v *site.Visit) error {
		subject, err := r.Subject(v.Context(), db, v.Viewer, v.Path("group"))
		if err != nil {
			return err
		}
		v.Concerns(subject)
		main, err := v.Blocks(site.GroupMain, subject)
		if err != nil {
			return err
		}
		aside, err := v.Blocks(site.GroupAside, subject)
		if err != nil {
			return err
		}
		return v.Show(site.Page{Title: subject.Group.Name, OwnHeading: true, Body: main, Aside: aside})
	}}
	handler := webtest.Open(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), r.Module(), module.Module{Routes: []site.Route{head}})
	return &town{Cast: c, handler: handler, tray: tray, activities: func() []string { return webtest.Activities(t, db) }}
}

// visit returns a visitor: the person, or nobody for 0.
func (w *town) visit(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	return webtest.VisitAs(t, w.handler, person)
}

// answer returns the answer to the question of the page that a visitor sees.
func answer(t *testing.T, v *webtest.Visitor) string {
	t.Helper()
	for question, answer := range map[string]string{
		"season": "spring", "days are there in a week": "7", "months": "12", "Wednesday": "thursday", "snow": "white", "sky": "blue", "grass": "green",
		"opposite": "night", "hours": "24",
	} {
		if strings.Contains(v.Page.Body, question) {
			return answer
		}
	}
	t.Fatal("the page asks nothing")
	return ""
}

func TestAnybodyFoundsAGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	nobody := w.visit(t, 0)
	nobody.Get("/stadt/groups/add")
	nobody.Submit("name", map[string]string{"name": "  Repair\tCafé "})
	nobody.Sees(http.StatusUnprocessableEntity, "Please answer the question.", "Repair Café")
	nobody.Submit("name", map[string]string{"name": "  Repair\tCafé ", "captcha_0": answer(t, nobody)})
	nobody.Sees(http.StatusOK, "You’ve started the group “Repair Café”.", "<h1>Repair Café</h1>")
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/stadt/groups/add/")
	anna.Submit("name", map[string]string{"name": "Repair Café"})
	if anna.Page.Path != "/repair-cafe-1/" {
		t.Errorf("the second group of that name is at %s", anna.Page.Path)
	}
	want := []string{"group.founded repair-cafe", "group.founded repair-cafe-1 by anna"}
	if got := w.activities(); !slices.Equal(got, want) {
		t.Errorf("activities %q, want %q", got, want)
	}
}

func TestAGroupNeedsAName(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, w.Anna.ID)
	for name, sentence := range map[string]string{
		"":                       "Enter the name of the group.",
		" \u00a0 ":               "Enter the name of the group.",
		"\u200b\u3164\u202e":     "Enter the name of the group.",
		strings.Repeat("x", 256): "Use at most 255 characters for the name.",
	} {
		v.Send("/stadt/groups/add", url.Values{"name": {name}}, false)
		v.Sees(http.StatusUnprocessableEntity, sentence)
	}
	v.Send("/stadt/groups/add", url.Values{"name": {"\xff\x00日本"}}, true)
	v.Sees(http.StatusOK, "<h1>日本</h1>")
}

func TestVisitorsFoundAFewGroupsAnHour(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	for range 3 {
		v.Get("/stadt/groups/add")
		v.Submit("name", map[string]string{"name": "Spam", "captcha_0": answer(t, v)})
		v.Sees(http.StatusOK, "<h1>Spam</h1>")
	}
	v.Get("/stadt/groups/add")
	v.Submit("name", map[string]string{"name": "What I typed", "captcha_0": answer(t, v)})
	v.Sees(http.StatusTooManyRequests, "Too many attempts.", "What I typed")
}

func TestTheListLeadsToGroups(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	nobody := w.visit(t, 0)
	nobody.Get("/stadt/groups?name=GART&only_with_membership=true")
	nobody.Sees(http.StatusOK, `href="/garten/"`, "2 members")
	nobody.DoesNotSee("Chor der Vielen", "you’re a member", "Only groups I’m a member of")
	nobody.Get("/stadt/groups/?name=%25")
	nobody.Sees(http.StatusOK, "No groups found.")
	bert := w.visit(t, w.Bert.ID)
	bert.Get("/stadt/groups?only_with_membership=true")
	bert.Sees(http.StatusOK, "My groups", "Garten am Bach", "you’re a member")
	bert.DoesNotSee("Chor der Vielen")
	bert.Get("/stadt/groups?after=99999999999999999999-1")
	bert.Sees(http.StatusOK, "closed group")
}

func TestMembersChangeTheSettings(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	bert := w.visit(t, w.Bert.ID)
	bert.Get("/stadt/settings/group?group=Garten")
	bert.Sees(http.StatusOK, "Group settings", ">Manage<")
	bert.Submit("slug", map[string]string{
		"slug": "beet", "description": "[Wir](https://a.example) <b>graben</b> <script>alert(1)</script> @anna", "url": "beet.example/", "address": "Am Bach 3\nNeustadt",
	})
	bert.Sees(http.StatusOK, "The changes have been saved.", "<h1>Garten am Bach</h1>", `href="https://beet.example/"`, ">beet.example<", "Am Bach 3, Neustadt", "beet@example.org")
	bert.DoesNotSee("<script>alert", "<b>graben")
	if bert.Page.Path != "/beet/" {
		t.Errorf("after saving the visitor is at %s", bert.Page.Path)
	}
	// What is left out is cleared; name, slug and date are enough.
	bert.Send("/stadt/settings/group?group=beet", url.Values{"name": {"Beet"}, "slug": {"beet"}, "date_founded": {"2001-01-01"}}, true)
	bert.Sees(http.StatusOK, "2001")
	bert.DoesNotSee("beet.example", "Am Bach")
	bert.Send("/stadt/settings/group?group=beet", url.Values{"name": {"Beet"}, "slug": {"beet"}, "date_founded": {"2001-01-01"}, "tags": {"a, b"}, "url_import_feed": {"on"}}, true)
	bert.Sees(200, "The changes have been saved.")
	bert.Send("/stadt/settings/group?group=beet", url.Values{"name": {""}, "slug": {"stadt"}, "date_founded": {"gestern"}, "url": {"ftp://x"}, "address": {"kept"}}, false)
	bert.Sees(http.StatusUnprocessableEntity, "Enter the name of the group.", "is reserved", "Enter a date", "Enter a web address", "gestern", "kept")
}

func TestSettingsAreForMembers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, path := range []string{"/stadt/settings/group?group=garten", "/stadt/settings/group/subscriptions-memberships?group=garten"} {
		nobody := w.visit(t, 0)
		if p := nobody.Ask(http.MethodGet, path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/stadt/login/?next=") {
			t.Errorf("%s answers a visitor with %d %s", path, p.Status, p.Header.Get("Location"))
		}
	}
	carla := w.visit(t, w.Carla.ID)
	carla.Ask(http.MethodGet, "/stadt/settings/group?group=garten")
	carla.Sees(http.StatusForbidden, "Only members of the group can change it.")
	carla.Send("/stadt/settings/group?group=garten", url.Values{"name": {"Meins"}, "slug": {"garten"}, "date_founded": {"2001-01-01"}}, false)
	carla.Sees(http.StatusForbidden)
	for _, path := range []string{"/stadt/settings/group", "/stadt/settings/group?group=nirgends", "/stadt/settings/group?group=anna", "/nirgends/actions/recommend", "/anna/actions/recommend"} {
		nobody := w.visit(t, 0)
		nobody.Ask(http.MethodGet, path)
		nobody.Sees(http.StatusNotFound)
	}
	if got := w.activities(); len(got) > 0 {
		t.Errorf("activities %q", got)
	}
}

func TestThePageAboutYouAndTheGroupSaysHowYouStand(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	bert := w.visit(t, w.Bert.ID)
	bert.Get("/stadt/settings/group/subscriptions-memberships?group=garten")
	bert.Sees(http.StatusOK, "You subscribe to this group", "You’ve been a member since 10 January 2026.", "/stadt/groups/21/resign/", "/stadt/groups/21/unsubscribe/")
	carla := w.visit(t, w.Carla.ID)
	carla.Get("/stadt/settings/group/subscriptions-memberships?group=garten")
	carla.Sees(http.StatusOK, "You don’t subscribe", "You’re not a member.", `action="/garten/actions/join"`, `action="/garten/actions/subscribe"`)
	carla.DoesNotSee("Group settings")
	carla.Get("/stadt/settings/group/subscriptions-memberships?group=chor")
	carla.Sees(http.StatusOK, "/stadt/groups/22/conversations/add/?apply_for_membership=1")
}

func TestOnlyMembersManageAGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		person  int64
		manages bool
	}{{w.Anna.ID, true}, {w.Carla.ID, false}, {0, false}} {
		v := w.visit(t, c.person)
		for _, path := range []string{"/garten/", "/stadt/groups/21/about/"} {
			v.Get(path)
			v.Sees(http.StatusOK, `aria-label="Pages of the group"`, `href="/stadt/groups/21/about/"`)
			if shown := strings.Contains(v.Page.Body, `href="/stadt/settings/group?group=garten"`); shown != c.manages {
				t.Errorf("%d at %s: the way to the settings is shown: %t", c.person, path, shown)
			}
		}
	}
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/stadt/groups/21/about/")
	anna.Sees(http.StatusOK, "<h1>About the group</h1>", `aria-current="page">About<`, "garten@example.org", "You and the group")
}

func TestTheHeadOffersWhatTheViewerCanDo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	nobody := w.visit(t, 0)
	nobody.Get("/garten/")
	nobody.Sees(http.StatusOK, "2 members", "All groups")
	nobody.DoesNotSee("/stadt/groups/21/members/", "garten@example.org", "recommend", "Group settings")
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/chor/")
	anna.Sees(http.StatusOK, "/chor/actions/recommend", "/stadt/groups/22/members/", "chor@example.org", "/stadt/settings/group?group=chor")
}

func TestARecommendationReachesEachRecipientByItself(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/garten/actions/recommend")
	anna.Sees(http.StatusOK, "http://example.org/garten/", "/garten/actions/subscribe", "/garten/actions/join", "Anna Ahorn")
	anna.Submit("recipients", map[string]string{"recipients": "foo @bert, <a@b.example> BERT@example.org @niemand", "text": "2*3*4 _a_ <b>\nhttps://example.net/"})
	anna.Sees(http.StatusOK, "Your invitation is on its way.")
	letters := w.tray.Take()
	if len(letters) != 2 || letters[0].Address != "a@b.example" || letters[1].Address != "BERT@example.org" {
		t.Fatalf("letters: %+v", letters)
	}
	if l := letters[0]; l.Verbatim != "2*3*4 _a_ <b>\nhttps://example.net/" || !strings.Contains(l.Intro, "Anna Ahorn") {
		t.Errorf("the letter does not say word for word what was written: %+v", l)
	}
	golden.Equal(t, "recommendation.en", mailtest.Print(letters[0]))
}

func TestARecommendationIsWrittenInTheLanguageOfTheSender(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	anna.Send("/stadt/language/", url.Values{"language": {"de"}}, false)
	anna.Get("/garten/actions/recommend")
	anna.Submit("recipients", map[string]string{"recipients": "a@b.example"})
	anna.Sees(http.StatusOK, "Deine Einladung ist unterwegs.")
	golden.Equal(t, "recommendation.de", mailtest.Print(w.tray.TakeOne(t)))
}

func TestTheTextOfARecommendationLeavesJoiningOutForClosedGroups(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, w.Anna.ID)
	v.Get("/chor/actions/recommend")
	v.Sees(http.StatusOK, "/chor/actions/subscribe")
	v.DoesNotSee("/chor/actions/join")
}

func TestVisitorsReachFewPeopleByRecommending(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, 0)
	send := func(to string) {
		v.Get("/garten/actions/recommend")
		v.Submit("recipients", map[string]string{"recipients": to, "captcha_0": answer(t, v)})
	}
	v.Send("/garten/actions/recommend", url.Values{"recipients": {"a@x.example"}, "text": {"Kauft bei https://evil.example"}}, false)
	v.Sees(http.StatusUnprocessableEntity, "Please answer the question.")
	send("")
	v.Sees(http.StatusUnprocessableEntity, "Enter at least one email address or @name.")
	send("a@x.example b@x.example")
	v.Sees(http.StatusOK, "Your invitation is on its way.")
	letters := w.tray.Take()
	if len(letters) != 2 || !strings.Contains(letters[0].Intro, "wasn’t signed in") {
		t.Fatalf("letters: %+v", letters)
	}
	golden.Equal(t, "recommendation-anonymous.en", mailtest.Print(letters[0]))
	if l := letters[0]; l.Text != "" || l.Verbatim != "" || len(l.Actions) > 0 {
		t.Errorf("the letter of a stranger has a text or links: %+v", l)
	}
	send("a@x.example b@x.example c@x.example d@x.example")
	v.Sees(http.StatusUnprocessableEntity, "You can invite up to 3 people at once.")
	for range 2 {
		send("e@x.example")
		v.Sees(http.StatusOK)
	}
	send("f@x.example")
	v.Sees(http.StatusTooManyRequests, "Too many attempts.", "f@x.example")
	if letters := w.tray.Take(); len(letters) != 2 {
		t.Errorf("letters: %+v", letters)
	}
}

func TestMembersTagTheirGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/stadt/settings/group?group=garten")
	anna.Submit("date_founded", map[string]string{"tags": "Umwelt, #ort:nord,umwelt"})
	anna.Sees(200, "The changes have been saved.", `href="/stadt/tags/umwelt/"`, `href="/stadt/tags/ort-nord/"`, `<span class="tag-family">#ort:</span>`)
	anna.Get("/stadt/settings/group?group=garten")
	anna.Sees(200, `value="ort:nord, Umwelt"`)
	nobody := w.visit(t, 0)
	nobody.Get("/stadt/groups?tag=Umwelt")
	nobody.Sees(200, "Groups with “#Umwelt”", "Garten am Bach", `name="tag" value="umwelt"`)
	nobody.DoesNotSee("Chor der Vielen")
	nobody.Get("/stadt/groups?tag=nichts")
	nobody.Sees(200, "No groups found.")
	nobody.DoesNotSee("Garten am Bach")

	anna.Get("/stadt/settings/group?group=garten")
	anna.Submit("date_founded", map[string]string{"tags": "_"})
	anna.Sees(422, "can’t be a tag")
	many := ""
	for n := range 21 {
		many += fmt.Sprintf("t%d,", n)
	}
	anna.Get("/stadt/settings/group?group=garten")
	anna.Submit("date_founded", map[string]string{"tags": many})
	anna.Sees(422, "Use at most 20 tags.")
	anna.Get("/stadt/settings/group?group=garten")
	anna.Submit("date_founded", map[string]string{"tags": ""})
	anna.Sees(200, "The changes have been saved.")
	anna.DoesNotSee(`href="/stadt/tags/`)
}
