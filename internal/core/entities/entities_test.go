package entities_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func insert(t *testing.T, db *sqldb.DB, kind community.EntityKind, slug string) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := entities.New(nil).Insert(t.Context(), tx, kind, slug, slug)
		return err
	})
}

func TestSlugsAreUniqueWhateverTheirCase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		register := entities.New(nil)
		if err := insert(t, db, community.GroupEntity, "Garten"); err != nil {
			t.Fatal(err)
		}
		if err := insert(t, db, community.PersonEntity, "gARTEN"); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second owner of the slug: %v", err)
		}
		e, err := register.Find(t.Context(), db, "GARTEN")
		if err != nil || e.Slug != "Garten" {
			t.Errorf("find: %+v, %v", e, err)
		}
		if _, err := register.Find(t.Context(), db, "gart"); !errs.Is(err, errs.NotFound) {
			t.Errorf("find a part of a slug: %v", err)
		}
	})
}

func TestCheckSaysWhatIsWrongWithASlug(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	register := entities.New([]string{"Rathaus"})
	if err := insert(t, db, community.GroupEntity, "chor"); err != nil {
		t.Fatal(err)
	}
	chor, err := register.Find(t.Context(), db, "chor")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		slug string
		own  int64
		kind community.EntityKind
		says string // a part of the sentence; "" means the slug is fine
	}{
		{"garten", 0, community.GroupEntity, ""},
		{"Garten_2-b", 0, community.GroupEntity, ""},
		{"", 0, community.GroupEntity, "Enter"},
		{"gärten", 0, community.GroupEntity, "Use only letters"},
		{"a.b", 0, community.PersonEntity, "Use only letters"},
		{strings.Repeat("a", 51), 0, community.GroupEntity, "at most"},
		{strings.Repeat("a", 51), 0, community.PersonEntity, ""},
		{strings.Repeat("a", 151), 0, community.PersonEntity, "at most"},
		{"STADT", 0, community.GroupEntity, "reserved"},
		{"rathaus", 0, community.GroupEntity, "reserved"},
		{"Chor", 0, community.PersonEntity, "taken"},
		{"Chor", chor.ID, community.GroupEntity, ""},
	} {
		problems, err := register.Check(t.Context(), db, c.slug, c.kind, c.own)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case c.says == "" && len(problems) > 0:
			t.Errorf("%q: %v", c.slug, problems)
		case c.says != "" && (len(problems) != 1 || !strings.Contains(problems[0].Message, c.says)):
			t.Errorf("%q: %v, want %q", c.slug, problems, c.says)
		}
	}
}

func TestFreeSlugIsNeverTakenReservedOrEmpty(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	register := entities.New(nil)
	free := func(texts ...string) string {
		t.Helper()
		s, err := register.Free(t.Context(), db, community.GroupEntity, texts...)
		if err != nil {
			t.Fatal(err)
		}
		if err := insert(t, db, community.GroupEntity, s); err != nil {
			t.Fatalf("%q was not free: %v", s, err)
		}
		return s
	}
	for _, c := range []struct{ text, want string }{
		{"Grüner Garten", "gruener-garten"},
		{"Grüner Garten", "gruener-garten-1"},
		{"Grüner Garten", "gruener-garten-2"},
		{"Info", "info-1"},
		{"Hostmaster", "hostmaster-1"},
		{"☆☆☆", "group"},
		{"♡", "group-1"},
	} {
		if got := free(c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	long := strings.Repeat("sehr lang ", 20)
	for range 12 {
		if s := free(long); len(s) > entities.MaxGroupSlug {
			t.Errorf("%q is longer than %d", s, entities.MaxGroupSlug)
		}
	}
}

func TestNamesAreFoundWhateverTheirCase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		register := entities.New(nil)
		found := func() (n int) {
			pattern := "%" + sqldb.EscapeLike(entities.NameKey("ÄMTER")) + "%"
			if err := db.Get(t.Context(), &n, `SELECT COUNT(*) FROM entities WHERE name_key LIKE ? ESCAPE '!'`, pattern); err != nil {
				t.Fatal(err)
			}
			return n
		}
		var id int64
		err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
			id, err = register.Insert(t.Context(), tx, community.GroupEntity, "ehre", "Viele Ämter, viel Ehr")
			return err
		})
		if err != nil || found() != 1 {
			t.Errorf("after the insertion: found %d, %v", found(), err)
		}
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return register.Update(t.Context(), tx, id, "ehre", "Viel Ehr")
		})
		if err != nil || found() != 0 {
			t.Errorf("after the change of name: found %d, %v", found(), err)
		}
	})
}

