package app

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// snapshot is a file with a photo in it, as a form sends it.
func snapshot(t *testing.T, name string, shade uint8) webtest.File {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 60, 40))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	m.Set(0, 0, color.Gray{Y: 255})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return webtest.File{Field: "new_images", Name: name, Content: b.Bytes()}
}

// namesOn returns the names of the pictures on a page in a size, in their order.
func namesOn(page webtest.Page, size string) (names []string) {
	for _, found := range regexp.MustCompile(community.PicturesPath+size+`/([a-z0-9-]+\.jpg)`).FindAllStringSubmatch(page.Body, -1) {
		names = append(names, found[1])
	}
	return names
}

// formNames returns the names of the pictures in the form of a gallery, in their order.
func formNames(f url.Values) (names []string) {
	for i := 0; f.Get(fmt.Sprintf("images[%d].name", i)) != ""; i++ {
		names = append(names, f.Get(fmt.Sprintf("images[%d].name", i)))
	}
	return names
}

// TestAGalleryIsMadeWithoutAScript publishes one with a form alone, orders and describes its pictures by others, and adds
// what somebody else has.
func TestAGalleryIsMadeWithoutAScript(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert, nobody := w.visit(t, "anna"), w.visit(t, "bert"), w.visit(t, "")
	anna.Upload("/garten/galleries/add/", url.Values{"title": {"Erntefest"}, "public": {"on"}})
	anna.Sees(http.StatusUnprocessableEntity, "Choose at least one picture.")
	// Whatever else is wrong, what was uploaded is in the form that is shown again.
	anna.Upload("/garten/galleries/add/", url.Values{"title": {""}, "public": {"on"}}, snapshot(t, "a.jpg", 1), snapshot(t, "b.jpg", 2), webtest.File{Field: "new_images", Name: "c.heic", Content: []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")})
	anna.Sees(http.StatusUnprocessableEntity, "These files couldn’t be added: c.heic.", "HEIC")
	form := anna.Form("new_images")
	kept := formNames(form)
	if len(kept) != 2 {
		t.Fatalf("the form has %q", kept)
	}
	anna.Send("/garten/galleries/add/", form, false)
	anna.Sees(http.StatusUnprocessableEntity, "Enter a title.")
	form = anna.Form("new_images")
	if again := formNames(form); strings.Join(again, " ") != strings.Join(kept, " ") {
		t.Errorf("the form that is shown again has %q", again)
	}
	form.Set("title", "Erntefest")
	form.Set("images[0].alt", "Kürbisse auf dem Tisch")
	form.Set("images[0].position", "2")
	form.Set("images[1].caption", "Alle sind da")
	anna.Send("/garten/galleries/add/", form, true)
	anna.Sees(http.StatusOK, "Your gallery is published.", `alt="Kürbisse auf dem Tisch"`, "Alle sind da", `data-number="Picture 2 of 2"`)
	if shown := namesOn(anna.Page, community.WallPicture); len(shown) != 2 || shown[0] != kept[1] {
		t.Errorf("the pictures are %q, want the second of %q first", shown, kept)
	}
	page := anna.Page.Path

	bert.Get(page + "edit/")
	form = bert.Form("new_images")
	form.Set("images[0].removed", "on")
	bert.Upload(page+"edit/", form, snapshot(t, "d.jpg", 3))
	bert.Sees(http.StatusOK, "The changes have been saved.", "Kürbisse auf dem Tisch")
	shown := namesOn(bert.Page, community.WallPicture)
	if len(shown) != 2 || shown[0] != kept[0] || shown[1] == kept[1] {
		t.Errorf("after Bert’s changes the pictures are %q", shown)
	}
	for _, address := range []string{community.PicturePath(shown[0], community.ScreenPicture), community.PicturePath(shown[1], ""), community.PicturePath(shown[1], community.CardPicture)} {
		if got := nobody.Get(address); got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s answers %d %v", address, got.Status, got.Header)
		}
	}
	if got := nobody.Get(community.PicturePath(kept[1], "")); got.Status != http.StatusNotFound {
		t.Errorf("a picture that was taken out is answered by %d", got.Status)
	}
	nobody.Get("/stadt/galleries/")
	nobody.Sees(http.StatusOK, "Erntefest", "2 pictures")
	if card := namesOn(nobody.Page, community.CardPicture); len(card) != 1 || card[0] != shown[0] {
		t.Errorf("on the card of a gallery without a cover is %q, want the first of %q", card, shown)
	}
}

// TestNobodyOpensPicturesOfOthers puts a picture into a gallery that somebody has seen in an internal one.
func TestNobodyOpensPicturesOfOthers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert := w.visit(t, "anna"), w.visit(t, "bert")
	anna.Upload("/garten/galleries/add/", url.Values{"title": {"Intern"}}, snapshot(t, "a.jpg", 1))
	anna.Sees(http.StatusOK, "Your gallery is published.")
	bert.Get(anna.Page.Path)
	name := namesOn(bert.Page, community.WallPicture)[0]
	for _, stolen := range []string{name, strings.Repeat("x", 26) + "-1x1.jpg", "../../etc/passwd", "%00.jpg"} {
		bert.Send("/bert/galleries/add/", url.Values{"title": {"Meins"}, "public": {"on"}, "images[0].name": {stolen}}, false)
		bert.Sees(http.StatusUnprocessableEntity, "Picture 1 isn’t available")
	}
	if got := w.visit(t, "").Get(community.PicturePath(name, "")); got.Status != http.StatusNotFound {
		t.Errorf("the internal picture is answered by %d", got.Status)
	}
}

