package groups

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "groups", Column: "entity_id", Fate: estate.Impersonal},
		{Table: "groups", Column: "created_by_id", Fate: estate.Cleared, Export: estate.List[exportedGroup]("groups", `
			SELECT e.slug, e.name, g.created_at FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE g.created_by_id = ? ORDER BY g.id`)},
	}
}

// exportedGroup is a group that the person founded.
type exportedGroup struct {
	Slug      string     `db:"slug"       json:"slug"`
	Name      string     `db:"name"       json:"name"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
