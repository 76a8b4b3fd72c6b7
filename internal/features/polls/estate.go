package polls

import (
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/clock"
)

// holdings are the votes of a person. What they have said goes on counting when their account is gone, without their
// name.
func holdings() []estate.Holding {
	return []estate.Holding{
		{Table: "poll_votes", Column: "person_id", Fate: estate.Cleared, Export: estate.Pages[exportedVote]("poll_votes", `
			SELECT id, content_id, ballot, voted_at FROM poll_votes WHERE person_id = ? AND id > ? ORDER BY id LIMIT ?`)},
		{Table: "poll_turnouts", Column: "person_id", Fate: estate.Dropped, Export: estate.List[exportedTurnout]("poll_turnouts", `
			SELECT content_id FROM poll_turnouts WHERE person_id = ? ORDER BY content_id`)},
	}
}

type exportedVote struct {
	estate.Row

	ContentID int64      `db:"content_id" json:"content_id"`
	Ballot    string     `db:"ballot"     json:"ballot"`
	VotedAt   clock.Time `db:"voted_at"   json:"voted_at"`
}

// exportedTurnout is a secret poll in which the person has voted.
type exportedTurnout struct {
	ContentID int64 `db:"content_id" json:"content_id"`
}
