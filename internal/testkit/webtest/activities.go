package webtest

import (
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Activities returns what has happened so far, oldest first, one line each: the activity, the entity, the person it
// happened to and who did it, such as "membership.created garten carla by carla". What an activity does not
// have is left out.
func Activities(t testing.TB, db *sqldb.DB) []string {
	t.Helper()
	var rows []struct {
		Name   string `db:"name"`
		Entity string `db:"entity"`
		Person string `db:"person"`
		Actor  string `db:"actor"`
	}
	err := db.Select(t.Context(), &rows, `
		SELECT e.name, COALESCE(n.slug, '') AS entity, COALESCE(pn.slug, '') AS person, COALESCE(an.slug, '') AS actor
		  FROM activities e LEFT JOIN entities n ON n.id = e.entity_id
		  LEFT JOIN people p ON p.id = e.person_id LEFT JOIN entities pn ON pn.id = p.entity_id
		  LEFT JOIN people a ON a.id = e.actor_id LEFT JOIN entities an ON an.id = a.entity_id
		 ORDER BY e.id`)
	if err != nil {
		t.Fatal(err)
	}
	var activities []string
	for _, r := range rows {
		text := r.Name
		for _, part := range [...]string{r.Entity, r.Person} {
			if part != "" {
				text += " " + part
			}
		}
		if r.Actor != "" {
			text += " by " + r.Actor
		}
		activities = append(activities, text)
	}
	return activities
}
