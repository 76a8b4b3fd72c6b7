package app

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

var (
	wildcard = regexp.MustCompile(`\{[^}]*\}`)
	idOnly   = regexp.MustCompile(`\{id\}|\{container\}`)
)

// TestWhatThereIsNotIsNotFound asks a visitor's way to each page of something for something that there is not: nobody has
// to sign in to learn that a link leads nowhere.
func TestWhatThereIsNotIsNotFound(t *testing.T) {
	t.Parallel()
	w := newTown(t, chatOptions(matrixtest.New(t))...)
	nobody := webtest.Visit(t, w.pages)
	answered := map[string]string{
		"/stadt/abuse/{path...}": "any page can be reported", "/stadt/tags/{slug}": "a tag that nothing has is a page, too", "/stadt/tags/{slug}/tag-group": "likewise",
		"/stadt/tags/{slug}/feed.atom": "likewise", "/stadt/tags/{slug}/feed.rss": "likewise",
		"/stadt/chat/{path...}": "whatever a web client would have there",
	}
	for _, route := range module.Contributions(w.modules).Routes {
		if !wildcard.MatchString(route.Path) || answered[route.Path] != "" || route.Admin {
			continue
		}
		path := wildcard.ReplaceAllString(idOnly.ReplaceAllString(route.Path, "987654"), "niemand")
		switch {
		case route.Method == http.MethodGet:
			nobody.Ask(http.MethodGet, path)
		case strings.HasPrefix(route.Path, "/stadt/settings/"):
			continue // what is one's own is no link for others
		case route.KnownBy == site.ByAppPassword:
			continue // a program says first whose it is
		default:
			nobody.Send(path, url.Values{}, false)
		}
		if nobody.Page.Status != http.StatusNotFound {
			t.Errorf("%s %s answers %d %s", route.Method, path, nobody.Page.Status, nobody.Page.Header.Get("Location"))
		}
	}
}

// TestNoAddressBreaksAPage puts what no page asks for into each part of each address.
func TestNoAddressBreaksAPage(t *testing.T) {
	t.Parallel()
	w := newTown(t, chatOptions(matrixtest.New(t))...)
	w.receives(t, "bert@example.org", "chor@example.org", "Subject: Hello\r\n\r\nHello.")
	anna, nobody := w.visit(t, "anna"), w.visit(t, "")
	ask := func(route, path string) {
		for _, v := range []*webtest.Visitor{anna, nobody} {
			v.Ask(http.MethodGet, path)
			if v.Page.Status >= 500 || strings.ContainsAny(v.Page.Header.Get("Location"), "\r\n\\") || strings.HasPrefix(v.Page.Header.Get("Location"), "//") {
				t.Errorf("%s as %q answers %d %q", route, path, v.Page.Status, v.Page.Header.Get("Location"))
			}
			if leadsAway(v.Page.Header.Get("Location")) {
				t.Errorf("%s as %q leads to %q", route, path, v.Page.Header.Get("Location"))
			}
			if !strings.Contains(v.Page.Body, "evil.example") {
				continue
			}
			for _, link := range links.FindAllStringSubmatch(v.Page.Body, -1) {
				if leadsAway(html.UnescapeString(link[1])) {
					t.Errorf("%s as %q leads to %q", route, path, link[1])
				}
			}
		}
	}
	known := strings.NewReplacer("{entity}", "garten", "{group}", "garten", "/groups/{id}", "/groups/21", "/gestalten/{id}", "/gestalten/12", "{id}", "1", "{container}", "1", "{slug}", "x")
	nasty := []string{
		"a%0ab", "%0d%0aSet-Cookie:%20a=b", "%00", "%ff%fe", "%5cevil.example", "%2f%2fevil.example", "%2e%2e", "-1", "9223372036854775808", "%27%22%3E%3Cb%3E",
		"/%5cevil.example", "%2f%5cevil.example", "%09%2fevil.example", "%2f%09%2fevil.example", "https:%2f%2fevil.example", "%5c%5cevil.example", "path=%2f%2fevil.example",
		"%F0%9F%8C%BB", "a%25b", "0-0", "99999999999999-1", strings.Repeat("a", 3000), "%E2%80%AE",
	}
	for _, route := range module.Contributions(w.modules).Routes {
		if route.Method != http.MethodGet {
			continue
		}
		for _, value := range nasty {
			for _, place := range wildcard.FindAllString(route.Path, -1) {
				path := wildcard.ReplaceAllString(known.Replace(strings.Replace(route.Path, place, "\x01", 1)), "x")
				ask(route.Path, strings.Replace(path, "\x01", value, 1))
			}
			for _, parameter := range route.Query {
				ask(route.Path, wildcard.ReplaceAllString(known.Replace(route.Path), "x")+"?"+parameter+"="+value)
			}
		}
	}
}

var links = regexp.MustCompile(`(?:href|action|formaction|src)="([^"]*)"`)

