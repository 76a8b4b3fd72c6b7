package scenery

import (
	"bytes"
	"maps"
	"slices"
	"testing"
)

func TestEveryScenePaintsItsWholePictureTheSameWayEachTime(t *testing.T) {
	t.Parallel()
	seen, names := map[string]string{}, slices.Sorted(maps.Keys(scenes))
	for n, name := range names {
		for hour := Day; hour <= Night; hour++ {
			p := Picture{Scene: name, Accent: 0x2f7a5a, Hour: hour, Season: Season(n+int(hour)) % 4, Seed: uint64(n)}
			first, err := Draw(p, 160, 90)
			if err != nil {
				t.Fatal(err)
			}
			for at := 3; at < len(first.Pix); at += 4 {
				if first.Pix[at] != 255 {
					t.Fatalf("%s: the pixel %d is not painted", name, at/4)
				}
			}
			second, err := Draw(p, 160, 90)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Pix, second.Pix) {
				t.Errorf("%s is another picture the second time", name)
			}
			if other, ok := seen[string(first.Pix)]; ok && other != name {
				t.Errorf("%s looks like %s", name, other)
			}
			seen[string(first.Pix)] = name
		}
		if _, err := Emblem(name, 0x2f7a5a, 64); err != nil {
			t.Error(err)
		}
	}
	if len(names) < 14 {
		t.Errorf("there are %d scenes", len(names))
	}
	if _, err := Draw(Picture{Scene: "moon"}, 160, 90); err == nil {
		t.Error("a scene is drawn that there is none of")
	}
}

func TestAWidePictureShowsTheMiddleOfTheScene(t *testing.T) {
	t.Parallel()
	p := Picture{Scene: "lake", Accent: 0x2f7a5a}
	whole, err := Draw(p, 160, 90)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := Draw(p, 160, 50)
	if err != nil {
		t.Fatal(err)
	}
	for at, value := range whole.Pix[20*whole.Stride : 70*whole.Stride] {
		if off := int(value) - int(wide.Pix[at]); off < -8 || off > 8 { // edges are rounded otherwise
			t.Fatalf("it shows something else at %d: %d and %d", at, value, wide.Pix[at])
		}
	}
}

func TestFacesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]Style{}
	for style := Short; style <= Beanie; style++ {
		pixels := string(Portrait(Face{Skin: 0xedbf9b, Hair: 0x553626, Top: 0x3a7358, Behind: 0xadc8de, Style: style}, 64).Pix)
		if other, ok := seen[pixels]; ok {
			t.Errorf("style %d looks like style %d", style, other)
		}
		seen[pixels] = style
	}
}
