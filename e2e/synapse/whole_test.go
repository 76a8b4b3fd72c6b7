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
	"time"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
)

// event is something that stands in a room, as far as the tests look at it.
type event struct {
	ID      string `json:"event_id"`
	Type    string `json:"type"`
	Sender  string `json:"sender"`
	Content struct {
		Text string `json:"body"`
		New  struct {
			Text string `json:"body"`
		} `json:"m.new_content"`
		Relation struct {
			Kind   string `json:"rel_type"`
			Target string `json:"event_id"`
		} `json:"m.relates_to"`
	} `json:"content"`
}

// said returns what the bot has said in a room, as clients show it, and everything that stands in the source of its events.
func (s *story) said(room string) (shown []event, source string) {
	var found struct {
		Chunk []event `json:"chunk"`
	}
	s.Server.Ask(s.bot, http.MethodGet, "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=1000", nil, &found)
	for _, e := range slices.Backward(found.Chunk) {
		if e.Type != "m.room.message" || e.Sender != id("grouprise-bot") {
			continue
		}
		source += e.Content.Text + e.Content.New.Text + "\n"
		switch {
		case e.Content.Text == "": // taken out
		case e.Content.Relation.Kind == "m.replace":
			for i := range shown {
				if shown[i].ID == e.Content.Relation.Target {
					shown[i].Content.Text = e.Content.New.Text
				}
			}
		default:
			shown = append(shown, e)
		}
	}
	return shown, source
}

// reads waits until in a room stands what should, each a part of a message, and nothing else.
func (s *story) reads(alias string, want ...string) (got []event) {
	s.t.Helper()
	var texts []string
	same := func() bool {
		room := s.listener
		if alias != "" {
			room = s.room(alias)
		}
		got, _ = s.said(room)
		texts = nil
		for _, e := range got {
			texts = append(texts, e.Content.Text)
		}
		if !s.inOrder { // what a process that was killed had begun comes later
			slices.SortStableFunc(got, func(a, b event) int { return place(a, want) - place(b, want) })
			for i := range texts {
				texts[i] = got[i].Content.Text
			}
		}
		return slices.EqualFunc(texts, want, strings.Contains)
	}
	s.eventually(fmt.Sprintf("%q in the room %q", want, alias), func() bool {
		ok := same()
		if !ok {
			s.waitsFor = fmt.Sprintf("there stands %q", texts)
		}
		return ok
	})
	return got
}

// place returns which of some texts an event has.
func place(e event, want []string) int {
	return slices.IndexFunc(want, func(text string) bool { return strings.Contains(e.Content.Text, text) })
}

// happens lets everything happen on the site. between is called after each step.
func (s *story) happens(between func()) {
	s.t.Helper()
	s.post("anna", "/stadt/groups/add/", url.Values{"name": {"Werkstatt"}})
	for _, name := range []string{"bert", "carla", "dora"} {
		s.post(name, "/werkstatt/actions/join/", url.Values{})
		between()
	}
	publish := func(title string, public bool) {
		form := url.Values{"title": {title}, "text": {"Worte zu " + title + "."}}
		if public {
			form.Set("public", "on")
		}
		s.post("anna", "/werkstatt/articles/add/", form)
		between()
	}
	publish("Kassenstand", false)
	publish("Sommerfest", true)
	publish("Umzug", true)
	publish("Irrtum", true)
	s.post("bert", "/werkstatt/sommerfest/", url.Values{"text": {"Wer bringt Kuchen?"}})
	between()
	s.post("bert", "/werkstatt/sommerfest/", url.Values{"text": {"Das nehme ich zurück."}})
	between()
	s.post("anna", "/werkstatt/sommerfest/edit/", url.Values{"title": {"Herbstfest"}, "text": {"Es regnet."}, "slug": {"sommerfest"}, "public": {"on"}})
	s.post("anna", "/werkstatt/umzug/edit/", url.Values{"title": {"Umzug"}, "text": {"Nur für uns."}, "slug": {"umzug"}})
	between()
	comments := contribution.FindAllStringSubmatch(s.page("bert", "/werkstatt/sommerfest/"), -1)
	s.post("bert", "/werkstatt/sommerfest/contributions/"+comments[len(comments)-1][1]+"/delete/", url.Values{})
	s.post("anna", "/werkstatt/irrtum/delete/", url.Values{})
	between()
	s.post("carla", fmt.Sprintf("/stadt/groups/%d/resign/", s.groupID()), url.Values{})
}

