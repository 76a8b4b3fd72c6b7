package scenery

import (
	"fmt"
	"image"
	"math/rand/v2"
)

// Picture says what is drawn.
type Picture struct {
	Scene  string // one of the names in scenes
	Accent int    // the colour that the scene is tuned to, like 0x2f6b4f
	Hour   Hour
	Season Season
	Seed   uint64 // who stands where, what grows
}

// scenes are what can be drawn, outside and inside.
var scenes = map[string]func(*scene){
	"allotments": allotments, "bakery": bakery, "bees": bees, "bicycles": bicycles, "bridge": bridge, "cafe": cafe,
	"choir": choir, "clothes": clothes,
	"houses": houses, "kitchen": kitchen, "lake": lake, "library": library, "market": market, "neighbours": neighbours, "party": party,
	"playground": playground, "rooftops": rooftops, "skatepark": skatepark, "theatre": theatre, "workshop": workshop,
}

// Draw draws a picture of a size in pixels: the whole scene where it is 16:9, and less of its top and bottom where it is
// wider.
func Draw(p Picture, width, height int) (*image.RGBA, error) {
	draw := scenes[p.Scene]
	if draw == nil {
		return nil, fmt.Errorf("there is no scene %q", p.Scene)
	}
	s := &scene{canvas: newCanvas(width, height, 1600), rand: rand.New(rand.NewPCG(p.Seed, 16)), hour: p.Hour, season: p.Season}
	s.y = float64(height-width*9/16) / 2
	s.mixColours(hex(p.Accent))
	draw(s)
	return s.pixels, nil
}
