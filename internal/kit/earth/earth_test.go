package earth_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"grouprise.org/grouprise/internal/kit/earth"
)

func TestPointsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 53.55, 10.00 ": "53.55,10", "53.55 10": "53.55,10", "53,5511 9,9937": "53.5511,9.9937", "53,5511, 9,9937": "53.5511,9.9937",
		"-33.856784;151.215297": "-33.85678,151.2153", "geo:53.55,10.0": "53.55,10", "GEO:53.55,10.0,12;u=35?z=19": "53.55,10",
		"https://www.openstreetmap.org/?mlat=53.55&mlon=10.01#map=16/1/2": "53.55,10.01",
		"https://osm.org/#map=5/-0.000001/0":                              "0,0",
		"90,180":                                                          "90,180",
		"-90,-180":                                                        "-90,-180",
	} {
		if got, ok := earth.Parse(text); !ok || got.String() != want {
			t.Errorf("%q is read as %s (%t), want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "Marktplatz", "91, 0", "0, 181", "53.55", "geo:x,y", "NaN,NaN", "Inf,0", "https://example.org/?mlat=53.55&mlon=10"} {
		if got, ok := earth.Parse(text); ok {
			t.Errorf("%q is read as %s", text, got)
		}
	}
	for text, want := range map[string]bool{"53.55": true, "53,55": true, " -90 ": true, "90.00001": false, "95": false, "": false, "Nord": false, "NaN": false, "1e9": false} {
		if _, ok := earth.ParseLatitude(text); ok != want {
			t.Errorf("%q is a latitude: %t", text, ok)
		}
	}
	if _, ok := earth.ParseLongitude("179,99999"); !ok {
		t.Error("a longitude cannot be read")
	}
}

func TestDistancesAreThoseOfTheEarth(t *testing.T) {
	t.Parallel()
	read := func(text string) earth.Point {
		p, ok := earth.Parse(text)
		if !ok {
			t.Fatal(text)
		}
		return p
	}
	for _, c := range []struct {
		from, to string
		metres   float64
	}{
		{"53.55,10", "53.55,10", 0},
		{"52.51628,13.37771", "48.13743,11.57549", 503_760}, // from the Brandenburg Gate to the square of Munich’s town hall
		{"0,179.5", "0,-179.5", 111_195},
		{"90,0", "90,120", 0},
		{"0,0", "0,180", math.Pi * 6_371_008.8},
	} {
		got, back := read(c.from).To(read(c.to)), read(c.to).To(read(c.from))
		if math.Abs(got-c.metres) > 0.002*c.metres+1 || math.Abs(got-back) > 1e-6 {
			t.Errorf("from %s to %s it is %.0f m, and %.0f back, want %.0f", c.from, c.to, got, back, c.metres)
		}
	}
}

// TestABoxHoldsAllThatIsNear compares boxes with distances at random places, the poles and the 180th meridian among them.
func TestABoxHoldsAllThatIsNear(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(41, 37))
	near := 0
	for range 20_000 {
		p := earth.Point{Latitude: random.IntN(18_000_001) - 9_000_000, Longitude: random.IntN(36_000_001) - 18_000_000}
		switch random.IntN(4) {
		case 0:
			p.Latitude = 9_000_000 - random.IntN(50_000)
		case 1:
			p.Longitude = 18_000_000 - random.IntN(50_000)
		}
		metres := float64(2000 + random.IntN(23_000))
		box := p.Around(metres)
		q := earth.Point{Latitude: min(max(p.Latitude+random.IntN(50_001)-25_000, -9_000_000), 9_000_000), Longitude: p.Longitude + random.IntN(100_001) - 50_000}
		if q.Longitude > 18_000_000 {
			q.Longitude -= 36_000_000
		} else if q.Longitude < -18_000_000 {
			q.Longitude += 36_000_000
		}
		if p.To(q) > metres {
			continue
		}
		near++
		if !box.Holds(q) {
			t.Fatalf("%s is %.0f m from %s and not in the box of %.0f m around it, %+v", q, p.To(q), p, metres, box)
		}
	}
	if near < 1000 {
		t.Errorf("only %d points were near", near)
	}
	box := earth.Point{Latitude: 5_355_000, Longitude: 1_000_000}.Around(5000)
	if height := box.North - box.South; height < 8_990 || height > 9_000 || box.Holds(earth.Point{Latitude: 5_360_000, Longitude: 1_000_000}) {
		t.Errorf("the box of 5 km is %+v", box)
	}
}
