package schulze_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/schulze"
)

// votes are ballots of the same order: so many people put the options so. A blank parts ranks, options without a blank
// between them are tied, and options that are missing are not ranked.
type votes struct {
	times int
	order string
}

// count returns the duels of an election among options that are called by single letters.
func count(options string, all []votes) schulze.Duels {
	d := schulze.NewDuels(len(options))
	for _, v := range all {
		b := make(schulze.Ballot, len(options))
		for rank, tied := range strings.Fields(v.order) {
			for _, option := range tied {
				b[strings.IndexRune(options, option)] = rank + 1
			}
		}
		d.Add(b, v.times)
	}
	return d
}

// named returns an order in letters.
func named(options string, order []int) string {
	var b strings.Builder
	for _, n := range order {
		b.WriteByte(options[n])
	}
	return b.String()
}

func TestElectionsOfTheLiteratureEndAsTheySay(t *testing.T) {
	t.Parallel()
	for _, e := range []struct {
		source, options string
		votes           []votes
		order           string
	}{
		{
			"Schulze, The Schulze Method of Voting (arXiv 1804.02973), section 3.1, the best known example: 45 ballots", "ABCDE",
			[]votes{{5, "A C B E D"}, {5, "A D E C B"}, {8, "B E D A C"}, {3, "C A B E D"}, {7, "C A E B D"}, {2, "C B A D E"}, {7, "D C E B A"}, {8, "E B A D C"}},
			"EACBD",
		},
		{
			"the capital of Tennessee, the usual example of Condorcet's winner: Memphis, Nashville, Chattanooga, Knoxville", "MNCK",
			[]votes{{42, "M N C K"}, {26, "N C K M"}, {15, "C K N M"}, {17, "K C N M"}},
			"NCKM",
		},
		{
			"Condorcet's paradox of 1785 with a majority each of 2/3, broken by its weakest duel", "ABC",
			[]votes{{8, "A B C"}, {7, "B C A"}, {6, "C A B"}},
			"ABC",
		},
	} {
		if got := named(e.options, count(e.options, e.votes).Order()); got != e.order {
			t.Errorf("%s: %s, want %s", e.source, got, e.order)
		}
	}
}

func TestTiesAreInTheOrderOfTheOptions(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]struct {
		votes []votes
		order string
	}{
		"nobody has voted":                       {nil, "ABCD"},
		"everybody finds all the same":           {[]votes{{3, "ABCD"}}, "ABCD"},
		"two are tied at the top":                {[]votes{{1, "C B A D"}, {1, "B C A D"}}, "BCAD"},
		"a circle in which all duels are equal":  {[]votes{{1, "B C D"}, {1, "C D B"}, {1, "D B C"}}, "BCDA"},
		"what is not ranked is below what is":    {[]votes{{2, "D"}, {1, "C D"}}, "DCAB"},
		"two parties that balance to the letter": {[]votes{{5, "A B C D"}, {5, "D C B A"}}, "ABCD"},
	} {
		if got := named("ABCD", count("ABCD", e.votes).Order()); got != e.order {
			t.Errorf("%s: %s, want %s", name, got, e.order)
		}
	}
}

func TestABallotThatIsTakenOutLeavesNothing(t *testing.T) {
	t.Parallel()
	d := count("ABC", []votes{{2, "C B A"}})
	b := schulze.Ballot{1, 0, 2}
	d.Add(b, 1)
	d.Add(b, -1)
	for a := range d {
		if want := count("ABC", []votes{{2, "C B A"}})[a]; !slices.Equal(d[a], want) {
			t.Errorf("%v, want %v", d[a], want)
		}
	}
}

func TestWhatCannotBeRankedIsRefused(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(){
		"a short ballot":   func() { schulze.NewDuels(3).Add(schulze.Ballot{1, 2}, 1) },
		"too many options": func() { schulze.NewDuels(schulze.MaxOptions + 1).Order() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", name)
				}
			}()
			do()
		}()
	}
	if got := schulze.NewDuels(schulze.MaxOptions).Order(); len(got) != schulze.MaxOptions || !slices.IsSorted(got) {
		t.Errorf("%v", got)
	}
	if got := schulze.NewDuels(0).Order(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// elections is how many random elections are compared.
const elections = 10_000

// TestRandomElectionsEndAsTheDefinitionSays compares the ranking with one that walks every path between two options.
func TestRandomElectionsEndAsTheDefinitionSays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2011, 36))
	untied := 0
	for n := range elections {
		options := 1 + r.IntN(6)
		ballots := make([]schulze.Ballot, r.IntN(20))
		d := schulze.NewDuels(options)
		for i := range ballots {
			ballots[i] = make(schulze.Ballot, options)
			for o := range ballots[i] {
				ballots[i][o] = r.IntN(options + 1) // ties, gaps and options that are not ranked
			}
			d.Add(ballots[i], 1)
		}
		got, want := d.Order(), byDefinition(options, ballots)
		if !slices.Equal(got, want) {
			t.Fatalf("election %d of %v ends %v, want %v", n, ballots, got, want)
		}
		if !slices.IsSorted(got) {
			untied++
		}
	}
	if untied < elections/2 {
		t.Errorf("only %d elections are no mere order of the options", untied)
	}
}

// byDefinition ranks options in the slow way: it counts each duel anew, tries every path without a circle, gives each
// option as its level how many levels of others beat it, and sorts by them.
func byDefinition(options int, ballots []schulze.Ballot) []int {
	above := func(b schulze.Ballot, x, y int) bool {
		switch {
		case b[x] == 0:
			return false
		case b[y] == 0:
			return true
		}
		return b[x] < b[y]
	}
	duel := func(x, y int) (n int) {
		for _, b := range ballots {
			if above(b, x, y) {
				n++
			}
		}
		return n
	}
	var strongest func(from, to int, visited []int) int
	strongest = func(from, to int, visited []int) (best int) {
		for next := range options {
			if next == from || slices.Contains(visited, next) || duel(from, next) <= duel(next, from) {
				continue
			}
			link := duel(from, next)
			if next != to {
				link = min(link, strongest(next, to, append(slices.Clone(visited), next)))
			}
			best = max(best, link)
		}
		return best
	}
	beats := make([][]bool, options)
	for x := range options {
		beats[x] = make([]bool, options)
		for y := range options {
			beats[x][y] = x != y && strongest(x, y, []int{x}) > strongest(y, x, []int{y})
		}
	}
	left := make([]int, options)
	for n := range left {
		left[n] = n
	}
	var order []int
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(x int) bool {
			return !slices.ContainsFunc(left, func(y int) bool { return beats[y][x] })
		})
		order = append(order, left[at])
		left = slices.Delete(left, at, at+1)
	}
	return order
}
