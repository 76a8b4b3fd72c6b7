package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// converter makes of each picture what size says: so many bytes fewer than it has.
type converter struct {
	fewer   int
	failure error
	asked   int
}

func (c *converter) Convert(_ context.Context, pictures [][]byte) ([][]byte, error) {
	c.asked += len(pictures)
	all := make([][]byte, len(pictures))
	for i, p := range pictures {
		all[i] = bytes.Repeat([]byte("w"), len(p)-c.fewer)
	}
	return all, c.failure
}

// convertingAlbum is an album whose renditions become WebP.
type convertingAlbum struct {
	*album
	*converter
	jobs *queue.Queue
}

func newConvertingAlbum(t *testing.T, db *sqldb.DB, c *converter) *convertingAlbum {
	t.Helper()
	a := newAlbum(t, db)
	jobs := queue.New(db, queue.Config{})
	a.ConvertBy(jobs, c)
	jobs.Handle(a.Jobs()...)
	return &convertingAlbum{a, c, jobs}
}

// get returns what Anna gets of a rendition: its name in the store and its bytes.
func (a *convertingAlbum) get(t *testing.T, name, size string, readsWebP bool) (string, []byte) {
	t.Helper()
	r, err := a.OpenFor(t.Context(), a.Anna.Viewer, name, size, readsWebP)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return r.Name, data
}

func TestARenditionIsAJPEGAtOnceAndAWebPLater(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a := newConvertingAlbum(t, db, &converter{fewer: 1})
		name := a.add(t, a.Anna.ID)
		rendition := strings.TrimSuffix(name, ".jpg") + ".wall.jpg"
		for range 2 {
			if stored, data := a.get(t, name, community.WallPicture, true); stored != rendition || !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) {
				t.Errorf("at first there is %s, %q", stored, data[:3])
			}
		}
		a.get(t, name, community.CardPicture, false)
		if err := a.jobs.Drain(t.Context()); err != nil || a.asked != 2 {
			t.Fatalf("converted %d renditions, want 2: %v", a.asked, err)
		}
		if stored, data := a.get(t, name, community.WallPicture, true); stored != rendition+".webp" || data[0] != 'w' {
			t.Errorf("later there is %s, %q", stored, data[:3])
		}
		if stored, _ := a.get(t, name, community.CardPicture, true); !strings.HasSuffix(stored, ".card.jpg.webp") {
			t.Errorf("the other rendition is %s", stored)
		}
		if stored, _ := a.get(t, name, community.WallPicture, false); stored != rendition {
			t.Errorf("somebody who reads no WebP gets %s", stored)
		}
		if a.Discard(t.Context(), name) != nil || len(left(t, a.path)) != 0 {
			t.Errorf("left of a picture that is gone: %q", left(t, a.path))
		}
	})
}

func TestWebPIsKeptWhereItIsSmaller(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	a := newConvertingAlbum(t, db, &converter{})
	name := a.add(t, a.Anna.ID)
	a.get(t, name, community.WallPicture, true)
	if err := a.jobs.Drain(t.Context()); err != nil || a.asked != 1 {
		t.Fatal(a.asked, err)
	}
	if stored, _ := a.get(t, name, community.WallPicture, true); strings.HasSuffix(stored, ".webp") {
		t.Errorf("%s is not smaller", stored)
	}
	if err := a.jobs.Drain(t.Context()); err != nil || a.asked != 1 {
		t.Errorf("it is converted once more: %d, %v", a.asked, err)
	}
}

// TestFewRenditionsBecomeWebP asks for what mails and messengers get, and for a drawing, which has sharp edges.
func TestFewRenditionsBecomeWebP(t *testing.T) {
	t.Parallel()
	a := newConvertingAlbum(t, dbtest.SQLite(t), &converter{fewer: 1})
	name := a.add(t, a.Anna.ID)
	for _, size := range []string{community.SmallPicture, community.PreviewPicture, community.LogoPicture, ""} {
		a.get(t, name, size, true)
	}
	if err := a.jobs.Drain(t.Context()); err != nil || a.asked != 0 {
		t.Errorf("converted %d, %v", a.asked, err)
	}
}

func TestNothingIsLeftOfAPictureThatGoesWhileItIsConverted(t *testing.T) {
	t.Parallel()
	a := newConvertingAlbum(t, dbtest.SQLite(t), nil)
	name := a.add(t, a.Anna.ID)
	a.ConvertBy(a.jobs, removing{func() {
		if err := a.Discard(t.Context(), name); err != nil {
			t.Error(err)
		}
	}})
	a.get(t, name, community.WallPicture, true)
	if err := a.jobs.Drain(t.Context()); err != nil || len(left(t, a.path)) != 0 {
		t.Errorf("left: %q, %v", left(t, a.path), err)
	}
}

// removing is a converter during whose work something happens.
type removing struct{ happens func() }

func (r removing) Convert(context.Context, [][]byte) ([][]byte, error) {
	r.happens()
	return [][]byte{[]byte("webp")}, nil
}

var _ media.Converter = removing{}

// left returns the names of what lies in a folder.
func left(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
