package people_test

import (
	"net/http"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// town is a site with the cast in it.
type town struct {
	*people.People
	*cast.Cast
	db      *sqldb.DB
	handler http.Handler
}

// setup builds the room over a database, with the cast and the town's pages.
func setup(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	w := &town{Cast: cast.New(t, db), db: db}
	w.People = people.New(people.Deps{DB: db, Entities: entities.New(nil), Catalogues: catalogues})
	w.handler = webtest.Open(t, webtest.NewSite(t, db, w.People), w.Module(), module.Module{Routes: []site.Route{
		{Method: http.MethodGet, Path: "/", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "Start"}) }},
		{Method: http.MethodGet, Path: "/{slug}/", Handle: w.showPerson},
	}})
	return w
}

func newTown(t *testing.T) *town {
	t.Helper()
	return setup(t, dbtest.SQLite(t))
}

// showPerson is a person's page with nothing but its head.
func (w *town) showPerson(v *site.Visit) error {
	person, err := w.GetBySlug(v.Context(), w.db, v.Path("slug"))
	if err != nil {
		return err
	}
	body, err := v.Blocks(site.PersonMain, site.Subject{Entity: person.Entity(), Person: &person})
	if err != nil {
		return err
	}
	return v.Show(site.Page{Title: person.Name, OwnHeading: true, Body: body})
}

func (w *town) visit(t *testing.T) *webtest.Visitor { return webtest.Visit(t, w.handler) }

// mustView returns a person as a viewer.
func mustView(t *testing.T, w *town, personID int64) community.Viewer {
	t.Helper()
	v, err := w.Viewer(t.Context(), personID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// exec changes the database behind the room's back.
func (w *town) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	cast.Execute(t, w.db, query, args...)
}
