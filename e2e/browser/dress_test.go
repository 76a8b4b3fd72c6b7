//go:build e2e

package browser

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// wardrobe is what an administrator dresses a town with.
func wardrobe(t *testing.T) (folder string, settings map[string]string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "static"), 0o750); err != nil {
		t.Fatal(err)
	}
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="36"><rect width="120" height="36" fill="#7a1f3d"/><script>document.documentElement.setAttribute("data-ran", "yes")</script></svg>`
	for name, text := range map[string]string{
		"head.html": `<meta name="town" content="dressed">`, "header.html": `<p id="own-header">Stadtfest am Sonntag</p>`, "start.html": `<p id="own-start">Hallo</p>`,
		"sidebar.html": `<p id="own-sidebar">Am Rand</p>`, "footer.html": `<p id="own-footer">Ein Verein</p>`,
		"static/logo.svg": drawing, "static/square.svg": drawing, "static/icon.svg": drawing,
		"static/style.css": guideColours(t) + `a { text-decoration-style: wavy } #own-header { background: url("icon.svg") }`,
		"static/script.js": `document.documentElement.dataset.own = "ran";`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, map[string]string{
		"EMAIL_SUBMISSION_BACKEND": "folder", "TEMPLATE_DIRECTORIES": folder,
		"BRANDING_THEME_COLOR": "#7a1f3d", "BRANDING_LOGO_TEXT": "/stadt/own/logo.svg", "BRANDING_LOGO_SQUARE": "/stadt/own/square.svg", "BRANDING_LOGO_FAVICON": "/stadt/own/icon.svg",
		"STYLESHEETS": "[{path: /stadt/own/style.css}]",
		"SCRIPTS":     `[{path: /stadt/own/script.js, load: defer}, {content: "document.documentElement.dataset.text = 'ran'"}]`,
	}
}

// guideColours returns the styles that the guide for administrators shows.
func guideColours(t *testing.T) string {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join("..", "..", "internal", "features", "pages", "help", "administrators.en.md"))
	if err != nil {
		t.Fatal(err)
	}
	var styles strings.Builder
	for line := range strings.Lines(string(guide)) {
		if code, ok := strings.CutPrefix(line, "    "); ok && (strings.HasPrefix(code, "@media") || styles.Len() > 0) {
			styles.WriteString(code)
		} else if styles.Len() > 0 {
			break
		}
	}
	return styles.String()
}

// legible is true if what is written on buttons, in the bar and in panels stands out from what is below it as WCAG 2.2
// (1.4.3) wants it.
const legible = `(() => {
	const colour = (text) => text.match(/[\d.]+/g).map((v, i) => text.startsWith("color(srgb") && i < 3 ? v * 255 : Number(v));
	const light = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const below = (e) => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c } return [255, 255, 255] };
	return [...document.querySelectorAll("h1, .lead, .button, .panel h2, .places a:not([aria-current=page]), .card-title a")].filter(e => e.offsetParent)
		.every(e => { const [a, b] = [light(colour(getComputedStyle(e).color)), light(below(e))].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05) >= 4.5 });
})()`

// complaints are what the browser says about pages: blocked scripts and styles, files that are not there, errors of
// scripts.
type complaints struct {
	lock sync.Mutex
	all  []string
}

func (c *complaints) sees(ev any) {
	c.lock.Lock()
	defer c.lock.Unlock()
	switch ev := ev.(type) {
	case *browserlog.EventEntryAdded:
		c.all = append(c.all, ev.Entry.Text+" "+ev.Entry.URL)
	case *runtime.EventExceptionThrown:
		c.all = append(c.all, ev.ExceptionDetails.Text)
	}
}

func (c *complaints) read() []string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return slices.Clone(c.all)
}

// TestATownIsDressedWithoutAWebServer shows what an administrator put into a folder: logo, colours, styles,
// scripts and pieces of HTML, without a complaint of the browser.
func TestATownIsDressedWithoutAWebServer(t *testing.T) {
	_, settings := wardrobe(t)
	place := town.New(t, town.SQLite, settings)
	demonstrations.Fill(place)
	place.Start("serve")
	place.Open()
	visitor := place.Visitor(t, "guest", servers.Browser{JavaScript: true})
	heard := &complaints{}
	if err := chromedp.Listen(visitor.Window(), heard.sees); err != nil {
		t.Fatal(err)
	}
	call(visitor.Window(), t, browserlog.Enable, cdp.Empty{})
	call(visitor.Window(), t, runtime.Enable, cdp.Empty{})
	w := &window{Person: visitor, base: place.URL}
	for _, theme := range []string{"light", "dark"} {
		w.theme(t, theme)
		for _, path := range []string{"/", "/garten/", "/stadt/login/"} {
			if status := visitor.Goes(path); status != 200 {
				t.Fatalf("%s: %d", path, status)
			}
			waitFor(t, visitor, `document.documentElement.dataset.own === "ran" && document.documentElement.dataset.text === "ran"`)
			for what, holds := range map[string]string{
				"the logo":         `(i => i.complete && i.naturalWidth === 120)(document.querySelector(".brand img"))`,
				"the logo's mark":  `document.querySelector(".brand img").src.includes("/stadt/own/logo.svg?v=")`,
				"the sign in tabs": `document.querySelector("link[rel=icon]").href.includes("/stadt/own/icon.svg")`,
				"the frame":        `document.querySelector("meta[name=theme-color]").content === "#7a1f3d"`,
				"the head":         `document.querySelector("meta[name=town]").content === "dressed"`,
				"the colour":       `getComputedStyle(document.querySelector(".bar")).borderBlockStartColor === (matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(242, 169, 192)" : "rgb(122, 31, 61)")`,
				"each text's ink":  legible,
				"a weak selector":  `getComputedStyle(document.querySelector(".brand")).textDecorationStyle === "wavy"`,
				"the header":       `document.querySelector("#own-header").offsetHeight > 0 && document.querySelector("#own-header").getBoundingClientRect().left === document.querySelector(".brand").getBoundingClientRect().left`,
				"the footer":       `document.querySelector("footer #own-footer") !== null`,
				"the start":        `(location.pathname === "/") === (document.querySelector("#own-start") !== null)`,
				"the sidebar":      `(document.querySelector(".aside") !== null) === (document.querySelector("#own-sidebar") !== null)`,
			} {
				if !evaluate[bool](t, visitor, holds) {
					t.Errorf("%s, %s: %s is not the town's own", path, theme, what)
				}
			}
		}
	}
	manifest := evaluateLater[string](t, visitor, `fetch("/stadt/manifest.webmanifest").then(r => r.text())`)
	if !strings.Contains(manifest, `"theme_color":"#7a1f3d"`) || !strings.Contains(manifest, "/stadt/own/square.svg?v=") {
		t.Errorf("the home screen is not the town's own: %s", manifest)
	}
	if all := heard.read(); len(all) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(all, "\n"))
	}
	if status := visitor.Goes("/stadt/own/logo.svg"); status != 200 || evaluate[bool](t, visitor, `document.documentElement.hasAttribute("data-ran")`) {
		t.Errorf("%d: a script in a drawing ran", status)
	}
}
