package app

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// chatWorlds is in how many random towns chat rooms are looked at.
const chatWorlds = 12

// TestNobodyReadsInChatRoomsWhatIsNotForThem compares what stands in chat rooms, in the source of events, too, with what those may
// read who have joined them, and with what anybody may read in those that anybody may enter. Rooms are those of groups, some of
// which answer, one that is told everything public, and those in which the site tells single people something.
func TestNobodyReadsInChatRoomsWhatIsNotForThem(t *testing.T) {
	t.Parallel()
	count := chatWorlds
	if testing.Short() {
		count = 6
	}
	town, seen := newChatTown(t), map[string]int{}
	for seed := range count {
		w := &world{town: town.town, rand: rand.New(rand.NewPCG(uint64(seed), 11)), members: map[int64]map[int64]bool{}, wrote: map[string]map[int64]bool{}, published: map[int64]*bool{}, archived: map[int64]bool{}}
		cast.Execute(t, w.db, `DELETE FROM chat_messages`)
		town.Forget()
		w.clear(t)
		w.settle(t)
		town.choose(t, w)
		town.enter(t, w)
		w.write(t)
		w.vanish(t)
		town.settle(t)
		town.enterOwn(t, w)
		town.answer(t, w)
		before := map[int64]map[int64]bool{}
		for group, members := range w.members {
			before[group] = maps.Clone(members)
		}
		w.leave(t)
		town.end(t, w, before)
		town.follow(t) // what becomes of a text reaches rooms on its own, and whoever has left is removed
		w.retract(t)
		town.change(t, w)
		w.remove(t)
		w.archive(t)
		town.follow(t)
		town.readRooms(t, w, seen)
		if t.Failed() {
			t.Fatalf("world %d has a leak, or hides something", seed)
		}
	}
	for _, kind := range []string{groupRooms, ownRooms, answers} {
		if seen[kind] == 0 {
			t.Errorf("nobody read anything in %s: the test compares nothing", kind)
		}
	}
}

// What is read in chat rooms.
const (
	groupRooms = "rooms of groups"
	ownRooms   = "rooms of single people"
	answers    = "answers from rooms"
)

