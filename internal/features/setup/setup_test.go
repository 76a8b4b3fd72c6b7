package setup_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/setup"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// accounts stands in for the room of accounts.
type accounts struct{ cast.People }

func (accounts) CheckFirst(name, _, typed, repeated string) (wrong []errs.FieldError) {
	if name == "" {
		wrong = append(wrong, errs.Field("name", "Who are you?"))
	}
	if typed != repeated {
		wrong = append(wrong, errs.Field("password2", "The passwords don’t match. Enter the same one twice."))
	}
	return wrong
}

func (accounts) HashPassword(_ context.Context, typed string) (string, error) {
	return "hash of " + typed, nil
}

func (a accounts) CreateFirst(ctx context.Context, tx *sqldb.Tx, _, address, hash, _ string) (community.Person, error) {
	person, err := a.FindOrCreate(ctx, tx, address, true)
	if err != nil {
		return person, err
	}
	_, err = tx.Exec(ctx, `UPDATE people SET admin = ?, password = ? WHERE id = ?`, true, hash, person.ID)
	return person, err
}

// newSite returns the room of a site on which nobody has an account, and its settings.
func newSite(t *testing.T, db *sqldb.DB, log *slog.Logger, fixed map[settings.Key]settings.Fixed) (*setup.Setup, *settings.Settings) {
	t.Helper()
	catalogues := localetest.Catalogues(t)
	set := settings.New(db, slog.New(slog.DiscardHandler), fixed)
	return setup.New(setup.Deps{DB: db, Accounts: accounts{}, Settings: set, Catalogues: catalogues, Log: log, BaseURL: "https://stadt.example"}), set
}

func beginning(code, address string) setup.Beginning {
	said := setup.Description{
		SiteName: " Neustadt ", Language: "de", Claim: "Wir sind Nachbarn.", Operator: "Verein *Neustadt* e. V.", Postal: "Hauptstraße 1\r\n12345 Neustadt", Contact: "post@neustadt.example",
	}
	return setup.Beginning{Code: code, Description: said, Name: "Anna Ahorn", Address: address, Password: "p", Repeated: "p"}
}

func issue(t *testing.T, s *setup.Setup, alone bool) string {
	t.Helper()
	code, err := s.Issue(t.Context(), alone)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestACodeMakesOneAdministratorAndNeverAnother(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, set := newSite(t, db, nil, nil)
		old, other := issue(t, s, false), issue(t, s, false)
		newest := issue(t, s, true)
		for _, code := range []string{"", "x", old, other, strings.ReplaceAll(newest, "-", "")[1:]} {
			if _, err := s.Begin(t.Context(), beginning(code, "anna@post.example")); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "This code is wrong") {
				t.Errorf("the code %q: %v", code, err)
			}
		}
		person, err := s.Begin(t.Context(), beginning(" "+strings.ToUpper(strings.ReplaceAll(newest, "-", " ")), "anna@post.example"))
		if err != nil || person.Slug != "anna" {
			t.Fatalf("%+v, %v", person, err)
		}
		want := map[settings.Key]string{
			settings.Name: "Neustadt", settings.Language: "de", settings.Claim: "Wir sind Nachbarn.",
			settings.Imprint: "Verantwortlich für diese Seite:\n\nVerein \\*Neustadt\\* e. V.\nHauptstraße 1\n12345 Neustadt\n\nKontakt: post@neustadt.example",
		}
		for key, text := range want {
			if got := set.Latest(t.Context()).Text(key); got != text {
				t.Errorf("the site says of its %s %q, want %q", key, got, text)
			}
		}
		if _, err := s.Begin(t.Context(), beginning(newest, "bert@post.example")); !errs.Is(err, errs.Invalid) {
			t.Errorf("the code once more: %v", err)
		}
		if empty, err := s.Empty(t.Context()); empty || err != nil {
			t.Errorf("empty %v, %v", empty, err)
		}
		if _, err := s.Issue(t.Context(), false); !errs.Is(err, errs.Conflict) {
			t.Errorf("another code: %v", err)
		}
	})
}

