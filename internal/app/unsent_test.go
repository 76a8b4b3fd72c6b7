package app

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// What becomes of a form that is sent when the session of its writer has ended.
const (
	keptText = "its text waits on its page"
	leadBack = "a button: who signs in comes back to its page"
	forAll   = "the route answers visitors, too"
)

// endedSessions says it of every address that takes a form. A new one has to choose.
func endedSessions() map[string]string {
	return map[string]string{
		"/stadt/articles/add": keptText, "/{entity}/articles/add": keptText, "/stadt/events/add": keptText, "/{entity}/events/add": keptText, "/stadt/galleries/add": keptText, "/stadt/files/add": keptText, "/{entity}/files/add": keptText, "/{entity}/galleries/add": keptText, "/stadt/polls/add": keptText, "/{entity}/polls/add": keptText, "/{entity}/{slug}/edit": keptText, "/{entity}/{slug}": keptText,
		"/stadt/conversations/{id}": keptText, "/stadt/associations/{container}/contributions/{id}/reply-to-author": keptText,
		"/stadt/settings/": keptText, "/stadt/settings/group": keptText, "/stadt/settings/group/geo": leadBack, "/stadt/email/": keptText, "/stadt/groups/{id}/members/add": keptText,

		"/{entity}/{slug}/delete": leadBack, "/{entity}/{slug}/contributions/{id}/delete": leadBack, "/stadt/conversations/{container}/contributions/{id}/delete": leadBack,
		"/{entity}/{slug}/contributions/{id}/edit": keptText, "/stadt/conversations/{container}/contributions/{id}/edit": keptText,
		"/{entity}/{slug}/contributions/{id}/reactions": leadBack, "/stadt/conversations/{container}/contributions/{id}/reactions": leadBack,
		"/stadt/threads/content/{id}/muting": leadBack, "/stadt/threads/conversation/{id}/muting": leadBack, "/stadt/groups/{id}/resign": leadBack,
		"/stadt/groups/{id}/unsubscribe": leadBack, "/stadt/groups/{id}/archive": leadBack, "/stadt/groups/archive/{group}/{person}/{key}": forAll, "/{group}/actions/join": leadBack, "/stadt/activity": leadBack,
		"/stadt/settings/notifications/": leadBack, "/stadt/settings/devices/": leadBack, "/stadt/settings/devices/{id}/delete/": leadBack,
		"/stadt/settings/matrix-chat/": leadBack, "/stadt/settings/group/matrix-chat": leadBack, "/stadt/chat-accounts/{id}/{key}": forAll, // 404 for a question that there is not
		"/stadt/settings/app-passwords/": leadBack, "/stadt/settings/app-passwords/{id}/delete/": leadBack,
		"/stadt/settings/images/": leadBack, "/stadt/settings/group/images": leadBack, "/stadt/settings/gestalt/delete/": leadBack,
		"/stadt/settings/password/": leadBack, "/stadt/password/set/": leadBack, // what is typed there is not kept
		"/stadt/groups/{id}/invitations": leadBack, "/stadt/groups/{id}/invitations/withdraw": leadBack, "/stadt/groups/{id}/steps/skip": leadBack,
		"/stadt/welcome/skip/": leadBack, "/stadt/events/export": leadBack, "/{entity}/events/export": leadBack, "/stadt/content/{id}/dates/{day}": leadBack,
		"/stadt/content/{id}/versions/{number}": forAll, "/stadt/content/{id}/versions/{number}/delete": forAll, // 404 for a version that there is not
		"/stadt/content/{id}/hosts": leadBack, "/stadt/content/{id}/hosts/decision": leadBack,
		"/stadt/groups/{id}/imports": leadBack, "/stadt/imports/{id}": leadBack, "/stadt/imports/{id}/runs": leadBack, "/stadt/imports/{id}/end": leadBack,
		"/stadt/admin/jobs/{id}/retry": leadBack, "/stadt/admin/jobs/{id}/discard": leadBack,
		"/stadt/admin/jobs": leadBack, "/stadt/admin/test-mail": leadBack, "/stadt/admin/backups/": leadBack, "/stadt/admin/bounces/{id}/delete": leadBack, "/stadt/admin/health/": leadBack,
		"/stadt/admin/name/": keptText, "/stadt/admin/imprint/": keptText, "/stadt/admin/privacy/": keptText,
		"/stadt/admin/colour/": leadBack, "/stadt/admin/logo/": leadBack, "/stadt/admin/languages/": leadBack,

		"/stadt/setup/":  forAll, // 404 for a site that has been set up
		"/stadt/signup/": forAll, "/stadt/confirm/{key}/": forAll, "/stadt/login/": forAll, "/stadt/logout/": forAll, "/stadt/password/reset/": forAll,
		"/stadt/password/reset/key/{key}/": forAll, "/stadt/groups/add": forAll, "/{group}/actions/recommend": forAll, "/{group}/join/request": forAll,
		"/stadt/groups/join/confirm/{secret}": forAll, "/stadt/groups/{id}/resign/request": forAll, "/stadt/groups/resign/confirm/{secret}": forAll,
		"/stadt/invitations/{key}/": forAll, "/stadt/invitations/{key}/request": forAll, // 404 for an invitation that there is not
		"/stadt/groups/invitations/confirm/{secret}":  forAll,
		"/stadt/memberships/applications/{id}/accept": forAll, "/stadt/memberships/applications/{id}/decline": forAll, // 404 for an application that there is not
		"/{group}/actions/subscribe": forAll, "/stadt/subscribe/confirm/{secret}": forAll, "/stadt/groups/{id}/unsubscribe/request": forAll,
		"/stadt/unsubscribe/confirm/{secret}": forAll, "/stadt/unsubscribe/{group}/{person}/{key}": forAll, "/stadt/groups/resign/{group}/{person}/{key}": forAll, "/stadt/gestalten/{id}/conversations/add": forAll,
		"/stadt/groups/{id}/conversations/add": forAll, "/stadt/abuse/{path...}": forAll, "/stadt/conversations/confirm/{secret}": forAll, "/stadt/mail/{secret}": forAll,
		"/stadt/content/{id}/events/attendees": forAll /* 404 for what is no event */, "/stadt/content/{id}/events/attendees/request": forAll, "/stadt/attendance/confirm/{secret}": forAll,
		"/stadt/attendance/{id}/{key}": forAll, "/stadt/attendance/{id}/{key}/withdraw": forAll,
		"/stadt/content/{id}/help": leadBack, "/stadt/content/{id}/help/edit": leadBack, "/stadt/groups/{id}/reminders": leadBack,
		"/stadt/events/help/{need}/{date}/{person}/{key}": forAll, "/stadt/groups/reminders/{group}/{person}/{key}": forAll,
		"/stadt/calendar-invitations/{id}": forAll, "/stadt/calendar-invitations/{id}/answer": forAll, // 404 for an invitation that there is not
		"/stadt/leave/{container}/{id}/{person}/{key}": forAll, "/stadt/mute/{container}/{id}/{person}/{key}": forAll,
		"/stadt/tags/{slug}/tag-group": leadBack,
		"/{entity}/{slug}/vote":        forAll /* 404 for what is no poll */, "/stadt/api/polls/{id}/vote": forAll, "/stadt/polls/votes/{id}/{key}": forAll,
		"/stadt/polls/answers/{option}/{person}/{answer}/{key}": forAll,
	}
}

