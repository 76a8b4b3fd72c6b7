package events

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/recur"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// repeats reports whether the event is a series.
func (e event) repeats() bool { return e.Rule != "" }

// layout returns how the walls of the event are kept.
func (e event) layout() string {
	if e.AllDay {
		return wallDay
	}
	return wallTime
}

// rule returns the rule of a series.
func (e event) rule(s span) (recur.Rule, error) {
	rule, err := recur.Parse(e.Rule, s.Begins.Time, s.Zone)
	if err != nil {
		return rule, fmt.Errorf("read the rule of event %d: %w", e.ContentID, err)
	}
	return rule, nil
}

// days returns on which days an event begins: one, or those of a series, up to two years from now, or from its first date
// if that is later.
func (e event) days(s span, now clock.Time) ([]wall, error) {
	if !e.repeats() {
		return []wall{s.Begins.day()}, nil
	}
	rule, err := e.rule(s)
	if err != nil {
		return nil, err
	}
	from := now.Time
	if s.Begins.After(from) {
		from = s.Begins.Time
	}
	var days []wall
	excluded := map[string]bool{}
	for day := range strings.SplitSeq(e.Excluded, ",") {
		excluded[day] = true
	}
	for _, day := range rule.Days(s.Begins.Time, recur.Horizon(from)) {
		if !excluded[day.Format(wallDay)] {
			days = append(days, wall{day})
		}
	}
	return days, nil
}

// on returns when the date of a series takes place whose day this is: by the same clock, whatever the zone does.
func (s span) on(day wall) span {
	moved := s
	moved.Begins = wall{s.Begins.Add(day.Sub(s.Begins.day().Time))}
	if !s.Ends.IsZero() {
		moved.Ends = wall{s.Ends.Add(day.Sub(s.Begins.day().Time))}
	}
	return moved
}

// dates returns the dates that an event says.
func (r *Events) dates(e event, now clock.Time) ([]dateRow, error) {
	s, err := e.span(&r.zones)
	if err != nil {
		return nil, err
	}
	days, err := e.days(s, now)
	if err != nil {
		return nil, err
	}
	rows := make([]dateRow, len(days))
	for n, day := range days {
		rows[n] = e.row(s.on(day))
		rows[n].Day = day.Format(wallDay)
	}
	return rows, nil
}

// walls returns when something begins and ends as the event keeps it.
func (e event) walls(s span) (begins, ends string) {
	if !s.Ends.IsZero() {
		ends = s.Ends.Format(e.layout())
	}
	return s.Begins.Format(e.layout()), ends
}

// row returns a date of the event at some time, at its place.
func (e event) row(s span) dateRow {
	d := dateRow{Place: e.Place, PlaceKey: e.PlaceKey}
	d.Begins, d.Ends = e.walls(s)
	d.StartsAt, d.EndsAt = s.dates()
	return d
}

// saveDates keeps the dates of an event that says now something else than before, if it is not a new one. A date whose
// day stays keeps its id, and so does each date of a series that moves as a whole: who has answered for it has not
// answered for another one. Dates that somebody has altered stay as they are.
func (r *Events) saveDates(ctx context.Context, tx *sqldb.Tx, before *event, e event, entityID int64) error {
	wanted, err := r.dates(e, tx.Now)
	if err != nil {
		return err
	}
	stored, err := listRows(ctx, tx, e.ContentID)
	if err != nil {
		return err
	}
	if before != nil && moves(*before, e) {
		if err := r.follow(stored, *before, wanted, tx.Now); err != nil {
			return err
		}
	}
	byDay := map[string]dateRow{}
	for _, d := range stored {
		byDay[d.Day] = d
	}
	var fresh, changed []dateRow
	for _, d := range wanted {
		kept, ok := byDay[d.Day]
		if !ok {
			fresh = append(fresh, d)
			continue
		}
		delete(byDay, d.Day)
		d.ID, d.was = kept.ID, kept.was
		if kept.Altered {
			if d, err = r.keep(kept, before, e); err != nil {
				return err
			}
		}
		if d.differs(kept) {
			changed = append(changed, d.since(kept))
		}
	}
	var dropped []int64
	for _, d := range byDay {
		dropped = append(dropped, d.ID)
	}
	slices.Sort(dropped)
	fresh = fresh[max(0, len(fresh)-maxFresh):]
	return writeDates(ctx, tx, e.ContentID, entityID, fresh, changed, dropped)
}

// maxFresh is how many dates are made at once, the latest ones: a series of every day that began long ago has no more.
const maxFresh = 1500