// leadsAway reports whether a browser takes an address for one of the other site: it reads \ as /, and leaves out tabs and
// the ends of lines.
func leadsAway(address string) bool {
	address = strings.NewReplacer("\\", "/", "\t", "", "\r", "", "\n", "").Replace(strings.TrimSpace(address))
	for _, scheme := range []string{"http:", "https:"} {
		address = strings.TrimPrefix(address, scheme)
	}
	return strings.HasPrefix(address, "//") && strings.HasPrefix(strings.TrimLeft(address, "/"), "evil.example")
}

func TestNothingIsLostOnThePageOfAGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for n := range 60 {
			at := clock.At(cast.Joined().Add(time.Duration(n) * time.Hour))
			_, err := tx.Exec(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, pinned, published_at) VALUES ('article', ?, ?, ?, ?, ?, ?, ?)`,
				w.Garten.EntityID, w.Anna.ID, fmt.Sprintf("n-%02d", n), fmt.Sprintf("Nummer %02d", n), true, n%2 == 0, at)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v := w.visit(t, "")
	v.Get("/garten/")
	v.Sees(200, "More about the group", "Nummer 58", "Nummer 40", "Nummer 59", "Nummer 37")
	v.DoesNotSee("Nummer 38", "Nummer 35")
	for _, first := range []string{"/garten/", "/garten/?pinned=1"} { // each once, all on the way through the pages
		seen := map[string]int{}
		next := first
		for next != "" {
			news := regexp.MustCompile(`(?s)id="(?:news|pinned)".*</main>`).FindString(v.Get(next).Body)
			if first == "/garten/" {
				news = news[max(0, strings.Index(news, `id="news"`)):]
			}
			for _, title := range regexp.MustCompile(`Nummer \d\d</a>`).FindAllString(news, -1) {
				seen[title]++
			}
			next = ""
			if older := regexp.MustCompile(`button-quiet" href="([^"]+)" rel="next"`).FindStringSubmatch(v.Page.Body); older != nil {
				next = html.UnescapeString(older[1])
			}
		}
		if len(seen) != 30 || slices.Max(slices.Collect(maps.Values(seen))) != 1 {
			t.Errorf("%s shows %v", first, seen)
		}
	}
	v.Get("/garten/?pinned=1")
	v.Sees(200, `<a href="/garten/">What’s new</a>`)
}

func TestWhoTakesPartCanRecommendTheGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	recommend := func(group string) string { return `href="/` + group + `/actions/recommend"` }
	anna, bert := w.visit(t, "anna"), w.visit(t, "bert")
	anna.Get("/chor/") // closed
	anna.Sees(200, recommend("chor"))
	bert.Get("/garten/")
	bert.Sees(200, recommend("garten"))
	bert.Get(`/stadt/settings/group/subscriptions-memberships?group=garten`)
	bert.Get(regexp.MustCompile(`/stadt/groups/\d+/unsubscribe/`).FindString(bert.Page.Body))
	bert.Submit("Unsubscribe", nil)
	bert.Get("/garten/")
	bert.Sees(200, recommend("garten"), "Subscribe")
	if n := strings.Count(bert.Page.Body, recommend("garten")); n != 1 {
		t.Errorf("the group can be recommended in %d places", n)
	}
}

func TestWhoeverMayNotSeeSomethingOfAGroupLearnsHowToTakePart(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	for _, g := range []struct{ slug, name, way string }{
		{"garten", "Garten am Bach", `action="/garten/actions/join"`},
		{"chor", "Chor der Vielen", community.ApplyPath(w.Chor.ID)},
	} {
		anna.Send("/"+g.slug+"/articles/add/", url.Values{"title": {"Intern"}, "text": {"x"}}, true)
		item := anna.Page.Path
		var content, group int64
		err := w.db.Get(t.Context(), &content, `SELECT MAX(id) FROM contents`)
		if err == nil {
			err = w.db.Get(t.Context(), &group, `SELECT g.id FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.slug = ?`, g.slug)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{
			item, item + "edit/", item + "delete/", community.ContentPermalink(content), "/" + g.slug + "/articles/add/", community.GroupSettingsPath(g.slug),
			community.GroupPicturesPath(g.slug), community.MembersPath(group), community.AddMemberPath(group), community.LeavePath(group),
			fmt.Sprintf("/stadt/groups/%d/conversations/", group),
		} {
			carla.Get(path)
			carla.Sees(http.StatusForbidden, g.name, g.way)
			nobody := webtest.Visit(t, w.pages)
			nobody.Ask(http.MethodGet, path)
			if nobody.Page.Status != http.StatusSeeOther || nobody.Page.Header.Get("Location") != community.SignInPath(path) {
				t.Errorf("%s answers a visitor %d %s", path, nobody.Page.Status, nobody.Page.Header.Get("Location"))
			}
		}
	}
	carla.Get("/chor/actions/join") // leads to where she can
	carla.Sees(http.StatusOK, "Chor der Vielen", "Request to join")
}
