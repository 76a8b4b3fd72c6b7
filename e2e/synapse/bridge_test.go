//go:build e2e && synapse

package synapse_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// spoken is a message of a room as a client shows it.
type spoken struct {
	ID, Sender, Text, Thread string
}

// shows returns the messages of a room as somebody in it gets them, oldest first, without those that were taken out.
func (s *story) shows(name, alias string) (all []spoken) {
	s.t.Helper()
	var found struct {
		Chunk []struct {
			ID      string `json:"event_id"`
			Sender  string `json:"sender"`
			Type    string `json:"type"`
			Content struct {
				Text    string `json:"body"`
				Relates struct {
					Type  string `json:"rel_type"`
					Event string `json:"event_id"`
				} `json:"m.relates_to"`
			} `json:"content"`
		} `json:"chunk"`
	}
	s.Server.Ask(s.tokens[name], http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(s.room(alias))+"/messages?dir=b&limit=1000", nil, &found)
	for _, e := range slices.Backward(found.Chunk) {
		if e.Type != "m.room.message" || e.Content.Text == "" || e.Content.Relates.Type == "m.replace" {
			continue
		}
		one := spoken{ID: e.ID, Sender: e.Sender, Text: e.Content.Text}
		if e.Content.Relates.Type == "m.thread" {
			one.Thread = e.Content.Relates.Event
		}
		all = append(all, one)
	}
	return all
}

// awaitsWords waits until somebody reads a message in a room, and returns it.
func (s *story) awaitsWords(name, alias, words string) (found spoken) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%q in %s", words, alias), func() bool {
		for _, one := range s.shows(name, alias) {
			if strings.Contains(one.Text, words) {
				found = one
				return true
			}
		}
		return false
	})
	return found
}

// says lets somebody say something in a room with a client, and returns the event.
func (s *story) says(name, alias string, content map[string]any) string {
	s.t.Helper()
	if content["msgtype"] == nil {
		content["msgtype"] = "m.text"
	}
	return s.sends(name, alias, "send/m.room.message/", content)
}

func (s *story) sends(name, alias, what string, content map[string]any) string {
	s.t.Helper()
	s.sent++
	var answer struct {
		ID string `json:"event_id"`
	}
	path := fmt.Sprintf("/_matrix/client/v3/rooms/%s/%s%d", url.PathEscape(s.room(alias)), what, s.sent)
	if status := s.Server.Ask(s.tokens[name], http.MethodPut, path, content, &answer); status != http.StatusOK {
		s.t.Fatalf("%s cannot say something in %s: %d", name, alias, status)
	}
	return answer.ID
}

func inThread(head, text string) map[string]any {
	return map[string]any{"body": text, "m.relates_to": map[string]any{
		"rel_type": "m.thread", "event_id": head, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": head},
	}}
}

