package app

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// returnPath runs the jobs that wait and returns the envelope sender of the newest mail to an address.
func (w *town) returnPath(t *testing.T, to string) string {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored, err := smtp.List(w.outbox, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range stored {
		if m.Envelope.To[0] == to {
			return m.Envelope.From
		}
	}
	t.Fatalf("no mail has left to %s", to)
	return ""
}

// TestAMailboxThatIsNoMoreGetsNoMails follows an address from the report that it does not exist to its return.
func TestAMailboxThatIsNoMoreGetsNoMails(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert, admin := w.visit(t, "anna"), w.visit(t, "bert"), w.visit(t, "demo-admin")
	published := 0
	publish := func(want int) {
		t.Helper()
		published++
		anna.Send("/garten/articles/add/", url.Values{"title": {"Hofputz " + strconv.Itoa(published)}, "text": {"x"}}, true)
		if got := len(w.mails(t, "bert@example.org")); got != want {
			t.Errorf("Bert has got %d mails instead of %d after %d articles", got, want, published)
		}
	}
	reports := 0
	comesBack := func(to, action, diagnostic string) {
		t.Helper()
		reports++
		w.receives(t, "", to, "From: MAILER-DAEMON@mx.example\nMessage-ID: <"+strconv.Itoa(reports)+"@mx.example>\nSubject: Undelivered Mail Returned to Sender\n"+
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nThis is the mail system at host mx.example.\n--b\n"+
			"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bert@example.org\nAction: "+action+"\nDiagnostic-Code: smtp; "+diagnostic+"\n--b--\n")
	}
	const note, notiz = "Emails to your address don’t arrive", "E-Mails an deine Adresse kommen nicht an"

	publish(1)
	path := w.returnPath(t, "bert@example.org")
	if !strings.HasPrefix(path, "bounce+") || !strings.HasSuffix(path, "@example.org") || path == w.returnPath(t, "anna@example.org") {
		t.Fatalf("mails to Bert have the envelope sender %s", path)
	}
	comesBack(path[:len(path)-16]+"aaaa"+path[len(path)-12:], "failed", "550 5.1.1 user unknown") // a key that somebody made up
	comesBack(path, "delayed", "450 4.1.1 user unknown")
	publish(2)
	comesBack(path, "failed", "552 5.2.2 mailbox full")
	publish(3)
	bert.Get("/stadt/email/")
	bert.Sees(200, "1 email to this address came back recently.", "the mailbox is full")
	bert.Get("/")
	bert.DoesNotSee(note)

	comesBack(path, "failed", "550 5.1.1 <bert@example.org>: <script>User unknown")
	publish(3)
	bert.Get("/")
	bert.Sees(200, note, "/stadt/email/", "4 new notifications")
	bert.Get("/garten/")
	bert.Sees(200, note)
	bert.Get("/stadt/email/")
	bert.Sees(200, "emails don’t arrive", "there is no such mailbox", "&lt;script&gt;User unknown", "Confirm it again")
	bert.DoesNotSee(note)
	anna.Get("/garten/")
	anna.DoesNotSee(note)
	webtest.Visit(t, w.pages).Get("/")

	admin.Get("/stadt/admin/")
	admin.Sees(200, "Addresses that emails don’t reach", "1 address", "/stadt/admin/bounces/")
	admin.Get("/stadt/admin/bounces/")
	admin.Sees(200, "example.org", "there is no such mailbox", "bert@example.org", "Bert Birke", "&lt;script&gt;User unknown")
	anna.Ask("GET", "/stadt/admin/bounces/")
	if anna.Page.Status != 403 {
		t.Errorf("Anna sees the page of the administrators: %d", anna.Page.Status)
	}

	bert.Get("/stadt/email/")
	bert.Submit("Confirm it again", map[string]string{"action_send": "1"})
	letters := w.mails(t, "bert@example.org")
	if len(letters) != 4 {
		t.Fatalf("%d mails, although Bert asks for one", len(letters))
	}
	link := letters[0].Text[strings.Index(letters[0].Text, "/stadt/confirm/"):]
	link = link[:len("/stadt/confirm/")+27]
	bert.Get(link)
	bert.Submit("Confirm address", nil)
	bert.Get("/")
	bert.DoesNotSee(note)
	before := len(w.mails(t, "bert@example.org"))
	publish(before + 1)

	cast.Execute(t, w.db, `UPDATE people SET language = 'de' WHERE id = ?`, w.Bert.ID)
	comesBack(path, "failed", "550 5.2.1 mailbox disabled")
	bert.Get("/")
	bert.Sees(200, notiz)
	bert.Get("/stadt/email/")
	bert.Sees(200, "das Postfach wurde geschlossen", "Noch einmal bestätigen")
	admin.Get("/stadt/admin/bounces/")
	admin.Submit("Send emails again", nil)
	admin.Sees(200, "Emails go to this address again.", "All addresses get emails.")
	publish(before + 2)

	comesBack(path, "failed", "550 5.1.1 user unknown")
	w.receives(t, "bert@example.org", "garten@example.org", "From: bert@example.org\nSubject: Bin da\nMessage-ID: <da@b>\n\nIch lese doch.\n")
	bert.Get("/")
	bert.DoesNotSee(notiz)
}

// TestNoStrangerReachesAnEnvelopeSender knocks at envelope senders, as a mail server asks.
func TestNoStrangerReachesAnEnvelopeSender(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.visit(t, "anna").Send("/garten/articles/add/", url.Values{"title": {"Hofputz"}, "text": {"x"}}, true)
	path := w.returnPath(t, "bert@example.org")
	local, _, _ := strings.Cut(path, "@")
	for to, known := range map[string]bool{path: true, strings.ToUpper(local) + "@EXAMPLE.org": true, "bounce+1-" + strings.Repeat("a", 26) + "@example.org": false, "bounce+@example.org": false, "bounce@example.org": false} {
		if err := w.intake.Recipient(t.Context(), "double-bounce@mx.example", to); (err == nil) != known || err != nil && !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", to, err)
		}
	}
	before := len(sentMails(t, w.outbox))
	for _, from := range []string{"", "fremd@example.net", "bert@example.org"} {
		for _, message := range []string{"From: fremd@example.net\r\nSubject: x\r\n\r\nx\r\n", "From: bert@example.org\r\nSubject: Automatische Antwort: x\r\nAuto-Submitted: auto-replied\r\n\r\nx\r\n"} {
			for _, err := range w.intake.Deliver(t.Context(), lmtp.Envelope{From: from, Recipients: []string{path}}, []byte(message)) {
				if err != nil {
					t.Errorf("from %q: %v", from, err)
				}
			}
		}
	}
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := len(sentMails(t, w.outbox)); after != before {
		t.Errorf("%d mails answer what came to an envelope sender", after-before)
	}
}
