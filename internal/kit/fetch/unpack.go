package fetch

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
)

// unpack reads a body that is packed as the headers say, as far as neither what comes nor what is unpacked is larger than
// the limit.
func unpack(packed io.Reader, encodings []string, limit int64) ([]byte, error) {
	source := &counted{from: packed, left: limit}
	plain, err := unpacked(source, strings.Join(encodings, ","))
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(plain, limit+1))
	switch {
	case errors.Is(err, errTooLarge), n > limit:
		return nil, &Error{Problem: TooLarge, cause: errTooLarge}
	case isCorrupt(err):
		return nil, &Error{Problem: Unreadable, cause: err}
	case err != nil:
		return nil, err
	}
	return body.Bytes(), nil
}

// unpacked returns what unpacks a body. Only one way of packing at a time is known: nobody uses more, and each could
// multiply what the one before has made.
func unpacked(source io.Reader, encoding string) (plain io.Reader, err error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return source, nil
	case "gzip", "x-gzip":
		plain, err = gzip.NewReader(source)
	case "deflate":
		plain, err = inflate(source)
	default:
		return nil, &Error{Problem: Unreadable, cause: fmt.Errorf("it is packed as %q", encoding)}
	}
	switch {
	case isCorrupt(err):
		return nil, &Error{Problem: Unreadable, cause: err}
	case err != nil:
		return nil, err
	}
	return plain, nil
}

// inflate unpacks what the web calls deflate: the format of zlib, or what some servers send instead, which has no header.
func inflate(source io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(source)
	head, err := buffered.Peek(2)
	if len(head) == 2 && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return flate.NewReader(buffered), nil
}

// isCorrupt reports whether something cannot be unpacked.
func isCorrupt(err error) bool {
	_, damaged := errors.AsType[flate.CorruptInputError](err)
	return damaged || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zlib.ErrHeader) ||
		errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zlib.ErrDictionary) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

var errTooLarge = errors.New("it is too large")

// counted reads as many bytes as it may, and then fails.
type counted struct {
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, errTooLarge
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left+1)])
	if c.left -= int64(n); c.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
