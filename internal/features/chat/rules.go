package chat

import (
	"html"
	"maps"
	"net/url"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
)

// Kind says what a room is for.
type Kind string

// The kinds of rooms.
const (
	Public  Kind = "public"  // of a group, for everybody
	Private Kind = "private" // of a group, for its members
	Space   Kind = "space"   // of the site, holds the public rooms
)

// spaceAlias is the local part of the alias of the space. No group can have it: there are no dots in short names.
const spaceAlias = "groups.space"

// Levels of power. Members are moderators of the rooms of their group; what decides about a room itself the bot alone may.
const (
	reader    = 0
	moderator = 50
	botOnly   = 100
)

// raised is how many members of a group are moderators of its public room at most: their ids stand in one event, which
// may have 64 KB.
const raised = 500

// roomName returns what a room of a group is called.
func roomName(p *lang.Printer, k Kind, group string) string {
	if k == Private {
		return p.T("%s (private)", group)
	}
	return group
}

// roomTopic returns the line below the name of a room of a group.
func roomTopic(p *lang.Printer, k Kind, url string) string {
	if k == Private {
		return p.T("%s – members only", url)
	}
	return url
}

// farewellMessage returns what is said in a room that a group has left for another one.
func farewellMessage(p *lang.Printer, k Kind, group, room string) matrix.Message {
	text := p.T("The public chat room of “%s” has moved: %s", group, room)
	if k == Private {
		text = p.T("The chat room for members of “%s” has moved: %s", group, room)
	}
	link := "https://matrix.to/#/" + url.PathEscape(room)
	page := strings.Replace(html.EscapeString(text), html.EscapeString(room), `<a href="`+html.EscapeString(link)+`">`+html.EscapeString(room)+`</a>`, 1)
	return matrix.Message{Text: text, HTML: page}
}

// aliases returns the local parts of the aliases that a room of a group would like to have, the best one first. A name that
// is taken on the homeserver is not fought for.
func aliases(k Kind, g community.Entity) []string {
	base := g.Slug
	if k == Private {
		base += "-private"
	}
	return []string{base, base + "-room", base + "-room.2", base + "-room.3"}
}

// levels are the power levels of a room, as an event holds them.
type levels map[string]any

// number returns a level, however it was decoded.
func (l levels) number(key string, usual int) int { return number(l[key], usual) }

func number(v any, usual int) int {
	switch n := v.(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return usual
}

// clone returns a copy, and its tables, which can be changed.
func (l levels) clone() (c levels, users, events map[string]any) {
	c, users, events = levels{}, map[string]any{}, map[string]any{}
	maps.Copy(c, l)
	for name, table := range map[string]map[string]any{"users": users, "events": events} {
		inner, _ := c[name].(map[string]any)
		maps.Copy(table, inner)
		c[name] = table
	}
	return c, users, events
}

// guarded are the events of a private room that would let others in, or read along.
func guarded() []string {
	return []string{"m.room.power_levels", "m.room.join_rules", "m.room.history_visibility", "m.room.guest_access", "m.room.encryption", "m.room.server_acl", "m.room.tombstone"}
}

// wish is what the power levels of a room of a group depend on.
type wish struct {
	kind     Kind
	archived bool
	members  []string        // ids, those who have been members for the longest time first
	former   map[string]bool // ids of who has just left
}

// apply returns the power levels as they should be, and whether that changes anything. What nobody asked for stays.
func (w wish) apply(now levels) (levels, bool) {
	next, users, events := now.clone()
	set := func(table map[string]any, key string, level, usual int) {
		if number(table[key], usual) != level {
			table[key] = level
		}
	}
	if w.kind == Private {
		set(next, "users_default", moderator, reader)
		set(next, "invite", botOnly, reader)
		for _, kind := range guarded() {
			set(events, kind, botOnly, next.number("state_default", moderator))
		}
	} else {
		set(next, "users_default", reader, reader)
		for _, id := range w.members[:min(len(w.members), raised)] {
			if number(users[id], reader) < moderator {
				users[id] = moderator
			}
		}
		for id := range w.former {
			if number(users[id], reader) == moderator {
				delete(users, id)
			}
		}
	}
	switch silent := next.number("events_default", reader) == botOnly; {
	case w.archived && !silent:
		next["events_default"] = botOnly
	case !w.archived && silent:
		next["events_default"] = reader
	}
	before, _, _ := now.clone()
	return next, !sameLevels(before, next)
}

// sameLevels compares levels as numbers, however they were decoded.
func sameLevels(a, b levels) bool {
	return maps.EqualFunc(a, b, func(x, y any) bool {
		inner, ok := x.(map[string]any)
		if !ok {
			return number(x, -1) == number(y, -1)
		}
		other, ok := y.(map[string]any)
		return ok && maps.EqualFunc(inner, other, func(x, y any) bool { return number(x, -1) == number(y, -1) })
	})
}

// guest is somebody who has been invited to a room.
type guest struct {
	MatrixID string `db:"matrix_id"`
	PersonID int64  `db:"person_id"` // 0 for somebody who is gone
	State    string `db:"state"`
	AskedAt  int64  `db:"asked_at"` // ms
	Joined   bool   `db:"joined"`   // they are in the room, as far as it was noted
}

// The states of guests.
const (
	inviting = "inviting" // the homeserver has perhaps been asked
	invited  = "invited"
	refused  = "refused" // the homeserver does not know whom to invite
)

// member is somebody who belongs to a group, by their Matrix id.
type member struct {
	PersonID int64  `db:"person_id"`
	MatrixID string `db:"matrix_id"`
}

// present is how somebody stands to a room on the homeserver.
type present struct {
	in, banned bool  // in the room or invited; kept out
	leftAt     int64 // ms; 0 if they have not left
}

// plan is what is to be done about the people of a room.
type plan struct {
	invite []member
	fresh  []member // of these, who has not been noted as such before
	note   []member // who is in already, or has left by themselves: they are noted and not invited
	kick   []string // ids
	forget []string // ids of guests who are to be forgotten, once they have been kicked
}

// planPeople compares who belongs to a group with who is in its room and who was invited. bots may be in every room.
func planPeople(k Kind, members []member, guests map[string]guest, there map[string]present, bots []string) (p plan) {
	belongs, people := map[string]bool{}, map[int64]bool{}
	for _, m := range members {
		belongs[m.MatrixID], people[m.PersonID] = true, true
		known, at := guests[m.MatrixID], there[m.MatrixID]
		switch {
		case known.State == invited || known.State == refused:
		case at.in || at.banned, known.State == inviting && at.leftAt >= known.AskedAt:
			p.note = append(p.note, m)
		default:
			p.invite = append(p.invite, m)
			if known.State == "" {
				p.fresh = append(p.fresh, m)
			}
		}
	}
	kicked := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(guests)) {
		if belongs[id] {
			continue
		}
		p.forget = append(p.forget, id)
		// Who has another account now keeps the old one in the public room, as whoever wants to may be there.
		if there[id].in && (k == Private || !people[guests[id].PersonID]) {
			p.kick, kicked[id] = append(p.kick, id), true
		}
	}
	if k == Private {
		for _, id := range slices.Sorted(maps.Keys(there)) {
			if there[id].in && !belongs[id] && !kicked[id] && !slices.Contains(bots, id) {
				p.kick = append(p.kick, id)
			}
		}
	}
	return p
}
