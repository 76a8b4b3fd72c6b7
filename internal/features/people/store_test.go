package people_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestPeopleAreFoundByIDAndSlug(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		ctx := t.Context()
		for _, c := range []struct {
			name string
			find func() (community.Person, error)
			want community.Person
		}{
			{"an id", func() (community.Person, error) { return w.Get(ctx, db, w.Anna.ID) }, w.Anna.Person},
			{"a slug", func() (community.Person, error) { return w.GetBySlug(ctx, db, "ANNA") }, w.Anna.Person},
			{"an unknown id", func() (community.Person, error) { return w.Get(ctx, db, 9999) }, community.Person{}},
			{"a group's slug", func() (community.Person, error) { return w.GetBySlug(ctx, db, "garten") }, community.Person{}},
		} {
			got, err := c.find()
			if c.want.ID == 0 {
				if !errs.Is(err, errs.NotFound) {
					t.Errorf("%s: %+v, %v; want not found", c.name, got, err)
				}
				continue
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
			}
		}
	})
}

func TestAPersonIsCreatedUnderAFreeSlug(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		for _, c := range []struct {
			name       string
			draft      people.Draft
			slug, call string // of a slug by chance, how it begins
			kind       errs.Kind
		}{
			{"by an address", people.Draft{Address: "emil@example.org"}, "emil", "emil", 0},
			{"by names", people.Draft{FirstName: "Frieda", LastName: "Fichte", Address: "x.y@example.org"}, "frieda", "Frieda Fichte", 0},
			{"by the second hint", people.Draft{FirstName: "Anna", LastName: "Esche"}, "esche", "Anna Esche", 0},
			{"by chance", people.Draft{Address: "anna@verein.example"}, "user", "user", 0},
			{"by their choice", people.Draft{Slug: "Gerd"}, "Gerd", "Gerd", 0},
			{"taken", people.Draft{Slug: "Garten"}, "", "", errs.Conflict},
			{"reserved", people.Draft{Slug: "stadt"}, "", "", errs.Conflict},
		} {
			var got community.Person
			err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
				got, err = w.Create(t.Context(), tx, c.draft)
				return err
			})
			if c.kind != 0 {
				if !errs.Is(err, c.kind) {
					t.Errorf("%s: %+v, %v", c.name, got, err)
				}
				continue
			}
			if err != nil || !strings.HasPrefix(got.Slug, c.slug) || !strings.HasPrefix(got.Name, c.call) || !got.Active || got.Public {
				t.Errorf("%s: %+v, %v", c.name, got, err)
			}
		}
	})
}

// TestTheDirectoryGoesOnInEachOrder turns all pages of the directory: everybody who is public stands on one of them.
func TestTheDirectoryGoesOnInEachOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		cast.New(t, db)
		room := people.New(people.Deps{DB: db})
		for n := range 30 {
			p := cast.AddPerson(t, db, fmt.Sprintf("mensch-%d", n))
			name := string(rune('a' + n*7%30/2)) // two each have the same
			cast.Execute(t, db, `UPDATE entities SET name = ?, name_key = ?, score = ? WHERE id = ?`, name, name, n%4, p.EntityID)
			cast.Execute(t, db, `UPDATE people SET public = ? WHERE id = ?`, n%3 > 0, p.ID)
		}
		cast.Execute(t, db, `UPDATE people SET public = FALSE WHERE first_name NOT LIKE '' OR last_name NOT LIKE 'mensch%'`)
		for sort, before := range map[entities.Sort]func(a, b people.Entry) int{
			entities.MostActive: func(a, b people.Entry) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.ID, a.ID)) },
			entities.ByName: func(a, b people.Entry) int {
				return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.EntityID, b.EntityID))
			},
			entities.Newest: func(a, b people.Entry) int { return cmp.Compare(b.ID, a.ID) },
		} {
			var all []people.Entry
			for after, pages := (paging.Rank{}), 0; pages == 0 || after != (paging.Rank{}); pages++ {
				entries, last, err := room.Directory(t.Context(), db, people.Query{Sort: sort, After: after})
				if err != nil || pages > 5 {
					t.Fatal(pages, err)
				}
				all, after = append(all, entries...), last
			}
			ids := map[int64]bool{}
			for _, e := range all {
				ids[e.ID] = true
			}
			if len(all) != 20 || len(ids) != 20 || !slices.IsSortedFunc(all, before) {
				t.Errorf("in the order %q there are %d people: %v", sort, len(all), all)
			}
		}
	})
}

func TestAViewerKnowsWhatWaits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		for i := range 3 {
			w.exec(t, `INSERT INTO inbox_entries (person_id, activity_id, created_at, read_at) VALUES (?, ?, ?, ?)`,
				w.Anna.ID, i+1, cast.Joined(), map[bool]any{true: cast.Joined(), false: nil}[i == 0])
		}
		want := w.Anna.Viewer
		want.Unread = 2
		if got, err := w.Viewer(t.Context(), w.Anna.ID); err != nil || got != want {
			t.Errorf("Anna is %+v, %v; want %+v", got, err, want)
		}
		if got := mustView(t, w, w.Admin.ID); got != w.Admin.Viewer {
			t.Errorf("the administrator is %+v", got)
		}
		if err := w.SetLanguage(t.Context(), w.Anna.ID, "de"); err != nil || mustView(t, w, w.Anna.ID).Language != "de" {
			t.Errorf("the language is not kept: %v", err)
		}
		w.exec(t, `UPDATE people SET active = ? WHERE id = ?`, false, w.Anna.ID)
		if _, err := w.Viewer(t.Context(), w.Anna.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a closed account is %v", err)
		}
	})
}

func TestNamesThatBeginAsTyped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return entities.New(nil).Update(t.Context(), tx, w.Chor.EntityID, "Singen", "Süßes Öl (im Ägyptischen-Viertel)")
		})
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]string{
			"": "", "gart": "garten", "GART": "garten", "bach": "garten", "ahorn": "anna", "an": "anna", "carla": "", "%": "", "_": "", "zzz": "",
			"sü": "Singen", "SÜ": "Singen", "öl": "Singen", "Öl": "Singen",
			"ÄGYPT": "Singen", "viertel": "Singen", "öl (im": "Singen", "singen": "Singen", "chor": "", "\xff": "", "a\xff": "",
			strings.Repeat("a", 500): "",
		} {
			found, err := w.Mentions(t.Context(), db, prefix)
			if err != nil {
				t.Fatal(err)
			}
			slugs := []string{}
			for _, m := range found {
				slugs = append(slugs, m.Slug)
			}
			if got := strings.Join(slugs, " "); got != want {
				t.Errorf("%q finds %q, want %q", prefix, got, want)
			}
		}
	})
}
