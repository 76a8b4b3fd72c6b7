package email

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

// sink keeps what is sent.
type sink struct {
	envelopes []smtp.Envelope
	messages  []string
	err       error
}

func (s *sink) Send(_ context.Context, e smtp.Envelope, message []byte) error {
	s.envelopes = append(s.envelopes, e)
	s.messages = append(s.messages, strings.ReplaceAll(string(message), "\r\n", "\n"))
	return s.err
}

func (*sink) Close() error { return nil }

func (s *sink) parse(t *testing.T) *mime.Message {
	t.Helper()
	m, err := mime.Parse(strings.NewReader(s.messages[len(s.messages)-1]), mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newEmail(t testing.TB) (*Email, *sink) {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	if _, err := folder.Put(t.Context(), "beet.png", strings.NewReader("\x89PNG\r\n\x1a\n")); err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	db := dbtest.SQLite(t)
	cast.New(t, db)
	returned, err := bounces.New(db, "a secret of the town", "town.example")
	if err != nil {
		t.Fatal(err)
	}
	e := New(Config{
		Bounces: returned,
		DB:      db, Sender: s, Media: folder, Catalogues: catalogues, Zone: time.UTC, Logger: slog.New(slog.DiscardHandler),
		Clock:    func() time.Time { return time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC) },
		SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "https://town.example", Domain: "town.example",
		From: "noreply@town.example", Distinct: "noreply+{slug}@town.example", ReplyTo: "reply+{reply_key}@town.example",
		ReplyKeys: func(_ context.Context, all []notify.Answerer) (map[notify.Answerer]string, error) {
			keys := map[notify.Answerer]string{}
			for _, a := range all {
				keys[a] = "abcdefghijklmno"
			}
			return keys, nil
		},
		UnsubscribeURL: func(_ int64, g community.Entity) string { return "https://town.example/stop/" + g.Slug + "/" },
	})
	e.seed = "seed"
	return e, s
}

func deliver(t *testing.T, e *Email, d notify.Delivery) error {
	t.Helper()
	sends, err := e.Prepare(t.Context(), []*notify.Delivery{&d})
	if err != nil {
		return err
	}
	return sends[0](t.Context())
}

func comment(language string) notify.Delivery {
	garten := community.Entity{ID: 121, Kind: community.GroupEntity, OwnerID: 21, Slug: "garten", Name: "Garten am Bach"}
	return notify.Delivery{
		To: notify.Recipient{PersonID: 12, Name: "Bert Birke", Slug: "bert", Language: language},
		Message: &notify.Message{
			Kind: "comment", From: notify.Sender{Name: "Änne Ahorn", Slug: "aenne"}, Entity: &garten, Subject: "Käfer im Kompost", Reply: true,
			Intro: "Änne Ahorn hat einen Kommentar geschrieben.", Facts: []notify.Fact{{Label: "Ort", Value: "Am Bach 3"}},
			Text:    "Die sind **nützlich**. <script>alert(1)</script>\n\n* [Bild](/-/images/kaefer.jpg)\n* @bert weiß mehr\n",
			Actions: []notify.Action{{Label: "Kommentar ansehen", URL: "https://town.example/stadt/content/7/#contribution-9", Primary: true}},
			URL:     "https://town.example/stadt/content/7/", Date: clock.Date(2026, time.March, 2, 8, 30), Answer: notify.Answer{ContributionID: 9},
			Thread:      notify.Thread{ID: "content.7.contribution.9", Parent: "content.7", References: []string{"content.7"}},
			Attachments: []notify.Attachment{{Name: "Beet im März.png", MediaType: "image/png", File: "beet.png", Size: 8}},
			Subscribed:  true,
		},
	}
}

func TestMailsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"de", "en"} {
		e, s := newEmail(t)
		if err := deliver(t, e, comment(language)); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "comment."+language, s.messages[0])
		plain := comment(language)
		plain.Message = &notify.Message{Kind: "membership", Subject: "Hello", Intro: "Something happened."}
		if err := deliver(t, e, plain); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "plain."+language, s.messages[1])
		letter := notify.Letter{
			Address: "neu@example.org", Kind: "mail-refused", Subject: "Nicht zugestellt: Grüße", Intro: "Das ging nicht.", Language: language,
			Note: "Weil nicht.", Actions: []notify.Action{{Label: "Zur Webseite", URL: "https://town.example/"}}, Answering: "x@y.example",
		}
		if err := e.Post(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "letter."+language, s.messages[2])
		if !strings.HasPrefix(s.envelopes[0].From, "bounce+") || s.envelopes[2].From != "" || s.envelopes[0].To[0] != "bert@example.org" {
			t.Errorf("the envelopes are %+v", s.envelopes)
		}
	}
}

