package chat_test

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

const baseURL = "https://stadt.example"

// town is the cast with a homeserver.
type town struct {
	*cast.Cast
	*matrixtest.Server
	db       *sqldb.DB
	queue    *queue.Queue
	outbox   *outbox.Outbox
	chat     *chat.Chat
	later    atomic.Int64 // how far the clock is ahead
	language string
	behind   leftBehind
}

// leftBehind are the rows of rooms that the channel was told of as left behind.
type leftBehind []int64

func (l *leftBehind) LeaveBehind(_ context.Context, _ *sqldb.Tx, rooms []int64, _ bool) error {
	*l = append(*l, rooms...)
	return nil
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), Server: matrixtest.New(t), language: "en"}
	now := func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }
	w.db = db.WithClock(now)
	w.queue = queue.New(w.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	catalogues := localetest.Catalogues(t)
	server, err := matrix.New(matrix.Config{URL: w.URL, User: matrixtest.Bot, Token: matrixtest.Token, Clock: now, Noted: func(ctx context.Context, err error) { w.chat.NoteServer(ctx, err) }})
	if err != nil {
		t.Fatal(err)
	}
	w.chat = chat.New(chat.Deps{
		DB: w.db, Queue: w.queue, Log: slog.New(slog.DiscardHandler), Server: server, Domain: matrixtest.Domain, BaseURL: baseURL, Messages: &w.behind,
		Bots: []string{"@commander:" + matrixtest.Domain}, SiteName: func() string { return "Neustadt" },
		Printer: func() *lang.Printer { return catalogues.Printer(w.language, time.UTC) },
	})
	m := w.chat.Module()
	w.outbox = outbox.New(w.queue)
	w.outbox.React(m.Reactions...)
	w.queue.Handle(m.Jobs...)
	w.queue.Handle(queue.Kind{Name: outbox.JobNotify, Handle: func(context.Context, queue.Job) error { return nil }})
	w.queue.Schedule(m.Periodics...)
	return w
}

// hour lets a bit more than an hour pass, and everything that is due in it.
func (w *town) hour(t *testing.T) {
	t.Helper()
	for range 14 {
		w.later.Add(int64(5 * time.Minute))
		w.drain(t)
	}
}

// drain runs what is due. That the homeserver is away is no failure of a test.
func (w *town) drain(t *testing.T) {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil && !strings.Contains(err.Error(), "chat server can’t") {
		t.Fatal(err)
	}
}

// record lets something happen.
func (w *town) record(t *testing.T, change func(tx *sqldb.Tx) error, a community.Activity) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		_, err := w.outbox.Record(t.Context(), tx, a)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) execute(t *testing.T, name community.ActivityName, group community.Group, personID int64, statement string, args ...any) {
	t.Helper()
	w.record(t, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), statement, args...)
		return err
	}, community.Activity{Name: name, EntityID: group.EntityID, PersonID: personID})
}

func (w *town) join(t *testing.T, g community.Group, personID int64) {
	t.Helper()
	w.execute(t, community.MembershipCreated, g, personID, `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, 1)`, g.ID, personID)
}

func (w *town) leave(t *testing.T, g community.Group, personID int64) {
	t.Helper()
	w.execute(t, community.MembershipEnded, g, personID, `DELETE FROM memberships WHERE group_id = ? AND person_id = ?`, g.ID, personID)
}

