package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
)

// seal compares the checksums of everything before, and makes sure that nothing follows.
func (a *reader) seal(h *tar.Header) error {
	want := a.sealed.before()
	// A head has bytes that readers of tar pass over.
	var head bytes.Buffer
	if err := tar.NewWriter(&head).WriteHeader(partHeader(sealName, h.Size, h.ModTime)); err != nil || !bytes.Equal(head.Bytes(), a.sealed.late) {
		return errChecksum
	}
	got, err := a.all(maxSeal)
	if err != nil {
		return err
	}
	here := slices.Collect(bytes.Lines(a.sums))
	said := slices.Collect(bytes.Lines(got))
	if len(said) != len(here)+1 {
		return fmt.Errorf("it tells of %d parts instead of %d", len(said)-1, len(here))
	}
	for i, line := range here {
		if !bytes.Equal(line, said[i]) {
			_, name, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("  "))
			return damage(describe(string(name)), errChecksum)
		}
	}
	if !bytes.Equal(said[len(here)], appendAll(nil, want)) {
		return damage("what fills the space between its parts", errChecksum)
	}
	padding := (block - len(got)%block) % block
	rest, err := io.ReadAll(io.LimitReader(a.sealed, int64(padding+2*block+1)))
	if err != nil {
		return err
	}
	if len(rest) != padding+2*block || len(bytes.Trim(rest, "\x00")) > 0 {
		return damage("its end", errors.New("something else is there"))
	}
	return nil
}

// block is a block of tar: each part fills whole ones, and two empty ones are the end.
const block = 512

// sealed reads an archive and works out the checksum of everything but its latest block, which is the head of the seal
// when it matters.
type sealed struct {
	r    io.Reader
	hash hash.Hash
	late []byte
}

// Read implements io.Reader.
func (s *sealed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.late = append(s.late, p[:n]...)
	if over := len(s.late) - block; over > 0 {
		s.hash.Write(s.late[:over])
		s.late = append(s.late[:0], s.late[over:]...)
	}
	return n, err
}

// before returns the checksum of what came before the latest block.
func (s *sealed) before() [sha256.Size]byte { return [sha256.Size]byte(s.hash.Sum(nil)) }
