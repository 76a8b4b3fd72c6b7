package people_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/errs"
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
			_, err := tx.Exec(t.Context(), `UPDATE entities SET name = ?, name_key = ? WHERE id = ?`, "Süßes Öl", entities.NameKey("Süßes Öl"), w.Chor.EntityID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]string{
			"": "", "gart": "garten", "GART": "garten", "bach": "garten", "ahorn": "anna", "an": "anna", "carla": "", "%": "", "_": "", "zzz": "",
			"sü": "chor", "SÜ": "chor", "öl": "chor", "Öl": "chor",
		} {
			found, err := w.Mentions(t.Context(), prefix)
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
