package app

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestAnAdministratorSetsTheSiteUp sets each text on its page and looks for it where visitors and recipients find it.
func TestAnAdministratorSetsTheSiteUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	admin, nobody := w.visit(t, "demo-admin"), w.visit(t, "")
	nobody.Get("/")
	nobody.Sees(200, "example.org", "What the groups of our town do")
	nobody.DoesNotSee("/stadt/imprint/")
	nobody.Get("/stadt/imprint/")
	nobody.Sees(404)
	admin.Get("/stadt/admin/")
	admin.Sees(200, "7 things are still missing", "Write the imprint")

	admin.Get("/stadt/admin/name/")
	admin.Submit("welcome", map[string]string{"name": "  Neu\u202estadt <1> ", "claim": "Wir\nsind Nachbarn.", "welcome": "Kommt **vorbei**. <script>x</script>"})
	admin.Sees(200, "Saved.", `value="Neustadt &lt;1&gt;"`)
	nobody.Get("/")
	nobody.Sees(200, "<title>Neustadt &lt;1&gt;</title>", "<span>Neustadt &lt;1&gt;</span>", "Wir sind Nachbarn.</h1>", `<p class="foot-claim">Wir sind Nachbarn.</p>`, "Kommt <strong>vorbei</strong>.")
	nobody.DoesNotSee("<script>x", "Groups and initiatives in town show")
	if got := nobody.Ask(http.MethodGet, "/stadt/manifest.webmanifest").Body; !strings.Contains(got, `"name":"Neustadt \u003c1\u003e"`) {
		t.Error(got)
	}
	if got := nobody.Ask(http.MethodGet, "/stadt/events/public.ics").Body; !strings.Contains(got, "X-WR-CALNAME:Neustadt <1>") {
		t.Error(got)
	}
	admin.Get("/stadt/admin/")
	admin.Submit("Send me a test email", nil)
	if got := w.mails(t, "demo-admin@example.org"); len(got) != 1 || got[0].From[0].Name != "Neustadt <1>" || got[0].Subject != "Test email from Neustadt <1>" {
		t.Errorf("the administrator gets %+v", got)
	}

	admin.Get("/stadt/admin/imprint/")
	admin.Submit("imprint", map[string]string{"imprint": "# Verein\nAm Bach 1"})
	nobody.Get("/")
	nobody.Sees(200, `<a href="/stadt/imprint/">Imprint</a>`)
	nobody.Get("/stadt/imprint/")
	nobody.Sees(200, `>Imprint</h1>`, ">Verein</h2>", "Am Bach 1")
	nobody.Get("/stadt/privacy/")
	nobody.Sees(200, "What we store")
	admin.Get("/stadt/admin/privacy/")
	admin.Submit("data_protection", map[string]string{"data_protection": "Wir speichern *wenig*."})
	nobody.Get("/stadt/privacy/")
	nobody.Sees(200, "Wir speichern <em>wenig</em>.")
	nobody.DoesNotSee("What we store")

	admin.Get("/stadt/admin/")
	admin.Submit("Backups are set up", nil)
	admin.Sees(200, "1 thing is still missing", "The mail server accepted the last one.")

	admin.Get("/stadt/admin/imprint/")
	admin.Submit("imprint", map[string]string{"imprint": ""})
	nobody.Get("/")
	nobody.DoesNotSee("/stadt/imprint/")
}

func TestWhatIsTooMuchForAPlaceIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	admin := w.visit(t, "demo-admin")
	for _, c := range []struct {
		page, field string
		max         int
	}{
		{"/stadt/admin/name/", "name", 60},
		{"/stadt/admin/name/", "claim", 150},
		{"/stadt/admin/name/", "welcome", 2000},
		{"/stadt/admin/imprint/", "imprint", 20_000},
		{"/stadt/admin/privacy/", "data_protection", 60_000},
	} {
		admin.Get(c.page)
		admin.Submit(c.field, map[string]string{c.field: strings.Repeat("ä", c.max+1)})
		admin.Sees(http.StatusUnprocessableEntity, strings.Repeat("ä", c.max+1))
		admin.Submit(c.field, map[string]string{c.field: strings.Repeat("ä", c.max)})
		admin.Sees(http.StatusOK, "Saved.")
	}
}

func TestTwoAdministratorsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	first, second := w.visit(t, "demo-admin"), w.visit(t, "demo-admin")
	first.Get("/stadt/admin/imprint/")
	second.Get("/stadt/admin/imprint/")
	form := first.Form("imprint")
	form.Set("imprint", "Der Verein")
	for range 2 { // the second click changes nothing
		first.Send("/stadt/admin/imprint/", form, true)
		first.Sees(200, "Saved.")
	}
	second.Submit("imprint", map[string]string{"imprint": "Die Stadt"})
	second.Sees(http.StatusConflict, "Now it says: “Der Verein”", "Die Stadt</textarea>")
	second.Submit("imprint", nil)
	second.Sees(200, "Saved.", "Die Stadt</textarea>")
}

func TestOnlyAdministratorsSetTheSiteUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, nobody := w.visit(t, "anna"), w.visit(t, "")
	for _, page := range []string{"name", "imprint", "privacy", "colour", "logo", "languages"} {
		path := "/stadt/admin/" + page + "/"
		anna.Get(path)
		anna.Sees(http.StatusForbidden)
		anna.Send(path, url.Values{"name": {"Annas"}, "imprint": {"Annas"}, "data_protection": {"Annas"}, "colour": {"#00aa00"}}, false)
		anna.Sees(http.StatusForbidden)
		nobody.Get(path)
		nobody.Sees(200, "Sign in")
	}
	anna.Send("/stadt/admin/backups/", nil, false)
	anna.Sees(http.StatusForbidden)
	var rows int
	if err := w.db.Get(t.Context(), &rows, `SELECT COUNT(*) FROM site_settings`); err != nil || rows != 0 {
		t.Errorf("%d settings are there: %v", rows, err)
	}
}

func TestTheColourOfTheSiteIsChosen(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	admin, nobody := w.visit(t, "demo-admin"), w.visit(t, "")
	nobody.Get("/")
	nobody.DoesNotSee("/stadt/colours/")
	admin.Get("/stadt/admin/colour/")
	admin.Submit("colour", map[string]string{"colour": "#ffd34d"})
	admin.Sees(http.StatusUnprocessableEntity, "White letters on buttons of this colour are hard to read: their contrast is 1.4, and it has to be at least 4.5.", "/stadt/colours/ffd34d.css")
	nearest := regexp.MustCompile(`This shade works: (#[0-9a-f]{6})`).FindStringSubmatch(admin.Page.Body)
	form := admin.Form("colour")
	form.Set("colour", "#7a1fa2")
	form.Set("preview", "on")
	admin.Send("/stadt/admin/colour/", form, true)
	admin.Sees(200, "/stadt/colours/7a1fa2.css", `value="#7a1fa2"`)
	nobody.Get("/")
	nobody.DoesNotSee("/stadt/colours/")
	for _, wrong := range []string{"", "red", "#12345g", "#7a1fa2;}"} {
		form.Del("preview")
		form.Set("colour", wrong)
		admin.Send("/stadt/admin/colour/", form, true)
		admin.Sees(http.StatusUnprocessableEntity)
	}
	for _, colour := range []string{nearest[1], "#7A1FA2"} {
		admin.Get("/stadt/admin/colour/")
		admin.Submit("colour", map[string]string{"colour": colour})
		admin.Sees(200, "Saved.")
		nobody.Get("/")
		nobody.Sees(200, `href="/stadt/colours/`+strings.ToLower(colour[1:])+`.css"`, `<meta name="theme-color" content="`+strings.ToLower(colour)+`">`)
	}
	styles := nobody.Ask(http.MethodGet, "/stadt/colours/7a1fa2.css")
	if !strings.Contains(styles.Body, "--color-primary:#7a1fa2") || styles.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%v %s", styles.Header, styles.Body)
	}
	for _, path := range []string{"/stadt/colours/7a1fa2", "/stadt/colours/x.css", "/stadt/colours/%23a1fa2.css"} {
		nobody.Get(path)
		nobody.Sees(404)
	}
	admin.Get("/stadt/admin/colour/")
	form = admin.Form("colour")
	form.Set("usual", "on")
	admin.Send("/stadt/admin/colour/", form, true)
	nobody.Get("/")
	nobody.DoesNotSee("/stadt/colours/")
}

func TestTheLogoOfTheSiteIsUploaded(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	admin, nobody := w.visit(t, "demo-admin"), w.visit(t, "")
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 400, 100))); err != nil {
		t.Fatal(err)
	}
	admin.Get("/stadt/admin/logo/")
	admin.Upload("/stadt/admin/logo/", nil, webtest.File{Field: "logo", Name: "logo.svg", Content: []byte("<svg/>")})
	admin.Sees(http.StatusUnprocessableEntity, "This picture can’t be shown.")
	admin.Upload("/stadt/admin/logo/", nil, webtest.File{Field: "logo", Name: "logo.png", Content: file.Bytes()}, webtest.File{Field: "icon", Name: "icon.png", Content: file.Bytes()})
	admin.Sees(200, "Saved.", "Remove the logo", "Remove the icon")
	nobody.Get("/")
	logo := regexp.MustCompile(`<img src="(/-/images/logo/[^"]+)" alt="example.org"`).FindStringSubmatch(nobody.Page.Body)
	icon := regexp.MustCompile(`<link rel="icon" href="(/-/images/square/[^"]+)"`).FindStringSubmatch(nobody.Page.Body)
	if logo == nil || icon == nil {
		t.Fatalf("no logo, or no icon:\n%s", nobody.Page.Body)
	}
	for _, path := range []string{logo[1], icon[1]} {
		if got := nobody.Ask(http.MethodGet, path); got.Status != 200 || got.Header.Get("Content-Type") != "image/png" {
			t.Errorf("a stranger gets %s with status %d", path, got.Status)
		}
	}
	admin.Send("/stadt/admin/test-mail/", nil, true)
	if got := w.mails(t, "demo-admin@example.org"); len(got) != 1 || len(got[0].Attachments) != 1 || !got[0].Attachments[0].Inline || got[0].Attachments[0].MediaType != "image/png" {
		t.Errorf("the icon does not stand on the mail: %+v", got)
	}
	admin.Upload("/stadt/admin/logo/", url.Values{"remove_logo": {"on"}})
	admin.Sees(200, "Saved.", "Remove the icon")
	nobody.Get("/")
	nobody.DoesNotSee(logo[1])
	nobody.Sees(200, icon[1])
	if got := nobody.Ask(http.MethodGet, logo[1]); got.Status != 404 {
		t.Errorf("the logo that was removed: %d", got.Status)
	}
}

