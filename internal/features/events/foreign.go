package events

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Foreign is an event of another calendar, or a whole series of it. The zero value is none.
type Foreign struct {
	Event ical.Event   // the event, or the series
	Dates []ical.Event // the dates of the series that differ from it
}

// With returns the event with what a calendar says of it besides: each date that is changed stands there as an event of
// its own with the same UID. Of two that say the same, the one that was changed more often counts. f is not used any more.
func (f Foreign) With(e ical.Event) Foreign {
	if e.Recurrence != "" {
		f.Dates = append(f.Dates, e)
		return f
	}
	if f.Event.UID == "" || e.Sequence >= f.Event.Sequence {
		f.Event = e
	}
	return f
}

// main returns the event itself. A calendar may have one date of a series alone: that is an event, then.
func (f Foreign) main() ical.Event {
	if f.Event.UID == "" && len(f.Dates) > 0 {
		return f.Dates[0]
	}
	return f.Event
}

// UID returns what programs know the event by.
func (f Foreign) UID() string { return f.main().UID }

// Cancelled reports whether the whole of it does not take place.
func (f Foreign) Cancelled() bool { return strings.EqualFold(f.main().Status, "CANCELLED") }

// FirstDay returns the day on which it begins.
func (f Foreign) FirstDay() string { return dayIn(f.main().Begins) }

// LastDay returns the day on which it ends; of a series one that is not earlier than its last date.
func (f Foreign) LastDay() string {
	e := f.main()
	last := max(dayIn(e.Begins), dayIn(e.Ends))
	for _, d := range f.Dates {
		last = max(last, dayIn(d.Begins), dayIn(d.Ends))
	}
	if e.Rule == "" {
		return last
	}
	return max(last, lastOf(e.Rule, dayIn(e.Begins)))
}

// never is a day behind all others.
const never = "9999-12-31"

// lastOf returns a day that is not earlier than the last one of a rule, without working its days out: whoever writes a
// calendar can make that take long.
func lastOf(rule, first string) string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.ToUpper(rule), ";") {
		name, value, _ := strings.Cut(part, "=")
		parts[name] = value
	}
	if until := parts["UNTIL"]; len(until) >= len("20060102") {
		return until[:4] + "-" + until[4:6] + "-" + until[6:8]
	}
	count, err := strconv.Atoi(parts["COUNT"])
	begins, ok := parseWall(first)
	every := map[string]int{"DAILY": 1, "WEEKLY": 7, "MONTHLY": 3 * 31, "YEARLY": 8 * 366}[parts["FREQ"]] // some months have no 31st
	for name := range parts {
		if name != "FREQ" && name != "COUNT" && name != "INTERVAL" && name != "WKST" && (name != "BYDAY" || parts["FREQ"] != "WEEKLY") {
			return never
		}
	}
	interval := 1
	if n, err := strconv.Atoi(parts["INTERVAL"]); err == nil {
		interval = n
	}
	if err != nil || !ok || every == 0 || count < 1 || interval < 1 || count > 10_000 || interval > 1000 {
		return never
	}
	last := begins.add(count * interval * every)
	if last.Year() > lastYear {
		return never
	}
	return last.Format(wallDay)
}

// maxAdded is how many dates of a series are taken that its rule does not have.
const maxAdded = 500

// Parts returns the event without the dates that a calendar adds to the rule of its series, and each of these as an event
// of its own: rules are all that our series know.
func (f Foreign) Parts() []Foreign {
	e := f.main()
	if len(e.Added) == 0 {
		return []Foreign{f}
	}
	added := e.Added[:min(len(e.Added), maxAdded)]
	e.Added = nil
	all := []Foreign{{Event: e}}
	place := map[string]int{dayIn(e.Begins): 0}
	for _, date := range added {
		if _, known := place[dayIn(date)]; known {
			continue
		}
		place[dayIn(date)] = len(all)
		all = append(all, Foreign{Event: addedDate(e, date)})
	}
	for _, d := range f.Dates {
		if n := place[dayIn(d.Recurrence)]; n > 0 {
			d.UID, d.Recurrence = all[n].UID(), ""
			all[n].Event = d
		} else {
			all[0].Dates = append(all[0].Dates, d)
		}
	}
	return all
}

// addedDate returns a date that a calendar adds to a series, as an event of its own.
func addedDate(e ical.Event, date string) ical.Event {
	begins, _ := parseWall(e.Begins)
	ends, hasEnd := parseWall(e.Ends)
	on, _ := parseWall(date)
	if !e.AllDay && len(date) == len(wallDay) {
		on = wall{on.Add(begins.Sub(begins.day().Time))}
	}
	layout := event{AllDay: e.AllDay}.layout()
	e.UID, e.Rule, e.Excluded = e.UID+"/"+dayIn(date), "", nil
	e.Begins = on.Format(layout)
	if hasEnd {
		e.Ends = on.Add(ends.Sub(begins.Time)).Format(layout)
	}
	return e
}

