package app

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the whole house with the cast in it; mails are kept as files.
type town struct {
	*House
	*cast.Cast
	outbox   string
	browsers map[int64]*webtest.Visitor
	programs map[int64]string // the app passwords of people, which their calendar programs know
}

func newTown(t *testing.T, environ ...string) *town {
	t.Helper()
	h := buildHouse(t, "folder", environ...)
	return &town{House: h, Cast: cast.New(t, h.db), outbox: filepath.Join(h.options.DataPath, "outbox"), browsers: map[int64]*webtest.Visitor{}, programs: map[int64]string{}}
}

// buildHouse builds the whole house on an empty SQLite database; mails leave by a backend.
func buildHouse(t testing.TB, backend string, environ ...string) *House {
	t.Helper()
	return houseAt(t, nil, backend, environ...)
}

// houseAt is buildHouse with another clock.
func houseAt(t testing.TB, tell clock.Clock, backend string, environ ...string) *House {
	t.Helper()
	prepare := func(o *options.Options) {
		o.Clock = tell
		dbtest.WriteSQLite(t, o.Database.Name)
	}
	return preparedHouse(t, prepare, append(environ, "GROUPRISE_DOMAIN=example.org", "GROUPRISE_EMAIL_SUBMISSION_BACKEND="+backend, "GROUPRISE_LANGUAGE_CODE=en",
		"GROUPRISE_MAILINGLIST_ENABLED=true", "GROUPRISE_GEO_ENABLED=true")...)
}

// realHouse is the house as `grouprise admin house` builds it, on a database of its own that has no tables yet.
func realHouse(t testing.TB, environ ...string) *House {
	t.Helper()
	return preparedHouse(t, func(*options.Options) {}, environ...)
}

// preparedHouse builds a house after its options were changed. Its passwords cost little.
func preparedHouse(t testing.TB, prepare func(*options.Options), environ ...string) *House {
	t.Helper()
	if !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GROUPRISE_DATA_PATH=") }) {
		environ = append(environ, "GROUPRISE_DATA_PATH="+t.TempDir())
	}
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	o.PasswordCost = password.Cost{Memory: 64, Passes: 1, Threads: 1}
	prepare(o)
	h, err := Build(t.Context(), o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// visit returns a visitor who has signed in as the person of a slug, or not at all for "".
func (w *town) visit(t *testing.T, slug string) *webtest.Visitor {
	t.Helper()
	v := webtest.Visit(t, w.pages)
	if slug != "" {
		v.Get("/stadt/login/")
		v.Submit("password", map[string]string{"login": slug, "password": cast.Password})
		v.Sees(http.StatusOK, "Hello, ")
	}
	return v
}

func TestTheStartPageIsForWhoeverLooks(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, carla, nobody := w.visit(t, "anna"), w.visit(t, "carla"), w.visit(t, "")
	nobody.Get("/")
	nobody.Sees(200, "How to get started", "Garten am Bach", "Chor der Vielen")
	nobody.DoesNotSee("My groups", "For you")
	anna.Get("/")
	anna.Sees(200, "For you", `<h2 id="my-groups">My groups</h2><ul class="tiles"><li><a class="entity" href="/chor/">`, `<li><a class="entity" href="/garten/">`)
	anna.DoesNotSee("How to get started", "You’re not a member of any group yet.")
	carla.Get("/")
	carla.Sees(200, "You’re not a member of any group yet.")
}

func TestMembersSeeEachOtherOnThePageOfTheirGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	bert := `<a class="entity" href="` + w.Bert.Entity().Path()
	for who, member := range map[string]bool{"anna": true, "carla": false, "": false} {
		v := w.visit(t, who)
		v.Get("/garten/")
		v.Sees(200, "Who takes part", "2 members")
		if member {
			v.Sees(200, bert)
		} else {
			v.DoesNotSee(bert, "Bert Birke")
		}
	}
}

func TestWhatIsPinnedStandsOnceOnThePageOfAGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer wir sind"}, "text": {"x"}, "pinned": {"on"}}, true)
	page := anna.Get("/garten/").Body
	if n := strings.Count(page, "Wer wir sind</a>"); n != 1 {
		t.Errorf("what is pinned stands %d times on the page", n)
	}
	anna.Sees(200, "Pinned")
	anna.DoesNotSee("What’s new")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer gießt?"}, "text": {"x"}}, true)
	anna.Get("/garten/")
	anna.Sees(200, "Pinned", "What’s new", "Wer gießt?")
}

func TestBesideAnArticleStandsItsGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer gießt?"}, "text": {"x"}, "public": {"on"}}, true)
	carla.Get("/garten/wer-giesst/")
	carla.Sees(200, "<h2>The group</h2>", "/garten/actions/join", "/garten/actions/subscribe")
	anna.Get("/garten/wer-giesst/")
	anna.Sees(200, "<h2>The group</h2>")
	anna.DoesNotSee("/garten/actions/join")
	anna.Send("/anna/articles/add/", map[string][]string{"title": {"Von mir"}, "text": {"x"}, "public": {"on"}}, true)
	anna.Get("/anna/von-mir/")
	anna.Sees(200, "Von mir")
	anna.DoesNotSee("<h2>The group</h2>")
}

// mails runs the jobs that wait and returns the mails to an address, newest first.
func (w *town) mails(t *testing.T, to string) []*mime.Message {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []*mime.Message
	for _, m := range sentMails(t, w.outbox) {
		if m.To[0].Addr == to {
			all = append(all, m.Message)
		}
	}
	return all
}

// sentMail is a mail that has left, and the address that it was sent to.
type sentMail struct {
	*mime.Message
	Recipient string
}

// sentMails reads the mails in an outbox, newest first.
func sentMails(t *testing.T, outbox string) []sentMail {
	t.Helper()
	stored, err := smtp.List(outbox, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]sentMail, len(stored))
	for i, s := range stored {
		_, data, err := smtp.Read(outbox, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = sentMail{m, s.Envelope.To[0]}
	}
	return all
}

// receives hands a mail in by the door of the mail server.
func (w *town) receives(t *testing.T, from, to, message string) {
	t.Helper()
	for _, err := range w.intake.Deliver(t.Context(), lmtp.Envelope{ID: "test", From: from, Recipients: []string{to}}, []byte(strings.ReplaceAll(message, "\n", "\r\n"))) {
		if err != nil {
			t.Errorf("the mail of %s to %s: %v", from, to, err)
		}
	}
}

func TestAnArticleIsAnsweredByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert, nobody := w.visit(t, "anna"), w.visit(t, "bert"), w.visit(t, "")
	anna.Get("/garten/")
	anna.Sees(200, "Garten am Bach", "garten@example.org", "Nothing here yet.")
	anna.Get("/garten/articles/add/")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer gießt?"}, "text": {"Bitte **zwei** Leute."}}, true)
	anna.Sees(200, "internal")

	told := w.mails(t, "bert@example.org")
	if len(told) != 1 || told[0].Subject != "[garten] Wer gießt?" || !strings.Contains(told[0].Text, "Bitte **zwei** Leute.") {
		t.Fatalf("Bert gets %+v", told)
	}
	bert.Get("/stadt/activity/")
	bert.Sees(200, "Wer gießt?", "new", "<bdi class=\"who\">Garten am Bach</bdi> published:")
	bert.Get("/")
	bert.Sees(200, "1 new notification", "Wer gießt?")

	w.receives(t, "bert@example.org", told[0].Header.Get("Reply-To")[1:len(told[0].Header.Get("Reply-To"))-1], "From: bert@example.org\nSubject: Re: x\nMessage-ID: <1@b>\n"+
		"In-Reply-To: <"+told[0].MessageID+">\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=iso-8859-1\n"+
		"Content-Transfer-Encoding: quoted-printable\n\nIch w=FCrde gie=DFen.\n\nAm 1.1. schrieb Anna:\n> Bitte zwei Leute.\n"+
		"--x\nContent-Type: image/png; name=\"beet.png\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--x--\n")
	own := w.mails(t, "anna@example.org")
	if len(own) != 2 || own[0].Subject != "Re: [garten] Wer gießt?" || own[0].InReplyTo[0] != own[1].MessageID || len(own[0].Attachments) != 1 || strings.Contains(own[0].Text, "zwei Leute") {
		t.Fatalf("Anna gets %+v", own)
	}
	anna.Get("/garten/wer-giesst/")
	anna.Sees(200, "Ich würde gießen.", "beet.png", "internal", "by email", "Quoted text and signature")
	anna.Get("/stadt/activity")
	anna.Sees(200, "<bdi class=\"who\">Bert Birke</bdi> commented:", "Ich würde gießen.", "new")
	anna.Submit("Mark all as read", nil)
	anna.Sees(200, "All notifications are marked as read.")
	anna.DoesNotSee(">new<")

	for _, v := range []*webtest.Visitor{nobody, w.visit(t, "carla")} {
		for _, path := range []string{"/", "/garten/", "/stadt/articles/", "/garten/wer-giesst/", "/stadt/content/1/", "/anna/", "/stadt/activity"} {
			v.Get(path)
			v.DoesNotSee("Wer gießt?", "würde gießen")
		}
	}
}

func TestAGroupIsWrittenToByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	const hello = "Subject: Grüße\nMessage-ID: <2@c>\n\nDarf ich Samen bringen?\n"
	w.receives(t, "carla@example.org", "Garten@example.org", "From: carla@example.org\n"+hello)
	for _, who := range []string{"anna", "bert", "carla"} {
		if got := w.mails(t, who+"@example.org"); len(got) != 1 || !strings.HasSuffix(got[0].Subject, "Grüße") {
			t.Errorf("%s gets %+v", who, got)
		}
	}
	anna, carla := w.visit(t, "anna"), w.visit(t, "carla")
	anna.Get("/garten/")
	anna.Sees(200, "Grüße", "no replies yet", "All conversations")
	carla.Get("/garten/")
	carla.Sees(200, "Grüße")
	bert := w.mails(t, "bert@example.org")[0]
	w.receives(t, "bert@example.org", bert.ReplyTo[0].Addr, "From: bert@example.org\nMessage-ID: <3@b>\nSubject: Re: x\n\nJa, gern.\n")
	if got := w.mails(t, "carla@example.org"); len(got) != 2 || !strings.Contains(got[0].Text, "Ja, gern.") {
		t.Errorf("Carla gets %+v", got)
	}
	carla.Get("/stadt/activity/")
	carla.Sees(200, "<bdi class=\"who\">Bert Birke</bdi> wrote:", "Ja, gern.")
	if v := w.visit(t, "demo-admin"); v != nil {
		v.Get("/garten/")
		v.DoesNotSee("Grüße")
	}
	results := w.intake.Deliver(t.Context(), lmtp.Envelope{From: "fremd@example.net", Recipients: []string{"garten@example.org"}}, []byte("From: fremd@example.net\r\n\r\nx"))
	if results[0] == nil || !strings.Contains(w.sentence(results[0]), "We don’t know your address fremd@example.net.") {
		t.Errorf("a stranger: %v", results[0])
	}
}

func TestAnAnswerToTheGroupBelongsToItsThread(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Hofputz"}, "text": {"Wer kommt?"}}, true)
	w.receives(t, "bert@example.org", "garten@example.org", "From: bert@example.org\nSubject: Putzmittel\nMessage-ID: <1@b>\n\nWas fehlt?\n")
	root := w.mails(t, "anna@example.org") // newest first
	for i, to := range []string{"article", "conversation"} {
		told := root[1-i]
		slow := time.Now().Add(-20 * time.Minute).Format(time.RFC1123Z)
		answer := "From: anna@example.org\nSubject: Re: " + told.Subject + "\nMessage-ID: <" + to + "@a>\nDate: " + slow +
			"\nTo: " + told.ReplyTo[0].Addr + "\nCc: garten@example.org\nIn-Reply-To: <" + told.MessageID + ">\nReferences: <" + told.MessageID + ">\n\nIch.\n"
		w.receives(t, "anna@example.org", "garten@example.org", answer)
		w.receives(t, "anna@example.org", told.ReplyTo[0].Addr, answer)
	}
	mails := w.mails(t, "anna@example.org")
	if len(mails) != 4 {
		t.Fatalf("Anna gets %d mails, want two threads of two", len(mails))
	}
	for i, answer := range mails[:2] {
		told := root[i]
		if answer.Subject != "Re: "+told.Subject || !slices.Equal(answer.InReplyTo, []string{told.MessageID}) || !slices.Equal(answer.References, []string{told.MessageID}) || answer.Date.Before(told.Date) {
			t.Errorf("%q of %s answers %v of %s, want %s", answer.Subject, answer.Date, answer.InReplyTo, told.Date, told.MessageID)
		}
	}
	anna.Get("/garten/hofputz/")
	anna.Sees(200, "Ich.", "internal", "by email")
}

