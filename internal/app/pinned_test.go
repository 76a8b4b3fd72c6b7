package app

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestWritingNeedsAnAccountWhateverTheKind looks for links to the forms of galleries, files and polls, and asks for these
// all the same.
func TestWritingNeedsAnAccountWhateverTheKind(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, carla, nobody := w.visit(t, "anna"), w.visit(t, "carla"), w.visit(t, "")
	kinds := []string{"galleries", "files", "polls", "articles"}
	for _, kind := range kinds {
		for _, page := range []string{"/", "/garten/", "/anna/", "/stadt/" + kind + "/"} {
			nobody.Get(page)
			nobody.DoesNotSee("/" + kind + "/add")
		}
		anna.Get("/stadt/" + kind + "/")
		anna.Sees(http.StatusOK, "/stadt/"+kind+"/add/")
		for _, form := range []string{"/stadt/" + kind + "/add/", "/garten/" + kind + "/add/"} {
			anna.Get(form)
			anna.Sees(http.StatusOK, `name="title"`)
			for _, got := range []webtest.Page{nobody.Ask(http.MethodGet, form), nobody.Send(form, url.Values{"title": {"Fest"}, "text": {"x"}}, false)} {
				if to := got.Header.Get("Location"); got.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/stadt/login/?next=") {
					t.Errorf("%s answers a visitor %d and leads to %q", form, got.Status, to)
				}
			}
		}
		for _, got := range []webtest.Page{carla.Ask(http.MethodGet, "/garten/"+kind+"/add/"), carla.Send("/garten/"+kind+"/add/", url.Values{"title": {"Fest"}}, false)} {
			if got.Status != http.StatusForbidden {
				t.Errorf("whoever does not belong to the group is answered %d", got.Status)
			}
		}
		for _, v := range []*webtest.Visitor{anna, nobody} {
			if got := v.Ask(http.MethodGet, "/niemand/"+kind+"/add/"); got.Status != http.StatusNotFound {
				t.Errorf("the form of a group that there is not answers %d", got.Status)
			}
		}
	}
	// Slashes at the end do not matter.
	for _, path := range []string{"/stadt/galleries", "/stadt/files/", "/stadt/polls", "/stadt/galleries/add", "/garten/polls/add"} {
		anna.Get(path)
		anna.Sees(http.StatusOK)
	}
}

// TestTalkIsPinned comments on what is public and what is internal, in a group and on one's own page.
func TestTalkIsPinned(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	nobody := w.visit(t, "")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Kasse"}, "text": {"Leer."}}, true)
	internal := anna.Page.Path
	for _, try := range []webtest.Page{
		nobody.Send("/garten/fest/", url.Values{"text": {"Ich auch."}}, false), nobody.Ask(http.MethodGet, internal), nobody.Send(internal, url.Values{"text": {"x"}}, false),
		nobody.Ask(http.MethodGet, "/stadt/content/2/"),
	} {
		if to := try.Header.Get("Location"); try.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/stadt/login/?next=") || strings.Contains(to, "kasse") != strings.Contains(try.Path, "kasse") {
			t.Errorf("%s answers a visitor %d and leads to %q", try.Path, try.Status, to)
		}
	}
	if to := nobody.Ask(http.MethodGet, "/stadt/content/1/").Header.Get("Location"); to != "/garten/fest/" {
		t.Errorf("the permalink leads to %q", to)
	}
	if got := nobody.Ask(http.MethodHead, "/garten/fest/"); got.Status != http.StatusOK {
		t.Errorf("HEAD is answered by %d", got.Status)
	}
	if got := bert.Send("/garten/fest/", url.Values{"text": {"Und Brot."}}, false); got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/garten/fest/#contribution-") {
		t.Errorf("a comment leads to %q", got.Header.Get("Location"))
	}
	count := func(who, kind string) (n int) {
		for _, m := range w.mails(t, who+"@example.org") {
			if m.Header.Get("X-Grouprise-Kind") == kind {
				n++
			}
		}
		return n
	}
	for _, who := range []string{"anna", "bert"} { // whoever wrote gets a copy, as in a mailing list
		if got := count(who, "comment"); got != 2 {
			t.Errorf("%s gets %d mails about comments", who, got)
		}
	}
	bert.Get("/stadt/activity")
	bert.DoesNotSee("Und Brot.")
	anna.Send("/stadt/articles/add/", url.Values{"as_gestalt": {"on"}, "title": {"Von mir"}, "text": {"Für mich."}, "public": {"on"}}, true)
	anna.Send("/anna/von-mir/", url.Values{"text": {"Notiz an mich."}}, true)
	anna.Sees(http.StatusOK, "Notiz an mich.")
	if got := count("anna", "comment"); got != 3 {
		t.Errorf("a comment on one’s own page: %d mails", got)
	}
}

