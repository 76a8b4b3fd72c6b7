package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"runtime"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/picture"
)

// The limits that pictures are read with (core/media), and what reading one may take altogether.
const (
	memory = 80_000_000
	side   = 1920
	most   = 120 << 20
)

// inJPEG puts a segment behind the first marker of a JPEG.
func inJPEG(file []byte, marker byte, content string) []byte {
	segment := append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
	return bytes.Join([][]byte{file[:2], segment, file[2:]}, nil)
}

// exifAt returns an EXIF segment with a position: 52° 31′ 12″ N. The tag of the GPS IFD leads to where next says.
func exifAt(next uint32) string {
	var b []byte
	add16 := func(n ...uint16) {
		for _, v := range n {
			b = binary.BigEndian.AppendUint16(b, v)
		}
	}
	add32 := func(n ...uint32) {
		for _, v := range n {
			b = binary.BigEndian.AppendUint32(b, v)
		}
	}
	b = append(b, "MM\x00\x2a"...)
	add32(8)
	add16(1, 0x8825, 4) // GPSInfo
	add32(1, next, 0)
	add16(2, 1, 2) // at 26: GPSLatitudeRef
	add32(2)
	b = append(b, "N\x00\x00\x00"...)
	add16(2, 5) // GPSLatitude
	add32(3, 56, 0)
	add32(52, 1, 31, 1, 12, 1)
	return "Exif\x00\x00" + string(b)
}

// swollen returns a PNG whose pixels are packed so that they unpack to many megabytes more than it has room for.
func swollen(t *testing.T) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	nothing := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(nothing); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := asPNG(t, flag(64, 32))
	const header = 8 + 4 + 4 + 13 + 4
	return bytes.Join([][]byte{withChunk(whole[:header], "IDAT", packed.String()), whole[len(whole)-12:]}, nil)
}

// moving returns a GIF of many frames.
func moving(t *testing.T, frames int) []byte {
	t.Helper()
	frame := image.NewPaletted(image.Rect(0, 0, 100, 100), color.Palette{color.Black, color.White})
	all := &gif.GIF{}
	for range frames {
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFilesThatLieAreRefusedOrTamed reads what is sent to break a program, or to be served as something else. It is not
// parallel: it counts what the whole process takes.
func TestFilesThatLieAreRefusedOrTamed(t *testing.T) {
	photo, drawing := asJPEG(t, flag(64, 32)), asPNG(t, flag(64, 32))
	const script = "<script>alert(document.cookie)</script>"
	archive := "PK\x03\x04" + strings.Repeat("x", 100) + "PK\x05\x06"
	refused := map[string]error{"format": picture.ErrFormat, "damaged": picture.ErrDamaged, "heic": picture.ErrHEIC, "avif": picture.ErrAVIF}
	bomb := swollen(t)
	for _, c := range []struct {
		name string
		file []byte
		want string // what is wrong with it; empty: it is tamed
	}{
		{"nothing", nil, "format"},
		{"a page called x.jpg", []byte("<html>" + script), "format"},
		{"a drawing that browsers run (SVG)", []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg>`), "format"},
		{"a PDF", []byte("%PDF-1.7\n"), "format"},
		{"a program", []byte("\x7fELF\x02\x01\x01"), "format"},
		{"TIFF", []byte("II*\x00\x08\x00\x00\x00"), "format"},
		{"BMP", []byte("BM\x3a\x00\x00\x00"), "format"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "heic"},
		{"AVIF", []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1avif"), "avif"},
		{"a film", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42"), "format"},
		{"a script that begins as a GIF", []byte("GIF89a/*" + script), "large"}, // its first characters name a size
		{"a JPEG with a page behind it", append(bytes.Clone(photo), script...), ""},
		{"a JPEG with a page in a comment", inJPEG(photo, 0xfe, script), ""},
		{"a JPEG with an archive behind it", append(bytes.Clone(photo), archive...), ""},
		{"a PNG with an archive behind it", append(bytes.Clone(drawing), archive...), ""},
		{"a PNG with a page in its words", withChunk(drawing, "tEXt", "Comment\x00"+script), ""},
		{"a photo that knows where it was taken", inJPEG(photo, 0xe1, exifAt(26)), ""},
		{"a drawing that knows where it was taken", withChunk(drawing, "eXIf", exifAt(26)[6:]), ""},
		{"an EXIF that leads to itself", inJPEG(photo, 0xe1, exifAt(8)), ""},
		{"an EXIF that leads nowhere", inJPEG(photo, 0xe1, exifAt(0xfffffff0)), ""},
		{"10,000 × 10,000 grey dots", claiming(asPNG(t, image.NewGray(image.Rect(0, 0, 64, 32))), 10_000, 10_000), "large"},
		{"10,000 × 10,000 dots of two colours", claiming(asPNG(t, image.NewPaletted(image.Rect(0, 0, 64, 32), color.Palette{color.Black, color.White})), 10_000, 10_000), "large"},
		{"20,000 × 3,000 deep dots", claiming(asPNG(t, image.NewGray16(image.Rect(0, 0, 64, 32))), 20_000, 3_000), "large"},
		{"as many as can be counted", claiming(drawing, 1<<31-1, 1<<31-1), "damaged"},
		{"one row of 2,000,000,000", claiming(drawing, 2_000_000_000, 1), "large"},
		{"no rows", claiming(drawing, 64, 0), "damaged"},
		{"a small header before 64 MB of pixels", bomb, "damaged"},
		{"words that unpack to 64 MB", withChunk(drawing, "zTXt", "Comment\x00\x00"+string(bomb[41:])), ""},
		{"a film of 1,000 frames", moving(t, 1000), ""},
		{"half a photo", photo[:len(photo)/2], "damaged"},
		{"half a drawing", drawing[:len(drawing)/2], "damaged"},
		{"half a film", moving(t, 2)[:100], "damaged"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		p, err := picture.Read(bytes.NewReader(c.file), memory, side)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > most || took > 20*time.Second {
			t.Errorf("%s: reading %d KB takes %d MB and %v", c.name, len(c.file)>>10, taken>>20, took)
		}
		if c.want == "large" && isTooLarge(err) || c.want != "" && errors.Is(err, refused[c.want]) && refused[c.want] != nil {
			continue
		}
		if err != nil || c.want != "" {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
			continue
		}
		_, out := written(t, p)
		for _, trace := range []string{"script", "PK\x03\x04", "Exif", "eXIf", "tEXt", "zTXt", "\x00\x00\x00\x34\x00\x00\x00\x01\x00\x00\x00\x1f", "GIF8"} {
			if bytes.Contains(out, []byte(trace)) {
				t.Errorf("%s: %q is in what is served", c.name, trace)
			}
		}
	}
}
