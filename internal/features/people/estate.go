package people

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the person and their profile themselves.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "entities", Column: "id", Profile: true, Fate: estate.Dropped},
		{Table: "name_words", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "former_slugs", Column: "entity_id", Profile: true, Fate: estate.Cleared},
		{Table: "people", Column: "entity_id", Profile: true, Fate: estate.Dropped, Export: estate.List[exportedProfile]("profile", `
			SELECT e.slug, e.name, p.first_name, p.last_name, p.about, p.public, p.language, e.colour, e.picture, e.cover, p.admin, p.joined_at, p.signed_in_at
			  FROM people p JOIN entities e ON e.id = p.entity_id WHERE p.entity_id = ?`)},
	}
}

type exportedProfile struct {
	Slug       string     `db:"slug"         json:"slug"`
	Name       string     `db:"name"         json:"name"`
	FirstName  string     `db:"first_name"   json:"first_name"`
	LastName   string     `db:"last_name"    json:"last_name"`
	About      string     `db:"about"        json:"about"`
	Public     bool       `db:"public"       json:"public"`
	Language   string     `db:"language"     json:"language"`
	Colour     string     `db:"colour"       json:"colour"`
	Picture    string     `db:"picture"      json:"picture"`
	Cover      string     `db:"cover"        json:"cover"`
	Admin      bool       `db:"admin"        json:"admin"`
	JoinedAt   clock.Time `db:"joined_at"    json:"joined_at"`
	SignedInAt clock.Time `db:"signed_in_at" json:"signed_in_at,omitzero"`
}
