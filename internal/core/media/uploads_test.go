package media_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
)

// TestWhatACameraWroteIsNotKept puts files into a store as forms and mails do.
func TestWhatACameraWroteIsNotKept(t *testing.T) {
	t.Parallel()
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	photo, err := os.ReadFile("../../features/pictures/testdata/camera.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(photo, []byte("GEHEIM")) {
		t.Fatal("the photo says nothing: the test shows nothing")
	}
	pdf := []byte("%PDF-1.7\n/Author (GEHEIM)")
	for _, c := range []struct {
		name, mediaType, want string
		file, kept            []byte // kept nil: less than was sent
	}{
		{"beet.jpg", "", "image/jpeg", photo, nil},
		{"beet.dat", "application/octet-stream", "application/octet-stream", photo, nil}, // as some programs mail them
		{"beet.jpg", "", "application/octet-stream", append([]byte("\xff\xd8\xff\xe1\x00\x40Exif"), "GEHEIM"...), []byte("\xff\xd8\xff\xe1\x00\x40ExifGEHEIM")},
		{"plan.pdf", "", "application/pdf", pdf, pdf},
		{"leer.txt", "text/plain", "text/plain", nil, []byte{}},
	} {
		f, err := media.Put(t.Context(), folder, media.File{Name: media.NewName(c.name), OriginalName: c.name, MediaType: c.mediaType}, bytes.NewReader(c.file))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		r, err := folder.Open(t.Context(), f.Name)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := io.ReadAll(r)
		if err != nil || r.Close() != nil || int64(len(kept)) != f.Size || f.MediaType != c.want {
			t.Errorf("%s: %d bytes as %s: %v", c.name, f.Size, f.MediaType, err)
		}
		if c.kept != nil && !bytes.Equal(kept, c.kept) || c.kept == nil && (bytes.Contains(kept, []byte("GEHEIM")) || len(kept) < len(c.file)/2) {
			t.Errorf("%s: %d of %d bytes are kept", c.name, len(kept), len(c.file))
		}
		if _, how := f.Served(); c.want == "application/octet-stream" && how != "attachment" || strings.HasPrefix(c.want, "image/") && how != "inline" {
			t.Errorf("%s is served as %s", c.name, how)
		}
	}
}
