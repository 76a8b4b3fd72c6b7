//go:build e2e

package browser

import (
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// page is a page that is judged.
type page struct {
	name, path, who string

	status int    // zero is 200
	wrong  bool   // its form is sent empty, and the page that comes back is judged
	sends  string // a script prepares its form, the form is sent, and the page that comes back is judged
	main   bool   // it is photographed, too
	layout bool   // only how it lies on the screen is judged
}

// furnished is a demonstration town with everything in it that pages are about.
type furnished struct {
	place  *town.Town
	server *town.Process
	outbox string
	guests map[string]*guest
	pages  []page
}

// openFurnished opens a demonstration town whose pages are judged.
func openFurnished(t *testing.T) *furnished {
	t.Helper()
	data := t.TempDir()
	f := &furnished{outbox: filepath.Join(data, "outbox"), guests: map[string]*guest{}}
	f.place = town.New(t, town.SQLite, map[string]string{"DATA_PATH": data, "EMAIL_SUBMISSION_BACKEND": "folder", "INCOMING_MAIL_AUTHSERV_ID": "mx.example"})
	if code, out := f.place.Call("", "demo"); code != 0 {
		t.Fatalf("demo: %d\n%s", code, out)
	}
	return f
}

// serve lets the town answer, and signs people in.
func (f *furnished) serve(t *testing.T, names ...string) {
	t.Helper()
	f.server = f.place.Start("serve")
	f.place.Open()
	for _, name := range append(names, "") {
		f.guests[name] = visit(t, f.place, name)
	}
}

// letter waits for a mail to an address with a link like a pattern, and returns the link's path.
func (f *furnished) letter(t *testing.T, to, pattern string) (path string) {
	t.Helper()
	link := regexp.MustCompile(`https?://[^/\s]+(` + pattern + `)`)
	servers.Eventually(t, "a mail to "+to+" with "+pattern, func() bool {
		files, err := filepath.Glob(filepath.Join(f.outbox, "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l, err := town.ReadLetter(raw)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if found := link.FindStringSubmatch(l.Text); found != nil && strings.Contains(l.Raw, to) {
				path = found[1]
				return true
			}
		}
		return false
	})
	return path
}

// asks fills in a form of a page and sends it, with the answer to the question against robots where there is one.
func (g *guest) asks(t *testing.T, path, having string, fields map[string]string) {
	t.Helper()
	if g.Get(path).Status != 200 {
		t.Fatalf("%s answered %d", path, g.Page.Status)
	}
	if answer, ok := town.Answer(g.Page.Body); ok {
		fields["captcha_0"] = answer
	}
	g.Submit(having, fields)
	if g.Page.Status != 200 {
		t.Fatalf("the form at %s was refused with %d:\n%s", path, g.Page.Status, g.Page.Body)
	}
}

// linked returns the first link of a page that fits a pattern.
func linked(t *testing.T, html, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(`href="(` + pattern + `)"`).FindStringSubmatch(html)
	if found == nil {
		t.Fatalf("no link like %s in\n%s", pattern, html)
	}
	return found[1]
}

// sendsForged hands in a mail that no mail server vouches for.
func sendsForged(t *testing.T, place *town.Town, from, to string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", place.LMTP, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := textproto.NewConn(conn)
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	message := "From: " + from + "\r\nTo: " + to + "\r\nSubject: Samstag\r\nMessage-ID: <1@post.example>\r\n\r\nWer kommt am Samstag?\r\n."
	for _, step := range []struct {
		say    string
		expect int
	}{{"LHLO mx.example", 250}, {"MAIL FROM:<" + from + ">", 250}, {"RCPT TO:<" + to + ">", 250}, {"DATA", 354}, {message, 250}} {
		if err := c.PrintfLine("%s", step.say); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadResponse(step.expect); err != nil {
			t.Fatalf("%s: %v", step.say, err)
		}
	}
}

// furnish does what people have to do before all pages are there, and returns all pages.
func (f *furnished) furnish(t *testing.T) {
	t.Helper()
	f.place.Listening()
	nobody, anna, bert := f.guests[""], f.guests["anna"], f.guests["bert"]
	outside := nobody.Get("/garten/").Body
	article := linked(t, outside, `/garten/[a-z][^/"]*/`)
	inside := anna.Get("/garten/").Body
	internal := article
	for _, found := range regexp.MustCompile(`href="(/garten/[a-z][^/"]*/)"`).FindAllStringSubmatch(inside, -1) {
		if !strings.Contains(outside, found[1]) && !strings.Contains(found[1], "actions") {
			internal = found[1]
		}
	}
	group := strings.TrimSuffix(linked(t, inside, `/stadt/groups/\d+/members/`), "members/")
	choir := strings.TrimSuffix(linked(t, anna.Get("/chor/").Body, `/stadt/groups/\d+/members/`), "members/")
	conversation := linked(t, anna.Get(group+"conversations/").Body, `/stadt/conversations/\d+/`)
	alone := linked(t, anna.Get(conversation).Body, `/stadt/associations/\d+/contributions/\d+/reply-to-author/?`)
	remove := linked(t, anna.Get(article).Body, article+`contributions/\d+/delete/?`)
	person := linked(t, nobody.Get("/bert/").Body, `/stadt/login/\?next=[^"]*|/stadt/gestalten/\d+/conversations/add/`)
	if strings.HasPrefix(person, "/stadt/login/") {
		person = linked(t, anna.Get("/bert/").Body, `/stadt/gestalten/\d+/conversations/add/`)
	}

	nobody.asks(t, "/stadt/signup/", "password1", map[string]string{"email": "neu@post.example", "password1": "vier Worte fuer mich", "password2": "vier Worte fuer mich"})
	nobody.asks(t, "/stadt/password/reset/", "email", map[string]string{"email": "bert@example.org"})
	nobody.asks(t, "/garten/join/request/", "email", map[string]string{"email": "gast@post.example"})
	nobody.asks(t, "/garten/actions/subscribe/", "email", map[string]string{"email": "gast@post.example"})
	nobody.asks(t, group+"resign/request/", "email", map[string]string{"email": "bert@example.org"})
	nobody.asks(t, group+"unsubscribe/request/", "email", map[string]string{"email": "bert@example.org"})
	nobody.asks(t, group+"conversations/add/", "subject", map[string]string{"email": "gast@post.example", "subject": "Saatgut", "text": "Habt ihr noch Saatgut?"})
	bert.asks(t, choir+"conversations/add/?apply_for_membership=1", "subject", map[string]string{"subject": "Ich singe", "text": "Ich singe gern mit."})
	bert.asks(t, "/garten/articles/add/", "title", map[string]string{"title": "Vom Beet", "text": "Die Bohnen sind *reif*.", "public": "on"})
	applied := linked(t, anna.Get(latestConversation(anna.Get(choir+"conversations/").Body)).Body, `/stadt/memberships/applications/\d+/accept/?`)
	sendsForged(t, f.place, "anna@example.org", "garten@"+town.Domain)

	f.pages = []page{
		{name: "start", path: "/", main: true},
		{name: "groups", path: "/stadt/groups/", main: true},
		{name: "groups-none", path: "/stadt/groups/?name=zzz"},
		{name: "group", path: "/garten/", main: true},
		{name: "group-closed", path: "/chor/"},
		{name: "person", path: "/anna/", main: true},
		{name: "people", path: "/stadt/gestalten/"},
		{name: "article", path: article, main: true},
		{name: "articles", path: "/stadt/articles/", main: true},
		{name: "sign-up", path: "/stadt/signup/", main: true},
		{name: "sign-up-wrong", path: "/stadt/signup/", wrong: true},
		{name: "sign-up-done", path: "/stadt/signup/done/"},
		{name: "confirm", path: f.letter(t, "neu@post.example", `/stadt/confirm/[\w-]+/`)},
		{name: "confirm-dead", path: "/stadt/confirm/xyz/", status: 404},
		{name: "sign-in", path: "/stadt/login/", main: true},
		{name: "sign-in-wrong", path: "/stadt/login/", wrong: true},
		{name: "sign-in-cancelled", path: "/stadt/login/cancelled/"},
		{name: "sign-in-error", path: "/stadt/login/error/"},
		{name: "sign-in-sign-up", path: "/stadt/login/signup/"},
		{name: "reset", path: "/stadt/password/reset/"},
		{name: "reset-wrong", path: "/stadt/password/reset/", wrong: true},
		{name: "reset-done", path: "/stadt/password/reset/done/"},
		{name: "reset-key", path: f.letter(t, "bert@example.org", `/stadt/password/reset/key/[\w-]+/`)},
		{name: "reset-key-wrong", path: f.letter(t, "bert@example.org", `/stadt/password/reset/key/[\w-]+/`), wrong: true},
		{name: "reset-key-done", path: "/stadt/password/reset/key/done/"},
		{name: "write-to-group", path: group + "conversations/add/", main: true},
		{name: "write-to-group-wrong", path: group + "conversations/add/", wrong: true},
		{name: "write-confirm", path: f.letter(t, "gast@post.example", `/stadt/conversations/confirm/[\w-]+/`)},
		{name: "recommend", path: "/garten/actions/recommend/"},
		{name: "join-request", path: "/garten/join/request/"},
		{name: "join-request-wrong", path: "/garten/join/request/", wrong: true},
		{name: "join-confirm", path: f.letter(t, "gast@post.example", `/stadt/groups/join/confirm/[\w-]+/`)},
		{name: "subscribe", path: "/garten/actions/subscribe/"},
		{name: "subscribe-wrong", path: "/garten/actions/subscribe/", wrong: true},
		{name: "subscribe-confirm", path: f.letter(t, "gast@post.example", `/stadt/subscribe/confirm/[\w-]+/`)},
		{name: "resign-request", path: group + "resign/request/"},
		{name: "resign-confirm", path: f.letter(t, "bert@example.org", `/stadt/groups/resign/confirm/[\w-]+/`)},
		{name: "unsubscribe-request", path: group + "unsubscribe/request/"},
		{name: "unsubscribe-confirm", path: f.letter(t, "bert@example.org", `/stadt/unsubscribe/confirm/[\w-]+/`)},
		{name: "mail-held", path: f.letter(t, "anna@example.org", `/stadt/mail/[\w-]+/?`)},
		{name: "abuse", path: "/stadt/abuse/path=/garten/"},
		{name: "abuse-wrong", path: "/stadt/abuse/path=/garten/", wrong: true},
		{name: "help", path: "/stadt/help/", main: true},
		{name: "guide-members", path: "/stadt/help/members/"},
		{name: "guide-administrators", path: "/stadt/help/administrators/"},
		{name: "markdown", path: "/stadt/markdown/"},
		{name: "privacy", path: "/stadt/privacy/"},
		{name: "offline", path: "/stadt/offline/"},
		{name: "not-found", path: "/gartn/", status: 404, main: true},
		{name: "styleguide", path: "/stadt/styleguide/", main: true},
		{name: "outbox", path: "/stadt/outbox/"},
		{name: "outbox-mail", path: linked(t, nobody.Get("/stadt/outbox/").Body, `/stadt/outbox/[^"]+`)},

		{name: "start-mine", path: "/", who: "anna", main: true},
		{name: "group-mine", path: "/garten/", who: "anna", main: true},
		{name: "person-mine", path: "/anna/", who: "anna"},
		{name: "person-other", path: "/bert/", who: "anna"},
		{name: "groups-mine", path: "/stadt/groups/?only_with_membership=true", who: "anna"},
		{name: "article-internal", path: internal, who: "anna", main: true},
		{name: "article-edit", path: article + "edit/", who: "anna"},
		{name: "article-edit-wrong", path: article + "edit/", who: "anna", wrong: true},
		{name: "article-delete", path: article + "delete/", who: "anna"},
		{name: "comment-delete", path: remove, who: "anna"},
		{name: "comment-wrong", path: article, who: "anna", wrong: true},
		{name: "write-article", path: "/garten/articles/add/", who: "anna", main: true},
		{name: "write-article-wrong", path: "/garten/articles/add/", who: "anna", wrong: true},
		{name: "write-article-anywhere", path: "/stadt/articles/add/", who: "anna"},
		{name: "conversation", path: conversation, who: "anna", main: true},
		{name: "conversations", path: group + "conversations/", who: "anna"},
		{name: "answer-alone", path: alone, who: "anna"},
		{name: "write-to-person", path: person, who: "anna"},
		{name: "application", path: applied, who: "anna"},
		{name: "inbox", path: "/stadt/activity/", who: "anna", main: true},
		{name: "settings", path: "/stadt/settings/", who: "anna", main: true},
		{name: "settings-wrong", path: "/stadt/settings/", who: "anna", wrong: true},
		{name: "settings-notifications", path: "/stadt/settings/notifications/", who: "anna"},
		{name: "settings-pictures", path: "/stadt/settings/images/", who: "anna"},
		{name: "settings-devices", path: "/stadt/settings/devices/", who: "anna"},
		{name: "settings-password", path: "/stadt/settings/password/", who: "anna"},
		{name: "settings-password-wrong", path: "/stadt/settings/password/", who: "anna", wrong: true},
		{name: "settings-delete", path: "/stadt/settings/gestalt/delete/", who: "anna"},
		{name: "addresses", path: "/stadt/email/", who: "anna"},
		{name: "addresses-wrong", path: "/stadt/email/", who: "anna", wrong: true},
		{name: "sign-out", path: "/stadt/logout/", who: "anna"},
		{name: "members", path: group + "members/", who: "anna", main: true},
		{name: "members-add", path: choir + "members/add/", who: "anna"},
		{name: "members-add-wrong", path: choir + "members/add/", who: "anna", wrong: true},
		{name: "resign", path: group + "resign/", who: "anna"},
		{name: "unsubscribe", path: group + "unsubscribe/", who: "anna"},
		{name: "unsubscribe-link", path: f.letter(t, "anna@example.org", `/stadt/unsubscribe/\d+/\d+/[\w-]+/`), who: "anna"},
		{name: "group-settings", path: "/stadt/settings/group?group=garten", who: "anna", main: true},
		{name: "group-settings-wrong", path: "/stadt/settings/group?group=garten", who: "anna", wrong: true},
		{name: "group-pictures", path: "/stadt/settings/group/images?group=garten", who: "anna"},
		{name: "group-relation", path: "/stadt/settings/group/subscriptions-memberships?group=garten", who: "anna"},
		{name: "found-group", path: "/stadt/groups/add/", who: "anna", main: true},
		{name: "found-group-wrong", path: "/stadt/groups/add/", who: "anna", wrong: true},
		{name: "admin", path: "/stadt/admin/", who: "demo-admin", main: true},
		{name: "denied", path: "/stadt/admin/", who: "anna", status: 403},
		{name: "join", path: "/garten/actions/join/", who: "demo-admin"},
		{name: "write-to-closed-group", path: choir + "conversations/add/?apply_for_membership=1", who: "demo-admin"},

		{name: "method", path: "/stadt/login/", sends: `form.action = "/stadt/help/"`, status: 405},
		{name: "too-large", path: "/stadt/login/", sends: `form.login.value = "x".repeat(2 << 20)`, status: 413},
		{name: "forged", path: "data:text/html,<form method=post action=" + f.place.URL + "/stadt/login/>", sends: ";", status: 403},
		{name: "sign-in-often", path: "/stadt/login/", sends: `form.login.value = form.password.value = "niemand"; ` + untilOften, status: 429},
		{name: "too-often", path: "/stadt/signup/", sends: untilOften, status: 429}, // last: for a minute nobody else can sign up
	}
}

// untilOften sends a form until the site has had enough.
const untilOften = `while ((await send()).status !== 429);`

// latestConversation returns the path of the conversation that was begun last.
func latestConversation(html string) string {
	latest := 0
	for _, found := range regexp.MustCompile(`/stadt/conversations/(\d+)/`).FindAllStringSubmatch(html, -1) {
		if n, err := strconv.Atoi(found[1]); err == nil {
			latest = max(latest, n)
		}
	}
	return fmt.Sprintf("/stadt/conversations/%d/", latest)
}

// open opens a German demonstration town.
func open(t *testing.T) *town.Town {
	t.Helper()
	place, _ := begin(t)
	return place
}

// begin opens a German demonstration town and returns what runs it.
func begin(t *testing.T) (*town.Town, *town.Process) {
	t.Helper()
	place := town.New(t, town.SQLite, map[string]string{"LANGUAGE_CODE": "de-de", "EMAIL_SUBMISSION_BACKEND": "folder"})
	if code, out := place.Call("", "demo"); code != 0 {
		t.Fatalf("demo: %d\n%s", code, out)
	}
	server := place.Start("serve")
	place.Open()
	return place, server
}
