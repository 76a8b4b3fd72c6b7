package attendance

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the answers of a person.
func holdings() []estate.Holding {
	return []estate.Holding{{Table: "attendances", Column: "person_id", Fate: estate.Dropped, Export: estate.Pages[exportedAttendance]("attendances", `
		SELECT a.id, a.content_id, COALESCE(d.day, '') AS day, a.answer, a.guests, a.waiting, a.answered_at
		  FROM attendances a LEFT JOIN event_dates d ON d.id = a.date_id WHERE a.person_id = ? AND a.id > ? ORDER BY a.id LIMIT ?`)}}
}

type exportedAttendance struct {
	estate.Row

	ContentID  int64      `db:"content_id"  json:"content_id"`
	Day        string     `db:"day"         json:"day,omitempty"` // of the date; left out for a whole series
	Answer     string     `db:"answer"      json:"answer"`
	Guests     int        `db:"guests"      json:"guests"`
	Waiting    bool       `db:"waiting"     json:"waiting"`
	AnsweredAt clock.Time `db:"answered_at" json:"answered_at"`
}