func TestOfTwoCodesAtOnceOneWorks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, _ := newSite(t, db, nil, nil)
		var made atomic.Int32
		var all sync.WaitGroup
		codes := map[string]string{}
		for _, name := range []string{"anna", "bert", "carla", "dora"} {
			codes[name] = issue(t, s, false)
		}
		for name, code := range codes {
			all.Go(func() {
				_, err := s.Begin(t.Context(), beginning(code, name+"@post.example"))
				switch {
				case err == nil:
					made.Add(1)
				case !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid):
					t.Error(err)
				}
			})
		}
		all.Wait()
		var admins int
		if err := db.Get(t.Context(), &admins, `SELECT COUNT(*) FROM people WHERE admin`); err != nil || admins != 1 || made.Load() != 1 {
			t.Errorf("%d administrators after %d that were made, %v", admins, made.Load(), err)
		}
	})
}

func TestACodeEndsAfterAnHour(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	db := dbtest.SQLite(t).WithClock(func() time.Time { return now })
	s, _ := newSite(t, db, nil, nil)
	code := issue(t, s, false)
	now = now.Add(setup.CodeLifetime)
	if _, err := s.Begin(t.Context(), beginning(code, "anna@post.example")); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

// TestAStrangerWhoIsFirstShutsNoDoor has somebody sign up on a site that nobody has set up yet.
func TestAStrangerWhoIsFirstShutsNoDoor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, set := newSite(t, db, nil, nil)
		stranger := cast.AddPerson(t, db, "stranger")
		cast.Execute(t, db, `UPDATE people SET password = 'x' WHERE id = ?`, stranger.ID)
		joined(t, db, s, stranger.ID)
		if empty, err := s.Empty(t.Context()); !empty || err != nil || set.Latest(t.Context()).Text(settings.SetUp) != "" {
			t.Fatalf("empty %v, %v", empty, err)
		}
		person, err := s.Begin(t.Context(), beginning(issue(t, s, true), "anna@post.example"))
		if err != nil || person.ID == stranger.ID {
			t.Fatalf("%+v, %v", person, err)
		}
		joined(t, db, s, person.ID)
		if empty, err := s.Empty(t.Context()); empty || err != nil || set.Latest(t.Context()).Text(settings.SetUp) != settings.Passed {
			t.Errorf("empty %v, %v", empty, err)
		}
	})
}

