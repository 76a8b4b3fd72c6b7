package app

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// talk is a town with an article of Anna's in the garden, which its members subscribe to, and Bert's comment on it.
func talk(t *testing.T) (w *town, anna, bert *webtest.Visitor) {
	t.Helper()
	w = newTown(t)
	anna, bert = w.visit(t, "anna"), w.visit(t, "bert")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Fest"}, "text": {"Am Bach."}, "public": {"on"}}, true)
	bert.Send("/garten/fest/", url.Values{"text": {"Ich bringe **Salat**."}}, true)
	return w, anna, bert
}

func TestAMailThatHasNotLeftSaysWhatTheCommentSaysNow(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	bert.Send("/garten/fest/contributions/1/edit/", url.Values{"text": {"Ich bringe Suppe."}, "version": {"0"}}, true)
	bert.Sees(http.StatusOK, "Your change has been saved.", "Ich bringe Suppe.", "edited")
	bert.Send("/garten/fest/", url.Values{"text": {"Und Brot, das bald weg ist."}}, true)
	anna.Get("/garten/fest/contributions/2/delete/")
	anna.Submit("Remove the comment", nil)
	anna.Sees(http.StatusOK, "The comment has been removed.", "Anna Ahorn removed this comment.")
	anna.DoesNotSee("bald weg")
	nobody := w.visit(t, "")
	nobody.Get("/garten/fest/")
	nobody.Sees(http.StatusOK, "A member of the group removed this comment.")
	nobody.DoesNotSee("bald weg", "Anna Ahorn removed")
	var comments []string
	for _, m := range w.mails(t, "anna@example.org") {
		if m.Header.Get("X-Grouprise-Kind") == "comment" {
			comments = append(comments, m.Text)
		}
	}
	if len(comments) != 1 || !strings.Contains(comments[0], "Suppe") || strings.Contains(comments[0], "Salat") {
		t.Errorf("Anna gets %q", comments)
	}
	bert.Send("/garten/fest/contributions/1/edit/", url.Values{"text": {"Ich bringe Kuchen."}, "version": {"0"}}, true)
	bert.Sees(http.StatusUnprocessableEntity, "in another window", "Ich bringe Kuchen.")
	if n := len(w.mails(t, "anna@example.org")); n != 2 {
		t.Errorf("%d mails: somebody is told of a change", n)
	}
	for _, path := range []string{"/", "/garten/", "/stadt/activity", "/garten/fest/"} {
		anna.Get(path)
		anna.DoesNotSee("bald weg")
	}
}

func TestReactionsOfMailProgramsCountAndAreNoComments(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	mails := w.mails(t, "anna@example.org")
	comment, item := mails[0], mails[len(mails)-1]
	if comment.Header.Get("X-Grouprise-Kind") != "comment" {
		comment, item = item, comment
	}
	reply := func(header string) string { return strings.Trim(header, "<>") }
	react := func(from, to, id, answered, part string) {
		t.Helper()
		w.receives(t, from, to, "From: "+from+"\nSubject: Re: x\nMessage-ID: <"+id+"@b>\nIn-Reply-To: <"+answered+">\nMIME-Version: 1.0\n"+part)
	}
	gmail := "Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\nAnna reacted via Gmail\n--x\n" +
		"Content-Type: text/vnd.google.email-reaction+json; charset=utf-8\nContent-Transfer-Encoding: base64\n\neyJlbW9qaSI6IvCfkqEiLCJ2ZXJzaW9uIjoxfQ==\n--x\n" +
		"Content-Type: text/html\n\n<p>Anna reacted via Gmail</p>\n--x--\n" // 💡
	react("anna@example.org", reply(comment.Header.Get("Reply-To")), "1", comment.MessageID, gmail)
	react("anna@example.org", reply(comment.Header.Get("Reply-To")), "1", comment.MessageID, gmail) // once more
	react("anna@example.org", "garten@example.org", "2", comment.MessageID, "Content-Type: text/plain; charset=utf-8\nContent-Disposition: reaction\n\n\u2764\uFE0F\n")
	react("anna@example.org", reply(comment.Header.Get("Reply-To")), "3", comment.MessageID, "Content-Type: text/plain; charset=utf-8\n\n[like] Anna Ahorn reacted to your message:\n")
	// None of these counts, and none says anything.
	react("anna@example.org", reply(item.Header.Get("Reply-To")), "4", item.MessageID, gmail)                                                 // to an article
	react("bert@example.org", reply(comment.Header.Get("Reply-To")), "5", comment.MessageID, gmail)                                           // by the address of somebody else
	react("anna@example.org", "garten@example.org", "6", "nothing@elsewhere", gmail)                                                          // to nothing of ours
	react("carla@example.org", "garten@example.org", "7", "nothing@elsewhere", gmail)                                                         // likewise
	react("anna@example.org", reply(comment.Header.Get("Reply-To")), "8", comment.MessageID, strings.Replace(gmail, "8J+SoSI", "8J+RjiI", 1)) // 👎 is none
	var kinds []string
	if err := w.db.Select(t.Context(), &kinds, `SELECT kind FROM reactions ORDER BY kind`); err != nil || strings.Join(kinds, " ") != "good idea thanks" {
		t.Errorf("counted are %v, %v", kinds, err)
	}
	var said, begun int
	if err := w.db.Get(t.Context(), &said, `SELECT COUNT(*) FROM contributions`); err != nil || said != 1 {
		t.Errorf("%d comments and messages, %v", said, err)
	}
	if err := w.db.Get(t.Context(), &begun, `SELECT COUNT(*) FROM conversations`); err != nil || begun != 0 {
		t.Errorf("%d conversations, %v", begun, err)
	}
	if n := len(w.mails(t, "bert@example.org")); n != 2 {
		t.Errorf("Bert gets %d mails: somebody is told of a reaction", n)
	}
	bert.Get("/garten/fest/")
	bert.Sees(http.StatusOK, "Good idea: Anna Ahorn", "Thanks: Anna Ahorn")
	nobody := w.visit(t, "")
	nobody.Get("/garten/fest/")
	nobody.Sees(http.StatusOK, "Good idea")
	nobody.DoesNotSee("Anna Ahorn")
	anna.Get("/garten/fest/")
	anna.Send("/garten/fest/contributions/1/reactions/", url.Values{"take_back": {"thanks"}}, true)
	anna.Sees(http.StatusOK, "Good idea: Anna Ahorn")
	anna.DoesNotSee("Thanks: Anna Ahorn")
}

