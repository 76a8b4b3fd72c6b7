//go:build e2e

package browser

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/town"
)

// TestPagesLookWell opens all pages of a town, signed out and signed in, in both languages and themes and at four
// widths. None scrolls sideways, cuts a text off or lets things lie on each other, also with large text; none violates
// WCAG 2.2 AA as far as axe finds out; all are valid HTML. Where SCREENS names a folder, it photographs the main pages.
func TestPagesLookWell(t *testing.T) {
	f := openFurnished(t)
	f.serve(t, "anna", "bert", "demo-admin")
	f.furnish(t)
	judgeAll(t, f.place, f.guests, f.pages)
	for _, missing := range unjudged(t, f.pages) {
		t.Errorf("docs/house.txt has a page that is not judged: %s", missing)
	}
}

// notJudged are the addresses that show no page of their own, with the reason.
var notJudged = map[string]string{
	"/-/files/{name}":               "a file",
	"/-/images/{name}":              "a picture",
	"/-/images/{size}/{name}":       "a picture",
	"/stadt/content/{id}":           "leads on to the content",
	"/stadt/content/readers":        "a piece of a page for scripts",
	"/stadt/content/{id}/readers":   "a piece of a page for scripts",
	"/stadt/content/{id}/event.ics": "a file to download",
	"/stadt/mentions":               "an answer for scripts",
	"/stadt/health/mirror":          "what arrived of a request, for the site itself",
	"/robots.txt":                   "for programs",
	"/sitemap.xml":                  "for programs",
	"/sitemap-{number}.xml":         "for programs",
	"/stadt/mentions/tags":          "an answer for scripts",
	"/stadt/events/tag.ics":         "a calendar for programs",

	"/stadt/threads/content/{id}/live": "a stream for scripts", "/stadt/threads/conversation/{id}/live": "a stream for scripts",
	"/{entity}/{slug}/contributions/{id}/edit": "an editor as others, for a quarter of an hour", "/stadt/conversations/{container}/contributions/{id}/edit": "an editor as others, for a quarter of an hour",

	"/stadt/setup":                   "is there while nobody administers the site, and is a form as the one for signing up",
	"/stadt/settings/gestalt/export": "a file to download",
	"/stadt/password/set":            "leads on to the settings whoever has a password",

	"/stadt/api/polls/{id}": "an answer for programs", "/stadt/events/repetition": "a sentence for scripts",
	"/stadt/events/public.ics": "a calendar for programs", "/stadt/events/mine/{token}/events.ics": "a calendar for programs",
	"/{entity}/events/public.ics": "a calendar for programs", "/{entity}/events/private.ics": "a calendar for programs",
	"/stadt/feed": "a feed", "/stadt/feed.atom": "a feed", "/stadt/feed.rss": "a feed", "/stadt/groups/{id}/feed": "a feed", "/{entity}/feed.atom": "a feed", "/{entity}/feed.rss": "a feed",
	"/stadt/tags/{slug}/feed.atom": "a feed", "/stadt/tags/{slug}/feed.rss": "a feed", "/{entity}/{slug}/comments.atom": "a feed", "/{entity}/{slug}/comments.rss": "a feed",
	"/stadt/events/place.ics": "a calendar for programs", "/stadt/content/{id}/help.csv": "a table to download", "/stadt/content/{id}/events/attendees/list.csv": "a table to download",
	"/stadt/chat": "leads on to a client", "/stadt/chat/{path...}": "leads on to a client", "/stadt/chat-rooms/public-feed": "leads on to a client", "/{group}/-/chat/private": "leads on to a client", "/{group}/-/chat/public": "leads on to a client",
	"/stadt/chat-accounts/{id}/{key}":                "stands in a chat, and is a page with one button as others",
	"/stadt/groups/reminders/{group}/{person}/{key}": "stands in reminders, which leave every two minutes, and is a page with one button as others",
}

