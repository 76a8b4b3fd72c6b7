// Package matrixtest is a Matrix homeserver in memory, with as much of the client-server API as kit/matrix asks for, and
// with the rules that a bot runs into: who may do what in a room, aliases that are taken, transactions that come twice,
// limits, and a server that is away.
package matrixtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Domain is the name of the server in ids.
const Domain = "chat.example.org"

// Event is something that happened in a room.
type Event struct {
	ID       string         `json:"event_id"`
	Type     string         `json:"type"`
	StateKey *string        `json:"state_key,omitempty"`
	Sender   string         `json:"sender"`
	At       int64          `json:"origin_server_ts"`
	Content  map[string]any `json:"content"`
	Redacts  any            `json:"redacts,omitempty"` // of a forged event
	Redacted bool           `json:"-"`

	number int // in the order of all events of the server
}

// Room is a room of the server.
type Room struct {
	ID     string
	Listed bool

	state  map[[2]string]*Event
	events []*Event
}

// Server is the homeserver.
type Server struct {
	*httptest.Server

	mu           sync.Mutex
	rooms        map[string]*Room
	aliases      map[string]string
	accounts     map[string]string // token → id
	transactions map[string]string // token, room and transaction → event
	count        int
	now          time.Time
	away         bool
	dead         string // another server, which is away
	allowed      int    // requests that change something, until the limit is reached; below 0 is no limit
	Limited      int    // requests that were refused for the limit
	Invitations  int    // that were made, also of the same person
	lose         int    // answers that are lost after the request has had its effect
	rate         *rate
	held         chan struct{}  // as long as it is open, nothing is answered
	invited      map[string]int // invitations by room and person
}

// rate is a limit as homeservers have it: a bucket of tokens that fills with time.
type rate struct {
	perSecond, burst, tokens float64
	filled                   time.Time
	now                      func() time.Time
}

// take takes a token, or returns how long it takes until there is one.
func (r *rate) take() (wait time.Duration) {
	now := r.now()
	r.tokens = min(r.burst, r.tokens+now.Sub(r.filled).Seconds()*r.perSecond)
	r.filled = now
	if r.tokens < 1 {
		return time.Duration((1-r.tokens)/r.perSecond*1000+1) * time.Millisecond
	}
	r.tokens--
	return 0
}

// New starts a server with an account of a bot.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		rooms: map[string]*Room{}, aliases: map[string]string{}, transactions: map[string]string{}, allowed: -1,
		accounts: map[string]string{Token: Bot}, invited: map[string]int{}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// The account of the bot.
const (
	Bot   = "@grouprise-bot:" + Domain
	Token = "bot-token"
)

// SetAway lets the server answer nothing but that it is away, or lets it come back.
func (s *Server) SetAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// SetDead lets the server not reach another one, whose people it then cannot invite; with "" it reaches all again.
func (s *Server) SetDead(domain string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = domain
}

// Limit lets the server take so many more requests that change something, and refuse what comes then; below 0 it takes all.
func (s *Server) Limit(requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = requests
}

// LimitInvitations lets the server take so many invitations a second, after so many at once, by a clock.
func (s *Server) LimitInvitations(perSecond, burst float64, now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate = &rate{perSecond: perSecond, burst: burst, tokens: burst, filled: now(), now: now}
}

// Hold lets the server answer nothing until the function that it returns is called: requests hang.
func (s *Server) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(held)
		s.held = nil
	}
}

// The states in which a server leaves a room that it dies while making.
const (
	OnlyAlias   = iota // nothing is behind the alias
	OnlyCreator        // nobody is in the room
	OnlyEntered        // the creator is in it, and nothing else is set
)

// HalfMake leaves the server as it is after it has died while it made a room with an alias.
func (s *Server) HalfMake(alias string, made int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	room := &Room{ID: fmt.Sprintf("!half%d:%s", s.count, Domain), state: map[[2]string]*Event{}}
	s.aliases["#"+alias+":"+Domain] = room.ID
	if made >= OnlyCreator {
		s.rooms[room.ID] = room
		s.setState(room, Bot, "m.room.create", "", map[string]any{"room_version": "11"})
	}
	if made >= OnlyEntered {
		s.setMember(room, Bot, Bot, joined)
	}
}

// Lose lets the next answers to requests that change something get lost.
func (s *Server) Lose(answers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = answers
}

