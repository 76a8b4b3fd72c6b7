package schemaorg_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/schemaorg"
)

// parse reads a graph as a program does, and returns its first thing.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var g struct {
		Context string           `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(text), &g); err != nil || g.Context != "https://schema.org" || len(g.Graph) == 0 {
		t.Fatalf("%s: %v", text, err)
	}
	return g.Graph[0]
}

func TestThingsSayTheirTypesAndNothingThatIsEmpty(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	text, err := schemaorg.Graph(schemaorg.Event{
		Name: "Fest", URL: "http://example.org/fest/", StartDate: schemaorg.Moment(time.Date(2026, 7, 3, 19, 0, 0, 0, berlin)), EventStatus: schemaorg.EventScheduled,
		Place: &schemaorg.Place{Name: "Hof"}, Organizer: schemaorg.Group{Name: "Garten"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"@type": "Event", "name": "Fest", "url": "http://example.org/fest/", "startDate": "2026-07-03T19:00:00+02:00", "eventStatus": "https://schema.org/EventScheduled",
		"location":  map[string]any{"@type": "Place", "name": "Hof"},
		"organizer": map[string]any{"@type": "Organization", "name": "Garten"},
	}
	if got := parse(t, text); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	text, err = schemaorg.Graph(schemaorg.Article{Headline: "Bohnen", Work: schemaorg.Work{Name: "Bohnen", URL: "http://example.org/b/", Author: schemaorg.Person{Name: "Anna"}}})
	if got := parse(t, text); err != nil || got["headline"] != "Bohnen" || got["name"] != "Bohnen" || got["datePublished"] != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNothingThatSomebodyWritesEndsTheScript(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"</script><script>alert(1)</script>", "<!-- <script>", "]]>", "a\u2028b\u2029c", "\x00\xff", `\u003c"`} {
		text, err := schemaorg.Graph(schemaorg.Person{Name: evil})
		if err != nil || strings.ContainsAny(text, "<>\u2028\u2029") {
			t.Errorf("%q becomes %s, %v", evil, text, err)
		}
		if got := parse(t, text)["name"]; got != strings.ToValidUTF8(evil, "\ufffd") {
			t.Errorf("%q is read as %q", evil, got)
		}
	}
}
