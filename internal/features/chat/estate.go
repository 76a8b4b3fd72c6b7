package chat

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are what the room keeps of people: their Matrix ids, and to which rooms they were invited. That stays without
// their name until they have been removed from these rooms.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "chat_ids", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedID]("matrix_ids", `
			SELECT matrix_id, proven, created_at FROM chat_ids WHERE person_id = ? ORDER BY matrix_id`)},
		{Table: "chat_rooms", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "chat_guests", Column: "person_id", Fate: estate.Cleared, Export: estate.List[exportedInvitation]("chat_invitations", `
			SELECT e.slug, r.kind, g.matrix_id, g.asked_at FROM chat_guests g JOIN chat_rooms r ON r.id = g.room_id JOIN entities e ON e.id = r.entity_id
			 WHERE g.person_id = ? ORDER BY g.asked_at, g.room_id, g.matrix_id`)},
	}
}

type exportedID struct {
	ID        string     `db:"matrix_id"  json:"matrix_id"`
	Proven    bool       `db:"proven"     json:"proven"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}

// exportedInvitation is a room of a group to which the person was invited.
type exportedInvitation struct {
	Group string     `db:"slug"      json:"group"`
	Room  string     `db:"kind"      json:"room"`
	ID    string     `db:"matrix_id" json:"matrix_id"`
	At    clock.Time `db:"asked_at"  json:"at"`
}
