//go:build e2e

package browser

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// What somebody who comes for the first time loads at most, compressed, with the heads of the answers.
const (
	firstLoad    = 80 << 10
	firstScripts = 30 << 10
)

// traffic counts what came over the network.
type traffic struct {
	lock    sync.Mutex
	scripts map[network.RequestID]bool
	all     int
	code    int
}

func (n *traffic) sees(ev any) {
	n.lock.Lock()
	defer n.lock.Unlock()
	switch ev := ev.(type) {
	case *network.EventResponseReceived:
		n.scripts[ev.RequestID] = ev.Type == network.ResourceTypeScript
	case *network.EventLoadingFinished:
		n.all += int(ev.EncodedDataLength)
		if n.scripts[ev.RequestID] {
			n.code += int(ev.EncodedDataLength)
		}
	}
}

// begin forgets what was counted.
func (n *traffic) begin() {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.scripts, n.all, n.code = map[network.RequestID]bool{}, 0, 0
}

func (n *traffic) sum() (all, code int) {
	n.lock.Lock()
	defer n.lock.Unlock()
	return n.all, n.code
}

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
			w.as(t, x.who, "de")
			w.size(t, width)
			count.begin()
			w.Goes(x.path)
			time.Sleep(300 * time.Millisecond) // what jumps does so while scripts and pictures arrive
			shift := evaluateLater[float64](t, w.Person, `new Promise((done) => {
				let sum = 0;
				new PerformanceObserver((list) => list.getEntries().forEach((e) => { if (!e.hadRecentInput) sum += e.value; })).observe({type: "layout-shift", buffered: true});
				setTimeout(() => done(sum), 100);
			})`)
			all, code := count.sum()
			t.Logf("%s (%s) at %d px: %d bytes, scripts %d, shift %.4f", x.path, x.who, width, all, code, shift)
			if shift >= 0.01 {
				t.Errorf("%s (%s) at %d px moves what it has shown: %.4f", x.path, x.who, width, shift)
			}
			if all == 0 {
				t.Errorf("%s: nothing was counted", x.path)
			}
			if x.path == "/" && all > firstLoad {
				t.Errorf("the start page (%s) brings %d bytes, at most %d are allowed", x.who, all, firstLoad)
			}
			if code > firstScripts {
				t.Errorf("%s brings %d bytes of scripts, at most %d are allowed", x.path, code, firstScripts)
			}
		}
	}
}
