package accounts_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func draft(name string) accounts.AppPasswordDraft {
	return accounts.AppPasswordDraft{Name: name, Scope: accounts.ScopeCalendars, Days: 365}
}

// makeAppPassword makes an app password of somebody who has just signed in.
func (w *town) makeAppPassword(t *testing.T, p cast.Person, name string) string {
	t.Helper()
	secret, err := w.MakeAppPassword(t.Context(), p.Viewer, draft(name), accounts.Proof{SignedIn: w.now})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestAnAppPasswordLetsAProgramIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		ctx := t.Context()
		secret := w.makeAppPassword(t, w.Anna, "Telefon")
		w.box.take(t, "app-password", "anna@example.org")
		w.addAddress(t, w.Anna, "anna@verein.example", true)
		w.addAddress(t, w.Anna, "claimed@example.org", false)
		if n := w.count(t, `SELECT COUNT(*) FROM app_passwords WHERE secret_hash LIKE ?`, "%"+secret+"%"); n != 0 {
			t.Error("the secret is kept")
		}
		for login, typed := range map[string]string{
			"anna": secret, "ANNA": strings.ToUpper(secret), "anna@example.org": secret[:4] + "-" + secret[4:8] + " " + secret[8:], "anna@verein.example": secret,
		} {
			if id, err := w.ProgramOwner(ctx, login, typed, "calendars"); err != nil || id != w.Anna.ID {
				t.Errorf("%s with %q is %d, %v", login, typed, id, err)
			}
		}
		for _, wrong := range []struct{ login, secret, scope string }{
			{"anna", secret[1:], "calendars"},
			{"anna", "", "calendars"},
			{"anna", goodPassword, "calendars"},
			{"anna", secret, "mails"},
			{"bert", secret, "calendars"},
			{"claimed@example.org", secret, "calendars"},
			{"nobody", secret, "calendars"},
			{"", secret, "calendars"},
			{"an\x00na", secret, "calendars"},
			{"an\xffna", secret, "calendars"},
		} {
			cast.Execute(t, w.db, `DELETE FROM throttles`)
			if id, err := w.ProgramOwner(ctx, wrong.login, wrong.secret, wrong.scope); !errs.Is(err, errs.Unauthenticated) || id != 0 {
				t.Errorf("%+v is %d, %v", wrong, id, err)
			}
		}
		cast.Execute(t, w.db, `UPDATE people SET active = ? WHERE id = ?`, false, w.Anna.ID)
		if _, err := w.ProgramOwner(ctx, "anna", secret, "calendars"); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a closed account: %v", err)
		}
	})
}

func TestAnAppPasswordEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		lets := func(secret string) bool {
			t.Helper()
			id, err := w.ProgramOwner(t.Context(), "anna", secret, "calendars")
			if err != nil && !errs.Is(err, errs.Unauthenticated) {
				t.Fatal(err)
			}
			return id == w.Anna.ID
		}
		removed, timely, changed := w.makeAppPassword(t, w.Anna, "weg"), w.makeAppPassword(t, w.Anna, "Jahr"), w.makeAppPassword(t, w.Anna, "Wechsel")
		all, err := w.AppPasswords(t.Context(), w.Anna.ID)
		if err != nil || len(all) != 3 || all[0].Name != "Wechsel" || !all[2].UsedAt.IsZero() {
			t.Fatalf("the list is %+v, %v", all, err)
		}
		if err := w.EndAppPassword(t.Context(), w.Bert.Viewer, all[2].ID); err != nil || !lets(removed) {
			t.Errorf("Bert ends Anna's: %v", err)
		}
		if err := w.EndAppPassword(t.Context(), w.Anna.Viewer, all[2].ID); err != nil || lets(removed) || !lets(timely) {
			t.Errorf("one of them does not end alone: %v", err)
		}
		w.wait(364 * 24 * time.Hour)
		if !lets(timely) {
			t.Error("it ends too early")
		}
		w.wait(2 * 24 * time.Hour)
		if lets(timely) || lets(changed) {
			t.Error("they do not end")
		}
		fresh := w.makeAppPassword(t, w.Anna, "neu")
		if err := w.ChangePassword(t.Context(), w.Anna.Viewer, cast.Password, "im Garten wächst Mangold", "im Garten wächst Mangold"); err != nil {
			t.Fatal(err)
		}
		if lets(fresh) || w.count(t, `SELECT COUNT(*) FROM app_passwords`) != 0 {
			t.Error("another password of the account ends none")
		}
	})
}

func TestTheLastUseIsNotedOnceAnHour(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := setup(t, db)
		secret := w.makeAppPassword(t, w.Anna, "Telefon")
		var noted []time.Time
		changes := w.db.Changes()
		for range 5 {
			if _, err := w.ProgramOwner(t.Context(), "anna", secret, "calendars"); err != nil {
				t.Fatal(err)
			}
			all, err := w.AppPasswords(t.Context(), w.Anna.ID)
			if err != nil {
				t.Fatal(err)
			}
			if at := all[0].UsedAt.Time; len(noted) == 0 || !noted[len(noted)-1].Equal(at) {
				noted = append(noted, at)
			}
			w.wait(25 * time.Minute)
		}
		if len(noted) != 2 || noted[1].Sub(noted[0]) < time.Hour {
			t.Errorf("the last use was %v", noted)
		}
		if w.db.Changes() != changes {
			t.Error("pages are made anew because a program came")
		}
	})
}

