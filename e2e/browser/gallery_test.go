//go:build e2e

package browser

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/e2e/town"
)

// photos writes so many photos of about eight megabytes, as telephones make them, and returns where they lie. What differs
// between them is a comment in the file.
func photos(t *testing.T, count int) (paths []string) {
	t.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	grain := rand.New(rand.NewPCG(1, 2))
	for i := range m.Y {
		m.Y[i] = uint8(32 + i%4000/40 + int(grain.Uint32()%100))
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(110+i%2000/64), uint8(150-i%2000/64)
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 94}); err != nil {
		t.Fatal(err)
	}
	if size := file.Len() >> 20; size < 7 || size >= 10 {
		t.Fatalf("a photo has %d MB", size)
	}
	folder := t.TempDir()
	for n := range count {
		comment := fmt.Sprintf("photo %d", n)
		segment := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(len(comment)+2)), comment...)
		path := filepath.Join(folder, fmt.Sprintf("IMG_%04d.jpg", n))
		if err := os.WriteFile(path, bytes.Join([][]byte{file.Bytes()[:2], segment, file.Bytes()[2:]}, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// chooses puts files into the field for pictures.
func chooses(t *testing.T, p *town.Person, paths []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.Window(), time.Minute)
	defer cancel()
	root, err := chromedp.Call(ctx, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		t.Fatal(err)
	}
	field, err := chromedp.Call(ctx, dom.QuerySelector, dom.QuerySelectorParams{NodeID: root.Root.NodeID, Selector: "[name=new_images]"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{NodeID: field.NodeID, Files: paths}); err != nil {
		t.Fatal(err)
	}
}

// onAPhone makes a window as large as that of a phone.
func onAPhone(t *testing.T, p *town.Person) {
	t.Helper()
	if _, err := chromedp.Call(p.Window(), emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 2, Mobile: true}); err != nil {
		t.Fatal(err)
	}
}

const uploads = 20

// TestTwentyPhotosAreUploadedOnAPhone chooses them at once, describes and orders them while they are on their way, publishes,
// and looks at them one by one.
func TestTwentyPhotosAreUploadedOnAPhone(t *testing.T) {
	anna := writer(t, open(t))
	onAPhone(t, anna)
	anna.Goes("/garten/galleries/add/")
	waitFor(t, anna, `document.querySelector("[data-gallery-editor][data-ready]")`)
	chooses(t, anna, photos(t, uploads))
	waitFor(t, anna, `document.querySelectorAll(".gallery-row").length === 20`)
	waitFor(t, anna, `/^Bild \d+ von 20 wird hochgeladen/.test(document.querySelector(".gallery-status").textContent)`)
	waitFor(t, anna, `document.querySelector(".gallery-row progress")?.value > 0`)
	// What is typed while pictures are on their way stays, and moves with its picture.
	evaluate[bool](t, anna, `document.querySelectorAll("[data-part=alt]")[1].value = "Kürbisse auf dem Tisch", document.querySelectorAll("[data-part=caption]")[1].value = "Alle sind da", true`)
	evaluate[bool](t, anna, `document.querySelectorAll("[data-up]")[1].click(), true`)
	if got := evaluate[string](t, anna, `document.querySelector("[data-part=alt]").value + " / " + document.activeElement.matches("[data-up]")`); got != "Kürbisse auf dem Tisch / true" {
		t.Errorf("the first picture is %s", got)
	}
	anna.Fills(map[string]string{"title": "Erntefest in Bildern"})
	evaluate[bool](t, anna, `document.querySelector("main form [type=submit]:not([name])").click(), true`) // the last ones are not there yet
	waitLong(t, anna, `location.pathname === "/garten/erntefest-in-bildern/"`)
	waitFor(t, anna, `document.querySelector("[data-gallery][data-ready]")`)
	if got := evaluate[string](t, anna, `document.querySelectorAll(".wall img").length + " " + document.querySelector(".wall img").alt + " " + document.querySelector(".wall figcaption").textContent`); got != "20 Kürbisse auf dem Tisch Alle sind da" {
		t.Errorf("the gallery shows %s", got)
	}
	looksThrough(t, anna)
}

// waitLong is waitFor for what takes a minute or two.
func waitLong(t *testing.T, p *town.Person, condition string) {
	t.Helper()
	for range 300 {
		// Between two pages nothing answers.
		if is, err := chromedp.Run(p.Window(), chromedp.Evaluate[bool](`!!(`+condition+`)`)); err == nil && is {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatalf("at %s it is never true that %s: %s", p.Path(), condition, evaluate[string](t, p, `document.querySelector(".gallery-status")?.textContent ?? ""`))
}

// looksThrough looks at the pictures of a gallery by keys and by finger.
func looksThrough(t *testing.T, p *town.Person) {
	t.Helper()
	const said = `document.querySelector(".viewer .viewer-count").textContent`
	evaluate[bool](t, p, `document.querySelectorAll(".wall a")[2].focus(), document.activeElement.click(), true`)
	waitFor(t, p, `document.querySelector(".viewer[open] img")?.complete && document.querySelector(".viewer[open] img").naturalWidth > 1000`)
	for _, step := range []struct{ key, want string }{
		{"", "Bild 3 von 20"},
		{kb.ArrowRight, "Bild 4 von 20"},
		{kb.ArrowLeft, "Bild 3 von 20"},
		{kb.Home, "Bild 1 von 20"},
		{kb.ArrowLeft, "Bild 1 von 20"},
		{kb.End, "Bild 20 von 20"},
		{kb.ArrowRight, "Bild 20 von 20"},
	} {
		if step.key != "" {
			keys(t, p, step.key)
		}
		if got := evaluate[string](t, p, said); got != step.want {
			t.Errorf("after the key %q: %s, want %s", step.key, got, step.want)
		}
	}
	swipe := `(() => { const stage = document.querySelector(".viewer-stage"), event = (type, x) => stage.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: 300, pointerType: "touch", isPrimary: true, bubbles: true }));
		event("pointerdown", %d); event("pointerup", %d); return true })()`
	evaluate[bool](t, p, fmt.Sprintf(swipe, 100, 250))
	if got := evaluate[string](t, p, said); got != "Bild 19 von 20" {
		t.Errorf("a finger leads to %s", got)
	}
	keys(t, p, kb.Escape)
	waitFor(t, p, `!document.querySelector(".viewer[open]")`)
	waitFor(t, p, `document.activeElement === document.querySelectorAll(".wall a")[18]`)
	evaluate[bool](t, p, `document.querySelector(".wall a").click(), true`)
	waitFor(t, p, `document.querySelector(".viewer[open]")`)
	evaluate[bool](t, p, `history.back(), true`)
	waitFor(t, p, `!document.querySelector(".viewer[open]") && location.pathname === "/garten/erntefest-in-bildern/"`)
}

// TestTwentyPhotosAreUploadedWithoutScripts does the same with the form alone.
func TestTwentyPhotosAreUploadedWithoutScripts(t *testing.T) {
	place := open(t)
	anna := place.Visitor(t, "anna", servers.Browser{})
	onAPhone(t, anna)
	anna.Goes("/stadt/login/")
	signIn(anna)
	anna.Goes("/garten/galleries/add/")
	chooses(t, anna, photos(t, uploads))
	anna.Fills(map[string]string{"title": "Erntefest in Bildern"})
	// The page that a form leads to is known by its pictures; asking for the document has made chromedp forget the old one.
	presses := func(page string) {
		t.Helper()
		evaluate[bool](t, anna, `document.querySelector("main form [type=submit]:not([name])").click(), true`)
		waitLong(t, anna, `location.pathname === "`+page+`" && document.querySelectorAll(".wall img").length === 20`)
	}
	presses("/garten/erntefest-in-bildern/")
	if n := strings.Count(anna.HTML(), "<figure>"); anna.Path() != "/garten/erntefest-in-bildern/" || n != uploads {
		t.Fatalf("%s shows %d pictures", anna.Path(), n)
	}
	anna.Goes("/garten/erntefest-in-bildern/edit/")
	evaluate[bool](t, anna, `document.querySelector("[name='images[4].position']").value = 1, document.querySelector("[name='images[4].alt']").value = "Kürbisse auf dem Tisch", true`)
	presses("/garten/erntefest-in-bildern/")
	if first, _, _ := strings.Cut(anna.HTML(), "</figure>"); !strings.Contains(first, `alt="Kürbisse auf dem Tisch"`) {
		t.Error("the picture that was moved is not the first one")
	}
}
