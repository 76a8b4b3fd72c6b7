// Package mediatest holds what every store of files promises.
package mediatest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
)

// S3 says where a bucket is, for the black-box tests, which know nothing of the house.
type S3 = media.S3

// OpenBucket opens the store in a bucket.
func OpenBucket(t testing.TB, c S3) *media.Bucket {
	t.Helper()
	b, err := media.OpenBucket(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStore puts files into a store, looks at them in every way that package media promises, and removes them.
func TestStore(t *testing.T, store media.Store) {
	t.Helper()
	t.Run("gives back what was put", func(t *testing.T) { givesBack(t, store) })
	t.Run("keeps a file of unknown length", func(t *testing.T) { keepsUnknownLength(t, store) })
	t.Run("lets one of many have a name", func(t *testing.T) { letsOneHaveAName(t, store) })
	t.Run("keeps nothing of a broken upload", func(t *testing.T) { keepsNothingBroken(t, store) })
	t.Run("shows nothing before it is whole", func(t *testing.T) { showsOnlyWhole(t, store) })
	t.Run("lists what it has", func(t *testing.T) { listsAll(t, store) })
}

func listsAll(t *testing.T, store media.Store) {
	t.Helper()
	for _, name := range []string{"listed.txt", "listed-too"} {
		if _, err := store.Put(t.Context(), name, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	listed := 0
	err := store.Each(t.Context(), func(some []media.Listed) error {
		for _, f := range some {
			if strings.HasPrefix(f.Name, "listed") && time.Since(f.ChangedAt).Abs() < time.Hour {
				listed++
			}
		}
		return nil
	})
	if err = errors.Join(err, store.Remove(t.Context(), "listed.txt"), store.Remove(t.Context(), "listed-too")); err != nil || listed != 2 {
		t.Errorf("%d of two files are listed, %v", listed, err)
	}
	broken := errors.New("enough")
	if _, err := store.Put(t.Context(), "listed", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := store.Each(t.Context(), func([]media.Listed) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("listing goes on after an error: %v", err)
	}
	if err := store.Remove(t.Context(), "listed"); err != nil {
		t.Error(err)
	}
}

func givesBack(t *testing.T, store media.Store) {
	t.Helper()
	size, err := store.Put(t.Context(), "a.txt", strings.NewReader("hello"))
	if err != nil || size != 5 {
		t.Fatalf("put: %d, %v", size, err)
	}
	if got := read(t, store, "a.txt", 0, io.SeekStart); string(got) != "hello" {
		t.Errorf("read %q", got)
	}
	if got := read(t, store, "a.txt", -3, io.SeekEnd); string(got) != "llo" {
		t.Errorf("read the end: %q", got)
	}
	if got := read(t, store, "a.txt", 2, io.SeekStart); string(got) != "llo" {
		t.Errorf("read from the middle: %q", got)
	}
	if _, err := store.Put(t.Context(), "a.txt", strings.NewReader("other")); !errs.Is(err, errs.Conflict) {
		t.Errorf("put over a file: %v", err)
	}
	if got := read(t, store, "a.txt", 0, io.SeekStart); string(got) != "hello" {
		t.Errorf("read after a conflict: %q", got)
	}
	if size, err := store.Put(t.Context(), "empty", strings.NewReader("")); err != nil || size != 0 {
		t.Errorf("put nothing: %d, %v", size, err)
	}
	if got := read(t, store, "empty", 0, io.SeekStart); len(got) != 0 {
		t.Errorf("read %q of nothing", got)
	}
	if err := errors.Join(store.Remove(t.Context(), "a.txt"), store.Remove(t.Context(), "a.txt"), store.Remove(t.Context(), "empty"), store.Ping(t.Context())); err != nil {
		t.Error(err)
	}
	missing(t, store, "a.txt")
}

// keepsUnknownLength puts more than one part of an upload, and less than one, from a reader that does not tell how much
// it has.
func keepsUnknownLength(t *testing.T, store media.Store) {
	t.Helper()
	for name, want := range map[string][]byte{"small": []byte("few"), "large": bytes.Repeat([]byte("0123456789abcdef"), 17<<16)} {
		size, err := store.Put(t.Context(), name, io.MultiReader(bytes.NewReader(want)))
		if err != nil || size != int64(len(want)) {
			t.Errorf("put %s: %d, %v", name, size, err)
		}
		if got := read(t, store, name, 0, io.SeekStart); !bytes.Equal(got, want) {
			t.Errorf("%s came back with %d bytes of %d, or others", name, len(got), len(want))
		}
		if _, err := store.Put(t.Context(), name, io.MultiReader(strings.NewReader("other"))); !errs.Is(err, errs.Conflict) {
			t.Errorf("put over %s: %v", name, err)
		}
		if err := store.Remove(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}

// letsOneHaveAName lets several put different files under one name at once: one gets it, and what it put is kept whole.
func letsOneHaveAName(t *testing.T, store media.Store) {
	t.Helper()
	for _, length := range []int{10, 1 << 20} {
		letters := "abcdefgh"
		errors := make([]error, len(letters))
		var all sync.WaitGroup
		for i := range letters {
			all.Go(func() {
				_, errors[i] = store.Put(t.Context(), "race", strings.NewReader(strings.Repeat(letters[i:i+1], length)))
			})
		}
		all.Wait()
		winner := -1
		for i, err := range errors {
			switch {
			case err == nil && winner >= 0:
				t.Errorf("both %c and %c have the name", letters[winner], letters[i])
			case err == nil:
				winner = i
			case !errs.Is(err, errs.Conflict):
				t.Errorf("%c: %v", letters[i], err)
			}
		}
		if winner < 0 {
			t.Fatal("nobody has the name")
		}
		if got := string(read(t, store, "race", 0, io.SeekStart)); got != strings.Repeat(letters[winner:winner+1], length) {
			t.Errorf("the file is not what %c put", letters[winner])
		}
		if err := store.Remove(t.Context(), "race"); err != nil {
			t.Error(err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cable pulled") }

func keepsNothingBroken(t *testing.T, store media.Store) {
	t.Helper()
	if _, err := store.Put(t.Context(), "broken", io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
		t.Error("a broken upload was accepted")
	}
	missing(t, store, "broken")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if bucket, ok := store.(*media.Bucket); ok {
		if _, err := bucket.Put(ctx, "cancelled", strings.NewReader("x")); err == nil {
			t.Error("an upload went on after its end")
		}
	}
}

// looking is a reader that looks for the file before the store has read all of it.
type looking struct {
	look func()
	left int
}

func (l *looking) Read(b []byte) (int, error) {
	l.look()
	if l.left == 0 {
		return 0, io.EOF
	}
	l.left--
	return copy(b, "piece "), nil
}

func showsOnlyWhole(t *testing.T, store media.Store) {
	t.Helper()
	looked := 0
	_, err := store.Put(t.Context(), "slow", &looking{left: 3, look: func() {
		missing(t, store, "slow")
		looked++
	}})
	if err != nil || looked < 3 {
		t.Errorf("looked %d times: %v", looked, err)
	}
	if got := read(t, store, "slow", 0, io.SeekStart); string(got) != "piece piece piece " {
		t.Errorf("read %q", got)
	}
	if err := store.Remove(t.Context(), "slow"); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, store media.Store, name string, offset int64, whence int) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Seek(offset, whence)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Errorf("read %s: %v", name, err)
	}
	return got
}

func missing(t *testing.T, store media.Store, name string) {
	t.Helper()
	if _, err := store.Open(t.Context(), name); !errs.Is(err, errs.NotFound) {
		t.Errorf("open %s, which there is not: %v", name, err)
	}
}
