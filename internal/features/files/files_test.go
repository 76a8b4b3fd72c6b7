package files

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/pdf"
	"grouprise.org/grouprise/internal/kit/sandbox"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/pdftest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestMain is the sandbox, too, in which these tests draw.
func TestMain(m *testing.M) {
	functions := sandbox.Functions{"pdf": func() (sandbox.Function, error) { return pdf.Ready() }}
	if code, asked := sandbox.Main(os.Args[1:], functions, os.Stdin, os.Stdout, os.Stderr); asked {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// town is the rooms around files.
type town struct {
	t *testing.T
	*cast.Cast
	*Files
	db      *sqldb.DB
	store   *media.Folder
	content *content.Content
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	w := &town{t: t, Cast: cast.New(t, db), Files: newRoom(db, folder), db: db, store: folder}
	runner := sandbox.New(sandbox.Program(), sandbox.Limits{Time: time.Minute})
	w.deps.FirstPage = func(ctx context.Context, file io.Reader) ([]byte, error) { return runner.Run(ctx, "pdf", file) }
	words, notices := texts.New(markdown.NewCache(1<<20), "http://example.org"), &mailtest.Notices{}
	comments := threads.New(threads.Deps{DB: db, Media: folder, Texts: words})
	w.content = content.New(content.Deps{
		DB: db, Outbox: outbox.New(&mailtest.Tray{}), Entities: entities.New(nil), Threads: comments, Texts: words, Pictures: w.deps.Pictures,
		Limiter: web.NewLimiter(db, nil), Notices: notices, BaseURL: "http://example.org", MaxBytes: 1 << 20,
	}, content.Kind{Name: "article", Label: "Article", Plural: "Articles", Write: "Write an article", ListPath: "/stadt/articles"}, w.Kind())
	notices.Open(t, db, w.content.Module().Notices...)
	w.handler = webtest.Open(t, webtest.NewSite(t, db, webtest.People(w.Viewers())), append(w.content.Modules(), w.content.Module(), comments.Module())...)
	return w
}

func (w *town) as(person int64) *webtest.Visitor {
	w.t.Helper()
	return webtest.VisitAs(w.t, w.handler, person)
}

// upload sends the form at a path with a file, and the fields laid over what the form has.
func upload(v *webtest.Visitor, path, name string, data []byte, fields map[string]string) {
	v.Get(path)
	form := v.Form("title")
	for field, value := range fields {
		form.Set(field, value)
	}
	v.Upload(path, form, webtest.File{Field: "file", Name: name, Content: data})
}

// item returns the item at garten of a slug.
func (w *town) item(slug string) content.Item {
	w.t.Helper()
	i, _, err := w.content.Find(w.t.Context(), w.db, w.Anna.Viewer, "garten", slug)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// files returns the files of an item, the latest version first.
func (w *town) versions(contentID int64) []media.File {
	w.t.Helper()
	all, err := listVersions(w.t.Context(), w.db, contentID)
	if err != nil {
		w.t.Fatal(err)
	}
	var found []media.File
	for _, v := range all {
		found = append(found, v.File)
	}
	return found
}

// kept returns how many files lie in the store.
func (w *town) kept() (n int) {
	w.t.Helper()
	err := w.store.Each(w.t.Context(), func(some []media.Listed) error {
		n += len(some)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestAFileIsReplacedAndBroughtBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna, bert, nobody := w.as(w.Anna.ID), w.as(w.Bert.ID), w.as(0)
		upload(anna, "/garten/files/add/", "Protokoll März.txt", []byte("Erster Stand"), map[string]string{"title": "Protokoll", "text": "Vom *Treffen*."})
		anna.Sees(200, "Your file is published.", "Protokoll März.txt", "text document, 12 bytes", "<em>Treffen</em>")
		anna.DoesNotSee("older version")
		i := w.item("protokoll")
		first := w.versions(i.ID)[0]

		// A change of the text keeps the file, and what it is called.
		bert.Get("/garten/protokoll/edit/")
		bert.Sees(200, "Protokoll März.txt", "Replace the file")
		bert.Submit("Save", map[string]string{"text": "Geändert."})
		bert.Sees(200, "The changes have been saved.", "Protokoll März.txt", "Geändert.")
		if got := w.versions(i.ID); len(got) != 1 || got[0] != first {
			t.Fatalf("a change of the text makes of %v: %v", first, got)
		}

		upload(bert, "/garten/protokoll/edit/", "Protokoll neu.txt", []byte("Zweiter Stand!"), nil)
		bert.Sees(200, "The changes have been saved.", "Protokoll neu.txt", "1 older version", "Protokoll März.txt", "Version 1", "Anna Ahorn")
		nobody.Get("/garten/protokoll/")
		nobody.Sees(200, "Protokoll neu.txt", "Protokoll März.txt")
		nobody.DoesNotSee("Anna Ahorn", "Restore", "Delete")
		for path, want := range map[string]string{first.Path(): "Erster Stand", w.versions(i.ID)[0].Path(): "Zweiter Stand!"} {
			if p := nobody.Ask(http.MethodGet, path); p.Status != http.StatusOK || p.Body != want {
				t.Errorf("%s answers %d %q", path, p.Status, p.Body)
			}
		}

		restore := "/stadt/content/1/versions/1/"
		for person, status := range map[int64]int{0: http.StatusSeeOther, w.Carla.ID: http.StatusForbidden} {
			for _, path := range []string{restore, restore + "delete/"} {
				if p := w.as(person).Ask(http.MethodGet, path); p.Status != status {
					t.Errorf("%d gets %d at %s", person, p.Status, path)
				}
			}
		}
		anna.Get(restore)
		anna.Submit("Restore", nil)
		anna.Sees(200, "“Protokoll März.txt” is the current file again.", "2 older versions")
		if got := w.versions(i.ID); len(got) != 3 || got[0].ID != first.ID || got[2].ID != first.ID || w.kept() != 2 {
			t.Errorf("restored: %v, %d files", got, w.kept())
		}

		for _, c := range []struct {
			number, says string
			left, kept   int
		}{
			{"3", "This is the current file. Replace it first.", 3, 2},
			{"1", "Version 1 has been deleted.", 2, 2}, // the current version has the same bytes
			{"2", "Version 2 has been deleted.", 1, 1},
			{"2", "This version does not exist.", 1, 1},
		} {
			anna.Send("/stadt/content/1/versions/"+c.number+"/delete/", nil, true)
			if anna.Page.Status == http.StatusOK {
				anna.Sees(200, c.says)
			} else {
				anna.Sees(anna.Page.Status, c.says)
			}
			if got := w.versions(i.ID); len(got) != c.left || w.kept() != c.kept {
				t.Errorf("version %s: %d are left, and %d files", c.number, len(got), w.kept())
			}
		}
	})
}

func TestWhoMayRemoveAVersion(t *testing.T) {
	t.Parallel()
	now := clock.Clock(nil).Now()
	viewer := func(id int64) community.Viewer { return community.Viewer{PersonID: id} }
	for _, c := range []struct {
		who      string
		standing community.Standing
		want     bool
	}{
		{"nobody", community.Standing{}, false},
		{"a stranger", community.Standing{Viewer: viewer(8)}, false},
		{"its author, who has left", community.Standing{Viewer: viewer(7)}, false},
		{"its author", community.Standing{Viewer: viewer(7), Member: true, MemberAt: now}, true},
		{"a new member", community.Standing{Viewer: viewer(8), Member: true, MemberAt: now}, false},
		{"a member of a week", community.Standing{Viewer: viewer(8), Member: true, MemberAt: clock.At(now.Add(-8 * 24 * time.Hour))}, true},
		{"the owner of the profile", community.Standing{Viewer: viewer(8), Owner: true}, true},
	} {
		if got := CanRemove(c.standing, 7, now); got != c.want {
			t.Errorf("%s: %v", c.who, got)
		}
	}
}

func TestAFileIsNoArticleEvenWhenItWasEdited(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna := w.as(w.Anna.ID)
		upload(anna, "/garten/files/add/", "plan.txt", []byte("x"), map[string]string{"title": "Pflanzplan"})
		upload(anna, "/garten/pflanzplan/edit/", "plan2.txt", []byte("xy"), map[string]string{"text": "Neu."})
		anna.Get("/garten/pflanzplan/edit/")
		anna.Submit("Save", map[string]string{"title": "Pflanzplan"})
		anna.Get("/stadt/articles/")
		anna.Sees(200)
		anna.DoesNotSee("Pflanzplan")
		anna.Get("/stadt/files/")
		anna.Sees(200, "Pflanzplan", "plan2.txt", "text document, 2 bytes")
	})
}

func TestWhatIsWrongWithAnUpload(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna := w.as(w.Anna.ID)
		anna.Get("/garten/files/add/")
		anna.Submit("Publish", map[string]string{"title": "Ohne"})
		anna.Sees(422, "Choose a file.")
		upload(anna, "/garten/files/add/", "leer.txt", nil, map[string]string{"title": "Leer"})
		anna.Sees(422, "“leer.txt” is empty. Choose another file.")
		upload(anna, "/garten/files/add/", "groß.bin", make([]byte, 11<<20), map[string]string{"title": "Groß"})
		if anna.Page.Status != http.StatusUnprocessableEntity && anna.Page.Status != http.StatusRequestEntityTooLarge || !strings.Contains(anna.Page.Body, " MB") {
			t.Errorf("a file that is too large: %d", anna.Page.Status)
		}
		if w.kept() != 0 {
			t.Errorf("%d files are kept", w.kept())
		}
		// What came with a form that is wrong in another way need not be chosen again.
		upload(anna, "/garten/files/add/", "da.txt", []byte("Da."), map[string]string{"title": " "})
		anna.Sees(422, "Enter a title.", "da.txt")
		anna.Submit("Publish", map[string]string{"title": "Jetzt"})
		anna.Sees(200, "Your file is published.", "da.txt")
		mine := w.versions(w.item("jetzt").ID)[0]

		// The file of somebody else, or of another item, is nobody's to publish.
		bert := w.as(w.Bert.ID)
		bert.Upload(uploadPath, nil, webtest.File{Field: "file", Name: "bert.txt", Content: []byte("B.")})
		theirs := regexp.MustCompile(`"stored":"([^"]+)"`).FindStringSubmatch(bert.Page.Body)
		if bert.Page.Status != http.StatusCreated || theirs == nil || !strings.Contains(bert.Page.Body, `"about":"text document, 2 bytes"`) {
			t.Fatalf("%d %s", bert.Page.Status, bert.Page.Body)
		}
		for _, name := range []string{string(storedAs(mine)), theirs[1], "nothing.txt/x", "../../etc/passwd", "/"} {
			anna.Get("/garten/files/add/")
			anna.Submit("Publish", map[string]string{"title": "Fremd", "stored": name})
			anna.Sees(422, "This file is no longer stored here. Choose it again.")
		}
		if p := anna.Ask(http.MethodGet, "/-/files/"+strings.Split(theirs[1], "/")[0]); p.Status != http.StatusNotFound {
			t.Errorf("what Bert has not published answers %d", p.Status)
		}
		bert.Get("/garten/files/add/")
		bert.Submit("Publish", map[string]string{"title": "Berts", "stored": theirs[1]})
		bert.Sees(200, "Your file is published.", "bert.txt")
		nobody := w.as(0)
		nobody.Upload(uploadPath, nil, webtest.File{Field: "file", Name: "x.txt", Content: []byte("x")})
		if nobody.Page.Status != http.StatusUnauthorized {
			t.Errorf("a stranger uploads: %d", nobody.Page.Status)
		}
	})
}

