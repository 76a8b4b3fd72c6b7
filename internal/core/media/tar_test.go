package media_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
)

func TestFilesGoIntoATarFileAndBack(t *testing.T) {
	t.Parallel()
	from, to := openTarget(t), openTarget(t)
	for _, name := range []string{"a.jpg", "b.txt"} {
		if _, err := from.Put(t.Context(), name, strings.NewReader("content of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	if err := media.WriteTar(t.Context(), packed, from); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Put(t.Context(), "a.jpg", strings.NewReader("content of a.jpg")); err != nil {
		t.Fatal(err)
	}
	read, there, err := media.ReadTar(t.Context(), &b, to)
	if read != 1 || there != 1 || err != nil {
		t.Errorf("%d were read and %d there, %v", read, there, err)
	}
	if err := media.Clear(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Open(t.Context(), "b.txt"); err == nil {
		t.Error("a file is left")
	}
}

func TestATarFileWritesNowhereElse(t *testing.T) {
	t.Parallel()
	for _, h := range []*tar.Header{
		{Name: "../a", Typeflag: tar.TypeReg},
		{Name: "/etc/a", Typeflag: tar.TypeReg},
		{Name: "x/../../a", Typeflag: tar.TypeReg},
		{Name: "x/a", Typeflag: tar.TypeReg},
		{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "..", Typeflag: tar.TypeDir},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := media.ReadTar(t.Context(), io.Reader(&b), openTarget(t)); err == nil || !strings.Contains(err.Error(), "is no uploaded file") {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
}

func openTarget(t *testing.T) *media.Folder {
	t.Helper()
	f, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
