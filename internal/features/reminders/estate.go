package reminders

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "reminder_wishes", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedWish]("reminder_wishes", `
			SELECT e.slug, w.created_at FROM reminder_wishes w JOIN "groups" g ON g.id = w.group_id JOIN entities e ON e.id = g.entity_id
			 WHERE w.person_id = ? ORDER BY w.group_id`)},
		{Table: "reminders", Column: "person_id", Fate: estate.Dropped},
	}
}

// exportedWish is a group of whose events the person wants to be reminded.
type exportedWish struct {
	Group     string     `db:"slug"       json:"group"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
