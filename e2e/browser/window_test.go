//go:build e2e

package browser

import (
	"context"
	_ "embed"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// visit returns somebody who visits a running town without a browser: for what has to be there before its
// pages are looked at. A name signs in as a person of the demonstration.
func visit(t *testing.T, place *town.Town, name string) *guest {
	t.Helper()
	base, err := url.Parse(place.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }}
	g.Visitor = webtest.Visit(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.cookies = r.Cookies()
		forward.ServeHTTP(w, r)
	}))
	if name != "" {
		g.Get("/stadt/login/")
		g.Submit("login", map[string]string{"login": name, "password": "demo"})
		g.Sees(http.StatusOK)
		g.Get("/") // the greeting stands on one page only
	}
	return g
}

// guest is a visitor without a browser, with the cookies that the town knows them by.
type guest struct {
	*webtest.Visitor

	cookies []*http.Cookie
}

// window is a browser's window in which several people look at pages, one after the other.
type window struct {
	*town.Person

	base    string
	guests  map[string]*guest // by the name of the person; "" is nobody
	cookies []*http.Cookie    // of whoever looks
}

// newWindow opens a window for people who have signed in already.
func newWindow(t *testing.T, place *town.Town, guests map[string]*guest) *window {
	t.Helper()
	w := &window{Person: place.Visitor(t, "looker", servers.Browser{JavaScript: true}), base: place.URL, guests: guests}
	call(w.Window(), t, network.Enable, network.EnableParams{})
	call(w.Window(), t, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
	return w
}

// as lets somebody else look, in a language.
func (w *window) as(t *testing.T, who, language string) {
	t.Helper()
	if _, err := chromedp.Call(w.Window(), network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	w.cookies = []*http.Cookie{{Name: "language", Value: language}}
	if g := w.guests[who]; g != nil {
		for _, c := range g.cookies {
			if c.Name != "language" {
				w.cookies = append(w.cookies, c)
			}
		}
	}
	params := make([]*network.CookieParam, len(w.cookies))
	for i, c := range w.cookies {
		params[i] = &network.CookieParam{Name: c.Name, Value: c.Value, URL: w.base}
	}
	call(w.Window(), t, network.SetCookies, network.SetCookiesParams{Cookies: params})
}

// source returns what the town sends whoever looks.
func (w *window) source(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range w.cookies {
		r.AddCookie(c)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// size makes the window so wide, as high as a phone or a screen.
func (w *window) size(t *testing.T, width int64) {
	t.Helper()
	call(w.Window(), t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
}

// theme chooses light or dark.
func (w *window) theme(t *testing.T, theme string) {
	t.Helper()
	call(w.Window(), t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
}

//go:embed geometry.js
var geometry string

// lies returns what is wrong with how the page lies on the screen.
func (w *window) lies(t *testing.T) string {
	t.Helper()
	return evaluate[string](t, w.Person, geometry)
}

// liesLarge is lies with text of twice the size.
func (w *window) liesLarge(t *testing.T) string {
	t.Helper()
	evaluate[bool](t, w.Person, `document.documentElement.style.fontSize = "200%", true`)
	wrong := w.lies(t)
	evaluate[bool](t, w.Person, `document.documentElement.style.fontSize = "", true`)
	return wrong
}

// call asks the browser for something.
func call[P, R any](window context.Context, t *testing.T, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(window, command, params); err != nil {
		t.Fatal(err)
	}
}
