package accounts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"

	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestSomebodySignsUpConfirmsAndIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	v.Get("/stadt/signup/?next=/stadt/gestalten/")
	v.Submit("password1", map[string]string{
		"name": "Emil Efeu", "email": "Emil@Example.org", "password1": goodPassword, "password2": goodPassword, "captcha_0": captchatest.Solve(t, v.Page.Body),
	})
	v.Sees(http.StatusOK, "Check your email")
	if n := w.count(t, `SELECT COUNT(*) FROM people`); n != 5 {
		t.Errorf("there are %d people before the confirmation", n)
	}
	path := link(t, w.box.take(t, "confirm-sign-up", "Emil@Example.org"))
	v.Get(path)
	v.Sees(http.StatusOK, "Emil@Example.org", "Confirm and sign in")
	v.DoesNotSee(`type="password"`)
	v.Submit("Confirm and sign in", nil)
	v.Sees(http.StatusOK, "Welcome, Emil Efeu.")
	if !strings.HasPrefix(v.Page.Path, "/stadt/gestalten/") {
		t.Errorf("the confirmation leads to %s", v.Page.Path)
	}
	v.Get("/stadt/settings/")
	v.Sees(http.StatusOK, `value="emil"`)
	if got := w.activities(t); got != "person.joined" {
		t.Errorf("activities: %s", got)
	}
	v.Get(path)
	v.Sees(http.StatusNotFound, "no longer works")
}

func TestALinkInAnotherBrowserAsksForThePassword(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.signUp(t, w.visit(t), "emil@example.org", goodPassword)
	path := link(t, w.box.take(t, "confirm-sign-up", "emil@example.org"))
	phone := w.visit(t)
	phone.Get(path)
	phone.Sees(http.StatusOK, "You signed up in another browser")
	phone.Submit("Confirm and sign in", map[string]string{"password": ""})
	phone.Sees(http.StatusUnprocessableEntity, "Enter the password you chose")
	phone.Submit("Confirm and sign in", map[string]string{"password": "something else"})
	phone.Sees(http.StatusUnprocessableEntity, "That’s not the password")
	if n := w.count(t, `SELECT COUNT(*) FROM people`); n != 5 {
		t.Errorf("there are %d people", n)
	}
	phone.Submit("Confirm and sign in", map[string]string{"password": goodPassword})
	phone.Sees(http.StatusOK, "Welcome, Emil Efeu.")
}

func TestGuessingThePasswordOfALinkEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.signUp(t, w.visit(t), "emil@example.org", goodPassword)
	path := link(t, w.box.take(t, "confirm-sign-up", "emil@example.org"))
	thief := w.visit(t)
	for range 5 {
		thief.Send(path, url.Values{"password": {"guess"}}, false)
	}
	thief.Send(path, url.Values{"password": {goodPassword}}, false)
	if thief.Page.Status != http.StatusTooManyRequests || thief.Page.Header.Get("Retry-After") == "" {
		t.Errorf("the sixth guess answers %d, Retry-After %q", thief.Page.Status, thief.Page.Header.Get("Retry-After"))
	}
}

func TestAPasswordlessAccountIsAdoptedOnlyThroughItsMailbox(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	w.signUp(t, v, "dora@example.org", goodPassword)
	if n := w.count(t, `SELECT COUNT(*) FROM people WHERE password <> ''`); n != 4 {
		t.Error("signing up alone gave a password")
	}
	v.Get("/stadt/login/")
	v.Submit("login", map[string]string{"login": "dora", "password": goodPassword})
	v.Sees(http.StatusUnprocessableEntity, "isn’t right")

	v.Get(link(t, w.box.take(t, "confirm-sign-up", "dora@example.org")))
	v.Submit("Confirm and sign in", nil)
	v.Get("/stadt/settings/")
	v.Sees(http.StatusOK, `value="dora"`)
	if n := w.count(t, `SELECT COUNT(*) FROM people WHERE password <> ''`); n != 5 {
		t.Error("the confirmation gave no password")
	}
	if n := w.count(t, `SELECT COUNT(*) FROM email_addresses WHERE person_id = ? AND verified_at IS NOT NULL`, w.Dora.ID); n != 1 {
		t.Error("the address is not confirmed")
	}
}

func TestSigningUpTellsNobodyWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	var pages []string
	for _, address := range []string{"ANNA@example.org", "emil@example.org"} {
		v := w.visit(t)
		w.signUp(t, v, address, goodPassword)
		v.Sees(http.StatusOK, "Check your email")
		pages = append(pages, v.Page.Path)
		w.box.mu.Lock()
		kind := w.box.letters[0].Kind
		w.box.letters = nil
		w.box.mu.Unlock()
		if want := map[string]string{"ANNA@example.org": "account-exists", "emil@example.org": "confirm-sign-up"}[address]; kind != want {
			t.Errorf("%s gets a letter of kind %s", address, kind)
		}
	}
	if pages[0] != pages[1] {
		t.Errorf("the pages are %q", pages)
	}
}

