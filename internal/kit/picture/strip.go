package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// Strip returns a JPEG, PNG, GIF, WebP, HEIC or AVIF file with nothing in it but what draws it: pixels as they are,
// profiles of colours, and how the camera was held. ErrFormat says that it is none of them, ErrDamaged that it is not built
// like one.
func Strip(file []byte) (stripped []byte, err error) {
	f, err := formatOf(bytes.NewReader(file))
	var turned int
	if err == nil {
		turned = orientation(bytes.NewReader(file), f.name)
	}
	switch {
	case f.name == "jpeg":
		stripped, err = stripJPEG(file, turned)
	case f.name == "png":
		stripped, err = stripPNG(file, turned)
	case f.name == "gif":
		stripped, err = stripGIF(file)
	case f.name == "webp":
		stripped, err = stripWebP(file, turned)
	case brandOf(file) != "":
		stripped, err = stripHEIF(file)
	default:
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return stripped, nil
}

// errShort says that a file ends within something, or is not built as it should be.
var errShort = errors.New("it is built differently")

// exifOf returns the EXIF data, as TIFF, that say how a camera was held and nothing else.
func exifOf(turned int) []byte {
	return append([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(turned), 0, 0, 0, 0, 0, 0) //nolint:gosec // 1 to 8
}

// stripJPEG keeps the segments that draw (ITU-T T.81, B.1), up to the end of the picture.
func stripJPEG(file []byte, turned int) ([]byte, error) {
	out := append(make([]byte, 0, len(file)), file[:2]...)
	if turned != 1 {
		out = appendSegment(out, 0xe1, append([]byte("Exif\x00\x00"), exifOf(turned)...))
	}
	for at := 2; ; {
		for at+1 < len(file) && file[at] == 0xff && file[at+1] == 0xff {
			at++ // what fills up
		}
		if at+4 > len(file) || file[at] != 0xff {
			if at+2 <= len(file) && file[at] == 0xff && file[at+1] == 0xd9 {
				return append(out, 0xff, 0xd9), nil
			}
			return nil, errShort
		}
		marker := file[at+1]
		if marker == 0xd9 {
			return append(out, 0xff, 0xd9), nil
		}
		end := at + 2 + int(binary.BigEndian.Uint16(file[at+2:]))
		if marker < 0xc0 || marker >= 0xd0 && marker <= 0xd8 || end < at+4 || end > len(file) {
			return nil, errShort
		}
		if content, ok := drawingSegment(marker, file[at+4:end]); ok {
			out = appendSegment(out, marker, content)
		}
		at = end
		if marker == 0xda {
			end = endOfScan(file, at)
			out = append(out, file[at:end]...)
			if at = end; at == len(file) {
				return append(out, 0xff, 0xd9), nil // browsers show what is there
			}
		}
	}
}

// drawingSegment returns what is kept of a segment of a JPEG: all that is not for programs to write into, and of those the
// profile of colours and what says how they are packed.
func drawingSegment(marker byte, content []byte) ([]byte, bool) {
	switch {
	case marker == 0xe0 && bytes.HasPrefix(content, []byte("JFIF\x00")) && len(content) >= 14:
		return append(bytes.Clone(content[:12]), 0, 0), true // without its small picture
	case marker == 0xe2:
		return content, bytes.HasPrefix(content, []byte("ICC_PROFILE\x00"))
	case marker == 0xee:
		return content, bytes.HasPrefix(content, []byte("Adobe"))
	}
	return content, marker < 0xe0
}

func appendSegment(out []byte, marker byte, content []byte) []byte {
	out = binary.BigEndian.AppendUint16(append(out, 0xff, marker), uint16(len(content)+2)) //nolint:gosec // a segment is short
	return append(out, content...)
}

// endOfScan returns where the pixels end that begin somewhere: at a marker that does not stand among them.
func endOfScan(file []byte, at int) int {
	for ; at+1 < len(file); at++ {
		if next := file[at+1]; file[at] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return at
		}
	}
	return len(file)
}

// drawingChunks are the chunks of a PNG that draw (W3C PNG, 11).
const drawingChunks = "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs acTL fcTL fdAT"

func stripPNG(file []byte, turned int) ([]byte, error) {
	const signature, frame = 8, 12
	out := append(make([]byte, 0, len(file)), file[:signature]...)
	for at := signature; at+frame <= len(file); {
		length := uint64(binary.BigEndian.Uint32(file[at:]))
		if length > uint64(len(file)-at-frame) { //nolint:gosec // not negative
			break
		}
		end, kind := at+frame+int(length), string(file[at+4:at+8]) //nolint:gosec // not larger than the file
		if strings.Contains(drawingChunks, kind) && !strings.Contains(kind, " ") {
			out = append(out, file[at:end]...)
		}
		switch kind {
		case "IEND":
			return out, nil
		case "IHDR":
			if turned != 1 {
				out = appendChunk(out, "eXIf", exifOf(turned))
			}
		}
		at = end
	}
	return nil, errShort
}

func appendChunk(out []byte, kind string, content []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(content))) //nolint:gosec // a few bytes
	named := append([]byte(kind), content...)
	return binary.BigEndian.AppendUint32(append(out, named...), crc32.ChecksumIEEE(named))
}

