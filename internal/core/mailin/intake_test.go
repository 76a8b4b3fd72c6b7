package mailin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

// post is an intake with two rooms behind it: garten@ takes everything, chor@ is for members, and
// everything can be answered.
type post struct {
	*mailin.Intake
	*cast.Cast
	db   *sqldb.DB
	tray *mailtest.Tray

	mu     sync.Mutex
	taken  []string
	cuts   []string // of what was taken
	broken error
	letter error
	counts map[string]int // of what was allowed
	closed bool           // nobody may answer content
	inside bool           // the last question about an address was asked in a transaction
}

func newPost(t *testing.T, db *sqldb.DB, authservID string) *post {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	returned, err := bounces.New(db, "a secret of the town", "town.example")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{Cast: cast.New(t, db), db: db, tray: &mailtest.Tray{}, counts: map[string]int{}}
	p.Intake = mailin.New(mailin.Config{
		DB: db, Media: folder, Letters: notify.NewLetters(p.tray), Catalogues: catalogues.Offering(func() lang.Offer { return lang.Offer{Default: "de"} }), Zone: time.UTC,
		Logger: slog.New(slog.DiscardHandler), Domain: "town.example", ReplyPrefix: "reply+", NoReply: []string{"noreply+{slug}@town.example"},
		BaseURL: "https://town.example", AuthservID: authservID, Bounces: returned,
		Limit: func(context.Context, string) error { return p.letter },
		LimitLost: func(_ context.Context, address string) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.counts["lost "+address]++; p.counts["lost "+address] > 1 {
				return errs.New(errs.TooMany, "Too often.")
			}
			return nil
		},
		Allow: func(_ context.Context, limit web.Limit, personID int64) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			key := fmt.Sprintf("%s %d", limit.Name, personID)
			if p.counts[key] == limit.Count {
				return errs.New(errs.TooMany, "Too often.")
			}
			p.counts[key]++
			return nil
		},
		FindSender: func(ctx context.Context, q sqldb.Querier, address string) (community.Viewer, bool, error) {
			var owner struct {
				community.Viewer
				Proven bool `db:"proven"`
			}
			err := q.Get(ctx, &owner, `SELECT p.id, p.entity_id, e.slug, e.name, a.verified_at IS NOT NULL AS proven,
				EXISTS (SELECT 1 FROM bounced_addresses b WHERE b.address_id = a.id AND b.set_aside_at IS NOT NULL) AS unreachable FROM people p JOIN entities e ON e.id = p.entity_id
				JOIN email_addresses a ON a.person_id = p.id WHERE a.address_key = ?`, strings.ToLower(address))
			return owner.Viewer, owner.Proven, err
		},
		ProveAddress: func(ctx context.Context, tx *sqldb.Tx, personID int64, address string) error {
			if _, err := tx.Exec(ctx, `UPDATE email_addresses SET verified_at = ? WHERE person_id = ? AND address_key = ?`, tx.Now, personID, address); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `DELETE FROM bounced_addresses WHERE address_id = (SELECT id FROM email_addresses WHERE person_id = ? AND address_key = ?)`, personID, strings.ToLower(address))
			return err
		},
	})
	err = p.Serve([]mailin.Address{{
		Limit: web.Limit{Name: "begin", Count: 30},
		Match: func(_ context.Context, q sqldb.Querier, local string) (int64, error) {
			_, p.inside = q.(*sqldb.Tx)
			return map[string]int64{"garten": p.Garten.EntityID, "chor": p.Chor.EntityID}[strings.ToLower(local)], p.broken
		},
		Deliver: func(_ context.Context, _ *sqldb.Tx, local string, m *mailin.Incoming) error {
			if local == "garten" && len(m.Text) > 100_000 {
				return errs.Check(errs.Field("text", "Use at most %d characters for the text.", 100_000))
			}
			if local == "chor" {
				return errs.New(errs.Denied, "This item does not exist.")
			}
			return p.take(m, "to "+local)
		},
	}}, []mailin.Reply{{Container: mailin.ToContent, Limit: web.Limit{Name: "answer", Count: 120}, Deliver: func(_ context.Context, _ *sqldb.Tx, target mailin.Target, m *mailin.Incoming) error {
		if p.closed {
			return errs.New(errs.Denied, "What you replied to has been deleted, or you can no longer read it.")
		}
		return p.take(m, fmt.Sprintf("answer %d", target.ContentID))
	}}, {Container: mailin.ToConversation, Deliver: func(_ context.Context, _ *sqldb.Tx, target mailin.Target, m *mailin.Incoming) error {
		return p.take(m, fmt.Sprintf("message %d below %d", target.ConversationID, target.ContributionID))
	}}}, []string{"/stadt/unsubscribe/{group}/{person}/{key}"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *post) take(m *mailin.Incoming, where string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := m.Sender.Slug + " " + where + ": " + m.Text
	for _, a := range m.Attachments {
		line += fmt.Sprintf(" [%s %s %d]", a.OriginalName, a.MediaType, a.Size)
	}
	p.taken, p.cuts = append(p.taken, line), append(p.cuts, m.Cut)
	return nil
}

// delivers brings a message and returns the answers, one word each.
func (p *post) delivers(t *testing.T, from, message string, to ...string) string {
	t.Helper()
	var answers []string
	for _, err := range p.Deliver(t.Context(), lmtp.Envelope{ID: "test", From: from, Recipients: to}, []byte(strings.ReplaceAll(message, "\n", "\r\n"))) {
		answer := "taken"
		if err != nil {
			answer = errs.KindOf(err).String()
		}
		answers = append(answers, answer)
	}
	return strings.Join(answers, ", ")
}

func (p *post) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(p.taken, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the rooms got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

const hello = "From: Anna <anna@example.org>\nMessage-ID: <1@mail.example>\nDate: Tue, 3 Mar 2026 10:00:00 +0100\nSubject: Hello\n\nHello all.\n\n-- \nAnna\n"

func TestTheSameMessageTwiceHasOneEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "")
		for range 2 {
			if got := p.delivers(t, "Anna@Example.org", hello, "garten@town.example", "chor@town.example", "Garten@TOWN.example"); got != "taken, taken, taken" {
				t.Error(got)
			}
		}
		p.expect(t, "anna to garten: Hello all.")
		golden.Equal(t, "refused", mailtest.Print(p.tray.TakeOne(t)))

		// Somebody who sends another message under the id of one that they have seen does not hide it.
		if got := p.delivers(t, "bert@example.org", strings.ReplaceAll(hello, "all", "Anna"), "garten@town.example"); got != "taken" {
			t.Error(got)
		}
		p.expect(t, "anna to garten: Hello all.", "bert to garten: Hello Anna.")
	})
}

