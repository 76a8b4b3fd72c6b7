package pictures_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// add keeps a picture that somebody uploaded.
func (r *room) add(t *testing.T, creator cast.Person) string {
	t.Helper()
	name, err := r.Add(t.Context(), creator.ID, "picture", bytes.NewReader(drawing(t)))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// item is where a text stands.
type item struct {
	entity             int64 // of a content item
	public, deleted    bool  // that item, or the conversation
	comment            bool  // the text is a comment on the item
	internal, removed  bool  // that comment
	conversation, gone bool  // the text is a message of a conversation, and was removed
}

// write keeps a text of an author in which a picture stands.
func (r *room) write(t *testing.T, i item, author cast.Person, name string) {
	t.Helper()
	err := r.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		var deleted, removed any
		if i.deleted {
			deleted = tx.Now
		}
		if i.removed || i.gone {
			removed = tx.Now
		}
		var where int64
		var err error
		if i.conversation {
			// Carla writes to the group first.
			where, err = tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at, deleted_at) VALUES (?, ?, 'x', 1, 1, ?)`, i.entity, r.Carla.ID, deleted)
			if err == nil {
				_, err = tx.Insert(t.Context(), `INSERT INTO contributions (conversation_id, author_id, text, cut, created_at) VALUES (?, ?, 'x', '', 1)`, where, r.Carla.ID)
			}
		} else {
			where, err = tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at, deleted_at) VALUES ('article', ?, ?, ?, 'x', ?, 1, ?)`,
				i.entity, r.Anna.ID, strings.ToLower(name[:20]), i.public, deleted)
		}
		if err != nil {
			return err
		}
		text := media.Markdown(name, "x.jpg")
		if !i.comment && !i.conversation {
			return media.Use(t.Context(), tx, author.ID, text, where, 0)
		}
		column := "content_id"
		if i.conversation {
			column = "conversation_id"
		}
		id, err := tx.Insert(t.Context(), `INSERT INTO contributions (`+column+`, author_id, text, cut, public, created_at, deleted_at) VALUES (?, ?, ?, '', ?, 2, ?)`, where, author.ID, text, !i.internal, removed)
		if err != nil {
			return err
		}
		return media.Use(t.Context(), tx, author.ID, text, 0, id)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhoSeesAPicture asks at the door for pictures, whole and small, as everybody. Administrators are
