//go:build nodynamic

package avif

import (
	"bytes"

	"github.com/gen2brain/avif"

	"grouprise.org/grouprise/internal/kit/picture"
)

// Available reports whether the program was built with the library.
const Available = true

// Ready readies the library, and returns what makes a JPEG or PNG of an AVIF picture.
func Ready() (func(file []byte) ([]byte, error), error) {
	avif.InitDecoder()
	return convert, nil
}

func convert(file []byte) ([]byte, error) {
	p, err := picture.ReadAVIF(file, maxSide, avif.Decode)
	if err != nil {
		return nil, err
	}
	var made bytes.Buffer
	if err := p.WriteFine(&made); err != nil {
		return nil, err
	}
	return made.Bytes(), nil
}
