package town

import (
	"net/http"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/servers"
)

// Story is what happens in a town that is open, with the mail server in front of it.
type Story struct {
	Town *Town
	Post *servers.Postfix
}

// Tell tells the story with people of its own, with or without scripts in their browsers.
func (s Story) Tell(t *testing.T, javaScript bool) {
	t.Helper()
	suffix := map[bool]string{true: "mit", false: "ohne"}[javaScript]
	browser := servers.Browser{JavaScript: javaScript}
	anna, bert := s.Town.Visitor(t, "anna-"+suffix, browser), s.Town.Visitor(t, "bert-"+suffix, browser)
	stranger := s.Town.Visitor(t, "fremd-"+suffix, browser)
	name, slug := "Giessgruppe "+suffix, "giessgruppe-"+suffix

	s.signUp(anna)
	s.signUp(bert)

	anna.Goes("/stadt/groups/add")
	anna.Fills(map[string]string{"name": name})
	anna.Presses("Start the group")
	anna.Sees(name)

	bert.Goes("/" + slug + "/actions/join")
	bert.Presses("Join")
	bert.Sees(name)

	anna.Goes("/" + slug + "/articles/add/")
	anna.Sees("Everyone can read it, including search engines. 1 person will be notified.")
	anna.Fills(map[string]string{"title": "Wer gießt im Sommer?", "text": "Bitte tragt euch ein: **zwei Leute** je Woche.", "public": ""})
	anna.Sees("Only the 2 members of “" + name + "” can read it. 1 person will be notified.")
	anna.SeesNot("search engines")
	anna.Presses("Publish")
	anna.Sees("Wer gießt im Sommer?", "zwei Leute")
	article := anna.Path()

	notice := bert.Mail(s.Post, 2)
	if got := notice.Subject(); got != "["+slug+"] Wer gießt im Sommer?" {
		t.Errorf("the subject is %q", got)
	}
	if !strings.Contains(notice.Text, "zwei Leute") || !strings.Contains(notice.HTML, "zwei Leute") {
		t.Errorf("the mail does not say what was written:\n%s", notice.Raw)
	}
	own := anna.Mail(s.Post, 2) // like everybody on a list, Anna gets her own article

	bert.Replies(s.Post, notice, "Ich gieße gern. Grüß dich")
	answer := anna.Mail(s.Post, 3)
	if got := answer.Subject(); got != "Re: ["+slug+"] Wer gießt im Sommer?" {
		t.Errorf("the subject of the answer is %q", got)
	}
	if thread := own.Header.Get("Message-ID"); answer.Header.Get("In-Reply-To") != thread || !strings.Contains(answer.Header.Get("References"), thread) {
		t.Errorf("the answer is not in the thread of %s:\n%s", thread, answer.Raw)
	}
	if !strings.Contains(answer.Text, "Ich gieße gern") || strings.Contains(answer.Text, "Bitte tragt euch ein") || len(answer.Files) != 1 {
		t.Errorf("the answer says:\n%s\nwith files %v", answer.Text, answer.Files)
	}

	anna.Goes(article)
	anna.Sees("Ich gieße gern", "beet.png", "internal")
	anna.Goes("/stadt/activity")
	anna.Sees("Wer gießt im Sommer?")

	if status := stranger.Goes(article); status == http.StatusOK && stranger.Path() == article {
		t.Errorf("a stranger gets the article with status %d", status)
	}
	stranger.SeesNot("gießt", "zwei Leute")
	stranger.Goes("/" + slug + "/")
	stranger.Sees(name)
	stranger.SeesNot("gießt")
	stranger.Goes("/")
	stranger.SeesNot("gießt")

	stranger.Writes(s.Post, slug+"@"+Domain, "Hallo", "Darf ich mitmachen?")
	bounce := stranger.Mail(s.Post, 1)
	if !strings.Contains(bounce.Raw, "550") || !strings.Contains(bounce.Raw, stranger.Address) {
		t.Errorf("the stranger is told:\n%s", bounce.Raw)
	}
	anna.Goes("/" + slug + "/")
	anna.SeesNot("Darf ich mitmachen?")

	bert.UnsubscribesWithOneClick(bert.Mail(s.Post, 3)) // his own answer came back to him
	anna.Goes("/" + slug + "/articles/add/")
	anna.Sees("Nobody will be notified.")
	anna.Fills(map[string]string{"title": "Noch etwas", "text": "Die Kanne ist voll.", "public": ""})
	anna.Presses("Publish")
	anna.Mail(s.Post, 4)
	bert.Mail(s.Post, 3)
}

// signUp gets somebody an account by the link in the mail.
func (s Story) signUp(p *Person) {
	p.Goes("/stadt/signup/")
	name, _, _ := strings.Cut(p.Address, "@")
	p.Fills(map[string]string{"name": name, "email": p.Address, "password1": "vier bunte Kannen", "password2": "vier bunte Kannen"})
	p.Answers()
	p.Presses("Sign up")
	p.Goes(p.Mail(s.Post, 1).Link(p.T(), "/stadt/confirm/"))
	p.Presses("Confirm and sign in")
}
