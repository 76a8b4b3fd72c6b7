//go:build e2e && synapse

package synapse_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// story is a town with a homeserver, and people who have accounts at both.
type story struct {
	*town.Town
	*synapse.Server
	t       *testing.T
	cast    *cast.Cast
	bot     string // access token
	tokens  map[string]string
	browser map[string]*http.Client
	worker  *town.Process
	sent    int // messages, for the ids of transactions

	listener string // the id of a room that is told everything public
	waitsFor string // what is so instead of what is waited for
	inOrder  bool   // messages stand in the order in which everything happened
}

// newStory lets a town begin. more are options that depend on what is at the homeserver.
func newStory(t *testing.T, database town.Database, limits string, more ...func(*story) map[string]string) *story {
	t.Helper()
	s := &story{Server: synapse.Start(t, limits), t: t, inOrder: true, tokens: map[string]string{}, browser: map[string]*http.Client{}}
	s.bot = s.Register("grouprise-bot", true)
	for _, name := range []string{"anna", "bert", "carla", "dora"} {
		s.tokens[name] = s.Register(name, false)
		jar, _ := cookiejar.New(nil)
		s.browser[name] = &http.Client{Jar: jar}
	}
	s.listener = s.listenerRoom()
	options := map[string]string{
		"MATRIX_CHAT_ENABLED": "true", "MATRIX_CHAT_DOMAIN": synapse.Domain, "MATRIX_CHAT_HOMESERVER_URL": s.Server.URL, "MATRIX_CHAT_BOT_ACCESS_TOKEN": s.bot,
		"MATRIX_CHAT_PUBLIC_LISTENER_ROOMS": s.listener, "EMAIL_SUBMISSION_BACKEND": "dummy",
	}
	for _, add := range more {
		maps.Copy(options, add(s))
	}
	s.Town = town.New(t, database, options)
	if code, out := s.Call("", "migrate"); code != 0 {
		t.Fatal(out)
	}
	db, err := sqldb.Open(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	s.cast = cast.New(t, db)
	cast.Execute(t, db, `UPDATE people SET password = (SELECT a.password FROM people a WHERE a.id = ?) WHERE id = ?`, s.cast.Anna.ID, s.cast.Dora.ID)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.Start("web")
	s.worker = s.Start("worker")
	s.Open()
	for _, name := range []string{"anna", "bert", "carla", "dora"} {
		s.post(name, "/stadt/login/", url.Values{"login": {name}, "password": {cast.Password}})
	}
	return s
}

// post sends a form as somebody's browser does.
func (s *story) post(name, path string, form url.Values) {
	s.t.Helper()
	send(s.t, s.browser[name], s.Town.URL, path, form)
}

// send sends a form of a site as a browser does.
func send(t *testing.T, browser *http.Client, site, path string, form url.Values) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", site)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("a form is sent to %s: %d", path, answer.StatusCode)
	}
}

func id(name string) string { return "@" + name + ":" + synapse.Domain }

// room returns the id of the room with an alias; "" if there is none.
func (s *story) room(alias string) string {
	var found struct {
		Room string `json:"room_id"`
	}
	s.Server.Ask(s.bot, http.MethodGet, "/_matrix/client/v3/directory/room/"+url.PathEscape("#"+alias+":"+synapse.Domain), nil, &found)
	return found.Room
}

// standing returns how somebody stands to a room: "join", "invite", "leave" or "".
func (s *story) standing(alias, name string) string {
	var found struct {
		Membership string `json:"membership"`
	}
	s.Server.Ask(s.bot, http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(s.room(alias))+"/state/m.room.member/"+url.PathEscape(id(name)), nil, &found)
	return found.Membership
}

// eventually waits until something is so: jobs of a process that was killed run again after half a minute.
func (s *story) eventually(what string, done func() bool) {
	s.t.Helper()
	eventually(s.t, what, done, func() string { return fmt.Sprint(s.waitsFor, " ", s.problems()) })
}

// eventually waits until something is so. instead says what is so otherwise.
func eventually(t *testing.T, what string, done func() bool, instead func() string) {
	t.Helper()
	for deadline := time.Now().Add(6 * time.Minute); !done(); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %s", what, instead())
		}
	}
}

func (s *story) awaits(alias, name, want string) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%s to be %q in %s", name, want, alias), func() bool { return s.room(alias) != "" && s.standing(alias, name) == want })
}

// enter lets people join a room, each once they have been invited.
func (s *story) enter(alias string, names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.awaits(alias, name, "invite")
		s.does(name, "join", alias)
	}
}

// openWorkshop lets Anna found a group that Bert joins, and both enter its private room.
func (s *story) openWorkshop() {
	s.t.Helper()
	s.post("anna", "/stadt/groups/add/", url.Values{"name": {"Werkstatt"}})
	s.post("bert", "/werkstatt/actions/join/", url.Values{})
	s.enter("werkstatt-private", "anna", "bert")
}

