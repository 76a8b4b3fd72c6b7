package app

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// mailsTo returns the mails that have left for a person since the last time.
func (w *town) mailsTo(t *testing.T, p cast.Person) (mails []*mime.Message) {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range sentMails(t, w.outbox) {
		if m.Recipient == p.Address {
			mails = append(mails, m.Message)
		}
	}
	if err := os.RemoveAll(w.outbox); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.outbox, 0o700); err != nil {
		t.Fatal(err)
	}
	return mails
}

func TestWhoHasLeftReadsAndIsToldNoMore(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	cast.Join(t, w.db, w.Garten.ID, w.Carla.ID)
	cast.Subscribe(t, w.db, w.Garten.EntityID, w.Carla.ID)
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	comment := func(v *webtest.Visitor, path, text string) {
		t.Helper()
		v.Get(path)
		v.Submit("Comment", map[string]string{"text": text})
		v.Sees(http.StatusOK, text)
	}
	anna.Get("/garten/articles/add/")
	anna.Submit("Publish", map[string]string{"title": "Kasse", "text": "Leer", "public": ""})
	comment(carla, "/garten/kasse/", "Schade")
	if mails := w.mailsTo(t, w.Carla); len(mails) == 0 {
		t.Fatal("a member is not told of what is internal")
	}

	cast.Execute(t, w.db, `DELETE FROM memberships WHERE person_id = ?`, w.Carla.ID)
	cast.Execute(t, w.db, `DELETE FROM subscriptions WHERE person_id = ?`, w.Carla.ID)
	comment(anna, "/garten/kasse/", "Geheim")
	if mails := w.mailsTo(t, w.Carla); len(mails) != 0 {
		t.Errorf("who has left is told: %s", mails[0].Text)
	}
	carla.Get("/garten/kasse/")
	carla.Sees(http.StatusForbidden)
	carla.DoesNotSee("Geheim")
}

func TestAnOutsiderIsToldWhyAndCanLeave(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	comment := func(v *webtest.Visitor, text string) {
		t.Helper()
		v.Get("/garten/fest/")
		v.Submit("Comment", map[string]string{"text": text})
		v.Sees(http.StatusOK, text)
	}
	anna.Get("/garten/articles/add/")
	anna.Submit("Publish", map[string]string{"title": "Fest", "text": "Samstag", "public": "on"})
	comment(carla, "Darf ich kommen?")
	w.mailsTo(t, w.Carla)
	cast.Execute(t, w.db, `UPDATE contents SET public = FALSE WHERE slug = 'fest'`)
	comment(anna, "Ja")

	mails := w.mailsTo(t, w.Carla)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	stop := strings.Trim(mails[0].Header.Get("List-Unsubscribe"), "<>")
	said := mails[0].Text + mails[0].Cut
	if !strings.Contains(said, "because you commented on “Fest”") || !strings.Contains(said, stop) || mails[0].Header.Get("List-Unsubscribe-Post") == "" {
		t.Fatalf("the mail says neither why it came nor how to stop it: %s\n%s", stop, said)
	}
	path := strings.TrimPrefix(stop, w.options.BaseURL())
	stranger := webtest.Visit(t, w.pages)
	for _, wrong := range []string{strings.Replace(path, "/content/", "/conversation/", 1), strings.Replace(path, "/13/", "/11/", 1), strings.Replace(path, "/content/", "/x/", 1)} {
		if got := stranger.Ask(http.MethodGet, wrong); got.Status != http.StatusNotFound {
			t.Errorf("%s answers %d", wrong, got.Status)
		}
	}
	stranger.Get(path)
	stranger.Sees(http.StatusOK, "Do you want to leave the conversation?")
	carla.Get("/garten/fest/")
	carla.Sees(http.StatusOK, "Ja")
	for range 2 {
		if got := stranger.Post(path, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); got.Status != http.StatusOK {
			t.Errorf("one click is answered by %d", got.Status)
		}
	}
	comment(anna, "Noch etwas")
	if mails := w.mailsTo(t, w.Carla); len(mails) != 0 {
		t.Errorf("who has left is told: %s", mails[0].Text)
	}
	carla.Get("/garten/fest/")
	carla.Sees(http.StatusForbidden)

	// Who can read it anyway takes part again by writing.
	cast.Execute(t, w.db, `UPDATE contents SET public = TRUE WHERE slug = 'fest'`)
	comment(carla, "Doch noch eine Frage")
	w.mailsTo(t, w.Carla)
	comment(anna, "Ja?")
	if mails := w.mailsTo(t, w.Carla); len(mails) != 1 {
		t.Errorf("who writes again gets %d mails", len(mails))
	}
}

// TestWhoWasAddedCanLeaveWithOneClick adds somebody by their address, who never asked for it and has no account.
func TestWhoWasAddedCanLeaveWithOneClick(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	anna.Get(community.AddMemberPath(w.Chor.ID))
	anna.Submit("Add member", map[string]string{"email": "neu@example.org"})
	anna.Sees(http.StatusOK, "neu@example.org")
	neu := cast.Person{Address: "neu@example.org"}
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	headers := map[string]mime.Header{}
	var said string
	for _, m := range sentMails(t, w.outbox) {
		headers[m.Recipient] = m.Header
		if m.Recipient == neu.Address {
			said = m.Text + m.Cut
		}
	}
	if other := headers[w.Anna.Address]; other == nil || other.Get("List-Unsubscribe") != "" {
		t.Errorf("the other members get the new one's link, or no mail: %v", other)
	}
	stop := strings.Trim(headers[neu.Address].Get("List-Unsubscribe"), "<>")
	if !strings.Contains(said, "because Anna Ahorn added you to the group") || strings.Count(said, stop) != 1 ||
		headers[neu.Address].Get("List-Unsubscribe-Post") == "" {
		t.Fatalf("the new member learns neither the reason nor a way out: %s\n%s", stop, said)
	}
	members := func() (n int) {
		if err := w.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM memberships WHERE group_id = ?`, w.Chor.ID); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, path := members(), strings.TrimPrefix(stop, w.options.BaseURL())
	stranger := webtest.Visit(t, w.pages)
	for _, wrong := range []string{path[:len(path)-2] + "x/", strings.Replace(path, "/22/", "/21/", 1)} {
		if got := stranger.Ask(http.MethodGet, wrong); got.Status != http.StatusNotFound {
			t.Errorf("%s answers %d", wrong, got.Status)
		}
	}
	stranger.Get(path)
	stranger.Sees(http.StatusOK, "Do you want to leave the group “Chor der Vielen”?")
	if members() != before {
		t.Error("looking at the link ends the membership")
	}
	for range 2 {
		if got := stranger.Post(path, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); got.Status != http.StatusOK {
			t.Errorf("one click is answered by %d", got.Status)
		}
	}
	if after := members(); after != before-1 {
		t.Errorf("%d members, and %d after one has left", before, after)
	}
}