// joined is how somebody stands to a room who is in it.
const joined = "join"

// answer is what a request gets.
type answer struct {
	status int
	body   any
}

func refuse(status int, code string) answer {
	return answer{status, map[string]any{"errcode": code, "error": code}}
}

func done(body any) answer { return answer{http.StatusOK, body} }

var nothing = map[string]any{}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_matrix/client/v3/sync" {
		s.sync(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for held := s.held; held != nil; held = s.held {
		s.mu.Unlock()
		select {
		case <-held:
		case <-r.Context().Done():
		}
		s.mu.Lock()
		if r.Context().Err() != nil {
			return
		}
	}
	a := s.handle(r)
	if r.Method != http.MethodGet && a.status == http.StatusOK && s.lose > 0 {
		s.lose--
		panic(http.ErrAbortHandler)
	}
	text, err := json.Marshal(a.body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(text)
}

func (s *Server) handle(r *http.Request) answer {
	if s.away {
		return answer{http.StatusBadGateway, "away"}
	}
	user, known := s.accounts[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !known {
		return refuse(http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	}
	if r.Method != http.MethodGet && s.allowed == 0 {
		return s.tooMany(50 * time.Millisecond)
	}
	if r.Method != http.MethodGet && s.allowed > 0 {
		s.allowed--
	}
	if strings.HasPrefix(r.URL.Path, "/_matrix/media/v3/upload") {
		s.count++
		return done(map[string]any{"content_uri": fmt.Sprintf("mxc://%s/%d", Domain, s.count)})
	}
	var body map[string]any
	if r.Method == http.MethodPut || r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return refuse(http.StatusBadRequest, "M_NOT_JSON")
		}
	}
	path, _ := strings.CutPrefix(r.URL.EscapedPath(), "/_matrix/client/v3/")
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	switch parts[0] {
	case "account":
		return done(map[string]any{"user_id": user, "device_id": "D"})
	case "createRoom":
		return s.createRoom(user, body)
	case "joined_rooms":
		var rooms []string
		for _, id := range slices.Sorted(maps.Keys(s.rooms)) {
			if s.rooms[id].membership(user) == joined {
				rooms = append(rooms, id)
			}
		}
		return done(map[string]any{"joined_rooms": rooms})
	case "directory":
		return s.directory(r.Method, user, parts[1:], body)
	case "join":
		return s.join(user, parts[1])
	case "rooms":
		if len(parts) > 2 && parts[2] == "join" {
			return s.join(user, parts[1])
		}
		room := s.rooms[parts[1]]
		if room == nil || len(parts) < 3 {
			return refuse(http.StatusForbidden, "M_FORBIDDEN")
		}
		return s.inRoom(r, user, room, parts[2:], body)
	}
	return refuse(http.StatusNotFound, "M_UNRECOGNIZED")
}

// tooMany refuses a request, and says when to come again.
func (s *Server) tooMany(wait time.Duration) answer {
	s.Limited++
	a := refuse(http.StatusTooManyRequests, "M_LIMIT_EXCEEDED")
	a.body.(map[string]any)["retry_after_ms"] = wait.Milliseconds()
	return a
}

func (s *Server) createRoom(user string, body map[string]any) answer {
	alias := ""
	if local, ok := body["room_alias_name"].(string); ok {
		alias = "#" + local + ":" + Domain
		if s.aliases[alias] != "" {
			return refuse(http.StatusBadRequest, "M_ROOM_IN_USE")
		}
	}
	s.count++
	room := &Room{ID: fmt.Sprintf("!room%d:%s", s.count, Domain), state: map[[2]string]*Event{}}
	s.rooms[room.ID] = room
	room.Listed = body["visibility"] == "public"
	created := map[string]any{"room_version": "11"}
	if more, ok := body["creation_content"].(map[string]any); ok {
		maps.Copy(created, more)
	}
	s.setState(room, user, "m.room.create", "", created)
	s.setMember(room, user, user, joined)
	levels := map[string]any{
		"users": map[string]any{user: 100}, "users_default": 0, "events_default": 0, "state_default": 50, "invite": 0, "kick": 50, "ban": 50, "redact": 50,
	}
	if more, ok := body["power_level_content_override"].(map[string]any); ok {
		maps.Copy(levels, more)
	}
	s.setState(room, user, "m.room.power_levels", "", levels)
	rule := "invite"
	if body["preset"] == "public_chat" {
		rule = "public"
	}
	s.setState(room, user, "m.room.join_rules", "", map[string]any{"join_rule": rule})
	if initial, ok := body["initial_state"].([]any); ok {
		for _, one := range initial {
			e := one.(map[string]any)
			key, _ := e["state_key"].(string)
			s.setState(room, user, e["type"].(string), key, e["content"].(map[string]any))
		}
	}
	s.setState(room, user, "m.room.name", "", map[string]any{"name": body["name"]})
	s.setState(room, user, "m.room.topic", "", map[string]any{"topic": body["topic"]})
	if alias != "" {
		s.aliases[alias] = room.ID
		s.setState(room, user, "m.room.canonical_alias", "", map[string]any{"alias": alias})
	}
	if invited, ok := body["invite"].([]any); ok {
		for _, guest := range invited {
			s.Invitations++
			s.setMember(room, user, guest.(string), "invite")
		}
	}
	return done(map[string]any{"room_id": room.ID})
}

func (s *Server) setState(r *Room, user, kind, key string, content map[string]any) *Event {
	e := s.event(r, user, kind, content)
	e.StateKey = &key
	r.state[[2]string{kind, key}] = e
	return e
}

func (s *Server) event(r *Room, user, kind string, content map[string]any) *Event {
	s.count++
	s.now = s.now.Add(time.Second)
	e := &Event{ID: fmt.Sprintf("$event%d", s.count), Type: kind, Sender: user, At: time.Now().UnixMilli(), Content: content, number: s.count}
	r.events = append(r.events, e)
	return e
}

func (s *Server) directory(method, user string, parts []string, body map[string]any) answer {
	if parts[0] == "list" {
		room := s.rooms[parts[2]]
		if room == nil {
			return refuse(http.StatusNotFound, "M_NOT_FOUND")
		}
		if method == http.MethodPut {
			room.Listed = body["visibility"] == "public"
			return done(nothing)
		}
		return done(map[string]any{"visibility": map[bool]string{true: "public", false: "private"}[room.Listed]})
	}
	alias := parts[1]
	switch method {
	case http.MethodPut:
		if s.aliases[alias] != "" {
			return refuse(http.StatusConflict, "M_UNKNOWN")
		}
		s.aliases[alias] = body["room_id"].(string)
	case http.MethodDelete:
		if s.aliases[alias] == "" {
			return refuse(http.StatusNotFound, "M_NOT_FOUND")
		}
		delete(s.aliases, alias)
	default:
		if s.aliases[alias] == "" {
			return refuse(http.StatusNotFound, "M_NOT_FOUND")
		}
		return done(map[string]any{"room_id": s.aliases[alias], "servers": []string{Domain}})
	}
	_ = user
	return done(nothing)
}

func (s *Server) join(user, id string) answer {
	room := s.rooms[id]
	if room == nil {
		return refuse(http.StatusNotFound, "M_NOT_FOUND")
	}
	open := len(room.events) == 1 && room.events[0].Sender == user // whoever has created a room enters it first
	if rules := room.state[[2]string{"m.room.join_rules", ""}]; rules != nil {
		open = rules.Content["join_rule"] == "public"
	}
	switch m := room.membership(user); {
	case m == joined:
	case m == "ban" || !open && m != "invite":
		return refuse(http.StatusForbidden, "M_FORBIDDEN")
	default:
		s.setMember(room, user, user, joined)
	}
	return done(map[string]any{"room_id": id})
}

func (s *Server) inRoom(r *http.Request, user string, room *Room, parts []string, body map[string]any) answer {
	inside := room.membership(user) == joined
	if parts[0] == "join" {
		return s.join(user, room.ID)
	}
	if parts[0] == "leave" {
		if m := room.membership(user); m != joined && m != "invite" {
			return refuse(http.StatusForbidden, "M_FORBIDDEN")
		}
		s.setMember(room, user, user, "leave")
		return done(nothing)
	}
	if !inside {
		return refuse(http.StatusForbidden, "M_FORBIDDEN")
	}
	switch parts[0] {
	case "invite":
		guest := body["user_id"].(string)
		if s.dead != "" && strings.HasSuffix(guest, ":"+s.dead) {
			return refuse(http.StatusBadGateway, "M_UNKNOWN")
		}
		if m := room.membership(guest); m == joined || m == "ban" || room.level(user) < room.needed("invite", 0) {
			return refuse(http.StatusForbidden, "M_FORBIDDEN")
		}
		if s.rate != nil {
			if wait := s.rate.take(); wait > 0 {
				return s.tooMany(wait)
			}
		}
		s.Invitations++
		s.invited[room.ID+" "+guest]++
		s.setMember(room, user, guest, "invite")
		return done(nothing)
	case "kick":
		guest := body["user_id"].(string)
		if m := room.membership(guest); m != joined && m != "invite" || room.level(user) < room.needed("kick", 50) || room.level(user) <= room.level(guest) {
			return refuse(http.StatusForbidden, "M_FORBIDDEN")
		}
		s.setMember(room, user, guest, "leave")
		return done(nothing)
	case "state":
		return s.atState(r, user, room, parts, body)
	case "send":
		if room.level(user) < room.needed("events_default", 0) {
			return refuse(http.StatusForbidden, "M_FORBIDDEN")
		}
		return s.once(r, room, parts[2], func() *Event { return s.event(room, user, parts[1], body) })
	case "redact":
		return s.once(r, room, parts[2], func() *Event {
			for _, e := range room.events {
				if e.ID == parts[1] {
					e.Redacted, e.Content = true, map[string]any{}
				}
			}
			return s.event(room, user, "m.room.redaction", map[string]any{"redacts": parts[1]})
		})
	case "messages":
		if r.URL.Query().Get("from") != "" {
			return s.earlier(r, room)
		}
		for _, e := range slices.Backward(room.events) {
			if e.Type == "m.room.message" && e.Sender != Bot {
				return done(map[string]any{"chunk": []*Event{e}})
			}
		}
		return done(map[string]any{"chunk": []*Event{}})
	}
	return refuse(http.StatusNotFound, "M_UNRECOGNIZED")
}

// atState answers what asks for the state of a room, or changes it.
func (s *Server) atState(r *http.Request, user string, room *Room, parts []string, body map[string]any) answer {
	if r.Method == http.MethodGet && len(parts) > 1 {
		e := room.state[[2]string{parts[1], strings.Join(parts[2:], "/")}]
		if e == nil {
			return refuse(http.StatusNotFound, "M_NOT_FOUND")
		}
		return done(e.Content)
	}
	if r.Method == http.MethodGet {
		return done(slices.SortedFunc(maps.Values(room.state), func(a, b *Event) int { return strings.Compare(a.ID, b.ID) }))
	}
	if room.level(user) < room.needed("state_default", 50) {
		return refuse(http.StatusForbidden, "M_FORBIDDEN")
	}
	key := ""
	if len(parts) > 2 {
		key = parts[2]
	}
	return done(map[string]any{"event_id": s.setState(room, user, parts[1], key, body).ID})
}

// setMember lets somebody stand to a room in some way.
func (s *Server) setMember(room *Room, by, user, membership string) {
	s.setState(room, by, "m.room.member", user, map[string]any{"membership": membership})
}

// once lets a transaction have its effect once.
func (s *Server) once(r *http.Request, room *Room, transaction string, effect func() *Event) answer {
	key := r.Header.Get("Authorization") + " " + room.ID + " " + transaction
	if s.transactions[key] == "" {
		s.transactions[key] = effect().ID
	}
	return done(map[string]any{"event_id": s.transactions[key]})
}

func (r *Room) membership(user string) string {
	e := r.state[[2]string{"m.room.member", user}]
	if e == nil {
		return ""
	}
	m, _ := e.Content["membership"].(string)
	return m
}

func number(v any) int {
	switch n := v.(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return 0
}

func (r *Room) level(user string) int {
	e := r.state[[2]string{"m.room.power_levels", ""}]
	if e == nil { // who has created a room may do everything until it says otherwise
		if r.state[[2]string{"m.room.create", ""}].Sender == user {
			return 100
		}
		return 0
	}
	levels := e.Content
	if users, ok := levels["users"].(map[string]any); ok {
		if level, ok := users[user]; ok {
			return number(level)
		}
	}
	return number(levels["users_default"])
}

func (r *Room) needed(what string, usual int) int {
	if e := r.state[[2]string{"m.room.power_levels", ""}]; e != nil {
		if level, ok := e.Content[what]; ok {
			return number(level)
		}
	}
	return usual
}
