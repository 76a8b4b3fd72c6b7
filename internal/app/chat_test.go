package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// chatTown is a town with a homeserver, on which everybody has joined the rooms of their groups.
type chatTown struct {
	*town
	*matrixtest.Server
	listener string // a room that is told everything public
}

func newChatTown(t *testing.T) *chatTown {
	t.Helper()
	server := matrixtest.New(t)
	bot, err := matrix.New(matrix.Config{URL: server.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := bot.CreateRoom(t.Context(), matrix.NewRoom{Name: "Stadtgespräch", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &chatTown{Server: server, listener: listener, town: newTown(t, "GROUPRISE_MATRIX_CHAT_ENABLED=true", "GROUPRISE_MATRIX_CHAT_DOMAIN="+matrixtest.Domain,
		"GROUPRISE_MATRIX_CHAT_HOMESERVER_URL="+server.URL, "GROUPRISE_MATRIX_CHAT_BOT_ACCESS_TOKEN="+matrixtest.Token,
		"GROUPRISE_MATRIX_CHAT_PUBLIC_LISTENER_ROOMS="+listener)}
	for range 6 { // a portion of the rooms each time
		w.reconcile(t)
	}
	return w
}

// reconcile lets the periodic jobs of the chat run at once.
func (w *chatTown) reconcile(t *testing.T) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, kind := range []string{"chat.reconcile", "matrix.sweep"} {
			if err := w.queue.Enqueue(t.Context(), tx, kind, struct{}{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
}

func (w *chatTown) settle(t *testing.T) {
	t.Helper()
	for range 2 { // what jobs leave for a moment later
		if err := w.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// reads compares what stands in a room with what should, each a part of a message.
func (w *chatTown) reads(t *testing.T, alias string, want ...string) []matrixtest.Shown {
	t.Helper()
	w.settle(t)
	room := w.listener
	if alias != "" {
		room = w.Find(alias)
	}
	if room == "" {
		var problems []string
		err := w.db.Select(t.Context(), &problems, `SELECT kind || ' ' || COALESCE(room_id, '') || ' ' || problem FROM chat_rooms ORDER BY id`)
		t.Fatalf("there is no room %s: %q, %v", alias, problems, err)
	}
	got := w.Messages(room)
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && strings.Contains(got[i].Text, want[i])
	}
	if !ok {
		t.Errorf("in %q stands %+v, want %q", alias, got, want)
	}
	return got
}

func TestRoomsAreToldWhatTheirReadersMayRead(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern *am Bach*."}, "public": {"on"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Kassenstand"}, "text": {"Es fehlen 20 Euro."}}, true)
	w.reads(t, "garten", "Article: [Sommerfest](http://")
	private := w.reads(t, "garten-private", "Wir feiern am Bach.", "Kassenstand")
	w.reads(t, "", "[Garten am Bach] Article: [Sommerfest]")
	w.reads(t, "chor")
	if !strings.Contains(private[0].HTML, `<a href="`) || private[0].Thread != "" {
		t.Errorf("the message is %+v", private[0])
	}

	anna.Send("/garten/sommerfest/", url.Values{"text": {"Wer bringt Kuchen?"}}, true)
	anna.Send("/garten/kassenstand/", url.Values{"text": {"Ich lege aus."}}, true)
	public := w.reads(t, "garten", "Sommerfest", "Comment: [Sommerfest]")
	private = w.reads(t, "garten-private", "Sommerfest", "Kassenstand", "Wer bringt Kuchen?", "Ich lege aus.")
	if public[1].Thread != public[0].ID || private[2].Thread != private[0].ID || private[3].Thread != private[1].ID {
		t.Errorf("comments stand in the wrong threads: %+v %+v", public, private)
	}
	if strings.Contains(w.Written(w.Find("garten"))+w.Written(w.listener), "Kassenstand") {
		t.Error("something internal stands in a public room")
	}
}

func TestRoomsFollowWhatBecomesOfAPost(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	anna.Send("/garten/sommerfest/", url.Values{"text": {"Wer bringt Kuchen?"}}, true)
	w.reads(t, "garten", "Sommerfest", "Kuchen")

	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Herbstfest"}, "text": {"Es regnet."}, "slug": {"sommerfest"}, "public": {"on"}}, true)
	got := w.reads(t, "garten", "Article: [Herbstfest]", "Comment: [Herbstfest]")
	if !got[0].Edited || !strings.Contains(got[0].Text, "Es regnet.") {
		t.Errorf("the message was not edited: %+v", got)
	}
	w.reads(t, "garten-private", "Herbstfest", "Herbstfest")

	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Geheimfest"}, "text": {"Pst."}, "slug": {"sommerfest"}}, true)
	w.reads(t, "garten")
	w.reads(t, "")
	w.reads(t, "garten-private", "Geheimfest", "Geheimfest")
	if words := w.Written(w.Find("garten")) + w.Written(w.listener); strings.Contains(words, "fest") || strings.Contains(words, "Kuchen") {
		t.Errorf("in a public room something is left of what is internal now: %s", words)
	}

	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Hoffest"}, "text": {"Doch für alle."}, "slug": {"sommerfest"}, "public": {"on"}}, true)
	w.reads(t, "garten", "Hoffest", "Hoffest")

	comment := regexp.MustCompile(`contribution-(\d+)`).FindStringSubmatch(anna.Get("/garten/sommerfest/").Body)[1]
	anna.Send("/garten/sommerfest/contributions/"+comment+"/delete/", url.Values{}, true)
	w.reads(t, "garten", "Hoffest")
	anna.Send("/garten/sommerfest/delete/", url.Values{}, true)
	w.reads(t, "garten")
	w.reads(t, "garten-private")
	w.reads(t, "")
}

func TestWhatBecomesInternalWhileItWaitsReachesNoPublicRoom(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	w.SetAway(true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	_ = w.queue.Drain(t.Context())
	cast.Execute(t, w.db, `UPDATE contents SET public = FALSE`)
	w.SetAway(false)
	cast.Execute(t, w.db, `UPDATE jobs SET run_at = 0 WHERE state = 'later'`)
	w.reads(t, "garten")
	w.reads(t, "garten-private", "Sommerfest")
	if strings.Contains(w.Written(w.Find("garten")), "fest") {
		t.Error("a public room was told")
	}
}

func TestNoMessageStandsTwiceWhenAnswersAreLost(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	w.Lose(3)
	_ = w.queue.Drain(t.Context())
	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Herbstfest"}, "text": {"x"}, "slug": {"sommerfest"}, "public": {"on"}}, true)
	w.Lose(0)
	cast.Execute(t, w.db, `UPDATE jobs SET run_at = 0 WHERE state = 'later'`)
	w.reads(t, "garten", "Herbstfest")
	w.reads(t, "garten-private", "Herbstfest")
	w.reads(t, "", "Herbstfest")
}

func TestConversationsWithAGroupStandInItsPrivateRoomAlone(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	carla := w.visit(t, "carla")
	carla.Send("/stadt/groups/21/conversations/add/", url.Values{"subject": {"Mitmachen"}, "text": {"Braucht ihr Hilfe?"}}, true)
	w.reads(t, "garten-private", "Message: [Mitmachen]")
	w.reads(t, "garten")
	w.reads(t, "")
}

// upload stores a picture for whoever writes, and returns its address.
func (w *chatTown) upload(t *testing.T, v *webtest.Visitor, name string) string {
	t.Helper()
	file := snapshot(t, name, 7)
	file.Field = "picture"
	v.Upload("/stadt/pictures/add/", url.Values{}, file)
	found := regexp.MustCompile(community.PicturesPath + `[a-z0-9/-]+\.[a-z]+`).FindString(v.Page.Body)
	if found == "" {
		t.Fatalf("the picture was not taken: %d %s", v.Page.Status, v.Page.Body)
	}
	return found
}

func TestPicturesThatAnybodyMaySeeStandInRooms(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	open, closed := w.upload(t, anna, "offen.jpg"), w.upload(t, anna, "intern.jpg")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"So war es: ![Lampions](" + open + ")"}, "public": {"on"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Kassenstand"}, "text": {"![Beleg](" + closed + ")"}}, true)
	w.settle(t)
	pictures := func(room string) (n int) {
		for _, shown := range w.Messages(room) {
			if shown.Image != "" {
				n++
			}
		}
		return n
	}
	for _, room := range []string{w.Find("garten"), w.Find("garten-private"), w.listener} {
		if n := pictures(room); n != 1 {
			t.Errorf("%d pictures stand in %s", n, room)
		}
	}
	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Sommerfest"}, "text": {"So war es: ![Lampions](" + open + ")"}, "slug": {"sommerfest"}}, true)
	w.settle(t)
	for _, room := range []string{w.Find("garten"), w.Find("garten-private"), w.listener} {
		if n := pictures(room); n != 0 {
			t.Errorf("%d pictures of what is internal stand in %s", n, room)
		}
	}
}

func TestWhatWasSaidInARoomThatIsLeftFollowsItsSource(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Kassenstand"}, "text": {"Es fehlen 20 Euro."}}, true)
	w.reads(t, "garten-private", "Sommerfest", "Kassenstand")
	left := map[string]string{"garten": w.Find("garten"), "garten-private": w.Find("garten-private")}
	bot, err := matrix.New(matrix.Config{URL: w.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	for kind, alias := range map[chat.Kind]string{chat.Public: "garten", chat.Private: "garten-private"} {
		fresh, err := bot.CreateRoom(t.Context(), matrix.NewRoom{Name: alias})
		if err != nil {
			t.Fatal(err)
		}
		err = w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Chat().Move(t.Context(), tx, w.Garten, kind, fresh) })
		if err != nil {
			t.Fatal(err)
		}
	}
	w.settle(t)
	anna.Send("/garten/sommerfest/edit/", url.Values{"title": {"Herbstfest"}, "text": {"Es regnet."}, "slug": {"sommerfest"}, "public": {"on"}}, true)
	anna.Send("/garten/kassenstand/edit/", url.Values{"title": {"Kassensturz"}, "text": {"Es fehlen 30 Euro."}, "slug": {"kassenstand"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Neues"}, "text": {"Im neuen Raum."}, "public": {"on"}}, true)
	w.reads(t, "garten", "Neues")
	w.reads(t, "garten-private", "Neues")
	stands := func(alias string) (texts []string) {
		for _, shown := range w.Messages(left[alias]) {
			texts = append(texts, shown.Text)
		}
		return texts
	}
	if got := stands("garten"); len(got) != 2 || !strings.Contains(got[0], "Herbstfest") || !strings.Contains(got[1], "has moved") {
		t.Errorf("in the public room that was left stands %q", got)
	}
	if got := stands("garten-private"); len(got) != 1 || !strings.Contains(got[0], "has moved") {
		t.Errorf("in the room for members that was left stands %q", got)
	}
	anna.Send("/garten/sommerfest/delete/", url.Values{}, true)
	w.settle(t)
	if got := stands("garten"); len(got) != 1 {
		t.Errorf("in the public room that was left stands %q", got)
	}
}

func TestNothingIsLeftInTheRoomsOfAGroupThatIsRemoved(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Kassenstand"}, "text": {"Es fehlen 20 Euro."}}, true)
	w.reads(t, "garten-private", "Sommerfest", "Kassenstand")
	rooms := []string{w.Find("garten"), w.Find("garten-private"), w.listener}
	if _, err := w.Groups().Remove(t.Context(), "garten"); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	cast.Execute(t, w.db, `UPDATE jobs SET run_at = 0 WHERE state = 'later'`)
	w.reconcile(t)
	for _, room := range rooms {
		if words := strings.TrimSpace(w.Written(room)); words != "" {
			t.Errorf("in %s is left %q", room, words)
		}
	}
	for _, room := range rooms[:2] {
		if m := w.Membership(room, matrixtest.Bot); m != "leave" {
			t.Errorf("the bot is %q in %s", m, room)
		}
	}
}

// TestMailsDoNotWaitForAHomeserver lets a homeserver hang while the task runner works.
func TestMailsDoNotWaitForAHomeserver(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	release := sync.OnceFunc(w.Hold())
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Work(ctx) }()
	began := time.Now()
	for n := range 5 {
		anna.Send("/garten/articles/add/", url.Values{"title": {fmt.Sprint("Sommerfest ", n)}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	}
	for deadline := time.Now().Add(2 * time.Minute); len(sentMails(t, w.outbox)) < 5; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d mails have left", len(sentMails(t, w.outbox)))
		}
	}
	t.Logf("the mails left after %s", time.Since(began))
	if n := len(w.Messages(w.Find("garten"))); n != 0 {
		t.Errorf("the homeserver hangs, and %d messages stand there", n)
	}
	release()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestMailsLeaveWhileThousandsAreInvited lets a homeserver take 50 invitations a second, which 10,000 wait for, while a member
// posts something.
func TestMailsLeaveWhileThousandsAreInvited(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("10,000 invitations")
	}
	w := newChatTown(t)
	anna := w.visit(t, "anna")
	const many = 5000
	cast.Crowd(t, w.db, w.Garten.ID, many)
	w.LimitInvitations(50, 10, time.Now)
	if err := w.Chat().Refresh(t.Context(), "garten"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Work(ctx) }()
	wait := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("waited in vain for %s", what)
			}
		}
	}
	wait("the limit to be reached", func() bool { refused, _ := w.InvitationsSoFar(); return refused > 0 })
	began := time.Now()
	anna.Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	wait("the mails", func() bool { return len(sentMails(t, w.outbox)) == 2 })
	_, made := w.InvitationsSoFar()
	t.Logf("the mails left after %s, when %d people were invited", time.Since(began), made)
	if made >= 2*many {
		t.Errorf("all %d people had been invited when the mails left", made)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAdministratorsSeeSinceWhenTheHomeserverIsAway(t *testing.T) {
	t.Parallel()
	w := newChatTown(t)
	admin := w.visit(t, "demo-admin")
	admin.Get("/stadt/admin/")
	admin.Sees(http.StatusOK, matrixtest.Domain+" is connected.")
	admin.DoesNotSee("Waiting:")
	w.SetAway(true)
	w.visit(t, "anna").Send("/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}}, true)
	_ = w.queue.Drain(t.Context())
	admin.Get("/stadt/admin/")
	admin.Sees(http.StatusOK, matrixtest.Domain+" hasn’t been reachable since ", "Waiting: 3 messages.")
	w.SetAway(false)
	cast.Execute(t, w.db, `UPDATE jobs SET run_at = 0 WHERE state = 'later'`)
	w.settle(t)
	admin.Get("/stadt/admin/")
	admin.Sees(http.StatusOK, matrixtest.Domain+" is connected.")
	admin.DoesNotSee("Waiting:")
}
