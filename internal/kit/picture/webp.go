package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

// maxChunks is how many chunks of a WebP file are looked at: there are nine kinds.
const maxChunks = 100

// webpFrame is the picture in a WebP file, or the first one of a file that moves.
type webpFrame struct {
	lossy bool        // three colours with loss, and nothing shines through
	size  image.Point // of the frame, where the file moves; else nothing
	frame io.Reader   // a file of the frame alone, where the file moves; else nil
}

// findFrame looks for the pixels of a WebP file (RFC 9649, 2.7): its header names the size of the picture,
// but not what it takes to read it.
func findFrame(r io.ReadSeeker) (webpFrame, error) {
	if _, err := r.Seek(12, io.SeekStart); err != nil { // RIFF, the length, WEBP
		return webpFrame{}, fmt.Errorf("read the picture again: %w", err)
	}
	for range maxChunks {
		chunk := make([]byte, 8)
		if !readAll(r, chunk) {
			return webpFrame{}, ErrDamaged
		}
		size := binary.LittleEndian.Uint32(chunk[4:])
		switch kind := string(chunk[:4]); kind {
		case "VP8 ", "VP8L", "ALPH":
			return webpFrame{lossy: kind == "VP8 "}, nil
		case "ANMF":
			return firstFrame(r, size)
		}
		if _, err := r.Seek(int64(size)+int64(size&1), io.SeekCurrent); err != nil {
			return webpFrame{}, fmt.Errorf("read the picture again: %w", err)
		}
	}
	return webpFrame{}, ErrDamaged
}

// firstFrame makes a file of its own of a frame of so many bytes, which r is about to read.
func firstFrame(r io.Reader, size uint32) (webpFrame, error) {
	const header, first = 16, 8 // where it stands and how large it is, and the beginning of its first chunk
	head := make([]byte, header+first)
	if size < header+first || !readAll(r, head) {
		return webpFrame{}, ErrDamaged
	}
	kind := string(head[header : header+4])
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), 4+8+10+size-header)
	file = binary.LittleEndian.AppendUint32(append(file, "WEBPVP8X"...), 10)
	var flags byte
	if kind == "ALPH" {
		flags = 1 << 4
	}
	file = append(append(file, flags, 0, 0, 0), head[6:12]...)
	file = append(file, head[header:]...)
	less := func(b []byte) int { return 1 + int(b[0]) + int(b[1])<<8 + int(b[2])<<16 }
	return webpFrame{
		lossy: kind == "VP8 ", size: image.Pt(less(head[6:]), less(head[9:])),
		frame: io.MultiReader(bytes.NewReader(file), io.LimitReader(bufio.NewReader(r), int64(size-header-first))),
	}, nil
}