// TestAMailWithAFileTellsOthersWithIt writes to a group by mail, with a plan and a signature, and answers what comes of it.
func TestAMailWithAFileTellsOthersWithIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	part := func(mediaType, name, body string) string {
		return fmt.Sprintf("--x\nContent-Type: %s; name=\"%s\"\nContent-Disposition: attachment; filename=\"%s\"\n\n%s\n", mediaType, name, name, body)
	}
	w.receives(t, "Bert@Example.org", "GARTEN@example.org", "From: Bert@Example.org\nMessage-ID: <1@b>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nDer Plan.\n"+
		part("application/pdf", "Beetplan 2099.pdf", "%PDF-1.4")+part("application/pgp-signature", "signature.asc", "-----BEGIN PGP SIGNATURE-----")+"--x--\n")
	told := w.mails(t, "anna@example.org")
	if len(told) != 1 || len(told[0].Attachments) != 1 || told[0].Attachments[0].Name != "Beetplan 2099.pdf" || !strings.Contains(told[0].Text, "Der Plan.") || told[0].Subject == "" {
		t.Fatalf("Anna gets %+v", told)
	}
	if id := told[0].MessageID; !strings.HasPrefix(id, "conversation.1.") {
		t.Errorf("the mail is called %s", id)
	}
	anna := w.visit(t, "anna")
	anna.Send("/stadt/conversations/1/", url.Values{"text": {"Danke."}}, true)
	answer := w.mails(t, "bert@example.org")[0]
	if len(answer.References) == 0 || !strings.HasPrefix(answer.References[0], "conversation.1.contribution.1") {
		t.Errorf("the answer refers to %q", answer.References)
	}
}