func TestAMutedThreadIsQuietAndStaysInTheNotifications(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	first := w.mails(t, "anna@example.org")
	link := regexp.MustCompile(`/stadt/mute/[a-z0-9/]+`).FindString(first[0].Text + first[0].Cut)
	if link == "" {
		t.Fatalf("no way to mute the thread in %q", first[0].Cut)
	}
	nobody := w.visit(t, "")
	nobody.Get(link) // whoever reads the mail may do it, and scanners that follow links do not
	nobody.Sees(http.StatusOK, "Do you want no more emails")
	nobody.Send(link, url.Values{"List-Unsubscribe": {"One-Click"}}, false)
	nobody.Sees(http.StatusOK, "The thread is muted")
	nobody.Get(strings.Replace(link, "/content/1/", "/content/2/", 1))
	nobody.Sees(http.StatusNotFound)
	anna.Send("/garten/fest/", url.Values{"text": {"Schön."}}, true) // does not end it
	bert.Send("/garten/fest/", url.Values{"text": {"Und Brot."}}, true)
	if got := w.mails(t, "anna@example.org"); len(got) != len(first) {
		t.Errorf("Anna gets %d mails more", len(got)-len(first))
	}
	anna.Get("/stadt/activity")
	anna.Sees(http.StatusOK, "Und Brot.")
	anna.Get("/garten/fest/")
	anna.Sees(http.StatusOK, "Unmute these comments")
	anna.Submit("Unmute these comments", nil)
	anna.Sees(http.StatusOK, "You’ll be notified again", "Mute these comments")
	bert.Send("/garten/fest/", url.Values{"text": {"Und Butter."}}, true)
	if got := w.mails(t, "anna@example.org"); len(got) != len(first)+1 {
		t.Errorf("Anna gets %d mails more", len(got)-len(first))
	}
	anna.Get("/garten/fest/")
	anna.Submit("Mute these comments", nil)
	if muted, err := notify.IsMuted(t.Context(), w.db, w.Anna.ID, 1, 0); err != nil || !muted {
		t.Errorf("muted: %t, %v", muted, err)
	}
}

