package push

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the devices of a person. Their addresses and keys are secrets: whoever has them can send there.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "push_devices", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedDevice]("devices", `
			SELECT name, created_at FROM push_devices WHERE person_id = ? ORDER BY id`)},
	}
}

type exportedDevice struct {
	Name      string     `db:"name"       json:"name"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