func TestARefusedRecipientKeepsNobodyElseFromTheirMail(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	if got := p.delivers(t, "anna@example.org", hello, "garten@elsewhere.example", "nobody@town.example", "garten@town.example"); got != "not found, taken, taken" {
		t.Error(got)
	}
	p.expect(t, "anna to garten: Hello all.")
	if !p.inside {
		t.Error("a delivery needs a second connection, so that as many at once as there are connections wait for each other")
	}
}

func TestWhatMachinesWriteIsDropped(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	for _, c := range []struct{ from, header string }{
		{"", ""},
		{"anna@example.org", "Auto-Submitted: auto-replied\n"},
		{"stranger@example.net", "Precedence: bulk\n"},
		{"anna@example.org", "Precedence: auto_reply\n"},
		{"anna@example.org", "X-Failed-Recipients: x@y.example\n"},
	} {
		if got := p.delivers(t, c.from, c.header+hello, "garten@town.example"); got != "taken" {
			t.Errorf("%q: %s", c.header, got)
		}
	}
	if got := p.delivers(t, "anna@example.org", strings.Repeat("Received: from a by b\n", 101)+hello, "garten@town.example"); got != "invalid" {
		t.Errorf("a loop: %s", got)
	}
	if got := p.delivers(t, "stranger@example.net", hello, "noreply+garten@town.example", "noreply@town.example"); got != "taken, taken" {
		t.Error(got)
	}
	p.expect(t)
	if letters := p.tray.Take(); len(letters) != 0 {
		t.Errorf("letters: %v", letters)
	}
}

