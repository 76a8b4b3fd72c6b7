package events

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/recur"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// seriesDate is a date of a series as it is kept, and as the series says it.
type seriesDate struct {
	event

	stored  dateRow
	day     wall
	regular span
}

// seriesDate returns the date of a series whose day this is; NotFound if there is none.
func (r *Events) seriesDate(ctx context.Context, q sqldb.Querier, contentID int64, day string) (d seriesDate, err error) {
	var found dated
	if found.event, err = getEvent(ctx, q, contentID); err != nil {
		return d, err
	}
	if found.Date, err = getRow(ctx, q, contentID, day); err != nil {
		return d, err
	}
	return r.dateOf(found)
}

// dateOf returns a date of a series as it is kept, and as the series says it; NotFound if the event is none.
func (r *Events) dateOf(found dated) (seriesDate, error) {
	d := seriesDate{event: found.event, stored: found.Date}
	s, err := d.span(&r.zones)
	if err != nil {
		return d, err
	}
	d.day, _ = parseWall(d.stored.Day)
	if d.regular = s.on(d.day); !d.repeats() {
		return d, community.ErrNothingHere()
	}
	return d, nil
}

// state returns what a date says, to be compared with what it said when somebody opened it.
func (d dateRow) state() string {
	state := strings.Join([]string{d.Begins, d.Ends, d.PlaceKey}, "|")
	if d.Cancelled {
		state = "cancelled|" + state
	}
	return state
}

// change is what somebody makes of one date of a series.
type change struct {
	day       string
	opened    string // what the date said when they opened it
	to        span
	place     string
	cancelled bool
}

// split is where a series becomes two: the dates from a day on belong to another event from then on.
type split struct {
	next *form  // of the event that goes on
	path string // of its page, once it is there
}

// heir says what an event goes on with that has been split off.
type heir struct {
	from   int64  // the event that it was
	day    string // the first one that it takes over
	before event  // that event, as if it had begun on this day
}

// reviseDate changes a date of a series, alone or with all that follow, and returns where the result is to be seen.
func (r *Events) reviseDate(ctx context.Context, v community.Viewer, o openedDate, d dateForm) (path string, err error) {
	asked := *o.form
	asked.Begins, asked.Ends, asked.Place, asked.Repetition = d.Begins, d.Ends, d.Place, Repetition{Repeats: once}
	if err := asked.Validate(); err != nil {
		return "", err
	}
	f := o.form
	f.Version = d.Version
	if d.Scope != following {
		f.change = &change{day: o.date.stored.Day, opened: d.Opened, to: asked.span(), place: asked.Place, cancelled: d.Cancelled}
		item, err := r.content.Revise(ctx, v, o.item.ID, f)
		return community.DatePath(item.Path(), o.date.stored.Day), err
	}
	begins, _ := parseWall(f.Begins)
	if begins.day().Equal(o.date.day.Time) { // all of them follow
		f.Begins, f.Ends, f.Place, f.Cancelled = asked.Begins, asked.Ends, asked.Place, f.Cancelled || d.Cancelled
		item, err := r.content.Revise(ctx, v, o.item.ID, f)
		return item.Path(), err
	}
	if err := r.divide(o, &asked); err != nil {
		return "", err
	}
	asked.Cancelled = f.Cancelled || d.Cancelled
	asked.actorID = v.PersonID
	if _, err := r.content.Revise(ctx, v, o.item.ID, f); err != nil {
		return "", err
	}
	return f.split.path, nil
}

// divide lets the series of a form end before a date, and another one begin with what is asked.
func (r *Events) divide(o openedDate, asked *form) error {
	s, err := o.date.span(&r.zones)
	if err != nil {
		return err
	}
	rule, err := o.date.rule(s)
	if err != nil {
		return err
	}
	earlier := len(rule.Days(s.Begins.Time, o.date.day.add(-1).Time))
	head, tail := rule, rule
	if rule.Count > 0 {
		head.Count, tail.Count = earlier, rule.Count-earlier
	} else {
		head.Until = o.date.day.add(-1).Time
	}
	regular := o.date.regular
	o.form.Repetition, asked.Repetition = fieldsOf(head, s, earlier == 1), fieldsOf(tail, regular, tail.Count == 1)
	begins := asked.span().Begins
	if asked.Repeats == byRule && !begins.day().Equal(o.date.day.Time) {
		return errs.Check(errs.Field("time", "These dates can only be moved to another day by changing the whole series."))
	}
	before := o.date.event
	before.Begins, before.Ends = before.walls(regular)
	before.Rule = tail.String()
	asked.heir = &heir{from: o.item.ID, day: o.date.stored.Day, before: before}
	o.form.split = &split{next: asked}
	return asked.Validate()
}

// fieldsOf returns the fields that say a rule of a series, or a single date.
func fieldsOf(r recur.Rule, s span, single bool) Repetition {
	if single {
		return Repetition{Repeats: once}
	}
	return repetitionOf(r, s.Begins, s.Zone)
}

// saveChange keeps what somebody has made of one date.
func (f *form) saveChange(ctx context.Context, tx *sqldb.Tx, id int64) error {
	d, err := f.room.seriesDate(ctx, tx, id, f.change.day)
	if err != nil {
		return err
	}
	own := d.event
	own.Place, own.PlaceKey = f.change.place, placeKey(f.change.place)
	changed := own.row(f.change.to)
	changed.ID, changed.Day, changed.Cancelled = d.stored.ID, d.stored.Day, f.change.cancelled
	changed.Altered = changed.differs(d.row(d.regular))
	if f.change.opened != "" && d.stored.state() != f.change.opened && d.stored.state() != changed.state() {
		return errs.New(errs.Conflict, "Someone else has changed this date in the meantime. Check it and save again.")
	}
	if err := updateDate(ctx, tx, changed); err != nil {
		return err
	}
	if f.starts, f.ends, err = getNext(ctx, tx, id, tx.Now); err != nil {
		return err
	}
	if d.Cancelled { // all of it
		return nil
	}
	before, after := d.at(d.stored), own.at(changed)
	latest := changed.EndsAt
	if d.stored.EndsAt.After(latest.Time) {
		latest = d.stored.EndsAt
	}
	return f.room.noteChange(ctx, tx, noted{ContentID: id, DateID: changed.ID, ActorID: f.actorID, EndsAt: latest}, before, after)
}

// ChangesPart implements content.Partial.
func (f *form) ChangesPart() bool { return f.change != nil }

var _ content.Partial = (*form)(nil)
