//go:build e2e

package browser

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
)

// What somebody who comes for the first time loads at most, compressed, with the heads of the answers.
const (
	firstLoad    = 80 << 10  // without pictures
	firstView    = 160 << 10 // with those that are seen
	firstScripts = 30 << 10
	whereWritten = 130 << 10 // the scripts of a page with an article to write
)

// traffic counts what came over the network.
type traffic struct {
	lock    sync.Mutex
	waiting map[network.RequestID]network.ResourceType // requests whose answers have not come whole
	latest  time.Time                                  // when something came
	all     int                                        // without pictures
	code    int
}

func (n *traffic) sees(ev any) {
	n.lock.Lock()
	defer n.lock.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		n.waiting[ev.RequestID] = ev.Type
	case *network.EventLoadingFailed:
		delete(n.waiting, ev.RequestID)
	case *network.EventLoadingFinished:
		kind, known := n.waiting[ev.RequestID]
		if !known { // was asked for by the page before
			return
		}
		delete(n.waiting, ev.RequestID)
		if kind != network.ResourceTypeImage {
			n.all += int(ev.EncodedDataLength)
		}
		if kind == network.ResourceTypeScript {
			n.code += int(ev.EncodedDataLength)
		}
	default:
		return
	}
	n.latest = time.Now()
}

// begin forgets what was counted, and what the page before has asked for.
func (n *traffic) begin() {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.waiting, n.latest, n.all, n.code = map[network.RequestID]network.ResourceType{}, time.Now(), 0, 0
}

// quiet reports whether all that was asked for has come, and nothing since for a while.
func (n *traffic) quiet() bool {
	n.lock.Lock()
	defer n.lock.Unlock()
	return n.all > 0 && len(n.waiting) == 0 && time.Since(n.latest) > 300*time.Millisecond
}

func (n *traffic) sum() (all, code int) {
	n.lock.Lock()
	defer n.lock.Unlock()
	return n.all, n.code
}

// inView is how many bytes the pictures have that can be seen.
const inView = `[...document.images].filter((i) => { const r = i.getBoundingClientRect(); return r.width > 0 && r.bottom > 0 && r.top < innerHeight })
	.reduce((sum, i) => sum + (performance.getEntriesByName(i.currentSrc)[0]?.encodedBodySize ?? 0), 0)`

// shift is how much of a page has moved, and what.
type shift struct {
	Sum   float64  `json:"sum"`
	Moved []string `json:"moved"`
}

const shifted = `new Promise((done) => {
	const all = { sum: 0, moved: [] }, place = (r) => [r.x, r.y, r.width, r.height].map(Math.round).join(" ");
	new PerformanceObserver((list) => list.getEntries().forEach((e) => {
		if (e.hadRecentInput) return;
		all.sum += e.value;
		for (const s of e.sources) all.moved.push(Math.round(e.startTime) + " ms: " + (s.node?.nodeName ?? "?") + "." + (s.node?.className ?? s.node?.textContent ?? "") + " from " + place(s.previousRect) + " to " + place(s.currentRect));
	})).observe({type: "layout-shift", buffered: true});
	setTimeout(() => done(all), 100);
})`

// TestFirstLoadIsSmallAndNothingJumps opens the main pages with an empty cache: the start page is small, the editor
// brings few scripts, and no page moves what it has shown already, on a phone and on a screen.
func TestFirstLoadIsSmallAndNothingJumps(t *testing.T) {
	f := openFurnished(t)
	f.serve(t, "anna")
	group := strings.TrimSuffix(linked(t, f.guests["anna"].Get("/garten/").Body, `/stadt/groups/\d+/members/`), "members/")
	w := newWindow(t, f.place, f.guests)
	call(w.Window(), t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	count := &traffic{}
	count.begin()
	if err := chromedp.Listen(w.Window(), count.sees); err != nil {
		t.Fatal(err)
	}
	for _, x := range []page{
		{path: "/"},
		{path: "/garten/"},
		{path: "/anna/"},
		{path: "/stadt/groups/"},
		{path: "/stadt/signup/"},
		{path: "/", who: "anna"},
		{path: "/garten/", who: "anna"},
		{path: "/garten/articles/add/", who: "anna"},
		{path: "/stadt/activity/", who: "anna"},
		{path: group + "members/", who: "anna"},
		{path: "/stadt/settings/", who: "anna"},
	} {
		for _, width := range []int64{360, 1300} {
			w.Goes("about:blank") // the page before asks for other pictures when its window changes
			w.as(t, x.who, "de")
			w.size(t, width)
			count.begin()
			w.Goes(x.path)
			servers.Eventually(t, x.path+" to arrive", count.quiet) // what jumps does so while scripts and pictures arrive
			shift := evaluateLater[shift](t, w.Person, shifted)
			all, code := count.sum()
			pictures := evaluate[int](t, w.Person, inView)
			t.Logf("%s (%s) at %d px: %d bytes, scripts %d, pictures in view %d, shift %.4f %q", x.path, x.who, width, all, code, pictures, shift.Sum, shift.Moved)
			if shift.Sum >= 0.01 {
				t.Errorf("%s (%s) at %d px moves what it has shown by %.4f:\n%s", x.path, x.who, width, shift.Sum, strings.Join(shift.Moved, "\n"))
			}
			if x.path == "/" && (all > firstLoad || all+pictures > firstView) {
				t.Errorf("the start page (%s) brings %d bytes, and %d of pictures in view; at most %d, and %d with them, are allowed", x.who, all, pictures, firstLoad, firstView)
			}
			most := firstScripts
			if strings.HasSuffix(x.path, "/add/") {
				most = whereWritten
			}
			if code > most {
				t.Errorf("%s brings %d bytes of scripts, at most %d are allowed", x.path, code, most)
			}
		}
	}
}