func TestWhoLosesAMailIsToldOnceADay(t *testing.T) {
	t.Parallel()
	vacation := strings.ReplaceAll(hello, "Subject: Hello", "Subject: Automatische Antwort: Hello")
	report := strings.ReplaceAll(hello, "Hello all.", "This is the mail system at host mx.example.\n\nYour message could not be delivered.\n\n550 5.1.1 User unknown")
	for name, c := range map[string]struct{ from, message, to, says string }{
		"an absence":          {"anna@example.org", vacation, "garten", "automatische Antwort"},
		"a report":            {"anna@example.org", report, "garten", "automatische Antwort"},
		"nobody's address":    {"anna@example.org", hello, "noreply+garten", "liest niemand"},
		"a header that tells": {"anna@example.org", "Auto-Submitted: auto-replied\n" + vacation, "garten", ""},
		"a tool, to nobody":   {"anna@example.org", "Precedence: bulk\n" + hello, "noreply", ""},
		"a stranger":          {"stranger@example.net", vacation, "garten", ""},
		"a stranger's answer": {"stranger@example.net", hello, "noreply", ""},
	} {
		p := newPost(t, dbtest.SQLite(t), "")
		for i := range 3 {
			if got := p.delivers(t, c.from, strings.ReplaceAll(c.message, "1@", fmt.Sprint(i/2, "@")), c.to+"@town.example"); got != "taken" {
				t.Errorf("%s: %s", name, got)
			}
		}
		p.expect(t)
		letters := p.tray.Take()
		if c.says == "" && len(letters) > 0 || c.says != "" && (len(letters) != 1 || !strings.Contains(letters[0].Intro, c.says)) {
			t.Errorf("%s: the letters are %+v", name, letters)
		}
	}
	p := newPost(t, dbtest.SQLite(t), "mx.town.example")
	if got := p.delivers(t, "evil@attacker.example", vacation, "garten@town.example"); got != "taken" || len(p.tray.Take()) != 0 {
		t.Errorf("%s, or a letter for somebody whose address was forged", got)
	}
}

func TestFilesThatAreLeftOutAreNamed(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	p.Limits.MaxAttachments = 1
	var message strings.Builder
	message.WriteString("From: anna@example.org\nSubject: Scans\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nThe scans.\n")
	for i := range 13 {
		fmt.Fprintf(&message, "--x\nContent-Type: image/png; name=%c.png\n\nx\n", 'a'+i)
	}
	if got := p.delivers(t, "anna@example.org", message.String()+"--x--\n", "garten@town.example"); got != "taken" {
		t.Error(got)
	}
	p.expect(t, "anna to garten: The scans.\n\n(Weggelassen, weil zu groß oder zu viele: b.png, c.png, d.png, e.png, f.png, g.png, h.png, i.png, j.png, k.png und 2 weitere) [a.png image/png 1]")
}

func TestThePictureOnTopOfAMailDoesNotComeBackWithItsQuote(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	message := "From: anna@example.org\nSubject: Re: Compost\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n" +
		"--x\nContent-Type: text/html\n\n<p>Gladly.</p><blockquote type=cite><img src=\"cid:face-garten.jpg@town.example\">Garten</blockquote>\n"
	for _, id := range []string{"face-garten.jpg@town.example", "face-garten.jpg@else.example", "beet.jpg@town.example"} {
		message += "--x\nContent-Type: image/jpeg; name=" + strings.ReplaceAll(id, "@", "-") + "\nContent-ID: <" + id + ">\nContent-Disposition: inline\n\nx\n"
	}
	if got := p.delivers(t, "anna@example.org", message+"--x--\n", "garten@town.example"); got != "taken" {
		t.Error(got)
	}
	p.expect(t, "anna to garten: Gladly. [face-garten.jpg-else.example image/jpeg 1] [beet.jpg-town.example image/jpeg 1]")
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	key := p.key(t, p.Bert.ID)
	for _, c := range []struct{ from, to, want string }{
		{"anna@example.org", "garten@town.example", ""},
		{"ANNA@example.org", "GARTEN@Town.Example", ""},
		{"", "garten@town.example", ""},
		{"", "noreply+garten@town.example", ""},
		{"stranger@example.net", "reply+" + key + "@town.example", ""},
		{"stranger@example.net", "Reply+" + strings.ToUpper(key) + "@town.example", ""},
		{"stranger@example.net", "reply+000000000000000@town.example", "not found"},
		{"stranger@example.net", "reply+@town.example", "not found"},
		{"double-bounce@mail.example", "garten@town.example", ""},
		{"anna@example.org", "garten+more@town.example", "not found"},
		{"anna@example.org", "anna@town.example", "not found"},
		{"anna@example.org", "garten@example.org", "not found"},
		{"anna@example.org", "garten", "not found"},
		{"anna@example.org", "@town.example", "not found"},
		{"anna@example.org", "garten@x@town.example", "not found"},
		{"anna@example.org", strings.Repeat("x", 10_000) + "@town.example", "not found"},
	} {
		got := ""
		if err := p.Recipient(t.Context(), c.from, c.to); err != nil {
			got = errs.KindOf(err).String()
		}
		if got != c.want {
			t.Errorf("from %s to %.50s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
	err := p.Recipient(t.Context(), "anna@example.org", "reply+000000000000000@town.example")
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Message != "What you replied to no longer exists. Please write on the site." {
		t.Errorf("a key that nobody has: %v", err)
	}
	p.broken = errs.New(errs.Unavailable, "Later.")
	if err := p.Recipient(t.Context(), "anna@example.org", "garten@town.example"); !errs.Temporary(err) {
		t.Errorf("without a database: %v", err)
	}
}

// key returns the reply key of a person for an article of the garden.
func (p *post) key(t *testing.T, person int64) string {
	t.Helper()
	content := cast.AddContent(t, p.db, cast.Content{EntityID: p.Garten.EntityID, AuthorID: p.Anna.ID})
	answerer := notify.Answerer{PersonID: person, Answer: notify.Answer{ContentID: content}}
	keys, err := mailin.ReplyKeys(t.Context(), p.db, []notify.Answerer{answerer})
	if err != nil {
		t.Fatal(err)
	}
	return keys[answerer]
}

func TestReplyKeysAreMadeOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "")
		key := p.key(t, p.Bert.ID)
		var answer struct {
			ContentID int64 `db:"content_id"`
		}
		if err := db.Get(t.Context(), &answer, `SELECT content_id FROM reply_keys WHERE secret = ?`, key); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				all := []notify.Answerer{}
				for _, person := range []int64{p.Carla.ID, p.Anna.ID, p.Bert.ID, p.Anna.ID} {
					all = append(all, notify.Answerer{PersonID: person, Answer: notify.Answer{ContentID: answer.ContentID}})
				}
				keys, err := mailin.ReplyKeys(t.Context(), db, all)
				if err != nil || len(keys) != 3 || keys[all[2]] != key || keys[all[0]] == keys[all[1]] || keys[all[0]] == key || len(keys[all[1]]) != 15 {
					t.Errorf("the keys are %v beside %s: %v", keys, key, err)
				}
			})
		}
		wg.Wait()
		var keys int
		if err := db.Get(t.Context(), &keys, `SELECT COUNT(*) FROM reply_keys`); err != nil || keys != 3 {
			t.Errorf("%d keys: %v", keys, err)
		}
	})
}

