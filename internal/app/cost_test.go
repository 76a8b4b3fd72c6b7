package app

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/testkit/cputest"
)

// TestNoMegabyteKeepsTheHouseBusy sends a megabyte of what is made to be costly through every door for texts, strangers'
// doors included, and asks for a second of work at most, two on a machine that is busy with other things: with what
// follows, which is the page that shows the text and the mails that tell of it. A way that looks at the text once for
// each line takes minutes. What the transformations cost for each byte is tested where they are.
func TestNoMegabyteKeepsTheHouseBusy(t *testing.T) {
	size := 1 << 20
	if testing.Short() { // the race detector takes its time
		size = 8 << 10
	}
	w := newTown(t)
	anna, stranger := w.visit(t, "anna"), w.visit(t, "")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Hofputz"}, "text": {"x"}, "public": {"on"}}, true)
	number := 0
	mail := func(from, header, body string) []byte {
		number++
		return fmt.Appendf(nil, "From: %s@example.org\r\nTo: garten@example.org\r\nMessage-ID: <%d@x>\r\n%s\r\n\r\n%s\r\n", from, number, header, body)
	}
	deliver := func(from string, message []byte) {
		_ = w.intake.Deliver(t.Context(), lmtp.Envelope{ID: "test", From: from + "@example.org", Recipients: []string{"garten@example.org"}}, message)
	}
	drain := func() {
		if err := w.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cost := func(door, what string, work func()) {
		t.Helper()
		took := time.Hour
		for range 2 { // once more, should the first time have met the garbage collector
			begin := cputest.Used(t)
			work()
			if took = min(took, cputest.Used(t)-begin); took <= 2*time.Second {
				return
			}
		}
		t.Errorf("%s of %q costs %v", door, what, took)
	}
	for _, unit := range []string{
		"a\n", "<td>a", "> a\n", "[a](b)\n\n", "*a ", "a@b.c ", "@anna ", "Am 1.1.2020 schrieb a:\n> b\n", "Ihre Nachricht an a, die Nachricht an b, Fehler: 5\n", "<blockquote><p>",
	} {
		all := strings.Repeat(unit, size/len(unit))
		most := string([]rune(all)[:min(len([]rune(all)), 100_000)]) // what a comment may have
		cost("a mail", unit, func() { deliver("anna", mail("anna", "Subject: x", all)) })
		cost("a mail in HTML", unit, func() { deliver("bert", mail("bert", "Subject: x\r\nContent-Type: text/html", all)) })
		cost("a mail that is kept", unit, func() { deliver("carla", mail("carla", "Subject: x\r\nContent-Type: text/html", most)); drain() })
		cost("an imported mail", unit, func() { _ = w.Import(t.Context(), mail("dora", "Subject: x", all), "") })
		cost("a stranger's form", unit, func() {
			stranger.Send("/stadt/groups/21/conversations/add/", url.Values{"email": {"x@example.net"}, "subject": {unit}, "text": {all}}, false)
		})
		cost("a recommendation", unit, func() {
			stranger.Send("/garten/actions/recommend", url.Values{"recipients": {all}, "text": {all}}, false)
		})
		cost("a comment", unit, func() { anna.Send("/garten/hofputz/", url.Values{"text": {all}}, false) })
		cost("a comment that is kept", unit, func() { anna.Send("/garten/hofputz/", url.Values{"text": {most}}, false) })
		cost("the mails about it", unit, drain)
		cost("its preview", unit, func() {
			text, err := json.Marshal(map[string]string{"content": all})
			if err != nil {
				t.Fatal(err)
			}
			anna.PostJSON(community.PreviewPath, string(text))
		})
	}
	for _, header := range []string{
		"Subject: =?utf-8?q?a?= ", "References: <a@b> ", "References: <", "To: a@b, ", "To: \"", "To: a (", "Cc: a:", "Content-Type: text/plain; a*0*=b; ", "Content-Type: multipart/mixed; boundary=",
		"Received: a ", "Authentication-Results: mx; dkim=pass ", "Date: (", "List-Id: <", "X: a\r\n", "Subject: [a] ", "Subject: Re: ",
	} {
		name, unit, _ := strings.Cut(header, ": ")
		value := name + ": " + strings.Repeat(unit, size/len(unit))
		cost("a header", header, func() { deliver("anna", mail("anna", value, "x")) })
		folded := name + ": " + strings.Repeat(strings.TrimSuffix(unit, "\r\n")+"\r\n ", size/(len(unit)+3)) + "x"
		cost("a folded header", header, func() { deliver("bert", mail("bert", folded, "x")) })
		short := name + ": " + strings.Repeat(unit, min(size, 200_000)/len(unit)) // within the limits of a header
		cost("a header that is read", header, func() { deliver("carla", mail("carla", short, "x")) })
		cost("an imported header", header, func() { _ = w.Import(t.Context(), mail("dora", short, "x"), "") })
	}
}
