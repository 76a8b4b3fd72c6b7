package membership

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the memberships and applications of a person. Whom they made a member is about others.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "invitations", Column: "created_by_id", Fate: estate.Dropped, Export: estate.List[exportedInvitation]("invitations", `
			SELECT e.slug, i.created_at, i.expires_at FROM invitations i JOIN "groups" g ON g.id = i.group_id JOIN entities e ON e.id = g.entity_id
			 WHERE i.created_by_id = ? ORDER BY i.id`)},
		{Table: "memberships", Column: "created_by_id", Fate: estate.Inherited},
		{Table: "memberships", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedMembership]("memberships", `
			SELECT e.slug, m.joined_at FROM memberships m JOIN "groups" g ON g.id = m.group_id JOIN entities e ON e.id = g.entity_id
			 WHERE m.person_id = ? ORDER BY m.id`)},
		{Table: "membership_applications", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedApplication]("membership_applications", `
			SELECT e.slug, a.created_at, a.declined_at FROM membership_applications a JOIN "groups" g ON g.id = a.group_id JOIN entities e ON e.id = g.entity_id
			 WHERE a.person_id = ? ORDER BY a.id`)},
	}
}

type exportedMembership struct {
	Group    string     `db:"slug"      json:"group"`
	JoinedAt clock.Time `db:"joined_at" json:"joined_at"`
}

type exportedInvitation struct {
	Group     string     `db:"slug"       json:"group"`
	CreatedAt clock.Time `db:"created_at" json:"created_at"`
	ExpiresAt clock.Time `db:"expires_at" json:"expires_at"`
}

type exportedApplication struct {
	Group      string     `db:"slug"        json:"group"`
	CreatedAt  clock.Time `db:"created_at"  json:"created_at"`
	DeclinedAt clock.Time `db:"declined_at" json:"declined_at,omitzero"`
}
