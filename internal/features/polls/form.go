package polls

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	kitform "grouprise.org/grouprise/internal/kit/form"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Values of the fields that say what people choose from and how, as in grouprise 5.5.
const (
	ofTexts   = "simple"
	ofDates   = "event"
	byAnswers = "simple"
	byRanks   = "condorcet"
)

// form is what a poll is written with. A row of the form is an option; empty ones are left out.
type form struct {
	content.Common
	Type   string `form:"poll_type" text:"line" label:"People choose from"`
	Method string `form:"vote_type" text:"line" label:"How people vote"`

	Titles  []string `form:"option" text:"line" label:"Options"`
	Begins  []string `form:"option_time" text:"line" label:"Dates"`
	Until   []string `form:"option_until" text:"line" label:"Ends of the dates"`
	IDs     []string `form:"option_id" text:"line" merge:"-" label:"Options as they were"`
	Ends    string   `form:"ends" text:"line" label:"Voting ends"`
	Hidden  bool     `form:"hide_results" label:"Hide results until voting ends"`
	Secret  bool     `form:"secret" label:"Secret vote"`
	Changed string   `form:"change_type" text:"line" merge:"-" label:"Another kind of options"` // a button of 5.5

	room *Polls
}

var (
	_ content.Form    = (*form)(nil)
	_ content.Lenient = (*form)(nil)
)

// dated reports whether the options are dates.
func (f *form) dated() bool { return f.Type == ofDates }

// ReadOthers implements content.Lenient: it reads options as forms of grouprise 5.5 send them. A button of it that
// asks for other fields publishes nothing.
func (f *form) ReadOthers(sent url.Values) {
	if f.Changed != "" {
		f.Preview = f.Changed
	}
	if len(f.Titles)+len(f.Begins) > 0 {
		return
	}
	for n := range maxOptions {
		row := fmt.Sprintf("form-%d-", n)
		if sent.Get(row+"DELETE") != "" {
			continue
		}
		f.Titles = append(f.Titles, kitform.Clean(sent.Get(row+"title"), kitform.Line))
		f.Begins = append(f.Begins, kitform.Clean(sent.Get(row+"time"), kitform.Line))
		f.Until = append(f.Until, kitform.Clean(sent.Get(row+"until_time"), kitform.Line))
	}
	f.tidy()
}

// Load implements content.Form.
func (f *form) Load(ctx context.Context, q sqldb.Querier, id int64) error {
	p, err := getPoll(ctx, q, id)
	if err != nil {
		return err
	}
	f.Type, f.Method = ofTexts, byAnswers
	if p.Dated {
		f.Type = ofDates
	}
	if p.Ranked {
		f.Method = byRanks
	}
	f.Ends, f.Hidden, f.Secret = p.Ends, p.Hidden, p.Secret
	f.Titles, f.Begins, f.Until, f.IDs = nil, nil, nil, nil
	for _, o := range p.Options {
		f.IDs = append(f.IDs, strconv.FormatInt(o.ID, 10))
		if p.Dated {
			f.Begins, f.Until = append(f.Begins, o.Begins), append(f.Until, o.Until)
		} else {
			f.Titles = append(f.Titles, o.Title)
		}
	}
	return nil
}

// row returns what stands in a row of a field.
func row(field []string, n int) string {
	if n >= len(field) {
		return ""
	}
	return field[n]
}

// tidy leaves out what is empty.
func (f *form) tidy() {
	count := max(len(f.Titles), len(f.Begins), len(f.Until))
	var tidied form
	for n := range count {
		title, begins, until, id := row(f.Titles, n), row(f.Begins, n), row(f.Until, n), row(f.IDs, n)
		switch {
		case f.dated() && (begins != "" || until != ""):
			tidied.Begins, tidied.Until, tidied.IDs = append(tidied.Begins, begins), append(tidied.Until, until), append(tidied.IDs, id)
		case !f.dated() && title != "":
			tidied.Titles, tidied.IDs = append(tidied.Titles, title), append(tidied.IDs, id)
		}
	}
	f.Titles, f.Begins, f.Until, f.IDs = tidied.Titles, tidied.Begins, tidied.Until, tidied.IDs
}