func TestPlainTextAndWhatWasFoldedAwayShowInMails(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"de", "en"} {
		e, s := newEmail(t)
		d := comment(language)
		d.Message.Attachments = nil
		d.Message.Format, d.Message.Text = markdown.Plain, "    Das wird lustig <grins>.\n2*3*4\n\n> Kommst du?\nJa: https://a.example/b_c"
		d.Message.Cut = notify.Cut{Happened: true, URL: d.Message.Actions[0].URL}
		if err := deliver(t, e, d); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "folded."+language, s.messages[0])
	}
}

func TestPicturesInTheTextOfAMailComeWithIt(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	d := comment("de")
	d.Message.Text = "Zuerst die Pumpe ![Pumpe](/-/files/beet.png), dann Wasser."
	if err := deliver(t, e, d); err != nil {
		t.Fatal(err)
	}
	m := s.parse(t)
	if len(m.Attachments) != 1 || !m.Attachments[0].Inline || m.Attachments[0].ContentID != "beet.png@town.example" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if !strings.Contains(m.Text, "Zuerst die Pumpe ![Pumpe](cid:beet.png%40town.example), dann Wasser.") || !strings.Contains(s.messages[0], "Zuerst die Pumpe [Bild: Pumpe] https") {
		t.Errorf("the mail says %s", s.messages[0])
	}
}

