package accounts

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are how somebody signs in and stays signed in. The rows of sessions and tokens are secrets.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "person_settings", Column: "person_id", Fate: estate.Dropped},
		{Table: "sessions", Column: "person_id", Fate: estate.Dropped},
		{Table: "tokens", Column: "person_id", Fate: estate.Dropped},
		{Table: "tokens", Column: "entity_id", Profile: true, Fate: estate.Dropped},
		{Table: "app_passwords", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedAppPassword]("app_passwords", `
			SELECT name, scope, created_at, expires_at, used_at FROM app_passwords WHERE person_id = ? ORDER BY id`)},
		{Table: "email_addresses", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedAddress]("email_addresses", `
			SELECT m.address, m.main, m.verified_at, b.set_aside_at, COALESCE(b.answer, '') AS answer
			  FROM email_addresses m LEFT JOIN bounced_addresses b ON b.address_id = m.id WHERE m.person_id = ? ORDER BY m.id`)},
	}
}

type exportedAppPassword struct {
	Name      string     `db:"name"       json:"name"`
	Scope     Scope      `db:"scope"      json:"scope"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
	ExpiresAt clock.Time `db:"expires_at" json:"expires_at"`
	UsedAt    clock.Time `db:"used_at"    json:"used_at,omitzero"`
}

type exportedAddress struct {
	Address    string     `db:"address"      json:"address"`
	Main       bool       `db:"main"         json:"main"`
	VerifiedAt clock.Time `db:"verified_at"  json:"verified_at,omitzero"`
	SetAsideAt clock.Time `db:"set_aside_at" json:"set_aside_at,omitzero"`
	Answer     string     `db:"answer"       json:"answer,omitempty"` // with which a mail server refused the last email
}