// client returns what somebody speaks to the homeserver with.
func (w *town) client(t *testing.T, name string) *matrix.Client {
	t.Helper()
	c, err := matrix.New(matrix.Config{URL: w.URL, User: id(name), Token: w.Account(id(name))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func id(local string) string { return "@" + local + ":" + matrixtest.Domain }

func ids(locals ...string) (all []string) {
	for _, l := range locals {
		all = append(all, id(l))
	}
	return all
}

func (w *town) present(t *testing.T, alias string, want ...string) {
	t.Helper()
	if got := w.Present(w.Find(alias)); !slices.Equal(got, ids(want...)) {
		t.Errorf("in %s are %v, want %v", alias, got, want)
	}
}

func TestGroupsHaveTwoRoomsAndTheSiteASpace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hour(t)
		if n := len(w.Rooms()); n != 5 {
			t.Fatalf("there are %d rooms", n)
		}
		public, private, space := w.Find("garten"), w.Find("garten-private"), w.Find("groups.space")
		for _, c := range []struct {
			room, kind, field string
			want              any
		}{
			{public, "m.room.name", "name", "Garten am Bach"},
			{public, "m.room.topic", "topic", baseURL + "/garten/"},
			{public, "m.room.join_rules", "join_rule", "public"},
			{private, "m.room.name", "name", "Garten am Bach (private)"},
			{private, "m.room.topic", "topic", baseURL + "/garten/ – members only"},
			{private, "m.room.join_rules", "join_rule", "invite"},
			{private, "m.room.canonical_alias", "alias", "#garten-private:" + matrixtest.Domain},
			{space, "m.room.name", "name", "Neustadt"},
			{space, "m.room.create", "type", "m.space"},
		} {
			if got := w.State(c.room, c.kind, "")[c.field]; got != c.want {
				t.Errorf("%s %s: %v, want %v", c.kind, c.field, got, c.want)
			}
		}
		if !w.Listed(public) || w.Listed(private) || !w.Listed(space) {
			t.Error("the directory shows the wrong rooms")
		}
		if w.State(space, "m.space.child", public)["via"] == nil || w.State(space, "m.space.child", private) != nil {
			t.Error("the space holds the wrong rooms")
		}
		if w.Level(public, id("bert")) != 50 || w.Level(public, id("carla")) != 0 || w.Level(private, id("bert")) != 50 {
			t.Error("members of the group have the wrong level")
		}
		w.present(t, "garten", "anna", "bert")
		w.present(t, "garten-private", "anna", "bert")
		w.present(t, "chor-private", "anna")

		before := w.Changes(public, "m.room.power_levels") + w.Changes(public, "m.room.name") + w.Changes(private, "m.room.member") + w.Changes(space, "m.space.child")
		w.hour(t)
		if n := w.Changes(public, "m.room.power_levels") + w.Changes(public, "m.room.name") + w.Changes(private, "m.room.member") + w.Changes(space, "m.space.child"); n != before || len(w.Rooms()) != 5 {
			t.Errorf("what is as it should be was set again: %d events, before %d", n, before)
		}
	})
}

func TestInAPrivateRoomOnlyTheBotInvites(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.hour(t)
	room := w.Find("garten-private")
	w.Join(t, id("bert"), room)
	bert := w.client(t, "bert")
	if err := bert.Invite(t.Context(), room, id("carla")); err == nil {
		t.Error("a member invites a stranger")
	}
	if err := bert.SetState(t.Context(), room, matrix.State{Type: "m.room.join_rules", Content: map[string]any{"join_rule": "public"}}); err == nil {
		t.Log("the simulated server knows no levels of single events") // the levels themselves are compared below
	}
	levels, _ := w.State(room, "m.room.power_levels", "")["events"].(map[string]any)
	for _, kind := range []string{"m.room.join_rules", "m.room.power_levels", "m.room.history_visibility"} {
		if fmt.Sprint(levels[kind]) != "100" {
			t.Errorf("%s takes %v", kind, levels[kind])
		}
	}
	w.Enter(id("carla"), room)
	w.Enter(id("commander"), room)
	w.hour(t)
	w.present(t, "garten-private", "anna", "bert", "commander")
}

func TestWhoLeavesARoomIsNotInvitedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hour(t)
		public, private := w.Find("garten"), w.Find("garten-private")
		w.Join(t, id("bert"), private)
		w.Leave(id("bert"), private)
		w.Leave(id("bert"), public) // turned down
		w.hour(t)
		w.present(t, "garten-private", "anna")
		w.present(t, "garten", "anna")

		w.leave(t, w.Garten, w.Bert.ID)
		w.drain(t)
		w.join(t, w.Garten, w.Bert.ID)
		w.drain(t)
		w.present(t, "garten-private", "anna", "bert")
		w.present(t, "garten", "anna", "bert")
	})
}

func TestWhoLeavesTheGroupIsRemovedFromItsRooms(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hour(t)
		w.Join(t, id("bert"), w.Find("garten-private"))
		w.Join(t, id("bert"), w.Find("garten"))
		w.leave(t, w.Garten, w.Bert.ID)
		w.drain(t)
		w.present(t, "garten-private", "anna")
		w.present(t, "garten", "anna")
		if w.Level(w.Find("garten"), id("bert")) != 0 {
			t.Error("who has left is still a moderator")
		}
		w.Join(t, id("bert"), w.Find("garten")) // as everybody may
		w.hour(t)
		w.present(t, "garten", "anna", "bert")
	})
}