func TestFilesWinOverWhatIsSetOnPages(t *testing.T) {
	t.Parallel()
	w := newTown(t, "GROUPRISE_SITE_NAME=Altstadt", "GROUPRISE_CLAIMS=Aus der Datei.", "GROUPRISE_BRANDING_THEME_COLOR=#004400", "GROUPRISE_BRANDING_LOGO_TEXT=/own/logo.svg")
	admin, nobody := w.visit(t, "demo-admin"), w.visit(t, "")
	admin.Get("/stadt/admin/name/")
	admin.Sees(200, "Altstadt</p>", "Set by the option site_name (GROUPRISE_SITE_NAME)", "Aus der Datei.")
	admin.Submit("welcome", map[string]string{"name": "Neustadt", "claim": "Von der Seite.", "welcome": "Kommt vorbei."})
	admin.Sees(200, "Saved.")
	admin.Get("/stadt/admin/colour/")
	admin.Sees(200, "branding.theme_color")
	admin.Send("/stadt/admin/colour/", url.Values{"colour": {"#7a1fa2"}}, true)
	admin.Sees(http.StatusConflict, "Set by the option branding.theme_color")
	admin.Get("/stadt/admin/logo/")
	admin.Sees(200, "branding.logo_text", "/own/logo.svg")
	nobody.Get("/")
	nobody.Sees(200, "<title>Altstadt</title>", "Aus der Datei.</h1>", "Kommt vorbei.", `content="#004400"`, `src="/own/logo.svg"`)
	nobody.DoesNotSee("Neustadt", "Von der Seite", "/stadt/colours/")
	admin.Get("/stadt/admin/")
	admin.Sees(200, "4 things are still missing")
}

func TestTheLanguagesOfTheSiteAreChosen(t *testing.T) {
	t.Parallel()
	h := realHouse(t, "GROUPRISE_DOMAIN=example.org", "GROUPRISE_EMAIL_SUBMISSION_BACKEND=folder")
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := cast.New(t, h.db)
	admin, nobody, german := webtest.Visit(t, h.pages), webtest.Visit(t, h.pages), webtest.Visit(t, h.pages)
	german.Header = http.Header{"Accept-Language": {"de-AT, de;q=0.8"}}
	admin.Get("/stadt/login/")
	admin.Submit("password", map[string]string{"login": c.Admin.Slug, "password": cast.Password})
	nobody.Get("/")
	nobody.Sees(200, `<html lang="de">`, `<button type="submit" class="link" name="language"`)
	choose := func(status int, main string, offered ...string) {
		t.Helper()
		admin.Get("/stadt/admin/languages/")
		form := admin.Form("languages")
		form["languages"], form["language"] = offered, []string{main}
		admin.Send("/stadt/admin/languages/", form, true)
		admin.Sees(status)
	}
	choose(200, "en", "de", "en")
	nobody.Get("/")
	nobody.Sees(200, `<html lang="en">`)
	german.Get("/")
	german.Sees(200, `<html lang="de">`)
	choose(200, "en")
	german.Get("/")
	german.Sees(200, `<html lang="en">`)
	german.DoesNotSee(`name="language"`)
	german.Send("/stadt/language/", url.Values{"language": {"de"}}, false)
	german.Sees(404)
	admin.Send("/stadt/admin/test-mail/", nil, false)
	if got := sentMails(t, h.options.OutboxFolder()); len(got) != 1 || !strings.HasPrefix(got[0].Subject, "Test email") {
		t.Errorf("the administrator, who chose no language, gets %+v", got)
	}
	choose(200, "de", "de")
	german.Get("/")
	german.Sees(200, `<html lang="de">`)
	for _, wrong := range []string{"", "ru", "de en"} {
		choose(http.StatusUnprocessableEntity, wrong, "de")
	}
	choose(200, "de", "ru", "en")
	nobody.Get("/")
	nobody.Sees(200, `<html lang="de">`, `value="en"`)
}