// stripGIF keeps frames, how long they stand and how often they are shown (GIF89a).
func stripGIF(file []byte) ([]byte, error) {
	r := &gifReader{file: file, at: 6}
	screen := r.take(7)
	r.take(colourTable(screen, 4))
	out := append(make([]byte, 0, len(file)), file[:r.at]...)
	for !r.short {
		begun := r.at
		keep := false
		switch kind := r.take(1); string(kind) {
		case ";":
			return append(out, ';'), nil
		case ",":
			r.take(colourTable(r.take(9), 8))
			r.take(1)
			r.blocks()
			keep = true
		case "!":
			label := string(r.take(1))
			name := r.blocks()
			keep = label == "\xf9" || label == "\xff" && slices.Contains([]string{"NETSCAPE2.0", "ANIMEXTS1.0"}, string(name))
		default:
			r.short = true
		}
		if keep && !r.short {
			out = append(out, file[begun:r.at]...)
		}
	}
	return nil, errShort
}

// gifReader goes through a GIF.
type gifReader struct {
	file  []byte
	at    int
	short bool
}

func (r *gifReader) take(n int) []byte {
	if r.short || n > len(r.file)-r.at {
		r.short = true
		return nil
	}
	r.at += n
	return r.file[r.at-n : r.at]
}

// blocks goes through the blocks of data that follow, and returns the first one.
func (r *gifReader) blocks() (first []byte) {
	for n := 0; ; n++ {
		length := r.take(1)
		if r.short || length[0] == 0 {
			return first
		}
		if block := r.take(int(length[0])); n == 0 {
			first = block
		}
	}
}

// colourTable returns how many bytes of colours follow a header whose flags stand somewhere.
func colourTable(header []byte, flags int) int {
	if len(header) <= flags || header[flags]&0x80 == 0 {
		return 0
	}
	return 3 << (header[flags]&7 + 1)
}

// stripWebP keeps the chunks that draw (RFC 9649, 2.7), and has the header say that there are no others.
func stripWebP(file []byte, turned int) ([]byte, error) {
	out := append(make([]byte, 0, len(file)), file[:12]...)
	header := -1 // where the flags stand
	if whole := uint64(binary.LittleEndian.Uint32(file[4:])) + 8; whole < uint64(len(file)) {
		file = file[:whole]
	}
	for at := 12; at+8 <= len(file); {
		length := int64(binary.LittleEndian.Uint32(file[at+4:]))
		padded := length + length&1
		if length > int64(len(file)-at-8) {
			return nil, errShort
		}
		end := min(at+8+int(padded), len(file))
		switch kind := string(file[at : at+4]); kind {
		case "VP8X":
			header = len(out) + 8
			fallthrough
		case "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP":
			out = append(out, file[at:end]...)
			if (end-at)&1 != 0 {
				out = append(out, 0)
			}
		}
		at = end
	}
	if header > 0 && header < len(out) {
		const exif, xmp = 1 << 3, 1 << 2
		if out[header] &^= exif | xmp; turned != 1 {
			out[header] |= exif
			notes := exifOf(turned)
			out = binary.LittleEndian.AppendUint32(append(out, "EXIF"...), uint32(len(notes))) //nolint:gosec // a few bytes
			out = append(out, notes...)
		}
	}
	if len(out) == 12 {
		return nil, errShort
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8)) //nolint:gosec // a file of some megabytes
	return out, nil
}
