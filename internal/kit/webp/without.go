//go:build !nodynamic

package webp

import "errors"

// Available reports whether the program was built with the library.
const Available = false

// Ready says that the program was built without the library.
func Ready() (convert func(packed []byte) ([]byte, error), err error) {
	return nil, errors.New("the program was built without the tag nodynamic, and so without libwebp")
}
