package preferences

import "grouprise.org/grouprise/internal/core/estate"

func holdings() []estate.Holding {
	return []estate.Holding{{
		Table: "preferences", Column: "person_id", Fate: estate.Dropped,
		Export: estate.List[exportedPreference]("preferences", `
			SELECT channel, entity_id, content_id, conversation_id, timing FROM preferences WHERE person_id = ?
			 ORDER BY channel, entity_id, content_id, conversation_id`),
	}}
}

// exportedPreference is when the person is told on a channel: everywhere, or where an id is not 0.
type exportedPreference struct {
	Channel        string `db:"channel"         json:"channel"`
	EntityID       int64  `db:"entity_id"       json:"entity_id,omitzero"`
	ContentID      int64  `db:"content_id"      json:"content_id,omitzero"`
	ConversationID int64  `db:"conversation_id" json:"conversation_id,omitzero"`
	Timing         string `db:"timing"          json:"timing"`
}
