package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"runtime"
	"testing"

	"grouprise.org/grouprise/internal/kit/picture"
)

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(file []byte, kind, content string) []byte {
	const header = 8 + 4 + 4 + 13 + 4
	chunk := append([]byte(kind), content...)
	out := binary.BigEndian.AppendUint32(bytes.Clone(file[:header]), uint32(len(content)))
	out = binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
	return append(out, file[header:]...)
}

// claiming changes the size in the header of a PNG.
func claiming(file []byte, width, height uint32) []byte {
	out := bytes.Clone(file)
	binary.BigEndian.PutUint32(out[16:], width)
	binary.BigEndian.PutUint32(out[20:], height)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// TestEachPixelIsTurned compares every pixel of a picture that is kept without loss.
func TestEachPixelIsTurned(t *testing.T) {
	t.Parallel()
	const w, h = 5, 3
	src := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			src.Set(x, y, color.NRGBA{R: uint8(x * 40), G: uint8(y * 80), B: 9, A: 255})
		}
	}
	src.Set(0, 0, color.NRGBA{}) // so that it stays a PNG
	// Where a pixel of the file is to be seen, by the definition of the tag.
	for orientation, at := range map[uint16]func(x, y int) (int, int){
		1: func(x, y int) (int, int) { return x, y },
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return h - 1 - y, x },
		7: func(x, y int) (int, int) { return h - 1 - y, w - 1 - x },
		8: func(x, y int) (int, int) { return y, w - 1 - x },
	} {
		tiff := binary.BigEndian.AppendUint16([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), orientation)
		m, out := written(t, read(t, withChunk(asPNG(t, src), "eXIf", string(tiff)+"\x00\x00\x00\x00\x00\x00")))
		for y := range h {
			for x := range w {
				tx, ty := at(x, y)
				if got, want := color.NRGBAModel.Convert(m.At(tx, ty)), src.At(x, y); got != want {
					t.Errorf("orientation %d: %d,%d is %v, want %v", orientation, tx, ty, got, want)
				}
			}
		}
		if bytes.Contains(out, []byte("eXIf")) {
			t.Errorf("orientation %d is still in the file", orientation)
		}
	}
}

// TestWhatTakesTooMuchMemoryIsRefused gives pictures of 64×32 pixels as much memory as they need, and a
// little less.
func TestWhatTakesTooMuchMemoryIsRefused(t *testing.T) {
	t.Parallel()
	soft := asJPEG(t, flag(64, 32)) // a fourth of the pixels have a colour
	progressive := bytes.Replace(soft, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1)
	odd := append([]byte{0xff, 0xd8, 0xff, 0xff}, soft[3:]...)
	interlaced := bytes.Clone(asPNG(t, flag(64, 32)))
	interlaced[28] = 1
	interlaced = claiming(interlaced, 64, 32)
	deep := image.NewNRGBA64(image.Rect(0, 0, 64, 32))
	var paletted bytes.Buffer
	if err := gif.Encode(&paletted, flag(64, 32), nil); err != nil {
		t.Fatal(err)
	}
	small := fromText(t, movingLossless) // it says that it is smaller than its frame
	clear(small[24:30])
	for _, c := range []struct {
		name  string
		file  []byte
		bytes float64 // for each pixel
	}{
		{"camera", soft, 1.5},
		{"grey", asJPEG(t, image.NewGray(image.Rect(0, 0, 64, 32))), 1},
		{"progressive", progressive, 7.5},
		{"not as it should be", odd, 24},
		{"png", asPNG(t, flag(64, 32)), 4},
		{"interlaced png", interlaced, 6},
		{"deep png", asPNG(t, deep), 8},
		{"gif", paletted.Bytes(), 1},
		{"webp", fromText(t, lossyWebP), 1.5},
		{"webp without loss", fromText(t, losslessWebP), 8},
		{"webp without loss behind a header that does not say so", fromText(t, extendedLossless), 8},
		{"moving webp", fromText(t, movingWebP), 1.5},
		{"moving webp without loss", fromText(t, movingLossless), 8},
		{"moving webp that is larger than it says", small, 8},
	} {
		enough := int(c.bytes * 64 * 32)
		if _, err := picture.Read(bytes.NewReader(c.file), enough, 1000); isTooLarge(err) {
			t.Errorf("%s with enough: %v", c.name, err)
		}
		_, err := picture.Read(bytes.NewReader(c.file), enough-64, 1000)
		if large, ok := errors.AsType[picture.TooLarge](err); !ok || large.Pixels >= 64*32 || large.Pixels < 64*30 {
			t.Errorf("%s with too little: %v", c.name, err)
		}
	}
	bomb := claiming(asPNG(t, flag(64, 32)), 1<<30, 1<<30)
	if _, err := picture.Read(bytes.NewReader(bomb), 1<<30, 1000); !isTooLarge(err) && !errors.Is(err, picture.ErrDamaged) {
		t.Errorf("a bomb: %v", err)
	}
}

