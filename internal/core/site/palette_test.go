package site

import (
	"fmt"
	"testing"
)

func TestTheColourOfASiteCanBeReadInBothThemes(t *testing.T) {
	t.Parallel()
	paper, surface := grounds()
	refused := 0
	for red := 0; red < 256; red += 15 {
		for green := 0; green < 256; green += 15 {
			for blue := 0; blue < 256; blue += 15 {
				text := fmt.Sprintf("#%02x%02x%02x", red, green, blue)
				check, ok := CheckColour(text)
				if !ok {
					t.Fatalf("%s is no colour", text)
				}
				if !check.Readable() {
					refused++
				}
				if check.Readable() != (check.Nearest == text) {
					t.Errorf("instead of %s (%+v) take %s", text, check, check.Nearest)
				}
				nearest, _ := parseColour(check.Nearest)
				light, dark := themes(nearest)
				for what, contrast := range map[string]float64{
					"links in the light":                light.primary.contrast(paper.mix(light.primary, tint)),
					"letters in the light":              light.on.contrast(light.primary),
					"letters below the pointer":         light.on.contrast(light.strong),
					"links in the dark":                 dark.primary.contrast(surface.mix(dark.primary, tint)),
					"links below the pointer":           dark.strong.contrast(surface),
					"letters in the dark":               dark.on.contrast(dark.primary),
					"letters in the dark, pointed at":   dark.on.contrast(dark.strong),
					"links in the light, pointed at":    light.strong.contrast(paper),
					"links on paper without any tint":   light.primary.contrast(paper),
					"links on the dark, without a tint": dark.primary.contrast(surface),
				} {
					if contrast < MinContrast {
						t.Errorf("%s of %s, made of %s: %.2f", what, check.Nearest, text, contrast)
					}
				}
			}
		}
	}
	if refused == 0 {
		t.Error("every colour can be read")
	}
}

func TestWhichColoursCanBeRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		colour       string
		ok, readable bool
	}{
		{"#2a62ac", true, true},
		{"#2A62AC", true, true},
		{"#000000", true, true},
		{"#ffd34d", true, false},
		{"#ffffff", true, false},
		{"#2a62a", false, false},
		{"2a62ac7", false, false},
		{"#2a62ag", false, false},
		{"", false, false},
	} {
		check, ok := CheckColour(c.colour)
		if ok != c.ok || check.Readable() != c.readable {
			t.Errorf("%q: %v %+v", c.colour, ok, check)
		}
	}
	yellow, _ := parseColour("#ffd34d")
	if got := yellow.contrast(white()); got < 1.4 || got > 1.5 {
		t.Errorf("white on yellow: %.2f", got)
	}
}
