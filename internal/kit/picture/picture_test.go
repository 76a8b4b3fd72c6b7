package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"grouprise.org/grouprise/internal/kit/picture"
)

// flag is red on the left, green on the right, and its upper half is bright.
func flag(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			strength := uint8(255)
			if y >= h/2 {
				strength = 120
			}
			c := color.RGBA{R: strength, A: 255}
			if x >= w/2 {
				c = color.RGBA{G: strength, A: 255}
			}
			m.Set(x, y, c)
		}
	}
	return m
}

// withExif puts an EXIF segment with an orientation and a camera's name behind the first marker of a JPEG.
func withExif(t *testing.T, file []byte, orientation uint16) []byte {
	t.Helper()
	order := binary.BigEndian
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x02")
	tiff = append(tiff, 0x01, 0x0f, 0, 2, 0, 0, 0, 8, 0, 0, 0, 38) // Make, at the end
	tiff = append(tiff, 0x01, 0x12, 0, 3, 0, 0, 0, 1)
	tiff = order.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	tiff = append(tiff, "SECRET1\x00"...)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, order.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), file[2:]...)
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, file []byte) picture.Picture {
	t.Helper()
	p, err := picture.Read(bytes.NewReader(file), 4_000_000, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func written(t *testing.T, p picture.Picture) (image.Image, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	m, _, err := image.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return m, b.Bytes()
}

// look says what is at a corner: r or g, in capitals where it is bright.
func look(m image.Image, right, bottom bool) string {
	b := m.Bounds()
	x, y := b.Dx()/8, b.Dy()/8
	if right {
		x = b.Dx() - 1 - x
	}
	if bottom {
		y = b.Dy() - 1 - y
	}
	r, g, _, _ := m.At(b.Min.X+x, b.Min.Y+y).RGBA()
	switch {
	case r > 0xb000:
		return "R"
	case g > 0xb000:
		return "G"
	case r > g:
		return "r"
	default:
		return "g"
	}
}

func TestPicturesStandUprightAndSayNothingElse(t *testing.T) {
	t.Parallel()
	file := asJPEG(t, flag(64, 32))
	// What stands at the four corners, from the upper left one on, if the camera was held so.
	for orientation, want := range map[uint16]string{
		1: "RGrg", 2: "GRgr", 3: "grGR", 4: "rgRG", 5: "RrGg", 6: "rRgG", 7: "gGrR", 8: "GgRr", 0: "RGrg", 9: "RGrg",
	} {
		m, out := written(t, read(t, withExif(t, file, orientation)))
		got := look(m, false, false) + look(m, true, false) + look(m, false, true) + look(m, true, true)
		if got != want {
			t.Errorf("orientation %d: %s, want %s", orientation, got, want)
		}
		if turned := orientation >= 5 && orientation <= 8; turned != (m.Bounds().Dy() == 64) {
			t.Errorf("orientation %d: the picture is %v", orientation, m.Bounds())
		}
		if bytes.Contains(out, []byte("SECRET")) || bytes.Contains(out, []byte("Exif")) {
			t.Errorf("orientation %d: metadata are still in the file", orientation)
		}
	}
}

// TestADamagedNoteDoesNotTakeBackTheOrientation puts a note of a kind that there is not behind it.
func TestADamagedNoteDoesNotTakeBackTheOrientation(t *testing.T) {
	t.Parallel()
	file := withExif(t, asJPEG(t, flag(64, 32)), 6)
	tag := bytes.Index(file, []byte{0x01, 0x12, 0, 3})
	copy(file[tag-12:], file[tag:tag+12])
	copy(file[tag:], []byte{0x01, 0x31, 0, 99, 0, 0, 0, 1, 0, 0, 0xee, 0xee})
	if p := read(t, file); p.Width() != 32 || p.Height() != 64 {
		t.Errorf("the picture is %d×%d", p.Width(), p.Height())
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	p := read(t, asJPEG(t, flag(400, 100)))
	for _, c := range []struct {
		name          string
		got           picture.Picture
		width, height int
	}{
		{"fit by width", p.Fit(200, 200), 200, 50},
		{"fit by height", p.Fit(400, 50), 200, 50},
		{"never larger", p.Fit(4000, 4000), 400, 100},
		{"square", p.Crop(60, 60), 60, 60},
		{"wide", p.Crop(300, 30), 300, 30},
		{"never nothing", p.Fit(3, 3), 3, 1},
	} {
		if c.got.Width() != c.width || c.got.Height() != c.height {
			t.Errorf("%s: %d×%d, want %d×%d", c.name, c.got.Width(), c.got.Height(), c.width, c.height)
		}
	}
	if m, _ := written(t, p.Crop(60, 60)); look(m, false, false) != "R" || look(m, true, false) != "G" {
		t.Error("the middle has been cut out somewhere else")
	}
}

func TestPagesAreCutOffBelow(t *testing.T) {
	t.Parallel()
	p := read(t, asJPEG(t, flag(100, 400))) // the lower half is dark
	if m, _ := written(t, p.Crop(100, 100)); look(m, false, false) != "R" || look(m, false, true) != "r" {
		t.Error("of a photo not the middle is cut out")
	}
	if m, _ := written(t, p.FromTop().Crop(100, 100)); look(m, false, false) != "R" || look(m, false, true) != "R" {
		t.Error("of a page not the top is cut out")
	}
}

func TestWhatShinesThroughStaysSo(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	m := flag(20, 20)
	m.Set(0, 0, color.RGBA{})
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	p := read(t, b.Bytes())
	if p.Extension() != ".png" {
		t.Errorf("a picture with holes becomes %s", p.Extension())
	}
	if out, _ := written(t, p); out.At(0, 0) != (color.NRGBA{}) {
		t.Errorf("the hole is %v", out.At(0, 0))
	}
	b.Reset()
	if err := gif.Encode(&b, flag(20, 20), nil); err != nil {
		t.Fatal(err)
	}
	if p := read(t, b.Bytes()); p.Extension() != ".jpg" {
		t.Errorf("a picture without holes becomes %s", p.Extension())
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, flag(64, 32))
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{
		{"empty", nil, picture.ErrFormat},
		{"text", []byte("hello"), picture.ErrFormat},
		{"svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), picture.ErrFormat},
		{"only a beginning", whole[:3], picture.ErrDamaged},
		{"cut off", whole[:len(whole)/2], picture.ErrDamaged},
		{"webp without a picture", []byte("RIFF\x04\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00"), picture.ErrDamaged},
		{"webp with a frame that ends at once", []byte("RIFF\x04\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00ANMF\x08\x00\x00\x00"), picture.ErrDamaged},
	} {
		if _, err := picture.Read(bytes.NewReader(c.file), 4_000_000, 1000); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, flag(16, 8), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	if err := png.Encode(&b, flag(16, 8)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	for _, text := range []string{lossyWebP, extendedLossless, movingWebP, movingLossless} {
		f.Add(fromText(f, text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := picture.Read(bytes.NewReader(file), 40_000, 50)
		if err != nil {
			return
		}
		if max(p.Width(), p.Height()) > 50 {
			t.Errorf("%d×%d pixels were let through", p.Width(), p.Height())
		}
		if err := p.Crop(8, 8).Write(io.Discard); err != nil {
			t.Error(err)
		}
	})
}