// strangers, too. Whoever may not see a picture learns nothing: the answer is that of a name that there
// is not.
func TestWhoSeesAPicture(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRoom(t, db)
		people := []struct {
			initial string
			visitor *webtest.Visitor
		}{
			{"0", webtest.VisitAs(t, r.handler, 0)},
			{"s", webtest.VisitAs(t, r.handler, r.Admin.ID)},
			{"c", webtest.VisitAs(t, r.handler, r.Carla.ID)},
			{"b", webtest.VisitAs(t, r.handler, r.Bert.ID)},
			{"a", webtest.VisitAs(t, r.handler, r.Anna.ID)},
		}
		sizes := []string{community.SmallPicture}
		if db.Engine() == sqldb.SQLite {
			sizes = append(sizes, "") // no database is asked for it
		}
		unknown := strings.Repeat("x", 26) + "-40x30.jpg"
		refused := map[string]webtest.Page{}
		for _, p := range people {
			for _, size := range sizes {
				refused[p.initial+size] = p.visitor.Ask(http.MethodGet, community.PicturePath(unknown, size))
			}
		}
		garten, chor, own := r.Garten.EntityID, r.Chor.EntityID, r.Anna.EntityID
		in := func(i item) func(string) {
			return func(name string) { r.write(t, i, r.Anna, name) }
		}
		face := func(entity int64, change func(f *media.EntityPictures, name string)) func(string) {
			return func(name string) {
				if err := r.SetEntityPictures(t.Context(), entity, func(f *media.EntityPictures) { change(f, name) }); err != nil {
					t.Fatal(err)
				}
			}
		}
		picture, cover := func(f *media.EntityPictures, name string) { f.Picture = name }, func(f *media.EntityPictures, name string) { f.Cover = name }
		gallery := func(i item) func(string) {
			return func(name string) {
				r.write(t, i, r.Anna, media.NewName("x.jpg"))
				r.change(t, `INSERT INTO gallery_pictures (content_id, image_id, position) SELECT MAX(c.id), i.id, 1 FROM contents c, images i WHERE i.name = ? GROUP BY i.id`, name)
			}
		}
		for _, c := range []struct {
			where   string
			creator cast.Person
			show    func(name string)
			seen    string // by whom: nobody, a stranger, Carla, Bert of the group, Anna
		}{
			{"nowhere", r.Anna, func(string) {}, "a"},
			{"in a public article", r.Anna, in(item{entity: garten, public: true}), "0scba"},
			{"in an internal article", r.Anna, in(item{entity: garten}), "ba"},
			{"in an internal article of another group", r.Anna, in(item{entity: chor}), "a"},
			{"in an internal article of her own", r.Anna, in(item{entity: own}), "a"},
			{"in an article that became internal", r.Anna, func(name string) {
				in(item{entity: garten, public: true})(name)
				people[0].visitor.Get(community.PicturePath(name, community.SmallPicture)) // a rendition is there already
				r.change(t, `UPDATE contents SET public = ? WHERE slug = ?`, false, name[:20])
			}, "ba"},
			{"in a deleted article", r.Anna, in(item{entity: garten, public: true, deleted: true}), "a"},
			{"in an article that was deleted later", r.Anna, func(name string) {
				in(item{entity: garten, public: true})(name)
				people[0].visitor.Get(community.PicturePath(name, community.SmallPicture))
				r.change(t, `UPDATE contents SET deleted_at = 5, slug = NULL WHERE slug = ?`, name[:20])
			}, "a"},
			{"in a deleted and in an internal article", r.Anna, func(name string) {
				in(item{entity: garten, public: true})(name)
				r.change(t, `UPDATE contents SET deleted_at = 5, slug = NULL WHERE slug = ?`, name[:20])
				in(item{entity: garten})(name)
			}, "ba"},
			{"in a public gallery", r.Anna, gallery(item{entity: garten, public: true}), "0scba"},
			{"in an internal gallery", r.Anna, gallery(item{entity: garten}), "ba"},
			{"in a gallery of another group", r.Anna, gallery(item{entity: chor}), "a"},
			{"in a deleted gallery", r.Anna, gallery(item{entity: garten, public: true, deleted: true}), "a"},
			{"in a comment", r.Anna, in(item{entity: garten, public: true, comment: true}), "0scba"},
			{"in an internal comment", r.Anna, in(item{entity: garten, public: true, comment: true, internal: true}), "ba"},
			{"in a comment on an internal article", r.Anna, in(item{entity: garten, comment: true}), "ba"},
			{"in a comment that was removed", r.Anna, in(item{entity: garten, public: true, comment: true, removed: true}), "a"},
			{"in a comment on a deleted article", r.Anna, in(item{entity: garten, public: true, comment: true, deleted: true}), "a"},
			{"in a conversation that Carla began", r.Anna, in(item{entity: garten, conversation: true}), "cba"},
			{"in a conversation that was deleted", r.Anna, in(item{entity: garten, conversation: true, deleted: true}), "a"},
			{"in a message that was removed", r.Anna, in(item{entity: garten, conversation: true, gone: true}), "a"},
			{"in a text of somebody who may not see it", r.Anna, func(name string) { r.write(t, item{entity: r.Carla.EntityID, public: true}, r.Carla, name) }, "a"},
			{"beside the name of a group", r.Anna, face(chor, picture), "0scba"},
			{"above the page of a group", r.Anna, face(chor, cover), "0scba"},
			{"above a public page", r.Anna, face(own, cover), "0scba"},
			{"beside the name of Carla, whose page is not public", r.Carla, face(r.Carla.EntityID, picture), "0scba"},
			{"above the page of Carla, which is not public", r.Carla, face(r.Carla.EntityID, cover), "c"},
			{"above a page before there was another", r.Anna, func(name string) {
				face(garten, cover)(name)
				people[0].visitor.Get(community.PicturePath(name, community.SmallPicture))
				face(garten, cover)("")
			}, ""},
		} {
			name := r.add(t, c.creator)
			c.show(name)
			for _, size := range sizes {
				seen := ""
				for _, p := range people {
					got := p.visitor.Ask(http.MethodGet, community.PicturePath(name, size))
					if got.Status == http.StatusOK {
						seen += p.initial
						continue
					}
					want := refused[p.initial+size]
					if got.Status != http.StatusNotFound || strings.ReplaceAll(got.Body, name, unknown) != want.Body {
						t.Errorf("%s: %s is told %d:\n%s\nand of what there is not %d:\n%s", c.where, p.initial, got.Status, got.Body, want.Status, want.Body)
					}
					if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("ETag") != "" {
						t.Errorf("%s: refused with %v", c.where, got.Header)
					}
				}
				if seen != c.seen {
					t.Errorf("a picture %s is seen by %q, want %q (%s)", c.where, seen, c.seen, size)
				}
			}
		}
	})
}

