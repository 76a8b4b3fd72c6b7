package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// attempt is how a route is used that counts by itself.
type attempt struct {
	who    string // nobody is somebody who has not signed in
	path   string // empty: as the route says
	form   url.Values
	link   func() string // the path, if it works but once
	asks   bool          // a question first, on the page of the same address
	counts []string
}

// counted lists the routes whose handlers count, with what they count: names of limits, once for each of those who are
// counted. All other routes that change something have the usual limit, or one of the router.
func (w *town) counted(t *testing.T) map[string][]attempt {
	t.Helper()
	letters := []string{"letters from a network", "letters to an address"}
	accountLetters := []string{"account mails to an address", "account mails to an address from a network"}
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Erntefest"}, "text": {"x"}, "public": {"on"}}, true)
	articlePath := strings.TrimSuffix(anna.Page.Path, "/")
	carla.Send(fmt.Sprintf("/stadt/groups/%d/conversations/add", w.Garten.ID), url.Values{"subject": {"Laub"}, "text": {"Wohin?"}}, true)
	talkPath := strings.TrimSuffix(carla.Page.Path, "/")
	anna.Send("/garten/events/add/", url.Values{"title": {"Fest"}, "time": {"2099-03-07T10:00"}, "place": {"Am Bach"}, "public": {"on"}}, true)
	var festID int64
	if err := w.db.Get(t.Context(), &festID, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	anna.Send("/garten/polls/add/", url.Values{"title": {"Suppe"}, "text": {"Welche?"}, "option": {"Linsen"}, "public": {"on"}}, true)
	pollPath := strings.TrimSuffix(anna.Page.Path, "/")
	var pollID int64
	if err := w.db.Get(t.Context(), &pollID, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	var first int64
	if err := w.db.Get(t.Context(), &first, `SELECT MIN(id) FROM contributions`); err != nil {
		t.Fatal(err)
	}
	nobody, n := w.visit(t, ""), 0
	nobody.Get("/stadt/signup/")
	nobody.Submit("captcha_0", map[string]string{
		"name": "Frieda", "email": "frieda@example.org", "password1": "im Garten wächst Mangold", "password2": "im Garten wächst Mangold", "captcha_0": captchatest.Solve(t, nobody.Page.Body),
	})
	link := confirmation.FindString(w.mails(t, "frieda@example.org")[0].Text)
	delivery := func() string {
		n++
		address := fmt.Sprintf("gustav%d@example.org", n)
		nobody.Get(community.ContactPath(w.Bert.ID))
		nobody.Submit("captcha_0", map[string]string{
			"subject": "Laub", "text": "Wohin?", "email": address, "captcha_0": captchatest.Solve(t, nobody.Page.Body),
		})
		return delivering.FindString(w.mails(t, address)[0].Text)
	}
	// Each attempt changes another date, from the last one back: what follows it is a series of its own then.
	anna.Send("/garten/events/add/", url.Values{"title": {"Jäten"}, "time": {"2099-01-03T10:00"}, "place": {"Am Bach"}, "repeats": {"weekly"}, "repeats_times": {"30"}}, true)
	var seriesID int64
	if err := w.db.Get(t.Context(), &seriesID, `SELECT MAX(id) FROM contents`); err != nil {
		t.Fatal(err)
	}
	weeks, dateForm, restForm := 30, url.Values{"cancelled": {"on"}, "place": {"Am Bach"}}, url.Values{"scope": {"following"}, "place": {"Im Hof"}}
	anotherDate := func(form url.Values) string {
		weeks--
		day := time.Date(2099, time.January, 3+7*weeks, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		form.Set("time", day+"T10:00")
		return fmt.Sprintf("/stadt/content/%d/dates/%s/", seriesID, day)
	}
	dateOf, restOf := func() string { return anotherDate(dateForm) }, func() string { return anotherDate(restForm) }
	eventForm := url.Values{"title": {"Gießen"}, "time": {"2099-03-07T10:00"}, "place": {"Am Bach"}, "cancelled": {"on"}}
	edited := func() string {
		n++
		create := anna.Send("/garten/events/add/", url.Values{"title": {fmt.Sprint("Gießen ", n)}, "time": {"2099-03-07T10:00"}, "place": {"Am Bach"}}, true)
		return strings.TrimSuffix(create.Path, "/") + "/edit/"
	}
	email := url.Values{"email": {"emil@example.org"}}
	message := url.Values{"subject": {"Kompost"}, "text": {"Wer bringt ihn?"}}
	withAddress := url.Values{"subject": {"Kompost"}, "text": {"Wer bringt ihn?"}, "email": {"emil@example.org"}}
	article := url.Values{"title": {"Beete"}, "text": {"Wir graben um."}}
	event := url.Values{"title": {"Umgraben"}, "time": {"2099-03-07T10:00"}, "place": {"Am Bach"}, "as_gestalt": {"on"}}
	password := url.Values{"oldpassword": {"wrong"}, "password1": {"im Garten wächst Mangold"}, "password2": {"im Garten wächst Mangold"}}
	contact := func(path string) []attempt {
		return []attempt{
			{who: "carla", path: path, form: message, counts: []string{"begin a conversation", "messages to somebody"}},
			{path: path, form: withAddress, asks: true, counts: letters},
		}
	}
	return map[string][]attempt{
		"/stadt/confirm/{key}/":                   {{path: link, form: url.Values{"password": {"wrong"}}, counts: []string{"do something", "confirm by password"}}},
		"/stadt/login/":                           {{form: url.Values{"login": {"anna"}, "password": {"wrong"}}, counts: []string{"sign in", "sign in", "sign in"}}},
		"/stadt/signup/":                          {{form: url.Values{"name": {"Emil"}, "email": {"emil@example.org"}, "password1": {"im Garten wächst Mangold"}, "password2": {"im Garten wächst Mangold"}}, asks: true, counts: append([]string{"sign up"}, accountLetters...)}},
		"/stadt/password/reset/":                  {{form: email, counts: []string{"reset password", "account mails to an address from a network"}}},
		"/stadt/email/":                           {{who: "anna", form: url.Values{"email": {"a@example.org"}, "action_add": {"1"}}, counts: append([]string{"manage addresses"}, accountLetters...)}},
		"/stadt/settings/password/":               {{who: "anna", form: password, counts: []string{"change password"}}},
		"/stadt/password/set/":                    {{who: "anna", form: password, counts: []string{"change password"}}},
		"/stadt/settings/app-passwords/":          {{who: "anna", form: url.Values{"name": {"Telefon"}, "scope": {"calendars"}, "days": {"365"}}, counts: []string{"make app passwords"}}},
		"/stadt/settings/matrix-chat/":            {{who: "anna", form: url.Values{"matrix_id": {"@anna:elsewhere.example"}}, counts: []string{"connect a chat account", "questions to a chat account"}}},
		"/stadt/groups/add":                       {{who: "anna", form: url.Values{"name": {"Imkerei"}}, counts: []string{"found a group"}}},
		"/{group}/actions/recommend":              {{who: "anna", path: "/garten/actions/recommend", form: url.Values{"recipients": {"emil@example.org"}, "text": {"x"}}, counts: []string{"recommend a group", "mails that others cause"}}},
		"/{group}/join/request":                   {{path: "/garten/join/request", form: email, counts: letters}},
		"/stadt/invitations/{key}/request":        {{path: w.invitation(t) + "request", form: email, counts: letters}},
		"/stadt/groups/{id}/resign/request":       {{path: community.LeavePath(w.Garten.ID) + "request/", form: email, counts: letters}},
		"/stadt/groups/{id}/unsubscribe/request":  {{path: fmt.Sprintf("/stadt/groups/%d/unsubscribe/request", w.Garten.ID), form: email, counts: letters}},
		"/stadt/groups/{id}/members/add":          {{who: "anna", path: community.MembersPath(w.Chor.ID) + "add/", form: email, counts: []string{"add members", "mails that others cause"}}},
		"/stadt/groups/{id}/invitations":          {{who: "anna", path: fmt.Sprintf("/stadt/groups/%d/invitations", w.Chor.ID), counts: []string{"make invitations"}}},
		"/stadt/gestalten/{id}/conversations/add": contact(community.ContactPath(w.Bert.ID)),
		"/stadt/groups/{id}/conversations/add":    contact(fmt.Sprintf("/stadt/groups/%d/conversations/add", w.Garten.ID)),
		"/stadt/abuse/{path...}":                  contact("/stadt/abuse/garten"),
		"/stadt/articles/add":                     {{who: "anna", form: url.Values{"title": {"Beete"}, "text": {"Wir graben um."}, "as_gestalt": {"on"}}, counts: []string{"publish"}}},
		"/{entity}/articles/add":                  {{who: "anna", path: "/garten/articles/add", form: article, counts: []string{"publish"}}},
		"/stadt/events/add":                       {{who: "anna", form: event, counts: []string{"publish"}}},
		"/{entity}/events/add":                    {{who: "anna", path: "/garten/events/add", form: event, counts: []string{"publish"}}},
		"/stadt/files/add":                        {{who: "anna", form: url.Values{"title": {"Plan"}, "stored": {"x"}, "as_gestalt": {"on"}}, counts: []string{"publish"}}},
		"/{entity}/files/add":                     {{who: "anna", path: "/garten/files/add/", form: url.Values{"title": {"Plan"}, "stored": {"x"}}, counts: []string{"publish"}}},
		"/stadt/polls/add":                        {{who: "anna", form: url.Values{"title": {"Brot"}, "text": {"Wer?"}, "option": {"Ich"}, "as_gestalt": {"on"}}, counts: []string{"publish"}}},
		"/{entity}/polls/add":                     {{who: "anna", path: "/garten/polls/add", form: url.Values{"title": {"Brot"}, "text": {"Wer?"}, "option": {"Ich"}}, counts: []string{"publish"}}},
		"/{entity}/{slug}/vote":                   {{who: "anna", path: pollPath + "/vote", form: url.Values{}, counts: []string{"vote"}}, {path: pollPath + "/vote", form: url.Values{"anonymous": {"Emil"}}, asks: true, counts: []string{"vote under a name"}}},
		"/stadt/api/polls/{id}/vote":              {{who: "anna", path: fmt.Sprintf("/stadt/api/polls/%d/vote", pollID), form: url.Values{}, counts: []string{"vote"}}, {path: fmt.Sprintf("/stadt/api/polls/%d/vote", pollID), form: url.Values{}, counts: []string{"vote under a name"}}},
		"/stadt/content/{id}/dates/{day}": {
			{who: "anna", form: dateForm, link: dateOf, counts: []string{"do something", "change when events take place"}},
			{who: "anna", form: restForm, link: restOf, counts: []string{"do something", "change when events take place", "publish"}},
		},
		"/{entity}/{slug}/edit": {{who: "anna", form: eventForm, link: edited, counts: []string{"do something", "change when events take place"}}},
		"/stadt/content/{id}/hosts": {{who: "anna", form: url.Values{"group": {"chor"}}, link: func() string {
			cast.Execute(t, w.db, `DELETE FROM event_hosts`)
			cast.Execute(t, w.db, `DELETE FROM activities WHERE name = 'host.invited'`)
			return fmt.Sprintf("/stadt/content/%d/hosts/", festID)
		}, counts: []string{"invite groups to show an event", "invitations to show an event"}}},
		"/stadt/groups/{id}/imports":            {{who: "anna", path: fmt.Sprintf("/stadt/groups/%d/imports", w.Garten.ID), form: url.Values{"address": {"http://127.0.0.1:9999/a.ics"}}, counts: []string{"import a calendar"}}},
		"/stadt/imports/{id}/runs":              {{who: "anna", path: w.imported(t) + "runs", form: url.Values{}, counts: []string{"update imported calendars"}}},
		"/stadt/conversations/{id}":             {{who: "anna", path: talkPath, form: url.Values{"text": {"Auf den Kompost."}}, counts: []string{"comment"}}, {who: "carla", path: talkPath, form: url.Values{"text": {"Danke."}}, counts: []string{"comment", "messages to somebody"}}},
		"/stadt/conversations/confirm/{secret}": {{link: delivery, counts: []string{"do something", "messages to somebody"}}},
		"/stadt/associations/{container}/contributions/{id}/reply-to-author": {{
			who: "anna", path: strings.Replace(talkPath, "conversations", "associations", 1) + fmt.Sprintf("/contributions/%d/reply-to-author", first), form: message,
			counts: []string{"begin a conversation", "messages to somebody"},
		}},
		"/stadt/content/{id}/events/attendees/request": {{
			path: fmt.Sprintf("/stadt/content/%d/events/attendees/request", festID), form: url.Values{"email": {"emil@example.org"}, "name": {"Emil"}}, counts: letters,
		}},
		"/{entity}/{slug}": {{who: "anna", path: articlePath, form: url.Values{"text": {"Gern."}}, counts: []string{"comment"}}},
	}
}

// imported lets garten import a calendar, and returns the path of the import.
func (w *town) imported(t *testing.T) string {
	t.Helper()
	cast.Execute(t, w.db, `INSERT INTO imports (group_id, author_id, address, public, created_at, due_at) VALUES (?, ?, 'http://127.0.0.1:9999/b.ics', ?, 0, 0)`, w.Garten.ID, w.Anna.ID, true)
	return "/stadt/imports/1/"
}

var delivering = regexp.MustCompile(`/stadt/conversations/confirm/[a-z0-9]+/`)

var confirmation = regexp.MustCompile(`/stadt/confirm/[a-z0-9]+/`)

// elsewhere are routes that count and that tests of their rooms exercise: they take files.
func elsewhere() []string {
	return []string{
		"/stadt/pictures/add/", // with a file
		"/stadt/galleries/add", "/{entity}/galleries/add",
		"/stadt/files/uploads",
		"/stadt/settings/images/",
		"/stadt/settings/group/images",
	}
}

var placeholder = regexp.MustCompile(`\{[a-z.]+\}`)

// TestEveryPostIsCounted posts to each route that changes something, uses up each number that was counted by this, one
// after the other, and wants to be told to wait.
func TestEveryPostIsCounted(t *testing.T) {
	t.Parallel()
	w := newTown(t, append(chatOptions(matrixtest.New(t)), "GROUPRISE_OPERATOR_GROUP_ID=21")...)
	table, seen := w.counted(t), map[string]bool{}
	for _, m := range w.modules {
		for _, r := range m.Routes {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				continue
			}
			if len(r.Limits()) == 0 {
				t.Errorf("%s %s has no limit", r.Method, r.Path)
			}
			for _, l := range r.Limits() {
				if l.Whom == "" || l.Count == 0 {
					t.Errorf("%s %s has a limit that does not say whom it counts: %s", r.Method, r.Path, l)
				}
			}
			attempts, listed := table[r.Path]
			switch {
			case listed:
				seen[r.Path] = true
			case len(r.Counts) == 0:
				attempts = []attempt{{path: placeholder.ReplaceAllString(r.Path, "1"), form: url.Values{}, counts: []string{r.Limits()[0].Name}}}
			case slices.Contains(elsewhere(), r.Path):
				continue
			default:
				t.Errorf("POST %s counts, and no test lists what", r.Path)
			}
			for _, a := range attempts {
				w.tryUp(t, r, a)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(table)) {
		if !seen[path] {
			t.Errorf("there is no route POST %s", path)
		}
	}
}

// tryUp uses up each number that an attempt counts.
func (w *town) tryUp(t *testing.T, r site.Route, a attempt) {
	t.Helper()
	path := a.path
	if path == "" {
		path = r.Path
	}
	w.forget(t)
	w.takeUnasked(t, "")
	visitor := webtest.Visit(t, w.pages)
	if a.who != "" {
		visitor = w.visit(t, a.who)
	}
	w.forget(t)
	n := 0
	post := func() webtest.Page {
		form := maps.Clone(a.form)
		if n++; form.Has("text") { // the same words are taken for a second click
			form.Set("text", fmt.Sprint(form.Get("text"), " ", path, n))
		}
		if a.asks {
			visitor.Get(path)
			for name, values := range visitor.Form("captcha_0") {
				if form[name] == nil {
					form[name] = values
				}
			}
			form.Set("captcha_0", captchatest.Solve(t, visitor.Page.Body))
		}
		return visitor.Send(path, form, false)
	}
	if a.link != nil {
		path = a.link()
		w.takeUnasked(t, "")
		w.forget(t)
	}
	first := post()
	var keys []string
	if err := w.db.Select(t.Context(), &keys, `SELECT key_hash FROM throttles ORDER BY key_hash`); err != nil {
		t.Fatal(err)
	}
	if mails := w.takeUnasked(t, a.who); len(mails) > 0 && !slices.ContainsFunc(r.Limits(), boundsRecipient) {
		t.Errorf("POST %s as %q has mails sent to others, %q, and no limit is that of a recipient", path, a.who, mails)
	}
	refused := 0
	for _, key := range keys {
		w.forget(t)
		if a.link != nil {
			path = a.link()
		}
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO throttles (key_hash, count, resets_at) VALUES (?, 1000000, ?)`, key, tx.Now.UnixMilli()+300_000)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := post(); got.Status == http.StatusTooManyRequests {
			refused++
			told := strings.Contains(got.Body, "Too many attempts.") || strings.Contains(got.Body, "has had many messages today.") ||
				strings.Contains(got.Body, "has already had several emails like this today.") || strings.Contains(got.Body, "You’ve changed many dates") ||
				strings.Contains(got.Body, "has had many invitations today.")
			if !told || !strings.Contains(got.Body, "try again") || got.Header.Get("Retry-After") == "" {
				t.Errorf("POST %s is refused without a clear sentence (Retry-After %q):\n%s", path, got.Header.Get("Retry-After"), got.Body)
			}
		}
	}
	if refused != len(a.counts) {
		t.Errorf("POST %s as %q (answered %d) is bounded by %d numbers, want %q", path, a.who, first.Status, refused, a.counts)
	}
}

// boundsRecipient reports whether a limit counts what one mailbox gets, whoever sends it.
func boundsRecipient(l web.Limit) bool { return l.Whom == web.PerRecipient || l.Whom == web.PerAddress }

// takeUnasked sends what waits to be sent and returns whom that reached who did not ask for it: addresses of letters, and
// people who are addressed. What somebody writes to themselves is left out.
func (w *town) takeUnasked(t *testing.T, who string) (mails []string) {
	t.Helper()
	var letters, people []string
	err := w.db.Select(t.Context(), &letters, `SELECT payload FROM jobs WHERE kind = 'notify.letter' ORDER BY id`)
	if err == nil {
		err = w.queue.Drain(t.Context())
	}
	if err == nil {
		err = w.db.Select(t.Context(), &people, `SELECT e.slug FROM deliveries d JOIN people p ON p.id = d.person_id JOIN entities e ON e.id = p.entity_id
			WHERE d.reason = 'addressed' AND d.channel = 'email' ORDER BY d.activity_id, d.person_id`)
	}
	if err != nil {
		t.Fatal(err)
	}
	cast.Execute(t, w.db, `DELETE FROM deliveries`)
	for _, payload := range letters {
		var l struct {
			Address string `json:"address"`
		}
		if err := json.Unmarshal([]byte(payload), &l); err != nil {
			t.Fatal(err)
		}
		mails = append(mails, l.Address)
	}
	return slices.DeleteFunc(append(mails, people...), func(to string) bool { return to == who || to == who+"@example.org" })
}

// forget sets all counts back.
func (w *town) forget(t *testing.T) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM throttles`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheWebAndMailCountTogether compares the limits of what can be done by mail with those of the pages.
func TestTheWebAndMailCountTogether(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	pages := map[string]web.Limit{}
	for _, r := range module.Gather(w.modules, func(m module.Module) []site.Route { return m.Routes }) {
		for _, l := range r.Limits() {
			pages[l.Name+" "+string(l.Whom)] = l
		}
	}
	byMail := map[string][]web.Limit{}
	for _, a := range module.Gather(w.modules, func(m module.Module) []mailin.Address { return m.Addresses }) {
		byMail[a.About] = append(a.Counts, a.Limit)
	}
	for _, r := range module.Gather(w.modules, func(m module.Module) []mailin.Reply { return m.Replies }) {
		byMail["replies to a "+string(r.Container)] = append(r.Counts, r.Limit)
	}
	for what, limits := range byMail {
		for _, l := range limits {
			if l.Count == 0 || pages[l.Name+" "+string(l.Whom)] != l {
				t.Errorf("by mail, %s is allowed %s, and on pages %s", what, l, pages[l.Name+" "+string(l.Whom)])
			}
		}
	}
}
