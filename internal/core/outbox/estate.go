package outbox

import "grouprise.org/grouprise/internal/core/estate"

// Estate returns what is kept of whoever did something, or had it done to them: a number. What happened stands in
// other tables, under whoever it belongs to.
func Estate() []estate.Holding {
	return []estate.Holding{
		{Table: "activities", Column: "actor_id", Fate: estate.Kept},
		{Table: "activities", Column: "person_id", Fate: estate.Kept},
	}
}
