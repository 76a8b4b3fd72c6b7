//go:build e2e

package machine_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// attachment is what the file holds that Bert sends; only members of the garden may have it.
const attachment = "0123456789 for members"

var fileLink = regexp.MustCompile(`/-/files/[a-z0-9]+\.png`)

// attach lets Bert answer the article by mail with a file, and returns where it is downloaded.
func (s *site) attach() (path string) {
	s.t.Helper()
	reply, err := mail.ParseAddress(s.letter(bertAddress, 2).Header.Get("Reply-To"))
	if err != nil {
		s.t.Fatal(err)
	}
	body := "--teil\r\nContent-Type: text/plain\r\n\r\nHier ist das Bild.\r\n--teil\r\nContent-Type: image/png\r\n" +
		"Content-Disposition: attachment; filename=\"beet.png\"\r\n\r\n" + attachment + "\r\n--teil--"
	if err := s.write(bertAddress, reply.Address, "Re: Beet", body, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=teil\r\n"); err != nil {
		s.t.Fatal(err)
	}
	s.Eventually("the attachment", func() bool {
		path = fileLink.FindString(s.anna.Get(s.article).Body)
		return path != ""
	})
	return path
}

// filesAreSent says how the web server sends files: "" for the program itself. It waits for the log to say so.
func (s *site) filesAreSent(line string) {
	s.t.Helper()
	s.Eventually("the log to say "+line, func() bool {
		log, err := os.ReadFile("/var/log/grouprise.log")
		return err == nil && strings.Contains(string(log), line)
	})
}

// getFiles makes sure that people get the files that they may have, whole and in parts, and nothing else. file is the
// attachment of a mail.
func (s *site) getFiles(file string) {
	s.t.Helper()
	s.getFilesAs(file, "image/png", "inline")
}

// getFilesAs is getFiles for a file of a kind with the content of the attachment.
func (s *site) getFilesAs(file, kind, disposition string) {
	s.t.Helper()
	const outside = "/protected-downloads/" // where nginx finds the files
	whole := s.anna.Ask(http.MethodGet, file)
	for name, want := range map[string]string{
		"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "X-Sendfile": "", "X-Accel-Redirect": "",
	} {
		if got := whole.Header.Get(name); got != want {
			s.t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if whole.Status != http.StatusOK || whole.Body != attachment || !strings.Contains(whole.Header.Get("Content-Security-Policy"), "sandbox") ||
		!strings.HasPrefix(whole.Header.Get("Content-Disposition"), disposition+"; filename=") {
		s.t.Errorf("%s: %d %v %q", file, whole.Status, whole.Header, whole.Body)
	}
	for _, c := range []struct {
		header, value string
		status        int
		body          string
	}{
		{"Range", "bytes=2-5", http.StatusPartialContent, attachment[2:6]},
		{"Range", "bytes=-3", http.StatusPartialContent, attachment[len(attachment)-3:]},
		{"If-None-Match", whole.Header.Get("ETag"), http.StatusNotModified, ""},
		{"If-None-Match", `"other"`, http.StatusOK, attachment},
	} {
		s.anna.ask.Set(c.header, c.value)
		if got := s.anna.Ask(http.MethodGet, file); got.Status != c.status || got.Body != c.body {
			s.t.Errorf("%s %s: %d %q", c.header, c.value, got.Status, got.Body)
		}
		s.anna.ask.Del(c.header)
	}
	if got := s.anna.Ask(http.MethodHead, file); got.Status != http.StatusOK || got.Body != "" {
		s.t.Errorf("HEAD: %d %q", got.Status, got.Body)
	}

	stranger := visit(s.t, s.anna.address)
	face := s.face()
	if got := stranger.Ask(http.MethodGet, face); got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" ||
		!strings.HasPrefix(got.Body, "\xff\xd8") || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
		s.t.Errorf("%q: %d %v", face, got.Status, got.Header)
	}
	name := strings.TrimPrefix(file, "/-/files/")
	for _, c := range []struct {
		visitor *visitor
		path    string
		status  int
	}{
		{stranger, file, http.StatusSeeOther},
		{s.anna, outside + name, http.StatusNotFound},
		{s.anna, outside, http.StatusNotFound},
		{s.anna, "/x/.." + outside + name, http.StatusNotFound},
	} {
		if got := c.visitor.Ask(http.MethodGet, c.path); got.Status != c.status || strings.Contains(got.Body, attachment) {
			s.t.Errorf("%s: %d, want %d", c.path, got.Status, c.status)
		}
	}
}

// face gives the garden a picture and returns where it is.
func (s *site) face() string {
	s.t.Helper()
	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
		s.t.Fatal(err)
	}
	s.anna.Upload(community.GroupPicturesPath("garten"), url.Values{}, webtest.File{Field: "picture", Name: "Beet.png", Content: drawing.Bytes()})
	s.anna.Sees(http.StatusOK)
	return regexp.MustCompile(`/-/images/[a-z]+/[a-z0-9-]+\.jpg`).FindString(s.anna.Get("/garten/").Body)
}