// TestTheAddressesOfTheOriginalAnswer asks for each page that people, programs and search engines know of grouprise 5.5,
// with a slash at the end and without, as a visitor and as a member of the group. What is one's own leads visitors to where
// they sign in.
func TestTheAddressesOfTheOriginalAnswer(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	nobody := w.visit(t, "")
	anna.Send("/garten/events/add/", url.Values{"title": {"Tanz"}, "text": {"x"}, "place": {"Am Bach"}, "time": {"2099-05-01T19:00"}, "public": {"on"}}, true)
	anna.Send("/garten/polls/add/", url.Values{"title": {"Essen"}, "text": {"x"}, "option": {"Reis"}, "public": {"on"}}, true)
	bert.Send("/stadt/groups/21/conversations/add/", url.Values{"subject": {"Laub"}, "text": {"x"}}, true)
	const (
		open    = http.StatusOK
		missing = http.StatusNotFound
		led     = http.StatusSeeOther // to somewhere else
		signIn  = -led
	)
	for _, c := range []struct {
		paths           string
		visitor, member int
	}{
		{`/ /stadt/feed/ /stadt/groups/21/feed/ /stadt/help/ /stadt/privacy/ /stadt/search/ /stadt/search/?q=Fest /stadt/markdown/ /garten/ /anna/ /garten/fest/`, open, open},
		{`/stadt/logos/square/ /stadt/logos/nichts/ /stadt/groups/99/feed/ /niemand/ /garten/nichts/ /stadt/content/99/ /stadt/conversations/99/ /garten/nichts/edit/`, missing, missing},
		{`/stadt/articles/ /stadt/events /stadt/events?month=5&year=2099 /stadt/events?month=x&year=123456789 /stadt/galleries/ /stadt/files/ /stadt/polls/`, open, open},
		{`/stadt/events/2099/5/1 /stadt/events/2099/05/01?group=garten /stadt/events/export /garten/events/export /stadt/events/public.ics /garten/events/public.ics`, open, open},
		{`/stadt/events/2099/2/30 /stadt/events/2099/13/1 /stadt/events/x/y/z /niemand/events/export /niemand/events/public.ics`, missing, missing},
		{`/garten/events/private.ics`, http.StatusUnauthorized, http.StatusUnauthorized},
		{`/stadt/content/1/ /stadt/content/2/`, led, led},
		{`/garten/essen/vote/`, open, led}, // to the page, on which members vote at once
		{`/garten/fest/edit/ /garten/fest/delete/ /garten/fest/contributions/1/delete/ /stadt/associations/1/contributions/1/reply-to-author/`, signIn, open},
		{`/stadt/articles/add/ /stadt/events/add /stadt/galleries/add/ /stadt/polls/add/ /garten/articles/add/ /garten/events/add /garten/galleries/add/ /garten/files/add/ /garten/polls/add/`, signIn, open},
		{`/garten/galleries/add/?title=A&text=B&pinned=1&public=1`, signIn, open},
		{`/stadt/tags/fest/ /stadt/tags/UNBEKANNT/`, open, open},
		{`/stadt/tags/fest/tag-group/ /stadt/settings/group/geo/?group=garten`, signIn, open},
		{`/stadt/conversations/1/ /stadt/groups/21/conversations/ /stadt/activity`, signIn, open},
		{`/stadt/gestalten/12/conversations/add/ /stadt/groups/21/conversations/add/ /stadt/groups/22/conversations/add/`, open, open},
		{`/stadt/gestalten/13/conversations/add/`, signIn, open}, // whose page is not public
		{`/stadt/gestalten/0/conversations/add/ /stadt/groups/0/conversations/add/ /stadt/groups/0/conversations/`, missing, missing},
		{`/stadt/groups /stadt/groups?name=gar /stadt/groups?only_with_membership=true /stadt/groups/add /stadt/gestalten/`, open, open},
		{`/stadt/settings/group?group=garten /stadt/settings/group/images?group=garten /stadt/groups/21/members/ /stadt/groups/21/resign/`, signIn, open},
		{`/garten/actions/recommend`, open, open},
		{`/stadt/groups/21/resign/request/ /stadt/groups/21/unsubscribe/request/`, open, led}, // who has signed in needs no mail
		{`/stadt/settings/ /stadt/settings/gestalt/delete/ /stadt/settings/images/ /stadt/settings/notifications/ /stadt/settings/password/ /stadt/email/`, signIn, open},
		{`/stadt/groups/join/confirm/abc/ /stadt/groups/resign/confirm/abc/ /stadt/unsubscribe/confirm/abc/ /stadt/confirm/abc/ /stadt/memberships/applications/99/accept/`, missing, missing},
	} {
		for path := range strings.FieldsSeq(c.paths) {
			for _, address := range []string{path, otherSlash(path)} {
				for v, want := range map[*webtest.Visitor]int{nobody: c.visitor, anna: c.member} {
					got := v.Ask(http.MethodGet, address)
					to := got.Header.Get("Location")
					if got.Status != max(want, -want) || (want == signIn) != (to == "/stadt/login/?next="+url.QueryEscape(address)) {
						t.Errorf("%s answers %d %s, want %d; a member: %t", address, got.Status, to, want, v == anna)
					}
				}
			}
		}
	}
}

// otherSlash returns an address without the slash at the end of its path, or with one.
func otherSlash(address string) string {
	path, query, asks := strings.Cut(address, "?")
	switch {
	case path == "/" || strings.HasSuffix(path, ".ics"):
	case strings.HasSuffix(path, "/"):
		path = strings.TrimSuffix(path, "/")
	default:
		path += "/"
	}
	if asks {
		path += "?" + query
	}
	return path
}

