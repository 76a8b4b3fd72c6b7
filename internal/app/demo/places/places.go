// Package places knows where the places of an invented town lie: in a heath where nobody lives.
package places

import (
	"hash/fnv"
	"strings"

	"grouprise.org/grouprise/internal/kit/earth"
)

// The middle of the town, and how far it reaches from there, in 100,000ths of a degree.
const (
	north, east = 53_16_500, 9_94_500
	reach       = 3000
)

// Of returns where a place lies; rooms of the same house lie at the same point. Of some places nobody has said it.
func Of(place string) (p earth.Point, known bool) {
	house, _, _ := strings.Cut(place, ",")
	if house == "" {
		return p, false
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(house))) // never fails
	sum := int(h.Sum32())
	return earth.Point{Latitude: north + sum%(2*reach) - reach, Longitude: east + sum/(2*reach)%(4*reach) - 2*reach}, sum%7 != 0
}
