package dkim_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	msgdkim "github.com/emersion/go-msgauth/dkim"

	"grouprise.org/grouprise/internal/kit/dkim"
)

const message = "From: Anna via Stadt <noreply+anna@Stadt.example>\r\nTo: bert@post.example\r\nSubject: Sommerfest\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\n" +
	"Message-ID: <1@stadt.example>\r\nList-Unsubscribe: <https://stadt.example/x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKommt alle.\r\n"

func generate(t *testing.T) dkim.Key {
	t.Helper()
	k, err := dkim.Generate("stadt.example", "g1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignaturesHoldUntilSomethingIsChanged(t *testing.T) {
	t.Parallel()
	k := generate(t)
	text, err := k.PEM()
	if err != nil {
		t.Fatal(err)
	}
	if k, err = dkim.Parse(k.Domain, k.Selector, text); err != nil {
		t.Fatal(err)
	}
	record, err := k.Record()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := k.Sign([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	for about, c := range map[string]struct {
		old, changed string
		holds        bool
	}{
		"nothing":             {"", "", true},
		"blanks in the text":  {"Kommt alle.", "Kommt  alle. ", true},
		"the text":            {"Kommt alle", "Kommt nicht", false},
		"the subject":         {"Sommerfest", "Winterfest", false},
		"a second subject":    {"Subject:", "Subject: Winterfest\r\nSubject:", false},
		"a second sender":     {"From:", "From: eve@evil.example\r\nFrom:", false},
		"an answer elsewhere": {"Date:", "Reply-To: eve@evil.example\r\nDate:", false},
		"leaving elsewhere":   {"<https://stadt.example/x>", "<https://evil.example/x>", false},
		"a received line":     {"DKIM-Signature:", "Received: from a by b\r\nDKIM-Signature:", true},
	} {
		changed := bytes.Replace(signed, []byte(c.old), []byte(c.changed), 1)
		found, err := msgdkim.VerifyWithOptions(bytes.NewReader(changed), &msgdkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "g1._domainkey.stadt.example" {
				return nil, errors.New("no such record: " + name)
			}
			return []string{record}, nil
		}})
		if err != nil || len(found) != 1 || (found[0].Err == nil) != c.holds {
			t.Errorf("%s: %+v, %v", about, found, err)
		}
	}
}

func TestARecordIsRecognisedInDNS(t *testing.T) {
	t.Parallel()
	k := generate(t)
	record, err := k.Record()
	if err != nil {
		t.Fatal(err)
	}
	other, err := generate(t).Record()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		about  string
		texts  []string
		err    error
		shown  bool
		failed bool
	}{
		{"as it is", []string{record}, nil, true, false},
		{"beside others", []string{"v=spf1 -all", other, record}, nil, true, false},
		{"with tags of their own and blanks", []string{strings.Replace(strings.ReplaceAll(record, ";", " ; t=s;"), "p=MII", "p = MII ", 1)}, nil, true, false},
		{"another key", []string{other}, nil, false, false},
		{"a key that was called back", []string{"v=DKIM1; p="}, nil, false, false},
		{"none", nil, nil, false, false},
		{"no such name", nil, &net.DNSError{IsNotFound: true}, false, false},
		{"DNS does not answer", nil, &net.DNSError{IsTimeout: true}, false, true},
	} {
		shown, err := k.Published(t.Context(), func(_ context.Context, name string) ([]string, error) {
			if name != "g1._domainkey.stadt.example" {
				t.Errorf("asks for %s", name)
			}
			return c.texts, c.err
		})
		if shown != c.shown || (err != nil) != c.failed {
			t.Errorf("%s: %t, %v", c.about, shown, err)
		}
	}
	line, err := k.ZoneLine()
	if err != nil {
		t.Fatal(err)
	}
	var joined strings.Builder
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			joined.WriteString(part)
			if len(part) > 255 {
				t.Errorf("a string of the record has %d bytes", len(part))
			}
		}
	}
	if !strings.HasPrefix(line, "g1._domainkey.stadt.example. IN TXT (") || joined.String() != record {
		t.Errorf("the line of a zone is %s", line)
	}
}

func TestNoKeyIsReadFromAnythingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if _, err := dkim.Parse("stadt.example", "g1", []byte(text)); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}

func TestTheSenderTellsTheDomain(t *testing.T) {
	t.Parallel()
	for text, domain := range map[string]string{
		message:                          "stadt.example",
		"From: x@a.example\r\n\r\n":      "a.example",
		"From: \"x@b\" <y@c.d>\r\n\r\nz": "c.d",
		"To: x@a.example\r\n\r\n":        "",
		"From: nobody\r\n\r\n":           "",
		"":                               "",
	} {
		if got := dkim.SenderDomain([]byte(text)); got != domain {
			t.Errorf("%q is from %q", text, got)
		}
	}
}
