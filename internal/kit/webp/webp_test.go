package webp_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"

	xwebp "golang.org/x/image/webp"

	"grouprise.org/grouprise/internal/kit/webp"
)

func TestFilesTravelTogether(t *testing.T) {
	t.Parallel()
	for _, files := range [][][]byte{nil, {[]byte("a")}, {[]byte("abc"), {}, []byte("d")}} {
		got, err := webp.Unpack(webp.Pack(files))
		if err != nil || !slices.EqualFunc(got, files, bytes.Equal) {
			t.Errorf("%q became %q, %v", files, got, err)
		}
	}
	for _, wrong := range []string{"a", "\x00\x00\x00\x02a", "\xff\xff\xff\xffabcd", "\x00\x00\x00\x01ab"} {
		if _, err := webp.Unpack([]byte(wrong)); !errors.Is(err, webp.ErrPacked) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestPhotosBecomeSmaller(t *testing.T) {
	t.Parallel()
	convert, err := webp.Ready()
	if err != nil {
		t.Skip(err)
	}
	photo := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for y := range 200 {
		for x := range 320 {
			photo.Set(x, y, color.RGBA{R: uint8(x * y), G: uint8(x), B: uint8(y), A: 255})
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, photo, &jpeg.Options{Quality: 82}); err != nil {
		t.Fatal(err)
	}
	packed, err := convert(webp.Pack([][]byte{file.Bytes(), []byte("no JPEG"), file.Bytes()}))
	if err != nil {
		t.Fatal(err)
	}
	made, err := webp.Unpack(packed)
	if err != nil || len(made) != 3 || len(made[1]) != 0 || !bytes.Equal(made[0], made[2]) {
		t.Fatalf("%d files, %v", len(made), err)
	}
	if len(made[0]) == 0 || len(made[0]) >= file.Len() {
		t.Errorf("%d bytes of JPEG became %d", file.Len(), len(made[0]))
	}
	if m, err := xwebp.Decode(bytes.NewReader(made[0])); err != nil || m.Bounds() != photo.Bounds() {
		t.Errorf("what was made is %v, %v", m.Bounds(), err)
	}
	if _, err := convert([]byte("x")); !errors.Is(err, webp.ErrPacked) {
		t.Errorf("no packed files: %v", err)
	}
}
