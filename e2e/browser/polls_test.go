//go:build e2e

package browser

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"grouprise.org/grouprise/e2e/servers"
)

// TestADateIsFoundAndBecomesAnEvent lets people find a date by a poll, on phones with scripts and without them: a member
// and a visitor vote, the member makes an event of the date that suits both, and has answered to it.
func TestADateIsFoundAndBecomesAnEvent(t *testing.T) {
	f := openFurnished(t)
	f.serve(t)
	for _, scripts := range []bool{true, false} {
		anna := f.phone(t, "anna", "de", scripts)
		anna.Goes("/stadt/login/")
		anna.Fills(map[string]string{"login": "anna", "password": "demo"})
		anna.Presses("Anmelden")
		anna.Goes("/garten/polls/add/")
		anna.Fills(map[string]string{"poll_type": "event", "title": fmt.Sprintf("Gartentag, Skripte: %t", scripts), "text": "Wann passt es?", "option_time": "2099-05-08T10:00", "option_until": "2099-05-08T14:00"})
		anna.Presses("Veröffentlichen")
		anna.Sees("Noch niemand hat abgestimmt.")
		poll := anna.Path()
		option := regexp.MustCompile(`option_\d+`).FindString(anna.HTML())
		anna.Fills(map[string]string{option: "yes"})
		anna.Presses("Abstimmen")
		anna.Sees("Deine Stimme ist gezählt.")
		anna.Sees("1 ja, 0 vielleicht, 0 nein")

		gast := f.phone(t, "gast", "en", scripts)
		gast.Goes(poll)
		gast.taps(".poll .actions a.button")
		gast.Fills(map[string]string{"anonymous": "Gustav", option: "maybe"})
		gast.Answers()
		gast.Presses("Vote")
		gast.Sees("You voted as “Gustav”.")

		anna.Goes(poll)
		anna.Sees("1 ja, 1 vielleicht, 0 nein")
		anna.Sees("Gustav")
		anna.taps(`a[href*="events/add/?from_item="]`)
		anna.Fills(map[string]string{"place": "Am Bach"})
		anna.Presses("Veröffentlichen")
		anna.Sees("Deine Veranstaltung steht im Kalender.")
		anna.Sees("10:00–14:00")
		anna.Sees("1 Person kommt")
	}
}

// TestAVoteComesByMail lets Bert vote by the link in a mail, and change it by an answer of one word.
func TestAVoteComesByMail(t *testing.T) {
	f := openFurnished(t)
	f.serve(t, "anna")
	f.place.Listening()
	anna := f.guests["anna"]
	anna.asks(t, "/garten/polls/add/", "title", map[string]string{"title": "Sommerfest?", "text": "Machen wir eines?", "option": "Ja, am See", "public": "on"})
	poll := anna.Page.Path
	bert := f.phone(t, "bert", "de", false)
	bert.Goes(f.letter(t, "bert@example.org", `/stadt/polls/answers/\d+/\d+/maybe/[\w-]+/`))
	bert.Presses("Mit Vielleicht stimmen")
	bert.Sees("Deine Stimme bisher: vielleicht")
	sends(t, f.place, "bert@example.org", f.replyTo(t, "bert@example.org", "Sommerfest?"),
		"Authentication-Results: mx.example; dmarc=pass header.from=example.org\r\nSubject: Re: Sommerfest?\r\nMessage-ID: <2@post.example>\r\n\r\nJa!")
	servers.Eventually(t, "the mail that says that the vote counts", func() bool { return f.isTold(t, "bert@example.org", "You voted “yes” on “Sommerfest?”") })
	bert.Goes(poll)
	bert.Sees("1 ja, 0 vielleicht, 0 nein")
}

// replyTo returns where answers to a mail to an address go whose text says something.
func (f *furnished) replyTo(t *testing.T, to, says string) string {
	t.Helper()
	for _, l := range f.letters(t, to) {
		if !strings.Contains(l.Text, says) {
			continue
		}
		if address, err := mail.ParseAddress(l.Header.Get("Reply-To")); err == nil {
			return address.Address
		}
	}
	t.Fatalf("no mail to %s says %q and can be answered", to, says)
	return ""
}

// TestOptionsArePutInOrderByKeysAndByHand moves the options of a ballot by buttons and by dragging, which number them, and
// votes. Numbers that are typed move them, too.
func TestOptionsArePutInOrderByKeysAndByHand(t *testing.T) {
	anna := writer(t, open(t))
	anna.Goes("/garten/polls/add/")
	anna.Fills(map[string]string{"title": "Was säen wir?", "text": "Für das neue Beet.", "vote_type": "condorcet"})
	evaluate[bool](t, anna, `["Bohnen", "Mais", "Salat"].forEach((name, n) => { const field = document.querySelectorAll("[name=option]")[n]; field.value = name; field.dispatchEvent(new InputEvent("input", { bubbles: true })); }), true`)
	anna.Presses("Veröffentlichen")
	waitFor(t, anna, `document.querySelector("[data-poll-ranked][data-ready]")`)
	const order = `[...document.querySelectorAll(".poll-rank")].map((row) => row.querySelector("label").textContent + row.querySelector("input").value).join(" ")`
	expect := func(did, want string) {
		t.Helper()
		if got := evaluate[string](t, anna, order); got != want {
			t.Errorf("%s: %s, want %s", did, got, want)
		}
	}
	expect("at first", "Bohnen Mais Salat")
	evaluate[bool](t, anna, `document.querySelectorAll(".poll-rank [data-up]")[2].focus(), true`)
	keys(t, anna, kb.Enter)
	expect("Salat goes up", "Bohnen1 Salat2 Mais")
	if focused := evaluate[string](t, anna, `document.activeElement.getAttribute("aria-label") + " / " + document.querySelector(".poll-ballot + [role=status]").textContent`); focused != "„Salat“ nach oben / „Salat“ steht jetzt auf Platz 2 von 3." {
		t.Errorf("afterwards %s", focused)
	}
	keys(t, anna, kb.Enter)
	expect("and further up", "Salat1 Bohnen2 Mais")
	keys(t, anna, kb.Enter)
	expect("and no further", "Salat1 Bohnen2 Mais")
	evaluate[bool](t, anna, `(() => {
		const rows = document.querySelectorAll(".poll-rank"), handle = rows[2].querySelector("[data-handle]"), { top } = rows[0].getBoundingClientRect();
		handle.setPointerCapture = () => {};
		for (const [type, y] of [["pointerdown", top], ["pointermove", top + 1], ["pointerup", top + 1]]) handle.dispatchEvent(new PointerEvent(type, { clientY: y, bubbles: true, isPrimary: true }));
		return true;
	})()`)
	expect("Mais is dragged to the top", "Mais1 Salat2 Bohnen3")
	evaluate[bool](t, anna, `(() => { const field = document.querySelector(".poll-rank input"); field.value = ""; field.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`)
	expect("Mais is left out", "Salat2 Bohnen3 Mais")
	anna.Presses("Abstimmen")
	anna.Sees("Deine Stimme ist gezählt.")
}