// WebP files of 64×32 pixels, made with cwebp, img2webp and, for the extended one, webpmux -set exif.
const (
	lossyWebP        = "UklGRnwAAABXRUJQVlA4IHAAAAAwBQCdASpAACAAPrVInEunJCKht+gA4BaJZADAJQA1KnoH4q/kB0Y29536DhIT7ekmwAD+7L2M7OvhHfrne/VFK5KQuvD0S9kpfzb7m33NvvnStWfP9Ec7kfYbP/M9JPn5tP8RDp/cVuIIeEEllzAA"
	losslessWebP     = "UklGRjgAAABXRUJQVlA4TCwAAAAvP8AHAB8gEEjeHzqN+RcQFPwf3fxHZA+ASIDEk570pIlMjej/BAyLvoJHXw=="
	extendedLossless = "UklGRmAAAABXRUJQVlA4WAoAAAAIAAAAPwAAHwAAVlA4TCwAAAAvP8AHAB8gEEjeHzqN+RcQFPwf3fxHZA+ASIDEk570pIlMjej/BAyLvoJHX0VYSUYOAAAATU0AKgAAAAgAAAAAAAA="
	movingWebP       = "UklGRkIBAABXRUJQVlA4WAoAAAACAAAAPwAAHwAAQU5JTQYAAAD/////AABBTk1GiAAAAAAAAAAAAD8AAB8AAAkAAAJWUDggcAAAADAFAJ0BKkAAIAA+tUicS6ckIqG36ADgFolkAMAlADUqegfir+QHRjb3nfoOEhPt6SbAAP7svYzs6+Ed+ud79UUrkpC68PRL2Sl/Nvubfc2++dK1Z8/0RzuR9hs/8z0k+fm0/xEOn9xW4gh4QSWXMABBTk1GhgAAAAAAAAAAAD8AAB8AAAkAAABWUDggbgAAAPQEAJ0BKkAAIAA+uVCcS4N/1YAAAXCWQAtk0ANVZ5v+Lv43c4ZDnM/AguZx73V92AD+62RZnCtIy79aZf8cxk2+J+z+Sdqqn8uM5cZy4zywYlrR+U7zzbwaO5+ccRyROt/+GV2nXdPRIAg4AAAA"
	movingLossless   = "UklGRrwAAABXRUJQVlA4WAoAAAACAAAAPwAAHwAAQU5JTQYAAAD/////AABBTk1GRAAAAAAAAAAAAD8AAB8AAAkAAAJWUDhMLAAAAC8/wAcAHyAQSN4fOo35FxAU/B/d/EdkD4BIgMSTnvSkiUyN6P8EDIu+gkdfQU5NRkQAAAAAAAAAAAA/AAAfAAAJAAAAVlA4TCwAAAAvP8AHAB8gEEjeHzqN+RcQFPk/2vxHZIeASIDEk570pIlMjej/BBSHvo5BXw=="
)