func TestWrongAppPasswordsAreTriedAFewTimesOnly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	secret := w.makeAppPassword(t, w.Anna, "Telefon")
	come := func(network, secret string) webtest.Page {
		program := w.visit(t)
		program.Network, program.Header = network, webtest.BasicAuth("anna", secret)
		return program.Ask(http.MethodGet, programPath)
	}
	for n := range 6 {
		want := http.StatusUnauthorized
		if n == 5 {
			want = http.StatusTooManyRequests
		}
		if got := come("198.51.100.1", "guess"); got.Status != want {
			t.Errorf("try %d: %d", n, got.Status)
		}
	}
	if got := come("198.51.100.2", "guess"); got.Status != http.StatusUnauthorized || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("from another network: %d, %v", got.Status, got.Header)
	}
	if got := come("198.51.100.1", secret); got.Status != http.StatusOK || got.Body != "anna" {
		t.Errorf("the right one: %d, %q", got.Status, got.Body)
	}
	if _, err := w.SignIn(t.Context(), "anna", cast.Password, "198.51.100.1"); err != nil {
		t.Errorf("Anna cannot sign in any more: %v", err)
	}
	before := w.count(t, `SELECT COUNT(*) FROM throttles`)
	for range 10 {
		come("198.51.100.3", secret)
	}
	if after := w.count(t, `SELECT COUNT(*) FROM throttles`); after != before {
		t.Error("right ones are counted")
	}
}

func TestAppPasswordsWantANameAScopeAndAnEnd(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for field, d := range map[string]accounts.AppPasswordDraft{
		"name":  {Name: " \u200b", Scope: accounts.ScopeCalendars, Days: 365},
		"scope": {Name: "x", Scope: "everything", Days: 365},
		"days":  {Name: "x", Scope: accounts.ScopeCalendars, Days: 36500},
	} {
		_, err := w.MakeAppPassword(t.Context(), w.Anna.Viewer, d, accounts.Proof{SignedIn: w.now})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for range 20 {
		cast.Execute(t, w.db, `DELETE FROM throttles`)
		w.makeAppPassword(t, w.Anna, strings.Repeat("ä", 60))
	}
	cast.Execute(t, w.db, `DELETE FROM throttles`)
	if _, err := w.MakeAppPassword(t.Context(), w.Anna.Viewer, draft("zu viel"), accounts.Proof{SignedIn: w.now}); !errs.Is(err, errs.Invalid) {
		t.Errorf("the 21st: %v", err)
	}
}

func TestAnAppPasswordIsShownOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visitAs(t, "anna")
	v.Get("/stadt/settings/app-passwords/")
	v.Sees(http.StatusOK, "You don’t have any app passwords yet.")
	v.Submit("Create app password", map[string]string{"name": ""})
	v.Sees(http.StatusUnprocessableEntity, "Say which app or device it’s for.")
	v.Submit("Create app password", map[string]string{"name": "Calendar on <my> phone"})
	v.Sees(http.StatusOK, "It won’t be shown again.", "Calendar on &lt;my&gt; phone", "never used", "<code>anna</code>")
	if got := v.Page.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("the page may be kept: %q", got)
	}
	secret := regexp.MustCompile(`<code>([a-z2-7-]{32})</code>`).FindStringSubmatch(v.Page.Body)
	if secret == nil {
		t.Fatalf("there is no password on\n%s", v.Page.Body)
	}
	if id, err := w.ProgramOwner(t.Context(), "anna", secret[1], "calendars"); err != nil || id != w.Anna.ID {
		t.Errorf("it does not work: %v", err)
	}
	v.Get("/stadt/settings/app-passwords/")
	v.Sees(http.StatusOK, "last used just now")
	v.DoesNotSee(secret[1])
	v.Submit("Remove", nil)
	v.Sees(http.StatusOK, "The app password no longer works.", "You don’t have any app passwords yet.")
	bert := w.visitAs(t, "bert")
	bert.Get("/stadt/settings/app-passwords/")
	bert.Submit("Create app password", map[string]string{"name": "Telefon"})
	v.Get("/stadt/settings/app-passwords/")
	v.DoesNotSee("Telefon")
	v.Send("/stadt/settings/app-passwords/1/delete/", nil, true)
	v.Send("/stadt/settings/app-passwords/2/delete/", nil, true)
	bert.Get("/stadt/settings/app-passwords/")
	bert.Sees(http.StatusOK, "Telefon")
	nobody := w.visit(t)
	if p := nobody.Ask(http.MethodGet, "/stadt/settings/app-passwords/"); p.Status != http.StatusSeeOther {
		t.Errorf("nobody gets %d", p.Status)
	}
}

func TestWhoSignedInAWhileAgoProvesThatItIsThem(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visitAs(t, "anna")
	w.wait(11 * time.Minute)
	v.Get("/stadt/settings/app-passwords/")
	v.Sees(http.StatusOK, "Current password")
	v.Submit("Create app password", map[string]string{"name": "Telefon", "password": "wrong"})
	v.Sees(http.StatusUnprocessableEntity, "That’s not your current password.")
	if w.count(t, `SELECT COUNT(*) FROM app_passwords`) != 0 {
		t.Error("an app password was made without one")
	}
	v.Submit("Create app password", map[string]string{"name": "Telefon", "password": cast.Password})
	v.Sees(http.StatusOK, "It won’t be shown again.")
}

// visitAs returns somebody who has just signed in.
func (w *town) visitAs(t *testing.T, login string) *webtest.Visitor {
	t.Helper()
	v := w.visit(t)
	v.Send("/stadt/login/", url.Values{"login": {login}, "password": {cast.Password}}, true)
	return v
}