// TestAPrivateRoomAnswers lets people talk below a post, in the room and on the site.
func TestAPrivateRoomAnswers(t *testing.T) {
	t.Parallel()
	for _, database := range []town.Database{town.SQLite, town.PostgreSQL} {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := newStory(t, database, synapse.Generous)
			listening := s.Start("bot")
			s.eventually("somebody to listen", s.listens)
			const room, post = "werkstatt-private", "/werkstatt/sommerfest/"
			s.openWorkshop()
			s.post("bert", "/stadt/settings/group/matrix-chat/?group=werkstatt", url.Values{"answers": {"on"}})
			s.post("anna", "/werkstatt/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wer bringt was mit?"}, "public": {"on"}})
			head := s.awaitsWords("bert", room, "Wer bringt was mit?").ID

			first := s.says("bert", room, inThread(head, "Ich bringe Kuhcen mit."))
			s.eventually("Bert's comment", func() bool { return strings.Contains(s.page("anna", post), "Ich bringe Kuhcen mit.") })
			s.says("bert", room, map[string]any{
				"body": "* Ich bringe Kuchen mit.", "m.new_content": map[string]any{"msgtype": "m.text", "body": "Ich bringe Kuchen mit."},
				"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": first},
			})
			s.eventually("Bert's correction", func() bool { return strings.Contains(s.page("anna", post), "Ich bringe Kuchen mit.") })
			if _, public := s.Town.Ask(post); strings.Contains(public, "Kuchen") || !strings.Contains(public, "Wer bringt") {
				t.Error("a comment from the private room is public")
			}

			s.post("anna", post, url.Values{"text": {"Dann backe ich Brot."}})
			if answer := s.awaitsWords("bert", room, "Dann backe ich Brot."); answer.Thread != head || answer.Sender != id("grouprise-bot") {
				t.Errorf("Anna's comment is %+v", answer)
			}
			for _, one := range s.shows("bert", room) {
				if one.Sender == id("grouprise-bot") && strings.Contains(one.Text, "Kuchen") {
					t.Errorf("the bot says once more what Bert has said: %+v", one)
				}
			}

			comment := regexp.MustCompile(`contribution-(\d+)`).FindStringSubmatch(s.page("bert", post))[1]
			s.post("bert", post+"contributions/"+comment+"/edit/", url.Values{"text": {"Ich bringe Torte mit."}, "version": {version(s.page("bert", post+"contributions/"+comment+"/edit/"))}})
			if torte := s.awaitsWords("anna", room, "Ich bringe Torte mit."); torte.Thread != head {
				t.Errorf("what was edited on the site stands in the room as %+v", torte)
			}
			s.eventually("what Bert has said to go", func() bool {
				for _, one := range s.shows("anna", room) {
					if one.ID == first {
						return false
					}
				}
				return true
			})

			listening.Kill() // in the middle of everything
			mistaken := s.says("bert", room, inThread(head, "Und mein Passwort ist 1234."))
			listening = s.Start("bot")
			s.eventually("what was said while nobody listened", func() bool { return strings.Contains(s.page("anna", post), "1234") })
			s.sends("bert", room, "redact/"+url.PathEscape(mistaken)+"/", map[string]any{})
			s.eventually("what was taken back to go", func() bool { return !strings.Contains(s.page("anna", post), "1234") })

			var stored struct {
				Address string `json:"content_uri"`
			}
			s.Server.Ask(s.tokens["bert"], http.MethodPost, "/_matrix/media/v3/upload?filename=plan.json", map[string]any{"Torten": 3}, &stored)
			file := inThread(head, "plan.json")
			file["msgtype"], file["url"] = "m.file", stored.Address
			s.says("bert", room, file)
			s.eventually("Bert's file", func() bool { return strings.Contains(s.page("anna", post), "plan.json") })

			s.tokens["fremd"] = s.Register("fremd", false)
			s.Server.Ask(s.bot, http.MethodPost, "/_matrix/client/v3/rooms/"+url.PathEscape(s.room(room))+"/invite", map[string]any{"user_id": id("fremd")}, nil)
			s.does("fremd", "join", room)
			s.says("fremd", room, inThread(head, "Darf ich auch?"))
			s.says("fremd", room, inThread(head, "Hallo?"))
			s.says("bert", room, inThread(head, "Wer ist das?"))
			if told := s.awaitsWords("bert", room, "doesn’t appear on"); told.Thread != head || !strings.HasPrefix(told.Text, id("fremd")) {
				t.Errorf("the stranger is told %+v", told)
			}
			s.eventually("Bert's question", func() bool { return strings.Contains(s.page("anna", post), "Wer ist das?") })
			told := 0
			for _, one := range s.shows("bert", room) {
				if strings.Contains(one.Text, "doesn’t appear on") {
					told++
				}
			}
			if page := s.page("anna", post); told != 1 || strings.Contains(page, "Darf ich auch?") || strings.Contains(page, "Hallo?") || strings.Count(page, "Wer ist das?") != 1 {
				t.Errorf("the stranger was told %d times", told)
			}
			listening.Stop()
		})
	}
}

// listens reports whether the bot has begun to listen.
func (s *story) listens() (yes bool) {
	s.t.Helper()
	db, err := sqldb.Open(s.t.Context(), s.DB)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := db.Get(s.t.Context(), &yes, `SELECT EXISTS (SELECT 1 FROM bot_accounts WHERE since <> '')`); err != nil {
		s.t.Fatal(err)
	}
	return yes
}

// version returns the version of a text that a form shows.
func version(page string) string {
	found := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return found[1]
}
