//go:build e2e

package town_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// documented returns the lines of the guide for administrators that begin with this one, for a town
// elsewhere.
func documented(t *testing.T, first, folder, port string) string {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "administrators", "webserver.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(guide), "    "+first)
	if !found {
		t.Fatalf("the guide does not say %q", first)
	}
	lines, _, _ := strings.Cut(rest, "\n\n")
	return strings.NewReplacer("/var/lib/grouprise/media", folder, "8008", port).Replace(first+lines) + "\n"
}

// TestTheWebServerInFrontSendsFiles puts web servers in front of a town, configured as the guide says: they
// send what the town lets somebody have, whole and in parts, and nothing else.
func TestTheWebServerInFrontSendsFiles(t *testing.T) {
	t.Parallel()
	for front, first := range map[servers.Front]string{
		servers.Nginx: "location /protected-downloads/", servers.Apache: "XSendFile on", servers.Lighttpd: "proxy.server",
	} {
		t.Run(string(front), func(t *testing.T) {
			t.Parallel()
			folder := frontFolder(t)
			place := town.New(t, town.SQLite, map[string]string{
				"FILE_DOWNLOAD_BACKEND": string(front), "MEDIA_ROOT": folder, "EMAIL_SUBMISSION_BACKEND": "folder",
			})
			if code, out := place.Call("", "demo"); code != 0 {
				t.Fatalf("demo: %d\n%s", code, out)
			}
			place.Start("serve")
			place.Open()
			site := strings.TrimPrefix(place.URL, "http://localhost:")
			address := front.Start(t, net.JoinHostPort("127.0.0.1", site), documented(t, first, folder, site))
			judge(t, address, internalFile(t, place, folder))
		})
	}
}

func judge(t *testing.T, front string, name string) {
	t.Helper()
	const outside = "/protected-downloads/" // where nginx finds the files
	file := "/-/files/" + name
	anna, ask := visit(t, front), http.Header{}
	anna.ask = ask
	anna.Get("/stadt/login/")
	anna.Submit("login", map[string]string{"login": "anna", "password": "demo"})
	anna.Sees(http.StatusOK)

	whole := anna.Ask(http.MethodGet, file)
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "X-Sendfile": "", "X-Accel-Redirect": "",
	} {
		if got := whole.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if whole.Status != http.StatusOK || whole.Body != content || !strings.Contains(whole.Header.Get("Content-Security-Policy"), "sandbox") ||
		!strings.HasPrefix(whole.Header.Get("Content-Disposition"), "inline; filename=") {
		t.Errorf("%d %v %q", whole.Status, whole.Header, whole.Body)
	}
	for _, c := range []struct {
		header, value string
		status        int
		body          string
	}{
		{"Range", "bytes=2-5", http.StatusPartialContent, content[2:6]},
		{"Range", "bytes=-3", http.StatusPartialContent, content[len(content)-3:]},
		{"If-None-Match", whole.Header.Get("ETag"), http.StatusNotModified, ""},
		{"If-None-Match", `"other"`, http.StatusOK, content},
	} {
		ask.Set(c.header, c.value)
		if got := anna.Ask(http.MethodGet, file); got.Status != c.status || got.Body != c.body {
			t.Errorf("%s %s: %d %q", c.header, c.value, got.Status, got.Body)
		}
		ask.Del(c.header)
	}
	if got := anna.Ask(http.MethodHead, file); got.Status != http.StatusOK || got.Body != "" {
		t.Errorf("HEAD: %d %q", got.Status, got.Body)
	}

	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
		t.Fatal(err)
	}
	anna.Upload(community.GroupPicturesPath("garten"), url.Values{}, webtest.File{Field: "picture", Name: "Beet.png", Content: drawing.Bytes()})
	anna.Sees(http.StatusOK)
	face := regexp.MustCompile(`/-/images/[a-z]+/[a-z0-9-]+\.jpg`).FindString(anna.Get("/garten/").Body)
	stranger := visit(t, front)
	if got := stranger.Ask(http.MethodGet, face); got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" ||
		!strings.HasPrefix(got.Body, "\xff\xd8") || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%q: %d %v", face, got.Status, got.Header)
	}

	outsider := visit(t, front)
	outsider.Get("/stadt/login/")
	outsider.Submit("login", map[string]string{"login": "carla", "password": "demo"})
	for _, c := range []struct {
		visitor *visitor
		path    string
		status  int
	}{
		{stranger, file, http.StatusSeeOther},
		{outsider, file, http.StatusForbidden},
		{anna, outside + name, http.StatusNotFound},
		{anna, outside, http.StatusNotFound},
		{anna, "/x/.." + outside + name, http.StatusNotFound},
	} {
		if got := c.visitor.Ask(http.MethodGet, c.path); got.Status != c.status || strings.Contains(got.Body, content) {
			t.Errorf("%s: %d, want %d", c.path, got.Status, c.status)
		}
	}
}

// content is what the internal file holds.
const content = "0123456789 for members"

// frontFolder returns a folder whose files the web server in front may read, as the guide tells
// administrators to prepare it.
func frontFolder(t *testing.T) string {
	t.Helper()
	// Not t.TempDir, which other accounts may not enter.
	top, err := os.MkdirTemp("", "media")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	folder := filepath.Join(top, "media")
	if err := errors.Join(os.Chmod(top, 0o755), os.Mkdir(folder, 0o750)); err != nil {
		t.Fatal(err)
	}
	prepare := strings.TrimSpace(documented(t, "chgrp -R "+servers.FrontAccount, folder, ""))
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", prepare).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", prepare, err, out)
	}
	return folder
}

// internalFile hangs a file on what the garden's members alone read.
func internalFile(t *testing.T, place *town.Town, folder string) (name string) {
	t.Helper()
	name = "internal" + strconv.FormatInt(time.Now().UnixNano(), 36) + ".png"
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), place.DB)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		var article int64
		err := tx.Get(t.Context(), &article, `SELECT c.id FROM contents c JOIN entities e ON e.id = c.entity_id WHERE e.slug = 'garten' AND c.public = ? ORDER BY c.id LIMIT 1`, false)
		if err != nil {
			return err
		}
		_, err = tx.Insert(t.Context(), `INSERT INTO files (name, original_name, media_type, size, content_id, created_at) VALUES (?, 'Beet.png', 'image/png', 22, ?, ?)`, name, article, tx.Now)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// visitor visits without a browser, and asks with further headers.
type visitor struct {
	*webtest.Visitor

	ask http.Header
}

func visit(t *testing.T, address string) *visitor {
	t.Helper()
	v := &visitor{}
	v.Visitor = webtest.Visit(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: address})
		maps.Copy(r.Out.Header, v.ask)
	}})
	return v
}