func TestSigningUpTwiceDoesNoHarm(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	w.signUp(t, v, "emil@example.org", goodPassword)
	first := link(t, w.box.take(t, "confirm-sign-up", "emil@example.org"))
	thief := w.visit(t)
	w.signUp(t, thief, "emil@example.org", "a password of a thief")
	second := link(t, w.box.take(t, "confirm-sign-up", "emil@example.org"))

	// Emil follows the thief's link, which is in his mailbox too: his own browser does not know it.
	v.Get(second)
	v.Sees(http.StatusOK, "You signed up in another browser")
	v.Submit("Confirm and sign in", map[string]string{"password": goodPassword})
	v.Sees(http.StatusUnprocessableEntity, "That’s not the password")
	w.wait(time.Minute)
	w.signUp(t, v, "emil@example.org", goodPassword)
	v.Get(link(t, w.box.take(t, "confirm-sign-up", "emil@example.org")))
	v.Submit("Confirm and sign in", nil)
	v.Sees(http.StatusOK, "Welcome, Emil Efeu.")
	for _, path := range []string{first, second} {
		thief.Get(path)
		thief.Sees(http.StatusNotFound, "no longer works")
	}
	if got := w.activities(t); got != "person.joined" {
		t.Errorf("activities: %s", got)
	}
}

func TestASignUpSaysWhatIsWrongAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	right := func(t *testing.T, page string) url.Values {
		return url.Values{"name": {"Emil Efeu"}, "email": {"emil@example.org"}, "password1": {goodPassword}, "password2": {goodPassword}, "captcha_0": {captchatest.Solve(t, page)}}
	}
	for _, c := range []struct {
		field, value string
		sees         string
	}{
		{"email", "emil", "Enter an email address like"},
		{"email", "Emil <emil@example.org>", "Enter an email address like"},
		{"password1", "", "Enter a password."},
		{"password1", "kurz", "Use at least 8 characters."},
		{"password1", "1234567890", "Don’t use only digits."},
		{"password1", "passwort", "This password is very common"},
		{"password2", "etwas anderes", "The passwords don’t match."},
		{"captcha_0", "", "Please answer the question."},
		{"captcha_0", "Pudding", "That’s not the right answer."},
		{"captcha_1", "forged", "The question has expired."},
	} {
		t.Run(c.field+" "+c.value, func(t *testing.T) {
			t.Parallel()
			v := w.visit(t)
			v.Get("/stadt/signup/")
			fields := map[string]string{}
			for name, values := range right(t, v.Page.Body) {
				fields[name] = values[0]
			}
			fields[c.field] = c.value
			v.Submit("password1", fields)
			v.Sees(http.StatusUnprocessableEntity, c.sees, fields["email"][:4])
		})
	}
	t.Cleanup(func() {
		w.box.isEmpty(t)
	})
}

func TestTheAnswerToAQuestionWorksOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	v.Get("/stadt/signup/")
	fields := map[string]string{"name": "Emil Efeu", "email": "emil@example.org", "password1": goodPassword, "password2": "not the same", "captcha_0": captchatest.Solve(t, v.Page.Body)}
	v.Submit("password1", fields)
	v.Sees(http.StatusUnprocessableEntity, `value="`+fields["captcha_0"]+`"`) // the right answer is kept
	page := v.Page
	fields["password2"] = goodPassword
	v.Submit("password1", fields)
	v.Sees(http.StatusOK, "Check your email")
	v.Page = page
	v.Submit("password1", fields)
	v.Sees(http.StatusUnprocessableEntity, "already been answered")
}

func TestPeopleSignInByNameOrConfirmedAddress(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		login, password string
		status          int
	}{
		{"anna", cast.Password, http.StatusSeeOther},
		{"ANNA", cast.Password, http.StatusSeeOther},
		{" anna@example.org ", cast.Password, http.StatusSeeOther},
		{"Anna@EXAMPLE.org", cast.Password, http.StatusSeeOther},
		{"demo-admin", cast.Password, http.StatusSeeOther},
		{"bert", "Demo", http.StatusUnprocessableEntity},
		{"bert", "", http.StatusUnprocessableEntity},
		{"", cast.Password, http.StatusUnprocessableEntity},
		{"dora", "", http.StatusUnprocessableEntity},
		{"dora", cast.Password, http.StatusUnprocessableEntity},
		{"nobody", cast.Password, http.StatusUnprocessableEntity},
		{"nobody@example.org", cast.Password, http.StatusUnprocessableEntity},
		{"garten", cast.Password, http.StatusUnprocessableEntity},
		{strings.Repeat("x", 10000), cast.Password, http.StatusUnprocessableEntity},
		{"bert\x00", "\xff\xfe", http.StatusUnprocessableEntity},
	} {
		v := w.visit(t)
		v.Send("/stadt/login/?next=/stadt/settings/", url.Values{"login": {c.login}, "password": {c.password}, "remember": {"on"}}, false)
		if v.Page.Status != c.status {
			t.Errorf("%.30q with %q answers %d, want %d", c.login, c.password, v.Page.Status, c.status)
		}
		if want := "/stadt/settings/"; c.status == http.StatusSeeOther && v.Page.Header.Get("Location") != want {
			t.Errorf("%q is led to %q", c.login, v.Page.Header.Get("Location"))
		}
	}
}