func TestReplies(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	to := "reply+" + p.key(t, p.Bert.ID) + "@town.example"
	const reply = "From: bert@example.org\nSubject: Re: A\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nSch=F6n.\n\nAm 1.1. schrieb Anna:\n> A\n" +
		"--x\nContent-Type: image/png; name=\"beet.png\"\nContent-Transfer-Encoding: base64\n\niVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==\n--x--\n"
	if got := p.delivers(t, "bert@example.org", reply, to); got != "taken" {
		t.Error(got)
	}
	p.expect(t, "bert answer 1: Schön. [beet.png image/png 67]")
	if letters := p.tray.Take(); len(letters) != 0 {
		t.Errorf("letters: %v", letters)
	}
	// Anna answers to an address that is Bert's.
	if got := p.delivers(t, "anna@example.org", hello, to); got != "taken" {
		t.Error(got)
	}
	if l := p.tray.TakeOne(t); l.Address != "anna@example.org" || !strings.Contains(l.Intro, "anna@example.org") {
		t.Errorf("the letter says %+v", l)
	}
	// Somebody unknown does, and somebody who got too many letters already.
	p.letter = errs.New(errs.TooMany, "Too many.")
	for i, from := range []string{"stranger@example.net", "anna@example.org"} {
		if got := p.delivers(t, from, strings.ReplaceAll(hello, "1@", fmt.Sprint(i+2, "@")), to); got != "denied" {
			t.Error(got)
		}
	}
	if letters := p.tray.Take(); len(letters) != 0 {
		t.Errorf("letters: %v", letters)
	}
	p.expect(t, "bert answer 1: Schön. [beet.png image/png 67]")
}

func TestAReplyThatIsAnInstructionIsObeyedOnceAndNotAdded(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	to := "reply+" + p.key(t, p.Bert.ID) + "@town.example"
	var obeyed []string
	p.Understand(mailin.Instruction{Container: mailin.ToContent, Obey: func(_ context.Context, _ *sqldb.Tx, target mailin.Target, m *mailin.Incoming) (bool, error) {
		switch m.Text {
		case "2 cakes":
			obeyed = append(obeyed, fmt.Sprintf("%s %d %s", m.Sender.Slug, target.ContentID, m.Text))
			return true, nil
		case "9 cakes":
			return false, errs.New(errs.Denied, "Nobody needs nine.")
		}
		return false, nil
	}})
	for n, text := range []string{"2 cakes", "2 cakes", "Who brings cakes?", "9 cakes"} {
		message := fmt.Sprintf("From: bert@example.org\nSubject: Re: A\nMessage-ID: <%d@x>\n\n%s\n", max(1, n), text) // the second is the first once more
		if got := p.delivers(t, "bert@example.org", message, to); got != "taken" {
			t.Error(got)
		}
	}
	p.expect(t, "bert answer 1: Who brings cakes?")
	if got := strings.Join(obeyed, ", "); got != "bert 1 2 cakes" {
		t.Errorf("obeyed is %q", got)
	}
	if l := p.tray.TakeOne(t); !strings.Contains(l.Intro, "Nobody needs nine.") {
		t.Errorf("the letter says %q", l.Intro)
	}
}

