package events

import (
	"cmp"
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// For what people are asked whether they come, as the form says it. In the table asksNobody is empty.
const (
	asksForDates  = "dates"
	asksForSeries = "series"
	asksNobody    = "none"
)

// maxCapacity is how many places an event may have.
const maxCapacity = 100_000

// asks returns for what the form asks. That of a new event asks for each date.
func (f *form) asks() string { return cmp.Or(f.Answers, asksForDates) }

// checkAnswers returns what is wrong with the fields about who comes.
func (f *form) checkAnswers() (wrong []errs.FieldError) {
	switch f.Answers {
	case "", asksForDates, asksForSeries, asksNobody:
	default:
		wrong = append(wrong, errs.Field("answers", "Choose one of the options."))
	}
	if f.Capacity < 0 || f.Capacity > maxCapacity {
		wrong = append(wrong, errs.Field("capacity", "Enter a number from 0 to %d.", maxCapacity))
	}
	return wrong
}

// keepAnswers fills in what a form leaves out that knows nothing of who comes: scripts for grouprise 5.5 send neither
// field, nor does the form of a site on which nobody is asked. before is the zero value for a new event.
func (f *form) keepAnswers(before event) {
	if f.Answers != "" {
		return
	}
	f.Answers, f.Capacity = cmp.Or(before.Answers, asksNobody), before.Capacity
	if before.ContentID == 0 && f.room.deps.Answers {
		f.Answers = asksForDates
	}
}

// answers returns for what people are asked, as the table has it.
func (f *form) answers() string {
	if f.Answers == asksNobody {
		return ""
	}
	return f.Answers
}

// noteAnswers records that an event has more places or fewer than before, or that people are asked for something else.
func (r *Events) noteAnswers(ctx context.Context, tx *sqldb.Tx, before event, f *form) error {
	if before.Capacity == f.Capacity && before.Answers == f.answers() {
		return nil
	}
	return r.record(ctx, tx, community.Activity{Name: community.EventResized, ActorID: f.actorID, ContentID: before.ContentID})
}

// noteSplit records that a series has handed dates over to another one, for those who have answered for them.
func (r *Events) noteSplit(ctx context.Context, tx *sqldb.Tx, from, to, actorID int64) error {
	rows, err := listRows(ctx, tx, to)
	if err != nil || len(rows) == 0 {
		return err
	}
	return r.record(ctx, tx, community.Activity{Name: community.EventSplit, ActorID: actorID, ContentID: from, DateID: rows[0].ID})
}
