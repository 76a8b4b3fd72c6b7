package matrixtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Account adds an account and returns its access token.
func (s *Server) Account(user string) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token = "token of " + user
	s.accounts[token] = user
	return token
}

// Rooms returns the ids of all rooms, in the order in which they came into being.
func (s *Server) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Collect(maps.Keys(s.rooms))
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return all
}

// Find returns the id of the room with an alias, given by its local part; "" if there is none.
func (s *Server) Find(alias string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aliases["#"+alias+":"+Domain]
}

// Listed reports whether a room stands in the directory.
func (s *Server) Listed(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room].Listed
}

// State returns the content of a state event; nil if there is none.
func (s *Server) State(room, kind, key string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.rooms[room].state[[2]string{kind, key}]; e != nil {
		return e.Content
	}
	return nil
}

// Changes counts the state events of a type that a room ever had.
func (s *Server) Changes(room, kind string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.rooms[room].events {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// Level returns how much somebody may do in a room.
func (s *Server) Level(room, user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room].level(user)
}

// Membership returns how somebody stands to a room: "join", "invite", "leave", "ban" or "".
func (s *Server) Membership(room, user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room].membership(user)
}

// Present returns who is in a room or invited, without the bot, in the order of their ids.
func (s *Server) Present(room string) (users []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, e := range s.rooms[room].state {
		if m := e.Content["membership"]; key[0] == "m.room.member" && key[1] != Bot && (m == joined || m == invited) {
			users = append(users, key[1])
		}
	}
	slices.Sort(users)
	return users
}

// Join lets somebody enter a room; the test fails if they may not.
func (s *Server) Join(t testing.TB, user, room string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.join(user, room); a.status != 200 {
		t.Fatalf("%s cannot join %s", user, room)
	}
}

// Leave lets somebody leave a room.
func (s *Server) Leave(user, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setMember(s.rooms[room], user, user, "leave")
}

// Enter puts somebody into a room, whatever its rules.
func (s *Server) Enter(user, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setMember(s.rooms[room], user, user, joined)
}

// Invited returns how often somebody was invited to a room.
func (s *Server) Invited(room, user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.invited[room+" "+user]
}

// InvitationsSoFar returns how many requests were refused for a limit, and how many invitations were made.
func (s *Server) InvitationsSoFar() (refused, made int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Limited, s.Invitations
}

// Shown is a message as a client shows it.
type Shown struct {
	ID, Text, HTML, Thread string
	Image                  string // the address of a picture; "" of words
	Edited                 bool
}

// Messages returns what stands in a room: messages with their latest words, without those that were taken out.
func (s *Server) Messages(room string) (all []Shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.rooms[room].events {
		if e.Type != "m.room.message" || e.Redacted {
			continue
		}
		text, _ := e.Content["body"].(string)
		html, _ := e.Content["formatted_body"].(string)
		relation, _ := e.Content["m.relates_to"].(map[string]any)
		target, _ := relation["event_id"].(string)
		if relation["rel_type"] == "m.replace" {
			fresh, _ := e.Content["m.new_content"].(map[string]any)
			for i := range all {
				if all[i].ID == target {
					all[i].Text, _ = fresh["body"].(string)
					all[i].HTML, _ = fresh["formatted_body"].(string)
					all[i].Edited = true
				}
			}
			continue
		}
		image, _ := e.Content["url"].(string)
		shown := Shown{ID: e.ID, Text: text, HTML: html, Image: image}
		if relation["rel_type"] == "m.thread" {
			shown.Thread = target
		}
		all = append(all, shown)
	}
	return all
}

// Written returns every word that was ever written into a room and not taken out, in whatever event it stands: what
// somebody finds who looks at the source.
func (s *Server) Written(room string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, e := range s.rooms[room].events {
		if e.Type != "m.room.message" {
			continue
		}
		for _, key := range []string{"body", "formatted_body"} {
			text, _ := e.Content[key].(string)
			b.WriteString(text + "\n")
			if fresh, ok := e.Content["m.new_content"].(map[string]any); ok {
				text, _ = fresh[key].(string)
				b.WriteString(text + "\n")
			}
		}
	}
	return b.String()
}

// Forget takes all messages out of all rooms, as if nobody had ever said anything.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, room := range s.rooms {
		room.events = slices.DeleteFunc(room.events, func(e *Event) bool { return e.StateKey == nil })
	}
	clear(s.transactions)
}