const vouched = "Authentication-Results: mx.town.example; dmarc=pass header.from=example.org\n"

func TestWhoIsNotProvenIsAsked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "mx.town.example")
		if got := p.delivers(t, "anything@forwarder.example", vouched+hello, "garten@town.example"); got != "taken" {
			t.Error(got)
		}
		p.expect(t, "anna to garten: Hello all.")
		p.taken = nil

		// The link goes to the address that the message bears, never to the one in the envelope.
		for range 2 {
			forged := strings.Replace(vouched, "pass", "fail", 1) + strings.ReplaceAll(hello, "all", "forger")
			if got := p.delivers(t, "evil@attacker.example", forged, "garten@town.example"); got != "taken" {
				t.Error(got)
			}
		}
		p.expect(t)
		letter := p.tray.TakeOne(t)
		golden.Equal(t, "held", mailtest.Print(letter))
		path := mailtest.Link(t, letter, "/stadt/mail/")
		secret := strings.Split(path, "/")[3]
		held, err := p.FindHeld(t.Context(), secret)
		if err != nil || held.Sender != "anna@example.org" || held.Recipient != "garten@town.example" {
			t.Fatalf("%+v, %v", held, err)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _, _ = p.Release(t.Context(), secret) })
		}
		wg.Wait()
		p.expect(t, "anna to garten: Hello forger.")
		if _, err := p.Release(t.Context(), secret); !errs.Is(err, errs.NotFound) {
			t.Errorf("released twice: %v", err)
		}
	})
}

func TestAnAddressThatOnlySomebodyElseEnteredIsAskedOnce(t *testing.T) {
	t.Parallel()
	for letterName, authservID := range map[string]string{"held-first": "", "held-first-vouched": "mx.town.example"} {
		dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
			p := newPost(t, db, authservID)
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE email_addresses SET verified_at = NULL WHERE address_key = 'anna@example.org'`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			first := vouched + strings.ReplaceAll(hello, "Hello all", "First "+authservID)
			if got := p.delivers(t, "anna@example.org", first, "garten@town.example"); got != "taken" {
				t.Error(got)
			}
			p.expect(t)
			letter := p.tray.TakeOne(t)
			golden.Equal(t, letterName, mailtest.Print(letter))
			if _, err := p.Release(t.Context(), strings.Split(mailtest.Link(t, letter, "/stadt/mail/"), "/")[3]); err != nil {
				t.Fatal(err)
			}
			p.expect(t, "anna to garten: First "+authservID+".")
			p.taken = nil
			if got := p.delivers(t, "anna@example.org", vouched+strings.ReplaceAll(hello, "Hello all", "Second "+authservID), "garten@town.example"); got != "taken" {
				t.Error(got)
			}
			p.expect(t, "anna to garten: Second "+authservID+".")
		})
	}
}

func TestStrangersAreRefusedByTheMailServer(t *testing.T) {
	t.Parallel()
	for _, authservID := range []string{"", "mx.town.example"} {
		p := newPost(t, dbtest.SQLite(t), authservID)
		message := strings.ReplaceAll(hello, "anna@example.org", "stranger@example.net")
		for _, header := range []string{"", strings.ReplaceAll(vouched, "example.org", "example.net")} {
			if got := p.delivers(t, "stranger@example.net", header+message, "garten@town.example"); got != "denied" {
				t.Error(got)
			}
		}
		if letters := p.tray.Take(); len(letters) != 0 {
			t.Errorf("letters: %v", letters)
		}
		p.expect(t)
	}
}

func TestHeldMessagesExpire(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "mx.town.example")
		if got := p.delivers(t, "anna@example.org", hello, "garten@town.example"); got != "taken" {
			t.Error(got)
		}
		secret := strings.Split(mailtest.Link(t, p.tray.TakeOne(t), "/stadt/mail/"), "/")[3]
		if err := p.RemoveExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := p.FindHeld(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE held_messages SET expires_at = ?`, tx.Now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.FindHeld(t.Context(), secret); !errs.Is(err, errs.NotFound) {
			t.Errorf("found after its time: %v", err)
		}
		if err := p.RemoveExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMailsAreCountedAsWhatComesByTheWeb(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	number := func(i int) string { return strings.ReplaceAll(hello, "1@", fmt.Sprint(i, "@")) }
	for i := range 30 {
		for range 2 { // brought for the second time, a message is not counted
			if got := p.delivers(t, "anna@example.org", number(i), "garten@town.example"); got != "taken" {
				t.Fatal(i, got)
			}
		}
	}
	if got := p.delivers(t, "anna@example.org", number(30), "garten@town.example"); got != "too many" {
		t.Error(got)
	}
	if got := p.delivers(t, "bert@example.org", number(31), "garten@town.example"); got != "taken" {
		t.Error(got)
	}
	key := p.key(t, p.Anna.ID)
	for i := range 121 {
		want := "taken"
		if i == 120 {
			want = "too many"
		}
		if got := p.delivers(t, "anna@example.org", number(100+i), "reply+"+key+"@town.example"); got != want {
			t.Fatal(i, got)
		}
	}
}

func TestWhatWaitsForConfirmationIsBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "mx.town.example")
		large := strings.Repeat(strings.Repeat("x", 70)+"\n", 20<<20/71)
		var answers []string
		for i := range 4 {
			answers = append(answers, p.delivers(t, "anna@example.org", strings.ReplaceAll(hello, "1@", fmt.Sprint(i, "@"))+large, "garten@town.example"))
		}
		if got := strings.Join(answers, ", "); got != "taken, taken, taken, too many" {
			t.Error(got)
		}
		if got := p.delivers(t, "bert@example.org", strings.ReplaceAll(hello, "anna", "bert"), "garten@town.example"); got != "taken" {
			t.Error(got)
		}
	})
}

