package media

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// Estate returns what is kept of people beside their pictures: who uploaded which.
func Estate() []estate.Holding {
	return []estate.Holding{
		{Table: "images", Column: "creator_id", Fate: estate.Cleared, Export: estate.Pages[exportedPicture]("pictures", `
			SELECT id, name, created_at FROM images WHERE creator_id = ? AND id > ? ORDER BY id LIMIT ?`)},
	}
}

type exportedPicture struct {
	estate.Row

	Name      string     `db:"name"       json:"name"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
