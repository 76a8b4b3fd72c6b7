package media_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
)

func openFolder(t *testing.T) (*media.Folder, string) {
	t.Helper()
	path := t.TempDir() + "/media"
	f, err := media.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, path
}

func TestFolderGivesBackWhatWasPut(t *testing.T) {
	t.Parallel()
	f, path := openFolder(t)
	size, err := f.Put(t.Context(), "a.txt", strings.NewReader("hello"))
	if err != nil || size != 5 {
		t.Fatalf("put: %d, %v", size, err)
	}
	r, err := f.Open(t.Context(), "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(text) != "hello" {
		t.Errorf("read %q, %v", text, err)
	}
	if _, err := f.Put(t.Context(), "a.txt", strings.NewReader("other")); !errs.Is(err, errs.Conflict) {
		t.Errorf("put over a file: %v", err)
	}
	if err := errors.Join(f.Remove(t.Context(), "a.txt"), f.Remove(t.Context(), "a.txt"), f.Ping(t.Context())); err != nil {
		t.Error(err)
	}
	if _, err := f.Open(t.Context(), "a.txt"); !errs.Is(err, errs.NotFound) {
		t.Errorf("open what was removed: %v", err)
	}
	if left, err := os.ReadDir(path); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cable pulled") }

func TestFolderKeepsNothingOfABrokenUpload(t *testing.T) {
	t.Parallel()
	f, path := openFolder(t)
	if _, err := f.Put(t.Context(), "a.txt", io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
		t.Error("a broken upload was accepted")
	}
	if left, err := os.ReadDir(path); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFolderCannotBeLeft(t *testing.T) {
	t.Parallel()
	f, _ := openFolder(t)
	for _, name := range []string{"../a", "/etc/passwd", "a/../../b"} {
		if _, err := f.Put(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Errorf("put %q", name)
		}
		if _, err := f.Open(t.Context(), name); err == nil {
			t.Errorf("opened %q", name)
		}
	}
}

func TestNewNameKeepsOnlyAHarmlessExtension(t *testing.T) {
	t.Parallel()
	for original, ext := range map[string]string{
		"Photo.JPG": ".jpg", "a.tar.gz": ".gz", "README": "", "x.": "", "a.b c": "", "a.exe/../b": "", "a.thisistoolong": "", "ü.pdf": ".pdf", ".": "",
	} {
		name := media.NewName(original)
		if !strings.HasSuffix(name, ext) || len(name) != 26+len(ext) {
			t.Errorf("%q became %q", original, name)
		}
		if media.NewName(original) == name {
			t.Errorf("%q got the same name twice", original)
		}
	}
}