// TestAGroupIntroducesItselfByPictures pins galleries: the oldest one that is public stands in the head of the page and on
// the card, and not among what introduces the group in words.
func TestAGroupIntroducesItselfByPictures(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, nobody := w.visit(t, "anna"), w.visit(t, "")
	anna.Get("/garten/")
	anna.Sees(http.StatusOK, "Show pictures at the top")
	offer := regexp.MustCompile(`/garten/galleries/add/\?[^"]+`).FindString(anna.Page.Body)
	anna.Get(strings.ReplaceAll(offer, "&amp;", "&"))
	if form := anna.Form("new_images"); form.Get("title") != "This is us" || form.Get("pinned") != "on" || form.Get("public") != "on" {
		t.Errorf("the form offers %v", form)
	}
	anna.Get("/garten/galleries/add/?title=Beete&text=Im+Mai.&public=0") // as scripts of existing sites fill it
	if form := anna.Form("new_images"); form.Get("title") != "Beete" || form.Get("text") != "Im Mai." || form.Get("pinned") != "" || form.Get("public") != "" {
		t.Errorf("the form holds %v", form)
	}
	pinned := func(title string, public bool, shade uint8) {
		t.Helper()
		values := url.Values{"title": {title}, "pinned": {"on"}}
		if public {
			values.Set("public", "on")
		}
		anna.Upload("/garten/galleries/add/", values, snapshot(t, "a.jpg", shade), snapshot(t, "b.jpg", shade+1))
		anna.Sees(http.StatusOK, "Your gallery is published.")
	}
	pinned("Nur für uns", false, 10)
	pinned("Das sind wir", true, 20)
	first := namesOn(anna.Page, community.WallPicture)
	pinned("Noch mehr", true, 30)
	anna.Upload("/garten/galleries/add/", url.Values{"title": {"Nicht angeheftet"}, "public": {"on"}}, snapshot(t, "a.jpg", 40))

	nobody.Get("/garten/")
	nobody.Sees(http.StatusOK, "Pictures of “Garten am Bach”", "data-carousel", "See all 2 pictures", `href="/garten/das-sind-wir/"`, "Noch mehr</a>", "Nicht angeheftet</a>")
	nobody.DoesNotSee("Das sind wir</a>", "Nur für uns")
	if shown := namesOn(nobody.Page, community.TextPicture); strings.Join(shown, " ") != strings.Join(first, " ") {
		t.Errorf("in the head of the group are %q, want %q", shown, first)
	}
	anna.Get("/garten/?pinned=1")
	anna.Sees(http.StatusOK, "Nur für uns</a>", "Noch mehr</a>")
	anna.DoesNotSee("Das sind wir</a>", "Show pictures at the top")
	nobody.Get("/stadt/groups/")
	if shown := namesOn(nobody.Page, community.CoverPicture); len(shown) != 1 || shown[0] != first[0] {
		t.Errorf("on the card of the group is %q, want %s", shown, first[0])
	}
	anna.Get("/garten/das-sind-wir/edit/")
	form := anna.Form("new_images")
	form.Del("public")
	anna.Send("/garten/das-sind-wir/edit/", form, true)
	nobody.Get("/garten/")
	nobody.Sees(http.StatusOK, `href="/garten/noch-mehr/"`)
	nobody.DoesNotSee("Noch mehr</a>", "Das sind wir")
	if shown := namesOn(nobody.Page, community.TextPicture); len(shown) != 2 || shown[0] == first[0] {
		t.Errorf("an internal gallery stands in the head of the group: %q", shown)
	}
}

// TestAMailAboutAGalleryShowsItsFirstPictures reads what subscribers get, of a public gallery and of an internal one.
func TestAMailAboutAGalleryShowsItsFirstPictures(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	for title, values := range map[string]url.Values{"Offen": {"public": {"on"}}, "Intern": {}} {
		values.Set("title", title)
		values.Set("text", "Schaut.")
		anna.Upload("/garten/galleries/add/", values,
			snapshot(t, "a.jpg", 1), snapshot(t, "b.jpg", 2), snapshot(t, "c.jpg", 3), snapshot(t, "d.jpg", 4))
		anna.Sees(http.StatusOK, "Your gallery is published.")
	}
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, m := range sentMails(t, w.outbox) {
		if m.Recipient != w.Bert.Address {
			continue
		}
		read++
		if n := strings.Count(m.Text, "/-/images/text/"); n != 3 || !strings.Contains(m.Text, "**Pictures:** 4") {
			t.Errorf("“%s” shows %d pictures:\n%s", m.Subject, n, m.Text)
		}
	}
	if read != 2 {
		t.Errorf("Bert got %d mails", read)
	}
}
