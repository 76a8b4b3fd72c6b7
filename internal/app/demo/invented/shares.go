package invented

import (
	"math"
	"math/rand/v2"
	"sort"
)

// evenness is the exponent of Zipf's law: the group with the rank r has a share like 1/r^evenness. Of three thousand
// groups the largest has a fifth then.
const evenness = 1.2

// Shares says how much each rank has of something, as sums: the last one is the whole.
type Shares []float64

// NewShares returns the shares of so many ranks.
func NewShares(n int) Shares {
	s := make(Shares, n)
	sum := 0.0
	for i := range s {
		sum += math.Pow(float64(i+1), -evenness)
		s[i] = sum
	}
	return s
}

// Pick returns a rank, from 0, as often as its share says.
func (s Shares) Pick(r *rand.Rand) int {
	at := r.Float64() * s[len(s)-1]
	return min(sort.SearchFloat64s(s, at), len(s)-1)
}
