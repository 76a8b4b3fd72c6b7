package events

import (
	"cmp"
	"context"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxPlace is how many characters a place may have.
const maxPlace = 255

// form is what an event is written with. The fields are named as in grouprise 5.5, whose scripts go on working.
type form struct {
	content.Common
	Begins string `form:"time" text:"line" label:"Start"`
	Ends   string `form:"until_time" text:"line" label:"End"`
	AllDay bool   `form:"all_day" label:"All day"`
	Zone   string `form:"zone" text:"line" label:"Time zone"`
	Place  string `form:"place" label:"Place"`
	Repetition

	Position string `form:"position" text:"line" label:"Position"`

	Cancelled bool `form:"cancelled" label:"Cancelled"`

	Answers  string `form:"answers" text:"line" label:"Ask who’s coming"` // as options say it; "" keeps what there is
	Capacity int    `form:"capacity" label:"Places"`

	room         *Events
	actorID      int64      // who saves it
	starts, ends clock.Time // of the next date, once it is saved
	foreign      *Foreign   // what another calendar says, which is more than the fields hold; nil for what somebody types
	external     bool       // another calendar says it, which may name no place
	altered      []altered  // dates of a series of which another calendar says something else than before, once it is saved
	quiet        bool       // nobody is told of what changes
	change       *change    // of one date; the fields say nothing new then
	split        *split     // where another event goes on
	heir         *heir      // what it goes on with, if it is that event
}

var (
	_ content.Form     = (*form)(nil)
	_ content.Dated    = (*form)(nil)
	_ content.Preparer = (*form)(nil)
)

// Load implements content.Form.
func (f *form) Load(ctx context.Context, q sqldb.Querier, id int64) error {
	e, err := getEvent(ctx, q, id)
	if err != nil {
		return err
	}
	f.Begins, f.Ends, f.AllDay, f.Zone, f.Place = forInput(e.Begins), forInput(e.Ends), e.AllDay, e.Zone, oneLine(e.Place)
	f.Position, f.Cancelled, f.Repetition = e.Position, e.Cancelled, Repetition{Repeats: once}
	f.Answers, f.Capacity = cmp.Or(e.Answers, asksNobody), e.Capacity
	if !e.repeats() {
		return nil
	}
	s, err := e.span(&f.room.zones)
	if err != nil {
		return err
	}
	rule, err := e.rule(s)
	f.Repetition = repetitionOf(rule, s.Begins, s.Zone)
	return err
}

// forInput returns a stored day or time as browsers show it in a field for both.
func forInput(stored string) string {
	if len(stored) == len(wallDay) {
		return stored + "T00:00"
	}
	return stored
}

// oneLine returns a place on one line.
func oneLine(place string) string {
	var lines []string
	for line := range strings.Lines(place) {
		if line = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), ",")); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ", ")
}

// Validate implements content.Form. What can be read is written as browsers write it from then on.
func (f *form) Validate() error {
	var wrong []errs.FieldError
	if f.Zone == "" {
		f.Zone = f.room.deps.Zone.String()
	}
	zone, err := f.room.zones.load(f.Zone)
	if err != nil {
		wrong = append(wrong, errs.Field("zone", "There is no such time zone. Enter one like Europe/Berlin."))
		zone = f.room.deps.Zone
	}
	begins, problem := f.checked("time", &f.Begins, zone)
	if f.Begins == "" {
		problem = []errs.FieldError{errs.Field("time", "When does it begin?")}
	}
	wrong = append(wrong, problem...)
	ends, problem := f.checked("until_time", &f.Ends, zone)
	wrong = append(wrong, problem...)
	if len(wrong) == 0 && !ends.IsZero() {
		s := span{Begins: begins, Ends: ends, AllDay: f.AllDay, Zone: zone}
		switch starts, end := s.dates(); {
		case end.Before(starts.Time):
			wrong = append(wrong, errs.Field("until_time", "The end is before the start."))
		case end.Sub(starts.Time) > community.LongestDate:
			wrong = append(wrong, errs.Field("until_time", "An event can last up to a year."))
		}
	}
	wrong = append(wrong, f.adopt()...)
	if !begins.IsZero() {
		wrong = append(wrong, f.check(begins, zone)...)
	}
	switch {
	case !glyph.Visible(f.Place) && !f.external:
		wrong = append(wrong, errs.Field("place", "Where does it take place?"))
	case utf8.RuneCountInString(f.Place) > maxPlace:
		wrong = append(wrong, errs.Field("place", "Use at most %d characters for the place.", maxPlace))
	}
	lies, ok := parsePosition(f.Position)
	if f.Position = lies; !ok {
		wrong = append(wrong, errs.Field("position", "Enter a position like 53.55, 10.00, or paste a link from OpenStreetMap."))
	}
	return errs.Check(append(wrong, f.checkAnswers()...)...)
}

