package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is the whole house with the cast in it; mails are kept as files.
type town struct {
	*House
	*cast.Cast
	outbox   string
	browsers map[int64]*webtest.Visitor
}

func newTown(t *testing.T) *town {
	t.Helper()
	h := buildHouse(t, "folder")
	return &town{House: h, Cast: cast.New(t, h.db), outbox: filepath.Join(h.options.DataPath, "outbox"), browsers: map[int64]*webtest.Visitor{}}
}

// buildHouse builds the whole house on an empty SQLite database; mails leave by a backend.
func buildHouse(t testing.TB, backend string) *House {
	t.Helper()
	h := realHouse(t, "GROUPRISE_DOMAIN=example.org", "GROUPRISE_EMAIL_SUBMISSION_BACKEND="+backend, "GROUPRISE_LANGUAGE_CODE=en",
		"GROUPRISE_MAILINGLIST_ENABLED=true")
	if err := h.migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// realHouse is the house as `grouprise admin house` builds it, on a database of its own that has no tables yet.
func realHouse(t testing.TB, environ ...string) *House {
	t.Helper()
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: append(environ, "GROUPRISE_DATA_PATH="+t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
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
	nobody.Sees(200, "How to begin", "Garten am Bach", "Chor der Vielen")
	nobody.DoesNotSee("My groups", "For you")
	anna.Get("/")
	anna.Sees(200, "For you", `<h2 id="my-groups">My groups</h2><ul class="tiles"><li><a class="entity" href="/chor/">`, `<li><a class="entity" href="/garten/">`)
	anna.DoesNotSee("How to begin", "Here will stand the groups that you belong to.")
	carla.Get("/")
	carla.Sees(200, "Here will stand the groups that you belong to.")
}

func TestMembersSeeEachOtherOnThePageOfTheirGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	bert := `<a class="entity" href="` + w.Bert.Entity().Path()
	for who, member := range map[string]bool{"anna": true, "carla": false, "": false} {
		v := w.visit(t, who)
		v.Get("/garten/")
		v.Sees(200, "Who takes part", "2 people")
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
	anna.Sees(200, "About the group")
	anna.DoesNotSee("What is new")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer gießt?"}, "text": {"x"}}, true)
	anna.Get("/garten/")
	anna.Sees(200, "About the group", "What is new", "Wer gießt?")
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
	stored, err := smtp.List(w.outbox, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var all []*mime.Message
	for _, s := range stored {
		_, data, err := smtp.Read(w.outbox, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if m.To[0].Addr == to {
			all = append(all, m)
		}
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
	anna.Sees(200, "Garten am Bach", "garten@example.org", "Here will stand what the group publishes.")
	anna.Get("/garten/articles/add/")
	anna.Send("/garten/articles/add/", map[string][]string{"title": {"Wer gießt?"}, "text": {"Bitte **zwei** Leute."}}, true)
	anna.Sees(200, "internal")

	told := w.mails(t, "bert@example.org")
	if len(told) != 1 || told[0].Subject != "[garten] Wer gießt?" || !strings.Contains(told[0].Text, "Bitte **zwei** Leute.") {
		t.Fatalf("Bert gets %+v", told)
	}
	bert.Get("/stadt/activity/")
	bert.Sees(200, "Wer gießt?", "new", "Garten am Bach has published this.")
	bert.Get("/")
	bert.Sees(200, "One piece of news waits for you.", "Wer gießt?")

	w.receives(t, "bert@example.org", told[0].Header.Get("Reply-To")[1:len(told[0].Header.Get("Reply-To"))-1], "From: bert@example.org\nSubject: Re: x\nMessage-ID: <1@b>\n"+
		"In-Reply-To: <"+told[0].MessageID+">\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=iso-8859-1\n"+
		"Content-Transfer-Encoding: quoted-printable\n\nIch w=FCrde gie=DFen.\n\nAm 1.1. schrieb Anna:\n> Bitte zwei Leute.\n"+
		"--x\nContent-Type: image/png; name=\"beet.png\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--x--\n")
	own := w.mails(t, "anna@example.org")
	if len(own) != 2 || own[0].Subject != "Re: [garten] Wer gießt?" || own[0].InReplyTo[0] != own[1].MessageID || len(own[0].Attachments) != 1 || strings.Contains(own[0].Text, "zwei Leute") {
		t.Fatalf("Anna gets %+v", own)
	}
	anna.Get("/garten/wer-giesst/")
	anna.Sees(200, "Ich würde gießen.", "beet.png", "internal", "by mail", "Quoted text and signature")
	anna.Get("/stadt/activity")
	anna.Sees(200, "Bert Birke has commented on this.", "new")
	anna.Submit("Mark all as read", nil)
	anna.Sees(200, "All news is marked as read.")
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
	anna.Sees(200, "Grüße", "no answer yet", "All conversations")
	carla.Get("/garten/")
	carla.Sees(200, "Grüße")
	bert := w.mails(t, "bert@example.org")[0]
	w.receives(t, "bert@example.org", bert.ReplyTo[0].Addr, "From: bert@example.org\nMessage-ID: <3@b>\nSubject: Re: x\n\nJa, gern.\n")
	if got := w.mails(t, "carla@example.org"); len(got) != 2 || !strings.Contains(got[0].Text, "Ja, gern.") {
		t.Errorf("Carla gets %+v", got)
	}
	carla.Get("/stadt/activity/")
	carla.Sees(200, "Bert Birke has written in this conversation.")
	if v := w.visit(t, "demo-admin"); v != nil {
		v.Get("/garten/")
		v.DoesNotSee("Grüße")
	}
	results := w.intake.Deliver(t.Context(), lmtp.Envelope{From: "fremd@example.net", Recipients: []string{"garten@example.org"}}, []byte("From: fremd@example.net\r\n\r\nx"))
	if results[0] == nil || !strings.Contains(w.sentence(results[0]), "We do not know your address fremd@example.net.") {
		t.Errorf("a stranger: %v", results[0])
	}
}

func TestPagesAreThere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		who, path string
		status    int
		sees      string
	}{
		{"", "/", 200, "Here will stand what the groups publish."},
		{"", "/garten/", 200, "Garten am Bach"},
		{"", "/GARTEN", 200, "Garten am Bach"},
		{"", "/anna/", 200, "Anna Ahorn"},
		{"", "/carla/", 200, "Sign in"},
		{"anna", "/carla/", 200, "Write to Carla Clematis"},
		{"carla", "/carla/", 200, "Only you see this page."},
		{"", "/niemand/", 404, ""},
		{"", "/stadt/help/", 200, "postmaster@example.org"},
		{"", "/stadt/privacy/", 200, "Cookies"},
		{"", "/stadt/markdown/", 200, "<strong>very important</strong>"},
		{"", "/stadt/activity", 200, "Sign in"},
		{"anna", "/stadt/activity", 200, "Here will stand what happens"},
		{"", "/stadt/articles/", 200, "Here the articles"},
		{"", "/garten/join/request/", 200, "E-mail address"},
		{"", "/garten/actions/subscribe/", 200, "E-mail address"},
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
	v.Sees(422, "Enter an e-mail address")
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
	admin.Sees(200, "notify.deliver", "email", "This is not a mail address.", "believed without proof")
	err = w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE email_addresses SET address = 'bert@example.org' WHERE person_id = ?`, w.Bert.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	admin.Submit("Try again", nil)
	admin.Sees(200, "It is tried again.", "Nothing has failed.")
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
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LANGUAGE_CODE=en"}
	if code, out, problems := command(t, environ, "demo", "--people", "20", "--contents", "10"); code != 0 || !strings.Contains(out, "demo-admin") {
		t.Fatal(out, problems)
	}
	if code, _, problems := command(t, environ, "demo"); code != 1 || !strings.Contains(problems, "not empty") {
		t.Errorf("a second town: %d, %s", code, problems)
	}
	if code, _, problems := command(t, environ, "demo", "--if-empty"); code != 0 {
		t.Error(problems)
	}
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: append(environ, "GROUPRISE_DOMAIN=example.org")})
	if err != nil || !o.Demonstration || o.Submission.Backend != "folder" {
		t.Fatalf("%+v, %v", o, err)
	}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	h, err := Build(t.Context(), o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close() // the test is over
	v := webtest.Visit(t, h.pages)
	v.Get("/stadt/login/")
	v.Submit("password", map[string]string{"login": "anna", "password": "demo"})
	v.Sees(200, "Hello, Anna Ahorn")
	for path, sees := range map[string]string{
		"/garten/": "Gießplan für den Sommer", "/chor/": "Chor der Vielen", "/garten/giessplan-fuer-den-sommer/": "meiner Schwester", "/stadt/outbox/": "No mail has been written yet.",
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
	stored, err := smtp.List(o.OutboxFolder(), 1)
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	v.Get("/stadt/outbox/" + stored[0].Name + "/")
	v.Sees(200, "Source of the mail", "List-Unsubscribe")
	v.Get("/stadt/outbox/" + stored[0].Name + "/html/")
	v.Sees(200, "Read and comment on the web")
	v.Get("/stadt/outbox/nothing/")
	v.Sees(404)
}