func TestSigningInIsSlowedDownPerAccountUnderAllItsNames(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	try := func(login, password string) int {
		v := w.visit(t)
		v.Send("/stadt/login/", url.Values{"login": {login}, "password": {password}}, false)
		if v.Page.Status == http.StatusTooManyRequests && v.Page.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return v.Page.Status
	}
	for _, login := range []string{"anna", "ANNA", "anna@example.org", "Anna@example.org", "aNNa"} {
		if got := try(login, "wrong"); got != http.StatusUnprocessableEntity {
			t.Errorf("a wrong password answers %d", got)
		}
	}
	if got := try("anna", cast.Password); got != http.StatusTooManyRequests {
		t.Errorf("the sixth try answers %d", got)
	}
	if got := try("bert", cast.Password); got != http.StatusSeeOther {
		t.Errorf("somebody else's answers %d", got)
	}
	w.wait(6 * time.Minute)
	for range 8 { // a success forgets the failures
		if got := try("anna", cast.Password); got != http.StatusSeeOther {
			t.Fatalf("after the wait it answers %d", got)
		}
	}
}

func TestNobodyLocksAnotherOut(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	from := func(n int) string { return fmt.Sprintf("192.0.2.%d", n) }
	for range 6 {
		_, _ = w.SignIn(t.Context(), "anna", "wrong", from(1))
	}
	if _, err := w.SignIn(t.Context(), "anna", cast.Password, from(1)); !errs.Is(err, errs.TooMany) {
		t.Errorf("guessing goes on: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "anna", cast.Password, from(2)); err != nil {
		t.Errorf("Anna cannot sign in at home: %v", err)
	}

	// From many networks at once: no more guesses, and the link in the mail lets the owner in.
	for n := range 150 {
		_, _ = w.SignIn(t.Context(), "anna", "wrong", from(n+3))
	}
	if _, err := w.SignIn(t.Context(), "anna", cast.Password, from(200)); !errs.Is(err, errs.TooMany) {
		t.Errorf("guessing from everywhere goes on: %v", err)
	}
	paths := map[string]bool{}
	for n := range 30 {
		v := w.visit(t)
		v.Network = from(n)
		v.Send("/stadt/password/reset/", url.Values{"email": {"anna@example.org"}}, true)
		v.Sees(http.StatusOK, "We’ve sent you an email.")
	}
	w.box.mu.Lock()
	for _, l := range w.box.letters {
		paths[link(t, l)] = true
	}
	w.box.letters = nil
	w.box.mu.Unlock()
	if len(paths) < 1 || len(paths) > 20 {
		t.Errorf("%d letters were sent", len(paths))
	}
	for path := range paths {
		v := w.visit(t)
		v.Get(path)
		v.Submit("password1", map[string]string{"password1": goodPassword, "password2": goodPassword})
		v.Sees(http.StatusOK, "Your new password is set")
		break
	}
	if _, err := w.SignIn(t.Context(), "anna", goodPassword, from(200)); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestSigningInIsSlowedDownPerClient(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for i := range 60 {
		if _, err := w.SignIn(t.Context(), "nobody"+strings.Repeat("x", i), "wrong", "192.0.2.1"); err == nil {
			t.Fatal("nobody signed in")
		}
	}
	if _, err := w.SignIn(t.Context(), "anna", cast.Password, "192.0.2.1"); err == nil || !strings.Contains(err.Error(), "Too many attempts") {
		t.Errorf("the 61st try of a client: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "anna", cast.Password, "192.0.2.2"); err != nil {
		t.Errorf("another client: %v", err)
	}
}

func TestAClosedAccountIsRefusedClearly(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t).As(w.Anna.ID)
	anna.Get("/stadt/settings/")
	anna.Sees(http.StatusOK)
	visitor := w.visit(t)
	visitor.Get("/stadt/password/reset/")
	visitor.Submit("email", map[string]string{"email": "anna@example.org"})
	reset := link(t, w.box.take(t, "new-password", "anna@example.org"))
	w.exec(t, `UPDATE people SET active = ? WHERE id = ?`, false, w.Anna.ID)

	anna.Ask(http.MethodGet, "/stadt/settings/")
	anna.Sees(http.StatusSeeOther)
	visitor.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {cast.Password}}, false)
	visitor.Sees(http.StatusUnprocessableEntity, "This account has been closed.")
	visitor.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {"wrong"}}, false)
	visitor.DoesNotSee("closed")
	visitor.Get(reset)
	visitor.Submit("password1", map[string]string{"password1": goodPassword, "password2": goodPassword})
	visitor.Sees(http.StatusUnprocessableEntity, "This account has been closed.")
	visitor.Get("/stadt/password/reset/")
	visitor.Submit("email", map[string]string{"email": "anna@example.org"})
	w.box.take(t, "account-closed", "anna@example.org")
}

