//go:build e2e

package browser

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// How many pages people load at most, the mail aside.
const (
	loadsToJoin   = 6 // from a stranger on the page of a group to a member who has been greeted
	loadsToInvite = 5 // from the page where a group is started to the first invitation
)

// phone is a browser on a phone that counts the pages it loads.
type phone struct {
	*town.Person

	loads atomic.Int32
}

func (f *furnished) phone(t *testing.T, name, language string, scripts bool) *phone {
	t.Helper()
	p := &phone{Person: f.place.Visitor(t, name, servers.Browser{JavaScript: scripts})}
	call(p.Window(), t, network.Enable, network.EnableParams{})
	call(p.Window(), t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 2, Mobile: true})
	call(p.Window(), t, network.SetCookies, network.SetCookiesParams{Cookies: []*network.CookieParam{{Name: "language", Value: language, URL: f.place.URL}}})
	err := chromedp.Listen(p.Window(), func(ev any) {
		if answer, ok := ev.(*network.EventResponseReceived); ok && answer.Type == network.ResourceTypeDocument {
			p.loads.Add(1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// taps touches what a selector finds, and waits for the page that it leads to.
func (p *phone) taps(selector string) {
	p.T().Helper()
	ctx, cancel := context.WithTimeout(p.Window(), 30*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector)); err != nil {
		p.T().Fatalf("tap %s at %s: %v", selector, p.Path(), err)
	}
}

// answers answers the question against robots in the language of the page.
func (p *phone) answers() {
	p.T().Helper()
	page := p.HTML()
	for question, answer := range map[string]string{
		"Jahreszeit": "lenz", "eine Woche": "7", "Monate": "12", "Mittwoch": "donnerstag", "Schnee": "weiss", "Himmel": "blau",
		"hat Gras": "gruen", "Gegenteil": "nacht", "Stunden": "24",
	} {
		if strings.Contains(page, question) {
			p.Fills(map[string]string{"captcha_0": answer})
			return
		}
	}
	p.Answers()
}

// eachWay runs a test in both languages, with and without scripts.
func eachWay(t *testing.T, run func(t *testing.T, language string, scripts bool)) {
	t.Helper()
	for _, language := range []string{"de", "en"} {
		for _, scripts := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s scripts %v", language, scripts), func(t *testing.T) { run(t, language, scripts) })
		}
	}
}

// TestAStrangerWithAPhoneBecomesAMemberInFewPages goes from the page of a group to belonging to it.
func TestAStrangerWithAPhoneBecomesAMemberInFewPages(t *testing.T) {
	f := openFurnished(t)
	f.serve(t)
	eachWay(t, func(t *testing.T, language string, scripts bool) {
		address := fmt.Sprintf("nele-%s-%v@post.example", language, scripts)
		p := f.phone(t, "nele", language, scripts)
		p.Goes("/garten/")
		p.taps(`main a[href$="/actions/join"]`)
		p.taps(`main a[href^="/stadt/signup/"]`)
		p.Fills(map[string]string{"name": "Nele Neu", "email": address, "password1": "vier Worte fuer mich", "password2": "vier Worte fuer mich"})
		p.answers()
		p.taps(`main form [type=submit]`)
		if p.Path() != "/stadt/signup/done/" {
			t.Fatalf("signing up leads to %s", p.Path())
		}
		p.Goes(f.letter(t, address, `/stadt/confirm/[\w-]+/`))
		p.taps(`main form [type=submit]`)
		if language == "de" {
			p.Sees("Willkommen, Nele Neu", "Du bist jetzt Mitglied von „Garten am Bach“.", "Stell dich vor")
		} else {
			p.Sees("Welcome, Nele Neu", "You’re now a member of “Garten am Bach”.", "Say who you are")
		}
		if n := p.loads.Load(); n < 5 || n > loadsToJoin {
			t.Errorf("it took %d pages, at most %d are allowed", n, loadsToJoin)
		}
		p.taps(`main a.button[href="/garten/"]`)
		if !strings.Contains(p.HTML(), "/garten/articles/add/") {
			t.Error("the page of the group does not know its new member")
		}
	})
}

// TestAFounderInvitesInFewPages starts a group and invites somebody to it.
func TestAFounderInvitesInFewPages(t *testing.T) {
	f := openFurnished(t)
	f.serve(t)
	eachWay(t, func(t *testing.T, language string, scripts bool) {
		address := fmt.Sprintf("ida-%s-%v@post.example", language, scripts)
		p := f.phone(t, "bert", language, scripts)
		p.Goes("/stadt/login/")
		p.Fills(map[string]string{"login": "bert", "password": "demo"})
		p.taps(`main form [type=submit]`)
		p.loads.Store(0)
		p.Goes("/stadt/groups/add/")
		p.Fills(map[string]string{"name": fmt.Sprintf("Imkerei %s %v", language, scripts)})
		p.taps(`main form [type=submit]`)
		p.taps(`.first-steps a[href$="/actions/recommend"]`)
		p.Fills(map[string]string{"recipients": address})
		p.taps(`main form [type=submit]`)
		if language == "de" {
			p.Sees("Deine Einladung ist unterwegs.")
		} else {
			p.Sees("Your invitation is on its way.")
		}
		if n := p.loads.Load(); n < 4 || n > loadsToInvite {
			t.Errorf("it took %d pages, at most %d are allowed", n, loadsToInvite)
		}
		if link := f.letter(t, address, `/[\w-]+/actions/join`); !strings.HasPrefix(link, "/imkerei") {
			t.Errorf("the mail leads to %s", link)
		}
	})
}
