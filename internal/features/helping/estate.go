package helping

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

func holdings() []estate.Holding {
	return []estate.Holding{{
		Table: "help_takings", Column: "person_id", Fate: estate.Dropped,
		Export: estate.List[exportedTaking]("help_takings", `
			SELECT c.title AS event, d.begins, n.title, t.amount, t.taken_at
			  FROM help_takings t JOIN help_needs n ON n.id = t.need_id JOIN event_dates d ON d.id = t.date_id JOIN contents c ON c.id = n.content_id
			 WHERE t.person_id = ? AND t.amount > 0 ORDER BY t.taken_at, t.date_id, t.need_id`),
	}}
}

type exportedTaking struct {
	Event   string     `db:"event"    json:"event"`
	Begins  string     `db:"begins"   json:"begins"`
	Title   string     `db:"title"    json:"title"`
	Amount  int        `db:"amount"   json:"amount"`
	TakenAt clock.Time `db:"taken_at" json:"taken_at"`
}