// Validate implements content.Form. What can be read is written as browsers write it from then on.
func (f *form) Validate() error {
	var wrong []errs.FieldError
	f.Type, f.Method = cmp.Or(f.Type, ofTexts), cmp.Or(f.Method, byAnswers)
	if f.Type != ofTexts && f.Type != ofDates {
		wrong = append(wrong, errs.Field("poll_type", "Choose one of the options."))
	}
	if f.Method != byAnswers && f.Method != byRanks {
		wrong = append(wrong, errs.Field("vote_type", "Choose one of the options."))
	}
	f.tidy()
	if f.dated() {
		wrong = append(wrong, f.checkDates()...)
	} else {
		wrong = append(wrong, f.checkTitles()...)
	}
	switch wall, _, ok := f.room.parse(f.Ends); {
	case f.Ends != "" && !ok:
		wrong = append(wrong, errs.Field("ends", "Enter a date and a time like 2026-03-12 19:00."))
	case f.Ends != "":
		f.Ends = wall
	case f.Hidden || f.Secret:
		wrong = append(wrong, errs.Field("ends", "When does voting end? Until then nobody sees the results."))
	}
	return errs.Check(wrong...)
}

// parse reads a time by the clocks of the site.
func (r *Polls) parse(text string) (wall string, at clock.Time, ok bool) {
	wall, moment, ok := r.deps.Dates.ParseTime(text, r.deps.Zone.String())
	return wall, clock.At(moment), ok
}

// checkTitles returns what is wrong with options that are texts.
func (f *form) checkTitles() []errs.FieldError {
	switch {
	case len(f.Titles) == 0:
		return []errs.FieldError{errs.Field("option", "Enter at least one option.")}
	case len(f.Titles) > maxOptions:
		return []errs.FieldError{errs.Field("option", "A poll can have up to %d options.", maxOptions)}
	}
	known := map[string]bool{}
	for _, title := range f.Titles {
		key := option{Title: title}.key()
		switch {
		case !glyph.Visible(title) || utf8.RuneCountInString(title) > maxTitle:
			return []errs.FieldError{errs.Field("option", "Use at most %d characters for an option.", maxTitle)}
		case known[key]:
			return []errs.FieldError{errs.Field("option", "The option “%s” is there twice.", title)}
		}
		known[key] = true
	}
	return nil
}

// checkDates returns what is wrong with options that are dates, and puts them into their order.
func (f *form) checkDates() []errs.FieldError {
	switch {
	case len(f.Begins) == 0:
		return []errs.FieldError{errs.Field("option_time", "Enter at least one date.")}
	case len(f.Begins) > maxOptions:
		return []errs.FieldError{errs.Field("option_time", "A poll can have up to %d options.", maxOptions)}
	}
	known := map[string]bool{}
	for n := range f.Begins {
		begins, from, ok := f.room.parse(f.Begins[n])
		if !ok {
			return []errs.FieldError{errs.Field("option_time", "Enter a date and a time like 2026-03-12 19:00.")}
		}
		f.Begins[n] = begins
		if f.Until[n] != "" {
			until, to, ok := f.room.parse(f.Until[n])
			switch {
			case !ok:
				return []errs.FieldError{errs.Field("option_until", "Enter a date and a time like 2026-03-12 19:00.")}
			case to.Before(from.Time):
				return []errs.FieldError{errs.Field("option_until", "The end is before the start.")}
			}
			f.Until[n] = until
		}
		key := option{Begins: f.Begins[n], Until: f.Until[n]}.key()
		if known[key] {
			return []errs.FieldError{errs.Field("option_time", "A date is there twice.")}
		}
		known[key] = true
	}
	f.sortDates()
	return nil
}

// sortDates puts the rows into the order of their dates.
func (f *form) sortDates() {
	rows := make([]int, len(f.Begins))
	for n := range rows {
		rows[n] = n
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(f.Begins[a], f.Begins[b]), cmp.Compare(f.Until[a], f.Until[b]))
	})
	begins, until, ids := slices.Clone(f.Begins), slices.Clone(f.Until), slices.Clone(f.IDs)
	for n, from := range rows {
		f.Begins[n], f.Until[n] = begins[from], until[from]
		if from < len(ids) && n < len(f.IDs) {
			f.IDs[n] = ids[from]
		}
	}
}

