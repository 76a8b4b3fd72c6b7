package parts

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"grouprise.org/grouprise/internal/community"
)

// Size of a drawn cover, that of the rendition of an uploaded one.
const (
	coverWidth  = 1152
	coverHeight = 384
)

// layer is one shape of a drawn cover. Layers are white or black and let the group's colour through, so that they
// fit every colour and both themes.
type layer struct {
	Path    string
	Fill    string
	Opacity string
}

// drawnCover returns the shapes of a group's cover: the family and the shapes follow from the id, so that a group
// keeps its cover and neighbours in a list differ.
func drawnCover(e community.Entity) []layer {
	families := [...]func(*rand.Rand) []layer{hills, roofs, leaves, waves, tiles, suns}
	seed := uint64(e.ID) //nolint:gosec // a seed may be any number
	return families[seed%uint64(len(families))](rand.New(rand.NewPCG(seed, coverWidth)))
}

// between returns a random number from low to high.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

func light(path, opacity string) layer { return layer{path, "#fff", opacity} }

func dark(path, opacity string) layer { return layer{path, "#000", opacity} }

// disc is the path of a circle.
func disc(x, y, radius int) string {
	return fmt.Sprintf("M%d %da%d %d 0 1 0 %d 0 %d %d 0 1 0 %d 0z", x-radius, y, radius, radius, 2*radius, radius, radius, -2*radius)
}

// hills are three soft ranges below a sun.
func hills(r *rand.Rand) []layer {
	all := []layer{light(disc(between(r, 150, 1000), between(r, 80, 150), between(r, 36, 64)), ".35")}
	for n, opacity := range []string{".12", ".16", ".22"} {
		base := 190 + 60*n
		height, shift := between(r, 40, 110), between(r, -160, 0)
		path := fmt.Sprintf("M%d %d", shift, base)
		path += strings.Repeat(fmt.Sprintf("q95 %d 190 0t190 0", -height), (coverWidth-shift+379)/380)
		all = append(all, dark(path+fmt.Sprintf("V%dH%dz", coverHeight, shift), opacity))
	}
	return all
}

// waves are lines of water, one below the other.
func waves(r *rand.Rand) []layer {
	var all []layer
	length, height := between(r, 48, 96), between(r, 18, 40)
	for n := range 5 {
		shift := -between(r, 0, 2*length)
		path := fmt.Sprintf("M%d %dq%d %d %d 0", shift, 70+68*n, length/2, -height, length)
		path += strings.Repeat(fmt.Sprintf("t%d 0", length), (coverWidth-shift)/length+1)
		all = append(all, light(path+fmt.Sprintf("V%dH%dz", coverHeight, shift), ".09"))
	}
	return all
}

// roofs are a street of houses, and another one behind it.
func roofs(r *rand.Rand) []layer {
	var all []layer
	for n, opacity := range []string{".13", ".24"} {
		var houses, windows strings.Builder
		for x := -between(r, 0, 60); x < coverWidth; {
			width, eaves, gable := between(r, 90, 150), between(r, 200, 270)-70*(1-n), between(r, 30, 70)
			fmt.Fprintf(&houses, "M%d %dV%dl%d %d %d %dV%dz", x, coverHeight, eaves, width/2, -gable, width-width/2, gable, coverHeight)
			if n == 1 {
				fmt.Fprintf(&windows, "M%d %dh18v24h-18zm%d 0h18v24h-18z", x+width/4-9, eaves+24, width/2)
			}
			x += width + between(r, 0, 24)
		}
		all = append(all, dark(houses.String(), opacity))
		if n == 1 {
			all = append(all, light(windows.String(), ".5"))
		}
	}
	return all
}

// leaves are strewn over the whole cover.
func leaves(r *rand.Rand) []layer {
	var pale, deep strings.Builder
	for x := -20; x < coverWidth; x += 128 {
		for y := 0; y < coverHeight; y += 128 {
			size, lean := between(r, 60, 110), between(r, -50, 50)
			b := &pale
			if r.IntN(3) == 0 {
				b = &deep
			}
			fmt.Fprintf(b, "M%d %dq%d %d %d %dq%d %d %d %dz", x+between(r, 10, 50), y+size+between(r, -10, 30),
				lean-size/2, -size/2, lean, -size, size/2-lean/4, size/2, -lean, size)
		}
	}
	return []layer{light(pale.String(), ".2"), dark(deep.String(), ".16")}
}

// tiles are squares of which each is turned another way.
func tiles(r *rand.Rand) []layer {
	const side = 96
	var pale, deep strings.Builder
	for y := 0; y < coverHeight; y += side {
		for x := 0; x < coverWidth; x += side {
			switch r.IntN(6) {
			case 0:
				fmt.Fprintf(&pale, "M%d %dh%dA%d %d 0 0 1 %d %dz", x, y, side, side, side, x, y+side)
			case 1:
				fmt.Fprintf(&pale, "M%d %dv%dA%d %d 0 0 1 %d %dz", x+side, y, side, side, side, x, y)
			case 2:
				fmt.Fprintf(&deep, "M%d %dh%dl%d %dz", x, y, side, -side, side)
			case 3:
				pale.WriteString(disc(x+side/2, y+side/2, side/4))
			case 4:
				fmt.Fprintf(&deep, "M%d %dv%dh%dA%d %d 0 0 0 %d %dz", x, y, side, side, side, side, x, y)
			}
		}
	}
	return []layer{light(pale.String(), ".18"), dark(deep.String(), ".14")}
}

// suns are rings around a few places.
func suns(r *rand.Rand) []layer {
	var rings [3]strings.Builder
	for x := between(r, 40, 140); x < coverWidth+100; x += between(r, 210, 300) {
		y, radius := between(r, 60, 330), between(r, 90, 150)
		for n := range rings {
			rings[n].WriteString(disc(x, y, radius*(3-n)/3))
		}
	}
	return []layer{light(rings[0].String(), ".1"), dark(rings[1].String(), ".1"), light(rings[2].String(), ".3")}
}
