package accounts_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// findOrCreate calls the door of that name in a transaction of its own.
func (w *town) findOrCreate(t *testing.T, address string, verified bool) (p community.Person, err error) {
	t.Helper()
	err = w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		p, err = w.FindOrCreate(t.Context(), tx, address, verified)
		return err
	})
	return p, err
}

func TestPeopleAreFoundByTheirAddresses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		ctx := t.Context()
		w.addAddress(t, w.Bert, "claimed@example.org", false)
		w.addAddress(t, w.Bert, "Bert@Verein.example", true)
		for _, c := range []struct {
			name string
			find func() (community.Person, error)
			want community.Person
		}{
			{"an id", func() (community.Person, error) { return w.Get(ctx, db, w.Anna.ID) }, w.Anna.Person},
			{"a main address", func() (community.Person, error) { return w.FindByAddress(ctx, db, "Anna@Example.org") }, w.Anna.Person},
			{"a main address without a proof", func() (community.Person, error) { return w.FindByAddress(ctx, db, "dora@example.org") }, w.Dora.Person},
			{"a further address", func() (community.Person, error) { return w.FindByAddress(ctx, db, "bert@VEREIN.example") }, w.Bert.Person},
			{"an address that is only claimed", func() (community.Person, error) { return w.FindByAddress(ctx, db, "claimed@example.org") }, community.Person{}},
			{"no address", func() (community.Person, error) { return w.FindByAddress(ctx, db, "anna") }, community.Person{}},
			{"an unknown id", func() (community.Person, error) { return w.Get(ctx, db, 9999) }, community.Person{}},
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

func TestAPersonComesIntoBeingByAnAddressOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		first, err := w.findOrCreate(t, "Emil@Example.org", false)
		if err != nil || first.Slug != "emil" || first.Name != "emil" || !first.Active || first.Public {
			t.Fatalf("Emil is %+v, %v", first, err)
		}
		second, err := w.findOrCreate(t, "emil@example.ORG", true)
		if err != nil || second.ID != first.ID {
			t.Errorf("the second time it is %+v, %v", second, err)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM email_addresses WHERE person_id = ? AND verified_at IS NOT NULL AND main`, first.ID); n != 1 {
			t.Error("the proof of the mailbox is not noted")
		}
		dotted, err := w.findOrCreate(t, "emil.esche@example.org", false)
		if err != nil || !strings.HasPrefix(dotted.Slug, "user") {
			t.Errorf("an address with a dot gives %+v, %v", dotted, err)
		}
		taken, err := w.findOrCreate(t, "anna@verein.example", false)
		if err != nil || taken.ID == w.Anna.ID || !strings.HasPrefix(taken.Slug, "user") {
			t.Errorf("a taken slug gives %+v, %v", taken, err)
		}
		if _, err := w.findOrCreate(t, "no address", false); !errs.Is(err, errs.Invalid) {
			t.Errorf("no address gives %v", err)
		}
		var wait sync.WaitGroup
		ids := make([]int64, 4)
		for i := range ids {
			wait.Go(func() {
				p, err := w.findOrCreate(t, "frieda@example.org", false)
				if err != nil {
					t.Errorf("at once: %v", err)
				}
				ids[i] = p.ID
			})
		}
		wait.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("the same address at once gives the people %v", ids)
			}
		}
	})
}

func TestAClaimedAddressGoesToWhoProvesIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		w.addAddress(t, w.Carla, "emil@example.org", false)
		added, err := w.findOrCreate(t, "emil@example.org", false)
		if err != nil || added.ID != w.Carla.ID {
			t.Errorf("without a proof it is %+v, %v", added, err)
		}
		proven, err := w.findOrCreate(t, "emil@example.org", true)
		if err != nil || proven.ID == w.Carla.ID {
			t.Errorf("with a proof it is %+v, %v", proven, err)
		}
	})
}

// leaveTraces gives somebody something of everything that people leave behind.
func leaveTraces(t *testing.T, w *town, who cast.Person) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for i, slug := range []any{"hallo", "garten", nil} {
			id, err := tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, published_at) VALUES ('article', ?, ?, ?, 'x', ?)`,
				who.EntityID, who.ID, slug, tx.Now)
			if err != nil {
				return err
			}
			if _, err := tx.Insert(t.Context(), `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, 'x', ?)`, id, who.ID, tx.Now); err != nil {
				return err
			}
			deleted := any(nil)
			if i == 0 {
				deleted = tx.Now
			}
			c, err := tx.Insert(t.Context(), `INSERT INTO contributions (content_id, author_id, text, cut, created_at, deleted_at) VALUES (?, ?, 'x', '', ?, ?)`, id, who.ID, tx.Now, deleted)
			if err != nil {
				return err
			}
			_, err = tx.Insert(t.Context(), `INSERT INTO files (name, original_name, media_type, size, creator_id, contribution_id, created_at) VALUES (?, 'x', 'text/plain', 1, ?, ?, ?)`,
				fmt.Sprintf("%d-%d", who.ID, i), who.ID, c, tx.Now)
			if err != nil {
				return err
			}
		}
		for _, entity := range []int64{who.EntityID, w.Carla.EntityID} {
			_, err := tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at) VALUES (?, ?, 'x', ?, ?)`, entity, who.ID, tx.Now, tx.Now)
			if err != nil {
				return err
			}
		}
		if _, err := tx.Exec(t.Context(), `UPDATE memberships SET created_by_id = ?`, who.ID); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO sessions (token_hash, person_id, data, expires_at) VALUES (?, ?, ?, ?)`, strings.Repeat("a", 64), who.ID, []byte("{}"), tx.Now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoLeavesBequeathsWhatTheyWrote(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		leaveTraces(t, w, w.Anna)
		left, err := w.Leftovers(t.Context(), w.Anna.ID)
		if want := (accounts.Leftovers{Memberships: 2, Subscriptions: 2, Versions: 3, Contributions: 3, Files: 3}); err != nil || left != want {
			t.Errorf("Anna leaves %+v, %v; want %+v", left, err, want)
		}
		if err := w.Delete(t.Context(), w.viewer(t, w.Anna.Person)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Get(t.Context(), db, w.Anna.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("Anna is still there: %v", err)
		}
		heir, err := w.people.GetBySlug(t.Context(), db, "unknown")
		if err != nil || heir.Active || heir.Public || heir.Name == "" {
			t.Fatalf("the heir is %+v, %v", heir, err)
		}
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM contents WHERE author_id = ? AND entity_id = %d AND (slug IS NULL OR slug IN ('hallo', 'garten'))`: 3,
			`SELECT COUNT(*) FROM versions WHERE author_id = ?`:                                                                      3,
			`SELECT COUNT(*) FROM contributions WHERE author_id = ?`:                                                                 3,
			`SELECT COUNT(*) FROM files WHERE creator_id = ?`:                                                                        3,
			`SELECT COUNT(*) FROM conversations WHERE author_id = ?`:                                                                 2,
			`SELECT COUNT(*) FROM conversations WHERE author_id = ? AND entity_id = %d`:                                              1,
			`SELECT COUNT(*) FROM memberships WHERE created_by_id = ?`:                                                               1,
		} {
			if strings.Contains(query, "%d") {
				query = fmt.Sprintf(query, heir.EntityID)
			}
			if got := w.count(t, query, heir.ID); got != want {
				t.Errorf("%d, want %d: %s", got, want, query)
			}
		}
		for _, table := range []string{"memberships", "subscriptions", "email_addresses", "sessions"} {
			if n := w.count(t, `SELECT COUNT(*) FROM `+table+` WHERE person_id = ?`, w.Anna.ID); n != 0 {
				t.Errorf("%d rows of Anna are left in %s", n, table)
			}
		}
		if n := w.count(t, `SELECT COUNT(*) FROM entities WHERE slug_key = 'anna'`); n != 0 {
			t.Error("Anna's slug is not free")
		}
	})
}

func TestASecondOneLeavesWithTheSameSlugs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		leaveTraces(t, w, w.Anna)
		if err := w.Delete(t.Context(), w.Anna.Viewer); err != nil {
			t.Fatal(err)
		}
		leaveTraces(t, w, w.Bert)
		if err := w.Delete(t.Context(), w.Bert.Viewer); err != nil {
			t.Fatal(err)
		}
		var left []struct {
			ID   int64  `db:"id"`
			Slug string `db:"slug"`
		}
		if err := db.Select(t.Context(), &left, `SELECT id, slug FROM contents WHERE slug IS NOT NULL ORDER BY id`); err != nil {
			t.Fatal(err)
		}
		if len(left) != 4 {
			t.Fatalf("there are %v", left)
		}
		// A database may leave ids out.
		want := []string{"hallo", "garten", fmt.Sprint("hallo-", left[2].ID), fmt.Sprint("garten-", left[3].ID)}
		for i, content := range left {
			if content.Slug != want[i] {
				t.Errorf("a slug is %s, want %s", content.Slug, want[i])
			}
		}
		if n := w.count(t, `SELECT COUNT(*) FROM entities WHERE slug_key LIKE 'unknown%'`); n != 1 {
			t.Errorf("there are %d heirs", n)
		}
	})
}

func TestTheHeirIsNeverSomebodyWhoCanSignIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		prepare   string // changes Dora, whom the configuration names
		inherited bool
	}{
		{"somebody with an address", `UPDATE people SET about = '' WHERE id = ?`, false},
		{"nobody's account", `DELETE FROM email_addresses WHERE person_id = ?`, true},
		{"somebody with a password", `UPDATE people SET password = 'x' WHERE id = ?`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			accounts.SetUnknownPerson(w.Accounts, w.Dora.ID)
			w.exec(t, c.prepare, w.Dora.ID)
			leaveTraces(t, w, w.Anna)
			if err := w.Delete(t.Context(), w.Anna.Viewer); err != nil {
				t.Fatal(err)
			}
			if got := w.count(t, `SELECT COUNT(*) FROM versions WHERE author_id = ?`, w.Dora.ID) > 0; got != c.inherited {
				t.Errorf("Dora inherits: %v", got)
			}
			if err := w.Delete(t.Context(), w.Dora.Viewer); errs.Is(err, errs.Denied) != c.inherited {
				t.Errorf("Dora leaves: %v", err)
			}
		})
	}
}

func TestAnAdministratorIsMade(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		ctx := t.Context()
		person, link, err := w.CreateAdmin(ctx, "rita", "rita@example.org")
		if err != nil || !person.Admin || !strings.HasPrefix(link, "http://example.org/stadt/password/reset/key/") {
			t.Fatalf("a new one is %+v, %q, %v", person, link, err)
		}
		if !w.viewer(t, person).Admin {
			t.Error("the viewer is no administrator")
		}
		v := w.visit(t)
		v.Get(strings.TrimPrefix(link, "http://example.org"))
		v.Submit("password1", map[string]string{"password1": goodPassword, "password2": goodPassword})
		if _, err := w.SignIn(ctx, "rita", goodPassword, ""); err != nil {
			t.Errorf("the administrator cannot sign in: %v", err)
		}
		if anna, _, err := w.CreateAdmin(ctx, "Anna", "anna@example.org"); err != nil || anna.ID != w.Anna.ID || !w.viewer(t, w.Anna.Person).Admin {
			t.Errorf("Anna is made an administrator: %+v, %v", anna, err)
		}
		for _, c := range []struct {
			slug, address string
			kind          errs.Kind
		}{
			{"bert", "bert2@example.org", errs.Conflict},
			{"bert2", "bert@example.org", errs.Conflict},
			{"garten", "x@example.org", errs.Conflict},
			{"stadt", "x@example.org", errs.Conflict},
			{"x y", "x@example.org", errs.Conflict},
			{"x", "no address", errs.Invalid},
		} {
			if _, _, err := w.CreateAdmin(ctx, c.slug, c.address); !errs.Is(err, c.kind) {
				t.Errorf("CreateAdmin(%q, %q): %v", c.slug, c.address, err)
			}
		}
	})
}

func TestAnAdministratorSetsAPassword(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	for _, c := range []struct {
		login, password string
		kind            errs.Kind
	}{
		{"nobody", goodPassword, errs.NotFound},
		{"anna", "kurz", errs.Invalid},
	} {
		if _, err := w.SetPassword(t.Context(), c.login, c.password); !errs.Is(err, c.kind) {
			t.Errorf("SetPassword(%q, %q): %v", c.login, c.password, err)
		}
	}
	if p, err := w.SetPassword(t.Context(), "anna@example.org", goodPassword); err != nil || p.ID != w.Anna.ID {
		t.Fatalf("SetPassword: %+v, %v", p, err)
	}
	if _, err := w.SignIn(t.Context(), "anna", goodPassword, ""); err != nil {
		t.Errorf("the new password does not work: %v", err)
	}
	if v.Ask("GET", "/stadt/settings/"); v.Page.Status == 200 {
		t.Error("the sessions go on")
	}
}

func TestTwoWhoFollowOneLinkAtOnceGetOneAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		w.signUp(t, w.visit(t), "emil@example.org", goodPassword)
		secret := strings.Trim(strings.TrimPrefix(link(t, w.box.take(t, "confirm-sign-up", "emil@example.org")), "/stadt/confirm/"), "/")
		var wait sync.WaitGroup
		problems := make([]error, 4)
		for i := range problems {
			wait.Go(func() { _, problems[i] = w.ConfirmSignUp(t.Context(), secret, "", goodPassword) })
		}
		wait.Wait()
		succeeded := 0
		for _, err := range problems {
			if err == nil {
				succeeded++
			} else if !errs.Is(err, errs.NotFound) {
				t.Errorf("somebody who was later gets %v", err)
			}
		}
		if succeeded != 1 || w.activities(t) != "person.joined" {
			t.Errorf("%d of them succeeded", succeeded)
		}
	})
}

func TestReactionsFindWhoLeavesStillThere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	groups := 0
	w.outbox.React(outbox.Reaction{Activity: community.PersonDeleted, Run: func(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
		return tx.Get(ctx, &groups, `SELECT COUNT(*) FROM memberships WHERE person_id = ?`, e.PersonID)
	}})
	if err := w.Delete(t.Context(), w.Anna.Viewer); err != nil || groups != 2 {
		t.Errorf("the reaction finds %d memberships, %v", groups, err)
	}
}
