package people

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
)

func TestASlugIsSuggestedByTheNamesAndElseByChance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, last, address string
		want                 []string // the candidates before those by chance
	}{
		{"Anna", "Ahorn", "aa@example.org", []string{"anna", "ahorn", "aa"}},
		{"", "", "bert_birke@example.org", []string{"bert_birke"}},
		{"Änne Groß", "Łukasz", "", []string{"aenne_gross"}},
		{"José", "", "jose@example.org", []string{"jose", "jose"}},
		{"", "", "anna.ahorn@example.org", nil},
		{"", "", "anna+town@example.org", nil},
		{"Дмитрий", "", "Д@example.org", nil},
		{"-", "__", "", nil},
		{strings.Repeat("a", 151), "", "", nil},
	} {
		var got []string
		chance := 0
		for slug := range slugCandidates(c.first, c.last, c.address) {
			if strings.HasPrefix(slug, "user") {
				chance++
			} else {
				got = append(got, slug)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") || chance != 16 {
			t.Errorf("slugCandidates(%.20q, %q, %q) = %q and %d by chance, want %q", c.first, c.last, c.address, got, chance, c.want)
		}
	}
}

func TestWhoMayWriteToAPerson(t *testing.T) {
	t.Parallel()
	nobody := community.Viewer{}
	anna, bert := community.Viewer{PersonID: 1}, community.Viewer{PersonID: 2}
	person := func(public, active bool) community.Person {
		return community.Person{ID: 1, Public: public, Active: active}
	}
	for _, c := range []struct {
		name   string
		viewer community.Viewer
		person community.Person
		write  bool
	}{
		{"a stranger, public", nobody, person(true, true), true},
		{"a stranger, private", nobody, person(false, true), false},
		{"somebody, public", bert, person(true, true), true},
		{"somebody, private", bert, person(false, true), true},
		{"the person, private", anna, person(false, true), false},
		{"the person, public", anna, person(true, true), false},
		{"somebody, gone", bert, person(true, false), false},
	} {
		if got := CanWriteTo(c.viewer, c.person); got != c.write {
			t.Errorf("%s: CanWriteTo = %v", c.name, got)
		}
	}
}

func TestNamesAndTextsAreKeptShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, last, want string }{
		{"", "", "anna"},
		{"Anna", "", "Anna"},
		{"", "Ahorn", "Ahorn"},
		{"Anna", "Ahorn", "Anna Ahorn"},
		{strings.Repeat("ä", 150), strings.Repeat("ö", 150), strings.Repeat("ä", 150) + " " + strings.Repeat("ö", 104)},
	} {
		if got := displayName(c.first, c.last, "anna"); got != c.want {
			t.Errorf("displayName(%.10q, %.10q) = %q", c.first, c.last, got)
		}
	}
	if got := excerpt(strings.Repeat("Garten ", 100)); len(got) > 210 || !strings.HasSuffix(got, "Garten…") {
		t.Errorf("excerpt = %q", got)
	}
	if got := excerpt("Ich mag\n\nGärten."); got != "Ich mag Gärten." {
		t.Errorf("excerpt = %q", got)
	}
}

func TestAProfileIsChecked(t *testing.T) {
	t.Parallel()
	languages := []string{"en", "de"}
	for _, c := range []struct {
		profile Profile
		wrong   string
	}{
		{Profile{}, ""},
		{Profile{FirstName: strings.Repeat("ä", 150), About: strings.Repeat("ä", 5000), Language: "de"}, ""},
		{Profile{FirstName: strings.Repeat("ä", 151)}, "first_name"},
		{Profile{LastName: strings.Repeat("ä", 151)}, "last_name"},
		{Profile{About: strings.Repeat("ä", 5001)}, "about"},
		{Profile{Language: "tlh"}, "language"},
	} {
		var got []string
		for _, f := range checkProfile(c.profile, languages) {
			got = append(got, f.Name)
		}
		if strings.Join(got, " ") != c.wrong {
			t.Errorf("checkProfile complains about %q, want %q", got, c.wrong)
		}
	}
}
