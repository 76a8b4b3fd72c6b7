// Package caldav lets calendar programs of others synchronise the calendars of a town.
package caldav

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/webdav"
)

// openTown opens a demonstration town.
func openTown(t *testing.T) *town.Town {
	t.Helper()
	place := town.New(t, town.SQLite, map[string]string{"EMAIL_SUBMISSION_BACKEND": "folder"})
	if code, out := place.Call("", "demo"); code != 0 {
		t.Fatalf("demo: %d\n%s", code, out)
	}
	place.Start("serve")
	place.Open()
	return place
}

// member is somebody with a browser without scripts.
type member struct {
	client *http.Client
	town   *town.Town
	login  string
}

// signIn returns somebody of the demonstration who has signed in.
func signIn(t *testing.T, place *town.Town, login string) *member {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := &member{client: &http.Client{Jar: jar}, town: place, login: login}
	m.posts(t, "/stadt/login/", url.Values{"login": {login}, "password": {"demo"}})
	return m
}

// posts sends a form and returns the path and the text of the page that it leads to.
func (m *member) posts(t *testing.T, path string, form url.Values) (address, page string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.town.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return m.follows(t, r)
}

// opens returns a page.
func (m *member) opens(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.town.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, page := m.follows(t, r)
	return page
}

func (m *member) follows(t *testing.T, r *http.Request) (address, page string) {
	t.Helper()
	answer, err := m.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %d, %v\n%s", r.Method, r.URL, answer.StatusCode, err, text)
	}
	return answer.Request.URL.Path, string(text)
}

var (
	appPassword = regexp.MustCompile(`<code>([a-z2-7]{4}(?:-[a-z2-7]{2,4}){6})</code>`)
	version     = regexp.MustCompile(`name="version" value="(\d+)"`)
)

// appPassword makes an app password.
func (m *member) appPassword(t *testing.T) string {
	t.Helper()
	_, page := m.posts(t, "/stadt/settings/app-passwords/", url.Values{"name": {"vdirsyncer"}, "scope": {"calendars"}, "days": {"365"}})
	found := appPassword.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("there is no app password on\n%s", page)
	}
	return found[1]
}

// announces publishes an event of a group and returns its path.
func (m *member) announces(t *testing.T, group, title, begins string) string {
	t.Helper()
	path, _ := m.posts(t, "/"+group+"/events/add/", url.Values{"title": {title}, "text": {"Text of " + title}, "place": {"Am Bach"}, "time": {begins}})
	return path
}

// revises gives an event another title.
func (m *member) revises(t *testing.T, path, title, begins string) {
	t.Helper()
	found := version.FindStringSubmatch(m.opens(t, path+"edit/"))
	if found == nil {
		t.Fatalf("the form of %s has no version", path)
	}
	m.posts(t, path+"edit/", url.Values{"title": {title}, "text": {"Text of " + title}, "place": {"Am Bach"}, "time": {begins}, "version": {found[1]}})
}

// program is vdirsyncer, which keeps the calendars of a member in a folder.
type program struct {
	folder  string
	fetched atomic.Int64 // objects, since they were counted last
}

// newProgram sets vdirsyncer up with what a member tells it: a path of the town, and some calendars or all that it finds.
func newProgram(t *testing.T, m *member, path, calendars string) *program {
	t.Helper()
	p := &program{folder: t.TempDir()}
	config := fmt.Sprintf(`
[general]
status_path = %[1]q

[pair town]
a = "here"
b = "there"
collections = %[2]s
conflict_resolution = "b wins"

[storage here]
type = "filesystem"
path = %[3]q
fileext = ".ics"

[storage there]
type = "caldav"
url = %[4]q
username = %[5]q
password = %[6]q
read_only = true
`, filepath.Join(p.folder, "status"), calendars, filepath.Join(p.folder, "calendars"), p.watch(t, m.town)+path, m.login, m.appPassword(t))
	if err := os.WriteFile(filepath.Join(p.folder, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(t, strings.Repeat("y\n", 100), "discover")
	return p
}

// watch returns an address at which the town answers, too, and counts there which objects are fetched.
func (p *program) watch(t *testing.T, place *town.Town) string {
	t.Helper()
	target, err := url.Parse(place.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == webdav.Report {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			p.fetched.Add(objectsIn(t, body))
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // as the town is called
}

// objectsIn returns how many objects a report asks for by their addresses.
func objectsIn(t *testing.T, body []byte) int64 {
	t.Helper()
	var report struct {
		Hrefs []string `xml:"DAV: href"`
	}
	if err := xml.Unmarshal(body, &report); err != nil {
		t.Error(err)
	}
	return int64(len(report.Hrefs))
}

// run runs vdirsyncer with something on its standard input.
func (p *program) run(t *testing.T, input string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "vdirsyncer", append([]string{"--config", filepath.Join(p.folder, "config")}, args...)...)
	command.Stdin = strings.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("vdirsyncer %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// sync synchronises and returns how many objects were fetched.
func (p *program) sync(t *testing.T) int {
	t.Helper()
	p.fetched.Store(0)
	p.run(t, "", "sync")
	return int(p.fetched.Load())
}

// objects returns the objects that the program keeps of a calendar, each on lines that are not folded.
func (p *program) objects(t *testing.T, calendar string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.folder, "calendars", calendar, "*.ics"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n ", ""))
	}
	return all
}