func TestAReplyQuotesAndIsPrivateWhereWished(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	anna.Get("/garten/fest/")
	anna.Sees(http.StatusOK, `href="/garten/fest/?reply=1&amp;quote=1#field-text"`, "/stadt/associations/1/contributions/1/reply-to-author/")
	anna.Get("/garten/fest/?reply=1&quote=1")
	form := anna.Form("in_reply_to")
	if form.Get("in_reply_to") != "1" || !strings.HasPrefix(strings.TrimSpace(form.Get("text")), "> Ich bringe **Salat**.\n\n[Bert Birke wrote this](http://localhost:8008/stadt/content/1/?contribution=1#contribution-1)") {
		t.Errorf("the form holds %v", form)
	}
	anna.Get("/stadt/associations/1/contributions/1/reply-to-author/")
	anna.Sees(http.StatusOK, "Re: Fest", "&gt; Ich bringe **Salat**.")
	anna.Submit("subject", map[string]string{"text": "Nur für dich."})
	anna.Sees(http.StatusOK, "Nur für dich.")
	if !strings.HasPrefix(anna.Page.Path, "/stadt/conversations/") {
		t.Errorf("it leads to %s", anna.Page.Path)
	}
	mails := w.mails(t, "anna@example.org")
	found := false
	for _, m := range mails {
		found = found || strings.Contains(m.Text, "/stadt/associations/1/contributions/1/reply-to-author/")
	}
	if !found {
		t.Error("no mail offers to reply privately")
	}
	bert.Get("/garten/fest/")
	bert.DoesNotSee("Reply privately to Bert Birke", "Nur für dich.")
}

// TestPhotosInTalkSayNothingOfTheCamera attaches one on the web and one by mail, and looks at what others get of them.
func TestPhotosInTalkSayNothingOfTheCamera(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	photo, err := os.ReadFile("../features/pictures/testdata/camera.jpg")
	if err != nil {
		t.Fatal(err)
	}
	anna.Upload("/garten/fest/", url.Values{"text": {"So sieht es aus."}}, webtest.File{Field: "files", Name: "Beet.jpg", Content: photo})
	told := w.mails(t, "bert@example.org")[0]
	w.receives(t, "bert@example.org", strings.Trim(told.Header.Get("Reply-To"), "<>"), "From: bert@example.org\nSubject: Re: x\nMessage-ID: <1@b>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"+
		"--x\nContent-Type: text/plain\n\nBei mir so.\n\n--x\nContent-Type: image/jpeg; name=\"Bei mir.jpg\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n"+
		base64.StdEncoding.EncodeToString(photo)+"\n--x--\n")
	bert.Get("/garten/fest/")
	bert.Sees(http.StatusOK, "Beet.jpg", "Bei mir.jpg")
	served := map[string]string{}
	for _, path := range regexp.MustCompile(`/-/files/[a-z0-9]+\.jpg`).FindAllString(bert.Page.Body, -1) {
		served[path] = bert.Ask(http.MethodGet, path).Body
	}
	for _, m := range slices.Concat(w.mails(t, "anna@example.org"), w.mails(t, "bert@example.org")) {
		for _, a := range m.Attachments {
			if strings.HasSuffix(a.Name, ".jpg") {
				served[m.MessageID+" to "+m.To[0].Addr+a.Name] = string(a.Data)
			}
		}
	}
	if len(served) != 6 { // two on the page, and each of them to both
		t.Errorf("%d photos are served", len(served))
	}
	for where, data := range served {
		if strings.Contains(data, "GEHEIM") || !strings.HasPrefix(data, "\xff\xd8") || len(data) < len(photo)/2 {
			t.Errorf("%s: %d of %d bytes, or what the camera wrote", where, len(data), len(photo))
		}
	}
}

func TestFilesComeAlongOnTheWeb(t *testing.T) {
	t.Parallel()
	w, anna, _ := talk(t)
	anna.Upload("/garten/fest/", url.Values{"text": {"Der Plan."}}, webtest.File{Field: "files", Name: "Plan.pdf", Content: []byte("%PDF-1.4 plan")}, webtest.File{Field: "files", Name: "x.html", Content: []byte("<script>alert(1)</script>")})
	anna.Sees(http.StatusOK, "Der Plan.", "Plan.pdf", "x.html")
	paths := regexp.MustCompile(`/-/files/[a-z0-9]+\.[a-z]+`).FindAllString(anna.Page.Body, -1)
	nobody := w.visit(t, "")
	for _, path := range paths {
		if p := nobody.Ask(http.MethodGet, path); p.Status != http.StatusOK || !strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", path, p.Status, p.Header)
		}
	}
	mails := w.mails(t, "bert@example.org")
	attached := 0
	for _, m := range mails {
		attached = max(attached, len(m.Attachments))
	}
	if len(paths) < 2 || attached != 2 {
		t.Errorf("%v, %d attached", paths, attached)
	}
	anna.Send("/garten/fest/contributions/2/delete/", nil, true)
	for _, path := range paths {
		if p := anna.Ask(http.MethodGet, path); p.Status != http.StatusNotFound {
			t.Errorf("%s of what was removed: %d", path, p.Status)
		}
	}
}
