package picture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
)

// TooLarge says that reading a picture would take more memory than it may.
type TooLarge struct {
	Pixels int // that a picture of this kind may have
}

// Error implements error.
func (e TooLarge) Error() string {
	return fmt.Sprintf("the picture has more than %d pixels, as many as one of its kind may have", e.Pixels)
}

// bytesPerPixel returns how many bytes reading takes for each pixel. It may be more than that, but not less: what a
// file says before its pixels is all there is to refuse it by. Of a WebP that moves the first frame counts:
// config gets its size.
func bytesPerPixel(r io.ReadSeeker, config *image.Config, format string) (float64, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("read the picture again: %w", err)
	}
	_, colours := config.ColorModel.(color.Palette)
	deep := config.ColorModel == color.RGBA64Model || config.ColorModel == color.NRGBA64Model || config.ColorModel == color.Gray16Model
	perPixel := 4.0
	switch {
	case colours:
		perPixel = 1
	case deep:
		perPixel = 8
	}
	switch format {
	case "jpeg":
		perPixel = jpegBytesPerPixel(bufio.NewReader(r), config.ColorModel == color.RGBAModel)
	case "png":
		// The second half of an interlaced picture is read aside.
		if header := make([]byte, 29); readAll(r, header) && header[28] != 0 {
			perPixel *= 1.5
		}
	case "webp":
		found, err := findFrame(r)
		if err != nil {
			return 0, err
		}
		if found.frame != nil {
			config.Width, config.Height = found.size.X, found.size.Y
		}
		perPixel = 8 // without loss, or with what shines through
		if found.lossy {
			perPixel = 1.5
		}
	}
	return perPixel, nil
}

// maxJPEGBytesPerPixel is what reading a JPEG takes at most: four colours in full, each with what it is put together
// from, and the picture that they are put together to.
const maxJPEGBytesPerPixel = 4*(1+4) + 4

// jpegBytesPerPixel looks for the header of the frame (ITU-T T.81, B.2.2). What is not as it should be may turn
// out to be anything. A picture of red, green and blue is composed of its colours at the end.
func jpegBytesPerPixel(r io.Reader, composed bool) float64 {
	head := make([]byte, 2)
	if !readAll(r, head) {
		return maxJPEGBytesPerPixel
	}
	for {
		segment := make([]byte, 4)
		if !readAll(r, segment) || segment[0] != 0xff {
			return maxJPEGBytesPerPixel
		}
		marker, size := segment[1], int64(binary.BigEndian.Uint16(segment[2:]))-2
		switch {
		case size < 0:
			return maxJPEGBytesPerPixel
		case marker == 0xc0 || marker == 0xc1 || marker == 0xc2:
			frame := make([]byte, size)
			if size < 6 || !readAll(r, frame) || len(frame) != 6+3*int(frame[5]) {
				return maxJPEGBytesPerPixel
			}
			return frameBytesPerPixel(frame, marker == 0xc2, composed)
		case marker < 0xc4 || marker >= 0xd0 && marker <= 0xda || marker == 0xff:
			return maxJPEGBytesPerPixel
		}
		if _, err := io.CopyN(io.Discard, r, size); err != nil {
			return maxJPEGBytesPerPixel
		}
	}
}

// frameBytesPerPixel adds up the samples of each colour. A progressive picture comes in layers, and each sample is
// kept with four bytes until the last.
func frameBytesPerPixel(frame []byte, progressive, composed bool) float64 {
	var across, down, all int
	for i := 6; i < len(frame); i += 3 {
		h, v := int(frame[i+1]>>4), int(frame[i+1]&15)
		across, down, all = max(across, h), max(down, v), all+h*v
	}
	if across*down == 0 {
		return maxJPEGBytesPerPixel
	}
	colours, perPixel := int(frame[5]), float64(all)/float64(across*down)
	if progressive {
		perPixel *= 1 + 4
	}
	if composed || colours > 3 {
		perPixel += 4
	}
	return perPixel
}

func readAll(r io.Reader, b []byte) bool {
	_, err := io.ReadFull(r, b)
	return err == nil
}
