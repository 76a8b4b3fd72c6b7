package ical

import (
	"testing"
	"time"
)

// OffsetsOf returns what the first zone of a text says of its clocks: seconds east of Greenwich.
func OffsetsOf(t *testing.T, text string) func(time.Time) int {
	t.Helper()
	p := parser{zones: zoneFinder{defined: map[string]*definition{}}}
	if err := p.read([]byte("BEGIN:VCALENDAR\n" + text + "END:VCALENDAR\n")); err != nil {
		t.Fatal(err)
	}
	for _, d := range p.zones.defined {
		return d.offset
	}
	t.Fatal("there is no zone")
	return nil
}
