//go:build e2e && synapse

package synapse_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	mevent "maunium.net/go/mautrix/event"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// budget is how many megabytes a town with a bot needs at most beyond the same town without one.
const budget = 60

// TestTheBotNeedsLittleMemory compares the memory of a town that keeps an encrypted room, in which people have 300 devices,
// with that of one which has no chat. In both of them the same is posted. What counts is what each needed at most.
func TestTheBotNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	const many, devices, posts, speakers = 50, 6, 30, 5
	server := synapse.Start(t, synapse.Generous)
	bot := server.Register(botName, true)
	var phones []*synapse.Phone
	for n := range many {
		name := fmt.Sprint("gast", n)
		phones = append(phones, synapse.NewSleepingPhone(t, server, server.Register(name, false)))
		for range devices - 1 {
			synapse.NewSleepingPhone(t, server, server.SignIn(name))
		}
	}
	without := serve(t, nil)
	without.members(t, many)
	without.posts(posts)
	base := without.peak()
	without.process.Stop()

	s := serve(t, map[string]string{
		"MATRIX_CHAT_ENABLED": "true", "MATRIX_CHAT_DOMAIN": synapse.Domain, "MATRIX_CHAT_HOMESERVER_URL": server.URL,
		"MATRIX_CHAT_BOT_ACCESS_TOKEN": bot, "MATRIX_CHAT_ENCRYPT_PRIVATE_ROOMS": "true",
	})
	s.members(t, many)
	if code, out := s.Call("", "matrix", "configure-rooms", "--group", "garten"); code != 0 {
		t.Fatal(out)
	}
	room, invited := "", 0
	eventually(t, "everybody to be invited", func() bool {
		var joined struct {
			Room string `json:"room_id"`
		}
		server.Ask(bot, http.MethodGet, "/_matrix/client/v3/directory/room/"+url.PathEscape("#garten-private:"+synapse.Domain), nil, &joined)
		if room = joined.Room; room == "" {
			return false
		}
		var found struct {
			Chunk []any `json:"chunk"`
		}
		server.Ask(bot, http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/members?membership=invite", nil, &found)
		invited = len(found.Chunk)
		return invited >= many
	}, func() string { return fmt.Sprint(invited, " are") })
	for _, p := range phones {
		p.Join(room)
	}
	s.posts(posts)
	last := fmt.Sprint("Beitrag ", posts-1)
	for _, p := range []*synapse.Phone{phones[0], phones[many-1]} {
		p.Await("the last post", func(m *mevent.MessageEventContent) bool { return strings.Contains(m.Body, "["+last+"]") })
	}
	for _, p := range phones[:speakers] {
		p.Say(room, "Danke!")
	}
	heard := 0
	eventually(t, "the bot to have heard them", func() bool {
		withDB(t, s.Town, func(db *sqldb.DB) {
			if err := db.Get(t.Context(), &heard, `SELECT COUNT(*) FROM bot_heard`); err != nil {
				t.Fatal(err)
			}
		})
		return heard >= many+speakers
	}, func() string { return fmt.Sprint("it has heard ", heard, " events") })
	with := s.peak()
	t.Logf("a town needs %.0f MB at most, and %.0f MB with a bot in an encrypted room of %d people with %d devices", base, with, many, many*devices)
	if with-base > budget {
		t.Errorf("the bot needs %.0f MB, more than %d", with-base, budget)
	}
}

// served is a town that one process serves.
type served struct {
	*town.Town
	t       *testing.T
	process *town.Process
	cast    *cast.Cast
	anna    *http.Client
}

func serve(t *testing.T, options map[string]string) *served {
	t.Helper()
	all := map[string]string{"EMAIL_SUBMISSION_BACKEND": "dummy"}
	maps.Copy(all, options)
	s := &served{Town: town.New(t, town.SQLite, all), t: t}
	if code, out := s.Call("", "migrate"); code != 0 {
		t.Fatal(out)
	}
	withDB(t, s.Town, func(db *sqldb.DB) { s.cast = cast.New(t, db) })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.anna = &http.Client{Jar: jar}
	s.process = s.Start("serve")
	s.Open()
	send(t, s.anna, s.URL, "/stadt/login/", url.Values{"login": {"anna"}, "password": {cast.Password}})
	// What the start and the check of a password have needed is forgotten (proc_pid_clear_refs(5)).
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.PID()), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// members lets so many people belong to the garden.
func (s *served) members(t *testing.T, count int) {
	t.Helper()
	withDB(t, s.Town, func(db *sqldb.DB) { cast.Crowd(t, db, s.cast.Garten.ID, count) })
}

// posts lets Anna write so many internal articles.
func (s *served) posts(count int) {
	s.t.Helper()
	for n := range count {
		send(s.t, s.anna, s.URL, "/garten/articles/add/", url.Values{"title": {fmt.Sprint("Beitrag ", n)}, "text": {"Nur für uns."}})
	}
}

// peak returns how many megabytes of memory the process has needed at most since Anna has signed in.
func (s *served) peak() float64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	kilobytes, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	return float64(kilobytes) / 1024
}