func TestWithoutAnIDAttachmentsTellMessagesApart(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	scan := func(name, data string) string {
		return "From: anna@example.org\nDate: Tue, 3 Mar 2026 10:00:00 +0100\nSubject: Scan\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nScan\n" +
			"--x\nContent-Type: application/pdf; name=" + name + "\n\n" + data + "\n--x--\n"
	}
	for _, message := range []string{scan("a.pdf", "one"), scan("a.pdf", "two"), scan("b.pdf", "two"), scan("a.pdf", "one")} {
		if got := p.delivers(t, "anna@example.org", message, "garten@town.example"); got != "taken" {
			t.Error(got)
		}
	}
	p.expect(t, "anna to garten: Scan [a.pdf application/pdf 3]", "anna to garten: Scan [a.pdf application/pdf 3]", "anna to garten: Scan [b.pdf application/pdf 3]")
}

func TestWhatAMemberSendsWithAToolIsTaken(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"Precedence: bulk\n", "Precedence: junk\n", "Auto-Submitted: auto-generated\n"} {
		p := newPost(t, dbtest.SQLite(t), "")
		if got := p.delivers(t, "anna@example.org", header+hello, "garten@town.example"); got != "taken" {
			t.Error(got)
		}
		p.expect(t, "anna to garten: Hello all.")
	}
}

func TestAMailWithoutATextSaysItsSubject(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	if got := p.delivers(t, "anna@example.org", "From: anna@example.org\nSubject: The meeting is off!\n\n\n", "garten@town.example"); got != "taken" {
		t.Error(got)
	}
	p.expect(t, "anna to garten: The meeting is off!")
}

