//go:build e2e

package looks

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/town"
)

// page is one of the pages that are judged and photographed.
type page struct{ name, path, who string }

// pages returns the main pages of a demonstration town.
func pages(group, article, internal, conversation string) []page {
	return []page{
		{"start", "/", ""},
		{"groups", "/stadt/groups/", ""},
		{"group", "/garten/", ""},
		{"person", "/anna/", ""},
		{"article", article, ""},
		{"articles", "/stadt/articles/", ""},
		{"sign-up", "/stadt/signup/", ""},
		{"sign-in", "/stadt/login/", ""},
		{"write-to-group", group + "conversations/add/", ""},
		{"help", "/stadt/help/", ""},
		{"not-found", "/nirgends/", ""},
		{"styleguide", "/stadt/styleguide/", ""},
		{"start-mine", "/", "anna"},
		{"group-mine", "/garten/", "anna"},
		{"article-internal", internal, "anna"},
		{"write-article", "/garten/articles/add/", "anna"},
		{"conversation", conversation, "anna"},
		{"inbox", "/stadt/activity/", "anna"},
		{"settings", "/stadt/settings/", "anna"},
		{"members", group + "members/", "anna"},
		{"found-group", "/stadt/groups/add/", "anna"},
		{"outbox", "/stadt/outbox/", "anna"},
		{"admin", "/stadt/admin/", "demo-admin"},
	}
}

func open(t *testing.T) *town.Town {
	t.Helper()
	place, _ := begin(t)
	return place
}

// begin opens a demonstration town and returns what runs it.
func begin(t *testing.T) (*town.Town, *town.Process) {
	t.Helper()
	place := town.New(t, town.SQLite, map[string]string{"LANGUAGE_CODE": "de-de", "EMAIL_SUBMISSION_BACKEND": "folder"})
	if code, out := place.Call("", "demo"); code != 0 {
		t.Fatalf("demo: %d\n%s", code, out)
	}
	server := place.Start("serve")
	place.Open()
	return place, server
}

// linked returns the first link of a page that fits a pattern.
func linked(t *testing.T, html, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(`href="(` + pattern + `)"`).FindStringSubmatch(html)
	if found == nil {
		t.Fatalf("no link like %s in\n%s", pattern, html)
	}
	return found[1]
}

// TestPagesLookWell opens the main pages signed out and signed in, in both languages and themes and at four widths. No page
// scrolls sideways, also with large text; none violates WCAG 2.2 AA as far as axe finds out; all are valid HTML. Where
// SCREENS names a folder, it photographs them.
func TestPagesLookWell(t *testing.T) {
	place := open(t)
	axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	look := &looker{axe: string(axe), screens: os.Getenv("SCREENS"), html: t.TempDir(), people: map[string]*town.Person{"": place.Visitor(t, "nobody", true)}}
	for _, name := range []string{"anna", "demo-admin"} {
		p := place.Visitor(t, name, true)
		p.Goes("/stadt/login/")
		p.Fills(map[string]string{"login": name, "password": "demo"})
		p.Presses("Anmelden")
		look.people[name] = p
	}
	anna := look.people["anna"]
	anna.Goes("/garten/")
	_, outside := place.Ask("/garten/")
	article := linked(t, outside, `/garten/[a-z][^/"]*/`)
	internal := article
	for _, found := range regexp.MustCompile(`href="(/garten/[a-z][^/"]*/)"`).FindAllStringSubmatch(anna.HTML(), -1) {
		if !strings.Contains(outside, found[1]) && !strings.Contains(found[1], "actions") {
			internal = found[1]
		}
	}
	group := strings.TrimSuffix(linked(t, anna.HTML(), `/stadt/groups/\d+/members/`), "members/")
	anna.Goes(group + "conversations/")
	all := pages(group, article, internal, linked(t, anna.HTML(), `/stadt/conversations/\d+/`))
	for _, x := range all {
		look.at(t, x)
	}
	look.validate(t)
}

// looker looks at pages with the eyes of several people.
type looker struct {
	axe     string
	screens string // folder, or empty
	html    string // folder with the sources of the pages
	people  map[string]*town.Person
}

