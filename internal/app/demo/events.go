package demo

import (
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/app/demo/occasions"
)

// moreDates announces what is missing of the events that are asked for: a third is over, the others come within a year.
func (t *town) moreDates(today time.Time) {
	for n := 0; len(t.rows.events) < t.size.Events; n++ {
		group := t.someGroup()
		v := t.voices[group-1]
		hour := 9 + t.rand.IntN(12)
		o := occasions.Occasion{
			Title: pick(t, v.Titles), Text: pick(t, v.Openings) + "\n\n" + pick(t, v.Closings), Place: t.somewhere(),
			From: fmt.Sprintf("%02d:00", hour), Until: fmt.Sprintf("%02d:30", hour+1+t.rand.IntN(2)), Internal: t.rand.IntN(4) == 0,
		}
		switch t.rand.IntN(20) {
		case 0:
			o.From, o.Until, o.Days = "", "", t.rand.IntN(3)
		case 1:
			o.Days = 2
		}
		t.date(o, group, t.someMember(group), today.AddDate(0, 0, t.rand.IntN(540)-180), t.hoursAgo(24*200+n))
	}
}

// somewhere returns a room at one of the places of the town.
func (t *town) somewhere() string {
	return fmt.Sprintf("%s, Raum %d", pick(t, occasions.All()).Place, 1+t.rand.IntN(8))
}