// TestNamesThatNoPictureHas are those that a database or a file system could stumble over.
func TestNamesThatNoPictureHas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRoom(t, db)
		anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
		name := r.add(t, r.Anna)
		for _, wrong := range []string{
			"%00.jpg", name + "%00", "%ff%fe.jpg", "%ed%a0%80.jpg", "..%2f" + name, "%2e%2e%2fx.jpg", strings.ToUpper(name), name + "%20", "%20" + name, name + ".", name + "%c3%a4",
			strings.TrimSuffix(name, ".jpg"), strings.TrimSuffix(name, ".jpg") + ".small.jpg", strings.TrimSuffix(name, ".jpg") + ".png", strings.Repeat("x", 5000) + ".jpg",
			"%F0%9F%8C%B1.jpg", "'%20OR%201=1--.jpg", "%25.jpg", "_" + name[1:],
		} {
			for _, before := range []string{"", community.SmallPicture + "/", "huge/", "%00/", "%ff/"} {
				if got := anna.Ask(http.MethodGet, community.PicturesPath+before+wrong); got.Status != http.StatusNotFound {
					t.Errorf("%s%s: %d", before, wrong, got.Status)
				}
			}
		}
		for _, size := range []string{"huge", "%00", "%ff", "..%2f", "SMALL", "small%20"} {
			if got := anna.Ask(http.MethodGet, community.PicturesPath+size+"/"+name); got.Status != http.StatusNotFound {
				t.Errorf("%s: %d", size, got.Status)
			}
		}
		if left := r.left(t); len(left) != 1 || left[0] != name {
			t.Errorf("kept: %q", left)
		}
	})
}