// TestPagesOfferToWriteWhereOneMay looks for the links to the forms of all kinds: on the page of a group to those of the
// group, for its members, and on one's own page for oneself.
func TestPagesOfferToWriteWhereOneMay(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		who, page, prefix string
		offered           bool
	}{
		{"anna", "/garten/", "/garten/", true},
		{"bert", "/garten/", "/garten/", true},
		{"carla", "/garten/", "/garten/", false},
		{"", "/garten/", "/garten/", false},
		{"anna", "/anna/", "/anna/", true},
		{"bert", "/anna/", "/anna/", false},
		{"bert", "/anna/", "/bert/", false},
		{"", "/anna/", "/anna/", false},
	} {
		v := w.visit(t, c.who)
		v.Get(c.page)
		for _, kind := range []string{"articles", "events", "galleries", "files", "polls"} {
			if got := strings.Contains(v.Page.Body, `href="`+c.prefix+kind+"/add"); got != c.offered {
				t.Errorf("%s offers %q to write in %s: %t", c.page, c.who, c.prefix+kind, got)
			}
		}
	}
}

// TestWhatIsInternalOnAProfileIsForItsOwnerAlone looks where an owner finds it, and whether others do.
func TestWhatIsInternalOnAProfileIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert := w.visit(t, "anna"), w.visit(t, "bert")
	anna.Send("/anna/articles/add/", url.Values{"title": {"Tagebuch"}, "text": {"Heute geregnet."}}, true)
	anna.Send("/anna/polls/add/", url.Values{"title": {"Was zuerst?"}, "text": {"x"}, "option": {"Beet", "Zaun"}}, true)
	poll := anna.Page.Path
	anna.Get(poll + "vote/")
	anna.Sees(http.StatusOK, `name="option_`)
	for _, page := range []string{"/", "/anna/", "/stadt/articles/"} {
		anna.Get(page)
		anna.Sees(http.StatusOK, "Tagebuch")
		for _, v := range []*webtest.Visitor{bert, w.visit(t, "")} {
			v.Get(page)
			v.DoesNotSee("Tagebuch", "Was zuerst?")
		}
	}
	for _, path := range []string{"/anna/tagebuch/", "/anna/tagebuch/edit/", poll, poll + "vote/"} {
		if got := bert.Ask(http.MethodGet, path); got.Status != http.StatusForbidden {
			t.Errorf("%s answers Bert %d", path, got.Status)
		}
	}
}

// TestAThreadIsShownAsItWas looks at what links into a thread stand on, at its headings, and at what is counted: a comment
// that came by mail is internal, and not counted for those outside.
func TestAThreadIsShownAsItWas(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	anna.Send("/garten/fest/edit/", url.Values{"title": {"Fest"}, "text": {"# Wann\n\nAm *Bach*. [Mehr](/garten/)"}, "public": {"on"}}, true)
	told := w.mails(t, "bert@example.org")
	w.receives(t, "bert@example.org", strings.Trim(told[len(told)-1].Header.Get("Reply-To"), "<>"), "From: bert@example.org\nMessage-ID: <1@b>\nSubject: Re: x\n\nNur für uns. #kasse\n")
	bert.Send("/garten/fest/", url.Values{"text": {"# Salat\n\nund mehr"}}, true)
	bert.Sees(http.StatusOK, `id="content-1"`, `id="contribution-1"`, `id="contribution-3"`, `href="/stadt/content/1/?contribution=3#contribution-3"`, "Nur für uns.")
	for heading, text := range map[string]string{"h2": "Wann", "h3": "Salat"} {
		if !regexp.MustCompile(`<` + heading + `[^>]*>` + text + `</` + heading + `>`).MatchString(bert.Page.Body) {
			t.Errorf("%s is no %s", text, heading)
		}
	}
	for who, want := range map[string]string{"": "2 comments", "carla": "2 comments"} {
		v := w.visit(t, who)
		v.Get("/stadt/articles/")
		v.Sees(http.StatusOK, want, "Wann: Am Bach. Mehr")
		v.Get("/garten/fest/")
		v.DoesNotSee("Nur für uns.", "#kasse")
	}
	for path, kept := range map[string]bool{"/garten/fest/contributions/1/delete/": true, "/garten/fest/contributions/2/delete/": true} {
		bert.Get(path)
		if got := strings.Contains(bert.Page.Body, "Do you want to remove your comment"); got != kept {
			t.Errorf("%s asks Bert: %t", path, got)
		}
	}

	// Mails to the group are conversations, and what they say is no tag.
	w.receives(t, "bert@example.org", "garten@example.org", "From: bert@example.org\nMessage-ID: <2@b>\nSubject: #laub\n\nWohin mit dem #laub? # Kopf\n")
	anna.Get("/stadt/conversations/1/")
	anna.Sees(http.StatusOK, `id="conversation-1"`, `id="contribution-4"`, `href="/stadt/tags/laub/"`)
	anna.Get("/stadt/tags/laub/")
	anna.Sees(http.StatusOK, "<h1>#laub</h1>", "Nothing here yet.")
	anna.Get("/stadt/tags/kasse/")
	anna.Sees(http.StatusOK, "Fest")
}