func TestDjangosPasswordsWorkAndAreUpgraded(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	const django = "pbkdf2_sha256$260000$s4lt$nxxVTuT1uRjCZ6UJ1bQT43IS7cUb0K+6TOST6k5o3d8="
	w.exec(t, `UPDATE people SET password = ? WHERE id = ?`, django, w.Anna.ID)
	for range 2 {
		v := w.visit(t)
		v.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {"demo"}}, false)
		v.Sees(http.StatusSeeOther)
		var stored string
		if err := w.db.Get(t.Context(), &stored, `SELECT password FROM people WHERE id = ?`, w.Anna.ID); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(stored, "$argon2id$") {
			t.Errorf("the hash is %q", stored)
		}
	}
}

func TestWhoIsSignedInIsLedOnFromThePagesForStrangers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	for path, want := range map[string]string{
		"/stadt/login/?next=/garten/":              "/garten/",
		"/stadt/login/":                            "/",
		"/stadt/signup/?next=/garten/":             "/garten/",
		"/stadt/login/?next=//evil.example/":       "/",
		"/stadt/signup/?next=https://evil.example": "/",
	} {
		if v.Ask(http.MethodGet, path); v.Page.Status != http.StatusSeeOther || v.Page.Header.Get("Location") != want {
			t.Errorf("%s answers %d to %q", path, v.Page.Status, v.Page.Header.Get("Location"))
		}
	}
	v.Get("/stadt/password/reset/")
	v.Sees(http.StatusForbidden, "You’re signed in.")
}

func TestSigningOutAsksFirst(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/logout/?next=/stadt/gestalten/")
	v.Sees(http.StatusOK, "Sign out")
	v.Get("/stadt/settings/")
	v.Sees(http.StatusOK)
	left := w.visit(t).As(w.Anna.ID)
	if left.Send("/stadt/logout/", nil, false); left.Page.Header.Get("Clear-Site-Data") != `"cache"` {
		t.Error("the browser keeps pages for whoever goes back")
	}
	v.Get("/stadt/logout/?next=/stadt/gestalten/")
	v.Submit("You can sign in again", nil)
	v.Sees(http.StatusOK, "You’re signed out.")
	v.Ask(http.MethodGet, "/stadt/settings/")
	v.Sees(http.StatusSeeOther)
	v.Ask(http.MethodGet, "/stadt/logout/")
	v.Sees(http.StatusSeeOther)
}

func TestAForgottenPasswordIsSetByALinkThatLeaksNowhere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	tablet := w.visit(t).As(w.Bert.ID)
	v := w.visit(t)
	v.Get("/stadt/password/reset/")
	v.Submit("email", map[string]string{"email": "BERT@example.org"})
	v.Sees(http.StatusOK, "We’ve sent you an email.")
	path := link(t, w.box.take(t, "new-password", "BERT@example.org"))

	v.Ask(http.MethodGet, path)
	v.Sees(http.StatusSeeOther)
	where := v.Page.Header.Get("Location")
	secret := strings.TrimSuffix(path[strings.LastIndex(path, "-")+1:], "/")
	if strings.Contains(where, secret) || !strings.HasSuffix(where, "-set-password/") {
		t.Errorf("the link leads to %s", where)
	}
	if n := w.count(t, `SELECT COUNT(*) FROM sessions WHERE data LIKE ?`, "%"+secret+"%"); n != 0 {
		t.Error("the secret can be read in the session")
	}
	v.Get(where)
	v.Sees(http.StatusOK, "For Bert Birke (@bert).")
	v.DoesNotSee(secret)
	v.Submit("password1", map[string]string{"password1": "bertbert", "password2": "bertbert"})
	v.Sees(http.StatusUnprocessableEntity, "too similar to your name")
	v.Submit("password1", map[string]string{"password1": goodPassword, "password2": goodPassword})
	v.Sees(http.StatusOK, "Your new password is set")
	v.Get("/stadt/settings/")
	v.Sees(http.StatusOK, `value="bert"`)
	tablet.Ask(http.MethodGet, "/stadt/settings/")
	tablet.Sees(http.StatusSeeOther) // signed out everywhere else

	other := w.visit(t)
	other.Get(path)
	other.Sees(http.StatusNotFound, "no longer works", "Ask for a new link")
	other.Get(where)
	other.Sees(http.StatusNotFound, "no longer works")
	other.Send("/stadt/login/", url.Values{"login": {"bert"}, "password": {goodPassword}}, false)
	other.Sees(http.StatusSeeOther)
}

func TestTheMailForAForgottenPasswordTellsWhatThePageDoesNot(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.addAddress(t, w.Carla, "claimed@example.org", false)
	for address, kind := range map[string]string{
		"anna@example.org":    "new-password",
		"dora@example.org":    "new-password", // has none yet
		"nobody@example.org":  "no-account",
		"claimed@example.org": "no-account", // Carla never proved it
	} {
		v := w.visit(t)
		v.Get("/stadt/password/reset/")
		v.Submit("email", map[string]string{"email": address})
		v.Sees(http.StatusOK, "We’ve sent you an email.")
		w.box.take(t, kind, address)
	}
}

