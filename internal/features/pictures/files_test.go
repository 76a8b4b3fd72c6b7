package pictures_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// testFile returns a file of testdata; its README says how each was made.
func testFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(path.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// What the answers of the two doors say, in English and German.
var (
	noPicture = [2]string{
		"This picture can’t be shown. Choose a JPEG, PNG, GIF, WebP or AVIF file.",
		"Dieses Bild lässt sich nicht anzeigen. Wähle eine JPEG-, PNG-, GIF-, WebP- oder AVIF-Datei.",
	}
	damaged = [2]string{
		"This picture is damaged or in an unusual format. Open it in another program and save it again as JPEG or PNG.",
		"Dieses Bild ist beschädigt oder in einem seltenen Format. Öffne es in einem anderen Programm und speichere es neu als JPEG oder PNG.",
	}
)

// give uploads a file for a text and returns what shows it.
func give(t *testing.T, v *webtest.Visitor, name string, content []byte) (shown string) {
	t.Helper()
	v.Upload(community.AddPicturePath, nil, webtest.File{Field: "picture", Name: name, Content: content})
	return shownBy(t, v.Page)
}

// shownBy returns the Markdown in the answer to an upload.
func shownBy(t *testing.T, p webtest.Page) string {
	t.Helper()
	var answer map[string]string
	if err := json.Unmarshal([]byte(p.Body), &answer); err != nil || p.Status != http.StatusCreated || len(answer) != 2 || !strings.Contains(answer["markdown"], "/"+answer["name"]+")") {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	return answer["markdown"]
}

// corners says what is in the middle of each quarter of a picture: r, g, b or w, . where nothing is, the
// first digit of how bright it is where it is grey, and ? for anything else.
func corners(m image.Image) string {
	seen, b := "", m.Bounds()
	for _, at := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		c, ok := color.NRGBAModel.Convert(m.At(b.Min.X+at.X*b.Dx()/4, b.Min.Y+at.Y*b.Dy()/4)).(color.NRGBA)
		bright := func(v uint8) bool { return v > 225 }
		dark := func(v uint8) bool { return v < 30 }
		switch {
		case !ok:
			seen += "?"
		case c.A == 0:
			seen += "."
		case bright(c.R) && dark(c.G) && dark(c.B):
			seen += "r"
		case dark(c.R) && bright(c.G) && dark(c.B):
			seen += "g"
		case dark(c.R) && dark(c.G) && bright(c.B):
			seen += "b"
		case bright(c.R) && bright(c.G) && bright(c.B):
			seen += "w"
		case c.R == c.G && c.G == c.B:
			seen += fmt.Sprint(int(c.R) * 10 / 256)
		default:
			seen += "?"
		}
	}
	return seen
}

// TestRealFilesAreTakenOrRefusedWithASentence takes what cameras and programs write through both doors.
func TestRealFilesAreTakenOrRefusedWithASentence(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna, bert := webtest.VisitAs(t, r.handler, r.Anna.ID), webtest.VisitAs(t, r.handler, r.Bert.ID)
	for _, c := range []struct {
		file, kind, corners string
		refused             [2]string
	}{
		{file: "baseline.jpg", kind: "jpeg", corners: "rgbw"},
		{file: "progressive.jpg", kind: "jpeg", corners: "rgbw"},
		{file: "ycck.jpg", kind: "jpeg", corners: "rgbw"},
		{file: "cmyk.jpg", kind: "jpeg", corners: "rgbw"},
		{file: "cmyk-unmarked.jpg", refused: damaged},
		{file: "grey.jpg", kind: "jpeg", corners: "270w"}, // red, green and blue are differently bright
		{file: "camera.jpg", kind: "jpeg", corners: "rgbw"},
		{file: "camera-damaged-exif.jpg", kind: "jpeg", corners: "rgbw"},
		{file: "camera.webp", kind: "jpeg", corners: "rgbw"},
		{file: "deep.png", kind: "jpeg", corners: "rgbw"},
		{file: "palette.png", kind: "jpeg", corners: "rgbw"},
		{file: "interlaced.png", kind: "jpeg", corners: "rgbw"},
		{file: "transparent.png", kind: "png", corners: "rgb."},
		{file: "palette-transparent.png", kind: "png", corners: "rgb."},
		{file: "moving.gif", kind: "jpeg", corners: "rgbw"},
		{file: "lossy.webp", kind: "jpeg", corners: "rgbw"},
		{file: "lossless.webp", kind: "jpeg", corners: "rgbw"},
		{file: "lossy-transparent.webp", kind: "png", corners: "rgb."},
		{file: "moving.webp", kind: "jpeg", corners: "rgbw"},
		{file: "moving-transparent.webp", kind: "png", corners: "rgb."},
		{file: "README.md", refused: noPicture},
	} {
		content := testFile(t, c.file)
		form := func() {
			bert.Upload(community.GroupPicturesPath(r.Garten.Slug), nil, webtest.File{Field: "picture", Name: c.file, Content: content})
		}
		if c.kind == "" {
			form()
			bert.Sees(http.StatusUnprocessableEntity, c.refused[1])
			anna.Upload(community.AddPicturePath, nil, webtest.File{Field: "picture", Name: c.file, Content: content})
			anna.Sees(http.StatusUnprocessableEntity, `{"problem":"`+c.refused[0]+`"}`)
			continue
		}
		form()
		bert.Sees(http.StatusOK, "Die Bilder sind gespeichert.")
		face := address.FindString(bert.Get("/garten/").Body)
		name := path.Base(address.FindString(give(t, anna, c.file, content)))
		for _, kept := range []string{name, path.Base(face)} {
			if !strings.Contains(kept, "-32x16.") {
				t.Errorf("%s: is called %s", c.file, kept)
			}
		}
		for where, size := range map[string]image.Point{
			community.PicturePath(name, ""): image.Pt(32, 16), community.PicturePath(name, community.TextPicture): image.Pt(32, 16), face: image.Pt(96, 96),
		} {
			got := anna.Get(where)
			m, kind, err := image.Decode(strings.NewReader(got.Body))
			if err != nil || kind != c.kind || m.Bounds().Size() != size || got.Header.Get("Content-Type") != "image/"+kind {
				t.Errorf("%s: %s is %s (%v)", c.file, where, kind, err)
				continue
			}
			if seen := corners(m); seen != c.corners {
				t.Errorf("%s: %s shows %s, want %s", c.file, where, seen, c.corners)
			}
			for _, secret := range []string{"GEHEIM", "Exif", "eXIf", "EXIF", "Adobe"} {
				if strings.Contains(got.Body, secret) {
					t.Errorf("%s: %s says %s", c.file, where, secret)
				}
			}
		}
	}
}

// namedForm is a form with a picture whose name stands in its head as it is given.
func namedForm(name string, content []byte) (kind, body string) {
	return "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"picture\"; " + name + "\r\nContent-Type: image/png\r\n\r\n" + string(content) + "\r\n--b--\r\n"
}

// TestNamesOfFilesAreHarmless uploads one drawing under names that want to be more.
func TestNamesOfFilesAreHarmless(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	content := drawing(t)
	stored := regexp.MustCompile(`^[a-z2-7]{26}-40x30\.jpg$`)
	uploads := 0
	for _, c := range []struct {
		name, description string
		alt               string // where the page shows something else than the text
	}{
		{name: `filename="../../etc/passwd.png"`, description: "passwd"},
		{name: `filename="/etc/passwd"`, description: "passwd"},
		{name: `filename="..\..\x.png"`, description: "x"},
		{name: `filename="C:\\x\\y.png"`, description: "y"},
		{name: `filename="C:\x\y.png"`, description: "y"},
		{name: `filename=".."`, description: "."},
		{name: `filename="a%2f..%2fb.png"`, description: "a%2f..%2fb"},
		{name: `filename=".png"`, description: ""},
		{name: `filename="ohne Endung"`, description: "ohne Endung"},
		{name: `filename="picture.svg"`, description: "picture"},
		{name: `filename="picture.html"`, description: "picture"},
		{name: `filename="picture.php"`, description: "picture"},
		{name: `filename="picture.jpg.exe"`, description: "picture.jpg"},
		{name: `filename=""`, description: "refused"},
		{name: "filename=\"a\x00b.png\"", description: "refused"},
		{name: "filename=\"a\x01b.png\"", description: "refused"},
		{name: "filename=\"a\r\nb.png\"", description: "refused"},
		{name: "filename=\"a\u0085\u200bb.png\"", description: "ab"},
		{name: "filename=\"\u202egnp.b\u200fa\ufeff.png\"", description: "gnp.ba"},
		{name: "filename*=UTF-8''a%0D%0A%0D%0A%23%20b%00%01%1B%7F.png", description: "a # b"},
		{name: "filename*=UTF-8''..%2F..%2Fx.png", description: "x"},
		{name: "filename=\"Gem\xfcse.png\"", description: "Gemse"},
		{name: "filename=\"Ga\u0308rten am Bach 🌱.png\"", description: "Gärten am Bach 🌱"},
		{name: `filename="` + strings.Repeat("ä", 300) + `.png"`, description: strings.Repeat("ä", 196)},
		{name: `filename="x](javascript:alert(1)).png"`, description: "x javascript:alert 1"},
		{name: `filename="x](/stadt/sign-out).png"`, description: "sign-out"},
		{name: `filename="](/-/images/text/other-1x1.jpg)![.png"`, description: "other-1x1.jpg"},
		{name: `filename="\"><script>alert(1)<\/script>.png"`, description: "script"},
		{name: `filename="\" onerror=alert(1) x=\".png"`, description: `" onerror=alert 1 x="`},
		{name: `filename="<img src=x onerror=alert(1)>.png"`, description: "img src=x onerror=alert 1"},
		{name: `filename="a&lt;b&gt;&#x202e;c.png"`, description: "a lt;b gt; #x202e;c"},
		{name: "filename=\"`a` *b* _c_ ~~d~~ \\\\.png\"", description: ""},
		{name: "filename=\"`a` *b* _c_ ~~d~~.png\"", description: "a b c ~~d~~", alt: "a b c d"},
		{name: `filename="@garten #tag www.example.org.png"`, description: "@garten #tag www.example.org"},
	} {
		kind, body := namedForm(c.name, content)
		anna.Post(community.AddPicturePath, kind, body)
		if c.description == "refused" {
			anna.Sees(http.StatusUnprocessableEntity, `{"problem":"`)
			continue
		}
		shown := shownBy(t, anna.Page)
		uploads++
		where := address.FindString(shown)
		if want := "![" + c.description + "](" + where + ")"; shown != want || !stored.MatchString(path.Base(where)) {
			t.Errorf("%s: %s", c.name, shown)
		}
		page := markdown.Render("before "+shown+" behind", markdown.Options{})
		want := fmt.Sprintf(`<p>before <img src="%s" alt="%s" width="40" height="30" loading="lazy"> behind</p>`, where, attribute(cmp.Or(c.alt, c.description)))
		if got := strings.TrimSpace(page.Resolve(nil, nil)); got != want || len(page.Refs) != 0 {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
	left := r.left(t)
	if slices.ContainsFunc(left, func(name string) bool { return !stored.MatchString(name) }) || len(left) != uploads {
		t.Errorf("%d uploads left %q", uploads, left)
	}
	if beside, err := os.ReadDir(path.Dir(r.path)); err != nil || len(beside) != 1 {
		t.Errorf("beside the folder: %v, %v", beside, err)
	}
}

// attribute writes a text as the value of an attribute.
func attribute(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(text)
}

// claiming returns the header of a PNG of that size, and nothing else.
func claiming(width, height uint32) []byte {
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	header = append(binary.BigEndian.AppendUint32(header, height), 8, 6, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

// TestWhatIsTooMuchIsRefusedWithTheLimit sends Anna to the door for texts and Bert to the form.
func TestWhatIsTooMuchIsRefusedWithTheLimit(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna, bert := webtest.VisitAs(t, r.handler, r.Anna.ID), webtest.VisitAs(t, r.handler, r.Bert.ID)
	whole := testFile(t, "progressive.jpg")
	for _, c := range []struct {
		name    string
		content []byte
		status  int
		says    [2]string
	}{
		{"large.jpg", append(bytes.Clone(whole), make([]byte, megabytes<<20)...), http.StatusUnprocessableEntity, [2]string{
			"“large.jpg” is too large. A file can have at most 10 MB.", "„large.jpg“ ist zu groß. Eine Datei darf höchstens 10 MB haben.",
		}},
		{"huge.png", claiming(30_000, 30_000), http.StatusUnprocessableEntity, [2]string{
			"This picture is too large: in its format, 20 million pixels is the limit. Make it smaller first.",
			"Dieses Bild ist zu groß: In seinem Format sind höchstens 20 Millionen Bildpunkte erlaubt. Verkleinere es vorher.",
		}},
		{"header.png", claiming(30, 30), http.StatusUnprocessableEntity, damaged},
		{"nothing.png", claiming(0, 30), http.StatusUnprocessableEntity, damaged},
		{"empty.png", nil, http.StatusUnprocessableEntity, noPicture},
		{"half.jpg", whole[:len(whole)/2], http.StatusUnprocessableEntity, damaged},
		{"half.png", testFile(t, "deep.png")[:80], http.StatusUnprocessableEntity, damaged},
		{"half.gif", testFile(t, "moving.gif")[:60], http.StatusUnprocessableEntity, damaged},
		{"half.webp", testFile(t, "lossless.webp")[:40], http.StatusUnprocessableEntity, damaged},
		{"half.webp", testFile(t, "moving.webp")[:100], http.StatusUnprocessableEntity, damaged},
	} {
		file := webtest.File{Field: "picture", Name: c.name, Content: c.content}
		anna.Upload(community.AddPicturePath, nil, file)
		anna.Sees(c.status, `{"problem":"`+c.says[0]+`"}`)
		bert.Upload(community.GroupPicturesPath(r.Garten.Slug), nil, file)
		bert.Sees(c.status, c.says[1])
	}
	tooMuch := string(make([]byte, (megabytes+1)<<20+1))
	anna.Post(community.AddPicturePath, "multipart/form-data; boundary=b", tooMuch)
	anna.Sees(http.StatusRequestEntityTooLarge, "That’s too much: you can send at most 11 MB at once.")
	bert.Header = http.Header{"Cookie": {"language=de"}} // what he chose in the foot; the database is not asked who he is
	bert.Post(community.GroupPicturesPath(r.Garten.Slug), "multipart/form-data; boundary=b", tooMuch+tooMuch)
	bert.Sees(http.StatusRequestEntityTooLarge, "Das ist zu viel: Auf einmal gehen höchstens 21 MB.")
	r.keptNothing(t)
}

func TestOfTwoFilesInOneFieldOneIsKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	anna.Upload(community.AddPicturePath, nil, webtest.File{Field: "picture", Name: "a.png", Content: drawing(t)}, webtest.File{Field: "picture", Name: "b.png", Content: drawing(t)})
	if shown := shownBy(t, anna.Page); !strings.HasPrefix(shown, "![a](") || len(r.left(t)) != 1 {
		t.Errorf("%s, %q", shown, r.left(t))
	}
}

// TestNothingIsKeptOfAFormThatIsRefused sends a good picture beside a bad one.
func TestNothingIsKeptOfAFormThatIsRefused(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	anna.Upload(community.OwnPicturesPath, nil, webtest.File{Field: "picture", Name: "a.png", Content: drawing(t)}, webtest.File{Field: "cover", Name: "b.png", Content: []byte("b")})
	anna.Sees(http.StatusUnprocessableEntity, noPicture[0])
	r.keptNothing(t)
}

func TestSoManyPicturesADay(t *testing.T) {
	t.Parallel()
	r := newRoom(t, dbtest.SQLite(t))
	anna, bert := webtest.VisitAs(t, r.handler, r.Anna.ID), webtest.VisitAs(t, r.handler, r.Bert.ID)
	picture := webtest.File{Field: "picture", Name: "a.png", Content: drawing(t)}
	cover := webtest.File{Field: "cover", Name: "b.png", Content: drawing(t)}
	for _, v := range []*webtest.Visitor{anna, bert} {
		give(t, v, "first.png", drawing(t))
	}
	// Both have one left: two that come with one form are two.
	r.change(t, `UPDATE throttles SET count = 299`)
	before := r.left(t)
	bert.Upload(community.GroupPicturesPath(r.Garten.Slug), nil, picture, cover)
	bert.Sees(http.StatusTooManyRequests, "Du kannst bis zu 300 Bilder am Tag hochladen.")
	give(t, anna, "last.png", drawing(t))
	anna.Upload(community.AddPicturePath, nil, picture)
	anna.Sees(http.StatusTooManyRequests, `{"problem":"You can upload up to 300 pictures a day. Please continue later."}`)
	for _, v := range []*webtest.Visitor{anna, bert} {
		if wait := v.Page.Header.Get("Retry-After"); len(wait) != len("86400") {
			t.Errorf("come back after %q seconds", wait)
		}
	}
	if after := r.left(t); len(after) != len(before)+1 {
		t.Errorf("%d pictures became %d", len(before), len(after))
	}
	bert.Upload(community.GroupPicturesPath(r.Garten.Slug), url.Values{"remove_picture": {"on"}})
	bert.Sees(http.StatusOK, "Die Bilder sind gespeichert.")
}

// TestAnUploadThatIsCutOffLeavesNothingBehind is not parallel: it sets where temporary files lie.
func TestAnUploadThatIsCutOffLeavesNothingBehind(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	r := newRoom(t, dbtest.SQLite(t))
	anna := webtest.VisitAs(t, r.handler, r.Anna.ID)
	large := append(bytes.Clone(testFile(t, "baseline.jpg")), make([]byte, 3<<20)...) // more than is kept in memory
	kind, body := namedForm(`filename="a.jpg"`, large)
	for _, end := range []int{20, 100, 500, len(body) / 2, len(body) - 12, len(body) - 6} {
		anna.Post(community.AddPicturePath, kind, body[:end])
		anna.Sees(http.StatusUnprocessableEntity, `{"problem":"The form could not be read. Please send it again."}`)
		anna.Post(community.OwnPicturesPath, kind, body[:end])
		anna.Sees(http.StatusUnprocessableEntity, "The form could not be read. Please send it again.")
	}
	r.keptNothing(t)
	shownBy(t, anna.Post(community.AddPicturePath, kind, body))
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
