package app

import (
	"net/http"
	"testing"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestAFormerNameLeadsToItsOwnerUntilTheyAreGone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	leads := func(path string) (status int, location string) {
		t.Helper()
		got := webtest.Visit(t, w.pages).Ask(http.MethodGet, path)
		return got.Status, got.Header.Get("Location")
	}
	if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return entities.New(nil).Update(t.Context(), tx, w.Anna.EntityID, "Annika", "Annika")
	}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/anna/": "/Annika/", "/ANNA": "/Annika/", "/anna/fest/?before=1": "/Annika/fest/?before=1", "/Annika/": "", "/nobody/": "",
	} {
		if status, location := leads(path); location != want || (status == http.StatusFound) != (want != "") {
			t.Errorf("%s: %d to %q, want %q", path, status, location, want)
		}
	}
	if err := w.accounts.Delete(t.Context(), w.Anna.Viewer); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/anna/", "/Annika/"} {
		if status, location := leads(path); status != http.StatusNotFound {
			t.Errorf("%s of somebody who is gone: %d to %q", path, status, location)
		}
	}
	for _, slug := range []string{"anna", "annika"} {
		wrong, err := entities.New(nil).Check(t.Context(), w.db, slug, "person", w.Bert.EntityID)
		if err != nil || len(wrong) == 0 {
			t.Errorf("somebody else takes the name %s: %v", slug, err)
		}
	}
}
