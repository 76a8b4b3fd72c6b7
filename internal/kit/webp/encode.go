//go:build nodynamic

package webp

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"github.com/gen2brain/webp"
)

// Available reports whether the program was built with the library.
const Available = true

// Ready readies the library, and returns what converts packed JPEG files to packed WebP files. One that cannot be
// converted is empty.
func Ready() (func(packed []byte) ([]byte, error), error) {
	if err := encode(io.Discard, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420)); err != nil {
		return nil, fmt.Errorf("ready libwebp: %w", err)
	}
	return convert, nil
}

func convert(packed []byte) ([]byte, error) {
	files, err := Unpack(packed)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		files[i] = nil
		picture, err := jpeg.Decode(bytes.NewReader(f))
		if err != nil {
			continue
		}
		var made bytes.Buffer
		if err := encode(&made, picture); err == nil {
			files[i] = made.Bytes()
		}
	}
	return Pack(files), nil
}

func encode(w io.Writer, picture image.Image) error {
	return webp.Encode(w, picture, webp.Options{Quality: quality, Method: effort})
}