// noise is a drawing of some hundred bytes.
func noise(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 20, 10))
	for i := range 200 {
		m.Set(i%20, i/20, color.NRGBA{R: uint8(i * 77), G: uint8(i * i), B: uint8(i * 31), A: uint8(128 + i/2)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAPictureIsSentAsTheBrowserAsks asks for the whole, parts, and what it may have already.
func TestAPictureIsSentAsTheBrowserAsks(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	name, err := r.Add(t.Context(), r.Anna.ID, "picture", bytes.NewReader(noise(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"", community.TextPicture, community.SmallPicture} {
		whole := anna.Get(community.PicturePath(name, size)).Body
		n := len(whole)
		part := func(from, to int) string {
			return "bytes " + strconv.Itoa(from) + "-" + strconv.Itoa(to-1) + "/" + strconv.Itoa(n)
		}
		tag := `"` + name + "." + size + `"`
		for _, c := range []struct {
			asks, how string            // one header
			besides   map[string]string // others
			status    int
			content   string // Content-Range
			body      string
		}{
			{status: http.StatusOK, body: whole},
			{asks: "Range", how: "bytes=0-9", status: http.StatusPartialContent, content: part(0, 10), body: whole[:10]},
			{asks: "Range", how: "bytes=10-29", status: http.StatusPartialContent, content: part(10, 30), body: whole[10:30]},
			{asks: "Range", how: "bytes=10-", status: http.StatusPartialContent, content: part(10, n), body: whole[10:]},
			{asks: "Range", how: "bytes=-7", status: http.StatusPartialContent, content: part(n-7, n), body: whole[n-7:]},
			{asks: "Range", how: "bytes=0-999999", status: http.StatusPartialContent, content: part(0, n), body: whole},
			{asks: "Range", how: "bytes=-999999", status: http.StatusPartialContent, content: part(0, n), body: whole},
			{asks: "Range", how: "bytes=999999-", status: http.StatusRequestedRangeNotSatisfiable, content: "bytes */" + strconv.Itoa(n)},
			{asks: "Range", how: "bytes=9-5", status: http.StatusRequestedRangeNotSatisfiable},
			{asks: "Range", how: "bytes=0-1,5-6", status: http.StatusPartialContent},
			{asks: "If-None-Match", how: tag, status: http.StatusNotModified},
			{asks: "If-None-Match", how: "W/" + tag, status: http.StatusNotModified},
			{asks: "If-None-Match", how: `"a", W/"b", ` + tag, status: http.StatusNotModified},
			{asks: "If-None-Match", how: "*", status: http.StatusNotModified},
			{asks: "If-None-Match", how: `"a", W/"b"`, status: http.StatusOK, body: whole},
			{asks: "If-None-Match", how: name, status: http.StatusOK, body: whole},
			{asks: "If-None-Match", how: tag, besides: map[string]string{"Range": "bytes=0-9"}, status: http.StatusNotModified},
			{asks: "If-Range", how: tag, besides: map[string]string{"Range": "bytes=0-9"}, status: http.StatusPartialContent, content: part(0, 10), body: whole[:10]},
			{asks: "If-Range", how: `"a"`, besides: map[string]string{"Range": "bytes=0-9"}, status: http.StatusOK, body: whole},
			{asks: "If-Range", how: "W/" + tag, besides: map[string]string{"Range": "bytes=0-9"}, status: http.StatusOK, body: whole},
			{asks: "If-Range", how: "Mon, 02 Nov 2026 10:00:00 GMT", besides: map[string]string{"Range": "bytes=0-9"}, status: http.StatusOK, body: whole},
			{asks: "If-Modified-Since", how: "Mon, 02 Nov 2126 10:00:00 GMT", status: http.StatusOK, body: whole},
			{asks: "If-Match", how: tag, status: http.StatusOK, body: whole},
			{asks: "If-Match", how: `"a"`, status: http.StatusPreconditionFailed},
		} {
			anna.Header = http.Header{}
			for header, value := range c.besides {
				anna.Header.Set(header, value)
			}
			if c.asks != "" {
				anna.Header.Set(c.asks, c.how)
			}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				got := anna.Ask(method, community.PicturePath(name, size))
				complain := func(what, found, want string) {
					t.Helper()
					if found != want {
						t.Errorf("%s %q, %s: %s: %s is %q, want %q", method, size, c.asks, c.how, what, found, want)
					}
				}
				several, sends := strings.Contains(c.how, ","), got.Status == http.StatusOK || got.Status == http.StatusPartialContent
				complain("status", strconv.Itoa(got.Status), strconv.Itoa(c.status))
				complain("Content-Range", got.Header.Get("Content-Range"), c.content)
				complain("nosniff", got.Header.Get("X-Content-Type-Options"), "nosniff")
				complain("CSP", got.Header.Get("Content-Security-Policy"), "default-src 'none'; sandbox")
				complain("Last-Modified", got.Header.Get("Last-Modified"), "")
				if sends || got.Status == http.StatusNotModified {
					complain("ETag", got.Header.Get("ETag"), tag)
					complain("Cache-Control", got.Header.Get("Cache-Control"), "private, max-age=31536000, immutable")
				}
				if got.Status == http.StatusRequestedRangeNotSatisfiable {
					complain("Cache-Control", got.Header.Get("Cache-Control"), "")
					complain("ETag", got.Header.Get("ETag"), "")
				}
				switch {
				case sends && several && c.asks == "Range":
					if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/byteranges; boundary=") {
						t.Errorf("%s is sent as %s", c.how, kind)
					}
					if body := got.Body; method == http.MethodGet && (!strings.Contains(body, "Content-Type: image/png") || !strings.Contains(body, part(0, 2)) || !strings.Contains(body, part(5, 7))) {
						t.Errorf("%s is sent as %q", c.how, body)
					}
				case sends:
					complain("Content-Type", got.Header.Get("Content-Type"), "image/png")
					complain("Content-Length", got.Header.Get("Content-Length"), strconv.Itoa(len(c.body)))
					complain("Accept-Ranges", got.Header.Get("Accept-Ranges"), "bytes")
					if method == http.MethodGet {
						complain("body", got.Body, c.body)
					}
				case got.Status == http.StatusNotModified:
					complain("Content-Length", got.Header.Get("Content-Length"), "")
					complain("body", got.Body, "")
				}
				if method == http.MethodHead && got.Status < http.StatusBadRequest { // the server leaves out what an error says
					complain("body", got.Body, "")
				}
			}
		}
		anna.Header = nil
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			if got := anna.Ask(method, community.PicturePath(name, size)); got.Status != http.StatusMethodNotAllowed || got.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s: %d, allowed is %q", method, got.Status, got.Header.Get("Allow"))
			}
		}
	}
}
