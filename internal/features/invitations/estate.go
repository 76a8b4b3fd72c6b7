package invitations

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are what the room keeps of a person. What became of their invitations is content of the group.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "calendar_invitations", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedInvitation]("calendar_invitations", `
			SELECT uid, entity_id, content_id, sender, received_at FROM calendar_invitations WHERE person_id = ? ORDER BY id`)},
		{Table: "calendar_invitations", Column: "entity_id", Fate: estate.Impersonal},
		{Table: "calendar_answers", Column: "person_id", Fate: estate.Dropped},
		{Table: "calendar_wishes", Column: "person_id", Fate: estate.Dropped},
	}
}

type exportedInvitation struct {
	UID        string     `db:"uid"         json:"uid"`
	EntityID   int64      `db:"entity_id"   json:"entity_id"`
	ContentID  *int64     `db:"content_id"  json:"content_id,omitempty"`
	Sender     string     `db:"sender"      json:"sender"`
	ReceivedAt clock.Time `db:"received_at" json:"received_at"`
}
