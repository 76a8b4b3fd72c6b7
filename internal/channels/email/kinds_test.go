package email

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	stdmime "mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/testkit/golden"
)

// pictures is a store of the pictures of people and groups.
type pictures map[string][]byte

func (p pictures) Open(_ context.Context, _ community.Viewer, name, _ string) (media.Stored, error) {
	data, ok := p[name]
	if !ok {
		return media.Stored{}, errs.New(errs.NotFound, "There is none.")
	}
	return media.Stored{ReadSeekCloser: nopCloser{bytes.NewReader(data)}, Name: name}, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// hill is a green hill below a blue sky.
func hill(t testing.TB) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 96, 96))
	for y := range 96 {
		for x := range 96 {
			c := color.RGBA{0x9c, 0xc7, 0xff, 0xff}
			if (x-48)*(x-48)/40+40 < y {
				c = color.RGBA{0x3f, 0x8b, 0x3d, 0xff}
			}
			picture.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// everything is a text that has everything in it.
const everything = `Am **Samstag** wird das Hochbeet gebaut, [hier der Plan](/garten/plan/).

## Was noch fehlt

- Bretter, *möglichst unbehandelt*
- Schrauben
    1. lange
    2. kurze

> Ich bringe den Akkuschrauber mit.
>
> > Und ich Kuchen.

![Beet im Frühling](/-/images/text/beet-960x640.jpg)

| Wann | Was |
|------|-----|
| 10 Uhr | sägen |
| 12 Uhr | essen |

---

    https://example.org/bauplan.pdf

Mehr bei @bert und auf https://example.org/hochbeet.
`

// kinds are mails of all kinds as the rooms write them, in the printer's language.
func kinds(p *lang.Printer) (notices map[string]*notify.Message, letters map[string]notify.Letter) {
	english := p.Language() == "en"
	say := func(de, en string) string {
		if english {
			return en
		}
		return de
	}
	garten := community.Entity{ID: 121, Kind: community.GroupEntity, OwnerID: 21, Slug: "garten", Name: "Garten am Bach", Colour: "#3f6b3d", Picture: "garten.jpg"}
	chor := community.Entity{ID: 122, Kind: community.GroupEntity, OwnerID: 22, Slug: "chor", Name: "Chor der Vielen", Colour: "#6b5d2f"}
	anna := community.Entity{ID: 111, Kind: community.PersonEntity, OwnerID: 11, Slug: "anna", Name: "Anna Ahorn", Colour: "#6b4226"}
	carla := notify.Sender{Name: "Carla Clematis", Slug: "carla"}
	read := notify.Action{Label: say("Lesen und antworten", "Read and reply"), URL: "https://town.example/stadt/content/7/", Primary: true}
	alone := notify.Action{Label: say("Carla privat antworten", "Reply privately to Carla"), URL: "https://town.example/stadt/associations/7/contributions/9/reply-to-author/"}
	site := notify.Action{Label: say("Zur Webseite", "Go to the site"), URL: "https://town.example/", Primary: true}
	confirm := func(label string) []notify.Action {
		return []notify.Action{{Label: label, URL: "https://town.example/stadt/confirm/abcdefghijklmnopqrstuvwxyz/", Primary: true}}
	}
	date := clock.Date(2026, 3, 2, 8, 30)
	notices = map[string]*notify.Message{
		"article": {
			Kind: "article", From: notify.Sender{Name: anna.Name, Slug: anna.Slug}, Entity: &garten, Subject: say("Ein Hochbeet für alle", "A raised bed for everyone"),
			Intro: say("Anna Ahorn hat „Ein Hochbeet für alle“ veröffentlicht.", "Anna Ahorn has published “A raised bed for everyone”."),
			Facts: []notify.Fact{{Label: say("Ort", "Place"), Value: "Am Bach 3"}}, Text: everything, Actions: []notify.Action{read},
			URL: read.URL, Date: date, Answer: notify.Answer{ContentID: 7}, Thread: notify.Thread{ID: "content.7"}, Subscribed: true,
		},
		"article-internal": {
			Kind: "article", From: notify.Sender{Name: chor.Name, Slug: chor.Slug}, Entity: &chor, Subject: say("Probe fällt aus", "No rehearsal"), Internal: true,
			Intro: say("Chor der Vielen hat „Probe fällt aus“ veröffentlicht.", "Chor der Vielen has published “No rehearsal”."),
			Text:  "![Beet im Frühling](/-/images/text/beet-960x640.jpg)\n\n[![](/-/images/text/b.jpg)](/chor/)\n", Actions: []notify.Action{read},
			URL: read.URL, Date: date, Answer: notify.Answer{ContentID: 7}, Thread: notify.Thread{ID: "content.7"},
			Because: say("Du bekommst diese E-Mail, weil du Mitglied der Gruppe „Chor der Vielen“ bist.", "You get this email because you are a member of the group “Chor der Vielen”."),
		},
		"comment": {
			Kind: "comment", From: carla, Entity: &garten, Subject: say("Ein Hochbeet für alle", "A raised bed for everyone"), Reply: true,
			Intro: say("Carla Clematis hat „Ein Hochbeet für alle“ kommentiert.", "Carla Clematis has commented on “A raised bed for everyone”."),
			Text:  say("Wunderbar, ich komme gern.\n\n> Bretter\n\nhabe ich noch im Keller.", "Wonderful, I'd love to come.\n\n> Boards\n\nI have some in the cellar."),
			URL:   read.URL, Date: date, Answer: notify.Answer{ContributionID: 9}, Actions: []notify.Action{read, alone},
			Thread: notify.Thread{ID: "content.7.contribution.9", Parent: "content.7", References: []string{"content.7"}}, Subscribed: true,
		},
		"message": {
			Kind: "message", From: notify.Sender{Name: anna.Name, Slug: anna.Slug}, Face: anna, Subject: say("Schlüssel", "Key"), Internal: true,
			Intro: say("Anna Ahorn schreibt im Gespräch von Anna Ahorn und Bert Birke.", "Anna Ahorn writes in the conversation of Anna Ahorn and Bert Birke."),
			Text:  say("Der Schlüssel liegt unter dem Blumentopf.", "The key is under the flower pot."), Actions: []notify.Action{read},
			URL: read.URL, Date: date, Answer: notify.Answer{ContributionID: 9}, Thread: notify.Thread{ID: "conversation.3.contribution.9"},
			Because: say("Du bekommst diese E-Mail, weil sie an dich gerichtet ist.", "You get this email because it is addressed to you."), StopURL: "https://town.example/stadt/leave/x/",
		},
		"application": {
			Kind: "message", From: carla, Entity: &chor, Subject: say("Ich singe gern", "I love to sing"), Internal: true,
			Intro: say("Carla Clematis möchte Mitglied der Gruppe „Chor der Vielen“ werden.", "Carla Clematis would like to join the group “Chor der Vielen”."),
			Text:  say("Alt, seit zwölf Jahren.", "Alto, for twelve years."), URL: read.URL, Date: date, Answer: notify.Answer{ContributionID: 9},
			Actions: []notify.Action{
				{Label: say("Carla Clematis als Mitglied aufnehmen", "Accept Carla Clematis as a member"), URL: "https://town.example/stadt/memberships/applications/1/accept/", Primary: true},
				{Label: read.Label, URL: read.URL},
				alone,
			},
			Thread: notify.Thread{ID: "conversation.3.contribution.9"}, Subscribed: true,
		},
		"membership": {
			Kind: "membership", From: notify.Sender{Name: anna.Name, Slug: anna.Slug}, Entity: &chor, Subject: say("Du bist jetzt Mitglied", "You are a member now"),
			Intro:   say("Anna Ahorn hat dich in die Gruppe „Chor der Vielen“ auf Neustadt aufgenommen.", "Anna Ahorn has made you a member of the group “Chor der Vielen” on Neustadt."),
			Note:    say("Von jetzt an bekommst du E-Mails, wenn die Gruppe etwas veröffentlicht. In jeder steht, wie du sie abbestellst.", "From now on you'll get an email when the group posts. Each says how to stop them."),
			Actions: []notify.Action{{Label: say("Zur Gruppe", "Go to the group"), URL: "https://town.example/chor/", Primary: true}, {Label: say("Gruppe verlassen", "Leave the group"), URL: "https://town.example/stadt/groups/22/resign/"}},
			URL:     "https://town.example/chor/", Date: date, Thread: notify.Thread{ID: "membership.4"},
		},
	}
	letters = map[string]notify.Letter{
		"confirm-sign-up": {
			Subject: say("Bestätige deine Adresse", "Confirm your address"), Actions: confirm(say("Adresse bestätigen", "Confirm the address")),
			Intro: say("Jemand (wahrscheinlich du) hat sich mit dieser Adresse bei Neustadt angemeldet.", "Someone (probably you) signed up at Neustadt with this address."),
			Note:  say("Der Link gilt drei Tage und nur einmal.", "The link works once and for three days."),
		},
		"new-password": {
			Subject: say("Setze ein neues Passwort", "Set a new password"), Actions: confirm(say("Neues Passwort setzen", "Set a new password")),
			Intro: say("Jemand (wahrscheinlich du) hat ein neues Passwort für Bert Birke (@bert) angefordert.", "Someone (probably you) asked for a new password for Bert Birke (@bert)."),
			Facts: []notify.Fact{{Label: say("Kurzname", "Short name"), Value: "bert"}},
		},
		"password-changed": {
			Subject: say("Dein Passwort wurde geändert", "Your password has been changed"), Actions: []notify.Action{{Label: say("Neues Passwort setzen", "Set a new password"), URL: "https://town.example/stadt/password/reset/"}},
			Intro: say("Das Passwort von Bert Birke (@bert) wurde geändert.", "The password of Bert Birke (@bert) has been changed."),
			Note:  say("Wenn du das warst, ist alles gut.", "If it was you, all is well."),
		},
		"confirm-join": {
			Subject: say("Mitgliedschaft: bitte bestätigen", "Membership: please confirm"), Group: &garten, Actions: confirm(say("Der Gruppe beitreten", "Join the group")),
			Intro: say("Jemand (wahrscheinlich du) möchte der Gruppe „Garten am Bach“ beitreten.", "Someone (probably you) wants to join the group “Garten am Bach”."),
		},
		"mail-refused": {
			Subject: say("Nicht zugestellt: Grüße", "Not delivered: Grüße"), Answering: "x@y.example", Actions: []notify.Action{site},
			Intro: say("Deine E-Mail an garten@town.example konnte nicht zugestellt werden. Nur Mitglieder können der Gruppe schreiben.",
				"Your email to garten@town.example could not be delivered. Only members can write to the group."),
		},
		"mail-held": {
			Subject: say("Hast du das geschrieben? Grüße", "Did you write this? Grüße"), Answering: "x@y.example", Actions: confirm(say("E-Mail zustellen", "Deliver the email")),
			Intro: say("Eine E-Mail an garten@town.example trägt deine Adresse.", "An email to garten@town.example carries your address."),
			Note:  say("Wenn du sie geschrieben hast, bestätige sie.", "If you wrote it, confirm it."),
		},
		"recommendation": {
			Subject: say("Anna Ahorn empfiehlt dir eine Gruppe: Garten am Bach", "Anna Ahorn recommends a group to you: Garten am Bach"), Group: &garten,
			Intro:    say("Anna Ahorn (@anna) empfiehlt dir die Gruppe „Garten am Bach“ auf Neustadt:", "Anna Ahorn (@anna) recommends the group “Garten am Bach” at Neustadt to you:"),
			Verbatim: "Das ist was für dich.\n\n*Wirklich* <b>!", Actions: []notify.Action{{Label: say("Zur Gruppe", "Go to the group"), URL: "https://town.example/garten/", Primary: true}},
		},
		"report": {
			Subject: say("Neustadt: etwas ist schiefgegangen", "Neustadt: something went wrong"), Actions: []notify.Action{{Label: say("Zur Verwaltung", "Go to the administration page"), URL: "https://town.example/stadt/admin/", Primary: true}},
			Intro: say("Das ist seit dem letzten Bericht passiert.", "This has happened since the last report."),
			Facts: []notify.Fact{{Label: "3 × notify.deliver", Value: "dial tcp 127.0.0.1:25: connect: connection refused"}, {Label: "1 × feeds.fetch", Value: "https://example.org/a/very/long/address/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on"}},
		},
	}
	return notices, letters
}

// written returns the mails of all kinds in a language, by name.
func written(t *testing.T, language string) map[string]string {
	t.Helper()
	e, s := newEmail(t)
	e.Pictures = pictures{"garten.jpg": hill(t)}
	notices, letters := kinds(e.Catalogues.Printer(language, nil))
	mails := map[string]string{}
	for name, m := range notices {
		d := notify.Delivery{To: notify.Recipient{PersonID: 12, Name: "Bert Birke", Slug: "bert", Language: language}, Message: m}
		if err := deliver(t, e, d); err != nil {
			t.Fatal(err)
		}
		mails[name] = s.messages[len(s.messages)-1]
	}
	for name, l := range letters {
		l.Address, l.Language, l.Kind = "bert@example.org", language, name
		if err := e.Post(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		mails[name] = s.messages[len(s.messages)-1]
	}
	return mails
}

// bothParts returns the text and the HTML of a mail as they left.
func bothParts(t *testing.T, message string) (text, page string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	var read func(contentType string, body io.Reader)
	read = func(contentType string, body io.Reader) {
		mediaType, params, err := stdmime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(mediaType, "multipart/") {
			data, err := io.ReadAll(quotedprintable.NewReader(body))
			switch {
			case mediaType == "text/plain" && err == nil:
				text = string(data)
			case mediaType == "text/html" && err == nil:
				page = string(data)
			case strings.HasPrefix(mediaType, "text/"):
				t.Fatal(err)
			}
			return
		}
		for r := multipart.NewReader(body, params["boundary"]); ; {
			part, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			read(part.Header.Get("Content-Type"), part)
		}
	}
	read(m.Header.Get("Content-Type"), m.Body)
	return text, page
}

// lines breaks HTML into lines that can be compared, where that changes nothing.
var lines = strings.NewReplacer("<meta", "\n<meta", "<table", "\n<table", "<tr", "\n<tr", "<td", "\n<td", "<h1", "\n<h1", "<p ", "\n<p ", "</table>", "\n</table>")

// The HTML is validated by a test of e2e/browser, which reads the same files.
func TestMailsOfAllKindsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"de", "en"} {
		for name, message := range written(t, language) {
			text, page := bothParts(t, message)
			golden.Equal(t, name+"."+language+".text", text)
			golden.Equal(t, name+"."+language+".html", lines.Replace(page))
			if len(page) > 12<<10 {
				t.Errorf("the HTML of %s has %d bytes", name, len(page))
			}
		}
	}
}