// TestNoFormIsLostWithItsSession sends to each address that takes a form what somebody wrote when their session had
// ended.
func TestNoFormIsLostWithItsSession(t *testing.T) {
	t.Parallel()
	w := newTown(t, chatOptions(matrixtest.New(t))...)
	w.imported(t)
	anna := w.visit(t, "anna")
	anna.Get("/garten/articles/add/")
	anna.Submit("title", map[string]string{"title": "Erntefest", "text": "Am Bach."})
	article := strings.Split(strings.Trim(anna.Page.Path, "/"), "/")[1]
	w.visit(t, "bert").Send(anna.Page.Path, url.Values{"text": {"Ein Kommentar."}}, true)
	anna.Send(anna.Page.Path, url.Values{"text": {"Ein eigener."}}, true)
	anna.Get("/stadt/groups/" + strconv.FormatInt(w.Chor.ID, 10) + "/conversations/add/")
	anna.Submit("text", map[string]string{"subject": "Probe", "text": "Wann?"})
	conversation := anna.Page.Path
	var comment struct {
		ID        int64 `db:"id"`
		ContentID int64 `db:"content_id"`
		Own       int64 `db:"own"`
		Message   int64 `db:"message"`
	}
	err := w.db.Get(t.Context(), &comment, `
		SELECT MIN(id) AS id, MIN(content_id) AS content_id, MAX(id) AS own, (SELECT id FROM contributions WHERE conversation_id IS NOT NULL) AS message
		  FROM contributions WHERE content_id IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer(
		"/stadt/groups/{id}", "/stadt/groups/"+strconv.FormatInt(w.Chor.ID, 10), "/stadt/gestalten/{id}", "/stadt/gestalten/"+strconv.FormatInt(w.Bert.ID, 10),
		"/stadt/conversations/{container}/contributions/{id}", conversation+"contributions/"+strconv.FormatInt(comment.Message, 10),
		"contributions/{id}/edit", "contributions/"+strconv.FormatInt(comment.Own, 10)+"/edit",
		"/stadt/conversations/{id}", strings.TrimSuffix(conversation, "/"), "{container}", strconv.FormatInt(comment.ContentID, 10),
		"contributions/{id}", "contributions/"+strconv.FormatInt(comment.ID, 10), "{entity}", "garten", "{group}", "garten", "{slug}", article, "{id}", "1", "{day}", "2026-03-03",
	)
	const text = "Lange geschrieben, und\nnicht verloren."
	form := url.Values{}
	for _, name := range []string{"text", "title", "description", "name", "subject", "email", "emails", "about", "imprint", "data_protection"} {
		form.Set(name, text)
	}
	expected := endedSessions()
	for _, route := range module.Contributions(w.modules).Routes {
		if route.Method != http.MethodPost || route.Failures != site.AsPage {
			continue
		}
		want, known := expected[route.Path]
		if !known {
			t.Errorf("nobody has said what becomes of a form that is sent to %s by somebody whose session has ended", route.Path)
		}
		w.endSessions(t)
		who := "anna"
		if want == keptText && strings.HasPrefix(route.Path, "/stadt/admin/") {
			who = "demo-admin"
		}
		anna := w.visit(t, who)
		w.endSessions(t)
		path := fill.Replace(route.Path)
		if slices.Contains(route.Query, "group") {
			path += "?group=garten"
		}
		sent := form
		if want == leadBack {
			sent = url.Values{"password": {"nobody keeps this"}}
		}
		anna.Header = http.Header{"Referer": {"http://localhost:8008/stadt/settings/"}} // where no page has the address of the form
		page := anna.Send(path, sent, false)
		if led := strings.HasPrefix(page.Header.Get("Location"), "/stadt/login/?next="); led != (want != forAll) {
			t.Errorf("%s answers %d %s, want: %s", path, page.Status, page.Header.Get("Location"), want)
			continue
		}
		if want == forAll {
			continue
		}
		anna.Get(page.Header.Get("Location"))
		if want == keptText {
			anna.Sees(http.StatusOK, "Your text is kept for a day")
		} else {
			anna.Sees(http.StatusOK, "nothing has changed")
		}
		anna.Submit("password", map[string]string{"login": who, "password": cast.Password})
		if strings.HasPrefix(anna.Page.Path, "/stadt/login") || anna.Page.Path == "/" {
			t.Errorf("%s leads to %s", path, anna.Page.Path)
		}
		if want == keptText {
			anna.Sees(http.StatusOK, "nothing has been sent yet", "Lange geschrieben")
		}
		anna.DoesNotSee("nobody keeps this")
	}
}

// endSessions ends all sessions, and lets everybody sign in as often as they like.
func (w *town) endSessions(t *testing.T) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `DELETE FROM throttles`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