// moves reports whether an event begins on another day than before and goes on in the same way: its dates are then the
// same ones at another time, the first the first and so on.
func moves(before, now event) bool {
	way := func(rule string) string {
		parts := slices.DeleteFunc(strings.Split(rule, ";"), func(part string) bool {
			return !strings.HasPrefix(part, "FREQ=") && !strings.HasPrefix(part, "INTERVAL=")
		})
		return strings.Join(parts, ";")
	}
	return before.Begins[:len(wallDay)] != now.Begins[:len(wallDay)] && way(before.Rule) == way(now.Rule)
}

// follow gives the dates of a series that has moved the days of those that take their places. One without a place is left
// without a day of its own.
func (r *Events) follow(stored []dateRow, before event, wanted []dateRow, now clock.Time) error {
	was, err := r.dates(before, now)
	if err != nil {
		return err
	}
	next := map[string]string{}
	for n := range min(len(was), len(wanted)) {
		next[was[n].Day] = wanted[n].Day
	}
	for n := range stored {
		d := &stored[n]
		d.was = d.Day
		if d.Day = next[d.was]; d.Day == "" {
			d.Day = "~" + d.was
		}
	}
	return nil
}

// keep returns an altered date as it stays when its event changes: what it says for itself, a time or a place, in the
// event's zone.
func (r *Events) keep(kept dateRow, before *event, e event) (dateRow, error) {
	series, err := e.span(&r.zones)
	if err != nil {
		return kept, err
	}
	day, _ := parseWall(kept.Day)
	regular := e.row(series.on(day))
	ownTime, ownPlace := len(kept.Begins) == len(regular.Begins), true
	if before != nil {
		was, err := before.regular(kept, &r.zones)
		if err != nil {
			return kept, err
		}
		ownTime = ownTime && (kept.Begins != was.Begins || kept.Ends != was.Ends)
		ownPlace = kept.Place != was.Place
	}
	own := e
	if own.Begins, own.Ends = regular.Begins, regular.Ends; ownTime {
		own.Begins, own.Ends = kept.Begins, kept.Ends
	}
	if ownPlace {
		own.Place, own.PlaceKey = kept.Place, kept.PlaceKey
	}
	s, err := own.span(&r.zones)
	if err != nil {
		return kept, err
	}
	d := own.row(s)
	d.ID, d.was, d.Day, d.Altered = kept.ID, kept.was, kept.Day, true
	return d, nil
}

// regularSpan returns when a stored date takes place if nobody has moved it.
func (e event) regularSpan(stored dateRow, z *zones) (span, error) {
	s, err := e.span(z)
	day, _ := parseWall(cmp.Or(stored.was, stored.Day))
	return s.on(day), err
}

// regular returns a stored date as the series said it.
func (e event) regular(stored dateRow, z *zones) (dateRow, error) {
	s, err := e.regularSpan(stored, z)
	if err != nil {
		return stored, err
	}
	return e.row(s), nil
}

// differs reports whether a date says something else than another one.
func (d dateRow) differs(other dateRow) bool {
	return other.was != "" || d.Begins != other.Begins || d.Ends != other.Ends || d.Place != other.Place ||
		!d.StartsAt.Equal(other.StartsAt.Time) || !d.EndsAt.Equal(other.EndsAt.Time)
}

// since returns the date with how far it has moved from what is stored.
func (d dateRow) since(stored dateRow) dateRow {
	d.starts, d.ends = d.StartsAt.Sub(stored.StartsAt.Time), d.EndsAt.Sub(stored.EndsAt.Time)
	return d
}

// extend makes the dates of all series that have come within the horizon since yesterday.
func (r *Events) extend(ctx context.Context) error {
	for after := int64(0); ; {
		series, err := listSeries(ctx, r.deps.DB, after)
		if err != nil || len(series) == 0 {
			return err
		}
		after = series[len(series)-1].ContentID
		if err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return r.extendSome(ctx, tx, series) }); err != nil {
			return err
		}
	}
}

// extendSome makes the dates of some series that have come within the horizon.
func (r *Events) extendSome(ctx context.Context, tx *sqldb.Tx, series []seriesRow) error {
	var rows [][]any
	for _, s := range series {
		all, err := r.dates(s.event, tx.Now)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.Day > s.Last {
				rows = append(rows, d.values(s.ContentID, s.EntityID))
			}
		}
	}
	return insertNewDates(ctx, tx, rows)
}

// advance lets lists know the next date of each series whose last one is over.
func (r *Events) advance(ctx context.Context) error {
	over, err := listOver(ctx, r.deps.DB, r.now())
	if err != nil || len(over) == 0 {
		return err
	}
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return updateNext(ctx, tx, over) })
}