func TestAMailboxIsNotFloodedWithMails(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	for range 5 {
		v.Send("/stadt/password/reset/", url.Values{"email": {"anna@example.org"}}, false)
		v.Sees(http.StatusSeeOther)
	}
	v.Send("/stadt/password/reset/", url.Values{"email": {"ANNA@example.org"}}, false)
	v.Sees(http.StatusTooManyRequests, "Too many attempts")
	if v.Page.Header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
}

func TestALinkForThePasswordEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(t *testing.T, w *town)
	}{
		{"after three days", func(_ *testing.T, w *town) { w.wait(3*24*time.Hour + time.Minute) }},
		{"when the password is changed otherwise", func(t *testing.T, w *town) {
			if err := w.ChangePassword(t.Context(), w.Anna.Viewer, cast.Password, goodPassword, goodPassword); err != nil {
				t.Fatal(err)
			}
		}},
		{"when the account is gone", func(t *testing.T, w *town) {
			if err := w.Delete(t.Context(), w.Anna.Viewer); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			v := w.visit(t)
			v.Send("/stadt/password/reset/", url.Values{"email": {"anna@example.org"}}, false)
			path := link(t, w.box.take(t, "new-password", "anna@example.org"))
			c.do(t, w)
			v.Get(path)
			v.Sees(http.StatusNotFound, "no longer works")
		})
	}
}

func TestOldAndInventedLinksGetAPageThatHelps(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	for _, path := range []string{
		"/stadt/confirm/MTI:1abcDE:dGhpcyBpcyBhbiBvbGQga2V5/", "/stadt/confirm/x", "/stadt/password/reset/key/1-set-password/",
		"/stadt/password/reset/key/5a-6b7c-0123456789abcdef/", "/stadt/password/reset/key/x/", "/stadt/password/reset/key/-/",
	} {
		v.Get(path)
		v.Sees(http.StatusNotFound, "This link no longer works")
		v.Send(path, url.Values{"password1": {goodPassword}, "password2": {goodPassword}}, false)
		v.Sees(http.StatusNotFound, "This link no longer works")
	}
	for path, want := range map[string]string{
		"/stadt/login/signup/": "/stadt/login/", "/stadt/password/reset/key/done/": "/stadt/login/", "/stadt/password/reset/done/": "/",
	} {
		if v.Ask(http.MethodGet, path); v.Page.Header.Get("Location") != want {
			t.Errorf("%s leads to %q", path, v.Page.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/stadt/login/cancelled/", "/stadt/login/error/"} {
		v.Get(path)
		v.Sees(http.StatusOK, "Sign in")
	}
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v, tablet := w.visit(t).As(w.Anna.ID), w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/settings/password/")
	v.Submit("oldpassword", map[string]string{"oldpassword": "wrong", "password1": goodPassword, "password2": goodPassword})
	v.Sees(http.StatusUnprocessableEntity, "That’s not your current password.")
	v.Submit("oldpassword", map[string]string{"oldpassword": cast.Password, "password1": goodPassword, "password2": goodPassword})
	v.Sees(http.StatusOK, "Your password has been changed.")
	if v.Page.Path != "/anna/" {
		t.Errorf("it leads to %s", v.Page.Path)
	}
	w.box.take(t, "password-changed", "anna@example.org")
	v.Get("/stadt/settings/")
	v.Sees(http.StatusOK)
	tablet.Ask(http.MethodGet, "/stadt/settings/")
	tablet.Sees(http.StatusSeeOther)
}

func TestWhoeverCameInIsThrownOut(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]func(t *testing.T, w *town){
		"by a change of password": func(t *testing.T, w *town) {
			t.Helper()
			v := w.visit(t).As(w.Anna.ID)
			v.Send("/stadt/settings/password/", url.Values{"oldpassword": {cast.Password}, "password1": {goodPassword}, "password2": {goodPassword}}, false)
		},
		"by a reset": func(t *testing.T, w *town) {
			t.Helper()
			v := w.visit(t)
			v.Send("/stadt/password/reset/", url.Values{"email": {"anna@example.org"}}, false)
			v.Get(link(t, w.box.take(t, "new-password", "anna@example.org")))
			v.Submit("password1", map[string]string{"password1": goodPassword, "password2": goodPassword})
		},
		"by an administrator": func(t *testing.T, w *town) {
			t.Helper()
			if _, err := w.SetPassword(t.Context(), "anna", goodPassword); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.addAddress(t, w.Anna, "anna@verein.example", true)
			intruder, elsewhere := w.visit(t).As(w.Anna.ID), w.visit(t)
			intruder.Send("/stadt/email/", url.Values{"action_add": {"1"}, "email": {"evil@attacker.example"}}, false)
			added := link(t, w.box.take(t, "confirm-address", "evil@attacker.example"))
			elsewhere.Send("/stadt/password/reset/", url.Values{"email": {"anna@verein.example"}}, false)
			reset := link(t, w.box.take(t, "new-password", "anna@verein.example"))

			secure(t, w)
			w.box.take(t, "password-changed", "anna@example.org")
			if got := w.activities(t); got != "account.secured" {
				t.Errorf("activities: %s", got)
			}
			for _, path := range []string{added, reset} {
				if elsewhere.Get(path); elsewhere.Page.Status != http.StatusNotFound {
					t.Errorf("the link %s answers %d", path, elsewhere.Page.Status)
				}
			}
			intruder.Ask(http.MethodGet, "/stadt/settings/")
			intruder.Sees(http.StatusSeeOther)
		})
	}
}