// TestAMemberCannotKeepTheBotFromTheirRoom lets somebody write nonsense into the state of a room before they leave the group.
func TestAMemberCannotKeepTheBotFromTheirRoom(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.hour(t)
	room := w.Find("garten-private")
	w.Join(t, id("bert"), room)
	bert := w.client(t, "bert")
	mark := w.State(room, "org.grouprise.room", "")
	for _, s := range []matrix.State{
		{Type: "org.grouprise.room", Content: map[string]any{"site": 5, "kind": []string{"private"}, "owner": "x"}},
		{Type: matrix.Canonical, Content: map[string]any{"alias": 5, "alt_aliases": "x"}},
		{Type: matrix.Name, Content: map[string]any{"name": map[string]any{"x": 1}}},
		{Type: matrix.Topic, Content: map[string]any{"topic": nil}},
		{Type: matrix.Avatar, Content: map[string]any{"url": 5}},
		{Type: matrix.SpaceChild, Key: "x", Content: map[string]any{"via": 5}},
	} {
		if err := bert.SetState(t.Context(), room, s); err != nil {
			t.Fatal(err)
		}
	}
	w.leave(t, w.Garten, w.Bert.ID)
	w.hour(t)
	w.present(t, "garten-private", "anna")
	if got := w.State(room, "org.grouprise.room", ""); !reflect.DeepEqual(got, mark) {
		t.Errorf("the room bears the mark %v", got)
	}
	if name, alias := w.State(room, matrix.Name, "")["name"], w.State(room, matrix.Canonical, "")["alias"]; name != "Garten am Bach (private)" || alias != "#garten-private:"+matrixtest.Domain {
		t.Errorf("the room is called %v, %v", name, alias)
	}
}

func TestWhoDeletesTheirAccountIsRemovedFromAllRooms(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.hour(t)
	w.record(t, func(*sqldb.Tx) error { return nil }, community.Activity{Name: community.PersonDeleted, PersonID: w.Bert.ID})
	cast.Execute(t, w.db, `DELETE FROM memberships WHERE person_id = ?`, w.Bert.ID)
	cast.Execute(t, w.db, `UPDATE chat_guests SET person_id = NULL WHERE person_id = ?`, w.Bert.ID)
	cast.Execute(t, w.db, `DELETE FROM chat_ids WHERE person_id = ?`, w.Bert.ID)
	w.drain(t)
	w.present(t, "garten-private", "anna")
	w.present(t, "garten", "anna")
}

func TestRoomsFollowTheirGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hour(t)
		public, private, space := w.Find("garten"), w.Find("garten-private"), w.Find("groups.space")
		w.execute(t, community.GroupChanged, w.Garten, 0, `UPDATE entities SET name = 'Gärtnerei', slug = 'gaertnerei', slug_key = 'gaertnerei' WHERE id = ?`, w.Garten.EntityID)
		w.drain(t)
		if got := w.State(public, "m.room.name", "")["name"]; got != "Gärtnerei" {
			t.Errorf("the room is called %v", got)
		}
		if w.Find("gaertnerei") != public || w.Find("garten") != public || w.State(private, "m.room.canonical_alias", "")["alias"] != "#gaertnerei-private:"+matrixtest.Domain {
			t.Error("the aliases do not follow")
		}
		w.execute(t, community.GroupArchived, w.Garten, 0, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Garten.EntityID)
		w.hour(t)
		if w.Listed(public) || fmt.Sprint(w.State(public, "m.room.power_levels", "")["events_default"]) != "100" || w.State(space, "m.space.child", public)["via"] != nil {
			t.Error("the room of an archived group is open")
		}
		w.execute(t, community.GroupReactivated, w.Garten, 0, `UPDATE entities SET archived_at = NULL WHERE id = ?`, w.Garten.EntityID)
		w.hour(t)
		if !w.Listed(public) || fmt.Sprint(w.State(private, "m.room.power_levels", "")["events_default"]) != "0" || w.State(space, "m.space.child", public)["via"] == nil {
			t.Error("the room of a reactivated group is closed")
		}
		w.record(t, func(*sqldb.Tx) error { return nil }, community.Activity{Name: community.GroupRemoved, EntityID: w.Garten.EntityID})
		cast.Execute(t, w.db, `DELETE FROM memberships WHERE group_id = ?`, w.Garten.ID)
		cast.Execute(t, w.db, `DELETE FROM chat_rooms WHERE entity_id = ?`, w.Garten.EntityID)
		w.drain(t)
		if w.Find("gaertnerei") != "" || w.Listed(public) || w.State(space, "m.space.child", public)["via"] != nil {
			t.Error("the rooms of a removed group are found")
		}
		for _, room := range []string{public, private} {
			if in := w.Present(room); len(in) > 0 || w.Membership(room, matrixtest.Bot) == "join" {
				t.Errorf("in the room of a removed group are %v", in)
			}
		}
	})
}

