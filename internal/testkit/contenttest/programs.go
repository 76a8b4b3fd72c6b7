package contenttest

import (
	"strings"

	"grouprise.org/grouprise/internal/testkit/webtest"
)

// saysToPrograms looks at the page of an item as a messenger and a search engine do.
func saysToPrograms(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	head := webtest.ReadHead(t, w.as(t, 0).Get("/garten/bohnen/").Body)
	head.Check(t)
	for name, want := range map[string]string{
		"og:title": "Bohnen", "og:type": "article", "og:url": "http://example.org/garten/bohnen/", "og:site_name": "Neustadt", "og:locale": "en_GB", "twitter:card": "",
		"og:description": "Text of Bohnen.", "og:image": "http://example.org/", "og:image:alt": "", "article:published_time": "20",
	} {
		if got := head.Meta[name]; got == "" || !strings.Contains(got, want) || strings.ContainsAny(got, "<>*") {
			t.Errorf("a messenger shows as %s %q", name, got)
		}
	}
	if len(head.Things) < 2 || head.Thing("BreadcrumbList") == nil {
		t.Errorf("programs read %v", head.Things)
	}
	about := head.Things[0]
	if about["name"] != "Bohnen" || !strings.HasPrefix(text(about["url"]), "http://example.org/garten/bohnen/") || !strings.Contains(text(about["description"]), "Text of Bohnen.") {
		t.Errorf("programs read %v", about)
	}
	owner, _ := about["author"].(map[string]any)
	if owner == nil {
		owner, _ = about["organizer"].(map[string]any)
	}
	if owner["@type"] != "Organization" || owner["name"] != "Garten am Bach" || strings.Contains(w.as(t, 0).Page.Body, i.Author.Name) {
		t.Errorf("programs learn that it is from %v", owner)
	}

	w.publish(t, "Geheim", false)
	for _, person := range []int64{0, w.Carla.ID, w.Bert.ID} {
		head := webtest.ReadHead(t, w.as(t, person).Get("/garten/geheim/").Body)
		if len(head.Things) > 0 || head.Meta["og:title"] != "" || head.Meta["og:description"] != "" || strings.Contains(head.Meta["description"], "Text of") || len(head.Alternates) > 0 {
			t.Errorf("messengers show %d of what is internal: %v %v", person, head.Meta, head.Things)
		}
	}
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