// unjudged returns the routes of docs/house.txt that no page belongs to.
func unjudged(t *testing.T, pages []page) (missing []string) {
	t.Helper()
	house, err := os.ReadFile(filepath.Join("..", "..", "docs", "house.txt"))
	if err != nil {
		t.Fatal(err)
	}
	wildcard := regexp.MustCompile(`\\\{\w+\\\}`)
	for _, found := range regexp.MustCompile(`answers GET +(/\S*)`).FindAllStringSubmatch(string(house), -1) {
		route := found[1]
		if route != "/" {
			route = strings.TrimSuffix(route, "/")
		}
		pattern := wildcard.ReplaceAllString(strings.ReplaceAll(regexp.QuoteMeta(route), `\.\.\.`, ""), `[^/?]+`)
		if strings.HasSuffix(route, "...}") {
			pattern = strings.TrimSuffix(pattern, `[^/?]+`) + `.+`
		}
		fits := regexp.MustCompile(`^` + pattern + `/?(\?.*)?$`)
		judged := notJudged[route] != ""
		for _, x := range pages {
			judged = judged || fits.MatchString(x.path)
		}
		if !judged {
			missing = append(missing, route)
		}
	}
	return missing
}

// judgeAll judges pages in as many windows as there are processors.
func judgeAll(t *testing.T, place *town.Town, guests map[string]*guest, pages []page) {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{axe: string(axe), screens: os.Getenv("SCREENS"), html: t.TempDir()}
	queue := make(chan page, len(pages))
	for _, x := range pages {
		if only := os.Getenv("ONLY"); only == "" || regexp.MustCompile(only).MatchString(x.name) {
			queue <- x
		}
	}
	close(queue)
	t.Run("pages", func(t *testing.T) {
		for n := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint("window ", n+1), func(t *testing.T) {
				t.Parallel()
				w := newWindow(t, place, guests)
				for x := range queue {
					j.judge(t, w, x)
				}
			})
		}
	})
	j.validate(t)
}

// judge looks at pages.
type judge struct {
	axe     string
	screens string // folder, or empty
	html    string // folder with the sources of the pages
}

