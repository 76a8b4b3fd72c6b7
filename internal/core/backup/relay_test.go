package backup

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// TestARelayHandsOnWhatWasWritten writes and reads in pieces of all sizes, so that blocks are used again while others are read.
func TestARelayHandsOnWhatWasWritten(t *testing.T) {
	t.Parallel()
	random := rand.NewChaCha8([32]byte{})
	sizes := rand.New(random) // #nosec G404 -- the same each time
	want := make([]byte, 8<<20)
	if _, err := random.Read(want); err != nil {
		t.Fatal(err)
	}
	written := bytes.Clone(want)
	r := newRelay()
	go func() {
		for rest := written; len(rest) > 0; {
			piece := rest[:min(len(rest), 1+len(rest)%(3*blockSize))]
			_, err := r.Write(piece)
			clear(piece) // it belongs to the writer again
			rest = rest[len(piece):]
			if err != nil {
				t.Error(err)
			}
		}
		r.end(nil)
	}()
	var got []byte
	piece := make([]byte, blockSize)
	for {
		n, err := r.Read(piece[:1+sizes.IntN(blockSize/3)])
		got = append(got, piece[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Error("something else was read")
	}
}