func TestAMailSaysWhatItHoldsBesideWords(t *testing.T) {
	t.Parallel()
	const calendar = "BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VEVENT\nUID:1\nDTSTART%s\nDTEND%s\nSUMMARY:Meet\\, talk\nLOCATION:Yard 3\nDESCRIPTION:Bring <cups>\n  and\n  plates\nEND:VEVENT\nEND:VCALENDAR\n"
	event := func(method, start, end string) string { return fmt.Sprintf(calendar, method, start, end) }
	for _, c := range []struct{ message, want string }{
		{"Content-Type: text/calendar\n\n" + event("REQUEST", ":20261120T180000Z", ":20261120T200000Z"), "Termin: Meet, talk\nWann: 20. November 2026, 18:00 Uhr – 20:00 Uhr\nWo: Yard 3\n\nBring <cups> and plates [event.ics text/calendar 212]"},
		{"Content-Type: text/calendar\n\n" + event("CANCEL", ";VALUE=DATE:20261120", ";VALUE=DATE:20261122"), "Abgesagt: Meet, talk\nWann: 20. November 2026 – 21. November 2026\nWo: Yard 3\n\nBring <cups> and plates [event.ics text/calendar 217]"},
		{"Content-Type: text/calendar\n\n" + event("REQUEST", ";TZID=W. Europe Standard Time:20261120T180000", ";TZID=W. Europe Standard Time:20261121T010000"), "Termin: Meet, talk\nWann: 20. November 2026, 18:00 Uhr – 21. November 2026, 1:00 Uhr\nWo: Yard 3\n\nBring <cups> and plates [event.ics text/calendar 268]"},
		{"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Come.<p>Bring &lt;cups&gt; and plates\n--b\nContent-Type: text/calendar; name=a.ics\n\n" + event("REQUEST", ":20261120T180000Z", ":20261120T180000Z") + "--b--\n", "Come.\n\nBring &lt;cups&gt; and plates\n\nTermin: Meet, talk\nWann: 20. November 2026, 18:00 Uhr\nWo: Yard 3 [a.ics text/calendar 210]"},
		{"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx", "Diese Nachricht ist verschlüsselt und kann hier nicht angezeigt werden. [smime.p7m application/pkcs7-mime 1]"},
		{"Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream; name=a.asc\n\nx\n--b--\n", "Diese Nachricht ist verschlüsselt und kann hier nicht angezeigt werden. [a.asc application/pgp-encrypted 1]"},
	} {
		p := newPost(t, dbtest.SQLite(t), "")
		if got := p.delivers(t, "anna@example.org", "From: anna@example.org\nSubject: A\n"+c.message, "garten@town.example"); got != "taken" {
			t.Error(got)
		}
		p.expect(t, "anna to garten: "+c.want)
	}
}

func TestEveryRefusalGivesItsReason(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	for message, want := range map[string]string{
		"From: anna@example.org\n\n\n":                                        "weder Text noch Anhänge",
		"From: anna@example.org\nSubject: Re: The meeting\n\n \n":             "weder Text noch Anhänge",
		"From: anna@example.org\nSubject: A\n\n" + strings.Repeat("a\n", 1e5): "Der Text darf höchstens 100000 Zeichen haben.",
	} {
		if got := p.delivers(t, "anna@example.org", message, "garten@town.example"); got != "taken" {
			t.Error(got)
		}
		if l := p.tray.TakeOne(t); !strings.Contains(l.Intro, want) {
			t.Errorf("%.60q: the letter says %q", message, l.Intro)
		}
	}
	p.expect(t)
	if got := mailin.Reason(p.Catalogues.Printer("en", time.UTC), errs.New(errs.Denied, "")); got == "" {
		t.Error("an error without a sentence has no reason")
	}
}

func TestAQuoteGivesNoKeysAway(t *testing.T) {
	t.Parallel()
	const key, reply = "ly7xouasvwdflbxi2lojz3lcb4", "abcdefghij23456"
	const mail = "From: Anna <anna@example.org>\nMessage-ID: <quote@example.org>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
	for encoding, body := range map[string]string{
		"8bit": "Ja, siehe https://town.example/stadt/unsubscribe/21/11/" + key + "/\n\n> Abmelden:\n> https://town.example/stadt/unsubscribe/21/11/" + key + "/\n> reply+" + reply + "@town.example\n",
		"quoted-printable": "Ja, siehe https://town.example/stadt/unsubscribe/21/11/" + key[:9] + "=\n" + key[9:] + "/\n\n> Abmelden:\n> https://town.example/stadt/unsub=\nscribe/21/11/" +
			key + "/\n> reply+" + reply[:4] + "=\n" + reply[4:] + "=40town.example\n",
	} {
		p := newPost(t, dbtest.SQLite(t), "")
		if got := p.delivers(t, "anna@example.org", mail+encoding+"\n\n"+body, "garten@town.example"); got != "taken" {
			t.Fatal(got)
		}
		said := strings.Join(p.taken, "\n") + strings.Join(p.cuts, "\n")
		if strings.Contains(said, key) || strings.Contains(said, reply) {
			t.Errorf("%s gives away: %s", encoding, said)
		}
		if !strings.Contains(said, "Ja, siehe https://town.example/stadt/unsubscribe/21/11/…/") || !strings.Contains(said, "> Abmelden:") {
			t.Errorf("%s lost something else: %s", encoding, said)
		}
	}
}

