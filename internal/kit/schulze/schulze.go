// Package schulze ranks options by the ballots of people who have put them into an order, with the method of Markus
// Schulze: "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent single-winner election
// method", Social Choice and Welfare 36 (2011).
//
// One option beats another if the strongest path of duels that leads from it to the other is stronger than every path
// back. A path is as strong as its weakest duel, and a duel as strong as the number of ballots that its winner has.
package schulze

import "fmt"

// MaxOptions is how many options can be ranked: the work grows with the third power of their number.
const MaxOptions = 100

// Ballot is the rank that somebody gives to each option, the smallest to the best. Equal ranks are a tie. Options with
// rank 0 are not ranked: they are tied with each other, below all that are.
type Ballot []int

// prefers reports whether the ballot ranks option a above option b.
func (b Ballot) prefers(a, other int) bool {
	return b[a] > 0 && (b[other] <= 0 || b[a] < b[other])
}

// Duels says how many ballots rank one option above another: Duels[a][b] prefer a to b. All that the ranking needs of
// ballots is in it, and it is a sum, so that no ballot can be found in it.
type Duels [][]int

// NewDuels returns the duels of a number of options before anybody has voted.
func NewDuels(options int) Duels {
	d := make(Duels, options)
	cells := make([]int, options*options)
	for n := range d {
		d[n] = cells[n*options : (n+1)*options]
	}
	return d
}

// Add counts a ballot so many times: -1 takes it out again. A ballot that has not one rank for each option is a
// mistake of the caller.
func (d Duels) Add(b Ballot, times int) {
	if len(b) != len(d) {
		panic(fmt.Sprintf("a ballot with %d ranks among %d options", len(b), len(d)))
	}
	for a := range d {
		for other := range d {
			if a != other && b.prefers(a, other) {
				d[a][other] += times
			}
		}
	}
}

// Order returns the options by their numbers, the best first. Of several that nobody beats, the one with the smallest
// number comes first. It panics if there are more than MaxOptions.
func (d Duels) Order() []int {
	if len(d) > MaxOptions {
		panic(fmt.Sprintf("%d options are more than %d", len(d), MaxOptions))
	}
	strongest := d.paths()
	order := make([]int, 0, len(d))
	placed := make([]bool, len(d))
	for len(order) < len(d) {
		next := unbeaten(strongest, placed)
		order, placed[next] = append(order, next), true
	}
	return order
}

// unbeaten returns the first of the options that are left which none of the others beats. There always is one, because
// "beats" is a strict partial order.
func unbeaten(strongest Duels, placed []bool) int {
	first := -1
	for a := range strongest {
		if placed[a] {
			continue
		}
		if first < 0 {
			first = a
		}
		beaten := false
		for other := range strongest {
			beaten = beaten || !placed[other] && strongest[other][a] > strongest[a][other]
		}
		if !beaten {
			return a
		}
	}
	return first
}

// paths returns how strong the strongest path from each option to each other one is.
func (d Duels) paths() Duels {
	strongest := NewDuels(len(d))
	for a := range d {
		for b := range d {
			if d[a][b] > d[b][a] {
				strongest[a][b] = d[a][b]
			}
		}
	}
	for via := range d {
		for a := range d {
			if a == via {
				continue
			}
			for b := range d {
				if b == via || b == a {
					continue
				}
				strongest[a][b] = max(strongest[a][b], min(strongest[a][via], strongest[via][b]))
			}
		}
	}
	return strongest
}
