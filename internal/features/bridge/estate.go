package bridge

import "grouprise.org/grouprise/internal/core/estate"

// holdings are what the room keeps of groups. It keeps nothing of people: what they say is theirs as a comment or message.
func holdings() []estate.Holding {
	return []estate.Holding{{Table: "chat_bridges", Column: "entity_id", Fate: estate.Impersonal}}
}
