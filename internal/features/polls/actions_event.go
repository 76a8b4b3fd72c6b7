package polls

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// A poll that has found a date becomes an event: its form begins with what the poll says, and those who have voted
// under their accounts have answered whether they come.

// found returns a poll and the option that the event is made of, if everybody may know how the poll stands.
func (r *Polls) found(ctx context.Context, q sqldb.Querier, from content.Item, part string) (poll, option, error) {
	p, err := getPoll(ctx, q, from.ID)
	if err != nil {
		return p, option{}, err
	}
	id, err := strconv.ParseInt(part, 10, 64)
	at := slices.IndexFunc(p.Options, func(o option) bool { return o.ID == id })
	switch {
	case err != nil || at < 0 || !p.Dated:
		return p, option{}, community.ErrNothingHere()
	case p.concealed(r.deps.DB.Now()):
		return p, option{}, errs.New(errs.Conflict, "The results are hidden until the poll ends.")
	}
	return p, p.Options[at], nil
}

// seed returns what the form of an event begins with that takes place on a date of a poll.
func (r *Polls) seed(ctx context.Context, q sqldb.Querier, from content.Item, part string) (url.Values, error) {
	p, o, err := r.found(ctx, q, from, part)
	if err != nil {
		return nil, err
	}
	values := url.Values{"title": {from.Title}, "text": {from.Text}, "time": {o.Begins}, "until_time": {o.Until}, "zone": {p.Zone}}
	if from.Public {
		values.Set("public", "on")
	}
	return values, nil
}

// grow notes which event was made of a date, and lets those who have voted come to it, unless the poll is secret.
// Guests are known by a name alone, which proves nothing.
func (r *Polls) grow(ctx context.Context, tx *sqldb.Tx, from content.Item, part string, id int64) error {
	p, o, err := r.found(ctx, tx, from, part)
	if err != nil {
		return err
	}
	if err := setEvent(ctx, tx, o.ID, id); err != nil {
		return err
	}
	if p.Secret || p.Ranked || r.attend == nil {
		return nil
	}
	votes, err := listVotes(ctx, tx, from.ID, maxCounted)
	if err != nil {
		return err
	}
	answers := map[int64]string{}
	for _, v := range votes {
		b, err := v.ballot()
		if err != nil {
			return err
		}
		if value, voted := b[o.ID]; voted && v.PersonID != 0 {
			answers[v.PersonID] = answerName(value)
		}
	}
	return r.attend(ctx, tx, id, answers)
}

// answerName returns what a value is called in addresses, forms and other rooms.
func answerName(value int) string { return [...]string{"no", "maybe", "yes"}[value] }

// answerValue returns the value of a name.
func answerValue(name string) (value int, ok bool) {
	switch name {
	case "yes":
		return yes, true
	case "maybe":
		return maybe, true
	case "no":
		return no, true
	default:
		return 0, false
	}
}