func FuzzDeliver(f *testing.F) {
	f.Add("anna@example.org", "garten@town.example", []byte(hello))
	f.Add("", "reply+x@town.example", []byte("Auto-Submitted: x\n\n"))
	f.Add("a@b@c", "@", []byte{0xff, 0})
	f.Fuzz(func(t *testing.T, from, to string, message []byte) {
		in := newDoorWithoutHouse()
		if local, _, _ := strings.Cut(strings.ToLower(to), "@"); !strings.HasPrefix(local, "reply+") {
			_ = in.Recipient(t.Context(), from, to)
		}
		if results := in.Deliver(t.Context(), lmtp.Envelope{From: from, Recipients: []string{to}}, message); len(results) != 1 {
			t.Errorf("%d results", len(results))
		}
	})
}

func FuzzImport(f *testing.F) {
	f.Add("garten@town.example", "", []byte("To: garten@town.example\n"+hello))
	f.Add("box@town.example", "Box@town.example", []byte("Delivered-To: x@town.example\nCc: \"a@b\" <garten@town.example>, garten@town.example\n"+hello))
	f.Add("", "reply+x@town.example", []byte("Return-Path: <>\nTo: a:;\n\n"))
	f.Fuzz(func(t *testing.T, collector, delivered string, message []byte) {
		err := newDoorWithoutHouse().Import(t.Context(), message, delivered, collector)
		if err != nil && errs.KindOf(err) == errs.Internal && !strings.Contains(strings.ToLower(delivered+string(message)), "reply+") && !strings.Contains(strings.ToLower(delivered+string(message)), "bounce+") {
			t.Errorf("an error without a kind: %v", err)
		}
	})
}

// newDoorWithoutHouse is an intake behind which nothing answers.
func newDoorWithoutHouse() *mailin.Intake {
	in := mailin.New(mailin.Config{
		Logger: slog.New(slog.DiscardHandler), Domain: "town.example", ReplyPrefix: "reply+", Bounces: &bounces.Bounces{},
		NoReply: []string{"noreply@town.example"},
		FindSender: func(context.Context, sqldb.Querier, string) (community.Viewer, bool, error) {
			return community.Viewer{}, false, errs.New(errs.Unavailable, "Later.")
		},
	})
	err := in.Serve([]mailin.Address{{Match: func(context.Context, sqldb.Querier, string) (int64, error) {
		return 0, errs.New(errs.Unavailable, "Later.")
	}}}, nil, nil)
	if err != nil {
		panic(err)
	}
	return in
}

func TestImport(t *testing.T) {
	t.Parallel()
	const collector = "box@town.example"
	for _, c := range []struct{ header, delivered, result, taken string }{
		{"To: Garten <garten@town.example>\n", "", "", "anna to garten: Hello all."},
		{"To: x@y.example\nCc: GARTEN@town.example, garten@town.example\n", "", "", "anna to GARTEN: Hello all."},
		{"Delivered-To: garten@town.example\nTo: nobody@town.example\n", "", "", "anna to garten: Hello all."},
		{"Delivered-To: box@town.example\nTo: garten@town.example\n", "", "", "anna to garten: Hello all."},
		{"To: garten@town.example\n", "Box@town.example", "", "anna to garten: Hello all."},
		{"To: nobody@town.example, garten@town.example\n", "", "", "anna to garten: Hello all."},
		{"To: nobody@town.example, nothing@town.example\n", "", "not found", ""},
		{"To: nobody@town.example\n", "garten@town.example", "", "anna to garten: Hello all."},
		{"To: garten@town.example\n", "nobody@town.example", "not found", ""},
		{"To: x@y.example\n", "", "not found", ""},
		{"", "", "not found", ""},
		{"Return-Path: <>\nTo: garten@town.example\n", "", "", ""},
	} {
		p := newPost(t, dbtest.SQLite(t), "")
		result := ""
		if err := p.Import(t.Context(), []byte(c.header+hello), c.delivered, collector); err != nil {
			result = errs.KindOf(err).String()
		}
		if got := strings.Join(p.taken, "\n"); result != c.result || got != c.taken {
			t.Errorf("%q delivered to %q: %q and %q, want %q and %q", c.header, c.delivered, result, got, c.result, c.taken)
		}
	}
	p := newPost(t, dbtest.SQLite(t), "")
	for message, want := range map[string]errs.Kind{
		"To: garten@town.example\n\nx":                             errs.Invalid,
		"From: stranger@example.net\nTo: garten@town.example\n\nx": errs.Denied,
	} {
		if err := p.Import(t.Context(), []byte(message), "", collector); !errs.Is(err, want) {
			t.Errorf("%q: %v", message, err)
		}
	}
}
