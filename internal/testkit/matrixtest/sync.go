package matrixtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// invited is how somebody stands to a room who may enter it.
const invited = "invite"

// Put lets somebody who is in a room put an event there, and returns its id.
func (s *Server) Put(user, room, kind string, content map[string]any) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.event(s.rooms[room], user, kind, content).ID
}

// Forge puts a message into a room as no client of ours writes one, and no homeserver should: its text stands in a field of
// another form than that field has.
func (s *Server) Forge(user, room, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.event(s.rooms[room], user, "m.room.message", map[string]any{"msgtype": "m.text", "body": text}).Redacts = []string{text}
}

// Say lets somebody write a message in a room, and returns its id.
func (s *Server) Say(user, room, text string) (id string) {
	return s.Put(user, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": text})
}

// React lets somebody react to an event.
func (s *Server) React(user, room, event, key string) (id string) {
	return s.Put(user, room, "m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": event, "key": key}})
}

// Invite lets somebody invite somebody else into a room.
func (s *Server) Invite(user, guest, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setMember(s.rooms[room], user, guest, invited)
}

// NewRoom lets somebody create a room that others need an invitation for, and returns its id.
func (s *Server) NewRoom(user string) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.createRoom(user, map[string]any{"name": "a room", "topic": "", "visibility": "private"})
	return a.body.(map[string]any)["room_id"].(string)
}

// Replay lets an event come a second time, as one with the same id.
func (s *Server) Replay(room, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[room]
	i := slices.IndexFunc(r.events, func(e *Event) bool { return e.ID == id })
	replayed := *r.events[i]
	s.count++
	replayed.number = s.count
	r.events = append(r.events, &replayed)
}

// filter is what a request wants to know.
type filter struct {
	Room struct {
		Timeline part `json:"timeline"`
	} `json:"room"`
}

type part struct {
	Limit int      `json:"limit"`
	Types []string `json:"types"`
}

// synced is an event as a client gets it.
type synced struct {
	*Event

	Unsigned map[string]any `json:"unsigned,omitempty"`
}

// sync answers when something has happened since a token, or when the time is over. It is called without the lock.
func (s *Server) sync(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var f filter
	if err := json.Unmarshal([]byte(q.Get("filter")), &f); err != nil {
		panic(err)
	}
	wait, _ := strconv.Atoi(q.Get("timeout"))
	end := time.Now().Add(time.Duration(wait) * time.Millisecond)
	for {
		s.mu.Lock()
		a, news := s.news(r, q.Get("since"), f.Room.Timeline)
		text, err := json.Marshal(a.body)
		s.mu.Unlock()
		if err != nil {
			panic(err)
		}
		if news || time.Now().After(end) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(a.status)
			_, _ = w.Write(text)
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// news returns what has happened since a token, and whether it is anything.
func (s *Server) news(r *http.Request, since string, p part) (a answer, news bool) {
	if s.away {
		return answer{http.StatusBadGateway, "away"}, true
	}
	user, known := s.accounts[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !known {
		return refuse(http.StatusUnauthorized, "M_UNKNOWN_TOKEN"), true
	}
	from, err := place(since, "s")
	if err != nil || from > s.count {
		return refuse(http.StatusBadRequest, "M_INVALID_PARAM"), true
	}
	join, leave, invite := map[string]any{}, map[string]any{}, map[string]any{}
	for id, room := range s.rooms {
		own := room.state[[2]string{"m.room.member", user}]
		if own == nil {
			continue
		}
		switch timeline := room.timeline(from, p); {
		case room.membership(user) == invited && own.number > from:
			invite[id] = map[string]any{"invite_state": map[string]any{"events": []any{
				map[string]any{"type": own.Type, "state_key": user, "sender": own.Sender, "content": own.Content},
			}}}
		case room.membership(user) == joined && timeline != nil:
			join[id] = map[string]any{"timeline": timeline}
		case room.membership(user) == "leave" && own.number > from && since != "" && timeline != nil:
			leave[id] = map[string]any{"timeline": timeline}
		}
	}
	body := map[string]any{
		"next_batch": fmt.Sprintf("s%d", s.count),
		"rooms":      map[string]any{"join": join, "leave": leave, invited: invite},
	}
	return done(body), since == "" || len(join)+len(leave)+len(invite) > 0
}

// timeline returns the events of a room after a moment, the last ones if they are many; nil if there are none.
func (r *Room) timeline(from int, p part) map[string]any {
	all := r.between(from, 0, p.Types)
	if len(all) == 0 {
		return nil
	}
	limited := p.Limit > 0 && len(all) > p.Limit
	if limited {
		all = all[len(all)-p.Limit:]
	}
	return map[string]any{"events": all, "limited": limited, "prev_batch": fmt.Sprintf("t%d", all[0].number)}
}

// between returns the events of a room after a moment, and before another one if that is not 0.
func (r *Room) between(from, before int, types []string) (all []synced) {
	previous := map[string]map[string]any{}
	for _, e := range r.events {
		shown := synced{Event: e}
		if e.Type == "m.room.member" {
			if content := previous[*e.StateKey]; content != nil {
				shown.Unsigned = map[string]any{"prev_content": content}
			}
			previous[*e.StateKey] = e.Content
		}
		if e.number > from && (before == 0 || e.number < before) && (len(types) == 0 || slices.Contains(types, e.Type)) {
			all = append(all, shown)
		}
	}
	return all
}

// earlier returns the events of a room before those that a sync has told.
func (s *Server) earlier(r *http.Request, room *Room) answer {
	q := r.URL.Query()
	var p part
	if err := json.Unmarshal([]byte(q.Get("filter")), &p); err != nil {
		panic(err)
	}
	before, err := place(q.Get("from"), "t")
	if err != nil {
		return refuse(http.StatusBadRequest, "M_INVALID_PARAM")
	}
	after, err := place(q.Get("to"), "s")
	if err != nil {
		return refuse(http.StatusBadRequest, "M_INVALID_PARAM")
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	all := room.between(after, before, p.Types)
	rest := len(all) > limit
	if rest {
		all = all[len(all)-limit:]
	}
	slices.Reverse(all)
	body := map[string]any{"chunk": all, "start": q.Get("from")}
	if rest {
		body["end"] = fmt.Sprintf("t%d", all[len(all)-1].number)
	}
	return done(body)
}

// place reads a token; that of the beginning is "".
func place(token, prefix string) (int, error) {
	if token == "" {
		return 0, nil
	}
	return strconv.Atoi(strings.TrimPrefix(token, prefix))
}