// dayIn returns the day of a time as it is kept.
func dayIn(wall string) string { return wall[:min(len(wall), len(wallDay))] }

// Undated returns the event without what says nothing about it: when its calendar was written, and who has answered.
func (f Foreign) Undated() Foreign {
	f.Event = undated(f.Event)
	dates := make([]ical.Event, len(f.Dates))
	for n, d := range f.Dates {
		dates[n] = undated(d)
	}
	f.Dates = dates
	return f
}

func undated(e ical.Event) ical.Event {
	e.Stamp, e.Attendees = time.Time{}, nil
	return e
}

// complete returns an event with what the fields of a form do not hold of one of another calendar.
func (f *Foreign) complete(e event) event {
	if f == nil {
		return e
	}
	var excluded []string
	for _, date := range f.main().Excluded {
		excluded = append(excluded, dayIn(date))
	}
	slices.Sort(excluded)
	excluded = slices.Compact(excluded)
	excluded = excluded[max(0, len(excluded)-maxExcluded):]
	e.UID, e.Excluded = f.keptUID(), strings.Join(excluded, ",")
	return e
}

// maxExcluded is of how many days a series can say that there is no date, the latest ones.
const maxExcluded = 1000

// keptUID returns the UID as it is kept. What is too long is named after what it says.
func (f *Foreign) keptUID() string {
	uid := f.UID()
	if len(uid) <= maxUID {
		return uid
	}
	sum := sha256.Sum256([]byte(uid))
	return hex.EncodeToString(sum[:])
}

// maxUID is how many bytes of a UID are kept.
const maxUID = 255

// saveForeign keeps what another calendar says of an event beside the fields of the form: its excluded days, the sites
// through which it has come, and which dates of the series differ from it. It returns the dates that say something else now.
func (r *Events) saveForeign(ctx context.Context, tx *sqldb.Tx, e event, f *Foreign) ([]altered, error) {
	if f == nil {
		return nil, nil
	}
	via := strings.Join(append(slices.Clip(f.main().Via), r.host()), ",")
	if err := updateForeign(ctx, tx, e, via); err != nil || !e.repeats() {
		return nil, err
	}
	rows, err := listRows(ctx, tx, e.ContentID)
	if err != nil {
		return nil, err
	}
	own := map[string]ical.Event{}
	for _, d := range f.Dates {
		own[dayIn(d.Recurrence)] = d
	}
	var changed []dateRow
	var all []altered
	for _, stored := range rows {
		d, err := r.foreignDate(e, stored, own)
		if err != nil {
			return nil, err
		}
		if d.differs(stored) || d.Cancelled != stored.Cancelled || d.Altered != stored.Altered {
			changed, all = append(changed, d.since(stored)), append(all, altered{before: stored, after: d})
		}
	}
	return all, replaceDates(ctx, tx, changed)
}

// altered is a date of a series of which another calendar says something else than before.
type altered struct{ before, after dateRow }

// noteAltered records what has become of dates of a series that another calendar has changed, once for all of them: of one
// it is said which it is. Nobody is told of what is over.
func (r *Events) noteAltered(ctx context.Context, tx *sqldb.Tx, e event, actorID int64, all []altered) error {
	all = slices.DeleteFunc(slices.Clone(all), func(a altered) bool {
		return changeOf(e.at(a.before), e.at(a.after)) == "" || a.before.EndsAt.Before(tx.Now.Time) && a.after.EndsAt.Before(tx.Now.Time)
	})
	if len(all) == 0 {
		return nil
	}
	activity := community.Activity{Name: community.EventMoved, ActorID: actorID, ContentID: e.ContentID}
	if len(all) == 1 {
		activity.Name, activity.DateID = changeOf(e.at(all[0].before), e.at(all[0].after)), all[0].after.ID
	}
	return r.record(ctx, tx, activity)
}

// foreignDate returns a date of a series as another calendar says it: as the series, unless it has an event of its own.
func (r *Events) foreignDate(e event, stored dateRow, own map[string]ical.Event) (dateRow, error) {
	d, err := e.regular(stored, &r.zones)
	if err != nil {
		return stored, err
	}
	changed, ok := own[stored.Day]
	if ok && changed.Begins != "" && changed.AllDay == e.AllDay {
		o := e
		o.Begins, o.Ends, o.Zone = changed.Begins, changed.Ends, changed.Zone
		if changed.Place != "" {
			o.Place, o.PlaceKey = changed.Place, placeKey(changed.Place)
		}
		s, err := o.span(&r.zones)
		if err != nil {
			return stored, err
		}
		zone, err := r.zones.load(e.Zone)
		if err != nil {
			return stored, err
		}
		d = o.row(s.shift(zone))
	}
	if ok {
		d.Cancelled, d.Altered = strings.EqualFold(changed.Status, "CANCELLED"), true
	}
	d.ID, d.Day = stored.ID, stored.Day
	return d, nil
}