// choose lets some people be told in chat instead of by mail, and the private rooms of some groups answer.
func (w *chatTown) choose(t *testing.T, world *world) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), `DELETE FROM chat_bridges`); err != nil {
			return err
		}
		for _, p := range world.people() {
			if err := w.Chat().GiveIDs(t.Context(), tx, p.ID); err != nil {
				return err
			}
			if err := chat.SetNotifies(t.Context(), tx, p.ID, world.rand.IntN(3) > 0); err != nil {
				return err
			}
		}
		for _, g := range world.groups() {
			if world.rand.IntN(3) == 0 {
				continue
			}
			if _, err := tx.Exec(t.Context(), `INSERT INTO chat_bridges (entity_id, created_at) VALUES (?, ?)`, g.EntityID, tx.Now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// enterOwn lets people enter the rooms in which the site tells them something.
func (w *chatTown) enterOwn(t *testing.T, world *world) {
	t.Helper()
	for _, p := range world.people() {
		if room := w.direct(p.Slug); room != "" && w.Membership(room, matrixID(p.Slug)) == "invite" {
			w.Join(t, matrixID(p.Slug), room)
		}
	}
	w.settle(t)
}

// answer lets members answer in the private rooms of their groups. In those that answer it becomes a comment or message.
func (w *chatTown) answer(t *testing.T, world *world) {
	t.Helper()
	for _, room := range w.groupRooms(t) {
		if !room.Inside {
			continue
		}
		for n, head := range w.Messages(room.ID) {
			author := world.anybody()
			about := slices.IndexFunc(world.marks, func(m mark) bool {
				return contains(head.Text, m.word) && (strings.HasPrefix(m.what, "an item") || strings.HasPrefix(m.what, "the subject"))
			})
			if about < 0 || head.Thread != "" || !world.members[room.GroupID][author.ID] || w.Membership(room.ID, matrixID(author.Slug)) != "join" {
				continue
			}
			word := fmt.Sprintf("antwort%dx%d", room.GroupID, n)
			w.answerTo(t, room, head.ID, author, word)
			var id int64
			err := w.db.Get(t.Context(), &id, `SELECT id FROM contributions WHERE text = ?`, word)
			if errs.Is(err, errs.NotFound) {
				continue // the room does not answer
			}
			if err != nil {
				t.Fatal(err)
			}
			m := world.marks[about]
			reads, conversation := m.sees, strings.HasPrefix(m.what, "the subject")
			if conversation { // whoever has written in one reads on
				world.wrote["conversation "+m.word][author.ID] = true
			}
			m.word, m.what, m.contribution = word, "an answer from a room to "+m.what, id
			m.sees = func(person int64) bool {
				return reads(person) && (conversation || world.members[room.GroupID][person] || person == author.ID)
			}
			world.marks = append(world.marks, m)
		}
	}
}

// answerTo lets a member say a word in the thread of a message.
func (w *chatTown) answerTo(t *testing.T, room groupRoom, head string, author cast.Person, word string) {
	t.Helper()
	said := w.Put(matrixID(author.Slug), room.ID, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": word, "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": head},
	})
	w.hear(t, bot.Event{ID: said, Room: room.ID, Sender: matrixID(author.Slug), Type: "m.room.message", Kind: "m.text", Text: word, Thread: head, At: time.Now()})
}

// end tells the house who does not belong to groups any more.
func (w *chatTown) end(t *testing.T, world *world, before map[int64]map[int64]bool) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, g := range world.groups() {
			for person := range before[g.ID] {
				if world.members[g.ID][person] {
					continue
				}
				e := community.Activity{Name: community.MembershipEnded, ActorID: person, EntityID: g.EntityID, PersonID: person}
				if err := world.record(t.Context(), tx, e); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
}

// change lets rooms look again at what is not public any more, as editing does.
func (w *chatTown) change(t *testing.T, world *world) {
	t.Helper()
	for id, public := range world.published {
		if !*public {
			cast.Execute(t, w.db, `UPDATE chat_messages SET due = TRUE WHERE content_id = ?`, id)
		}
	}
}

// follow lets all rooms be looked at, and everything that has vanished.
func (w *chatTown) follow(t *testing.T) {
	t.Helper()
	if err := w.Chat().Refresh(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	w.reconcile(t)
}

// enter lets most of those who are invited enter the rooms of their groups, and some people public rooms of others.
func (w *chatTown) enter(t *testing.T, world *world) {
	t.Helper()
	w.follow(t)
	for _, room := range w.groupRooms(t) {
		for _, p := range world.people() {
			id := "@" + strings.ToLower(p.Slug) + ":" + matrixtest.Domain
			if w.Membership(room.ID, id) == "invite" && world.rand.IntN(4) > 0 || !room.Inside && world.rand.IntN(4) == 0 {
				w.Join(t, id, room.ID)
			}
		}
	}
}

// groupRoom is a room at the homeserver: of a group, of one person, or one that is told everything public.
type groupRoom struct {
	ID       string `db:"room_id"`
	Inside   bool   `db:"inside"`
	GroupID  int64  `db:"group_id"`
	PersonID int64  `db:"-"`
}

func (w *chatTown) groupRooms(t *testing.T) (all []groupRoom) {
	t.Helper()
	err := w.db.Select(t.Context(), &all, `
		SELECT r.room_id, r.kind = 'private' AS inside, g.id AS group_id FROM chat_rooms r JOIN "groups" g ON g.entity_id = r.entity_id WHERE r.room_id IS NOT NULL ORDER BY r.id`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mayEnter reports whether somebody may be in a room.
func (r groupRoom) mayEnter(world *world, person int64) bool {
	switch {
	case r.PersonID != 0:
		return r.PersonID == person
	case r.Inside:
		return world.members[r.GroupID][person]
	default:
		return true
	}
}

// readRooms compares what stands in each room with what its readers may read, and counts what was read in which kind of room.
func (w *chatTown) readRooms(t *testing.T, world *world, seen map[string]int) {
	t.Helper()
	rooms := append(w.groupRooms(t), groupRoom{ID: w.listener})
	for _, p := range world.people() {
		if room := w.direct(p.Slug); room != "" {
			rooms = append(rooms, groupRoom{ID: room, Inside: true, PersonID: p.ID})
		}
	}
	for _, room := range rooms {
		text, readers := w.Written(room.ID), []cast.Person{}
		if !room.Inside {
			readers = append(readers, cast.Person{}) // whoever likes
		}
		for _, p := range world.people() {
			if w.Membership(room.ID, matrixID(p.Slug)) != "join" {
				continue
			}
			readers = append(readers, p)
			if !room.mayEnter(world, p.ID) {
				t.Errorf("“%s” is in the room of others", p.Slug)
			}
		}
		for _, m := range world.marks {
			if !contains(text, m.word) {
				continue
			}
			switch {
			case room.PersonID != 0:
				seen[ownRooms]++
			case strings.HasPrefix(m.what, "an answer"):
				seen[answers]++
			default:
				seen[groupRooms]++
			}
			for _, p := range readers {
				if !m.sees(p.ID) {
					t.Errorf("“%s” reads in a chat room %s, %s", p.Slug, m.word, m.what)
				}
			}
		}
	}
}
