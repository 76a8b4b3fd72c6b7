package events

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/qrcode"
)

// printPath is the address of dates as a sheet of paper.
const printPath = listPath + "/print"

// How many dates one sheet has room for, and how many at most if each may take two lines.
const (
	sheetLimit = 40
	roomyLimit = 18
)

// longestCode is how long an address may be whose code telephones read from paper. Places with long names have longer ones.
const longestCode = 300

// sheet is a page of dates made to be printed: what it says fits on one sheet of A4.
type sheet struct {
	Title string // whose dates they are
	About string // which of them
	Rows  []sheetRow
	More  int // dates that have no room
	Roomy bool
	Home  int64 // whom the title names, beside whose own dates their name does not stand; 0 for nobody
	URL   string
	Code  qrcode.Code
	Back  string
}

// sheetRow is a date on paper.
type sheetRow struct {
	Date

	Day  string // "" if it is that of the row before
	Time string
}

// showSheet shows a month, a week or what comes next as a sheet to print.
func (r *Events) showSheet(v *site.Visit) error {
	s, e, err := r.townScope(v)
	if err != nil {
		return err
	}
	p, err := r.sheet(v, s, e)
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: p.Title + ": " + p.About, OwnHeading: true, Hidden: true, Body: sheetBody(p),
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Calendar"), Path: p.Back}, parts.Crumb{Label: v.T("Print")}),
	})
}

// sheet returns the dates that a sheet shows.
func (r *Events) sheet(v *site.Visit, s scope, e community.Entity) (sheet, error) {
	p := sheet{Title: v.Look().Name, Home: e.ID}
	if e.ID != 0 {
		p.Title = e.Name
	} else if s.filter.PlaceKey != "" {
		at, err := r.placeOf(v, s)
		if err != nil {
			return p, err
		}
		p.Title = at.Name
	}
	today := r.today()
	f := s.filter
	from := wall{}
	switch v.Query("view") {
	case listView:
		f.From, p.About, p.Back = r.now(), v.T("Coming up"), withQuery(s.path, s.query, "view", listView)
	case weekView:
		from = mondayOf(v.Query("day"), today)
		f.From, f.To, p.Back = r.at(from), r.at(from.add(7)), s.week(from)
		p.About = sayWeek(v.Lang, from)
	default:
		from = monthOf(v.Query("month"), v.Query("year"), today)
		f.From, f.To, p.Back = r.at(from), r.at(wall{from.AddDate(0, 1, 0)}), s.month(from)
		p.About = v.Lang.Month(noon(v.Lang, from))
	}
	f.Limit = monthLimit
	dates, err := listDates(v.Context(), r.deps.DB, v.Viewer, f)
	if err != nil {
		return p, err
	}
	all, err := r.place(dates)
	if err != nil {
		return p, err
	}
	p.addRows(v.Lang, all, from)
	if p.URL = v.URL(p.Back); len(p.URL) > longestCode {
		p.URL = v.URL(s.path)
	}
	p.Code, err = qrcode.New(p.URL)
	return p, err
}

// addRows fills the sheet with dates. What ended at the first moment of its first day does not belong there.
func (p *sheet) addRows(lang *lang.Printer, all []*placed, from wall) {
	day := ""
	for _, d := range all {
		if d.last.Before(from.Time) {
			continue
		}
		if len(p.Rows) == sheetLimit {
			p.More++
			continue
		}
		row := sheetRow{Date: *d.Date, Day: lang.Day(noon(lang, d.first)), Time: d.sayTimes(lang)}
		if row.Day == day {
			row.Day = ""
		} else {
			day = row.Day
		}
		p.Rows = append(p.Rows, row)
	}
	p.Roomy = len(p.Rows) <= roomyLimit
}

// sayTimes says when on its day an event begins, and until when it goes on.
func (d *placed) sayTimes(p *lang.Printer) string {
	switch {
	case d.evening && (d.ends.IsZero() || d.ends.Equal(d.begins.Time)):
		return sayTime(p, d.begins)
	case d.evening:
		return sayTimes(p, d.begins, d.ends)
	case d.first.Equal(d.last.Time):
		return p.T("all day")
	case d.AllDay:
		return p.T("until %s", p.Day(noon(p, d.last)))
	default:
		return p.T("%[1]s, until %[2]s", sayTime(p, d.begins), p.Day(noon(p, d.last)))
	}
}

// sayWeek says the days of a week: "2 March 2026 – 8 March 2026".
func sayWeek(p *lang.Printer, monday wall) string {
	return p.T("%[1]s – %[2]s", p.Date(noon(p, monday)), p.Date(noon(p, monday.add(6))))
}
