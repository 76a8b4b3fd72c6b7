// Package picture reads pictures that people took, turns them upright and makes smaller ones of them.
// What it writes holds pixels only: no place, no camera, no name.
package picture

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // a format that is read
	"image/jpeg"
	"image/png"
	"io"

	"github.com/bep/imagemeta"
	_ "golang.org/x/image/webp" // a format that is read
)

// What is wrong with a file that is not too large.
var (
	ErrFormat  = errors.New("this is no JPEG, PNG, GIF or WebP picture")
	ErrDamaged = errors.New("the picture is damaged or of a rare kind") // it begins as one of them
)

// quality of JPEG files: what it takes away cannot be seen at arm's length.
const quality = 82

// Picture is a picture in memory. It stands upright.
type Picture struct {
	pixels image.Image
	opaque bool
}

// Read reads a JPEG, PNG, GIF or WebP, of one that moves the first frame, makes it small enough that no side
// has more than maxSide pixels, and turns it as its EXIF orientation says. TooLarge means that its pixels
// would take more than maxBytes of memory, so that they are not read; ErrFormat or ErrDamaged anything else
// that is wrong.
func Read(r io.ReadSeeker, maxBytes, maxSide int) (Picture, error) {
	config, format, err := image.DecodeConfig(bufio.NewReader(r))
	if errors.Is(err, image.ErrFormat) {
		return Picture{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	perPixel, err := bytesPerPixel(r, &config, format)
	if err != nil {
		return Picture{}, err
	}
	if config.Width < 1 || config.Height < 1 {
		return Picture{}, ErrDamaged
	}
	if maxPixels := int(float64(maxBytes) / perPixel); config.Width > maxPixels/config.Height {
		return Picture{}, TooLarge{maxPixels}
	}
	turned := orientation(r, format)
	pixels, err := decode(r, format)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{pixels: pixels, opaque: isOpaque(pixels)}.Fit(maxSide, maxSide)
	p.pixels = orient(p.pixels, turned)
	return p, nil
}

// decode reads the pixels.
func decode(r io.ReadSeeker, format string) (image.Image, error) {
	var source io.Reader
	if format == "webp" {
		found, err := findFrame(r)
		if err != nil {
			return nil, err
		}
		source = found.frame
	}
	if source == nil {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read the picture again: %w", err)
		}
		source = bufio.NewReader(r)
	}
	pixels, _, err := image.Decode(source)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return pixels, nil
}

// orientation returns how the camera was held, from 1 to 8 as EXIF counts (CIPA DC-008, tag Orientation); 1
// if it does not say. What cannot be read says nothing, but does not take back what stood before it: cameras
// and programs leave many a damaged note about other things.
func orientation(r io.ReadSeeker, format string) int {
	formats := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP}
	kind, ok := formats[format]
	if !ok {
		return 1
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 1
	}
	turned := 1
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: r, ImageFormat: kind, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= 1 && n <= 8 {
				turned = int(n)
			}
			return nil
		},
	})
	return turned
}

// orient turns and mirrors pixels by their EXIF orientation.
func orient(src image.Image, orientation int) image.Image {
	if orientation == 1 {
		return src
	}
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			dst.Set(x, y, src.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return dst
}

// isOpaque reports whether nothing shines through.
func isOpaque(p image.Image) bool {
	o, ok := p.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// Width returns how many pixels the picture is wide.
func (p Picture) Width() int { return p.pixels.Bounds().Dx() }

// Height returns how many pixels the picture is high.
func (p Picture) Height() int { return p.pixels.Bounds().Dy() }

// Fit returns the picture in a size that fits into width and height. It never grows.
func (p Picture) Fit(width, height int) Picture {
	w, h := p.Width(), p.Height()
	if w <= width && h <= height {
		return p
	}
	if w*height > h*width {
		height = max(1, h*width/w)
	} else {
		width = max(1, w*height/h)
	}
	return p.scale(p.pixels.Bounds(), width, height)
}

// Crop returns the middle of the picture, as large as it can be, in exactly this size.
func (p Picture) Crop(width, height int) Picture {
	b := p.pixels.Bounds()
	w, h := b.Dx(), b.Dy()
	if w*height > h*width {
		w = max(1, h*width/height)
	} else {
		h = max(1, w*height/width)
	}
	x, y := b.Min.X+(b.Dx()-w)/2, b.Min.Y+(b.Dy()-h)/2
	return p.scale(image.Rect(x, y, x+w, y+h), width, height)
}

func (p Picture) scale(from image.Rectangle, width, height int) Picture {
	return Picture{pixels: scale(p.pixels, from, width, height), opaque: p.opaque}
}

// Extension returns what the name of the file ends with that Write writes: ".jpg", or ".png" where
// something shines through.
func (p Picture) Extension() string {
	if p.opaque {
		return ".jpg"
	}
	return ".png"
}

// Write writes the picture without any metadata.
func (p Picture) Write(w io.Writer) error {
	var err error
	if p.opaque {
		err = jpeg.Encode(w, p.pixels, &jpeg.Options{Quality: quality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, p.pixels)
	}
	if err != nil {
		return fmt.Errorf("write a picture: %w", err)
	}
	return nil
}
