package attendance_test

import (
	"testing"

	"grouprise.org/grouprise/internal/features/attendance"
	"grouprise.org/grouprise/internal/kit/errs"
)

func TestWhoHasAPlaceAndWhoWaits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what                       string
		held, need, free, capacity int
		waits                      bool
		kind                       errs.Kind // of what is wrong; Internal for nothing
	}{
		{"places without end", 0, 10, 0, 0, false, errs.Internal},
		{"the last place", 0, 1, 1, 5, false, errs.Internal},
		{"one more than fits", 0, 2, 1, 5, true, errs.Internal},
		{"a party that never fits", 0, 6, 5, 5, false, errs.Invalid},
		{"a place that somebody has", 1, 1, 1, 5, false, errs.Internal},
		{"one guest more, who fits", 1, 2, 2, 5, false, errs.Internal},
		{"one guest more, who does not", 1, 2, 1, 5, false, errs.Conflict},
		{"fewer guests where there are too many people", 3, 2, 0, 2, false, errs.Internal},
		{"nobody where there are too many people", 1, 0, -2, 2, false, errs.Internal},
	} {
		waits, err := attendance.Admit(c.held, c.need, c.free, c.capacity)
		if waits != c.waits || (err != nil) != (c.kind != errs.Internal) || err != nil && errs.KindOf(err) != c.kind {
			t.Errorf("%s: waits %v, %v; want %v, %v", c.what, waits, err, c.waits, c.kind)
		}
	}
}

func TestWhoMovesUpIsTheFirstWhoFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		free    int
		limited bool
		parties []int // with guests, in the order of the queue
		moved   []int // their places in it
	}{
		{"nothing is free", 0, true, []int{1, 1}, nil},
		{"there are too many already", -1, true, []int{1}, nil},
		{"one place", 1, true, []int{1, 1}, []int{0}},
		{"a party that does not fit is passed over", 2, true, []int{3, 1, 2, 1}, []int{1, 3}},
		{"everybody where there is no limit any more", 0, false, []int{3, 1}, []int{0, 1}},
	} {
		got := attendance.Advance(c.free, c.limited, c.parties)
		if len(got) != len(c.moved) {
			t.Errorf("%s: %v, want %v", c.what, got, c.moved)
			continue
		}
		for n := range got {
			if got[n] != c.moved[n] {
				t.Errorf("%s: %v, want %v", c.what, got, c.moved)
			}
		}
	}
}

func TestNoCellOfATableIsAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Carla": "Carla", "": "", "=1+1": "'=1+1", "+49 40": "'+49 40", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "a=1": "a=1",
	} {
		if got := attendance.Harmless(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