// joined lets the room hear that somebody has an account.
func joined(t *testing.T, db *sqldb.DB, s *setup.Setup, personID int64) {
	t.Helper()
	for _, r := range s.Module().Reactions {
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return r.Run(t.Context(), tx, community.Activity{Name: r.Activity, PersonID: personID})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestASiteIsSetUpOnceEvenIfEverybodyLeaves(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	s, _ := newSite(t, db, nil, nil)
	joined(t, db, s, c.Anna.ID)
	cast.Execute(t, db, `UPDATE people SET admin = ?, password = ''`, false)
	if empty, err := s.Empty(t.Context()); empty || err != nil {
		t.Errorf("empty %v, %v", empty, err)
	}
}

var shownCode = regexp.MustCompile(`code=([a-z0-9-]+)`)

func TestThePageWantsTheCodeOfTheLogAndIsGoneAfterwards(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	var log bytes.Buffer
	s, _ := newSite(t, db, slog.New(slog.NewTextHandler(&log, nil)), nil)
	start := site.Route{Method: http.MethodGet, Path: "/", Handle: func(v *site.Visit) error {
		all, err := v.Blocks(site.StartMain, site.Subject{})
		if err != nil {
			return err
		}
		return all.Render(v.Context(), v.W)
	}}
	handler := webtest.Open(t, webtest.NewSite(t, db, webtest.People{}), s.Module(), module.Module{Routes: []site.Route{start}})
	s.Announce(t.Context())
	if !strings.Contains(log.String(), "page=https://stadt.example/stadt/setup/") {
		t.Errorf("the log says %s", log.String())
	}
	code := shownCode.FindStringSubmatch(log.String())[1]
	v := webtest.Visit(t, handler)
	v.Get("/")
	v.Sees(http.StatusOK, "This site is new", `href="/stadt/setup/"`)
	v.Get(setup.Path)
	v.Sees(http.StatusOK, "Set up your site", "Code from the terminal")
	v.DoesNotSee(code)
	v.Submit("code", map[string]string{"code": "wrong", "site_name": "Neustadt", "name": "Anna Ahorn", "email": "anna@post.example", "password1": "p", "password2": "q"})
	v.Sees(http.StatusUnprocessableEntity, "This code is wrong or too old", "The passwords don’t match", `value="Neustadt"`)
	v.Submit("code", map[string]string{"code": code, "language": "xx", "name": "Anna Ahorn", "email": "anna@post.example", "password1": "p", "password2": "p"})
	v.Sees(http.StatusUnprocessableEntity, "Choose one of these languages.")
	form := v.Form("code")
	form.Set("code", code)
	form.Set("language", "de")
	form.Set("password1", "p")
	form.Set("password2", "p")
	if p := v.Send(setup.Path, form, false); p.Status != http.StatusSeeOther || p.Header.Get("Location") != "/stadt/admin/" {
		t.Errorf("%d to %q: %s", p.Status, p.Header.Get("Location"), p.Body)
	}
	stranger := webtest.Visit(t, handler)
	stranger.Get(setup.Path)
	stranger.Sees(http.StatusNotFound)
	stranger.Send(setup.Path, form, false)
	stranger.Sees(http.StatusNotFound)
	stranger.Get("/")
	stranger.DoesNotSee("This site is new")
	log.Reset()
	s.Announce(t.Context())
	if log.Len() > 0 {
		t.Errorf("the log of a site that is set up says %s", log.String())
	}
}

func TestCodesCannotBeTriedAllTheTime(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	s, _ := newSite(t, db, nil, nil)
	v := webtest.Visit(t, webtest.Open(t, webtest.NewSite(t, db, webtest.People{}), s.Module()))
	for n := range 11 {
		v.Send(setup.Path, url.Values{"code": {"x"}, "name": {"Eva"}, "email": {"eva@post.example"}}, false)
		if want := http.StatusUnprocessableEntity; n < 10 && v.Page.Status != want || n == 10 && v.Page.Status != http.StatusTooManyRequests {
			t.Errorf("try %d: %d", n+1, v.Page.Status)
		}
	}
}

func TestWhatTheConfigurationSaysIsNotAsked(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	s, set := newSite(t, db, nil, map[settings.Key]settings.Fixed{settings.Name: {Option: "site_name"}, settings.Language: {Option: "language_code"}, settings.Claim: {Option: "claims"}})
	v := webtest.Visit(t, webtest.Open(t, webtest.NewSite(t, db, webtest.People{}), s.Module()))
	v.Get(setup.Path)
	v.DoesNotSee("site_name", `id="field-language"`, `name="claim"`)
	v.Sees(http.StatusOK, `name="operator"`)
	if _, err := s.Begin(t.Context(), beginning(issue(t, s, false), "anna@post.example")); err != nil {
		t.Fatal(err)
	}
	if now := set.Latest(t.Context()); now.Get(settings.Name).Value != "" || now.Get(settings.Language).Value != "" || now.Get(settings.Claim).Value != "" {
		t.Errorf("kept %+v", now)
	}
}

// TestAnImprintIsNeverHalfOfOne is the table of what somebody may say, and leave out, of who runs the site.
func TestAnImprintIsNeverHalfOfOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		said setup.Description
		want string // the imprint, or the field that is wrong
	}{
		{"nothing", setup.Description{}, ""},
		{"blanks", setup.Description{Operator: " ", Postal: "\n", Contact: " "}, ""},
		{"a name", setup.Description{Operator: "Anna"}, "This site is run by:\n\nAnna"},
		{"no address", setup.Description{Operator: "Anna", Contact: "0123 45"}, "This site is run by:\n\nAnna\n\nContact: 0123 45"},
		{"signs", setup.Description{Operator: "# <b>Anna", Postal: "> 1. Weg"}, "This site is run by:\n\n\\# \\<b>Anna\n> 1\\. Weg"},
		{"no name", setup.Description{Postal: "Weg 1"}, "operator"},
		{"no name, and a contact", setup.Description{Contact: "0123"}, "operator"},
		{"too long a name", setup.Description{Operator: strings.Repeat("ä", 151)}, "operator"},
		{"too long an address", setup.Description{Operator: "Anna", Postal: strings.Repeat("ä", 501)}, "postal"},
		{"too long a contact", setup.Description{Operator: "Anna", Contact: strings.Repeat("1", 255)}, "contact"},
		{"too long a sentence", setup.Description{Claim: strings.Repeat("ä", 151)}, "claim"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s, set := newSite(t, dbtest.SQLite(t), nil, nil)
			err := s.Describe(t.Context(), c.said)
			got := set.Latest(t.Context()).Text(settings.Imprint)
			if e, ok := errors.AsType[*errs.Error](err); ok && len(e.Fields) == 1 {
				got += e.Fields[0].Name
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}
