//go:build e2e

package browser

import (
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/testkit/captchatest"
)

// demonstrations are the towns in which the tests begin.
var demonstrations town.Demonstrations

func TestMain(m *testing.M) {
	code := m.Run()
	if err := demonstrations.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

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
	f := &furnished{guests: map[string]*guest{}}
	f.place = town.New(t, town.SQLite, map[string]string{
		"EMAIL_SUBMISSION_BACKEND": "folder", "INCOMING_MAIL_AUTHSERV_ID": "mx.example",
		// The pages about chat are there; nobody answers at the homeserver.
		"MATRIX_CHAT_ENABLED": "true", "MATRIX_CHAT_DOMAIN": "matrix.example", "MATRIX_CHAT_HOMESERVER_URL": "http://127.0.0.1:9", "MATRIX_CHAT_BOT_ACCESS_TOKEN": "none",
	})
	f.outbox = filepath.Join(f.place.Folder(), "outbox")
	demonstrations.Fill(f.place)
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

// letters returns the mails in which an address stands.
func (f *furnished) letters(t *testing.T, address string) (all []town.Letter) {
	t.Helper()
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
		if strings.Contains(l.Raw, address) {
			all = append(all, l)
		}
	}
	return all
}

// letter waits for a mail to an address with a link like a pattern, and returns the link's path.
func (f *furnished) letter(t *testing.T, to, pattern string) (path string) {
	t.Helper()
	link := regexp.MustCompile(`https?://[^/\s]+(` + pattern + `)`)
	servers.Eventually(t, "a mail to "+to+" with "+pattern, func() bool {
		for _, l := range f.letters(t, to) {
			if found := link.FindStringSubmatch(l.Text); found != nil {
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
	if answer, ok := captchatest.Answer(g.Page.Body); ok {
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

// firstArticle returns where the first of what is new on the page of the gardeners leads, below the pictures in its head.
func firstArticle(t *testing.T, html string) string {
	t.Helper()
	return linked(t, html[max(0, strings.Index(html, `id="news"`)):], `/garten/[a-z][^/"]*/`)
}

// sendsForged hands in a mail that no mail server vouches for.
func sendsForged(t *testing.T, place *town.Town, from, to string) {
	t.Helper()
	sends(t, place, from, to, "Subject: Samstag\r\nMessage-ID: <1@post.example>\r\n\r\nWer kommt am Samstag?")
}

// sends hands in a mail, of which the rest is what stands above its sender, and its text.
func sends(t *testing.T, place *town.Town, from, to, rest string) {
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
	message := strings.Replace(rest, "\r\n\r\n", "\r\nFrom: "+from+"\r\nTo: "+to+"\r\n\r\n", 1) + "\r\n."
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
	article := linked(t, outside, `/garten/erntefest[^/"]*/`)
	inside := anna.Get("/garten/").Body
	internal := article
	for _, found := range regexp.MustCompile(`href="(/garten/[a-z][^/"]*/)"`).FindAllStringSubmatch(inside, -1) {
		if !strings.Contains(outside, found[1]) && !strings.Contains(found[1], "actions") {
			internal = found[1]
		}
	}
	event, day, _ := strings.Cut(linked(t, outside, `/garten/gartensamstag[^/"]*/\?date=[\d-]+`), "?date=")
	group := strings.TrimSuffix(linked(t, inside, `/stadt/groups/\d+/members/`), "members/")
	choir := strings.TrimSuffix(linked(t, anna.Get("/chor/").Body, `/stadt/groups/\d+/members/`), "members/")
	conversation := linked(t, anna.Get(group+"conversations/").Body, `/stadt/conversations/\d+/`)
	alone := linked(t, anna.Get(conversation).Body, `/stadt/associations/\d+/contributions/\d+/reply-to-author/?`)
	remove := linked(t, anna.Get(article).Body, article+`contributions/\d+/delete/?`)
	person := linked(t, nobody.Get("/bert/").Body, `/stadt/login/\?next=[^"]*|/stadt/gestalten/\d+/conversations/add/`)
	if strings.HasPrefix(person, "/stadt/login/") {
		person = linked(t, anna.Get("/bert/").Body, `/stadt/gestalten/\d+/conversations/add/`)
	}
	sheet := strings.TrimSuffix(linked(t, anna.Get("/garten/beetplan-zum-aufhaengen/").Body, `/stadt/content/\d+/versions/1/`), "versions/1/")

	nobody.asks(t, "/stadt/signup/", "password1", map[string]string{"name": "Nele Neu", "email": "neu@post.example", "password1": "vier Worte fuer mich", "password2": "vier Worte fuer mich"})
	nobody.asks(t, "/stadt/password/reset/", "email", map[string]string{"email": "bert@example.org"})
	nobody.asks(t, "/garten/join/request/", "email", map[string]string{"email": "gast@post.example"})
	nobody.asks(t, "/garten/actions/subscribe/", "email", map[string]string{"email": "gast@post.example"})
	nobody.asks(t, group+"resign/request/", "email", map[string]string{"email": "bert@example.org"})
	nobody.asks(t, group+"unsubscribe/request/", "email", map[string]string{"email": "bert@example.org"})
	nobody.asks(t, group+"conversations/add/", "subject", map[string]string{"email": "gast@post.example", "subject": "Saatgut", "text": "Habt ihr noch Saatgut?"})
	bert.asks(t, choir+"conversations/add/?apply_for_membership=1", "subject", map[string]string{"subject": "Ich singe", "text": "Ich singe gern mit."})
	leaving := linked(t, bert.Page.Body, `/stadt/leave/[\w/-]+`)
	retracting := linked(t, bert.Page.Body, `/stadt/conversations/\d+/contributions/\d+/delete/`)
	bert.asks(t, "/garten/articles/add/", "title", map[string]string{"title": "Vom Beet", "text": "Die Bohnen sind *reif*.", "public": "on"})
	applied := linked(t, anna.Get(latestConversation(anna.Get(choir+"conversations/").Body)).Body, `/stadt/memberships/applications/\d+/accept/?`)
	sendsForged(t, f.place, "anna@example.org", "garten@"+town.Domain)

	anna.asks(t, choir+"members/add/", "email", map[string]string{"email": "alt@post.example"})
	anna.Send(choir+"invitations/", url.Values{}, true)
	invitation := regexp.MustCompile(`/stadt/invitations/[\w-]+/`).FindString(anna.Page.Body)
	nobody.asks(t, invitation+"request/", "email", map[string]string{"email": "sopran@post.example"})
	anna.Get("/") // what was said of the invitation has been read
	bert.asks(t, "/stadt/groups/add/", "name", map[string]string{"name": "Imkerei am Hang"})
	f.guests["demo-admin"].asks(t, "/stadt/admin/imprint/", "imprint", map[string]string{"imprint": "# Verein Neustadt\n\nAm Bach 1"})
	founded := bert.Page.Path
	bert.asks(t, "/stadt/groups/add/", "name", map[string]string{"name": "Alte Werkstatt"})
	resting := bert.Page.Path
	archive := linked(t, bert.Get(resting).Body, `/stadt/groups/\d+/about/`)
	archive = strings.TrimSuffix(archive, "about/") + "archive/"
	bert.Send(archive, url.Values{}, true)
	anna.asks(t, "/garten/events/add/", "title", map[string]string{"title": "Sommerfest", "place": "Am Bach", "time": "2099-05-08T17:00", "public": "on"})
	feast := regexp.MustCompile(`/stadt/content/\d+/`).FindString(anna.Page.Body)
	anna.asks(t, feast+"help/edit/", "more", map[string]string{"more": "2 Kuchen"})
	nobody.asks(t, feast+"events/attendees/request/", "email", map[string]string{"email": "kommt@post.example", "name": "Karo", "answer": "yes"})
	nobody.Send(f.letter(t, "kommt@post.example", `/stadt/attendance/confirm/[\w-]+/`), url.Values{}, true)
	nobody.asks(t, feast+"events/attendees/request/", "email", map[string]string{"email": "vielleicht@post.example", "name": "Vera", "answer": "maybe"})
	anna.asks(t, group+"imports/", "address", map[string]string{"address": "https://calendar.invalid/garten.ics"})
	imported := linked(t, anna.Get(group+"imports/").Body, `/stadt/imports/\d+/`)
	poll := f.poll(t)

	const gallery = "/garten/ein-jahr-im-garten/"

	f.pages = []page{
		{name: "start", path: "/", main: true},
		{name: "groups", path: "/stadt/groups/", main: true},
		{name: "groups-tagged", path: "/stadt/groups/?tag=umwelt"},
		{name: "articles-tagged", path: "/stadt/articles/?tag=umwelt"},
		{name: "events-tagged", path: "/stadt/events/?tag=umwelt"},
		{name: "tag", path: "/stadt/tags/umwelt/", main: true},
		{name: "tag-unused", path: "/stadt/tags/unbekannt/", who: "anna"},
		{name: "tag-group", path: "/stadt/tags/kultur/tag-group/", who: "anna"},
		{name: "groups-none", path: "/stadt/groups/?name=zzz"},
		{name: "search", path: "/stadt/search/"},
		{name: "search-found", path: "/stadt/search/?q=garten&order=newest"},
		{name: "search-none", path: "/stadt/search/?q=Wekstatt"},
		{name: "groups-by-name", path: "/stadt/groups/?o=name"},
		{name: "group-narrowed", path: "/garten/?content=articles&content__title__icontains=e", main: true},
		{name: "group-narrowed-none", path: "/garten/?content=polls"},
		{name: "group", path: "/garten/", main: true},
		{name: "group-closed", path: "/chor/"},
		{name: "person", path: "/anna/", main: true},
		{name: "people", path: "/stadt/gestalten/"},
		{name: "article", path: article, main: true},
		{name: "articles", path: "/stadt/articles/", main: true},
		{name: "gallery", path: gallery, main: true},
		{name: "galleries", path: "/stadt/galleries/"},
		{name: "event", path: event, main: true},
		{name: "event-date", path: event + "?date=" + day},
		{name: "event-attend", path: feast + "events/attendees/"},
		{name: "event-attend-request", path: feast + "events/attendees/request/"},
		{name: "event-attend-request-wrong", path: feast + "events/attendees/request/", wrong: true},
		{name: "event-attend-confirm", path: f.letter(t, "vielleicht@post.example", `/stadt/attendance/confirm/[\w-]+/`)},
		{name: "event-attend-own", path: f.letter(t, "kommt@post.example", `/stadt/attendance/\d+/[\w-]+/`)},
		{name: "event-help-link", path: f.letter(t, "bert@example.org", `/stadt/events/help/\d+/\d+/\d+/[\w-]+/`)},
		{name: "events", path: "/stadt/events/", main: true},
		{name: "events-week", path: "/stadt/events/?view=week", main: true},
		{name: "events-list", path: "/stadt/events/?view=list&filter=1"},
		{name: "events-place", path: "/stadt/events/?place=Marktplatz"},
		{name: "events-print", path: "/stadt/events/print?view=list", main: true},
		{name: "events-filtered", path: "/stadt/events/?group=garten&place=x"},
		{name: "events-past", path: "/stadt/events/?past=1"},
		{name: "events-day", path: "/stadt/events/2026/3/3"},
		{name: "events-export", path: "/stadt/events/export"},
		{name: "map", path: "/stadt/map/", main: true},
		{name: "map-near", path: "/stadt/map/?near=Marktplatz&within=2"},
		{name: "map-nowhere", path: "/stadt/map/?near=Atlantis", status: 422},
		{name: "polls", path: "/stadt/polls/", main: true},
		{name: "poll", path: poll.path, main: true},
		{name: "poll-vote", path: poll.path + "vote/"},
		{name: "poll-vote-wrong", path: poll.path + "vote/", wrong: true},
		{name: "poll-votes", path: poll.votes},
		{name: "poll-own", path: poll.own},
		{name: "poll-link", path: f.letter(t, "bert@example.org", `/stadt/polls/answers/\d+/\d+/yes/[\w-]+/`)},
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
		{name: "invite-poster", path: "/garten/actions/recommend/poster/"},
		{name: "join-ways", path: "/garten/actions/join/"},
		{name: "join-ways-closed", path: "/chor/actions/join/"},
		{name: "join-sign-up", path: "/stadt/signup/?next=/chor/actions/join"},
		{name: "join-sign-in", path: "/stadt/login/?next=/garten/actions/join"},
		{name: "invitation", path: invitation},
		{name: "invitation-request", path: invitation + "request/"},
		{name: "invitation-confirm", path: f.letter(t, "sopran@post.example", `/stadt/groups/invitations/confirm/[\w-]+/`)},
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
		{name: "thread-leave", path: leaving},
		{name: "thread-mute", path: f.letter(t, "anna@example.org", `/stadt/mute/[\w/-]+`)},
		{name: "message-delete", path: retracting, who: "bert"},
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
		{name: "groups-archived", path: "/stadt/groups/?archived=true", who: "anna"},
		{name: "group-archived", path: resting, who: "bert", main: true},
		{name: "group-reactivate", path: archive, who: "bert"},
		{name: "group-archive", path: group + "archive/", who: "anna"},
		{name: "group-reactivate-link", path: f.letter(t, "bert@example.org", `/stadt/groups/archive/\d+/\d+/[\w-]+/`)},
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
		{name: "gallery-edit", path: gallery + "edit/", who: "anna", main: true},
		{name: "write-gallery", path: "/garten/galleries/add/", who: "anna"},
		{name: "write-gallery-wrong", path: "/garten/galleries/add/", who: "anna", wrong: true},
		{name: "write-gallery-anywhere", path: "/stadt/galleries/add/", who: "anna"},
		{name: "events-group", path: group + "events/", who: "anna", main: true},
		{name: "events-export-group", path: "/garten/events/export", who: "anna"},
		{name: "event-edit", path: event + "edit/", who: "anna"},
		{name: "event-asks", path: feast, who: "anna", main: true},
		{name: "event-date-edit", path: linked(t, anna.Get(event+"?date="+day).Body, `/stadt/content/\d+/dates/[\d-]+/?`), who: "anna"},
		{name: "event-attend-list", path: feast + "events/attendees/list/", who: "anna"},
		{name: "event-help-edit", path: feast + "help/edit/", who: "anna"},
		{name: "event-help-list", path: feast + "help/list/", who: "anna"},
		{name: "event-hosts", path: feast + "hosts/", who: "anna"},
		{name: "imports", path: group + "imports/", who: "anna"},
		{name: "feeds", path: "/stadt/feeds/", main: true},
		{name: "imports-wrong", path: group + "imports/", who: "anna", wrong: true},
		{name: "import", path: imported, who: "anna"},
		{name: "import-end", path: imported + "end/", who: "anna"},
		{name: "calendar-invitations", path: group + "calendar-invitations/", who: "anna"},
		{name: "write-event", path: "/garten/events/add/", who: "anna", main: true},
		{name: "write-event-wrong", path: "/garten/events/add/", who: "anna", wrong: true},
		{name: "write-event-anywhere", path: "/stadt/events/add/", who: "anna"},
		{name: "files", path: "/stadt/files/", who: "anna"},
		{name: "file", path: "/garten/beetplan-zum-aufhaengen/", who: "anna", main: true},
		{name: "file-played", path: "/chor/der-tenor-zum-ueben/"},
		{name: "file-edit", path: "/garten/beetplan-zum-aufhaengen/edit/", who: "anna"},
		{name: "file-restore", path: sheet + "versions/1/", who: "anna"},
		{name: "file-version-delete", path: sheet + "versions/1/delete/", who: "anna"},
		{name: "upload", path: "/garten/files/add/", who: "anna"},
		{name: "upload-anywhere", path: "/stadt/files/add/", who: "anna"},
		{name: "upload-wrong", path: "/garten/files/add/", who: "anna", wrong: true},
		{name: "poll-mine", path: poll.path, who: "anna", main: true},
		{name: "poll-edit", path: poll.path + "edit/", who: "anna"},
		{name: "write-poll", path: "/garten/polls/add/", who: "anna", main: true},
		{name: "write-poll-wrong", path: "/garten/polls/add/", who: "anna", wrong: true},
		{name: "write-poll-anywhere", path: "/stadt/polls/add/", who: "anna"},
		{name: "conversation", path: conversation, who: "anna", main: true},
		{name: "conversations", path: group + "conversations/", who: "anna"},
		{name: "answer-alone", path: alone, who: "anna"},
		{name: "write-to-person", path: person, who: "anna"},
		{name: "application", path: applied, who: "anna"},
		{name: "application-decline", path: strings.Replace(applied, "/accept", "/decline", 1), who: "anna"},
		{name: "inbox", path: "/stadt/activity/", who: "anna", main: true},
		{name: "settings", path: "/stadt/settings/", who: "anna", main: true},
		{name: "settings-wrong", path: "/stadt/settings/", who: "anna", wrong: true},
		{name: "settings-notifications", path: "/stadt/settings/notifications/", who: "anna"},
		{name: "settings-pictures", path: "/stadt/settings/images/", who: "anna"},
		{name: "settings-devices", path: "/stadt/settings/devices/", who: "anna"},
		{name: "settings-app-passwords", path: "/stadt/settings/app-passwords/", who: "anna"},
		{name: "settings-password", path: "/stadt/settings/password/", who: "anna"},
		{name: "settings-password-wrong", path: "/stadt/settings/password/", who: "anna", wrong: true},
		{name: "settings-delete", path: "/stadt/settings/gestalt/delete/", who: "anna"},
		{name: "addresses", path: "/stadt/email/", who: "anna"},
		{name: "addresses-wrong", path: "/stadt/email/", who: "anna", wrong: true},
		{name: "sign-out", path: "/stadt/logout/", who: "anna"},
		{name: "members", path: group + "members/", who: "anna", main: true},
		{name: "group-about", path: group + "about/", who: "anna", main: true},
		{name: "members-add", path: choir + "members/add/", who: "anna"},
		{name: "members-add-wrong", path: choir + "members/add/", who: "anna", wrong: true},
		{name: "resign-by-link", path: f.letter(t, "alt@post.example", `/stadt/groups/resign/\d+/\d+/[\w-]+/`)},
		{name: "resign", path: group + "resign/", who: "anna"},
		{name: "unsubscribe", path: group + "unsubscribe/", who: "anna"},
		{name: "unsubscribe-link", path: f.letter(t, "anna@example.org", `/stadt/unsubscribe/\d+/\d+/[\w-]+/`), who: "anna"},
		{name: "group-settings", path: "/stadt/settings/group?group=garten", who: "anna", main: true},
		{name: "group-settings-wrong", path: "/stadt/settings/group?group=garten", who: "anna", wrong: true},
		{name: "group-place", path: "/stadt/settings/group/geo/?group=garten", who: "anna", main: true},
		{name: "group-place-wrong", path: "/stadt/settings/group/geo/?group=garten", who: "anna", wrong: true},
		{name: "group-chat", path: "/stadt/settings/group/matrix-chat?group=garten", who: "anna", main: true},
		{name: "settings-chat", path: "/stadt/settings/matrix-chat/", who: "anna", main: true},
		{name: "group-pictures", path: "/stadt/settings/group/images?group=garten", who: "anna"},
		{name: "group-relation", path: "/stadt/settings/group/subscriptions-memberships?group=garten", who: "anna"},
		{name: "invite", path: "/garten/actions/recommend/", who: "anna"},
		{name: "invite-closed", path: "/chor/actions/recommend/", who: "anna"},
		{name: "group-new", path: founded, who: "bert"},
		{name: "welcome", path: "/stadt/welcome/?next=/garten/", who: "anna"},
		{name: "found-group", path: "/stadt/groups/add/", who: "anna", main: true},
		{name: "found-group-wrong", path: "/stadt/groups/add/", who: "anna", wrong: true},
		{name: "admin", path: "/stadt/admin/", who: "demo-admin", main: true},
		{name: "admin-name", path: "/stadt/admin/name/", who: "demo-admin", main: true},
		{name: "admin-colour", path: "/stadt/admin/colour/", who: "demo-admin", main: true},
		{name: "admin-logo", path: "/stadt/admin/logo/", who: "demo-admin"},
		{name: "admin-commands", path: "/stadt/admin/commands/", who: "demo-admin"},
		{name: "admin-languages", path: "/stadt/admin/languages/", who: "demo-admin"},
		{name: "admin-imprint", path: "/stadt/admin/imprint/", who: "demo-admin"},
		{name: "admin-bounces", path: "/stadt/admin/bounces/", who: "demo-admin"},
		{name: "admin-privacy", path: "/stadt/admin/privacy/", who: "demo-admin"},
		{name: "admin-health", path: "/stadt/admin/health/", who: "demo-admin"},
		{name: "imprint", path: "/stadt/imprint/"},
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

// furnishedPoll are the addresses of a poll about dates in which some have voted.
type furnishedPoll struct{ path, votes, own string }

// poll lets Anna ask for a date, and a guest and Anna vote.
func (f *furnished) poll(t *testing.T) (p furnishedPoll) {
	t.Helper()
	nobody, anna := f.guests[""], f.guests["anna"]
	anna.Send("/garten/polls/add/", url.Values{
		"title": {"Wann ernten wir?"}, "text": {"Es dauert einen halben Tag."}, "public": {"on"}, "poll_type": {"event"},
		"option_time": {"2099-09-05T10:00", "2099-09-06T10:00", "2099-09-12T10:00"}, "option_until": {"2099-09-05T14:00", "", ""}, "ends": {"2099-08-20T20:00"},
	}, true)
	p.path = anna.Page.Path
	p.votes = regexp.MustCompile(`/stadt/content/\d+/`).FindString(anna.Page.Body) + "votes/"
	options := regexp.MustCompile(`name="(option_\d+)" value="yes"`).FindAllStringSubmatch(anna.Page.Body, -1)
	if len(options) != 3 {
		t.Fatalf("the poll at %s has %d options:\n%s", p.path, len(options), anna.Page.Body)
	}
	nobody.asks(t, p.path+"vote/", "anonymous", map[string]string{"anonymous": "Gustav Gast", options[0][1]: "yes", options[1][1]: "no"})
	p.own = nobody.Page.Path
	anna.Send(p.path+"vote/", url.Values{options[0][1]: {"yes"}, options[2][1]: {"no"}}, true)
	return p
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
	demonstrations.Fill(place)
	server := place.Start("serve")
	place.Open()
	return place, server
}
