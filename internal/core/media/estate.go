package media

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// Estate returns what is kept of people beside their pictures: who uploaded which, and what they say of them in galleries.
func Estate() []estate.Holding {
	return []estate.Holding{
		{
			Table: "images", Column: "creator_id", Fate: estate.Cleared, Export: estate.Pages[exportedPicture]("pictures", `
			SELECT id, name, created_at FROM images WHERE creator_id = ? AND id > ? ORDER BY id LIMIT ?`),
			// What is said of them in the galleries of others is for others.
			Also: estate.Pages[exportedCaption]("gallery_pictures", `
			SELECT y.id, y.content_id, i.name, y.caption, y.alt FROM images i JOIN gallery_pictures y ON y.image_id = i.id JOIN contents c ON c.id = y.content_id AND c.author_id = i.creator_id
			 WHERE i.creator_id = ? AND y.id > ? ORDER BY y.id LIMIT ?`),
		},
	}
}

type exportedCaption struct {
	estate.Row

	ContentID int64  `db:"content_id" json:"content"`
	Name      string `db:"name"       json:"picture"`
	Caption   string `db:"caption"    json:"caption"`
	Alt       string `db:"alt"        json:"description"`
}

type exportedPicture struct {
	estate.Row

	Name      string     `db:"name"       json:"name"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
}