// TestAHomeserverMayBeAwayForDays lets everything happen while the homeserver is away, limits and loses answers, and
// compares the end with that of a homeserver that is there.
func TestAHomeserverMayBeAwayForDays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.SetAway(true)
		w.hour(t)
		w.leave(t, w.Garten, w.Bert.ID)
		w.join(t, w.Garten, w.Carla.ID)
		for range 3 * 24 {
			w.later.Add(int64(time.Hour))
			w.drain(t)
		}
		h, err := w.chat.Health(t.Context())
		if err != nil || h.AwayAt.IsZero() || h.Waiting != (chat.Waiting{Rooms: 5}) || h.Problem == "" {
			t.Errorf("the homeserver is away: %+v, %v", h, err)
		}
		w.SetAway(false)
		w.Lose(3)
		for range 40 {
			w.Limit(2)
			w.later.Add(int64(time.Minute))
			w.drain(t)
		}
		w.Limit(-1)
		w.Lose(1)
		w.hour(t)
		w.hour(t)
		if h, err := w.chat.Health(t.Context()); err != nil || !h.AwayAt.IsZero() || h.Waiting != (chat.Waiting{}) {
			t.Errorf("the homeserver is back: %+v, %v", h, err)
		}
		if w.Limited == 0 {
			t.Error("the limit was never reached")
		}
		w.present(t, "garten", "anna", "carla")
		w.present(t, "garten-private", "anna", "carla")
		if n := len(w.Rooms()); n != 5 {
			t.Errorf("there are %d rooms", n)
		}
		if w.Invitations != 6 {
			t.Errorf("%d invitations were made, want 6", w.Invitations)
		}
	})
}

func TestManyMembersAreInvitedInPortions(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	const many = 260
	for n := range many {
		p := cast.AddPerson(t, w.db, fmt.Sprint("gast", n))
		cast.Execute(t, w.db, `UPDATE people SET password = 'x' WHERE id = ?`, p.ID)
		cast.Join(t, w.db, w.Chor.ID, p.ID)
	}
	w.hour(t)
	if n := len(w.Present(w.Find("chor-private"))); n != many+1 {
		t.Errorf("%d people are invited", n)
	}
	if n := w.Changes(w.Find("chor-private"), "m.room.member"); n != many+2 {
		t.Errorf("%d invitations", n)
	}
}

func TestSomebodyWhoseServerIsAwayHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	const elsewhere = "away.example.org"
	cast.Execute(t, w.db, `INSERT INTO chat_ids (person_id, matrix_id, proven, created_at) VALUES (?, ?, ?, 1)`, w.Anna.ID, "@anna:"+elsewhere, true)
	w.SetDead(elsewhere)
	w.hour(t)
	w.present(t, "garten-private", "bert")
	if h, err := w.chat.Health(t.Context()); err != nil || !h.AwayAt.IsZero() || h.Waiting.Invitations == 0 {
		t.Errorf("it stands with the homeserver like %+v, %v", h, err)
	}
	w.SetDead("")
	w.hour(t)
	if got := w.Present(w.Find("garten-private")); !slices.Contains(got, "@anna:"+elsewhere) {
		t.Errorf("in the room are %v", got)
	}
}

// TestEverybodyWhoIsStillToBeInvitedIsCounted lets a homeserver take ten invitations for hundreds of members, more than one
// look at a room invites.
func TestEverybodyWhoIsStillToBeInvitedIsCounted(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	const many, burst = 300, 10
	w.hour(t)
	cast.Crowd(t, w.db, w.Chor.ID, many)
	w.LimitInvitations(1e-6, burst, time.Now)
	w.hour(t)
	all, err := w.chat.Statuses(t.Context(), "chor")
	if err != nil || len(all) != 2 {
		t.Fatalf("there are %+v, %v", all, err)
	}
	h, err := w.chat.Health(t.Context())
	if asking := max(all[0].Asking, all[1].Asking); err != nil || asking < many-burst || h.Waiting.Invitations < asking {
		t.Errorf("%d people are to be invited to a room of the choir, and %d in all: %v", asking, h.Waiting.Invitations, err)
	}
}

