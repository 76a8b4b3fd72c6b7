package events

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// DateFacts returns what mails say of dates, by their ids and in the language of the context. Whether somebody may read
// them is for the caller to know.
func (r *Events) DateFacts(ctx context.Context, q sqldb.Querier, ids ...int64) (map[int64][]content.Fact, error) {
	var dates []Date
	err := q.Select(ctx, &dates, dateColumns+` FROM event_dates`+joinedDates+` WHERE d.id IN (?) ORDER BY d.starts_at, d.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("list dates: %w", err)
	}
	all := make(map[int64][]content.Fact, len(dates))
	for _, d := range dates {
		when, err := d.span(&r.zones)
		if err != nil {
			return nil, err
		}
		all[d.ID] = factsOf(ctx, shownDate{event: d.event, When: when})
	}
	return all, nil
}

// SayDate says in the printer's language when a date takes place; NotFound if there is no such date. Whoever asks knows
// that it may be read.
func (r *Events) SayDate(ctx context.Context, q sqldb.Querier, p *lang.Printer, dateID int64) (string, error) {
	var d Date
	if err := q.Get(ctx, &d, dateColumns+` FROM event_dates`+joinedDates+` WHERE d.id = ?`, dateID); err != nil {
		return "", fmt.Errorf("get the date %d: %w", dateID, err)
	}
	s, err := d.span(&r.zones)
	return s.sayWhole(p), err
}

// SaySpan says when something takes place that begins and ends as the clocks of a zone show: "Tue 3 March 2026, 7–9 pm". ends
// may be empty. What cannot be read is said as it is.
func (r *Events) SaySpan(p *lang.Printer, begins, ends, zone string) string {
	from, ok := parseWall(begins)
	if !ok {
		return begins
	}
	until, _ := parseWall(ends)
	clocks, err := r.zones.load(zone)
	if err != nil {
		clocks = r.deps.Zone
	}
	return span{Begins: from, Ends: until, Zone: clocks}.sayWhole(p)
}

// SayShort says when something begins in short words that stand below each other: "Tue", "3 Mar", "7 pm".
func (r *Events) SayShort(p *lang.Printer, begins string) []string {
	w, ok := parseWall(begins)
	if !ok {
		return []string{begins}
	}
	return []string{p.T(string(shortWeekday(w.Weekday()))), p.C("day and month", "%[1]d %[2]s", w.Day(), shortMonth(p, w)), sayTime(p, w)}
}

// shortMonth returns the first letters of a month.
func shortMonth(p *lang.Printer, w wall) string {
	name := []rune(p.MonthName(w.Month()))
	return string(name[:min(3, len(name))])
}

// ParseTime reads a day and a time of day as somebody types it. It returns what a browser would send, and the point in time
// at which the clocks of a zone show it.
func (r *Events) ParseTime(text, zone string) (normal string, at time.Time, ok bool) {
	w, ok := parseWall(text)
	if !ok {
		return text, at, false
	}
	clocks, err := r.zones.load(zone)
	if err != nil {
		clocks = r.deps.Zone
	}
	at, _ = w.in(clocks)
	return w.Format(wallTime), at, true
}