// checked reads a time of the form and writes it as browsers do. An empty one is none.
func (f *form) checked(name string, value *string, zone *time.Location) (wall, []errs.FieldError) {
	if *value == "" {
		return wall{}, nil
	}
	w, ok := parseWall(*value)
	if !ok {
		return wall{}, []errs.FieldError{errs.Field(name, "Enter a date and a time like 2026-03-12 19:00.")}
	}
	if f.AllDay {
		w = w.day()
	} else if _, exists := w.in(zone); !exists && !f.external {
		return wall{}, []errs.FieldError{errs.Field(name, "The clocks go forward then: there is no such time on that day.")}
	}
	*value = w.Format(wallTime)
	return w, nil
}

// span returns when the event takes place. The form is valid.
func (f *form) span() span {
	zone, err := f.room.zones.load(f.Zone)
	if err != nil {
		zone = f.room.deps.Zone
	}
	begins, _ := parseWall(f.Begins)
	ends, _ := parseWall(f.Ends)
	return span{Begins: begins, Ends: ends, AllDay: f.AllDay, Zone: zone}
}

// Dates implements content.Dated.
func (f *form) Dates() (starts, ends clock.Time) {
	if f.starts.IsZero() {
		return f.span().dates()
	}
	return f.starts, f.ends
}

// Fields implements content.Form.
func (f *form) Fields(v *site.Visit, wrong parts.Errors) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		places, err := f.room.places(ctx, v.Viewer)
		if err != nil {
			return err
		}
		return fields(f, places, wrong).Render(ctx, w)
	})
}

// Prepare implements content.Preparer. A new event takes place where the last one did at that place, if nothing else is said.
func (f *form) Prepare(ctx context.Context, authorID int64) (err error) {
	f.actorID = authorID
	if f.Position == "" && f.Version == 0 {
		f.Position, err = f.room.positionAt(ctx, authorID, placeKey(f.Place))
	}
	return err
}

// Save implements content.Form. Whoever was told of the event is told, too, that it does not take place, or is moved.
func (f *form) Save(ctx context.Context, tx *sqldb.Tx, id int64) error {
	stored, err := getEvent(ctx, tx, id)
	switch {
	case errs.Is(err, errs.NotFound):
		return f.insert(ctx, tx, id)
	case err != nil:
		return err
	case f.change != nil:
		return f.saveChange(ctx, tx, id)
	default:
		return f.update(ctx, tx, stored)
	}
}

// insert keeps a new event.
func (f *form) insert(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if f.heir == nil {
		f.keepAnswers(event{})
		e := f.foreign.complete(f.event(event{ContentID: id}))
		if err := f.checkSingle(event{}, e); err != nil {
			return err
		}
		if err := insertEvent(ctx, tx, e); err != nil {
			return err
		}
		return f.saveDates(ctx, tx, nil, e)
	}
	before := f.heir.before
	stored := before
	stored.ContentID, stored.UID = id, ""
	f.keepAnswers(before)
	e := f.event(stored)
	if err := insertEvent(ctx, tx, e); err != nil {
		return err
	}
	if err := handOver(ctx, tx, f.heir.from, id, f.heir.day); err != nil {
		return err
	}
	if err := copyHosts(ctx, tx, f.heir.from, id); err != nil {
		return err
	}
	if err := f.room.noteSplit(ctx, tx, f.heir.from, id, f.actorID); err != nil {
		return err
	}
	if err := f.saveDates(ctx, tx, &before, e); err != nil {
		return err
	}
	return f.room.noteChange(ctx, tx, noted{ContentID: id, ActorID: f.actorID, EndsAt: f.ends}, before, e)
}

