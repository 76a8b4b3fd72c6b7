package webtest

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Head is what the head of a page says, as a program reads it.
type Head struct {
	Meta       map[string]string // by name or property
	Canonical  string
	Alternates []map[string]string // the attributes of each
	Things     []map[string]any    // schema.org
}

// ReadHead parses a page. A script in it that a browser would run fails the test.
func ReadHead(t testing.TB, page string) Head {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	head := Head{Meta: map[string]string{}}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			head.take(t, n)
		}
	}
	return head
}

func (h *Head) take(t testing.TB, n *html.Node) {
	t.Helper()
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
	}
	switch {
	case n.Data == "meta":
		h.Meta[attr["name"]+attr["property"]] = attr["content"]
	case n.Data == "link" && attr["rel"] == "canonical":
		h.Canonical = attr["href"]
	case n.Data == "link" && attr["rel"] == "alternate":
		h.Alternates = append(h.Alternates, attr)
	case n.Data == "script" && attr["type"] == "application/ld+json":
		var data struct {
			Context string           `json:"@context"`
			Graph   []map[string]any `json:"@graph"`
		}
		if err := json.Unmarshal([]byte(n.FirstChild.Data), &data); err != nil || data.Context != "https://schema.org" {
			t.Errorf("what the page says to programs cannot be read: %v\n%s", err, n.FirstChild.Data)
		}
		h.Things = append(h.Things, data.Graph...)
	case n.Data == "script" && attr["src"] == "":
		t.Errorf("a script stands in the page: %v", attr)
	}
}

// Thing returns the first thing of a type that the page is about; nil if there is none.
func (h Head) Thing(name string) map[string]any {
	for _, thing := range h.Things {
		if thing["@type"] == name {
			return thing
		}
	}
	return nil
}

// The properties that most things have.
const (
	propertyName = "name"
	propertyURL  = "url"
)

// required are the properties without which programs that read schema.org take no notice of a thing.
var required = map[string][]string{
	"Article":         {"headline", propertyName, propertyURL, "datePublished", "author"},
	"Event":           {propertyName, propertyURL, "startDate", "eventStatus", "eventAttendanceMode", "location", "organizer"},
	"ImageGallery":    {propertyName, propertyURL, "datePublished", "author", "associatedMedia"},
	"ImageObject":     {"contentUrl"},
	"DigitalDocument": {propertyName, propertyURL, "datePublished", "author", "encoding"},
	"MediaObject":     {propertyName, "contentUrl", "encodingFormat"},
	"Question":        {propertyName, propertyURL, "datePublished", "author", "suggestedAnswer"},
	"Answer":          {"text"},
	"Organization":    {propertyName, propertyURL},
	"Person":          {propertyName},
	"ProfilePage":     {propertyURL, "mainEntity"},
	"Place":           {propertyName, "address"},
	"GeoCoordinates":  {"latitude", "longitude"},
	"EventSeries":     {propertyName, propertyURL},
	"BreadcrumbList":  {"itemListElement"},
	"ListItem":        {"position", propertyName},
	"WebSite":         {propertyName, propertyURL},
	"SearchAction":    {"target", "query-input"},
	"EntryPoint":      {"urlTemplate"},
}

// Check fails the test unless each of the things is whole: of a type that is known here, with what that requires, and with
// absolute addresses.
func (h Head) Check(t testing.TB) {
	t.Helper()
	for _, thing := range h.Things {
		checkThing(t, thing)
	}
}

func checkThing(t testing.TB, thing map[string]any) {
	t.Helper()
	name, _ := thing["@type"].(string)
	properties, known := required[name]
	if !known {
		t.Errorf("there is no type %q: %v", name, thing)
	}
	for _, p := range properties {
		if thing[p] == nil || thing[p] == "" {
			t.Errorf("%s has no %s: %v", name, p, thing)
		}
	}
	for property, value := range thing {
		switch value := value.(type) {
		case string:
			address := property == "url" || property == "item" || property == "contentUrl" || property == "logo" || property == "image" || property == "urlTemplate"
			if value == "" || address && !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
				t.Errorf("%s of %s is %q", property, name, value)
			}
		case map[string]any:
			checkThing(t, value)
		case []any:
			for _, part := range value {
				if inner, ok := part.(map[string]any); ok {
					checkThing(t, inner)
				}
			}
		}
	}
}