func TestAMailCanBeReadAgain(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	if err := deliver(t, e, comment("de")); err != nil {
		t.Fatal(err)
	}
	m := s.parse(t)
	if m.Subject != "Re: [garten] Käfer im Kompost" || m.From[0].Name != "Änne Ahorn via Neustadt" || m.From[0].Addr != "noreply+aenne@town.example" {
		t.Errorf("%q from %+v", m.Subject, m.From)
	}
	if !m.Auto.Automatic() {
		t.Error("programs do not see that a program sent it")
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "Beet im März.png" || len(m.Attachments[0].Data) != 8 {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if strings.Contains(s.messages[0], "<script") {
		t.Error("the mail carries a script")
	}
}

func TestThreadsDifferForEachRecipient(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	first, second := comment("de"), comment("de")
	second.To.PersonID = 13
	for _, d := range []notify.Delivery{first, first, second} {
		if err := deliver(t, e, d); err != nil {
			t.Fatal(err)
		}
	}
	id := func(i int) string {
		_, rest, _ := strings.Cut(s.messages[i], "Message-ID: ")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	if id(0) != id(1) || id(0) == id(2) {
		t.Errorf("the ids are %s, %s and %s", id(0), id(1), id(2))
	}
}

func TestMailsWithFilesAreWrittenWhenTheyLeave(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	with, without := comment("de"), comment("de")
	without.Message.Attachments = nil
	sends, err := e.Prepare(t.Context(), []*notify.Delivery{&with, &without})
	if err != nil {
		t.Fatal(err)
	}
	with.Message.Text, without.Message.Text = "changed", "changed"
	for i, send := range sends {
		if err := send(t.Context()); err != nil {
			t.Errorf("mail %d: %v", i, err)
		}
	}
	if len(s.messages) != 2 || !strings.Contains(s.messages[0], "changed") || strings.Contains(s.messages[1], "changed") {
		t.Errorf("%d mails left; the one with a file was written when it left: %t, and the one without: %t",
			len(s.messages), strings.Contains(s.messages[0], "changed"), strings.Contains(s.messages[1], "changed"))
	}
}

func TestFilesThatAreTooLargeAreLinked(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	if _, err := e.Media.Put(t.Context(), "film.mp4", bytes.NewReader(make([]byte, 100))); err != nil {
		t.Fatal(err)
	}
	d := comment("en")
	d.Message.Attachments = append(
		d.Message.Attachments, notify.Attachment{Name: "Film.mp4", MediaType: "video/mp4", File: "film.mp4", Size: maxAttached},
		notify.Attachment{Name: "weg.txt", File: "weg.txt", Size: 1},
	)
	if err := deliver(t, e, d); err != nil {
		t.Fatal(err)
	}
	m := s.parse(t)
	if len(m.Attachments) != 1 || !strings.Contains(m.Text, "https://town.example/-/files/film.mp4") || !strings.Contains(m.Text, "“weg.txt” is no longer stored") {
		t.Errorf("%d attachments and the text %s", len(m.Attachments), m.Text)
	}
}

func TestAFileThatIsGoneIsNamed(t *testing.T) {
	t.Parallel()
	for language, said := range map[string]string{
		"en": "“Plan.pdf” is no longer stored on this site", "de": "„Plan.pdf“ ist auf dieser Seite nicht mehr gespeichert",
	} {
		e, s := newEmail(t)
		d := comment(language)
		d.Message.Attachments = []notify.Attachment{{Name: "Plan.pdf", MediaType: "application/pdf", File: "weg.pdf", Size: 1}}
		if err := deliver(t, e, d); err != nil {
			t.Fatal(err)
		}
		m := s.parse(t)
		if len(m.Attachments) != 0 || !strings.Contains(m.Text, said) || len(d.Message.Facts) != len(comment(language).Message.Facts) {
			t.Errorf("%d attachments and the text %s", len(m.Attachments), m.Text)
		}
	}
}

// TestALongTextIsWrittenOncePerLanguage sends texts of more than a megabyte to several people at once, two messages side
// by side, one of which brings a picture.
func TestALongTextIsWrittenOncePerLanguage(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	var all []*notify.Delivery
	for n := range 12 {
		d := comment([]string{"de", "en"}[n%2])
		d.Message.Text = strings.Repeat("Die sind **nützlich**, und ", 40_000)
		if n/2%2 == 0 {
			d.Message.Text += "![Beet](/-/files/beet.png)"
		} else {
			d.Message.Attachments = nil
		}
		all = append(all, &d)
	}
	sends, err := e.Prepare(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if e.texts.written != 0 {
		t.Error("long mails wait in memory")
	}
	for _, send := range sends {
		if err := send(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.messages) != len(all) || e.texts.written != 4 {
		t.Errorf("for %d mails, two messages in two languages were written %d times", len(s.messages), e.texts.written)
	}
}

func TestShortTextsAreForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	m := newTextMemo()
	for n := range 100 {
		m.get(textKey{source: strings.Repeat("x", 100_000), language: strconv.Itoa(n)}, func() writtenText { return writtenText{} })
	}
	if m.used > keptBytes || m.texts.Len() != keptBytes/100_000 {
		t.Errorf("%d texts of %d bytes are kept", m.texts.Len(), m.used)
	}
}

func TestWhoHasNoAddressGetsNoMail(t *testing.T) {
	t.Parallel()
	e, _ := newEmail(t)
	nobody := comment("de")
	nobody.To.PersonID = 999
	sends, err := e.Prepare(t.Context(), []*notify.Delivery{&nobody})
	if err != nil || sends[0] != nil {
		t.Errorf("somebody without an address gets mail, %v", err)
	}
}

func TestWhatTheServerSaysIsPassedOn(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	s.err = errs.New(errs.Unavailable, "Later.")
	if err := deliver(t, e, comment("de")); !errs.Temporary(err) {
		t.Error(err)
	}
	s.err = errs.New(errs.Denied, "No.")
	if err := e.Post(t.Context(), notify.Letter{Address: "a@b.example"}); !errs.Is(err, errs.Denied) {
		t.Error(err)
	}
	e.ReplyKeys = func(context.Context, []notify.Answerer) (map[notify.Answerer]string, error) {
		return nil, errors.New("no database")
	}
	if err := deliver(t, e, comment("de")); err == nil {
		t.Error("a mail left without an address for answers")
	}
}

// TestMailsComeFromTheSite is what lets them pass DMARC: the address of their author stands nowhere, and the domains of the
// sender and of the envelope are those of the site, for which it has the SPF record and the key of DKIM.
func TestMailsComeFromTheSite(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	senders := map[string]bool{}
	for _, person := range []int64{11, 12} {
		d := comment("de")
		d.To.PersonID = person
		if err := deliver(t, e, d); err != nil {
			t.Fatal(err)
		}
		m, envelope := s.parse(t), s.envelopes[len(s.envelopes)-1]
		if len(m.From) != 1 || m.From[0].Domain() != "town.example" || !strings.HasSuffix(envelope.From, "@town.example") || m.Header.Has("Sender") {
			t.Errorf("a mail from %v with the envelope %+v", m.From, envelope)
		}
		senders[envelope.From] = true
	}
	if len(senders) != 2 {
		t.Errorf("two people share the envelope sender %v", senders)
	}
	if err := e.Post(t.Context(), notify.Letter{Address: "Bert@example.org", Kind: "x", Subject: "x", Language: "de"}); err != nil {
		t.Fatal(err)
	}
	if got := s.envelopes[2].From; !senders[got] {
		t.Errorf("a letter to an address of somebody has the envelope sender %s", got)
	}
	if err := e.Post(t.Context(), notify.Letter{Address: "fremd@example.net", Kind: "x", Subject: "x", Language: "de"}); err != nil {
		t.Fatal(err)
	}
	if got := s.envelopes[3].From; got != "noreply@town.example" {
		t.Errorf("a letter to a stranger has the envelope sender %s", got)
	}
}

// TestWhatTheServerRefusesForGoodEndsMails lets the mail server say that a mailbox is no more.
func TestWhatTheServerRefusesForGoodEndsMails(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	refuses := func(code int, text string) {
		s.err = errs.New(errs.Denied, "No.").Because(&textproto.Error{Code: code, Msg: text})
	}
	refuses(554, "5.7.1 rejected as spam")
	if err := deliver(t, e, comment("de")); !errs.Is(err, errs.Denied) || errors.Is(err, notify.ErrUnreachable) {
		t.Errorf("spam: %v", err)
	}
	refuses(550, "5.1.1 <bert@example.org>: user unknown")
	if err := deliver(t, e, comment("de")); !errors.Is(err, notify.ErrUnreachable) {
		t.Errorf("an unknown mailbox: %v", err)
	}
	s.err, s.messages = nil, nil
	d := comment("de")
	if sends, err := e.Prepare(t.Context(), []*notify.Delivery{&d}); err != nil || sends[0] != nil {
		t.Errorf("mails go on, %v", err)
	}
	for _, c := range []struct {
		letter notify.Letter
		sent   int
	}{
		{notify.Letter{Kind: "report"}, 0},
		{notify.Letter{Kind: "new-password", Awaited: true}, 1},
		{notify.Letter{Kind: "mail-refused", Answering: "x@y.example"}, 1},
	} {
		s.messages = nil
		c.letter.Address, c.letter.Subject, c.letter.Language = "bert@example.org", "x", "de"
		if err := e.Post(t.Context(), c.letter); err != nil || len(s.messages) != c.sent {
			t.Errorf("%s: %d sent, %v", c.letter.Kind, len(s.messages), err)
		}
	}
	refuses(550, "5.1.1 user unknown")
	if err := e.Post(t.Context(), notify.Letter{Address: "fremd@example.net", Subject: "x", Language: "de"}); !errs.Is(err, errs.Denied) {
		t.Errorf("a stranger’s mailbox: %v", err)
	}
}

func TestCalendarsGoAlong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*notify.Calendar{
		"invitation": {Method: "REQUEST", Invites: true}, "published": {Method: "PUBLISH"}, "cancelled": {Method: "CANCEL", Invites: true},
	} {
		c.Write = func(organizer, address string) ([]byte, error) {
			return []byte("BEGIN:VCALENDAR\r\nMETHOD:" + c.Method + "\r\nORGANIZER:mailto:" + organizer + "\r\nATTENDEE:mailto:" + address + "\r\nEND:VCALENDAR\r\n"), nil
		}
		e, s := newEmail(t)
		d := comment("de")
		d.Message.Attachments, d.Message.Calendar = nil, c
		if err := deliver(t, e, d); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, name, s.messages[0])
		m := s.parse(t)
		if len(m.Calendars) != 1 || !strings.Contains(string(m.Calendars[0]), "ORGANIZER:mailto:reply+abcdefghijklmno@town.example\r\nATTENDEE:mailto:bert@example.org\r\n") {
			t.Errorf("%s: %q", name, m.Calendars)
		}
	}
}

// TestOfSeveralCalendarsNoneHidesTheText sends a letter about several events.
func TestOfSeveralCalendarsNoneHidesTheText(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	cancel := notify.LetterCalendar{Method: "CANCEL", Text: "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n", Invites: true}
	publish := notify.LetterCalendar{Method: "PUBLISH", Text: "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"}
	for n, all := range [][]notify.LetterCalendar{{cancel}, {publish}, {cancel, publish}} {
		l := notify.Letter{Address: "anna@example.org", Kind: "event-cancelled", Subject: "Abgesagt", Intro: "Diese Termine finden nicht statt:", Language: "de", Calendars: all}
		if err := e.Post(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		raw, m := s.messages[n], s.parse(t)
		if alternative := strings.Contains(raw, "application/ics"); len(m.Calendars) != len(all) || alternative != (n == 0) || strings.Contains(raw, "event-2.ics") != (len(all) == 2) {
			t.Errorf("%d calendars of %d, in the place of the text: %t", len(m.Calendars), len(all), alternative)
		}
	}
}

func TestAGroupAnswersFromItsOwnAddress(t *testing.T) {
	t.Parallel()
	e, s := newEmail(t)
	garten := community.Entity{ID: 121, Kind: community.GroupEntity, OwnerID: 21, Slug: "garten", Name: "Garten am Bach"}
	err := e.Post(t.Context(), notify.Letter{
		Address: "anna@example.org", Kind: "invitation-reply", Subject: "Zugesagt: Fest", Intro: "Die Gruppe kommt.", Language: "de", Group: &garten, OfGroup: true,
		Calendars: []notify.LetterCalendar{{Text: "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n", Method: "REPLY", Invites: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "reply", s.messages[0])
}
