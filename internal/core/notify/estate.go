package notify

import "grouprise.org/grouprise/internal/core/estate"

// Estate returns what is kept of whoever is told of something.
func Estate() []estate.Holding {
	return []estate.Holding{{Table: "deliveries", Column: "person_id", Fate: estate.Dropped}}
}
