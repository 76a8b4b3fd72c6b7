package mime_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
)

func parse(t *testing.T, raw string) *mime.Message {
	t.Helper()
	m, err := mime.Parse(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	head      = "From: Anna <anna@example.org>\nSubject: Test\nMIME-Version: 1.0\n"
	replyHead = "From: Anna <anna@example.org>\nSubject: Re: Test\nMIME-Version: 1.0\n"
)

func TestTextIsReadWhateverItsCharset(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, want string }{
		"UTF-8":                     {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n", "Grüße"},
		"ISO-8859-1":                {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\nGr\xfc\xdfe\n", "Grüße"},
		"ISO-8859-1 quoted":         {"Content-Type: text/plain; charset=\"ISO-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n", "Grüße"},
		"Windows-1252":              {"Content-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable\n\n=84Hallo=93 5 =80\n", "„Hallo“ 5 €"},
		"base64":                    {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==\n", "Grüße"},
		"no charset, UTF-8 bytes":   {"Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\nGrüße\n", "Grüße"},
		"no charset, Latin-1 bytes": {"Content-Transfer-Encoding: 8bit\n\nGr\xfc\xdfe\n", "Grüße"},
		"a charset nobody knows":    {"Content-Type: text/plain; charset=x-klingon\nContent-Transfer-Encoding: 8bit\n\nGrüße\n", "Grüße"},
		"a lie about UTF-8":         {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGr\xfc\xdfe\n", "Grüße"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, head+c.raw).Text; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestHeadersAreDecoded(t *testing.T) {
	t.Parallel()
	m := parse(t, "From: =?ISO-8859-1?Q?J=F6rg_M=FCller?= <joerg@example.org>\n"+
		"To: Garten <garten@example.org>,\n b@example.org\n"+
		"Subject: =?utf-8?B?R3LDvMOfZQ==?= =?utf-8?Q?_aus_dem_Garten?=\n"+
		"Date: Tue, 12 Mar 2024 10:11:12 +0100\nMessage-ID: <a1@example.org>\n"+
		"In-Reply-To: <content.12-abc@example.org>\nReferences: <x@y> <content.12-abc@example.org>\n\nHallo\n")
	if diff := cmp.Diff([]mime.Address{{Name: "Jörg Müller", Addr: "joerg@example.org"}}, m.From); diff != "" {
		t.Error(diff)
	}
	if len(m.To) != 2 || m.To[1].Addr != "b@example.org" || m.To[1].Domain() != "example.org" {
		t.Errorf("to: %v", m.To)
	}
	if m.Subject != "Grüße aus dem Garten" {
		t.Errorf("subject: %q", m.Subject)
	}
	if !m.Date.Equal(time.Date(2024, 3, 12, 9, 11, 12, 0, time.UTC)) {
		t.Errorf("date: %v", m.Date)
	}
	if m.MessageID != "a1@example.org" || !cmp.Equal(m.InReplyTo, []string{"content.12-abc@example.org"}) || len(m.References) != 2 {
		t.Errorf("ids: %q %q %q", m.MessageID, m.InReplyTo, m.References)
	}
}

func TestQuotedOriginalsAndSignaturesAreCut(t *testing.T) {
	t.Parallel()
	const plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
	const html = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
	for name, c := range map[string]struct{ raw, text, cut string }{
		"Thunderbird in German": {plain + "Ich komme.\n\nAm 12.03.24 um 10:11 schrieb Anna:\n> Kommst du?\n> Anna\n", "Ich komme.", "Kommst du?"},
		"Gmail in English":      {plain + "I will come.\n\nOn Tue, Mar 12, 2024 at 10:11 AM Anna <anna@example.org> wrote:\n\n> Will you come?\n", "I will come.", "Will you come?"},
		"a wrapped attribution": {plain + "I will come.\n\nOn Tue, Mar 12, 2024 at 10:11 AM Anna Ahorn <\nanna@example.org> wrote:\n\n> Will you come?\n", "I will come.", "Will you come?"},
		"Outlook in German":     {plain + "Ich komme.\n\n-----Ursprüngliche Nachricht-----\nVon: Anna\nGesendet: Dienstag, 12. März 2024 10:11\nAn: Bert\nBetreff: Garten\n\nKommst du?\n", "Ich komme.", "Kommst du?"},
		"Outlook in English":    {plain + "I will come.\n\n________________________________\nFrom: Anna\nSent: Tuesday, March 12, 2024\nTo: Bert\nSubject: Garden\n\nWill you come?\n", "I will come.", "Will you come?"},
		"a signature":           {plain + "Ich komme.\n\n-- \nBert Birke\nTelefon 0123\n", "Ich komme.", "Telefon 0123"},
		"a phone":               {plain + "Ich komme.\n\nVon meinem iPhone gesendet\n\nAm 12.03.2024 um 10:11 schrieb Anna:\n\n> Kommst du?\n", "Ich komme.", "Kommst du?"},
		"nothing to cut":        {plain + "Ich komme.\n\nBis dann\n", "Ich komme.\n\nBis dann", ""},
		"Gmail as HTML":         {html + `<div dir="ltr">Ich <b>komme</b>.</div><br><div class="gmail_quote"><div class="gmail_attr">Am Di., 12. März 2024 um 10:11 Uhr schrieb Anna:<br></div><blockquote class="gmail_quote">Kommst du?</blockquote></div>` + "\n", "Ich **komme**.", "Kommst du?"},
		"Thunderbird as HTML":   {html + `<p>Ich komme.</p><div class="moz-cite-prefix">Am 12.03.24 um 10:11 schrieb Anna:</div><blockquote type="cite"><p>Kommst du?</p></blockquote>` + "\n", "Ich komme.", "Kommst du?"},
		"Apple Mail as HTML":    {html + `<html><body>Ich komme.<div><br><blockquote type="cite"><div>Am 12.03.2024 um 10:11 schrieb Anna:</div><br><div>Kommst du?</div></blockquote></div></body></html>` + "\n", "Ich komme.", "Kommst du?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, replyHead+c.raw)
			if m.Text != c.text {
				t.Errorf("text %q, want %q", m.Text, c.text)
			}
			if c.cut == "" && m.Cut != "" || !strings.Contains(m.Cut, c.cut) {
				t.Errorf("cut %q, want %q in it", m.Cut, c.cut)
			}
		})
	}
}

func TestForwardedMailKeepsItsText(t *testing.T) {
	t.Parallel()
	m := parse(t, "Subject: Fwd: Flohmarkt\n\nZur Kenntnis\n\n---------- Forwarded message ---------\nFrom: Stadt <stadt@example.org>\nSubject: Flohmarkt\n\nDer Flohmarkt ist am Sonntag.\n")
	if !strings.Contains(m.Text, "Zur Kenntnis") || !strings.Contains(m.Text, "am Sonntag") {
		t.Errorf("text %q", m.Text)
	}
}

func TestAttachmentsKeepTheirNames(t *testing.T) {
	t.Parallel()
	m := parse(t, head+`Content-Type: multipart/mixed; boundary=A

--A
Content-Type: multipart/related; boundary=B

--B
Content-Type: multipart/alternative; boundary=C

--C
Content-Type: text/plain

Schau
--C
Content-Type: text/html

<p>Schau <img src="cid:1"></p><ul><li>eins</li><li>zwei</li></ul>
--C--
--B
Content-Type: image/png; name="inline.png"
Content-ID: <1>
Content-Disposition: inline
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--B--
--A
Content-Type: application/pdf
Content-Disposition: attachment; filename*=UTF-8''Pl%C3%A4ne%20Sommer.pdf
Content-Transfer-Encoding: base64

JVBERi0=
--A
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="../../etc/passwd"

x
--A
Content-Type: application/pgp-signature; name=signature.asc

x
--A
Content-Type: message/rfc822

Subject: Alte Mail

Inhalt
--A--
`)
	var names []string
	for _, a := range m.Attachments {
		names = append(names, a.Name)
		if strings.ContainsAny(a.Name, "/\\") {
			t.Errorf("the name %q leads somewhere", a.Name)
		}
	}
	if len(names) != 4 || names[0] != "inline.png" || names[1] != "Pläne Sommer.pdf" || !strings.HasSuffix(names[3], ".eml") {
		t.Errorf("attachments %q", names)
	}
	if !strings.Contains(m.Text, "eins") || !strings.Contains(m.Text, "Schau ![](cid:1)") {
		t.Errorf("text %q", m.Text)
	}
}

func TestPicturesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	m := parse(t, head+`Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html

<p>A <img src="cid:a%40x" alt="a [b]"> B <img src="cid:b@x"> C <img src="cid:gone" alt="gone"> D</p>
--r
Content-Type: image/png; name="p[1].png"
Content-ID: <b@x>

x
--r
Content-Type: image/png
Content-ID: <a@x>

x
--r--
`)
	m.PlacePictures([]string{"/b.png", "/a.png"})
	if want := `A ![a \[b\]](/a.png) B ![p\[1\].png](/b.png) C gone D`; m.Text != want {
		t.Errorf("%q, want %q", m.Text, want)
	}
}

func TestMachinesAreRecognised(t *testing.T) {
	t.Parallel()
	for header, automatic := range map[string]bool{
		"X-Nothing: x":                         false,
		"Auto-Submitted: auto-replied":         true,
		"Auto-Submitted: auto-generated":       true,
		"Auto-Submitted: no":                   false,
		"Auto-Submitted: no\nPrecedence: bulk": false,
		"Precedence: bulk":                     true,
		"Precedence: junk":                     true,
		"Precedence:":                          false,
		"Precedence: list":                     false,
		"X-Autoresponder: vacation":            true,
		"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nAction: failed\n--x--": true,
	} {
		if got := parse(t, header+"\n\nx\n").Auto.Automatic(); got != automatic {
			t.Errorf("%q: %v, want %v", header, got, automatic)
		}
	}
}

func TestAutomaticRepliesAndReactionsAreRecognised(t *testing.T) {
	t.Parallel()
	for message, answers := range map[string]bool{
		"Subject: Automatische Antwort: Hoffest\n\nIch bin nicht da.\n":                        true,
		"Subject: Abwesenheit: Hoffest\n\nx\n":                                                 true,
		"Subject: Abwesenheitsnotiz\n\nx\n":                                                    true,
		"Subject: Out of Office: Re: Garden\n\nx\n":                                            true,
		"Subject: Automatic reply: Garden\n\nx\n":                                              true,
		"Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Jardin?=\n\nx\n":                      true,
		"Subject: Automatisch antwoord: Tuin\n\nx\n":                                           true,
		"Subject: Autosvar: Have\n\nx\n":                                                       true,
		"Subject: =?utf-8?q?Automatyczna_odpowied=C5=BA=3A_Ogr=C3=B3d?=\n\nx\n":                true,
		"Subject: Out of office party on Friday\n\nx\n":                                        false,
		"Subject: Abwesenheit von Anna am Freitag\n\nx\n":                                      false,
		"Subject: Re: Automatische Antworten abschalten\n\nx\n":                                false,
		"Auto-Submitted: no\nSubject: Abwesenheit: Freitag\n\nx\n":                             false,
		"Precedence: bulk\n\nx\n":                                                              false,
		"Auto-Submitted: auto-generated\n\nx\n":                                                false,
		"Content-Type: text/vnd.google.email-reaction+json\n\n{\"emoji\":\"x\",\"version\":1}": true,
		"Content-Type: multipart/alternative; boundary=x\n\n--x\n\nAnna reacted via Gmail\n--x\nContent-Type: text/vnd.google.email-reaction+json\n\n{}\n--x--": true,
		"Subject: Re: x\n\nAnna Ahorn reacted to your message:\n":         true,
		"Subject: Re: x\n\nAnna Ahorn hat auf Ihre Nachricht reagiert:\n": true,
		"Subject: Re: x\n\nBert reacted to your message: he was angry.\n": false,
	} {
		if got := parse(t, message).Auto.Answers(); got != answers {
			t.Errorf("%q: %v, want %v", message, got, answers)
		}
	}
}

func TestMessagesBeyondTheLimitsAreRefused(t *testing.T) {
	t.Parallel()
	nested := strings.Builder{}
	for i := range 200 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%[1]dx\r\n\r\n--b%[1]dx\r\n", i)
	}
	for name, c := range map[string]struct {
		raw  string
		kind errs.Kind
	}{
		"too many bytes":        {"\r\n" + strings.Repeat("x", 2<<20), errs.TooLarge},
		"too many header lines": {strings.Repeat("X-A: b\r\n", 10_000) + "\r\nx", errs.TooLarge},
		"too deep":              {nested.String(), errs.TooLarge},
	} {
		_, err := mime.Parse(strings.NewReader(c.raw), mime.Limits{MaxBytes: 1 << 20})
		if err == nil || errs.KindOf(err) == errs.Internal {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	for _, raw := range []string{"", "\r\n", "no header", "Content-Type: multipart/mixed\r\n\r\n", "Subject: \x00\r\n\r\n\x00"} {
		m, err := mime.Parse(strings.NewReader(raw), mime.Limits{})
		if err != nil || strings.Contains(m.Text+m.Subject, "\x00") {
			t.Errorf("%q: %+v, %v", raw, m, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("From: a@b\r\nContent-Type: multipart/mixed; boundary=A\r\n\r\n--A\r\n\r\nx\r\n--A--\r\n")
	f.Add(head + "Content-Type: text/html; charset=iso-8859-1\n\n<blockquote type=cite>x</blockquote>y")
	f.Add("Subject: =?utf-8?B?R3LDvMOfZQ==?=\n\nAm 1.1. schrieb A:\n> x\n-- \ny")
	f.Fuzz(func(t *testing.T, raw string) {
		m, err := mime.Parse(strings.NewReader(raw), mime.Limits{MaxBytes: 1 << 20})
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		for _, text := range []string{m.Text, m.Cut, m.Subject} {
			if strings.ToValidUTF8(text, "") != text || strings.Contains(text, "\x00") {
				t.Fatalf("not clean: %q", text)
			}
		}
	})
}

// FuzzHeader puts what comes into every field that is read.
func FuzzHeader(f *testing.F) {
	for _, value := range []string{
		"=?utf-8?q?R=C3=BCbe?= =?iso-8859-1*de?B?9g==?=", `"Rübe, A." <a@b.example>, c@d.example (Köln), Liste: e@f.example;`, "<1@x> <2@y>", "Tue, 3 Mar 2026 10:00:00 +0100 (MEZ)",
		`text/plain; charset*0*=utf-8''a; charset*1=b; boundary="x\"y"`, "mx.example; dkim=pass header.d=x.example; spf=fail (a \"b) smtp.mailfrom=c",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var message strings.Builder
		for _, name := range []string{
			"From", "To", "Cc", "Reply-To", "Delivered-To", "X-Original-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "Received",
			"Auto-Submitted", "Precedence", "Return-Path", "X-Failed-Recipients", "Authentication-Results", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Content-ID",
		} {
			message.WriteString(name + ": " + value + "\r\n")
		}
		m, err := mime.Parse(strings.NewReader(message.String()+"\r\nx\r\n"), mime.Limits{MaxBytes: 4 << 20})
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		for _, a := range slices.Concat(m.From, m.To, m.Cc, m.ReplyTo, m.DeliveredTo, m.OriginalTo) {
			if strings.ContainsAny(a.Addr+a.Name, "\r\n\x00") {
				t.Errorf("%q", a)
			}
		}
		for _, id := range slices.Concat(m.InReplyTo, m.References, []string{m.MessageID}) {
			if strings.ContainsAny(id, "\r\n<> ") {
				t.Errorf("the id %q", id)
			}
		}
		if strings.ContainsAny(m.Subject, "\r\n\x00") || strings.ContainsAny(m.ListID, "\r\n") || strings.ContainsAny(m.Auto.Header, "\r\n") {
			t.Errorf("subject %q, list %q, sign %q", m.Subject, m.ListID, m.Auto.Header)
		}
		_ = mime.Authenticity(m, "mx.example", 1, "a@x.example")
	})
}
