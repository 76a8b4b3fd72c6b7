package mime_test

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/mime"
)

func TestHTMLPart(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Subject: x\r\n\r\nplain": "",
		"Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>gr=FCn</p>":                                                                                                         "<p>grün</p>",
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>first</p>\r\n--b--\r\n--a\r\n\r\nx\r\n--a--": "<p>first</p>",
	} {
		if got := string(mime.HTMLPart([]byte(message))); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
