package pictures_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/pictures"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// room is this room with its doors open. Bert reads German.
type room struct {
	*cast.Cast
	*media.Pictures
	db      *sqldb.DB
	handler http.Handler
	path    string // of the folder of the store, which stands alone in another one
}

// megabytes is how large a picture may be.
const megabytes = 10

func newRoom(t *testing.T, db *sqldb.DB) *room {
	t.Helper()
	c := cast.New(t, db)
	path := filepath.Join(t.TempDir(), "media")
	folder, err := media.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	kept := media.NewPictures(db, folder)
	routes := pictures.New(pictures.Deps{
		DB: db, Pictures: kept, Entities: entities.New(nil), Limiter: web.NewLimiter(db, nil), MaxBytes: megabytes << 20,
	}).Module().Routes
	page := site.Route{Method: http.MethodGet, Path: "/{entity}", Handle: func(v *site.Visit) error {
		e, err := entities.New(nil).Find(v.Context(), db, v.Path("entity"))
		if err != nil {
			return err
		}
		return v.Show(site.Page{Title: e.Name, Body: parts.Avatar(e, "")})
	}}
	people := webtest.People(c.Viewers())
	if err := people.SetLanguage(t.Context(), c.Bert.ID, "de"); err != nil {
		t.Fatal(err)
	}
	return &room{Cast: c, Pictures: kept, db: db, handler: webtest.Start(t, webtest.NewSite(t, db, people), append(routes, page)), path: path}
}

// left returns the names of what lies in the store.
func (r *room) left(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir(r.path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// change changes the database behind the back of the rooms.
func (r *room) change(t *testing.T, statement string, args ...any) {
	t.Helper()
	err := r.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), statement, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// keptNothing fails the test if an upload left anything behind.
func (r *room) keptNothing(t *testing.T) {
	t.Helper()
	var rows int
	if err := r.db.Get(t.Context(), &rows, `SELECT COUNT(*) FROM images`); err != nil || rows != 0 {
		t.Errorf("%d pictures are recorded, %v", rows, err)
	}
	if left := r.left(t); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func drawing(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var address = regexp.MustCompile(`/-/images/[a-z]+/[a-z0-9-]+\.(?:jpg|png)`)

func TestAGroupGetsAFace(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	path := community.GroupPicturesPath(r.Garten.Slug)
	webtest.VisitAs(t, r.handler, 0).Get(path)
	outsider := webtest.VisitAs(t, r.handler, r.Carla.ID)
	outsider.Get(path)
	outsider.Sees(http.StatusForbidden)
	outsider.Upload(path, url.Values{}, webtest.File{Field: "picture", Name: "x.png", Content: drawing(t)})
	outsider.Sees(http.StatusForbidden)

	member := webtest.VisitAs(t, r.handler, r.Bert.ID)
	member.Upload(path, url.Values{}, webtest.File{Field: "picture", Name: "x.svg", Content: []byte("<svg/>")})
	member.Sees(http.StatusUnprocessableEntity, "Dieses Bild lässt sich nicht anzeigen.")
	member.Upload(path, url.Values{}, webtest.File{Field: "picture", Name: "x.png", Content: drawing(t)})
	member.Sees(http.StatusOK, "Die Bilder sind gespeichert.")
	picture := address.FindString(member.Get("/garten/").Body)
	if picture == "" {
		t.Fatal("the page of the group shows no picture")
	}
	stranger := webtest.VisitAs(t, r.handler, 0)
	got := stranger.Get(picture)
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", got.Status, got.Header)
	}
	member.Upload(path, url.Values{"remove_picture": {"on"}})
	if stranger.Get(picture).Status != http.StatusNotFound {
		t.Error("the picture is still there")
	}
}

func TestAPictureForATextIsAnsweredWithItsMarkdown(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	got := anna.Upload(community.AddPicturePath, url.Values{}, webtest.File{Field: "picture", Name: "Beet.png", Content: drawing(t)})
	if got.Status != http.StatusCreated || !strings.Contains(got.Body, `{"markdown":"![Beet](/-/images/text/`) {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	picture := address.FindString(got.Body)
	if anna.Get(picture).Status != http.StatusOK {
		t.Error("Anna does not see her own picture")
	}
	if webtest.VisitAs(t, r.handler, r.Bert.ID).Get(picture).Status != http.StatusNotFound {
		t.Error("Bert sees a picture that nothing shows")
	}
	for _, wrong := range []webtest.File{{Field: "picture", Name: "x.png", Content: []byte("no picture")}, {Field: "other", Name: "x.png", Content: drawing(t)}} {
		if got := anna.Upload(community.AddPicturePath, url.Values{}, wrong); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `{"problem":"`) {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	}
	if got := webtest.VisitAs(t, r.handler, 0).Upload(community.AddPicturePath, url.Values{}); got.Status == http.StatusCreated {
		t.Error("nobody uploaded a picture")
	}
}