func TestAChangeOfAddressesEndsTheLinksThatWait(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *town) error{
		"another main address": func(w *town) error {
			return w.MakeMain(t.Context(), w.Anna.Viewer, "anna@verein.example")
		},
		"one address less": func(w *town) error {
			return w.RemoveAddress(t.Context(), w.Anna.Viewer, "anna@verein.example")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.addAddress(t, w.Anna, "anna@verein.example", true)
			v := w.visit(t)
			v.Send("/stadt/password/reset/", url.Values{"email": {"anna@example.org"}}, false)
			path := link(t, w.box.take(t, "new-password", "anna@example.org"))
			if err := change(w); err != nil {
				t.Fatal(err)
			}
			v.Get(path)
			v.Sees(http.StatusNotFound, "no longer works")
		})
	}
}

func TestAddingAnAddressAsksForThePasswordAfterAWhile(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/email/")
	v.DoesNotSee("Current password")
	w.wait(11 * time.Minute)
	v.Get("/stadt/email/")
	v.Sees(http.StatusOK, "Current password")
	add := url.Values{"action_add": {"1"}, "email": {"anna@verein.example"}}
	for password, sentence := range map[string]string{"": "Enter your password.", "wrong": "That’s not your current password."} {
		add.Set("password", password)
		v.Send("/stadt/email/", add, false)
		v.Sees(http.StatusUnprocessableEntity, sentence)
		w.box.isEmpty(t)
	}
	add.Set("password", cast.Password)
	v.Send("/stadt/email/", add, true)
	v.Sees(http.StatusOK, "We’ve sent an email to")
	w.box.take(t, "confirm-address", "anna@verein.example")
}

func TestGuessingThePresentPasswordEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	form := url.Values{"oldpassword": {"wrong"}, "password1": {goodPassword}, "password2": {goodPassword}}
	for range 5 {
		v.Send("/stadt/settings/password/", form, false)
		v.Sees(http.StatusUnprocessableEntity)
	}
	v.Send("/stadt/settings/password/", form, false)
	v.Sees(http.StatusTooManyRequests)
}

func TestWhoHasNoPasswordSetsOne(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Dora.ID)
	v.Get("/stadt/settings/password/")
	v.Sees(http.StatusOK, "You don’t have a password yet.")
	v.DoesNotSee("oldpassword")
	v.Submit("password1", map[string]string{"password1": goodPassword, "password2": goodPassword})
	v.Sees(http.StatusOK, "Your password has been changed.")
	v.Get("/stadt/password/set/")
	v.Sees(http.StatusOK, "oldpassword")
}

func TestAnAddressIsAddedConfirmedMadeMainAndRemoved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/email/")
	v.Sees(http.StatusOK, "anna@example.org", "main address")
	v.Submit("action_add", map[string]string{"email": "Anna@Verein.example", "action_add": "1"})
	v.Sees(http.StatusOK, "anna@verein.example", "waiting to be confirmed")
	path := link(t, w.box.take(t, "confirm-address", "Anna@Verein.example"))

	v.Send("/stadt/email/", url.Values{"action_send": {"1"}, "email": {"anna@verein.example"}}, true)
	w.box.isEmpty(t) // a mail was sent a moment ago
	w.wait(4 * time.Minute)
	v.Send("/stadt/email/", url.Values{"action_send": {"1"}, "email": {"anna@verein.example"}}, true)
	w.box.take(t, "confirm-address", "anna@verein.example")

	v.Send("/stadt/email/", url.Values{"action_primary": {"1"}, "email": {"anna@verein.example"}}, true)
	v.Sees(http.StatusUnprocessableEntity, "This address isn’t one of yours.")
	v.Get(path)
	v.Sees(http.StatusOK, "Anna Ahorn", "Anna@Verein.example")
	v.Submit("Add the address", nil)
	v.Sees(http.StatusOK, "The address is confirmed.")
	v.DoesNotSee("waiting to be confirmed")
	w.box.take(t, "address-added", "anna@example.org")
	v.Send("/stadt/email/", url.Values{"action_primary": {"1"}, "email": {"anna@verein.example"}}, true)
	v.Sees(http.StatusOK, "Emails now go to")
	if got := w.box.takeAll(); got != "main-address-changed Anna@Verein.example, main-address-changed anna@example.org" {
		t.Errorf("of the new main address heard: %s", got)
	}
	v.Send("/stadt/email/", url.Values{"action_remove": {"1"}, "email": {"anna@verein.example"}}, true)
	v.Sees(http.StatusUnprocessableEntity, "This is your main address")
	v.Send("/stadt/email/", url.Values{"action_remove": {"1"}, "email": {"anna@example.org"}}, true)
	v.Sees(http.StatusOK, "has been removed")
	w.box.take(t, "address-removed", "Anna@Verein.example")
	if n := w.count(t, `SELECT COUNT(*) FROM email_addresses WHERE person_id = ? AND main AND address_key = 'anna@verein.example'`, w.Anna.ID); n != 1 {
		t.Error("the new address is not the only and main one")
	}
	v.Send("/stadt/email/", url.Values{}, false)
	v.Sees(http.StatusSeeOther)
}

