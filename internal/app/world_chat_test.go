package app

import (
	"math/rand/v2"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

// chatWorlds is in how many random towns chat rooms are looked at.
const chatWorlds = worlds / 16

// TestNobodyReadsInChatRoomsWhatIsNotForThem compares what stands in chat rooms, in the source of events, too, with what those may
// read who have joined them, and with what anybody may read in those that anybody may enter.
func TestNobodyReadsInChatRoomsWhatIsNotForThem(t *testing.T) {
	t.Parallel()
	count := chatWorlds
	if testing.Short() {
		count = 2
	}
	town, seen := newChatTown(t), 0
	for seed := range count {
		w := &world{town: town.town, rand: rand.New(rand.NewPCG(uint64(seed), 11)), members: map[int64]map[int64]bool{}, wrote: map[string]map[int64]bool{}, published: map[int64]*bool{}, archived: map[int64]bool{}}
		cast.Execute(t, w.db, `DELETE FROM chat_messages`)
		town.Forget()
		w.clear(t)
		w.settle(t)
		town.enter(t, w)
		w.write(t)
		w.vanish(t)
		town.settle(t)
		w.leave(t)
		town.follow(t) // what becomes of a text reaches rooms on its own, and whoever has left is removed
		w.retract(t)
		w.remove(t)
		w.archive(t)
		town.follow(t)
		seen += town.readRooms(t, w)
		if t.Failed() {
			t.Fatalf("world %d has a leak, or hides something", seed)
		}
	}
	if seen == 0 {
		t.Error("nobody read anything: the test compares nothing")
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

// groupRoom is a room of a group at the homeserver.
type groupRoom struct {
	ID      string `db:"room_id"`
	Inside  bool   `db:"inside"`
	GroupID int64  `db:"group_id"`
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

// readRooms compares what stands in each room with what its readers may read.
func (w *chatTown) readRooms(t *testing.T, world *world) (seen int) {
	t.Helper()
	rooms := append(w.groupRooms(t), groupRoom{ID: w.listener})
	for _, room := range rooms {
		text, readers := w.Written(room.ID), []cast.Person{}
		if !room.Inside {
			readers = append(readers, cast.Person{}) // whoever likes
		}
		for _, p := range world.people() {
			if w.Membership(room.ID, "@"+strings.ToLower(p.Slug)+":"+matrixtest.Domain) != "join" {
				continue
			}
			readers = append(readers, p)
			if room.Inside && !world.members[room.GroupID][p.ID] {
				t.Errorf("“%s” is in the room of a group that they do not belong to", p.Slug)
			}
		}
		for _, m := range world.marks {
			if !contains(text, m.word) {
				continue
			}
			seen++
			for _, p := range readers {
				if !m.sees(p.ID) {
					t.Errorf("“%s” reads in a chat room %s, %s", p.Slug, m.word, m.what)
				}
			}
		}
	}
	return seen
}