func TestPagesAreThere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		who, path string
		status    int
		sees      string
	}{
		{"", "/", 200, "Nothing here yet. Posts by groups appear here."},
		{"", "/garten/", 200, "Garten am Bach"},
		{"", "/GARTEN", 200, "Garten am Bach"},
		{"", "/anna/", 200, "Anna Ahorn"},
		{"", "/carla/", 200, "Sign in"},
		{"anna", "/carla/", 200, "Write to Carla Clematis"},
		{"carla", "/carla/", 200, "Only you can see this page."},
		{"", "/niemand/", 404, ""},
		{"", "/stadt/help/", 200, "postmaster@example.org"},
		{"", "/stadt/privacy/", 200, "Cookies"},
		{"", "/stadt/markdown/", 200, "<strong>very important</strong>"},
		{"", "/stadt/activity", 200, "Sign in"},
		{"anna", "/stadt/activity", 200, "No notifications yet"},
		{"", "/stadt/articles/", 200, "No articles yet."},
		{"", "/garten/join/request/", 200, "Email address"},
		{"", "/garten/actions/subscribe/", 200, "Email address"},
		{"", "/stadt/gestalten/", 200, "Anna Ahorn"},
		{"", "/stadt/groups", 200, "Chor der Vielen"},
	} {
		v := w.visit(t, c.who)
		v.Get(c.path)
		v.Sees(c.status, c.sees)
	}
	// Whoever types an address that is none gets a page for it.
	v := w.visit(t, "")
	v.Get("/garten/join/request/")
	v.Submit("email", map[string]string{"email": "nonsense"})
	v.Sees(422, "Enter an email address")
}

func TestWhatFailedForGoodIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, admin := w.visit(t, "anna"), w.visit(t, "demo-admin")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Erntefest"}, "text": {"x"}}, true)
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { // nobody can be reached at such an address
		_, err := tx.Exec(t.Context(), `UPDATE email_addresses SET address = 'no address' WHERE person_id = ?`, w.Bert.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.queue.Drain(t.Context()); err == nil {
		t.Fatal("a mail left for an address that is none")
	}
	if got := w.mails(t, "anna@example.org"); len(got) != 1 {
		t.Fatalf("Anna gets %d mails", len(got))
	}
	for _, v := range []*webtest.Visitor{anna, w.visit(t, "")} {
		v.Get("/stadt/admin/")
		v.DoesNotSee("notify.deliver")
	}
	admin.Get("/stadt/admin/")
	admin.Sees(200, "notify.deliver", "email", "This is not an email address.", "Senders are not checked")
	err = w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE email_addresses SET address = 'bert@example.org' WHERE person_id = ?`, w.Bert.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	admin.Submit("Try all again", nil)
	admin.Sees(200, "All failed tasks of the kind notify.deliver will be tried again.", "No failed deliveries.")
	if got := w.mails(t, "bert@example.org"); len(got) != 1 {
		t.Errorf("Bert gets %d mails", len(got))
	}
	admin.Send("/stadt/admin/jobs/99/retry/", nil, true)
	admin.Sees(404)
	admin.Send("/stadt/admin/jobs/99/discard/", nil, true)
	admin.Sees(404)
}

func TestADemonstration(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LANGUAGE_CODE=en", "GROUPRISE_DOMAIN=example.org"}
	founded := realHouse(t, environ...)
	if err := errors.Join(founded.Migrate(t.Context()), founded.Demonstrate(t.Context(), demo.Size{People: 20, Groups: 22, Contents: 10, Comments: 20, Conversations: 5})); err != nil {
		t.Fatal(err)
	}
	h := realHouse(t, environ...)
	if !h.options.Demonstration || h.options.Submission.Backend != "folder" {
		t.Fatalf("%+v", h.options)
	}
	v := webtest.Visit(t, h.pages)
	v.Get("/stadt/login/")
	v.Submit("password", map[string]string{"login": "anna", "password": "demo"})
	v.Sees(200, "Hello, Anna Ahorn")
	for path, sees := range map[string]string{
		"/garten/": "Gießplan für den Sommer", "/chor/": "Chor der Vielen", "/garten/giessplan-fuer-den-sommer/": "meiner Schwester", "/stadt/outbox/": "No emails yet.",
	} {
		v.Get(path)
		v.Sees(200, sees)
	}
	v.Send("/garten/articles/add/", map[string][]string{"title": {"Neues"}, "text": {"x"}}, true)
	if err := h.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Get("/stadt/outbox/")
	v.Sees(200, "[garten] Neues", "bert@example.org")
	stored, err := smtp.List(h.options.OutboxFolder(), 1)
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	v.Get("/stadt/outbox/" + stored[0].Name + "/")
	v.Sees(200, "Email source", "List-Unsubscribe")
	v.Get("/stadt/outbox/" + stored[0].Name + "/html/")
	v.Sees(200, "Read and comment")
	v.Get("/stadt/outbox/nothing/")
	v.Sees(404)
}
