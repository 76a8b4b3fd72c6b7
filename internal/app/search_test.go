package app

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/community"
	index "grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
)

// TestWhatIsWrittenIsFoundAtOnce follows what is written from the forms to the search, with every change of it.
func TestWhatIsWrittenIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	w, anna, bert := talk(t)
	if err := w.RebuildSearch(t.Context(), func(string, int) {}); err != nil { // the cast has been there before
		t.Fatal(err)
	}
	nobody, carla := w.visit(t, ""), w.visit(t, "carla")
	search := func(text string) string { return "/stadt/search/?" + url.Values{"q": {text}}.Encode() }
	nobody.Get(search("feste bach"))
	nobody.Sees(http.StatusOK, "1 result", `href="/garten/fest/"`, "<mark>Fest</mark>", "<mark>Bach</mark>", "Article")
	nobody.Get(search("Salate"))
	nobody.Sees(http.StatusOK, "<mark>Salat</mark>", "Comment on a post", "contribution=1")

	bert.Send("/garten/fest/contributions/1/edit/", url.Values{"text": {"Ich bringe Suppe."}, "version": {"0"}}, true)
	nobody.Get(search("Salat"))
	nobody.Sees(http.StatusOK, "Nothing found for “Salat”")
	nobody.Get(search("Supe"))
	nobody.Sees(http.StatusOK, "Did you mean:", ">Suppe</a>")

	anna.Send("/garten/fest/edit/", url.Values{"title": {"Erntedank"}, "text": {"In der Scheune."}, "slug": {"fest"}}, true)
	for _, text := range []string{"Erntedank", "Scheune", "Suppe", "Scheuhne", "Fest"} {
		nobody.Get(search(text))
		nobody.Sees(http.StatusOK, "Nothing found")
		nobody.DoesNotSee("Did you mean")
	}
	anna.Get(search("Scheunen"))
	anna.Sees(http.StatusOK, "Erntedank", "internal")

	// A comment that came by mail is internal.
	cast.Execute(t, w.db, `UPDATE contributions SET public = FALSE WHERE id = 1`)
	cast.Execute(t, w.db, `UPDATE contents SET public = TRUE WHERE title = 'Erntedank'`)
	anna.Get(search("Suppe"))
	anna.Sees(http.StatusOK, "1 result")
	carla.Get(search("Suppe"))
	carla.Sees(http.StatusOK, "Nothing found")

	// Of a series, the place of each of its dates is found, and none that a date had before.
	week := func(n int) string { return time.Now().AddDate(0, 0, 7*n).Format(time.DateOnly) }
	at := func(n int, place string) url.Values {
		return url.Values{"place": {place}, "time": {week(n) + "T19:00"}, "until_time": {week(n) + "T21:00"}}
	}
	series := at(1, "Aula")
	maps.Copy(series, url.Values{"title": {"Chorprobe"}, "text": {"x"}, "repeats": {"weekly"}, "repeats_times": {"4"}, "public": {"on"}})
	anna.Send("/garten/events/add/", series, true)
	anna.Sees(http.StatusOK, "Chorprobe")
	var id int64
	if err := w.db.Get(t.Context(), &id, `SELECT id FROM contents WHERE title = 'Chorprobe'`); err != nil {
		t.Fatal(err)
	}
	date := func(n int) string { return community.ContentPermalink(id) + "dates/" + week(n) + "/" }
	for _, place := range []string{"Bootshaus", "Scheunentor"} {
		anna.Send(date(2), at(2, place), true)
		nobody.Get(search(place))
		nobody.Sees(http.StatusOK, "1 result", "Chorprobe")
	}
	nobody.Get(search("Bootshaus"))
	nobody.Sees(http.StatusOK, "Nothing found")
	split := at(3, "Werkhof")
	split.Set("scope", "following")
	anna.Send(date(3), split, true)
	for _, place := range []string{"Aula", "Scheunentor", "Werkhof"} {
		nobody.Get(search(place))
		nobody.Sees(http.StatusOK, "1 result", "Chorprobe")
	}

	anna.Send("/stadt/groups/21/conversations/add/", url.Values{"subject": {"Schubkarre"}, "text": {"Wo steht die Zinkwanne?"}}, true)
	bert.Get(search("Zinkwannen"))
	bert.Sees(http.StatusOK, "Schubkarre", "Message in a conversation")
	carla.Get(search("Zinkwannen"))
	carla.Sees(http.StatusOK, "Nothing found")

	anna.Send("/stadt/settings/group?group=garten", url.Values{"name": {"Obstwiese"}, "slug": {"garten"}, "date_founded": {"2001-01-01"}, "description": {"Äpfel und Quitten"}}, true)
	nobody.Get(search("obstwiesen"))
	nobody.Sees(http.StatusOK, "<mark>Obstwiese</mark>", "Äpfel und Quitten", "Group")
	nobody.Get(search("Carla"))
	nobody.DoesNotSee("Clematis")
	nobody.Get(search("birke"))
	nobody.Sees(http.StatusOK, "Bert <mark>Birke</mark>", "Person")

	anna.Get("/garten/fest/delete/")
	anna.Submit("Delete", nil)
	for _, text := range []string{"Erntedank", "Suppe"} {
		anna.Get(search(text))
		anna.Sees(http.StatusOK, "Nothing found")
	}
	var left int
	if err := w.db.Get(t.Context(), &left, `SELECT COUNT(*) FROM search_documents WHERE content_id IS NOT NULL AND contribution_id IS NULL AND content_id <> ? AND content_id <> ?`, id, id+1); err != nil || left != 0 {
		t.Errorf("%d documents are left of what was deleted (%v)", left, err)
	}
}