func TestANameThatIsTakenOnTheHomeserverIsNotFoughtFor(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	stranger := w.client(t, "garten")
	taken, err := stranger.CreateRoom(t.Context(), matrix.NewRoom{Alias: "garten", Name: "Ein anderer Garten", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	w.hour(t)
	if w.Find("garten") != taken || w.Find("garten-room") == "" {
		t.Error("the alias was taken over")
	}
	w.present(t, "garten-room", "anna", "bert")
	w.hour(t)
	if n := len(w.Rooms()); n != 6 {
		t.Errorf("there are %d rooms", n)
	}
}

func TestARoomThatIsThereIsTakenOverByItsID(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	old, err := matrix.New(matrix.Config{URL: w.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	room, err := old.CreateRoom(t.Context(), matrix.NewRoom{Name: "Alt", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Enter(id("moderator"), room)
	cast.Execute(t, w.db, `INSERT INTO chat_rooms (kind, owner, entity_id, room_id, changed_at) VALUES ('public', ?, ?, ?, 1)`, w.Garten.EntityID, w.Garten.EntityID, room)
	w.hour(t)
	if w.Find("garten") != room || w.State(room, "m.room.name", "")["name"] != "Garten am Bach" {
		t.Error("the room was not taken over")
	}
	w.present(t, "garten", "anna", "bert", "moderator")
}

func TestAnAliasWithoutARoomIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]int{
		"nothing behind it": matrixtest.OnlyAlias, "nobody in its room": matrixtest.OnlyCreator, "the bot alone in its room": matrixtest.OnlyEntered,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t, dbtest.SQLite(t))
			cast.Execute(t, w.db, `INSERT INTO chat_rooms (kind, owner, entity_id, alias, changed_at) VALUES ('private', ?, ?, ?, 1)`,
				w.Garten.EntityID, w.Garten.EntityID, "#garten-private:"+matrixtest.Domain)
			w.HalfMake("garten-private", made)
			w.hour(t)
			room := w.Find("garten-private")
			if w.Find("garten-private-room") != "" || len(w.Rooms()) != 5 {
				t.Errorf("the room has another alias; there are %d rooms", len(w.Rooms()))
			}
			w.present(t, "garten-private", "anna", "bert")
			if w.State(room, "m.room.join_rules", "")["join_rule"] != "invite" || w.State(room, "m.room.name", "")["name"] != "Garten am Bach (private)" {
				t.Error("the room lacks something")
			}
			if w.Level(room, matrixtest.Bot) != 100 {
				t.Error("the bot may not do everything")
			}
		})
	}
}

func TestARoomOfSomebodyElseKeepsItsAliasEvenIfItWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	stranger := w.client(t, "garten")
	taken, err := stranger.CreateRoom(t.Context(), matrix.NewRoom{Alias: "garten", Name: "Ein anderer Garten", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	cast.Execute(t, w.db, `INSERT INTO chat_rooms (kind, owner, entity_id, alias, changed_at) VALUES ('public', ?, ?, ?, 1)`, w.Garten.EntityID, w.Garten.EntityID, "#garten:"+matrixtest.Domain)
	w.hour(t)
	if w.Find("garten") != taken {
		t.Error("the alias was taken from a room that somebody is in")
	}
}

func TestAGroupMovesToAnotherRoom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hour(t)
		old := w.Find("garten-private")
		w.Join(t, id("anna"), old)
		w.Join(t, id("bert"), old)
		w.Leave(id("bert"), old)
		anna := w.client(t, "anna")
		fresh, err := anna.CreateRoom(t.Context(), matrix.NewRoom{Name: "Unser Raum"})
		if err != nil {
			t.Fatal(err)
		}
		move := func(room string) error {
			return w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.chat.Move(t.Context(), tx, w.Garten, chat.Private, room) })
		}
		for room, kind := range map[string]errs.Kind{"": errs.Invalid, "garten": errs.Invalid, "#garten:example.org": errs.Invalid, w.Find("garten"): errs.Conflict} {
			if err := move(room); !errs.Is(err, kind) {
				t.Errorf("moving to %q: %v", room, err)
			}
		}
		if err := anna.Invite(t.Context(), fresh, matrixtest.Bot); err != nil {
			t.Fatal(err)
		}
		levels := map[string]any{"users": map[string]any{id("anna"): 100, matrixtest.Bot: 100}}
		if err := anna.SetState(t.Context(), fresh, matrix.State{Type: matrix.Levels, Content: levels}); err != nil {
			t.Fatal(err)
		}
		w.SetAway(true)
		if err := move(fresh); err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		w.SetAway(false)
		w.Lose(2)
		w.hour(t)
		if len(w.behind) != 1 {
			t.Errorf("left behind are %v", w.behind)
		}
		said := w.Messages(old)
		if len(said) != 1 || !strings.Contains(said[0].Text, fresh) || !strings.Contains(said[0].HTML, "https://matrix.to/#/") {
			t.Errorf("the farewell is %+v", said)
		}
		if w.Find("garten-private") != fresh || w.State(old, "m.room.canonical_alias", "")["alias"] != nil {
			t.Errorf("the alias leads to %s, not %s", w.Find("garten-private"), fresh)
		}
		w.present(t, "garten-private", "anna", "bert")
		if n := w.Invited(fresh, id("bert")); n != 1 {
			t.Errorf("Bert was invited %d times", n)
		}
		if n := len(w.Messages(fresh)); n != 0 {
			t.Errorf("in the new room stand %d messages", n)
		}
	})
}