func TestAddingAnAddressTellsNothingAndBlocksNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Carla.ID)
	add := func(address string) {
		v.Send("/stadt/email/", url.Values{"action_add": {"1"}, "email": {address}}, true)
	}
	add("bert@example.org")
	v.Sees(http.StatusOK, "We’ve sent an email to bert@example.org", "waiting to be confirmed")
	w.box.take(t, "address-taken", "bert@example.org")
	add("emil@example.org")
	v.Sees(http.StatusOK, "We’ve sent an email to emil@example.org")
	w.box.take(t, "confirm-address", "emil@example.org")
	add("carla@example.org")
	v.Sees(http.StatusUnprocessableEntity, "You’ve already added this address.")
	add("no address")
	v.Sees(http.StatusUnprocessableEntity, "Enter an email address like", "no address")

	emil := w.visit(t)
	w.signUp(t, emil, "emil@example.org", goodPassword)
	emil.Get(link(t, w.box.take(t, "confirm-sign-up", "emil@example.org")))
	emil.Submit("Confirm and sign in", nil)
	emil.Get("/stadt/settings/")
	emil.Sees(http.StatusOK, `value="emil"`)
}

func TestAnAddressThatSomebodyProvedMeanwhileStaysTheirs(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	carla := w.visit(t).As(w.Carla.ID)
	carla.Send("/stadt/email/", url.Values{"action_add": {"1"}, "email": {"emil@example.org"}}, true)
	path := link(t, w.box.take(t, "confirm-address", "emil@example.org"))
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := w.FindOrCreate(t.Context(), tx, "emil@example.org", true)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	carla.Get(path)
	carla.Submit("Add the address", nil)
	carla.Sees(http.StatusConflict, "This address belongs to another account.")
}

func TestConfirmingForSomebodyElseSignsOut(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	carla := w.visit(t).As(w.Carla.ID)
	carla.Send("/stadt/email/", url.Values{"action_add": {"1"}, "email": {"carla@verein.example"}}, true)
	path := link(t, w.box.take(t, "confirm-address", "carla@verein.example"))
	bert := w.visit(t).As(w.Bert.ID)
	bert.Get(path)
	bert.Sees(http.StatusOK, "You’re signed in with another account")
	bert.Submit("Add the address", nil)
	bert.Sees(http.StatusOK, "It now belongs to @carla.", "Sign in")
	bert.Ask(http.MethodGet, "/stadt/settings/")
	bert.Sees(http.StatusSeeOther)
}

func TestAnAccountIsDeletedOnThePage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/settings/gestalt/delete/")
	v.Sees(http.StatusOK, "2 group memberships", "2 subscriptions", "/stadt/help/", "Delete my account")
	v.Submit("Delete my account", nil)
	v.Sees(http.StatusOK, "Your account has been deleted.")
	v.Ask(http.MethodGet, "/stadt/settings/")
	v.Sees(http.StatusSeeOther)
	v.Send("/stadt/login/", url.Values{"login": {"anna"}, "password": {cast.Password}}, false)
	v.Sees(http.StatusUnprocessableEntity)
	if got := w.activities(t); got != "person.deleted" {
		t.Errorf("activities: %s", got)
	}
}

func TestStrangersAreLedToTheSignInPage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	for _, path := range []string{
		"/stadt/settings/", "/stadt/settings/password/", "/stadt/settings/gestalt/delete/",
		"/stadt/email/", "/stadt/password/set/",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if v.Ask(method, path); v.Page.Status != http.StatusSeeOther || !strings.HasPrefix(v.Page.Header.Get("Location"), "/stadt/login/") {
				t.Errorf("%s %s answers %d to %q", method, path, v.Page.Status, v.Page.Header.Get("Location"))
			}
		}
	}
}

func TestAClosedAccountWithoutAPasswordIsNotAdopted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec(t, `UPDATE people SET active = ? WHERE id = ?`, false, w.Dora.ID)
	v := w.visit(t)
	w.signUp(t, v, "dora@example.org", goodPassword)
	v.Get(link(t, w.box.take(t, "confirm-sign-up", "dora@example.org")))
	v.Submit("Confirm and sign in", nil)
	v.Sees(http.StatusUnprocessableEntity, "This account has been closed.")
	if n := w.count(t, `SELECT COUNT(*) FROM people WHERE id = ? AND password = ''`, w.Dora.ID); n != 1 {
		t.Error("the closed account has a password now")
	}
}

func TestALinkToAnAddressEndsWithIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.addAddress(t, w.Anna, "old@example.org", true)
	v := w.visit(t)
	v.Send("/stadt/password/reset/", url.Values{"email": {"Old@example.ORG"}}, false)
	path := link(t, w.box.take(t, "new-password", "Old@example.ORG"))
	if err := w.RemoveAddress(t.Context(), w.Anna.Viewer, "OLD@example.org"); err != nil {
		t.Fatal(err)
	}
	v.Get(path)
	v.Sees(http.StatusNotFound, "no longer works")
}

