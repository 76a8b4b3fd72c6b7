// Package webp makes WebP of JPEG, with libwebp as WebAssembly.
//
// The library takes some forty megabytes and half a second before it does anything. So it belongs into a child process, and
// gets several pictures at once: [Pack] and [Unpack] are how they travel.
//
// The package is built with the tag nodynamic. Without it the library would look for a libwebp of the system, which makes
// the program depend on one: then nothing is converted.
package webp

import (
	"encoding/binary"
	"errors"
)

// quality of what is made: what is lost cannot be seen beside the JPEG that it is made of.
const quality = 78

// effort from 0 to 6. More makes the files a twentieth smaller and takes three times as long.
const effort = 2

// Pack puts files one behind the other, each behind its length.
func Pack(files [][]byte) []byte {
	var packed []byte
	for _, f := range files {
		packed = binary.BigEndian.AppendUint32(packed, uint32(len(f))) //nolint:gosec // files are some megabytes at most
		packed = append(packed, f...)
	}
	return packed
}

// ErrPacked says that bytes do not come from Pack.
var ErrPacked = errors.New("these are no packed files")

// Unpack is the way back from Pack.
func Unpack(packed []byte) (files [][]byte, err error) {
	for len(packed) > 0 {
		if len(packed) < 4 {
			return nil, ErrPacked
		}
		length := uint64(binary.BigEndian.Uint32(packed))
		if length > uint64(len(packed))-4 {
			return nil, ErrPacked
		}
		files, packed = append(files, packed[4:4+length]), packed[4+length:]
	}
	return files, nil
}
