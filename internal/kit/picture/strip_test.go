package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/picture"
)

// secrets are what no file says any more.
var secrets = []string{"SECRET", "\x00\x00\x00\x34\x00\x00\x00\x01\x00\x00\x00\x1f", "alert(", "PK\x03\x04", "ftypmp42"}

// inWebP adds a chunk to a WebP, and says so in its header.
func inWebP(file []byte, kind, content string) []byte {
	out := bytes.Clone(file)
	out[20] |= 1<<3 | 1<<2
	out = append(out, kind...)
	out = append(binary.LittleEndian.AppendUint32(out, uint32(len(content))), content...)
	if len(content)&1 != 0 {
		out = append(out, 0)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// inGIF puts a block before the frames of a GIF.
func inGIF(file []byte, block string) []byte {
	at := bytes.IndexByte(file[13:], '!') + 13
	return bytes.Join([][]byte{file[:at], []byte(block), file[at:]}, nil)
}

func TestPixelsStayAndNothingElse(t *testing.T) {
	t.Parallel()
	photo, drawing, film := asJPEG(t, flag(64, 32)), asPNG(t, flag(64, 32)), moving(t, 3)
	position := exifAt(26)
	packed, err := os.ReadFile("../avif/testdata/flag.avif")
	if err != nil {
		t.Fatal(err)
	}
	const behind = "PK\x03\x04SECRET"
	for name, c := range map[string]struct{ clean, sent []byte }{
		"a photo with all that a camera writes": {photo, bytes.Join([][]byte{
			inJPEG(inJPEG(inJPEG(inJPEG(photo, 0xfe, "SECRET"), 0xed, "Photoshop 3.0\x00SECRET"), 0xe1, "http://ns.adobe.com/xap/1.0/\x00SECRET"), 0xe1, position),
			[]byte("\x00\x00\x00\x18ftypmp42" + behind),
		}, nil)},
		"a photo with a preview":              {inJPEG(photo, 0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), inJPEG(photo, 0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x02SECRET")},
		"a photo with colours":                {inJPEG(photo, 0xe2, "ICC_PROFILE\x00\x01\x01x"), inJPEG(inJPEG(photo, 0xe2, "ICC_PROFILE\x00\x01\x01x"), 0xe2, "MPF\x00SECRET")},
		"a photo that fills up":               {photo, bytes.Replace(inJPEG(photo, 0xfe, "SECRET"), []byte{0xff, 0xfe}, []byte{0xff, 0xff, 0xff, 0xfe}, 1)},
		"a photo without an end":              {photo, photo[:len(photo)-2]},
		"a drawing with words and a position": {drawing, append(withChunk(withChunk(withChunk(drawing, "eXIf", position[6:]), "tEXt", "Author\x00SECRET"), "tIME", "SECRET1"), behind...)},
		"a film with notes":                   {film, append(inGIF(inGIF(film, "!\xfe\x06SECRET\x00"), "!\xff\x0bXMP DataXMP\x06SECRET\x00"), behind...)},
		"a picture of the web": {
			fromText(t, movingWebP), append(inWebP(inWebP(fromText(t, movingWebP), "EXIF", position[6:]), "XMP ", "SECRET!"), behind...),
		},
		"a picture without a header": {fromText(t, lossyWebP), fromText(t, lossyWebP)},
	} {
		got, err := picture.Strip(c.sent)
		if err != nil || !bytes.Equal(got, c.clean) {
			t.Errorf("%s: %d of %d bytes are left, want %d: %v", name, len(got), len(c.sent), len(c.clean), err)
		}
		for _, secret := range secrets {
			if bytes.Contains(got, []byte(secret)) {
				t.Errorf("%s: %q is left", name, secret)
			}
		}
	}
	got, err := picture.Strip(packed)
	if err != nil || len(got) != len(packed) || bytes.Contains(got, []byte("SECRET")) || bytes.Contains(got, []byte(secrets[1])) || !bytes.Contains(packed, []byte("SECRET")) {
		t.Errorf("AVIF: %d of %d bytes, %v", len(got), len(packed), err)
	}
	if err := picture.CheckAVIF(got); err != nil {
		t.Error(err)
	}
	// What stands behind a picture of a phone, such as the film of its motion, is no picture.
	moved := append(bytes.Clone(packed), "\x00\x00\x00\x12mpvdftypmp42 X"...)
	if got, err := picture.Strip(moved); err != nil || bytes.Contains(got, []byte("mp42")) || !bytes.HasSuffix(got[:len(got)-10], []byte("free")) {
		t.Errorf("a motion photo ends with %q, %v", got[len(got)-18:], err)
	}
}

func TestHowACameraWasHeldStays(t *testing.T) {
	t.Parallel()
	drawing := asPNG(t, flag(64, 32))
	for name, file := range map[string][]byte{
		"JPEG": withExif(t, asJPEG(t, flag(64, 32)), 6),
		"PNG":  withChunk(drawing, "eXIf", string(withExif(t, asJPEG(t, flag(64, 32)), 6)[12:76])),
		"WebP": inWebP(fromText(t, extendedLossless), "EXIF", string(withExif(t, asJPEG(t, flag(64, 32)), 6)[12:76])),
	} {
		before := read(t, file)
		got, err := picture.Strip(file)
		if err != nil || bytes.Contains(got, []byte("SECRET")) {
			t.Errorf("%s: what the camera is called is left (%v)", name, err)
			continue
		}
		if after := read(t, got); after.Width() != before.Width() || after.Height() != before.Height() {
			t.Errorf("%s: %d×%d became %d×%d", name, before.Width(), before.Height(), after.Width(), after.Height())
		}
		if again, err := picture.Strip(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: what was stripped is stripped once more: %v", name, err)
		}
	}
}

func TestWhatIsNotBuiltLikeAPictureIsNotStripped(t *testing.T) {
	t.Parallel()
	photo, drawing := asJPEG(t, flag(64, 32)), asPNG(t, flag(64, 32))
	var still bytes.Buffer
	if err := gif.Encode(&still, image.NewGray(image.Rect(0, 0, 4, 4)), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing": {nil, picture.ErrFormat}, "text": {[]byte("hello"), picture.ErrFormat}, "PDF": {[]byte("%PDF-1.7"), picture.ErrFormat},
		"a photo that is only a head": {photo[:30], picture.ErrDamaged}, "a drawing without an end": {drawing[:len(drawing)-4], picture.ErrDamaged},
		"a film without an end": {still.Bytes()[:still.Len()-1], picture.ErrDamaged}, "an empty frame": {[]byte("RIFF\x04\x00\x00\x00WEBPVP8X"), picture.ErrDamaged},
		"HEIC that is only a head": {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), nil}, "HEIC that is cut off": {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x01\x00meta"), picture.ErrDamaged},
	} {
		if _, err := picture.Strip(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzStrip(f *testing.F) {
	for _, text := range []string{lossyWebP, extendedLossless, movingWebP} {
		f.Add(fromText(f, text))
	}
	for _, name := range []string{"flag", "turned-clear"} {
		file, err := os.ReadFile("../avif/testdata/" + name + ".avif")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x08Exif\x00\x00\xff\xda\x00\x02\xff\x00\xff\xd9" + strings.Repeat("x", 10)))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := picture.Strip(file)
		if err != nil {
			return
		}
		if again, err := picture.Strip(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("what was stripped is not what is left of it: %v", err)
		}
	})
}
