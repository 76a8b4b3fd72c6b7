package inbox

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "inbox_entries", Column: "person_id", Fate: estate.Dropped, Export: estate.Pages[exportedEntry]("notifications", `
			SELECT i.id, COALESCE(a.name, '') AS about, i.content_id, i.conversation_id, i.contribution_id, i.created_at, i.read_at
			  FROM inbox_entries i LEFT JOIN activities a ON a.id = i.activity_id WHERE i.person_id = ? AND i.id > ? ORDER BY i.id LIMIT ?`)},
	}
}

type exportedEntry struct {
	estate.Row

	About          string     `db:"about"           json:"about"` // the name of the activity
	ContentID      *int64     `db:"content_id"      json:"content_id,omitempty"`
	ConversationID *int64     `db:"conversation_id" json:"conversation_id,omitempty"`
	ContributionID *int64     `db:"contribution_id" json:"contribution_id,omitempty"`
	CreatedAt      clock.Time `db:"created_at"      json:"created_at"`
	ReadAt         clock.Time `db:"read_at"         json:"read_at,omitzero"`
}
