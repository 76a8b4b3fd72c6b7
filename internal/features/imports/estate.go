package imports

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are what the room keeps of a person: which imports they have set up. These stand still once the person is
// gone, until another member continues them.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "imports", Column: "author_id", Fate: estate.Cleared, Export: estate.List[exportedImport]("imports", `
			SELECT e.slug AS place, i.kind, i.address, i.name, i.public, i.created_at
			  FROM imports i JOIN "groups" g ON g.id = i.group_id JOIN entities e ON e.id = g.entity_id WHERE i.author_id = ? ORDER BY i.id`)},
	}
}

type exportedImport struct {
	Place     string     `db:"place"      json:"place"` // the slug of the group
	Kind      string     `db:"kind"       json:"kind"`
	Address   string     `db:"address"    json:"address"`
	Name      string     `db:"name"       json:"name"`
	Public    bool       `db:"public"     json:"public"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