var contribution = regexp.MustCompile(`id="contribution-(\d+)"`)

// ends compares what the homeserver holds with what should be there in the end, and counts it.
func (s *story) ends(invited ...string) {
	s.t.Helper()
	public := s.reads("werkstatt", "Article: [Herbstfest]", "Comment: [Herbstfest]")
	private := s.reads("werkstatt-private", "Article: [Kassenstand]", "Article: [Herbstfest]", "Article: [Umzug]", "Wer bringt Kuchen?")
	s.reads("", "[Werkstatt] Article: [Herbstfest]", "[Werkstatt] Comment: [Herbstfest]")
	if public[1].Content.Relation.Target != public[0].ID || private[3].Content.Relation.Target != private[1].ID {
		s.t.Errorf("comments stand in the wrong threads: %+v %+v", public, private)
	}
	for _, room := range []string{s.room("werkstatt"), s.listener} {
		_, source := s.said(room)
		for _, word := range []string{"Kassenstand", "Nur für uns", "Irrtum", "Umzug", "zurück"} {
			if strings.Contains(source, word) {
				s.t.Errorf("in the source of a public room stands %q: %s", word, source)
			}
		}
	}
	for _, alias := range []string{"werkstatt", "werkstatt-private"} {
		for _, name := range invited {
			s.eventually(name+" to be invited to "+alias, func() bool { return s.invitations(alias, name) > 0 })
			if n := s.invitations(alias, name); n != 1 {
				s.t.Errorf("%s was invited %d times to %s", name, n, alias)
			}
		}
		s.eventually("Carla to be out of "+alias, func() bool { m := s.standing(alias, "carla"); return m == "leave" || m == "" })
	}
	// The homeserver has an alias before its room, and counts who is in a room a moment after they have come.
	s.eventually("the space and all other rooms", func() bool { return s.room("groups.space") != "" && len(s.rooms()) >= 4 })
	if got, want := strings.Join(s.rooms(), ", "), "Stadt, Stadtgespräch, Werkstatt, Werkstatt (private)"; got != want {
		s.t.Errorf("the homeserver has the rooms %s, want %s", got, want)
	}
}

func TestRoomsOfAGroup(t *testing.T) {
	t.Parallel()
	for _, database := range []town.Database{town.SQLite, town.PostgreSQL} {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := newStory(t, database, synapse.Generous)
			s.happens(func() {})
			s.enter("werkstatt-private", "anna", "bert", "dora")
			s.does("dora", "leave", "werkstatt-private")
			s.ends("anna", "bert", "dora")
			if got := s.standing("werkstatt-private", "dora"); got != "leave" {
				t.Errorf("Dora has left by herself and is %q", got)
			}
		})
	}
}

func TestRoomsOfAGroupWhoseHomeserverIsAwayTheWholeTime(t *testing.T) {
	t.Parallel()
	for _, database := range []town.Database{town.SQLite, town.PostgreSQL} {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := newStory(t, database, synapse.Generous)
			s.Stop()
			s.happens(func() {})
			s.Run()
			s.ends("anna", "bert", "dora")
		})
	}
}

func TestRoomsOfAGroupWhoseHomeserverIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	for _, database := range []town.Database{town.SQLite, town.PostgreSQL} {
		t.Run(string(database), func(t *testing.T) {
			t.Parallel()
			s := newStory(t, database, synapse.Generous)
			s.inOrder = false
			step := 0
			s.happens(func() {
				if step++; step%3 == 0 {
					s.Kill()
					s.worker.Kill()
					s.worker = s.Start("worker")
					s.Run()
				}
			})
			s.ends("anna", "bert", "dora")
		})
	}
}