// TestWhoHasNoAccountIsAnsweredByMail replies to the author of a comment alone who is known by their address.
func TestWhoHasNoAccountIsAnsweredByMail(t *testing.T) {
	t.Parallel()
	w, anna, _ := talk(t)
	cast.Execute(t, w.db, `UPDATE email_addresses SET verified_at = 1 WHERE person_id = ?`, w.Dora.ID) // she has written by mail
	id := cast.AddContribution(t, w.db, cast.Contribution{ContentID: 1, AuthorID: w.Dora.ID})
	path := community.ReplyToAuthorPath(1, id)
	anna.Get("/garten/fest/")
	anna.Sees(http.StatusOK, path)
	anna.Get(path)
	anna.Submit("subject", map[string]string{"text": "Nur für dich."})
	anna.Sees(http.StatusOK, "Nur für dich.")
	got := w.mails(t, "dora@example.org")
	if len(got) == 0 || got[0].Subject != "Re: Fest" || !strings.Contains(got[0].Text, "Nur für dich.") || len(got[0].ReplyTo) != 1 {
		for _, m := range got {
			t.Errorf("Dora gets %q: %s", m.Subject, m.Text)
		}
	}
	if got := w.visit(t, "carla").Ask(http.MethodGet, "/stadt/conversations/1/"); got.Status != http.StatusForbidden {
		t.Errorf("others are answered %d", got.Status)
	}
}

// TestAllPagesLeadOn looks at what stands above and below all pages, for a visitor and for somebody who has signed in.
func TestAllPagesLeadOn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	always := []string{`href="/"`, `href="/stadt/groups"`, `href="/stadt/events"`, `href="/stadt/articles"`, `href="/stadt/gestalten/"`, `href="/stadt/help/"`, `href="/stadt/privacy/"`, `action="/stadt/search"`}
	visitors, own := []string{`href="/stadt/login/`}, []string{`href="/anna/"`, `href="/stadt/activity`, `href="/stadt/settings/"`, `href="/stadt/logout/"`}
	anna, nobody := w.visit(t, "anna"), w.visit(t, "")
	for _, page := range []string{"/stadt/articles/", "/garten/", "/nichts/"} {
		nobody.Get(page)
		nobody.Sees(nobody.Page.Status, append(always, visitors...)...)
		nobody.DoesNotSee(own[1:]...)
		nobody.Sees(nobody.Page.Status, `href="/stadt/abuse/path=`+page)
		anna.Get(page)
		anna.Sees(anna.Page.Status, append(always, own...)...)
		anna.DoesNotSee(visitors...)
	}
	nobody.Sees(http.StatusNotFound)
	anna.Get("/garten/")
	anna.Sees(http.StatusOK, "<title>Garten am Bach · ")
}
