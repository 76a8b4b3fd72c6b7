package media_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func photo(t *testing.T, width, height int) io.ReadSeeker {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// album is a keeper of pictures with an article and a comment of each visibility, and a conversation.
type album struct {
	*cast.Cast
	*media.Pictures
	db   *sqldb.DB
	path string
}

func newAlbum(t *testing.T, db *sqldb.DB) *album {
	t.Helper()
	folder, path := openFolder(t)
	return &album{Cast: cast.New(t, db), Pictures: media.NewPictures(db, folder), db: db, path: path}
}

func (a *album) add(t *testing.T, creator int64) string {
	t.Helper()
	name, err := a.Add(t.Context(), creator, "picture", photo(t, 60, 40))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func (a *album) sees(t *testing.T, v community.Viewer, name string) bool {
	t.Helper()
	r, err := a.Open(t.Context(), v, name, community.SmallPicture)
	if errs.Is(err, errs.NotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// publish inserts an article that shows a picture.
func (a *album) publish(t *testing.T, name string, c cast.Content) {
	t.Helper()
	a.use(t, c.AuthorID, name, cast.AddContent(t, a.db, c), 0)
}

// use notes that a content or a contribution shows a picture, as a room does when it saves the text.
func (a *album) use(t *testing.T, author int64, name string, contentID, contributionID int64) {
	t.Helper()
	if err := a.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return media.Use(t.Context(), tx, author, media.Markdown(name, "x.jpg"), contentID, contributionID)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAPictureIsSeenByWhoMayReadWhatShowsIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a := newAlbum(t, db)
		nobody, anna, bert, carla := community.Viewer{}, a.Anna.Viewer, a.Bert.Viewer, a.Carla.Viewer
		readers := func(name string) string {
			t.Helper()
			all := ""
			for _, one := range []struct {
				initial string
				viewer  community.Viewer
			}{{"0", nobody}, {"a", anna}, {"b", bert}, {"c", carla}} {
				if a.sees(t, one.viewer, name) {
					all += one.initial
				}
			}
			return all
		}
		fresh, open, closed, face := a.add(t, anna.PersonID), a.add(t, anna.PersonID), a.add(t, anna.PersonID), a.add(t, anna.PersonID)
		if got := readers(fresh); got != "a" {
			t.Errorf("a picture that nothing shows is seen by %q", got)
		}
		a.publish(t, open, cast.Content{EntityID: a.Garten.EntityID, AuthorID: anna.PersonID, Public: true})
		a.publish(t, closed, cast.Content{EntityID: a.Garten.EntityID, AuthorID: anna.PersonID})
		if got := readers(open); got != "0abc" {
			t.Errorf("the picture of a public article is seen by %q", got)
		}
		if got := readers(closed); got != "ab" {
			t.Errorf("the picture of an internal article is seen by %q", got)
		}
		// Who may not see a picture opens it to nobody, even if they know its name.
		a.publish(t, closed, cast.Content{EntityID: carla.EntityID, AuthorID: carla.PersonID, Public: true})
		if got := readers(closed); got != "ab" {
			t.Errorf("a picture that somebody else named is seen by %q", got)
		}
		talk := a.add(t, carla.PersonID)
		conversation := cast.AddConversation(t, db, cast.Conversation{EntityID: a.Garten.EntityID, AuthorID: carla.PersonID})
		message := cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: carla.PersonID})
		a.use(t, carla.PersonID, talk, 0, message)
		if got := readers(talk); got != "abc" {
			t.Errorf("the picture of a message is seen by %q", got)
		}
		if err := a.SetEntityPictures(t.Context(), a.Chor.EntityID, func(f *media.EntityPictures) { f.Picture = face }); err != nil {
			t.Fatal(err)
		}
		if got := readers(face); got != "0abc" {
			t.Errorf("the picture of a group is seen by %q", got)
		}
	})
}

func TestFacesThatNothingShowsAreRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a := newAlbum(t, db)
		first, second := a.add(t, a.Anna.ID), a.add(t, a.Anna.ID)
		set := func(f media.EntityPictures) {
			t.Helper()
			if err := a.SetEntityPictures(t.Context(), a.Garten.EntityID, func(now *media.EntityPictures) { *now = f }); err != nil {
				t.Fatal(err)
			}
		}
		set(media.EntityPictures{Picture: first, Cover: first})
		a.sees(t, community.Viewer{}, first) // makes a rendition
		set(media.EntityPictures{Picture: second, Cover: first})
		if !a.sees(t, community.Viewer{}, first) {
			t.Error("a picture that is still shown was removed")
		}
		set(media.EntityPictures{Picture: second})
		if a.sees(t, a.Anna.Viewer, first) {
			t.Error("the old picture is still there")
		}
		left, err := os.ReadDir(a.path)
		if err != nil || len(left) != 1 || left[0].Name() != second {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestAPictureIsMadeSmallAndARenditionOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	a := newAlbum(t, db)
	name, err := a.Add(t.Context(), a.Anna.ID, "picture", photo(t, 3000, 1000))
	if err != nil || !strings.HasSuffix(name, "-1920x640.jpg") {
		t.Fatalf("%q, %v", name, err)
	}
	for range 2 {
		r, err := a.Open(t.Context(), a.Anna.Viewer, name, community.CardPicture)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := image.DecodeConfig(r)
		if err := errors.Join(err, r.Close()); err != nil || c.Width != 640 || c.Height != 400 {
			t.Errorf("the card is %d×%d, %v", c.Width, c.Height, err)
		}
	}
	left, err := os.ReadDir(a.path)
	if err != nil || len(left) != 2 {
		t.Errorf("kept: %v, %v", left, err)
	}
	if _, err := a.Open(t.Context(), a.Anna.Viewer, name, "huge"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a size that nobody knows: %v", err)
	}
	if _, err := a.Add(t.Context(), a.Anna.ID, "picture", strings.NewReader("<svg/>")); !errs.Is(err, errs.Invalid) {
		t.Errorf("what is no picture: %v", err)
	}
}

// hooked is a store in which something happens before a file is put.
type hooked struct {
	media.Store
	before func(name string)
}

func (h hooked) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	h.before(name)
	return h.Store.Put(ctx, name, r)
}

func TestARenditionOfAPictureThatIsRemovedMeanwhileGoes(t *testing.T) {
	t.Parallel()
	a := newAlbum(t, dbtest.SQLite(t))
	name := a.add(t, a.Anna.ID)
	folder, err := media.OpenFolder(a.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	other := media.NewPictures(a.db, hooked{folder, func(string) {
		if err := a.Discard(t.Context(), name, ""); err != nil {
			t.Error(err)
		}
	}})
	if _, err := other.Open(t.Context(), a.Anna.Viewer, name, community.SmallPicture); !errs.Is(err, errs.NotFound) {
		t.Errorf("opened: %v", err)
	}
	if left, err := os.ReadDir(a.path); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOnlyPicturesThatNothingShowsAreDiscarded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a := newAlbum(t, db)
		face, shown, unused := a.add(t, a.Anna.ID), a.add(t, a.Anna.ID), a.add(t, a.Anna.ID)
		if err := a.SetEntityPictures(t.Context(), a.Garten.EntityID, func(f *media.EntityPictures) { f.Cover = face }); err != nil {
			t.Fatal(err)
		}
		a.publish(t, shown, cast.Content{EntityID: a.Garten.EntityID, AuthorID: a.Anna.ID})
		if err := errors.Join(a.Discard(t.Context(), face, shown, unused), a.Discard(t.Context()), a.Discard(t.Context(), "", "")); err != nil {
			t.Fatal(err)
		}
		for name, stays := range map[string]bool{face: true, shown: true, unused: false} {
			if a.sees(t, a.Anna.Viewer, name) != stays {
				t.Errorf("%s: want %v", name, stays)
			}
		}
	})
}

