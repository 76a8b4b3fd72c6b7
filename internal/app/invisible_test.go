package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lmtp"
)

// TestWhatShowsNothingComesThroughNoDoor sends texts of which nothing can be seen by each form that takes one, and by
// mail, where the sender is told.
func TestWhatShowsNothingComesThroughNoDoor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Fest"}, "text": {"Samstag"}, "public": {"on"}}, true)
	article := anna.Page.Path
	anna.Send(community.ContactPath(w.Bert.ID), url.Values{"subject": {"Laub"}, "text": {"Wohin?"}}, true)
	talk := anna.Page.Path
	count := func() (n int) {
		if err := w.db.Get(t.Context(), &n, `SELECT (SELECT COUNT(*) FROM contributions) + (SELECT COUNT(*) FROM contents)`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	invisible := []string{"", " \n", "\u200b\u2060", "\u202e\u2066\u2069\u200f", "\u3164", "<!-- nichts -->", "[a]: https://b.example"}
	for _, text := range invisible {
		for _, door := range []struct {
			path string
			form url.Values
		}{
			{article, url.Values{}},
			{talk, url.Values{}},
			{"/garten/articles/add/", url.Values{"title": {"Leer"}, "public": {"on"}}},
			{article + "edit/", url.Values{"title": {"Leer"}, "public": {"on"}}},
			{community.ContactPath(w.Bert.ID), url.Values{"subject": {"Leer"}}},
		} {
			door.form.Set("text", text)
			if got := anna.Send(door.path, door.form, false); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "Write something first.") {
				t.Errorf("%q is taken by %s: %d", text, door.path, got.Status)
			}
		}
	}
	for n, text := range invisible[:5] {
		message := fmt.Sprintf("From: anna@example.org\r\nTo: garten@example.org\r\nSubject: Re: Fest\r\nMessage-ID: <%d@x.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", n, text)
		for _, err := range w.intake.Deliver(t.Context(), lmtp.Envelope{ID: "test", From: "anna@example.org", Recipients: []string{"garten@example.org"}}, []byte(message)) {
			if err != nil {
				t.Errorf("%q by mail: %v", text, err)
			}
		}
		if letters := w.mailsTo(t, w.Anna); !strings.Contains(letters[len(letters)-1].Text, "Your email is empty") {
			t.Errorf("of %q by mail the sender is told %q", text, letters[len(letters)-1].Text)
		}
	}
	if after := count(); after != before {
		t.Errorf("%d things were written, and now there are %d", before, after)
	}
	// What markdown hides stands in plain text for everybody to see.
	w.receives(t, "anna@example.org", "garten@example.org", "From: anna@example.org\nTo: garten@example.org\nSubject: Laub\nMessage-ID: <grins@x.example>\n\n<grins>\n")
	if after := count(); after != before+1 {
		t.Errorf("a plain text in angle brackets is not taken")
	}
}