func TestAnyQuestionGetsAClearPage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	if err := w.RebuildSearch(t.Context(), func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	nobody := w.visit(t, "")
	for path, want := range map[string]string{
		"/stadt/search/":                                       "A few words are enough",
		"/stadt/search/?q=+":                                   "A few words are enough",
		"/stadt/search/?q=%22%00*%27%3B--":                     "Nothing found",
		"/stadt/search/?q=Garten&kind=nonsense&page=-3":        "Garten",
		"/stadt/search/?q=Garten&page=99999999999999999999":    "Garten",
		"/stadt/search/?q=Quagga&group=garten&since=year":      "Search everywhere",
		"/stadt/search/?q=Garten&tag=unbekannt":                "Nothing found",
		"/stadt/search/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E": "Nothing found",
		"/stadt/search/?q=Garten&order=newest&kind=group":      "1 result",
		"/stadt/search/?q=Garten&page=7":                       "There are no more results.",
		"/stadt/files/?tag=unbekannt":                          "Nothing found.",
		"/stadt/articles/?tag=unbekannt":                       "Nothing found.",
	} {
		nobody.Get(path)
		nobody.Sees(http.StatusOK, want)
		nobody.DoesNotSee("<script>alert")
	}
	nobody.Get("/stadt/search/?q=" + strings.Repeat("x", 10<<10))
	nobody.Sees(http.StatusUnprocessableEntity, "Use at most 200 characters.")
	nobody.Get("/stadt/search/?q=Garten&group=nirgends")
	nobody.Sees(http.StatusNotFound)
	nobody.Get("/garten/kuerbis-fest/")
	nobody.Sees(http.StatusNotFound, `action="/stadt/search"`, `value="kuerbis fest"`)
	for range 310 {
		nobody.Get("/stadt/search/?q=x")
	}
	nobody.Sees(http.StatusTooManyRequests)
}

// TestNoDoorNamesWhoHidesTheirPage asks as a stranger wherever an address can name a person.
func TestNoDoorNamesWhoHidesTheirPage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	nobody, bert := w.visit(t, ""), w.visit(t, "bert")
	for _, path := range []string{
		"/stadt/search/?q=Fest&group=", "/stadt/events?group=", "/stadt/events?view=list&filter=1&group=", "/stadt/events?view=week&group=", "/stadt/events/print?group=",
	} {
		nobody.Get(path + "carla")
		nobody.Sees(http.StatusNotFound)
		nobody.DoesNotSee("Clematis")
		nobody.Get(path + "anna")
		nobody.Sees(http.StatusOK)
		bert.Get(path + "carla")
		bert.Sees(http.StatusOK)
	}
	for _, path := range []string{"/events/public.ics", "/feed.atom", "/feed.rss"} {
		nobody.Get("/carla" + path)
		nobody.Sees(http.StatusNotFound)
		nobody.DoesNotSee("Clematis")
		nobody.Get("/anna" + path)
		nobody.Sees(http.StatusOK, "Anna Ahorn")
	}
}

// TestTheDemonstrationIsSearched asks for what the invented town writes about.
func TestTheDemonstrationIsSearched(t *testing.T) {
	t.Parallel()
	h := buildHouse(t, "folder")
	if err := demo.Fill(t.Context(), h.db, nil, demo.Size{People: 20, Groups: 22, Contents: 40, Comments: 20, Conversations: 5}, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.RebuildSearch(t.Context(), func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, first string }{
		{"garten", "Garten am Bach"},
		{"Gärten", "Garten am Bach"},
		{"gaerten am bach", "Garten am Bach"},
		{"Gemeinschaftsgarten", "Garten am Bach"},
		{"radentscheid", "Radentscheid"},
		{"Radspuren", "Der Südring bekommt seine Radspur"},
		{"suedring", "Der Südring bekommt seine Radspur"},
		{"Klemmbrett", "Der Südring bekommt seine Radspur"},
		{"repaircafe", "Repaircafé"},
		{"Toaster", "43 Dinge, die wieder gehen"},
	} {
		f, err := h.search.Find(t.Context(), community.Viewer{}, index.Search{Text: c.text})
		if err != nil || len(f.Documents) == 0 || titles(f)[0] != c.first {
			t.Errorf("%q finds %d, %+v first (%v), want %q", c.text, f.Total, titles(f), err, c.first)
		}
	}
	f, err := h.search.Find(t.Context(), community.Viewer{}, index.Search{Text: "Klemmbret"})
	if err != nil || len(f.Documents) == 0 && f.Suggested != "Klemmbrett" {
		t.Errorf("a slip is taken for %q (%v)", f.Suggested, err)
	}
}

func titles(f index.Found) (all []string) {
	for _, d := range f.Documents {
		all = append(all, cmp.Or(d.Title, d.Under))
	}
	return all
}

// TestAFailedChangeIsNotFound puts something into the index and breaks off.
func TestAFailedChangeIsNotFound(t *testing.T) {
	t.Parallel()
	w, _, _ := talk(t)
	broken := http.ErrAbortHandler
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), `UPDATE contents SET title = 'Quagga'`); err != nil {
			return err
		}
		if err := w.search.Put(t.Context(), tx, "content", 1); err != nil {
			return err
		}
		return broken
	})
	if err != broken { //nolint:errorlint // It is the very one.
		t.Fatal(err)
	}
	for text, want := range map[string]int{"Quagga": 0, "Fest": 1} {
		if f, err := w.search.Find(t.Context(), community.Viewer{}, index.Search{Text: text}); err != nil || f.Total != want {
			t.Errorf("%s is found %d times (%v)", text, f.Total, err)
		}
	}
}