func TestHowManyAreInARoomAndWhenSomebodySaidSomethingIsCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hour(t)
		room := w.Find("garten")
		w.Join(t, id("anna"), room)
		w.Join(t, id("bert"), room)
		anna := w.client(t, "anna")
		if _, err := anna.Send(t.Context(), room, "1", matrix.Message{Text: "Hallo"}); err != nil {
			t.Fatal(err)
		}
		w.hour(t)
		w.SetAway(true)
		w.hour(t)
		all, err := w.chat.Statuses(t.Context(), "garten")
		if err != nil || len(all) != 2 {
			t.Fatalf("there are %+v, %v", all, err)
		}
		if all[1].Members != 2 || time.Since(all[1].SaidAt.Time) > time.Hour || all[0].Members != 0 || !all[0].SaidAt.IsZero() {
			t.Errorf("it is said that %+v", all)
		}
		if _, err := w.chat.Statuses(t.Context(), "anna"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a person has rooms: %v", err)
		}
	})
}

// TestThousandsAreInvitedWithinTheLimits invites 5,000 people at a homeserver that takes 50 invitations a second, by a
// clock that goes on when everything has been done.
func TestThousandsAreInvitedWithinTheLimits(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("5,000 invitations")
	}
	w := newTown(t, dbtest.SQLite(t))
	const many = 5000
	names := cast.Crowd(t, w.db, w.Chor.ID, many)
	cast.Execute(t, w.db, `INSERT INTO chat_rooms (kind, owner, entity_id, changed_at) VALUES ('private', ?, ?, 1)`, w.Chor.EntityID, w.Chor.EntityID)
	now := func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }
	w.LimitInvitations(50, 1000, now)
	began := w.later.Load()
	w.hour(t)
	for room := w.Find("chor-private"); len(w.Present(room)) < many+1; w.drain(t) {
		if w.later.Add(int64(20 * time.Second)); time.Duration(w.later.Load()-began) > 24*time.Hour {
			t.Fatalf("only %d people are invited after a day", len(w.Present(room)))
		}
	}
	room := w.Find("chor-private")
	for _, name := range names {
		if times := w.Invited(room, id(name)); times != 1 {
			t.Fatalf("a member was invited %d times", times)
		}
	}
	if w.Limited == 0 {
		t.Error("the limit was never reached")
	}
}

func TestNobodyGetsTheMatrixIDOfAnother(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	w.hour(t)
	// Anna takes another name, and Carla hers.
	cast.Execute(t, w.db, `UPDATE entities SET slug = 'anna2', slug_key = 'anna2' WHERE id = ?`, w.Anna.EntityID)
	cast.Execute(t, w.db, `UPDATE entities SET slug = 'anna', slug_key = 'anna' WHERE id = ?`, w.Carla.EntityID)
	cast.Join(t, w.db, w.Chor.ID, w.Carla.ID)
	w.leave(t, w.Chor, w.Anna.ID)
	w.hour(t)
	w.present(t, "chor-private")
	w.present(t, "garten-private", "anna", "bert")
}
