// Package occasions holds what takes place in the invented town.
package occasions

import (
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/recur"
)

// Occasion is something that takes place, in some weeks each by itself, or as a series. Weeks are counted from the present
// one.
type Occasion struct {
	Group, Author, Title, Text, Place string

	Weeks       []int
	Series      recur.Frequency // it goes on from the first of the weeks on: in so many weeks, or each month on the same weekday
	Every       int
	Off, Moved  int // which of the coming dates is cancelled, and which takes place a day later; counted from 1
	Weekday     time.Weekday
	From, Until string // on the clock; without from it takes the whole day
	Days        int    // more than the one
	Internal    bool
	Elsewhere   bool // it comes from a calendar that the group imports
}

// All fill the calendar around today.
func All() []Occasion {
	return []Occasion{
		{
			Group: "Chor der Vielen", Author: "Anna", Title: "Chorprobe", Place: "Alte Turnhalle, Schulgasse 2", Weeks: []int{-40}, Series: recur.Weekly, Every: 1, Off: 3,
			Weekday: time.Tuesday, From: "19:00", Until: "21:00", Text: "Wir singen uns ein und proben für den Sommer. Wer zum ersten Mal kommt: Noten liegen bereit, Vorsingen gibt es nicht.",
		},
		{
			Group: "Garten am Bach", Author: "Bert", Title: "Gartensamstag", Place: "Garten am Bach, Bachgasse 3", Weeks: []int{-12}, Series: recur.Weekly, Every: 1, Moved: 2,
			Weekday: time.Saturday, From: "10:00", Until: "13:00", Text: "Jäten, gießen, reden. Werkzeug ist da, Handschuhe auch.",
		},
		{
			Group: "Garten am Bach", Author: "Anna", Title: "Beetversammlung", Place: "Schuppen im Garten am Bach", Weeks: []int{1},
			Weekday: time.Thursday, From: "18:30", Until: "20:00", Internal: true, Text: "Wer übernimmt welches Beet, und wohin mit dem Geld vom Erntefest?",
		},
		{
			Group: "Repaircafé", Author: "Jakob", Title: "Repaircafé im Werkraum", Place: "Bürgerhaus, Werkraum", Weeks: []int{-30}, Series: recur.Weekly, Every: 2,
			Weekday: time.Thursday, From: "17:00", Until: "20:00", Text: "Bringt mit, was klemmt, flackert oder nicht mehr läuft. Kuchen gibt es auch.",
		},
		{
			Group: "Lesekreis Mittwoch", Author: "Hatice", Title: "Lesekreis: ein Buch, ein Abend", Place: "Stadtbibliothek, Lesesaal", Weeks: []int{-26}, Series: recur.Monthly, Every: 1,
			Weekday: time.Wednesday, From: "19:30", Text: "Wer es nicht geschafft hat, hört zu.",
		},
		{
			Group: "International Table", Author: "Amara", Title: "Dinner for everyone who is new", Place: "Bürgerhaus, Raum 2", Weeks: []int{-2, 2},
			Weekday: time.Friday, From: "18:00", Until: "21:30", Text: "Food from six kitchens, and answers to all questions about this town. Kids are welcome.",
		},
		{
			Group: "Lake Swimmers", Author: "Nora", Title: "Swim across the lake", Place: "Badesteg Nord", Weeks: []int{-5}, Series: recur.Weekly, Every: 1,
			Weekday: time.Sunday, From: "08:00", Until: "09:30", Text: "Slowly, together, with a boat beside us. Tea on the jetty afterwards.",
		},
		{
			Group: "Theatergruppe Kulisse", Author: "Pavel", Title: "Theaterfreizeit am See", Place: "Jugendherberge am Nordufer", Weeks: []int{2}, Elsewhere: true,
			Weekday: time.Friday, From: "17:00", Until: "15:00", Days: 2, Text: "Drei Tage proben, kochen und am Feuer sitzen. Am Sonntag spielen wir vor, was fertig ist.",
		},
		{
			Group: "Theatergruppe Kulisse", Author: "Pavel", Title: "Offene Probe", Place: "Bürgerhaus, Saal", Weeks: []int{-3}, Series: recur.Weekly, Every: 2, Elsewhere: true,
			Weekday: time.Wednesday, From: "19:00", Until: "21:30", Text: "Zuschauen und mitspielen. Texte gibt es an der Tür.",
		},
		{
			Group: "Wochenmarkt", Author: "Thea", Title: "Markt der Sorten", Place: "Marktplatz", Weeks: []int{1},
			Weekday: time.Saturday, Text: "Einen ganzen Tag lang alte Sorten zum Kosten, von vierzehn Höfen.",
		},
		{
			Group: "Straßenfest Mühlenviertel", Author: "Mehmet", Title: "Straßenfest im Mühlenviertel", Place: "Mühlenweg", Weeks: []int{3},
			Weekday: time.Saturday, Days: 1, Text: "Zwei Tage gehört die Straße uns: Tische, Musik, Flohmarkt.",
		},
		{
			Group: "Foodsharing", Author: "Malik", Title: "Kochen aus allem, was da ist", Place: "Bachgasse 12", Weeks: []int{-20}, Series: recur.Weekly, Every: 1,
			Weekday: time.Monday, From: "18:00", Until: "21:00", Text: "Um sechs wird geschnippelt, um acht gegessen.",
		},
		{
			Group: "Radentscheid", Author: "Kofi", Title: "Gemeinsame Fahrt durch die Stadt", Place: "Am alten Bahnhof 1", Weeks: []int{-1, 3},
			Weekday: time.Friday, From: "18:30", Until: "20:00", Text: "Zwölf Kilometer in einem Tempo, bei dem alle mitkommen.",
		},
		{
			Group: "Book Swap", Author: "Grace", Title: "Book swap", Place: "Stadtbibliothek, Foyer", Weeks: []int{-8}, Series: recur.Monthly, Every: 1,
			Weekday: time.Sunday, From: "16:00", Until: "17:30", Text: "Bring a book, take a book, tell us why.",
		},
	}
}

