// Package qrcode draws addresses as QR codes, which telephones read from paper and screens.
package qrcode

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is how many empty modules have to surround a code.
const quiet = 4

// Code is a square of modules, as a path of SVG in units of one module.
type Code struct {
	Size int    // of the square, the empty margin included
	Path string // covers all dark modules
}

// New returns the code of a text. It can be read where up to 15 % of it are covered or dirty.
func New(text string) (Code, error) {
	drawn, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return Code{}, fmt.Errorf("draw a QR code: %w", err)
	}
	var path strings.Builder
	size := drawn.Bounds().Dx()
	for y := range size {
		for x := 0; x < size; x++ {
			begin := x
			for x < size && drawn.At(x, y) == color.Black {
				x++
			}
			if x > begin {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", begin+quiet, y+quiet, x-begin, x-begin)
			}
		}
	}
	return Code{Size: size + 2*quiet, Path: path.String()}, nil
}
