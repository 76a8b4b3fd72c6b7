// Package earth knows places on the earth by their latitude and longitude (WGS 84): how people write them, how far they
// are from each other, and what lies around them.
//
// A coordinate is a whole number of 100,000ths of a degree, about a metre, so that every database compares it alike.
package earth

import (
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// What a coordinate may be at most.
const (
	unit         = 100_000 // of a degree
	maxLatitude  = 90 * unit
	maxLongitude = 180 * unit
)

// radius is that of the earth in metres, as the mean of all directions.
const radius = 6_371_008.8

// Point is a place on the earth, in 100,000ths of a degree. The zero value lies in the Gulf of Guinea.
type Point struct {
	Latitude  int `db:"latitude"`
	Longitude int `db:"longitude"`
}

// String returns the latitude and the longitude in degrees, as in a geo URI without its scheme: 53.55,10
func (p Point) String() string { return Degrees(p.Latitude) + "," + Degrees(p.Longitude) }

// Degrees returns a coordinate in degrees.
func Degrees(coordinate int) string {
	return strconv.FormatFloat(float64(coordinate)/unit, 'f', -1, 64)
}

// URI returns the address of a point that programs for maps open (RFC 5870).
func (p Point) URI() string { return "geo:" + p.String() }

// MapURL returns the address of a point on OpenStreetMap.
func (p Point) MapURL() string {
	q := url.Values{"mlat": {Degrees(p.Latitude)}, "mlon": {Degrees(p.Longitude)}}
	return "https://www.openstreetmap.org/?" + q.Encode() + "#map=17/" + Degrees(p.Latitude) + "/" + Degrees(p.Longitude)
}

// Points as people and programs write them: two numbers with a dot or a comma for their decimals, a geo URI, and what
// addresses of OpenStreetMap say.
var (
	twoNumbers   = regexp.MustCompile(`^(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)$`)
	twoGerman    = regexp.MustCompile(`^(-?\d{1,3},\d+)(?:\s*;\s*|,?\s+)(-?\d{1,3},\d+)$`)
	mapFragment  = regexp.MustCompile(`^map=[\d.]+/(-?[\d.]+)/(-?[\d.]+)`)
	openStreetAt = regexp.MustCompile(`(?i)^(?:[a-z]+\.)*(?:openstreetmap\.org|osm\.org|openstreetmap\.de)$`)
)

// Parse reads where something lies. ok is false where it cannot be read.
func Parse(text string) (p Point, ok bool) {
	latitude, longitude := coordinates(strings.TrimSpace(text))
	north, ok1 := ParseLatitude(latitude)
	east, ok2 := ParseLongitude(longitude)
	if !ok1 || !ok2 {
		return Point{}, false
	}
	return Point{north, east}, true
}

// ParseLatitude reads degrees to the north, with a dot or a comma; ok is false for what is none.
func ParseLatitude(text string) (latitude int, ok bool) { return parse(text, maxLatitude) }

// ParseLongitude reads degrees to the east, with a dot or a comma; ok is false for what is none.
func ParseLongitude(text string) (longitude int, ok bool) { return parse(text, maxLongitude) }

func parse(text string, most int) (coordinate int, ok bool) {
	degrees, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", "."), 64)
	if err != nil || !(math.Abs(degrees) <= float64(most)/unit) {
		return 0, false
	}
	return int(math.Round(degrees * unit)), true
}

// coordinates returns the latitude and the longitude in a text; "" where there is none.
func coordinates(text string) (latitude, longitude string) {
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "geo:"); ok {
		rest, _, _ = strings.Cut(rest, ";")
		rest, _, _ = strings.Cut(rest, "?")
		if numbers := strings.Split(rest, ","); len(numbers) == 3 { // the last is the altitude
			rest = numbers[0] + "," + numbers[1]
		}
		text = rest
	}
	for _, form := range []*regexp.Regexp{twoGerman, twoNumbers} {
		if found := form.FindStringSubmatch(text); found != nil {
			return found[1], found[2]
		}
	}
	u, err := url.Parse(text)
	if err != nil || !openStreetAt.MatchString(u.Hostname()) {
		return "", ""
	}
	if q := u.Query(); q.Has("mlat") {
		return q.Get("mlat"), q.Get("mlon")
	}
	if found := mapFragment.FindStringSubmatch(u.Fragment); found != nil {
		return found[1], found[2]
	}
	return "", ""
}

// To returns how many metres it is from one point to another, along the surface of a ball (the haversine formula).
func (p Point) To(q Point) float64 {
	lat1, lat2 := p.north(), q.north()
	half := func(angle float64) float64 { s := math.Sin(angle / 2); return s * s }
	h := half(lat2-lat1) + math.Cos(lat1)*math.Cos(lat2)*half(q.east()-p.east())
	return 2 * radius * math.Asin(math.Sqrt(min(h, 1)))
}

func (p Point) north() float64 { return radians(p.Latitude) }
func (p Point) east() float64  { return radians(p.Longitude) }

func radians(coordinate int) float64 { return float64(coordinate) / unit * math.Pi / 180 }

// Box is what lies between two latitudes and two longitudes. Where it crosses the 180th meridian, West is more than East.
type Box struct{ South, West, North, East int }

// Around returns the smallest box in which everything lies that is at most so many metres away.
func (p Point) Around(metres float64) Box {
	turn := metres / radius // as an angle
	reach := int(math.Ceil(turn * 180 / math.Pi * unit))
	b := Box{max(p.Latitude-reach, -maxLatitude), -maxLongitude, min(p.Latitude+reach, maxLatitude), maxLongitude}
	if b.South == -maxLatitude || b.North == maxLatitude {
		return b // all meridians meet at a pole
	}
	side := math.Asin(math.Sin(turn) / math.Cos(p.north()))
	reach = int(math.Ceil(side * 180 / math.Pi * unit))
	if math.IsNaN(side) || reach >= maxLongitude {
		return b
	}
	b.West, b.East = turned(p.Longitude-reach), turned(p.Longitude+reach)
	return b
}

// turned returns a longitude that has gone beyond the 180th meridian as it is called there.
func turned(longitude int) int {
	switch {
	case longitude < -maxLongitude:
		return longitude + 2*maxLongitude
	case longitude > maxLongitude:
		return longitude - 2*maxLongitude
	}
	return longitude
}

// Holds reports whether a point lies in the box.
func (b Box) Holds(p Point) bool {
	if p.Latitude < b.South || p.Latitude > b.North {
		return false
	}
	if b.West > b.East {
		return p.Longitude >= b.West || p.Longitude <= b.East
	}
	return p.Longitude >= b.West && p.Longitude <= b.East
}
