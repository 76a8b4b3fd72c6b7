package events

import "grouprise.org/grouprise/internal/core/estate"

// holdings are what the room keeps of a person. Their events are content.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "event_dates", Column: "entity_id", Profile: true, Fate: estate.Inherited},
		{Table: "calendar_keys", Column: "person_id", Fate: estate.Dropped},
		{Table: "calendar_keys", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "archived_dates", Column: "entity_id", Fate: estate.Impersonal},
		{Table: "event_hosts", Column: "entity_id", Fate: estate.Impersonal},
		{Table: "event_hosts", Column: "invited_by", Fate: estate.Cleared},
		{Table: "event_hosts", Column: "decided_by", Fate: estate.Cleared},
	}
}