func TestWhoGetsAFile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna := w.as(w.Anna.ID)
		upload(anna, "/garten/files/add/", "intern.txt", []byte("Erst"), map[string]string{"title": "Intern", "public": ""})
		upload(anna, "/garten/intern/edit/", "intern.txt", []byte("Dann"), nil)
		all := w.versions(w.item("intern").ID)
		if len(all) != 2 {
			t.Fatal(all)
		}
		ask := func(person int64, want int) {
			t.Helper()
			for _, f := range all {
				if p := w.as(person).Ask(http.MethodGet, f.Path()); p.Status != want {
					t.Errorf("%d gets %d for %s, want %d", person, p.Status, f.Path(), want)
				}
			}
		}
		ask(0, http.StatusSeeOther)
		ask(w.Carla.ID, http.StatusForbidden)
		ask(w.Admin.ID, http.StatusForbidden)
		ask(w.Bert.ID, http.StatusOK)
		anna.Get("/garten/intern/edit/")
		form := anna.Form("title")
		form.Set("public", "on")
		anna.Send("/garten/intern/edit/", form, true)
		ask(0, http.StatusOK)
		anna.Get("/garten/intern/delete/")
		anna.Submit("Delete", nil)
		ask(w.Anna.ID, http.StatusNotFound)
		if err := w.removeDeleted(t.Context()); err != nil || w.kept() != 2 {
			t.Errorf("at once: %v, %d files", err, w.kept())
		}
		w.deps.Keep = -time.Hour
		if err := w.removeDeleted(t.Context()); err != nil || w.kept() != 0 {
			t.Errorf("in the end: %v, %d files", err, w.kept())
		}
	})
}

