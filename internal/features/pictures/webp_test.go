package pictures_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"net/http"
	"slices"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// shorter is a converter that makes something short of everything.
type shorter struct{}

func (shorter) Convert(_ context.Context, pictures [][]byte) ([][]byte, error) {
	all := make([][]byte, len(pictures))
	for i := range all {
		all[i] = []byte("RIFF....WEBP")
	}
	return all, nil
}

// TestTheBrowserSaysWhetherItReadsWebP asks for a rendition with the headers of browsers, before there is a WebP of it and
// afterwards.
func TestTheBrowserSaysWhetherItReadsWebP(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	jobs := queue.New(r.db, queue.Config{})
	r.ConvertBy(jobs, shorter{})
	jobs.Handle(r.Jobs()...)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 60, 40)), nil); err != nil {
		t.Fatal(err)
	}
	name, err := r.Add(t.Context(), r.Anna.ID, "picture", bytes.NewReader(photo.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	tags := map[string]string{}
	ask := func(size, accept, want string, varies bool) {
		t.Helper()
		anna.Header = http.Header{}
		if accept != "" {
			anna.Header.Set("Accept", accept)
		}
		got := anna.Ask(http.MethodGet, community.PicturePath(name, size))
		if got.Status != http.StatusOK || got.Header.Get("Content-Type") != want || slices.Contains(got.Header.Values("Vary"), "Accept") != varies {
			t.Errorf("%q of %q is answered by %d %v, want %s", size, accept, got.Status, got.Header, want)
		}
		tag := got.Header.Get("ETag")
		if other := tags[tag]; other != "" && other != want {
			t.Errorf("%s and %s have the tag %s", other, want, tag)
		}
		tags[tag] = want
	}
	const chrome, safari = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8", "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
	ask(community.WallPicture, chrome, "image/jpeg", true)
	if err := jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, reads := range []string{chrome, "image/webp", "text/html, image/webp;q=0.1", "IMAGE/WEBP"} {
		ask(community.WallPicture, reads, "image/webp", true)
	}
	for _, not := range []string{safari, "", "*/*", "image/*", "image/webp;q=0", "image/webp;q=x", "image/webpx", ",;,"} {
		ask(community.WallPicture, not, "image/jpeg", true)
	}
	ask("", chrome, "image/jpeg", false)
	ask(community.SmallPicture, chrome, "image/jpeg", true)
	if got := webtest.VisitAs(t, r.handler, r.Bert.ID); got.Ask(http.MethodGet, community.PicturePath(name, community.WallPicture)).Status != http.StatusNotFound {
		t.Error("Bert sees a picture that nothing shows")
	}
}