func fromText(t testing.TB, text string) []byte {
	t.Helper()
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestOfAMovingPictureTheFirstFrameIsRead cuts a file that moves, or lies about itself, in many ways, too.
func TestOfAMovingPictureTheFirstFrameIsRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{movingWebP, movingLossless} {
		file := fromText(t, text)
		m, _ := written(t, read(t, file))
		if got := look(m, false, false) + look(m, true, false); m.Bounds() != image.Rect(0, 0, 64, 32) || got != "RG" {
			t.Errorf("%v, %s", m.Bounds(), got)
		}
		for end := range file {
			if _, err := picture.Read(bytes.NewReader(file[:end]), 4_000_000, 1000); err == nil && end < len(file)/2 {
				t.Errorf("%d bytes of %d are a picture", end, len(file))
			}
			changed := bytes.Clone(file)
			changed[end] ^= 0xff
			if p, err := picture.Read(bytes.NewReader(changed), 4_000_000, 1000); err == nil && max(p.Width(), p.Height()) > 1000 {
				t.Errorf("byte %d: %d×%d", end, p.Width(), p.Height())
			}
		}
	}
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[picture.TooLarge](err)
	return ok
}

// TestReadingTakesLittleMoreThanThePixels is not parallel: it counts what the whole process takes.
func TestReadingTakesLittleMoreThanThePixels(t *testing.T) {
	const w, h = 4000, 3000
	file := asJPEG(t, image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := picture.Read(bytes.NewReader(file), w*h*3/2, 1920); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	const pixels, small = w * h * 3 / 2, 1920 * 1440 * 4
	if taken := after.TotalAlloc - before.TotalAlloc; taken > pixels+2*small {
		t.Errorf("reading %d MB of pixels took %d MB", pixels>>20, taken>>20)
	}
}

// TestNothingButPixelsIsKept hides words wherever a file has room for them.
func TestNothingButPixelsIsKept(t *testing.T) {
	t.Parallel()
	const secret = "SECRET<script>alert(1)</script>"
	segment := func(marker byte, content string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
	}
	whole := asJPEG(t, flag(64, 32))
	photo := bytes.Join([][]byte{
		whole[:2], segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret), segment(0xe2, "ICC_PROFILE\x00\x01\x01"+secret),
		segment(0xed, "Photoshop 3.0\x00"+secret), segment(0xfe, secret), whole[2:], []byte(secret),
	}, nil)
	hole := flag(64, 32)
	hole.Set(0, 0, color.RGBA{})
	drawing := append(withChunk(withChunk(asPNG(t, hole), "tEXt", "Author\x00"+secret), "iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+secret), secret...)
	var moving bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 64, 32), color.Palette{color.Black, color.White})
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	moving.WriteString(secret)
	for name, file := range map[string][]byte{"jpeg": photo, "png": drawing, "gif": moving.Bytes()} {
		p := read(t, file)
		m, out := written(t, p)
		if m.Bounds() != image.Rect(0, 0, 64, 32) {
			t.Errorf("%s: %v", name, m.Bounds())
		}
		for _, word := range []string{"SECRET", "script", "ICC_PROFILE", "adobe", "Photoshop", "tEXt", "iTXt", "GIF8"} {
			if bytes.Contains(out, []byte(word)) {
				t.Errorf("%s: %s is still in the file", name, word)
			}
		}
		if start := map[string]string{".jpg": "\xff\xd8\xff\xdb", ".png": "\x89PNG"}[p.Extension()]; !bytes.HasPrefix(out, []byte(start)) {
			t.Errorf("%s: begins with %q", name, out[:4])
		}
	}
}

// TestScalingKeepsWhatIsEven looks for edges that grow dark and colours that drift.
func TestScalingKeepsWhatIsEven(t *testing.T) {
	t.Parallel()
	plain := color.RGBA{R: 200, G: 100, B: 50, A: 255}
	m := image.NewRGBA(image.Rect(0, 0, 97, 61))
	for i := range 97 * 61 {
		m.Set(i%97, i/97, plain)
	}
	for _, size := range [][2]int{{96, 61}, {50, 50}, {7, 3}, {1, 1}, {200, 150}} {
		out, _ := written(t, read(t, asPNG(t, m)).Crop(size[0], size[1]))
		for y := range size[1] {
			for x := range size[0] {
				r, g, b, _ := out.At(x, y).RGBA()
				if far(r>>8, 200) || far(g>>8, 100) || far(b>>8, 50) {
					t.Fatalf("%v: %d,%d is %d %d %d", size, x, y, r>>8, g>>8, b>>8)
				}
			}
		}
	}
}

func far(got, want uint32) bool { return max(got, want)-min(got, want) > 3 }
