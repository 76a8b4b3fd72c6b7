package chatsettings

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the chats that the site has with a person. They stay without their name until the site has left them.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "chat_directs", Column: "person_id", Fate: estate.Cleared, Export: estate.List[exportedDirect]("chats", `
			SELECT matrix_id, state, created_at FROM chat_directs WHERE person_id = ? ORDER BY id`)},
	}
}

// exportedDirect is a chat with the person.
type exportedDirect struct {
	MatrixID  string     `db:"matrix_id"  json:"matrix_id"`
	State     string     `db:"state"      json:"state"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
