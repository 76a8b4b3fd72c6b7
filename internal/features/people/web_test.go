package people_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

func TestAProfileIsEdited(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/settings/")
	v.Sees(http.StatusOK, `value="Anna"`, `value="Ahorn"`)
	v.Submit("first_name", map[string]string{"slug": "Anna-Ahorn", "about": "Ich mag\nGärten.", "language": "de"})
	if v.Page.Path != "/Anna-Ahorn/" {
		t.Errorf("saving leads to %s", v.Page.Path)
	}
	got, err := w.GetBySlug(t.Context(), w.db, "ANNA-AHORN")
	if err != nil || got.Name != "Anna Ahorn" || got.About != "Ich mag\nGärten." || got.Language != "de" || !got.Public {
		t.Errorf("the profile is %+v, %v", got, err)
	}
	v.Send("/stadt/settings/", url.Values{"slug": {"anna"}}, false)
	v.Sees(http.StatusSeeOther)
	if got, err = w.GetBySlug(t.Context(), w.db, "anna"); err != nil || got.Name != "anna" || got.Public || got.About != "" {
		t.Errorf("with a slug alone the profile is %+v, %v", got, err)
	}
	for _, c := range []struct{ field, value, sees string }{
		{"slug", "", "Enter a short name."},
		{"slug", "anna ahorn", "Use only letters from a to z"},
		{"slug", "STADT", "is reserved"},
		{"slug", "Garten", "is taken"},
		{"slug", "Bert", "is taken"},
		{"slug", strings.Repeat("a", 151), "at most 150"},
		{"first_name", strings.Repeat("ä", 151), "at most 150"},
		{"about", strings.Repeat("ä", 5001), "at most 5000"},
		{"language", "xx", "Choose one of the languages."},
	} {
		form := url.Values{"slug": {"anna"}, "last_name": {"Ahorn-Typed"}}
		form.Set(c.field, c.value)
		v.Send("/stadt/settings/", form, false)
		v.Sees(http.StatusUnprocessableEntity, c.sees, "Ahorn-Typed")
	}
}

func TestTheDirectoryShowsPublicPeopleInPages(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	v.Get("/stadt/gestalten/")
	v.Sees(http.StatusOK, "Anna Ahorn", "@bert")
	v.DoesNotSee("Carla Clematis")
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for range 20 {
			if _, err := w.Create(t.Context(), tx, people.Draft{FirstName: "Emil"}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `UPDATE people SET public = ? WHERE first_name = ?`, true, "Emil")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v.Get("/stadt/gestalten?after=x")
	next := regexp.MustCompile(`href="(/stadt/gestalten[^"]*)" rel="next"`).FindStringSubmatch(v.Page.Body)
	if next == nil {
		t.Fatal("the first page leads to no other")
	}
	v.DoesNotSee("Anna Ahorn", `rel="first"`)
	v.Get(next[1])
	v.Sees(http.StatusOK, "Anna Ahorn", "@bert", `rel="first"`)
	v.DoesNotSee(`rel="next"`)
	v.Get("/stadt/gestalten?name=aHoRn")
	v.Sees(http.StatusOK, "Anna Ahorn")
	v.DoesNotSee("@bert")
	for _, name := range []string{"clematis", "%25", "zzz"} {
		v.Get("/stadt/gestalten?name=" + name)
		v.Sees(http.StatusOK, "Nobody found.", "All people")
	}
}

func TestTheHeadOfAPersonsPageFitsWhoLooks(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec(t, `UPDATE people SET about = ? WHERE id = ?`, "Ich mag <b>Gärten</b>.", w.Bert.ID)
	for _, c := range []struct {
		name   string
		viewer int64
		path   string
		sees   []string
		not    []string
	}{
		{"a stranger", 0, "/bert/", []string{"Bert Birke", "@bert", "since January 2026", "&lt;b&gt;Gärten", "Write a message"}, []string{"Edit profile"}},
		{"the owner", w.Bert.ID, "/bert/", []string{"Everyone can see this page.", "Edit profile"}, []string{"Write a message"}},
		{"the private owner", w.Carla.ID, "/carla/", []string{"Only you can see this page.", "You haven’t written anything about yourself"}, nil},
		{"somebody else", w.Anna.ID, "/carla/", []string{"Write a message"}, []string{"Only you", "Edit profile"}},
	} {
		v := w.visit(t)
		if c.viewer != 0 {
			v.As(c.viewer)
		}
		v.Get(c.path)
		v.Sees(http.StatusOK, c.sees...)
		v.DoesNotSee(c.not...)
	}
}

func TestTheEditorAsksWhoCanBeMentioned(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, nobody := w.visit(t).As(w.Anna.ID), w.visit(t)
	if got := anna.Get(community.MentionsPath + "?q=gar"); got.Body != `[{"slug":"garten","name":"Garten am Bach"}]` {
		t.Error(got.Body)
	}
	if got := anna.Get(community.MentionsPath); got.Body != "[]" {
		t.Error(got.Body)
	}
	nobody.Get(community.MentionsPath + "?q=gar")
	nobody.DoesNotSee("Garten am Bach")
}

func TestStrangersAreLedToTheSignInPage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	for _, path := range []string{"/stadt/settings/"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if v.Ask(method, path); v.Page.Status != http.StatusSeeOther || !strings.HasPrefix(v.Page.Header.Get("Location"), "/stadt/login/") {
				t.Errorf("%s %s answers %d to %q", method, path, v.Page.Status, v.Page.Header.Get("Location"))
			}
		}
	}
}
