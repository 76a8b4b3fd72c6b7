package pictures_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/avif"
	"grouprise.org/grouprise/internal/kit/picture"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestAVIFIsKeptAsJPEG uploads a photo as phones write them now, by the doors of texts and of faces.
func TestAVIFIsKeptAsJPEG(t *testing.T) {
	t.Parallel()
	convert, err := avif.Ready()
	if err != nil {
		t.Skip(err)
	}
	photo, err := os.ReadFile("../../kit/avif/testdata/flag.avif")
	if err != nil {
		t.Fatal(err)
	}
	r := newRoom(t, dbtest.SQLite(t))
	anna, bert := webtest.VisitAs(t, r.handler, r.Anna.ID), webtest.VisitAs(t, r.handler, r.Bert.ID)
	upload := func(file []byte) {
		anna.Upload(community.AddPicturePath, nil, webtest.File{Field: "picture", Name: "beet.avif", Content: file})
	}
	upload(photo) // a program that was built without the library
	anna.Sees(http.StatusUnprocessableEntity, noPicture[0])
	runs := 0
	r.ReadAVIFBy(func(_ context.Context, file io.Reader) ([]byte, error) {
		runs++
		data, err := io.ReadAll(file)
		if err != nil {
			return nil, err
		}
		return convert(data)
	})
	shown := give(t, anna, "beet.avif", photo)
	name := shown[strings.LastIndex(shown, "/")+1 : len(shown)-1]
	got := anna.Ask(http.MethodGet, community.PicturePath(name, ""))
	m, err := jpeg.Decode(strings.NewReader(got.Body))
	if err != nil || m.Bounds().Dx() != 32 || m.Bounds().Dy() != 64 || strings.Contains(got.Body, "SECRET") || !strings.HasSuffix(name, "-32x64.jpg") {
		t.Errorf("%s is %v, %v", name, m, err)
	}
	bert.Upload(community.GroupPicturesPath(r.Garten.Slug), nil, webtest.File{Field: "picture", Name: "x.avif", Content: photo}, webtest.File{Field: "cover", Name: "y.avif", Content: photo})
	bert.Sees(http.StatusOK, "Die Bilder sind gespeichert.")
	if runs != 3 {
		t.Errorf("the library ran %d times", runs)
	}
	large := bytes.Clone(photo)
	at := bytes.Index(large, []byte("ispe")) + 8
	binary.BigEndian.PutUint32(large[at:], 1<<15)
	binary.BigEndian.PutUint32(large[at+4:], 1<<15)
	upload(large)
	anna.Sees(http.StatusUnprocessableEntity, "This picture is too large: in its format, 6 million pixels is the limit.")
	upload(photo[:60])
	anna.Sees(http.StatusUnprocessableEntity, damaged[0])
	if runs != 3 {
		t.Error("what cannot be read is given to the library")
	}
	upload(photo[:len(photo)-100])
	anna.Sees(http.StatusUnprocessableEntity, damaged[0])
	for says, err := range map[string]error{damaged[0]: picture.ErrDamaged, "": errors.New("no process can be started")} {
		r.ReadAVIFBy(func(context.Context, io.Reader) ([]byte, error) { return nil, err })
		upload(photo)
		if want := map[bool]int{true: http.StatusUnprocessableEntity, false: http.StatusInternalServerError}[says != ""]; anna.Page.Status != want || !strings.Contains(anna.Page.Body, says) {
			t.Errorf("%v: %d %s", err, anna.Page.Status, anna.Page.Body)
		}
	}
}
