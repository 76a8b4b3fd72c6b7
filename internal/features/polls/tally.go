package polls

import (
	"encoding/json"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/kit/schulze"
)

// tally is the sum of all ballots. Nothing else of a ballot is needed to know how a poll stands, and none can be found
// in it.
type tally struct {
	Voters  int              `json:"voters"`
	Answers map[int64]counts `json:"answers,omitempty"` // of a poll that is not ranked, by options
	// Duels says of a ranked poll how many prefer one option to another one.
	Duels map[int64]map[int64]int `json:"duels,omitempty"`
}

// counts are how many say what to an option.
type counts struct {
	No    int `json:"no,omitempty"`
	Maybe int `json:"maybe,omitempty"`
	Yes   int `json:"yes,omitempty"`
}

// The score of an option in units of 1/100,000: a maybe counts as a third, so that three of them just beat one yes.
const (
	worthOfYes   = 100_000
	worthOfMaybe = 33_334
)

// score returns by what an option is ranked.
func (c counts) score() int { return c.Yes*worthOfYes + c.Maybe*worthOfMaybe }

// parseTally reads the sums of a poll.
func parseTally(text string) (t tally, err error) {
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, fmt.Errorf("read the sums of a poll: %w", err)
	}
	return t, nil
}

func (t tally) encode() (string, error) {
	text, err := json.Marshal(t)
	return string(text), err
}

// add counts a ballot so many times: -1 takes it out again. How many people have voted is not counted here.
func (t *tally) add(p poll, b ballot, times int) {
	if p.Ranked {
		t.addRanks(p, b, times)
		return
	}
	if t.Answers == nil {
		t.Answers = map[int64]counts{}
	}
	for _, o := range p.Options {
		value, said := b[o.ID]
		if !said {
			continue
		}
		c := t.Answers[o.ID]
		switch value {
		case no:
			c.No += times
		case maybe:
			c.Maybe += times
		case yes:
			c.Yes += times
		}
		t.Answers[o.ID] = c
	}
}

// addRanks counts the duels of a ranked ballot.
func (t *tally) addRanks(p poll, b ballot, times int) {
	d := t.duels(p)
	ranks := make(schulze.Ballot, len(p.Options))
	for n, o := range p.Options {
		ranks[n] = b[o.ID]
	}
	d.Add(ranks, times)
	t.Duels = map[int64]map[int64]int{}
	for a, row := range d {
		for other, n := range row {
			if n == 0 {
				continue
			}
			id := p.Options[a].ID
			if t.Duels[id] == nil {
				t.Duels[id] = map[int64]int{}
			}
			t.Duels[id][p.Options[other].ID] = n
		}
	}
}

// duels returns the duels among the options of a poll, by their places.
func (t *tally) duels(p poll) schulze.Duels {
	d := schulze.NewDuels(len(p.Options))
	for a, o := range p.Options {
		for other, against := range p.Options {
			d[a][other] = t.Duels[o.ID][against.ID]
		}
	}
	return d
}

// standing is how an option stands.
type standing struct {
	option
	counts

	Score   int
	Percent int  // how long its bar is
	Wins    bool // it is the first, and somebody has voted
}

// standings returns the options in the order of their success. Those that stand the same are in the order of the poll.
func (p poll) standings() []standing {
	if p.Ranked {
		return p.rankedStandings()
	}
	all := make([]standing, len(p.Options))
	for n, o := range p.Options {
		c := p.Tally.Answers[o.ID]
		all[n] = standing{option: o, counts: c, Score: c.score(), Percent: percent(c.score(), p.Tally.Voters*worthOfYes)}
	}
	slices.SortStableFunc(all, func(a, b standing) int { return b.Score - a.Score })
	if len(all) > 0 {
		all[0].Wins = all[0].Score > 0
	}
	return all
}

// rankedStandings orders options by the method of Schulze. A bar is as long as the part of all comparisons with other
// options that its option has won.
func (p poll) rankedStandings() []standing {
	d := p.Tally.duels(p)
	var all []standing
	for _, n := range d.Order() {
		s := standing{option: p.Options[n]}
		for _, won := range d[n] {
			s.Score += won
		}
		s.Percent = percent(s.Score, p.Tally.Voters*(len(p.Options)-1))
		all = append(all, s)
	}
	if len(all) > 0 {
		all[0].Wins = p.Tally.Voters > 0
	}
	return all
}

func percent(part, whole int) int {
	if whole <= 0 {
		return 0
	}
	return min(100, (part*100+whole/2)/whole)
}

// ranking returns the options that a ballot ranks, the best first.
func ranking(p poll, b ballot) []int64 {
	var ids []int64
	for _, o := range p.Options {
		if b[o.ID] > 0 {
			ids = append(ids, o.ID)
		}
	}
	slices.SortStableFunc(ids, func(x, y int64) int { return b[x] - b[y] })
	return ids
}
