// Package picture reads pictures that people took, turns them upright and makes smaller ones of them.
// What it writes holds pixels only: no place, no camera, no name.
package picture

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"
)

// What is wrong with a file that is not too large.
var (
	ErrFormat  = errors.New("this is no JPEG, PNG, GIF or WebP picture")
	ErrDamaged = errors.New("the picture is damaged or of a rare kind") // it begins as one of them
	ErrHEIC    = errors.New("the picture is in a format of telephones")
	ErrAVIF    = errors.New("the picture is AVIF, which only a sandbox reads") // ReadAVIF reads it there
)

// format is one that Read reads. The list of package image is not asked: libraries that only a sandbox may call put
// themselves there.
type format struct {
	name   string
	begins string // "?" stands for any byte
	size   func(io.Reader) (image.Config, error)
	pixels func(io.Reader) (image.Image, error)
}

func formats() []format {
	return []format{
		{"jpeg", "\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
		{"png", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
		{"gif", "GIF8?a", gif.DecodeConfig, gif.Decode},
		{"webp", "RIFF????WEBPVP8", webp.DecodeConfig, webp.Decode},
	}
}

// formatOf returns the format of a file by how it begins. ErrHEIC, ErrAVIF or ErrFormat say that Read does not read it.
func formatOf(r io.ReadSeeker) (format, error) {
	head := make([]byte, maxBrands)
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return format{}, fmt.Errorf("read the picture: %w", err)
	}
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return format{}, fmt.Errorf("read the picture: %w", err)
	}
	head = head[:n]
	for _, f := range formats() {
		if begins(head, f.begins) {
			return f, nil
		}
	}
	switch brand := brandOf(head); brand {
	case "avif":
		return format{}, ErrAVIF
	case "heic":
		return format{}, ErrHEIC
	}
	return format{}, ErrFormat
}

// TypeOf returns the media type of a picture by how its file begins; empty if Strip and Read know nothing of it.
func TypeOf(head []byte) string {
	for _, f := range formats() {
		if begins(head, f.begins) {
			return "image/" + f.name
		}
	}
	if brand := brandOf(head); brand != "" {
		return "image/" + brand
	}
	return ""
}

func begins(head []byte, pattern string) bool {
	if len(head) < len(pattern) {
		return false
	}
	for i, c := range []byte(pattern) {
		if c != '?' && c != head[i] {
			return false
		}
	}
	return true
}

// quality of JPEG files: what it takes away cannot be seen at arm's length.
const quality = 82

// Picture is a picture in memory. It stands upright.
type Picture struct {
	pixels  image.Image
	opaque  bool
	fromTop bool // what is cut out of it begins at its top
}

// Read reads a JPEG, PNG, GIF or WebP, of one that moves the first frame, makes it small enough that no side
// has more than maxSide pixels, and turns it as its EXIF orientation says. TooLarge means that its pixels
// would take more than maxBytes of memory, so that they are not read; ErrFormat, ErrHEIC, ErrAVIF or ErrDamaged
// anything else that is wrong.
func Read(r io.ReadSeeker, maxBytes, maxSide int) (Picture, error) {
	f, err := formatOf(r)
	if err != nil {
		return Picture{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return Picture{}, fmt.Errorf("read the picture again: %w", err)
	}
	config, err := f.size(bufio.NewReader(r))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	perPixel, err := bytesPerPixel(r, &config, f.name)
	if err != nil {
		return Picture{}, err
	}
	if config.Width < 1 || config.Height < 1 {
		return Picture{}, ErrDamaged
	}
	if maxPixels := int(float64(maxBytes) / perPixel); config.Width > maxPixels/config.Height {
		return Picture{}, TooLarge{maxPixels}
	}
	turned := orientation(r, f.name)
	pixels, err := decode(r, f)
	if err != nil {
		return Picture{}, err
	}
	return upright(pixels, turned, maxSide), nil
}

// upright returns a picture of pixels, no side of which has more than maxSide, turned as an EXIF orientation says.
func upright(pixels image.Image, turned, maxSide int) Picture {
	p := Picture{pixels: pixels, opaque: isOpaque(pixels)}.Fit(maxSide, maxSide)
	p.pixels = orient(p.pixels, turned)
	return p
}

// decode reads the pixels.
func decode(r io.ReadSeeker, f format) (image.Image, error) {
	var source io.Reader
	if f.name == "webp" {
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
	pixels, err := f.pixels(source)
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

// FromTop returns the picture as one that is read from its top on, such as a page: Crop cuts off what is below.
func (p Picture) FromTop() Picture {
	p.fromTop = true
	return p
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
	if p.fromTop {
		y = b.Min.Y
	}
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
