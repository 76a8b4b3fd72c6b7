package texts

import "grouprise.org/grouprise/internal/core/estate"

// Estate is who is named in texts: of somebody who is gone the name stays, and leads nowhere.
func Estate() []estate.Holding {
	return []estate.Holding{
		{Table: "mentions", Column: "entity_id", Profile: true, Fate: estate.Cleared},
		{Table: "mention_notices", Column: "person_id", Fate: estate.Dropped},
	}
}