// options returns the options that the form says. Those that a poll has already keep their ids: they are known by what
// they say, or else, if nothing says that any more, by the row in which they stood.
func (f *form) options(contentID int64, before []option) []option {
	var all []option
	for n := range max(len(f.Titles), len(f.Begins)) {
		all = append(all, option{ContentID: contentID, Place: n + 1, Title: row(f.Titles, n), Begins: row(f.Begins, n), Until: row(f.Until, n)})
	}
	left := map[int64]option{}
	byKey := map[string]option{}
	for _, o := range before {
		left[o.ID], byKey[o.key()] = o, o
	}
	adopt := func(n int, o option) {
		all[n].ID, all[n].EventID = o.ID, o.EventID
		delete(left, o.ID)
	}
	for n := range all {
		if o, known := byKey[all[n].key()]; known {
			adopt(n, o)
		}
	}
	for n := range all {
		id, err := strconv.ParseInt(row(f.IDs, n), 10, 64)
		if o, known := left[id]; err == nil && known && all[n].ID == 0 {
			adopt(n, o)
		}
	}
	return all
}

// Fields implements content.Form.
func (f *form) Fields(_ *site.Visit, wrong parts.Errors) templ.Component {
	f.Type, f.Method = cmp.Or(f.Type, ofTexts), cmp.Or(f.Method, byAnswers)
	f.tidy()
	return fields(f, wrong)
}

// spareRows is how many empty rows stand below the options.
const spareRows = 3

// rows returns how many rows the form shows of which some are filled.
func rows(filled int) int { return min(filled+spareRows, maxOptions) }

// Save implements content.Form.
func (f *form) Save(ctx context.Context, tx *sqldb.Tx, id int64) error {
	stored, err := getPoll(ctx, tx, id)
	switch {
	case errs.Is(err, errs.NotFound):
		return f.insert(ctx, tx, id)
	case err != nil:
		return err
	default:
		return f.update(ctx, tx, stored)
	}
}

// insert keeps a new poll.
func (f *form) insert(ctx context.Context, tx *sqldb.Tx, id int64) error {
	p := poll{
		ContentID: id, Ranked: f.Method == byRanks, Dated: f.dated(), Secret: f.Secret, Hidden: f.Hidden || f.Secret,
		Zone: f.room.deps.Zone.String(), Ends: f.Ends, Options: f.options(id, nil),
	}
	if _, p.EndsAt, _ = f.room.parse(f.Ends); f.Ends != "" && p.ended(tx.Now) {
		return errs.Check(errs.Field("ends", "Choose a time in the future."))
	}
	if f.Ends == "" {
		p.EndsAt = clock.Time{}
	}
	f.Hidden = p.Hidden
	return insertPoll(ctx, tx, p)
}

// update keeps what has changed of a poll.
func (f *form) update(ctx context.Context, tx *sqldb.Tx, p poll) error {
	if f.dated() != p.Dated {
		return errs.Check(errs.Field("poll_type", "What people choose from can’t be changed any more."))
	}
	if (f.Method == byRanks) != p.Ranked {
		return errs.Check(errs.Field("vote_type", "How people vote can’t be changed any more."))
	}
	f.Secret, f.Hidden = p.Secret, f.Hidden || p.Secret
	over := p.ended(tx.Now)
	if p.Secret && over && f.Ends != p.Ends {
		return errs.Check(errs.Field("ends", "This poll was secret and its result is known, so nobody can vote again."))
	}
	p.Hidden = f.Hidden
	if f.Ends != p.Ends {
		p.Ends, p.EndsAt = f.Ends, clock.Time{}
		if f.Ends != "" {
			_, p.EndsAt, _ = f.room.parse(f.Ends)
		}
	}
	options := f.options(p.ContentID, p.Options)
	if slices.Equal(options, p.Options) {
		return updatePoll(ctx, tx, p)
	}
	if p.Secret && p.Tally.Voters > 0 {
		return errs.Check(errs.Field("option", "This poll is secret, and someone has voted. Its options can’t be changed any more."))
	}
	if err := replaceOptions(ctx, tx, p.ContentID, options); err != nil {
		return err
	}
	changed, err := getPoll(ctx, tx, p.ContentID)
	if err != nil {
		return err
	}
	p.Options = changed.Options
	if !p.Secret {
		if err := recount(ctx, tx, &p); err != nil {
			return err
		}
	}
	return updatePoll(ctx, tx, p)
}

// Same implements content.Form.
func (f *form) Same(ctx context.Context, q sqldb.Querier, id int64) (bool, error) {
	stored := &form{room: f.room}
	if err := stored.Load(ctx, q, id); err != nil {
		return false, err
	}
	return stored.Type == f.Type && stored.Method == f.Method && slices.Equal(stored.Titles, f.Titles) && slices.Equal(stored.Begins, f.Begins) &&
		slices.Equal(stored.Until, f.Until) && stored.Ends == f.Ends && stored.Secret == f.Secret, nil
}