// update keeps what has changed of an event.
func (f *form) update(ctx context.Context, tx *sqldb.Tx, before event) error {
	f.keepAnswers(before)
	e := f.foreign.complete(f.event(before))
	if err := f.checkSingle(before, e); err != nil {
		return err
	}
	if err := updateEvent(ctx, tx, e); err != nil {
		return err
	}
	if f.split != nil {
		next, err := f.room.content.Continue(ctx, tx, e.ContentID, f.actorID, f.split.next)
		if err != nil {
			return err
		}
		f.split.path = next.Path()
		return f.saveDates(ctx, tx, &before, e)
	}
	if err := f.saveDates(ctx, tx, &before, e); err != nil || f.quiet {
		return err
	}
	if err := f.room.noteAnswers(ctx, tx, before, f); err != nil {
		return err
	}
	if changeOf(before, e) == "" && !e.Cancelled {
		return f.room.noteAltered(ctx, tx, e, f.actorID, f.altered)
	}
	return f.room.noteChange(ctx, tx, noted{ContentID: e.ContentID, ActorID: f.actorID, EndsAt: f.ends, Foreign: f.external}, before, e)
}

// checkSingle refuses a new series where the site has none. One that is there already stays, and so does what an imported
// calendar says.
func (f *form) checkSingle(before, e event) error {
	if !f.room.deps.Single || f.external || before.repeats() || !e.repeats() {
		return nil
	}
	return errs.Check(errs.Field("repeats", "Events don’t repeat on this site."))
}

// event returns the event that the form says, of which something else is stored. A form that does not say how it repeats
// leaves that as it is: so do the scripts of existing sites.
func (f *form) event(stored event) event {
	e, s := stored, f.span()
	e.Place, e.PlaceKey, e.Position, e.Zone, e.AllDay, e.Cancelled = f.Place, placeKey(f.Place), f.Position, f.Zone, f.AllDay, f.Cancelled
	e.Answers, e.Capacity = f.answers(), f.Capacity
	e.Begins, e.Ends = e.walls(s)
	if f.Repeats == "" {
		return e
	}
	e.Rule = ""
	if rule, ok := f.rule(s.Begins, s.Zone); ok {
		e.Rule = rule.String()
	}
	return e
}

// saveDates keeps the dates of the event, and notes which one is next.
func (f *form) saveDates(ctx context.Context, tx *sqldb.Tx, before *event, e event) error {
	entityID, err := entityOf(ctx, tx, e.ContentID)
	if err != nil {
		return err
	}
	if err := f.room.saveDates(ctx, tx, before, e, entityID); err != nil {
		return err
	}
	if f.altered, err = f.room.saveForeign(ctx, tx, e, f.foreign); err != nil {
		return err
	}
	f.starts, f.ends, err = getNext(ctx, tx, e.ContentID, tx.Now)
	return err
}

// placeKey returns what tells a place from others.
func placeKey(place string) string {
	key := []rune(strings.ToLower(oneLine(place)))
	return string(key[:min(len(key), maxPlace)])
}

// Same implements content.Form.
func (f *form) Same(ctx context.Context, q sqldb.Querier, id int64) (bool, error) {
	stored := &form{room: f.room}
	if err := stored.Load(ctx, q, id); err != nil {
		return false, err
	}
	repeats := f.event(event{Rule: "?"}).Rule
	return (repeats == "?" || repeats == stored.event(event{}).Rule) && stored.Begins == f.Begins && stored.Ends == f.Ends && stored.AllDay == f.AllDay && stored.Zone == f.Zone && stored.Place == oneLine(f.Place) &&
		stored.Position == f.Position, nil
}