func TestRoomsOfAGroupWhoseHomeserverTakesLittle(t *testing.T) {
	t.Parallel()
	s := newStory(t, town.SQLite, hard)
	s.happens(func() {})
	s.ends("anna", "bert", "dora")
}

// hard are limits that are reached all the time.
const hard = `
rc_message: {per_second: 1, burst_count: 1}
rc_invites: {per_room: {per_second: 0.5, burst_count: 1}, per_user: {per_second: 0.5, burst_count: 1}, per_issuer: {per_second: 0.5, burst_count: 1}}
rc_room_creation: {per_second: 0.2, burst_count: 1}
rc_joins: {local: {per_second: 10000, burst_count: 10000}, remote: {per_second: 10000, burst_count: 10000}}
rc_login: {address: {per_second: 10000, burst_count: 10000}, account: {per_second: 10000, burst_count: 10000}}
rc_registration: {per_second: 10000, burst_count: 10000}
`

// TestAHalfMadeRoomGetsItsAlias leaves the homeserver as it is after it has died between an alias and its room.
func TestAHalfMadeRoomGetsItsAlias(t *testing.T) {
	t.Parallel()
	s := newStory(t, town.SQLite, synapse.Generous)
	s.Stop()
	s.post("anna", "/stadt/groups/add/", url.Values{"name": {"Werkstatt"}})
	s.eventually("the room to be wanted", func() bool { return len(s.problems()) >= 3 })
	s.worker.Stop()
	s.execute(`UPDATE chat_rooms SET alias = '#werkstatt:` + synapse.Domain + `' WHERE kind = 'public' AND room_id IS NULL AND entity_id = (SELECT id FROM entities WHERE slug = 'werkstatt')`)
	s.HalfMake("!half:"+synapse.Domain, "#werkstatt:"+synapse.Domain, id("grouprise-bot"))
	s.Run()
	s.worker = s.Start("worker")
	s.awaits("werkstatt", "anna", "invite")
	if s.room("werkstatt") == "!half:"+synapse.Domain || s.room("werkstatt-room") != "" {
		t.Errorf("the alias leads to %s", s.room("werkstatt"))
	}
}

// TestManyAreInvitedWithinTheLimits invites 300 members to both rooms of their group, at a homeserver that takes some
// invitations a second, while others post.
func TestManyAreInvitedWithinTheLimits(t *testing.T) {
	t.Parallel()
	s := newStory(t, town.SQLite, strings.NewReplacer("rc_invites: {per_room: {per_second: 10000, burst_count: 10000}", "rc_invites: {per_room: {per_second: 20, burst_count: 10}",
		"per_issuer: {per_second: 10000, burst_count: 10000}", "per_issuer: {per_second: 20, burst_count: 10}").Replace(synapse.Generous))
	const many = 300
	names := s.members(many)
	s.post("anna", "/garten/actions/join/", url.Values{})
	s.execute(`UPDATE chat_rooms SET settled_at = NULL`)
	if code, out := s.Call("", "matrix", "configure-rooms", "--group", "garten"); code != 0 {
		t.Fatal(out)
	}
	s.post("anna", "/garten/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wir feiern."}, "public": {"on"}})
	s.reads("garten", "Sommerfest")
	for _, alias := range []string{"garten", "garten-private"} {
		began := time.Now()
		s.eventually("everybody to be invited to "+alias, func() bool { return len(s.invited(alias)) >= many+2 })
		t.Logf("%s: everybody was invited after %s", alias, time.Since(began))
		invited := s.invited(alias)
		for _, name := range names {
			if invited[id(name)] != 1 {
				t.Errorf("%s was invited %d times to %s", name, invited[id(name)], alias)
			}
		}
	}
}