// Repetition returns the rule of an occasion, "" for one date, and on which days it takes place.
func (o Occasion) Repetition(day time.Time, now clock.Time) (rule string, days []time.Time) {
	if o.Series == "" {
		return "", []time.Time{day}
	}
	r := recur.Rule{Freq: o.Series, Interval: o.Every, WeekStart: time.Monday, Weekdays: []recur.Weekday{{Day: day.Weekday()}}}
	if o.Series == recur.Monthly {
		r.Weekdays[0].N = (day.Day()-1)/7 + 1
	}
	for _, d := range r.Days(day, recur.Horizon(now.Time)) {
		days = append(days, time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, day.Location()))
	}
	return r.String(), days
}

// Taken is when an occasion takes place, in both forms that are kept.
type Taken struct {
	Begins, Ends time.Time
	First, Last  string
}

// On returns when an occasion takes place that begins on a day.
func (o Occasion) On(day time.Time) Taken {
	w := Taken{Begins: day, Ends: day.AddDate(0, 0, o.Days)}
	layout := time.DateOnly
	if o.From != "" {
		layout = "2006-01-02T15:04"
		w.Begins = onClock(day, o.From)
		w.Ends = w.Begins
		if o.Until != "" {
			w.Ends = onClock(day.AddDate(0, 0, o.Days), o.Until)
		}
	}
	w.First = w.Begins.Format(layout)
	if o.From == "" || o.Until != "" {
		w.Last = w.Ends.Format(layout)
	}
	if o.From == "" {
		w.Ends = w.Ends.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	return w
}

// onClock returns the time of a day at which a clock shows hours and minutes.
func onClock(day time.Time, hoursAndMinutes string) time.Time {
	clockTime, _ := time.Parse("15:04", hoursAndMinutes) // written above
	return time.Date(day.Year(), day.Month(), day.Day(), clockTime.Hour(), clockTime.Minute(), 0, 0, day.Location())
}