func TestHowAFileIsSent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna := w.as(w.Anna.ID)
		sound := append([]byte("ID3\x03"), bytes.Repeat([]byte("0123456789"), 20)...)
		for n, c := range []struct {
			name, mediaType, disposition string
			data                         []byte
		}{
			{"Größe \"1\" 50%.pdf", "application/pdf", `attachment; filename="Gr__e _1_ 50_.pdf"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%2050%25.pdf`, pdftest.Page("x")},
			{"page.html", "application/octet-stream", `attachment; filename="page.html"`, []byte("<html><script>alert(1)</script>")},
			{"lies.png", "application/octet-stream", `attachment; filename="lies.png"`, []byte("<!doctype html><script>alert(1)</script>")},
			{"drawing.svg", "application/octet-stream", `attachment; filename="drawing.svg"`, []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
			{"table.csv", "text/csv; charset=utf-8", `attachment; filename="table.csv"`, []byte("a;b\n1;2\n")},
			{"song.mp3", "audio/mpeg", `inline; filename="song.mp3"`, sound},
			{"dot.png", "image/png", `inline; filename="dot.png"`, drawing(t, 3, 2)},
		} {
			upload(anna, "/garten/files/add/", c.name, c.data, map[string]string{"title": "Datei " + string(rune('a'+n))})
			f := w.versions(w.item("datei-" + string(rune('a'+n))).ID)[0]
			if f.OriginalName != c.name {
				t.Errorf("%q is called %q", c.name, f.OriginalName)
			}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				p := anna.Ask(method, f.Path())
				h := p.Header
				if p.Status != http.StatusOK || h.Get("Content-Type") != c.mediaType || h.Get("Content-Disposition") != c.disposition || h.Get("X-Content-Type-Options") != "nosniff" ||
					!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Accept-Ranges") != "bytes" || h.Get("ETag") == "" {
					t.Errorf("%s %s: %d %v", method, c.name, p.Status, h)
				}
				if method == http.MethodGet && p.Body != string(c.data) {
					t.Errorf("%s is changed on its way", c.name)
				}
			}
		}
		anna.Get("/garten/datei-f/")
		anna.Sees(200, "<audio controls")
		f := w.versions(w.item("datei-f").ID)[0]
		etag := anna.Ask(http.MethodGet, f.Path()).Header.Get("ETag")
		for _, c := range []struct {
			header http.Header
			status int
			body   string
		}{
			{http.Header{"Range": {"bytes=4-7"}}, http.StatusPartialContent, "0123"},
			{http.Header{"Range": {"bytes=-2"}}, http.StatusPartialContent, "89"},
			{http.Header{"Range": {"bytes=4-7"}, "If-Range": {etag}}, http.StatusPartialContent, "0123"},
			{http.Header{"Range": {"bytes=4-7"}, "If-Range": {`"another"`}}, http.StatusOK, string(sound)},
			{http.Header{"Range": {"bytes=9999-"}}, http.StatusRequestedRangeNotSatisfiable, ""},
			{http.Header{"If-None-Match": {etag}}, http.StatusNotModified, ""},
		} {
			v := w.as(w.Anna.ID)
			v.Header = c.header
			p := v.Ask(http.MethodGet, f.Path())
			if p.Status != c.status || c.body != "" && p.Body != c.body {
				t.Errorf("%v: %d %q", c.header, p.Status, p.Body)
			}
		}
	})
}