// TestTwoWhoChangeOneFaceEachBothGetTheirs is what two members do who both have the form open.
func TestTwoWhoChangeOneFaceEachBothGetTheirs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		a := newAlbum(t, db)
		picture, cover := a.add(t, a.Anna.ID), a.add(t, a.Bert.ID)
		var once sync.Once
		second := make(chan error, 1)
		err := a.SetEntityPictures(t.Context(), a.Garten.EntityID, func(f *media.EntityPictures) {
			once.Do(func() {
				go func() {
					second <- a.SetEntityPictures(t.Context(), a.Garten.EntityID, func(f *media.EntityPictures) { f.Cover = cover })
				}()
				time.Sleep(30 * time.Millisecond) // so that the second comes in between, if it can
			})
			f.Picture = picture
		})
		if err := errors.Join(err, <-second); err != nil {
			t.Error(err)
		}
		if got, err := media.EntityPicturesOf(t.Context(), db, a.Garten.EntityID); err != nil || got != (media.EntityPictures{Picture: picture, Cover: cover}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestTwoProcessesMakeARendition lets two that share a store ask for all sizes of a picture at once, several times
// each.
func TestTwoProcessesMakeARendition(t *testing.T) {
	t.Parallel()
	folder, path := openFolder(t)
	again, err := media.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	bucket := &fakeS3{files: map[string][]byte{}}
	for name, c := range map[string]struct {
		one, other media.Store
		kept       func() []string
	}{
		"folder": {folder, again, func() []string { return filesIn(t, path) }},
		"bucket": {openBucketOf(t, bucket), openBucketOf(t, bucket), func() []string { return slices.Sorted(maps.Keys(bucket.files)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.SQLite(t)
			anna := cast.New(t, db).Anna
			processes := []*media.Pictures{media.NewPictures(db, c.one), media.NewPictures(dbtest.Reopen(t, db), c.other)}
			original, err := processes[0].Add(t.Context(), anna.ID, "picture", photo(t, 300, 200))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{original}
			for size, dimensions := range map[string]image.Point{
				community.SmallPicture: image.Pt(96, 96), community.CardPicture: image.Pt(640, 400), community.TextPicture: image.Pt(300, 200),
			} {
				want = append(want, strings.TrimSuffix(original, ".jpg")+"."+size+".jpg")
				answers := make([][]byte, 6)
				start := make(chan struct{})
				var all sync.WaitGroup
				for i := range answers {
					all.Go(func() {
						<-start
						answers[i] = wholePicture(t, processes[i%2], anna.Viewer, original, size, dimensions)
					})
				}
				close(start)
				all.Wait()
				for _, answer := range answers {
					if !bytes.Equal(answer, answers[0]) {
						t.Errorf("%s: %d bytes and %d bytes", size, len(answer), len(answers[0]))
					}
				}
			}
			slices.Sort(want)
			if got := c.kept(); !slices.Equal(got, want) {
				t.Errorf("kept %q, want %q", got, want)
			}
		})
	}
}

// wholePicture opens a picture and reads it to its end.
func wholePicture(t *testing.T, p *media.Pictures, v community.Viewer, name, size string, dimensions image.Point) []byte {
	t.Helper()
	stored, err := p.Open(t.Context(), v, name, size)
	if err != nil {
		t.Error(err)
		return nil
	}
	file, err := io.ReadAll(stored)
	if err := errors.Join(err, stored.Close()); err != nil {
		t.Error(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil || m.Bounds().Size() != dimensions {
		t.Errorf("%s: %v", size, err)
	}
	return file
}

func filesIn(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestNamesInATextAndWhatShowsAPicture(t *testing.T) {
	t.Parallel()
	name := "abcdefgh-60x40.jpg"
	shown := media.Markdown(name, "Unser [neues] Beet_2026!.JPG")
	if shown != "![Unser neues Beet 2026](/-/images/text/abcdefgh-60x40.jpg)" {
		t.Error(shown)
	}
	for original, description := range map[string]string{
		"a\u202eb\u200f.png": "ab", "Tom & Eva.png": "Tom & Eva", "a&#x202e;b&lt;.png": "a #x202e;b lt;", "\xff\x00\a.png": "", "x](y)\n\n# z.png": "x y # z",
	} {
		if shown := media.Markdown(name, original); shown != "!["+description+"](/-/images/text/"+name+")" {
			t.Errorf("%q: %s", original, shown)
		}
	}
	if first := media.FirstIn("a\n" + shown); first != name || media.FirstIn("none") != "" {
		t.Errorf("the first picture is %q", first)
	}
	got := media.NamesIn(shown + "\n/-/images/alt16zeichenabcd.png\n" + shown + " /-/images/../x.jpg /-/files/q.jpg")
	if !slices.Equal(got, []string{name, "alt16zeichenabcd.png"}) {
		t.Errorf("%q", got)
	}
}
