package site

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// The palette makes of one colour all that pages need of it, in both themes. A stylesheet whose address is the colour
// holds them: it stands behind ours and before those of the site's own, whose variables win.

// rgb is a colour: red, green and blue from 0 to 255.
type rgb [3]float64

// The grounds on which colours stand, as in assets/styles/tokens.css.
func grounds() (paper, darkSurface rgb) { return rgb{0xfb, 0xf8, 0xf2}, rgb{0x25, 0x23, 0x1f} }

func black() rgb { return rgb{} }
func white() rgb { return rgb{255, 255, 255} }

// MinContrast is what text needs to be read (WCAG 2.2, 1.4.3).
const MinContrast = 4.5

// tint is how much of the colour the areas have on which buttons and links stand.
const tint = 0.12

func parseColour(text string) (c rgb, ok bool) {
	if len(text) != 7 || text[0] != '#' {
		return c, false
	}
	for i := range c {
		n, err := strconv.ParseUint(text[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return c, false
		}
		c[i] = float64(n)
	}
	return c, true
}

// String returns the colour as #rrggbb.
func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0])), int(math.Round(c[1])), int(math.Round(c[2])))
}

// mix returns the colour with so much of another one in it.
func (c rgb) mix(other rgb, share float64) rgb {
	for i := range c {
		c[i] = math.Round(c[i]*(1-share) + other[i]*share)
	}
	return c
}

// luminance is how bright a colour is (WCAG 2.2, relative luminance).
func (c rgb) luminance() float64 {
	sum := 0.0
	for i, weight := range [...]float64{0.2126, 0.7152, 0.0722} {
		v := c[i] / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// contrast is how well two colours can be told apart, from 1 to 21.
func (c rgb) contrast(other rgb) float64 {
	bright, dark := c.luminance(), other.luminance()
	if bright < dark {
		bright, dark = dark, bright
	}
	return (bright + 0.05) / (dark + 0.05)
}

// Contrasts says how well the colour of a site can be read where pages use it, and which colour to take instead.
type Contrasts struct {
	Letters float64 // of white letters on buttons
	Links   float64 // of links on paper that is tinted with it
	Nearest string  // the brightest shade of it that can be read; itself if it can be
}

// Readable reports whether the colour can be read.
func (c Contrasts) Readable() bool { return c.Letters >= MinContrast && c.Links >= MinContrast }

// CheckColour returns how well a colour #rrggbb can be read in the light. In the dark a brighter shade of it is used,
// which can always be read. ok is false if it is no colour.
func CheckColour(text string) (c Contrasts, ok bool) {
	colour, ok := parseColour(text)
	if !ok {
		return c, false
	}
	c.Letters, c.Links = readable(colour)
	nearest := colour
	for share := 0.0; share < 1; share += 0.02 {
		nearest = colour.mix(black(), share)
		if letters, links := readable(nearest); letters >= MinContrast && links >= MinContrast {
			break
		}
	}
	c.Nearest = nearest.String()
	return c, true
}

func readable(c rgb) (letters, links float64) {
	paper, _ := grounds()
	return c.contrast(white()), c.contrast(paper.mix(c, tint))
}

// theme are the variables that depend on the colour.
type theme struct{ primary, strong, on rgb }

// themes returns the colours of buttons and links in the light and in the dark.
func themes(c rgb) (light, dark theme) {
	light = theme{primary: c, strong: c.mix(black(), 0.3), on: white()}
	const comfortable = 6
	_, surface := grounds()
	bright := c
	for share := 0.0; share < 1 && bright.contrast(surface.mix(bright, tint)) < comfortable; share += 0.02 {
		bright = c.mix(white(), share)
	}
	ink := c.mix(black(), 0.7)
	for share := 0.7; share <= 1 && ink.contrast(bright) < MinContrast; share += 0.05 {
		ink = c.mix(black(), share)
	}
	return light, theme{primary: bright, strong: bright.mix(white(), 0.35), on: ink}
}

func (t theme) variables() string {
	return fmt.Sprintf("--color-primary:%s;--color-primary-dark:%s;--color-on-primary:%s;--color-link:%[1]s", t.primary, t.strong, t.on)
}

// ColoursPath returns the address of the styles that give a site its colour #rrggbb.
func ColoursPath(colour string) string {
	return coloursPath + strings.ToLower(strings.TrimPrefix(colour, "#")) + ".css"
}

// showColours answers with the styles for a colour, which stands in the address. Where both themes are shown beside each
// other, each has a class.
func showColours(v *Visit) error {
	name, isStyle := strings.CutSuffix(v.Path("colour"), ".css")
	colour, ok := parseColour("#" + name)
	if !ok || !isStyle {
		return notFound()
	}
	light, dark := themes(colour)
	trouble := "none"
	if letters, links := readable(colour); letters < MinContrast || links < MinContrast {
		trouble = "block"
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=86400")
	v.W.WriteHeader(http.StatusOK)
	_, err := fmt.Fprintf(v.W, `@layer base {
:root, .theme-light { %[1]s }
.theme-dark { %[2]s }
@media (prefers-color-scheme: dark) { :root { %[2]s } }
.colour-trouble { display: %[3]s }
}
`, light.variables(), dark.variables(), trouble)
	return err
}
