package mime_test

import (
	"bytes"
	"flag"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/mime"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got), go test -update writes it:\n%s", name, diff)
	}
}

func fullDraft() mime.Draft {
	return mime.Draft{
		From:      mime.Address{Name: "Jörg Müller via Grüne Stadt", Addr: "noreply+joerg@example.org"},
		ReplyTo:   mime.Address{Addr: "reply+abc123def456ghi@example.org"},
		To:        []mime.Address{{Name: "Bert, der Zweite", Addr: "bert@example.org"}},
		Subject:   "[garten] Grüße aus dem Gemeinschaftsgarten am Sonntagnachmittag und noch mehr Wörter",
		MessageID: "content.12-abcdef@example.org",
		InReplyTo: "content.11-abcdef@example.org", References: []string{"content.10-abcdef@example.org", "content.11-abcdef@example.org"},
		Date: time.Date(2024, 3, 12, 10, 11, 12, 0, time.FixedZone("CET", 3600)),
		Header: []mime.Field{
			{Name: "List-Id", Value: "<garten.example.org>"},
			{Name: "List-Unsubscribe", Value: "<https://example.org/stadt/unsubscribe/?token=0123456789012345678901234567890123456789>"},
			{Name: "Auto-Submitted", Value: "auto-generated"},
		},
		Text: "Hallo Bert,\n\nwir treffen uns im Garten – bis dann.\n\n-- \nAbbestellen: https://example.org/\n",
		HTML: `<p>Hallo Bert,</p><p>wir treffen uns im Garten – bis dann.</p><img src="cid:plan@example.org" alt="Plan">`,
		Attachments: []mime.Attachment{
			{Name: "plan.png", MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), ContentID: "plan@example.org", Inline: true},
			{Name: "Pläne für Sommer.pdf", MediaType: "application/pdf", Data: bytes.Repeat([]byte("%PDF-1.7 "), 20)},
		},
		Seed: "a seed",
	}
}

func TestDraftIsWrittenTheSameEachTime(t *testing.T) {
	t.Parallel()
	data, err := fullDraft().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "draft.eml", data)
	d := fullDraft()
	d.Seed = ""
	one, _ := d.Bytes()
	two, _ := d.Bytes()
	if bytes.Equal(one, two) {
		t.Error("two mails without a seed have the same boundaries")
	}
}

func TestDraftComesBackThroughParse(t *testing.T) {
	t.Parallel()
	d := fullDraft()
	data, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if m.From[0] != d.From || m.To[0] != d.To[0] || m.ReplyTo[0] != d.ReplyTo || m.Subject != d.Subject {
		t.Errorf("addresses and subject: %+v %+v %+v %q", m.From, m.To, m.ReplyTo, m.Subject)
	}
	if m.MessageID != d.MessageID || m.InReplyTo[0] != d.InReplyTo || !cmp.Equal(m.References, d.References) || !m.Date.Equal(d.Date) {
		t.Errorf("ids: %q %q %q %v", m.MessageID, m.InReplyTo, m.References, m.Date)
	}
	if want := "Hallo Bert,\n\nwir treffen uns im Garten – bis dann.\n\n![Plan](cid:plan%40example.org)"; m.Text != want {
		t.Errorf("text %q, want %q", m.Text, want)
	}
	if len(m.Attachments) != 2 {
		t.Fatalf("%d attachments", len(m.Attachments))
	}
	for i, a := range m.Attachments {
		w := d.Attachments[i]
		if a.Name != w.Name || a.MediaType != w.MediaType || a.ContentID != w.ContentID || a.Inline != w.Inline || !bytes.Equal(a.Data, w.Data) {
			t.Errorf("attachment %+v, want %+v", a, w)
		}
	}
	if !m.Auto.Automatic() || m.ListID != "garten.example.org" {
		t.Errorf("auto %+v, list %q", m.Auto, m.ListID)
	}
}

func TestNobodyCanAddAHeader(t *testing.T) {
	t.Parallel()
	evil := "x\r\nBcc: victim@example.org\r\n\r\nbody"
	data, err := mime.Draft{
		From: mime.Address{Name: evil, Addr: "a@example.org"}, To: []mime.Address{{Name: evil, Addr: "b@example.org\r\nBcc: c@example.org"}},
		Subject: evil, MessageID: evil, References: []string{evil}, Header: []mime.Field{{Name: "X-Test", Value: evil}},
		Text:        "text",
		Attachments: []mime.Attachment{{Name: evil, MediaType: "text/plain\r\nBcc: x@example.org", ContentID: evil, Inline: true}},
	}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || bytes.Contains(data, []byte("\r\nBcc:")) {
		t.Errorf("a header was added:\n%s", data)
	}
	if _, err := (mime.Draft{Header: []mime.Field{{Name: "X: y\r\nBcc", Value: "x"}}}).Bytes(); err == nil {
		t.Error("a header name with a line break was accepted")
	}
}

func TestMailInsideAMailStaysReadable(t *testing.T) {
	t.Parallel()
	inner := "Subject: Alt\r\n\r\nInhalt\r\n"
	data, err := mime.Draft{
		From: mime.Address{Addr: "a@example.org"}, Text: "siehe unten",
		Attachments: []mime.Attachment{{Name: "alt.eml", MediaType: "message/rfc822", Data: []byte(inner)}},
	}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].MediaType != "message/rfc822" || strings.TrimSpace(string(m.Attachments[0].Data)) != strings.TrimSpace(inner) {
		t.Errorf("attachments %+v", m.Attachments)
	}
}

func FuzzDraftRoundTrip(f *testing.F) {
	f.Add("Anna", "anna@example.org", "Grüße", "Hallo\n\n> x\n", "plan.pdf", []byte("x"))
	f.Add("a, b\"\\", "\"a b\"@x", strings.Repeat("langeswort", 200), "\r.\r\n..\n", "../x\x00.y", []byte{0, 255})
	f.Fuzz(func(t *testing.T, name, addr, subject, text, file string, data []byte) {
		if !utf8.ValidString(name + addr + subject + text + file) {
			t.Skip("drafts are made of text")
		}
		raw, err := mime.Draft{
			From: mime.Address{Name: name, Addr: addr}, Subject: subject, Text: text, HTML: text,
			Attachments: []mime.Attachment{{Name: file, MediaType: "application/pdf", Data: data}},
		}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("not a line of a mail: %q", line)
			}
		}
		m, err := mime.Parse(bytes.NewReader(raw), mime.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if squeeze(m.Subject) != squeeze(subject) {
			t.Fatalf("subject %q came back as %q", subject, m.Subject)
		}
		if len(m.Attachments) != 1 || !bytes.Equal(m.Attachments[0].Data, data) {
			t.Fatalf("attachments %+v", m.Attachments)
		}
	})
}

// squeeze leaves out what a header line cannot carry and what is dropped on the way in.
func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || r >= 0xf8f1 && r <= 0xf8f6 {
			return -1
		}
		return r
	}, s)), " ")
}
