//go:build e2e

package browser

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"grouprise.org/grouprise/e2e/servers"
)

// TestWhatWasChosenBeforeTheScriptsCameIsTakenUp chooses files on a slow line: the scripts of the page arrive only then. The
// picture is an AVIF, which only the server reads.
func TestWhatWasChosenBeforeTheScriptsCameIsTakenUp(t *testing.T) {
	place := open(t)
	anna := place.Visitor(t, "anna", servers.Browser{JavaScript: true})
	block := func(patterns ...*network.BlockPattern) {
		call(anna.Window(), t, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: patterns})
	}
	call(anna.Window(), t, network.Enable, network.EnableParams{})
	call(anna.Window(), t, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true}) // which keeps scripts
	scripts := &network.BlockPattern{URLPattern: place.URL + "/stadt/static/*.js", Block: true}
	block(scripts)
	anna.Goes("/stadt/login/")
	signIn(anna)
	picture, err := filepath.Abs("../../internal/kit/avif/testdata/flag.avif")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, field, taken string }{
		{"/garten/files/add/", "#field-file", `document.querySelector(".upload-progress").innerText.startsWith("Hochgeladen: ") && !document.querySelector("#field-file").files.length`},
		{"/garten/galleries/add/", "[name=new_images]", `document.querySelector(".gallery-row img")?.src.endsWith("-32x64.jpg")`},
		{"/garten/articles/add/", "[type=file][name=pictures]", `/!\[flag\]\(\/-\/images\/text\/[a-z0-9]+-32x64\.jpg\)/.test(document.querySelector("[name=text]").value)`},
	} {
		block(scripts)
		anna.Goes(c.path)
		if err := chromedp.Do(anna.Window(), chromedp.SetUploadFiles(c.field, []string{picture})); err != nil {
			t.Fatal(err)
		}
		if evaluate[bool](t, anna, "!!("+c.taken+")") {
			t.Fatalf("%s: the scripts were there before", c.path)
		}
		block()
		// What was blocked is not asked for once more: by another address it is.
		evaluate[bool](t, anna, `document.head.append(Object.assign(document.createElement("script"), { type: "module", src: document.querySelector("script[type=module]").src + "?late" })), true`)
		waitFor(t, anna, c.taken)
	}
}
