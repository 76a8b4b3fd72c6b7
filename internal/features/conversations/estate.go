package conversations

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "conversations", Column: "entity_id", Profile: true, Fate: estate.Inherited},
		{Table: "conversations", Column: "author_id", Fate: estate.Inherited, Export: estate.Pages[exportedConversation]("conversations", `
			SELECT c.id, e.slug AS recipient, c.subject, c.created_at FROM conversations c JOIN entities e ON e.id = c.entity_id
			 WHERE c.author_id = ? AND c.id > ? ORDER BY c.id LIMIT ?`)},
	}
}

// exportedConversation is a conversation that the person began.
type exportedConversation struct {
	estate.Row

	Recipient string     `db:"recipient"  json:"recipient"` // the slug of a group or a person
	Subject   string     `db:"subject"    json:"subject"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
