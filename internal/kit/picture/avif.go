package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// How many pixels an AVIF picture may have, as far as a sandbox has memory for them: one of a phone, whose colours are coarse,
// or another one.
const (
	maxCoarsePixels = 12_600_000
	maxFinePixels   = 6_000_000
)

// fine is the quality of JPEG files that are read again.
const fine = 95

// CheckAVIF returns what is wrong with an AVIF picture by what it says of itself, so that nobody reads what is too large:
// TooLarge or ErrDamaged.
func CheckAVIF(file []byte) error {
	_, err := avifOf(file)
	return err
}

func avifOf(file []byte) (heifPicture, error) {
	p, err := readHEIF(file)
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	most := maxFinePixels
	if p.coarse {
		most = maxCoarsePixels
	}
	if p.size.X > most/p.size.Y {
		return p, TooLarge{most}
	}
	return p, nil
}

// ReadAVIF reads an AVIF picture with the library that decode calls, as Read does with others. Foreign bytes are for a
// sandbox alone.
func ReadAVIF(file []byte, maxSide int, decode func(io.Reader) (image.Image, error)) (Picture, error) {
	p, err := avifOf(file)
	if err != nil {
		return Picture{}, err
	}
	pixels, err := decode(bytes.NewReader(file))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if pixels.Bounds().Size() != p.size || isBlank(pixels) {
		return Picture{}, fmt.Errorf("%w: nothing was drawn", ErrDamaged)
	}
	return upright(pixels, p.turned, maxSide), nil
}

// isBlank reports whether nothing of a picture can be seen: what libavif leaves of a file that ends too early.
func isBlank(pixels image.Image) bool {
	b := pixels.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if _, _, _, opaque := pixels.At(x, y).RGBA(); opaque != 0 {
				return false
			}
		}
	}
	return true
}

// WriteFine writes the picture for a program that reads it again: hardly anything is lost, and it does not take long.
func (p Picture) WriteFine(w io.Writer) error {
	var err error
	if p.opaque {
		err = jpeg.Encode(w, p.pixels, &jpeg.Options{Quality: fine})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, p.pixels)
	}
	if err != nil {
		return fmt.Errorf("write a picture: %w", err)
	}
	return nil
}
