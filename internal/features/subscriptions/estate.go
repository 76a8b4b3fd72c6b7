package subscriptions

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the subscriptions of a person. Who subscribes to the person's own page is about others.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "subscriptions", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "subscriptions", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedSubscription]("subscriptions", `
			SELECT e.slug, s.created_at FROM subscriptions s JOIN entities e ON e.id = s.entity_id WHERE s.person_id = ? ORDER BY s.id`)},
	}
}

type exportedSubscription struct {
	To        string     `db:"slug"       json:"to"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
