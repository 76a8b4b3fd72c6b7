package events

import (
	"fmt"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
)

// dateForm changes a date of a series.
type dateForm struct {
	Begins    string `form:"time" text:"line"`
	Ends      string `form:"until_time" text:"line"`
	Place     string `form:"place"`
	Cancelled bool   `form:"cancelled"`
	Scope     string `form:"scope" text:"line"`
	Opened    string `form:"opened" text:"raw"` // what the date said when the form was opened
	Version   int    `form:"version"`           // the revision of its event then
}

// following is the scope of a change of a date and of all that follow; otherwise it is the date alone that changes.
const following = "following"

// dateEditor is what the page shows on which a date is changed.
type dateEditor struct {
	dateForm

	Item    content.Item
	AllDay  bool
	Regular string // when it takes place unless somebody changes it
	Theirs  string // what somebody else has made of it meanwhile; "" if nobody has
	Errors  parts.Errors
	Places  []string

	BackPath string
}

// fieldType returns the type of the fields for times.
func (e dateEditor) fieldType() string {
	if e.AllDay {
		return "date"
	}
	return "datetime-local"
}

// field returns a time as such a field shows it.
func (e dateEditor) field(value string) string {
	if w, ok := parseWall(value); ok && e.AllDay {
		return w.Format(wallDay)
	}
	return value
}

// scope returns which choice is made: the date alone unless somebody chooses more.
func (e dateEditor) scope() string {
	if e.Scope == following {
		return following
	}
	return "one"
}

// datePath returns the address of the form that changes a date.
func datePath(contentID int64, day string) string {
	return fmt.Sprintf("/stadt/content/%d/dates/%s/", contentID, day)
}

// openedDate is a date of a series that somebody may change.
type openedDate struct {
	item content.Item
	form *form
	date seriesDate
}

// openDate returns the date in the path, if the viewer may change it.
func (r *Events) openDate(v *site.Visit) (o openedDate, err error) {
	id, err := v.ID("id")
	if err != nil {
		return o, err
	}
	item, s, err := r.content.Get(v.Context(), r.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	if err != nil {
		return o, err
	}
	opened, err := r.content.Open(v.Context(), s, item)
	if err != nil {
		return o, err
	}
	f, ok := opened.(*form)
	if !ok {
		return o, community.ErrNothingHere()
	}
	date, err := r.seriesDate(v.Context(), r.deps.DB, id, v.Path("day"))
	return openedDate{item: item, form: f, date: date}, err
}

func (r *Events) editDate(v *site.Visit) error {
	o, err := r.openDate(v)
	if err != nil {
		return err
	}
	return r.showDateForm(v, nil, o, dateForm{
		Begins: forInput(o.date.stored.Begins), Ends: forInput(o.date.stored.Ends), Place: o.date.stored.Place, Cancelled: o.date.stored.Cancelled,
		Opened: o.date.stored.state(), Version: o.item.Revision,
	})
}

func (r *Events) changeDate(v *site.Visit) error {
	o, err := r.openDate(v)
	if err != nil {
		return err
	}
	var f dateForm
	if err := v.Bind(&f); err != nil {
		return r.showDateForm(v, err, o, f)
	}
	path, err := r.reviseDate(v.Context(), v.Viewer, o, f)
	if err != nil {
		return r.showDateForm(v, err, o, f)
	}
	v.Flash(parts.Done, "The changes have been saved.")
	return v.Redirect(path)
}

// showDateForm shows the form: with what was typed and what is wrong with it, if there is an error.
func (r *Events) showDateForm(v *site.Visit, err error, o openedDate, f dateForm) error {
	theirs := ""
	if errs.Is(err, errs.Conflict) { // whoever saves now has seen what there is
		f.Opened, f.Version = o.date.stored.state(), o.item.Revision
		own := o.date.at(o.date.stored)
		when, err := own.span(&r.zones)
		if err != nil {
			return err
		}
		theirs = when.say(v.Lang) + ", " + oneLine(own.Place)
		if own.Cancelled {
			theirs = v.T("cancelled: %s", theirs)
		}
	}
	return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) {
		places, err := r.places(v.Context(), v.Viewer)
		if err != nil {
			return site.Page{}, err
		}
		entity := o.item.Entity
		title, back := v.T("Change “%s”", o.item.Title), community.DatePath(o.item.Path(), o.date.stored.Day)
		return site.Page{
			Title: title, Hidden: true, Entity: &entity,
			Body: dateFormBody(dateEditor{
				dateForm: f, Item: o.item, AllDay: o.date.AllDay, Regular: o.date.regular.sayWhole(v.Lang), Theirs: theirs, Errors: wrong, Places: places, BackPath: back,
			}),
			Crumbs: v.FromHome(
				parts.Crumb{Label: entity.Name, Path: entity.Path()},
				parts.Crumb{Label: o.item.Title, Path: back},
				parts.Crumb{Label: v.T("Change")},
			),
		}, nil
	})
}

// repetitionPath is where a script asks how an event repeats that somebody is writing.
const repetitionPath = listPath + "/repetition"

func repetitionQuery() []string {
	return []string{"time", "repeats", "repeats_every", "repeats_on", "repeats_until", "repeats_times", "repeats_rule"}
}

// showRepetition says in a sentence how an event repeats while somebody is writing it. What cannot be understood yet repeats
// in no way that can be said.
func (r *Events) showRepetition(v *site.Visit) error {
	number := func(name string) int {
		n, _ := strconv.Atoi(v.Query(name))
		return n
	}
	f := form{room: r, Begins: v.Query("time"), Repetition: Repetition{
		Repeats: v.Query("repeats"), Every: number("repeats_every"), Until: v.Query("repeats_until"), Times: number("repeats_times"), Rule: v.Query("repeats_rule"),
	}}
	if on := v.Query("repeats_on"); on != "" {
		f.On = strings.Split(on, ",")
	}
	return v.ShowPart(parts.Text(f.summary(v.Lang)))
}
