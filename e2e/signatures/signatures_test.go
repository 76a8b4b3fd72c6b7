//go:build e2e

// Package signatures_test has signatures of mails checked by a program that others use.
package signatures_test

import (
	"os/exec"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/dkim"
)

// verify reads a message and says whether its signature holds for the record that is its argument.
const verify = `
import sys, dkim
record = sys.argv[1].encode()
asked = []
def txt(name, timeout=5):
    asked.append(name)
    return record
good = dkim.verify(sys.stdin.buffer.read(), dnsfunc=txt, minkey=2048)
print(good, asked[0].decode() if asked else "")
`

func TestAnotherProgramAcceptsOurSignatures(t *testing.T) {
	t.Parallel()
	k, err := dkim.Generate("stadt.example", "g1")
	if err != nil {
		t.Fatal(err)
	}
	record, err := k.Record()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ about, message string }{
		{"a plain mail", "From: =?utf-8?q?Anna_=C3=9Cber_via_Stadt?= <noreply+anna@stadt.example>\r\nTo: bert@post.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
			"Date: Sun, 29 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@stadt.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" +
			"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n\r\n\r\n"},
		{"a folded header and no text", "From: noreply@stadt.example\r\nReferences: <1@stadt.example>\r\n <2@stadt.example>\r\nList-Unsubscribe: <https://stadt.example/x>\r\n" +
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nSubject: x\r\n\r\n"},
	} {
		signed, err := k.Sign([]byte(c.message))
		if err != nil {
			t.Fatal(err)
		}
		for about, text := range map[string]string{"True g1._domainkey.stadt.example.": string(signed), "False g1._domainkey.stadt.example.": strings.Replace(string(signed), "noreply", "eve", 1)} {
			command := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", verify, record)
			command.Stdin = strings.NewReader(text)
			out, err := command.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != about {
				t.Errorf("%s: %s instead of %s, %v", c.about, got, about, err)
			}
		}
	}
}
