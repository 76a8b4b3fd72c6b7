//go:build e2e

package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"grouprise.org/grouprise/e2e/servers"
)

// TestTagsAreOfferedWhileTheyAreTyped writes a tag with the help of scripts, in both editors, and one without scripts: each
// is a link on the page that follows, and leads to the page of the tag.
func TestTagsAreOfferedWhileTheyAreTyped(t *testing.T) {
	place := open(t)
	anna := writer(t, place)

	writes(t, anna, newArticle)
	evaluate[bool](t, anna, `document.querySelector("[name=title]").value = "Bienen am Bach", true`)
	types(t, anna, "Wir lieben #umw")
	waitFor(t, anna, `document.querySelector(".mentions[data-typed=umw] [aria-selected=true][data-slug=umwelt]") && document.querySelector(".mentions").getAttribute("aria-label") === "Schlagwörter"`)
	types(t, anna, kb.Enter)
	wantText(t, anna, "a tag", "Wir lieben #Umwelt ")
	types(t, anna, "und #etwas-neues")
	wantText(t, anna, "a tag that nobody has used", "Wir lieben #Umwelt und #etwas-neues")
	anna.Presses("Veröffentlichen")
	waitFor(t, anna, `document.querySelector(".prose a.tag[href='/stadt/tags/umwelt/']") && document.querySelector(".prose a.tag[href='/stadt/tags/etwas-neues/']")`)

	// A comment is written in markdown.
	evaluate[bool](t, anna, `document.querySelector("textarea").focus(), true`)
	types(t, anna, "Auch #etw")
	waitFor(t, anna, `document.querySelector(".mentions[data-typed=etw] [data-slug=etwas-neues]")`)
	types(t, anna, kb.Enter)
	wantText(t, anna, "a tag in a comment", "Auch #etwas-neues ")

	bert := place.Visitor(t, "bert", servers.Browser{})
	bert.Goes("/stadt/login/")
	bert.Fills(map[string]string{"login": "bert", "password": "demo"})
	bert.Presses("Anmelden")
	bert.Goes("/garten/articles/add/")
	bert.Fills(map[string]string{"title": "Ohne Skripte", "text": "Auch hier: #Etwas-Neues"})
	bert.Presses("Veröffentlichen")
	bert.Goes("/stadt/tags/etwas-neues/")
	bert.Sees("Bienen am Bach", "Ohne Skripte")
	bert.Goes("/stadt/tags/nur-probe/tag-group/")
	bert.Fills(map[string]string{"group": "garten"})
	bert.Presses("Gruppe zuordnen")
	bert.Sees("Garten am Bach", "#nur-probe")
}