func drawing(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	m.Set(1, 1, color.NRGBA{R: 255, A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPreviewsOfPicturesAndPDFFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna, carla := w.as(w.Anna.ID), w.as(w.Carla.ID)
		preview := func(slug string) string {
			t.Helper()
			if err := w.deps.Queue.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			return w.item(slug).Picture
		}
		upload(anna, "/garten/files/add/", "blatt.pdf", pdftest.Page("Hallo"), map[string]string{"title": "Blatt"})
		name := preview("blatt")
		anna.Get("/garten/blatt/")
		anna.Sees(200, `alt="First page of “blatt.pdf”"`, name)
		if name == "" || !strings.Contains(name, "-1131x1600-page.") {
			t.Fatalf("the preview is %q", name)
		}
		anna.Get("/garten/blatt/edit/")
		anna.Submit("Save", map[string]string{"text": "Neuer Text."}) // the preview outlives a new text
		if w.item("blatt").Picture != name {
			t.Error("a new text takes the preview away")
		}
		seen := func(v *webtest.Visitor, name string) bool {
			t.Helper()
			_, err := w.deps.Pictures.Open(t.Context(), map[*webtest.Visitor]community.Viewer{anna: w.Anna.Viewer, carla: w.Carla.Viewer}[v], name, "")
			return err == nil
		}
		if !seen(carla, name) {
			t.Error("others do not see the preview of a public file")
		}
		upload(anna, "/garten/blatt/edit/", "bild.png", drawing(t, 300, 200), nil)
		second := preview("blatt")
		if second == name || !strings.Contains(second, "-300x200.") || seen(carla, name) || !seen(carla, second) {
			t.Errorf("replaced, the preview is %q", second)
		}
		anna.Get("/garten/blatt/edit/")
		form := anna.Form("title")
		form.Del("public")
		anna.Send("/garten/blatt/edit/", form, true)
		if seen(carla, second) {
			t.Error("a stranger sees the preview of an internal file")
		}
		if db.Engine() != sqldb.SQLite {
			return
		}
		// What is broken, or is something else, shows without a preview.
		for n, data := range [][]byte{[]byte("%PDF-1.7\nnothing"), drawing(t, 30, 20)[:50], []byte("\xff\xd8\xff no picture")} {
			slug := "kaputt-" + string(rune('a'+n))
			upload(anna, "/garten/files/add/", "kaputt.pdf", data, map[string]string{"title": slug})
			if got := preview(slug); got != "" {
				t.Errorf("%d has the preview %q", n, got)
			}
			anna.Get("/garten/" + slug + "/")
			anna.Sees(200, "kaputt.pdf", "Download")
			anna.DoesNotSee("file-preview")
		}
	})
}

func TestAMailAboutAFileCarriesIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		upload(w.as(w.Anna.ID), "/garten/files/add/", "Protokoll März.txt", []byte("Stand"), map[string]string{"title": "Protokoll", "text": "Vom Treffen."})
		i := w.item("protokoll")
		activity := community.Activity{ID: 1, Name: community.ContentPublished, ActorID: w.Anna.ID, EntityID: w.Garten.EntityID, ContentID: i.ID}
		enclosure := w.Files.module(w.content).Enclosures[0]
		var notice notify.Notice
		for _, n := range w.content.Module().Notices {
			if n.Activity == activity.Name {
				notice = n
			}
		}
		catalogues := localetest.Catalogues(t)
		for _, language := range []string{"de", "en"} {
			p := catalogues.Printer(language, time.UTC)
			to := notify.Recipient{PersonID: w.Bert.ID, Reason: notify.Subscriber}
			m, err := notice.Compose(lang.With(t.Context(), p), db, p, activity, to)
			if err != nil {
				t.Fatal(err)
			}
			if err := enclosure.Add(t.Context(), db, activity, to, m); err != nil {
				t.Fatal(err)
			}
			if a := m.Attachments; len(a) != 1 || a[0].Name != "Protokoll März.txt" || a[0].Size != 5 || a[0].MediaType != "text/plain" || a[0].File != w.versions(i.ID)[0].Name {
				t.Errorf("%+v", a)
			}
			if db.Engine() == sqldb.SQLite {
				golden.Equal(t, "published."+language, mailtest.PrintMessage(m))
			}
		}
		other := &notify.Message{Kind: "article"}
		if err := enclosure.Add(t.Context(), db, activity, notify.Recipient{}, other); err != nil || len(other.Attachments) > 0 {
			t.Errorf("an article carries %v (%v)", other.Attachments, err)
		}
	})
}

func TestUploadsThatNobodyPublishesGo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		anna := w.as(w.Anna.ID)
		upload(anna, "/garten/files/add/", "da.txt", []byte("da"), map[string]string{"title": "Da"})
		anna.Upload(uploadPath, nil, webtest.File{Field: "file", Name: "weg.txt", Content: []byte("weg")})
		for _, c := range []struct {
			age  time.Duration
			left int
		}{{time.Hour, 2}, {-time.Hour, 1}} {
			if err := w.uploads.RemoveUnused(t.Context(), c.age); err != nil || w.kept() != c.left {
				t.Errorf("after %v: %v, %d are left", c.age, err, w.kept())
			}
		}
		if err := w.Restore(t.Context(), w.Anna.Viewer, w.item("da").ID, 7); !errs.Is(err, errs.NotFound) {
			t.Errorf("a version that there is not: %v", err)
		}
	})
}