// does lets somebody join or leave a room with a client.
func (s *story) does(name, what, alias string) {
	s.t.Helper()
	if status := s.Server.Ask(s.tokens[name], http.MethodPost, "/_matrix/client/v3/rooms/"+url.PathEscape(s.room(alias))+"/"+what, map[string]any{}, nil); status != http.StatusOK {
		s.t.Fatalf("%s cannot %s %s: %d", name, what, alias, status)
	}
}

// invitations counts how often somebody was invited to a room.
func (s *story) invitations(alias, name string) int { return s.invited(alias)[id(name)] }

// invited counts how often each was invited to a room.
func (s *story) invited(alias string) map[string]int {
	all := map[string]int{}
	for from := ""; ; {
		var found struct {
			Chunk []struct {
				Type    string `json:"type"`
				Key     string `json:"state_key"`
				Content struct {
					Membership string `json:"membership"`
				} `json:"content"`
			} `json:"chunk"`
			End string `json:"end"`
		}
		s.Server.Ask(s.bot, http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(s.room(alias))+"/messages?dir=b&limit=1000&from="+url.QueryEscape(from), nil, &found)
		for _, e := range found.Chunk {
			if e.Type == "m.room.member" && e.Content.Membership == "invite" {
				all[e.Key]++
			}
		}
		if found.End == "" || len(found.Chunk) == 0 {
			return all
		}
		from = found.End
	}
}

// page returns a page as somebody sees it.
func (s *story) page(name, path string) string {
	s.t.Helper()
	answer, err := s.browser[name].Get(s.Town.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// withDB does something with the database of the town.
func (s *story) withDB(do func(db *sqldb.DB)) {
	s.t.Helper()
	withDB(s.t, s.Town, do)
}

// withDB does something with the database of a town.
func withDB(t *testing.T, of *town.Town, do func(db *sqldb.DB)) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), of.DB)
	if err != nil {
		t.Fatal(err)
	}
	do(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func (s *story) execute(statement string) {
	s.t.Helper()
	s.withDB(func(db *sqldb.DB) { cast.Execute(s.t, db, statement) })
}

// members lets so many people be members of the garden, who can sign in.
func (s *story) members(count int) (names []string) {
	s.t.Helper()
	s.withDB(func(db *sqldb.DB) { names = cast.Crowd(s.t, db, s.cast.Garten.ID, count) })
	return names
}

// rooms returns the names of the rooms of the homeserver, without those of the other groups of the cast, which come into
// being within an hour. A room in which nobody is has been given up.
func (s *story) rooms() (names []string) {
	var found struct {
		Rooms []struct {
			Name    string `json:"name"`
			Members int    `json:"joined_members"`
		} `json:"rooms"`
	}
	s.Server.Ask(s.bot, http.MethodGet, "/_synapse/admin/v1/rooms?limit=1000", nil, &found)
	for _, r := range found.Rooms {
		if !strings.HasPrefix(r.Name, "Garten") && !strings.HasPrefix(r.Name, "Chor") && r.Members > 0 {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

// listenerRoom makes a room that is told everything public.
func (s *story) listenerRoom() string {
	s.t.Helper()
	var made struct {
		Room string `json:"room_id"`
	}
	s.Server.Ask(s.tokens["anna"], http.MethodPost, "/_matrix/client/v3/createRoom",
		map[string]any{"name": "Stadtgespräch", "preset": "private_chat", "invite": []string{id("grouprise-bot")}}, &made)
	if status := s.Server.Ask(s.bot, http.MethodPost, "/_matrix/client/v3/join/"+url.PathEscape(made.Room), map[string]any{}, nil); status != http.StatusOK {
		s.t.Fatalf("the bot cannot join the listener room: %d", status)
	}
	return made.Room
}

// problems returns what stands in the way of rooms.
func (s *story) problems() (all []string) {
	db, err := sqldb.Open(context.WithoutCancel(s.t.Context()), s.DB)
	if err != nil {
		return []string{err.Error()}
	}
	defer db.Close()
	if err := db.Select(context.WithoutCancel(s.t.Context()), &all, `SELECT kind || ' ' || COALESCE(room_id, '-') || ' ' || problem FROM chat_rooms ORDER BY id`); err != nil {
		return []string{err.Error()}
	}
	return all
}

func (s *story) groupID() int64 {
	s.t.Helper()
	db, err := sqldb.Open(s.t.Context(), s.DB)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	var group int64
	if err := db.Get(s.t.Context(), &group, `SELECT g.id FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.slug = 'werkstatt'`); err != nil {
		s.t.Fatal(err)
	}
	return group
}