// exported is what a test reads of a download.
type exported struct {
	Site    string `json:"site"`
	Profile []struct {
		Slug     string    `json:"slug"`
		Public   bool      `json:"public"`
		JoinedAt time.Time `json:"joined_at"`
	} `json:"profile"`
	Addresses []struct {
		Address string `json:"address"`
		Main    bool   `json:"main"`
	} `json:"email_addresses"`
	Memberships []struct {
		Group string `json:"group"`
	} `json:"memberships"`
	Contents []struct {
		Place string  `json:"place"`
		Slug  *string `json:"slug"`
	} `json:"contents"`
	Contributions []struct {
		Text string `json:"text"`
	} `json:"comments_and_messages"`
}

func TestPeopleDownloadTheirOwnData(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	leaveTraces(t, w, w.Anna)
	w.exec(t, `UPDATE contributions SET text = ? WHERE author_id = ?`, "Ich & <du>", w.Anna.ID)
	v := w.visit(t).As(w.Anna.ID)
	v.Get("/stadt/settings/gestalt/delete/")
	v.Sees(http.StatusOK, "Download my data", `href="/stadt/settings/gestalt/export/"`)
	v.Ask(http.MethodGet, "/stadt/settings/gestalt/export/")
	v.Sees(http.StatusOK, `"text":"Ich & <du>"`)
	v.DoesNotSee("argon2", "bert", strings.Repeat("a", 64))
	h := v.Page.Header
	if h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=anna-20") {
		t.Errorf("the headers are %v", h)
	}
	var got exported
	if err := json.Unmarshal([]byte(v.Page.Body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Site != "Neustadt" || len(got.Profile) != 1 || got.Profile[0].Slug != "anna" || !got.Profile[0].Public || !got.Profile[0].JoinedAt.Equal(cast.Joined().Time) {
		t.Errorf("the profile is %+v", got.Profile)
	}
	if len(got.Addresses) != 1 || got.Addresses[0].Address != "anna@example.org" || !got.Addresses[0].Main {
		t.Errorf("the addresses are %+v", got.Addresses)
	}
	if len(got.Memberships) != 2 || got.Memberships[0].Group != "garten" || got.Memberships[1].Group != "chor" {
		t.Errorf("the memberships are %+v", got.Memberships)
	}
	if len(got.Contents) != 3 || got.Contents[0].Place != "anna" || *got.Contents[0].Slug != "hallo" || got.Contents[2].Slug != nil || len(got.Contributions) != 3 {
		t.Errorf("what Anna wrote is %+v, %+v", got.Contents, got.Contributions)
	}
}

func TestStrangersDownloadNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t)
	if v.Ask(http.MethodGet, "/stadt/settings/gestalt/export/"); v.Page.Status != http.StatusSeeOther || !strings.HasPrefix(v.Page.Header.Get("Location"), "/stadt/login/") {
		t.Errorf("it answers %d to %q", v.Page.Status, v.Page.Header.Get("Location"))
	}
}

func TestDownloadingOnesDataIsLimited(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t).As(w.Anna.ID)
	for range 10 {
		v.Ask(http.MethodGet, "/stadt/settings/gestalt/export/")
		v.Sees(http.StatusOK)
	}
	v.Ask(http.MethodGet, "/stadt/settings/gestalt/export/")
	v.Sees(http.StatusTooManyRequests, "Too many attempts")
	if v.Page.Header.Get("Retry-After") == "" || v.Page.Header.Get("Content-Disposition") != "" {
		t.Errorf("the headers are %v", v.Page.Header)
	}
	w.visit(t).As(w.Bert.ID).Get("/stadt/settings/gestalt/export/")
	w.wait(time.Hour)
	v.Ask(http.MethodGet, "/stadt/settings/gestalt/export/")
	v.Sees(http.StatusOK)
}

func TestADownloadThatFailsIsAnsweredByAPageOrCutOff(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	broken := estate.Holding{Export: estate.List[string]("broken", `SELECT nothing FROM nowhere WHERE x = ?`)}
	long := estate.Holding{Export: estate.List[string]("long", `SELECT '`+strings.Repeat("x", 300_000)+`' FROM people WHERE id = ?`)}
	download := func(holdings ...estate.Holding) (v *webtest.Visitor, panicked any) {
		w.more = holdings
		v = w.visit(t).As(w.Anna.ID)
		defer func() { panicked = recover() }()
		v.Ask(http.MethodGet, "/stadt/settings/gestalt/export/")
		return v, nil
	}
	if v, panicked := download(broken); panicked != nil || v.Page.Status != http.StatusInternalServerError || v.Page.Header.Get("Content-Disposition") != "" {
		t.Errorf("at once: %d, %v", v.Page.Status, panicked)
	}
	if _, panicked := download(long, broken); panicked != http.ErrAbortHandler { //nolint:errorlint // a panic's value is not wrapped
		t.Errorf("in the middle: %v", panicked)
	}
}