func (l *looker) at(t *testing.T, x page) {
	t.Helper()
	p := l.people[x.who]
	for _, language := range []string{"de", "en"} {
		p.Goes("/stadt/healthz")
		evaluate[bool](t, p, `document.cookie = "language=`+language+`; path=/", true`)
		status := p.Goes(x.path)
		if want := 200; status != want && x.name != "not-found" {
			t.Errorf("%s: status %d", x.name, status)
		}
		if got := evaluate[string](t, p, `document.documentElement.lang`); !strings.HasPrefix(got, language) && x.who == "" {
			t.Errorf("%s is in %q, want %q", x.name, got, language)
		}
		source := evaluateLater[string](t, p, `fetch(location.href).then(r => r.text())`)
		if err := os.WriteFile(filepath.Join(l.html, x.name+"."+language+".html"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, theme := range []string{"light", "dark"} {
			features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}
			if _, err := chromedp.Call(p.Window(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
				t.Fatal(err)
			}
			for _, width := range []int64{320, 360, 768, 1300} {
				where := fmt.Sprintf("%s.%s.%s.%d", x.name, language, theme, width)
				l.size(t, p, width)
				if theme == "light" {
					l.fits(t, p, where, width)
				}
				if (width == 360 || width == 1300) && language == "de" {
					l.judge(t, p, where)
				}
				if l.screens != "" && width != 320 {
					l.photograph(t, p, where)
				}
			}
		}
	}
}

func (l *looker) size(t *testing.T, p *town.Person, width int64) {
	t.Helper()
	size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}
	if _, err := chromedp.Call(p.Window(), emulation.SetDeviceMetricsOverride, size); err != nil {
		t.Fatal(err)
	}
}

// fits reports what makes a page scroll sideways, at the size of text that the page has and at twice that.
func (l *looker) fits(t *testing.T, p *town.Person, where string, width int64) {
	t.Helper()
	const culprit = `(() => { const w = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= w) return "";
		return [...document.querySelectorAll("main *, aside *, body *")].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest(".places")).slice(0, 4).map(e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40)).join(" | ") || "something"; })()`
	if wide := evaluate[string](t, p, culprit); wide != "" {
		t.Errorf("%s scrolls sideways: %s", where, wide)
	}
	if width == 360 || width == 1300 {
		evaluate[bool](t, p, `document.documentElement.style.fontSize = "200%", true`)
		if wide := evaluate[string](t, p, culprit); wide != "" {
			t.Errorf("%s scrolls sideways with large text: %s", where, wide)
		}
		evaluate[bool](t, p, `document.documentElement.style.fontSize = "", true`)
	}
}

// judge asks axe.
func (l *looker) judge(t *testing.T, p *town.Person, where string) {
	t.Helper()
	if evaluate[string](t, p, `typeof axe`) == "undefined" {
		evaluate[bool](t, p, l.axe+"; true")
	}
	verdict := evaluateLater[string](t, p, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + (n.any[0] || {message: ""}).message)}))))`)
	var violations []struct {
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}
	if err := json.Unmarshal([]byte(verdict), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s: %s (%s)\n%s", where, v.ID, v.Help, strings.Join(v.Nodes, "\n"))
	}
}

func (l *looker) photograph(t *testing.T, p *town.Person, where string) {
	t.Helper()
	whole := true
	picture, err := chromedp.Call(p.Window(), cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err == nil {
		err = os.WriteFile(filepath.Join(l.screens, where+".png"), picture.Data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// validate asks html-validate about the sources of all pages.
func (l *looker) validate(t *testing.T) {
	t.Helper()
	config := filepath.Join(l.html, ".htmlvalidate.json")
	if err := os.WriteFile(config, []byte(`{"extends": ["html-validate:standard"], "rules": {"long-title": "off"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join("..", "node_modules", ".bin", "html-validate")
	out, err := exec.CommandContext(t.Context(), program, "--config", config, "--formatter", "text", filepath.Join(l.html, "*.html")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func evaluate[T any](t *testing.T, p *town.Person, script string) T {
	t.Helper()
	v, err := chromedp.Run(p.Window(), chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", p.Path(), err)
	}
	return v
}

// evaluateLater waits for a promise.
func evaluateLater[T any](t *testing.T, p *town.Person, script string) T {
	t.Helper()
	v, err := chromedp.Run(p.Window(), chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", p.Path(), err)
	}
	return v
}