func (j *judge) judge(t *testing.T, w *window, x page) {
	t.Helper()
	for _, language := range []string{"de", "en"} {
		w.as(t, x.who, language)
		w.theme(t, "light")
		status := w.Goes(x.path)
		want := x.status
		if want == 0 {
			want = 200
		}
		var source string
		switch {
		case x.wrong:
			want = 422
			source, status = w.sends(t, emptied)
		case x.sends != "":
			source, status = w.sends(t, x.sends)
		case !x.layout:
			source = w.source(t, x.path)
			if title := evaluate[string](t, w.Person, `document.title`); !strings.Contains(html.UnescapeString(source), "<title>"+title+"</title>") {
				t.Errorf("%s at %s: the window shows %q, but the source is another page's", x.name, x.path, title)
			}
		}
		where := x.name + "." + language
		if status != want {
			t.Errorf("%s at %s: status %d, want %d\n%s", where, x.path, status, want, evaluate[string](t, w.Person, `document.body.innerText`))
			continue
		}
		if got := evaluate[string](t, w.Person, `document.documentElement.lang`); got != language {
			t.Errorf("%s is in %q", where, got)
		}
		if source != "" && !x.layout {
			if err := os.WriteFile(filepath.Join(j.html, where+".html"), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		j.look(t, w, x, where, language)
	}
}

// emptied empties a form.
const emptied = `for (const field of form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea")) field.value = "";
	for (const field of form.querySelectorAll("[type=hidden][name^=captcha]")) field.value = "";
	const button = form.querySelector("button[name^=action]");
	if (button) form.append(Object.assign(document.createElement("input"), {type: "hidden", name: button.name, value: "1"}));`

// sends sends the main form of the page, or its only one, after a script has prepared it, and returns the source
// of the page that comes back and its status. The source is empty where the form stands on another site.
func (w *window) sends(t *testing.T, prepare string) (source string, status int) {
	t.Helper()
	source = evaluateLater[string](t, w.Person, `(async () => {
		const form = window.prepared = [...document.querySelectorAll("main form.form[method=post]")].findLast((f) => !f.hidden) || document.forms[0];
		const send = () => fetch(form.action, {method: "POST", body: form.enctype === "multipart/form-data" ? new FormData(form) : new URLSearchParams(new FormData(form))});
		`+prepare+`
		return location.origin === new URL(form.action).origin ? (await send()).text() : "";
	})()`)
	answer, err := chromedp.RunResponse(w.Window(), chromedp.Evaluate[chromedp.Void](`HTMLFormElement.prototype.submit.call(window.prepared)`))
	if err != nil {
		t.Fatal(err)
	}
	return source, int(answer.Status)
}

// look looks for what lies wrong, at four widths, and with large text on the smallest phone and on a screen, where it
// is tightest, and asks axe. Every page is asked about in each language, in each theme and at each of two widths, but
// not in all eight ways: German is light on a phone and dark on a screen, English the other way round. A page that is
// judged for its layout only is judged elsewhere, too, and what lies wrong on a phone does so on the smallest.
func (j *judge) look(t *testing.T, w *window, x page, where, language string) {
	t.Helper()
	widths, light := []int64{320, 360, 768, 1300}, int64(360)
	if language == "en" {
		widths, light = []int64{1300, 768, 320, 360}, 1300
	}
	for _, width := range widths {
		if x.layout && width == 360 {
			continue
		}
		w.size(t, width)
		if wrong := w.lies(t); wrong != "" {
			t.Errorf("%s at %d px: %s", where, width, wrong)
		}
		if width == 320 || width == 1300 {
			if wrong := w.liesLarge(t); wrong != "" {
				t.Errorf("%s at %d px with large text: %s", where, width, wrong)
			}
		}
		if width == light && !x.layout {
			j.asksAxe(t, w, fmt.Sprintf("%s.light.%d", where, width), false)
		}
	}
	if x.layout {
		return
	}
	w.theme(t, "dark") // at the last width, which the light was not asked about at
	j.asksAxe(t, w, fmt.Sprintf("%s.dark.%d", where, widths[len(widths)-1]), true)
	if j.screens == "" || !x.main {
		return
	}
	for _, theme := range []string{"light", "dark"} {
		w.theme(t, theme)
		for _, width := range []int64{360, 768, 1300} {
			w.size(t, width)
			j.photograph(t, w, fmt.Sprintf("%s.%s.%d", where, theme, width))
		}
	}
}

// asksAxe asks axe about the page as it is shown: about everything, or about what depends on colours only.
func (j *judge) asksAxe(t *testing.T, w *window, where string, colours bool) {
	t.Helper()
	if evaluate[string](t, w.Person, `typeof axe`) == "undefined" {
		evaluate[bool](t, w.Person, j.axe+"; true")
	}
	rules := `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: {"target-size": {enabled: true}}`
	if colours {
		rules = `["color-contrast", "link-in-text-block"]`
	}
	verdict := evaluateLater[string](t, w.Person, `axe.run(document, {resultTypes: ["violations"], runOnly: `+rules+`})
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

func (j *judge) photograph(t *testing.T, w *window, where string) {
	t.Helper()
	whole := true
	picture, err := chromedp.Call(w.Window(), cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err == nil {
		err = os.WriteFile(filepath.Join(j.screens, where+".png"), picture.Data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// validate asks html-validate about the sources of all pages.
func (j *judge) validate(t *testing.T) {
	t.Helper()
	config := filepath.Join(j.html, ".htmlvalidate.json")
	if err := os.WriteFile(config, []byte(`{"extends": ["html-validate:standard"], "rules": {"long-title": "off"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if pages, err := filepath.Glob(filepath.Join(j.html, "*.html")); err != nil || len(pages) == 0 {
		return
	}
	program := filepath.Join("..", "node_modules", ".bin", "html-validate")
	out, err := exec.CommandContext(t.Context(), program, "--config", config, "--formatter", "text", filepath.Join(j.html, "*.html")).CombinedOutput()
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