func TestNamesAreInTheOrderOfADirectory(t *testing.T) {
	t.Parallel()
	want := []string{"Ampel", "Ämter", "anders leben", "Ökodorf", "Oldtimer", "Straßenfest", "Strassenmusik", "Zebra"}
	got := slices.SortedFunc(slices.Values(want), func(a, b string) int { return cmp.Compare(entities.NameKey(a), entities.NameKey(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("the order is %q", got)
	}
	for _, name := range []string{strings.Repeat("ß", 255), strings.Repeat("İ", 255)} {
		if n := utf8.RuneCountInString(entities.NameKey(name)); n > 255 {
			t.Errorf("a name of 255 characters has a key of %d", n)
		}
	}
}

func TestSlugsThatAreMeantAreFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		for slug, want := range map[string]string{
			"gartn": c.Garten.Slug, "Gatren": c.Garten.Slug, "chro": c.Chor.Slug, "carle": "", "ana": c.Anna.Slug, "zzzz": "", "": "", "g%": "", "ga": "",
		} {
			near, err := entities.New(nil).Near(t.Context(), db, slug)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(near) > 0 {
				got = near[0].Slug
			}
			if got != want {
				t.Errorf("%q is taken for %q, want %q", slug, got, want)
			}
		}
	})
}

func TestNamesThatSpeakForTheSiteStayWithWhoHasThem(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		register := entities.New([]string{"anstalt", "reply-*", "*-owner"})
		for _, kind := range []community.EntityKind{community.GroupEntity, community.PersonEntity} {
			for _, slug := range []string{
				"hostmaster", "Admin", "administrator", "postmaster", "webmaster", "abuse", "security", "noc", "root", "mailer-daemon",
				"support", "ssladmin", "news", "no-reply", "anstalt", "reply-7", "Garten-Owner", "-", "_", "-_-", "static",
			} {
				wrong, err := register.Check(t.Context(), db, slug, kind, 0)
				if err != nil || len(wrong) != 1 || !strings.Contains(wrong[0].Message, "reserved") {
					t.Errorf("%q for a %s: %v, %v", slug, kind, wrong, err)
				}
			}
			for _, slug := range []string{"reply", "garten", "administration-haus", "-a"} {
				if wrong, err := register.Check(t.Context(), db, slug, kind, 0); err != nil || (len(wrong) > 0) != (slug == "reply") {
					t.Errorf("%q for a %s: %v, %v", slug, kind, wrong, err)
				}
			}
		}
		for _, text := range []string{"reply 7", "garten owner"} {
			if free, err := register.Free(t.Context(), db, community.GroupEntity, text); err != nil || strings.HasPrefix(free, "reply-") || strings.HasSuffix(free, "-owner") {
				t.Errorf("%q becomes %q, %v", text, free, err)
			}
		}

		for _, slug := range []string{"Admin", "reply-7", "garten", "replyx"} {
			if err := insert(t, db, community.PersonEntity, slug); err != nil {
				t.Fatal(err)
			}
		}
		admin, err := register.Find(t.Context(), db, "admin")
		if err != nil {
			t.Fatal(err)
		}
		if wrong, err := register.Check(t.Context(), db, "admin", community.PersonEntity, admin.ID); err != nil || len(wrong) > 0 {
			t.Errorf("who has the name cannot keep it: %v, %v", wrong, err)
		}
		all, err := register.ListReserved(t.Context(), db)
		if err != nil || len(all) != 2 || all[0].Slug != "Admin" || all[1].Slug != "reply-7" {
			t.Errorf("the administrator sees %+v, %v", all, err)
		}
	})
}
