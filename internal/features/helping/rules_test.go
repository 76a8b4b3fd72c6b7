package helping_test

import (
	"fmt"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/helping"
)

func TestWhoMayTakeSomethingAndWhoSeesNames(t *testing.T) {
	t.Parallel()
	somebody := community.Viewer{PersonID: 1}
	for _, c := range []struct {
		name         string
		s            community.Standing
		takes, names bool // who sees names also organises
	}{
		{"nobody", community.Standing{}, false, false},
		{"a stranger", community.Standing{Viewer: somebody}, true, false},
		{"a subscriber", community.Standing{Viewer: somebody, Subscribed: true}, true, false},
		{"a member", community.Standing{Viewer: somebody, Member: true}, true, true},
		{"the owner of a profile", community.Standing{Viewer: somebody, Owner: true}, true, true},
	} {
		if got := helping.CanTake(c.s); got != c.takes {
			t.Errorf("%s takes something of what they read: %t", c.name, got)
		}
		if got := helping.CanSeeNames(c.s); got != c.names {
			t.Errorf("%s sees names: %t", c.name, got)
		}
		if got := helping.CanOrganise(c.s); got != c.names {
			t.Errorf("%s organises: %t", c.name, got)
		}
	}
}

func TestLinesOfAListAreUnderstood(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"3 × set up, 16:00":     "3 set up, 16:00",
		"3 x set up":            "3 set up",
		"3x set up":             "3 set up",
		"3* set up":             "3 set up",
		"5 cakes":               "5 cakes",
		"- 2 Salate":            "2 Salate",
		"• Musik":               "1 Musik",
		"2 xylophones":          "2 xylophones",
		"16:00 jemand am Tor":   "1 16:00 jemand am Tor",
		"  \t":                  "",
		"0 Kuchen":              "0 Kuchen",
		"12345 Kuchen":          "1 12345 Kuchen",
		"zwei Kuchen":           "1 zwei Kuchen",
		"1 Kuchen\n\n2 Salate ": "1 Kuchen|2 Salate",
	} {
		if got := helping.Lines(line); got != want {
			t.Errorf("%q is read as %q, want %q", line, got, want)
		}
	}
}

func TestALineOfAMailTakesWhatItNamesAlone(t *testing.T) {
	t.Parallel()
	list := func(titles ...string) (needs []helping.Need) {
		for n, title := range titles {
			needs = append(needs, helping.Need{ID: int64(n + 1), Wanted: 5, Title: title})
		}
		return needs
	}
	fest := list("Aufbau, 16:00", "Kuchen", "Abbau nach dem Fest", "Tee", "Auf- und Abräumen")
	english := list("set up, 16:00", "cake", "salad without nuts", "salad with nuts")
	for _, c := range []struct {
		needs []helping.Need
		line  string
		want  string // the amount and the id; empty for nothing
	}{
		{fest, "2 Kuchen", "2 of 2"},
		{fest, "Kuchen", "1 of 2"},
		{fest, " einen Kuchen! ", "1 of 2"},
		{fest, "ein Tee", "1 of 4"},
		{fest, "Tee", "1 of 4"},
		{fest, "aufbau", "1 of 1"},
		{fest, "Aufbau 16:00", "1 of 1"},
		{fest, "Abbau nach dem Fest", "1 of 3"},
		{fest, "1 Abbau", "1 of 3"},
		{fest, "und", ""},
		{fest, "dem", ""},
		{fest, "Ja", ""},
		{fest, "16:00", ""},
		{fest, "16 00", ""},
		{fest, "0 Kuchen", ""},
		{fest, "Kuchen?", ""},
		{fest, "Kein Kuchen", ""},
		{fest, "2 Kuchen und 1 Tee", ""},
		{fest, "Kuchen bringe ich gern mit", ""},
		{fest, "Kuchen\nund mehr", ""},
		{fest, "", ""},
		{fest, "3", ""},
		{english, "5 cakes", "5 of 2"},
		{english, "a cake", "1 of 2"},
		{english, "set up", "1 of 1"},
		{english, "salad", ""}, // which?
		{english, "2 x salad with nuts", "2 of 4"},
		{english, "salad without nuts", "1 of 3"},
		{nil, "cake", ""},
	} {
		if got := helping.Reads(c.needs, 7, c.line); got != c.want {
			t.Errorf("%q takes %q, want %q", c.line, got, c.want)
		}
	}
}

func TestOfTwoThingsTheOneThatIsLeftIsMeant(t *testing.T) {
	t.Parallel()
	needs := []helping.Need{{ID: 1, Wanted: 1, Title: "Kuchen ohne Ei"}, {ID: 2, Wanted: 2, Title: "Kuchen mit Nüssen"}}
	helping.Give(&needs[0], 8, 1)
	for _, c := range [][2]string{{"Kuchen", "1 of 2"}, {"Kuchen ohne Ei", "1 of 1"}} {
		if got := helping.Reads(needs, 7, c[0]); got != c[1] {
			t.Errorf("%q takes %q, want %q", c[0], got, c[1])
		}
	}
	helping.Give(&needs[1], 7, 2)
	if got := helping.Reads(needs, 7, "Kuchen"); got != "2 of 2" { // as many as before
		t.Errorf("who says it once more has %q", got)
	}
}

func TestAListHasItsLimits(t *testing.T) {
	t.Parallel()
	long := ""
	for range 121 {
		long += "ä"
	}
	for lines, want := range map[string]string{
		"1 Kuchen": "", "500 Stühle": "", long[2:]: "",
		"0 Kuchen": "[more]", "501 Stühle": "[more]", long: "[more]",
	} {
		if got := helping.Wrong(lines); got != want {
			t.Errorf("%.20q: wrong is %q, want %q", lines, got, want)
		}
	}
	many := ""
	for n := range 51 {
		many += fmt.Sprintf("1 Ding %d\n", n)
	}
	if got := helping.Wrong(many); got != "[more]" {
		t.Errorf("51 lines: wrong is %q", got)
	}
}
