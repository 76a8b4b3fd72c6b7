package membership_test

import (
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestAddressesAreFoundInFilesOfAllKinds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                           nil,
		"no address, at @ all":       nil,
		"anna@post.example":          {"anna@post.example"},
		"a@x.example\r\nb@x.example": {"a@x.example", "b@x.example"},
		"Name;Email\nAnna;anna@post.example;1\n\"Bert, B.\",\"bert@post.example\"": {"anna@post.example", "bert@post.example"},
		"Anna <anna@post.example>, <ANNA@post.example>":                            {"anna@post.example"},
		"Write to anna+x@post.example.":                                            {"anna+x@post.example"},
		"\xef\xbb\xbfanna@post.example":                                            {"anna@post.example"},
		"B\xf6se;b\xf6se@post.example":                                             {"böse@post.example"},
		"\xff\xfea\x00@\x00b\x00.\x00d\x00e\x00\r\x00\n\x00":                       {"a@b.de"},
		"\xfe\xff\x00a\x00@\x00b\x00.\x00d\x00e":                                   {"a@b.de"},
	} {
		if got := membership.FindAddresses([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestMembersAreImported(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newHouse(t, db)
		addresses := []string{"anna@example.org", "carla@example.org", "neu@post.example", "NEU@post.example"}
		done, err := w.Import(t.Context(), "GARTEN", "anna", addresses)
		if err != nil || done.Added != 2 || done.Already != 2 || len(done.Refused) != 0 || done.Group.Slug != "garten" {
			t.Errorf("%+v, %v", done, err)
		}
		done, err = w.Import(t.Context(), "garten", "anna", addresses)
		if err != nil || done.Added != 0 || done.Already != 4 {
			t.Errorf("again: %+v, %v", done, err)
		}
		for _, c := range []struct {
			group, by string
			kind      errs.Kind
			says      string
		}{
			{"nowhere", "anna", errs.NotFound, "no group"},
			{"garten", "nobody", errs.NotFound, "no person"},
			{"chor", "bert", errs.Denied, "neither a member"},
		} {
			if _, err := w.Import(t.Context(), c.group, c.by, addresses); !errs.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v: %v", c, err)
			}
		}
		cast.Execute(t, db, `UPDATE people SET admin = ? WHERE id = ?`, true, w.Bert.ID)
		if done, err := w.Import(t.Context(), "chor", "bert", []string{"dora@example.org"}); err != nil || done.Added != 1 {
			t.Errorf("an administrator: %+v, %v", done, err)
		}
		// Somebody who has been told enough today is left alone.
		for range 20 {
			cast.Execute(t, db, `DELETE FROM memberships WHERE person_id = ?`, w.Dora.ID)
			if done, err = w.Import(t.Context(), "chor", "bert", []string{"dora@example.org"}); err != nil || len(done.Refused) > 0 {
				break
			}
		}
		if err != nil || len(done.Refused) != 1 || !errs.Is(done.Refused[0].Reason, errs.TooMany) {
			t.Errorf("%+v, %v", done, err)
		}
		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Garten.EntityID)
		if _, err := w.Import(t.Context(), "garten", "anna", addresses); !errs.Is(err, errs.Denied) {
			t.Errorf("an archived group: %v", err)
		}
	})
}
