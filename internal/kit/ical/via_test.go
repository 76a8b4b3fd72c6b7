package ical_test

import (
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/ical"
)

func TestAnEventSaysThroughWhichSitesItHasCome(t *testing.T) {
	t.Parallel()
	var w ical.Writer
	w.Begin("VCALENDAR")
	w.Begin("VEVENT")
	w.Raw("DTSTART", "20260303T190000Z")
	w.Raw(ical.ViaProperty, "stadt.example, Dorf.example")
	w.End("VEVENT")
	w.End("VCALENDAR")
	c, err := ical.Parse(strings.NewReader(string(w.Bytes())), ical.Limits{})
	if err != nil || len(c.Events) != 1 || !slices.Equal(c.Events[0].Via, []string{"stadt.example", "dorf.example"}) {
		t.Errorf("%+v, %v", c.Events, err)
	}
}
