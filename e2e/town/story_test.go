//go:build e2e

package town_test

import (
	"net/http"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// TestAGroupIsFoundedAndTalksByMail is the story of a town, from signing up to leaving the list, with
// real mail in between: on every database, with and without scripts in the browser.
func TestAGroupIsFoundedAndTalksByMail(t *testing.T) {
	t.Parallel()
	for _, database := range town.Databases() {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := open(t, database)
			for name, javaScript := range map[string]bool{"with scripts": true, "without scripts": false} {
				t.Run(name, func(t *testing.T) { s.tell(t, javaScript) })
			}
		})
	}
}

// stage is a town with its mail server.
type stage struct {
	town *town.Town
	post *servers.Postfix
}

func open(t *testing.T, database town.Database) stage {
	t.Helper()
	mail := servers.FreeAddress(t)
	host, port, _ := strings.Cut(mail, ":")
	place := town.New(t, database, map[string]string{
		"EMAIL_SUBMISSION_BACKEND": "smtp", "EMAIL_SUBMISSION_HOST": host, "EMAIL_SUBMISSION_PORT": port, "MAILINGLIST_ENABLED": "true",
	})
	post := servers.StartPostfix(t, servers.PostfixConfig{Address: mail, Domain: town.Domain, LMTP: place.LMTP})
	place.Start("serve")
	place.Open()
	return stage{place, post}
}

func (s stage) tell(t *testing.T, javaScript bool) {
	suffix := map[bool]string{true: "mit", false: "ohne"}[javaScript]
	browser := servers.Browser{JavaScript: javaScript}
	anna, bert := s.town.Visitor(t, "anna-"+suffix, browser), s.town.Visitor(t, "bert-"+suffix, browser)
	stranger := s.town.Visitor(t, "fremd-"+suffix, browser)
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

	told := bert.Mail(s.post, 2)
	if got := told.Subject(); got != "["+slug+"] Wer gießt im Sommer?" {
		t.Errorf("the subject is %q", got)
	}
	if !strings.Contains(told.Text, "zwei Leute") || !strings.Contains(told.HTML, "zwei Leute") {
		t.Errorf("the mail does not say what was written:\n%s", told.Raw)
	}
	own := anna.Mail(s.post, 2) // like everybody on a list, Anna gets her own article

	bert.Replies(s.post, told, "Ich gieße gern. Grüß dich")
	answer := anna.Mail(s.post, 3)
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

	stranger.Writes(s.post, slug+"@"+town.Domain, "Hallo", "Darf ich mitmachen?")
	bounce := stranger.Mail(s.post, 1)
	if !strings.Contains(bounce.Raw, "550") || !strings.Contains(bounce.Raw, stranger.Address) {
		t.Errorf("the stranger is told:\n%s", bounce.Raw)
	}
	anna.Goes("/" + slug + "/")
	anna.SeesNot("Darf ich mitmachen?")

	bert.UnsubscribesWithOneClick(bert.Mail(s.post, 3)) // his own answer came back to him
	anna.Goes("/" + slug + "/articles/add/")
	anna.Sees("Nobody will be notified.")
	anna.Fills(map[string]string{"title": "Noch etwas", "text": "Die Kanne ist voll.", "public": ""})
	anna.Presses("Publish")
	anna.Mail(s.post, 4)
	bert.Mail(s.post, 3)
}

// signUp gets somebody an account by the link in the mail.
func (s stage) signUp(p *town.Person) {
	p.Goes("/stadt/signup/")
	name, _, _ := strings.Cut(p.Address, "@")
	p.Fills(map[string]string{"name": name, "email": p.Address, "password1": "vier bunte Kannen", "password2": "vier bunte Kannen"})
	p.Answers()
	p.Presses("Sign up")
	p.Goes(p.Mail(s.post, 1).Link(p.T(), "/stadt/confirm/"))
	p.Presses("Confirm and sign in")
}
