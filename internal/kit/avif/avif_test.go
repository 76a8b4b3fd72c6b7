package avif_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/avif"
	"grouprise.org/grouprise/internal/kit/picture"
	"grouprise.org/grouprise/internal/kit/sandbox"
)

// TestMain is the sandbox, too, in which these tests read.
func TestMain(m *testing.M) {
	functions := sandbox.Functions{"avif": func() (sandbox.Function, error) { return avif.Ready() }}
	if code, asked := sandbox.Main(os.Args[1:], functions, os.Stdin, os.Stdout, os.Stderr); asked {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// The files of testdata were written by avifenc 0.11.1. They show a flag of 64 × 32 pixels, red on the left, green on the right, the
// upper half bright, and in one the lower half on the right shines through.
func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".avif")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// convert reads a picture in a sandbox.
func convert(t *testing.T, data []byte) ([]byte, error) {
	t.Helper()
	if !avif.Available {
		t.Skip("the program is built without libavif")
	}
	return sandbox.New(sandbox.Program(), sandbox.Limits{}).Run(t.Context(), "avif", bytes.NewReader(data))
}

// colours returns what stands in the four corners, from the upper left one on as one reads: red or green, in capitals
// where it is bright; a dot where the background shines through.
func colours(m image.Image) string {
	b, all := m.Bounds(), ""
	for _, at := range []image.Point{{4, 4}, {b.Dx() - 5, 4}, {4, b.Dy() - 5}, {b.Dx() - 5, b.Dy() - 5}} {
		r, g, _, a := m.At(at.X, at.Y).RGBA()
		c := "r"
		if g > r {
			c = "g"
		}
		if max(r, g) > 0xb000 {
			c = strings.ToUpper(c)
		}
		if a == 0 {
			c = "."
		}
		all += c
	}
	return all
}

func TestPicturesAreReadAsTheyStand(t *testing.T) {
	t.Parallel()
	upright := file(t, "flag")
	upright[bytes.Index(upright, []byte("irot"))+4] = 0 // what EXIF says alone does not count
	for _, c := range []struct {
		name, corners, extension string
		size                     image.Point
	}{
		{"upright", "RGrg", ".jpg", image.Pt(64, 32)},
		{"flag", "rRgG", ".jpg", image.Pt(32, 64)},         // its EXIF says so, too
		{"turned-clear", "rR.G", ".png", image.Pt(32, 64)}, // three quarters to the left
		{"mirrored-deep", "RrGg", ".jpg", image.Pt(32, 64)},
	} {
		data := upright
		if c.name != "upright" {
			data = file(t, c.name)
		}
		made, err := convert(t, data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if bytes.Contains(made, []byte("Exif")) || bytes.Contains(made, []byte("SECRET")) {
			t.Errorf("%s: what the camera wrote is left", c.name)
		}
		m, format, err := image.Decode(bytes.NewReader(made))
		if err != nil || m.Bounds().Size() != c.size || colours(m) != c.corners || "."+strings.Replace(format, "jpeg", "jpg", 1) != c.extension {
			t.Errorf("%s: %s %v of %s, %v", c.name, colours(m), m.Bounds(), format, err)
		}
	}
}

// claiming lets a file say that its picture has another size.
func claiming(data []byte, width, height uint32) []byte {
	data = bytes.Clone(data)
	at := bytes.Index(data, []byte("ispe")) + 8
	binary.BigEndian.PutUint32(data[at:], width)
	binary.BigEndian.PutUint32(data[at+4:], height)
	return data
}

// TestAttacksEndInTheSandbox reads what is broken, or says more of itself than is there.
func TestAttacksEndInTheSandbox(t *testing.T) {
	t.Parallel()
	whole := file(t, "flag")
	noise := bytes.Clone(whole)
	for i := len(noise) - 60; i < len(noise); i++ {
		noise[i] = byte(i * 37)
	}
	for what, data := range map[string][]byte{
		"nothing": nil, "a head": whole[:40], "cut off": whole[:len(whole)-100], "without pixels": whole[:len(whole)-len(whole)/2],
		"noise":                     append([]byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1avifmiaf"), bytes.Repeat([]byte{0, 255, 17}, 3000)...),
		"a thousand million pixels": claiming(whole, 1<<15, 1<<15), "no rows": claiming(whole, 64, 0),
	} {
		made, err := convert(t, data)
		if len(made) > 0 || !errors.Is(err, sandbox.ErrRefused) && !errors.Is(err, sandbox.ErrStopped) {
			t.Errorf("%s: %d bytes, %v", what, len(made), err)
		}
	}
	if made, err := convert(t, noise); err != nil && !errors.Is(err, sandbox.ErrRefused) && !errors.Is(err, sandbox.ErrStopped) {
		t.Errorf("noise in the pixels: %d bytes, %v", len(made), err)
	}
}

func TestLargePicturesAreRefusedBeforeTheyAreRead(t *testing.T) {
	t.Parallel()
	whole := file(t, "flag")
	if err := picture.CheckAVIF(whole); err != nil {
		t.Error(err)
	}
	var large picture.TooLarge
	if err := picture.CheckAVIF(claiming(whole, 5000, 4000)); !errors.As(err, &large) || large.Pixels != 6_000_000 {
		t.Errorf("20 million pixels: %v", err)
	}
	coarse := bytes.Clone(whole)
	coarse[bytes.Index(coarse, []byte("av1C"))+4+2] |= 1<<3 | 1<<2
	if err := picture.CheckAVIF(claiming(coarse, 4080, 3072)); err != nil {
		t.Errorf("a photo of a phone: %v", err)
	}
	if err := picture.CheckAVIF(claiming(coarse, 1<<15, 1<<15)); !errors.As(err, &large) || large.Pixels != 12_600_000 {
		t.Errorf("a thousand million pixels: %v", err)
	}
	for _, data := range [][]byte{nil, whole[:100], claiming(whole, 0, 5)} {
		if err := picture.CheckAVIF(data); !errors.Is(err, picture.ErrDamaged) {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	}
}
