package contenttest

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// isComplete looks at the kind alone.
func isComplete(t *testing.T, k content.Kind, s Sample) {
	t.Helper()
	if n := utf8.RuneCountInString(k.Name); n == 0 || n > 16 {
		t.Errorf("the name %q has %d characters, and the database takes 16", k.Name, n)
	}
	for what, text := range map[string]string{"Label": string(k.Label), "Plural": string(k.Plural), "Write": string(k.Write), "About": string(k.About), "Icon": string(k.Icon)} {
		if text == "" {
			t.Errorf("%s is empty", what)
		}
	}
	if !strings.HasPrefix(k.ListPath, "/stadt/") || strings.HasSuffix(k.ListPath, "/") {
		t.Errorf("the list stands at %q, and not at /stadt/…", k.ListPath)
	}
	if k.Form == nil {
		return
	}
	if k.Form() == k.Form() {
		t.Error("Form returns the same form to everybody")
	}
	if _, ok := k.Form().(content.Dated); ok != (k.Order == content.NextFirst) {
		t.Error("a kind that has a time is NextFirst, and a kind that is NextFirst has a time")
	}
	fields := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(k.Form()).Elem()) {
		name, _, _ := strings.Cut(f.Tag.Get("form"), ",")
		if name == "" || name == "-" {
			continue
		}
		if fields[name] {
			t.Errorf("two fields are called %q", name)
		}
		fields[name] = true
		if len(f.Index) == 1 && f.Tag.Get("label") == "" {
			t.Errorf("the field %q has no label that says what two people changed at once", name)
		}
	}
	for name := range s.Fields {
		if s.Changed[name] == nil || reflect.DeepEqual(s.Changed[name], s.Fields[name]) {
			t.Errorf("the sample does not change %q", name)
		}
	}
}

func publishedOnTheWeb(w *town) {
	t := w.t
	anna := w.as(t, w.Anna.ID)
	anna.Get(w.formPath())
	anna.Sees(200, string(w.kind.Write))
	anna.Send(w.formPath(), with(words(" ", true), w.sample.Fields), true)
	anna.Sees(422, "Enter a title.")
	keeps(t, anna, w.sample.Fields)
	anna.Send(w.formPath(), with(words("Bohnen", true), w.sample.Fields, url.Values{"preview": {"1"}}), true)
	anna.Sees(200, "Preview", "<strong>Bohnen</strong>")
	keeps(t, anna, w.sample.Fields)
	anna.Submit("Publish", map[string]string{"preview": ""})
	anna.Sees(200, shown("Bohnen", w.sample.OnPage)...)
	if anna.Page.Path != "/garten/bohnen/" {
		t.Errorf("the item stands at %s", anna.Page.Path)
	}
	nobody := w.as(t, 0)
	nobody.Get("/garten/bohnen/")
	nobody.Sees(200, shown("<strong>Bohnen</strong>", w.sample.OnPage)...)
	if all := webtest.Activities(t, w.db); len(all) != 1 || all[0] != "content.published garten by anna" {
		t.Errorf("activities: %v", all)
	}
	if p := nobody.Ask(http.MethodGet, w.formPath()); p.Status != http.StatusSeeOther {
		t.Errorf("a stranger gets the form: %d", p.Status)
	}
	if p := w.as(t, w.Carla.ID).Send(w.formPath(), with(words("x", true), w.sample.Fields), false); p.Status != http.StatusForbidden {
		t.Errorf("Carla publishes in the name of a group that she is no member of: %d", p.Status)
	}
}

// keeps fails the test unless the form on the page has the values. Nothing may be typed twice.
func keeps(t *testing.T, v *webtest.Visitor, values url.Values) {
	t.Helper()
	sent := v.Form("title")
	for name, list := range values {
		if !reflect.DeepEqual(sent[name], list) {
			t.Errorf("the form has %q in the field %q, want %q", sent[name], name, list)
		}
	}
}

func publishedByAction(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	if i.Kind != w.kind.Name || i.Slug != "bohnen" || i.Revision != 1 || i.Entity.Slug != "garten" || i.Author.Name != "Anna Ahorn" {
		t.Errorf("%+v", i)
	}
	if dated := w.kind.Order == content.NextFirst; dated != !i.StartsAt.IsZero() || i.EndsAt.Before(i.StartsAt.Time) {
		t.Errorf("it begins at %v and ends at %v", i.StartsAt, i.EndsAt)
	}
	anna := w.as(t, w.Anna.ID)
	anna.Get("/garten/bohnen/edit/")
	keeps(t, anna, w.sample.Fields)
	anna.Submit("Save", nil)
	anna.Sees(200, w.sample.OnPage...)
	if now := w.item(t, i.ID); now.Revision != 1 {
		t.Errorf("a form that changes nothing makes revision %d: Load does not read what Save keeps", now.Revision)
	}
	_, err := w.Publish(t.Context(), w.Carla.Viewer, content.Draft{Kind: w.kind.Name, Entity: w.Garten.Entity(), Form: w.form(t, with(words("x", true), w.sample.Fields))})
	if !errs.Is(err, errs.Denied) {
		t.Errorf("Carla publishes: %v", err)
	}
}

func standsInLists(w *town) {
	t := w.t
	w.publish(t, "Bohnen", true)
	other, err := w.Publish(t.Context(), w.Bert.Viewer, content.Draft{Kind: "plain", Entity: w.Bert.Entity(), Form: &content.Common{Title: "Mohn", Text: "x", Public: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range []int64{0, w.Carla.ID, w.Bert.ID} {
		v := w.as(t, person)
		v.Get("/")
		v.Sees(200, shown("Bohnen", append([]string{other.Title, string(w.kind.Label)}, w.sample.OnCard...))...)
		v.Get("/garten/")
		v.Sees(200, shown("Bohnen", w.sample.OnCard)...)
		v.DoesNotSee(other.Title)
		v.Get(w.kind.ListPath)
		v.Sees(200, shown("Bohnen", w.sample.OnCard)...)
		v.DoesNotSee(other.Title)
	}
}

func heardOf(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	m, err := w.message(t, i.ID, w.Bert)
	if err != nil {
		t.Fatal(err)
	}
	mail := mailtest.PrintMessage(m)
	for _, text := range append([]string{"Kind: " + w.kind.Name, "Subject: Bohnen", "Text of **Bohnen**.", "/stadt/content/"}, w.sample.InMail...) {
		if !strings.Contains(mail, text) {
			t.Errorf("the mail does not say %q:\n%s", text, mail)
		}
	}
	err = w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		return inbox.Inbox{}.DeliverAll(t.Context(), tx, []notify.Delivery{{Activity: w.published(t, i.ID), To: notify.Recipient{PersonID: w.Bert.ID}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	bert := w.as(t, w.Bert.ID)
	bert.Get(inbox.Path)
	bert.Sees(200, "Bohnen", "Garten am Bach")
	nobody := w.as(t, 0)
	nobody.Get("/garten/bohnen/")
	_, preview, _ := strings.Cut(nobody.Page.Body, `<meta name="description" content="`)
	preview, _, _ = strings.Cut(preview, `"`)
	for _, text := range append([]string{"Text of Bohnen."}, facts(m)...) {
		if !strings.Contains(preview, text) {
			t.Errorf("the preview does not say %q: %s", text, preview)
		}
	}
}

// facts returns what a mail says beside the title and the text.
func facts(m *notify.Message) []string {
	var all []string
	for _, f := range m.Facts {
		all = append(all, f.Value)
	}
	return all
}

func revised(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	bert := w.as(t, w.Bert.ID)
	bert.Get("/garten/bohnen/edit/")
	bert.Send("/garten/bohnen/edit/", with(bert.Form("title"), w.sample.Changed, url.Values{"title": {"Erbsen"}, "slug": {"erbsen"}, textField: {"*Grün*"}}), true)
	bert.Sees(200, "The changes have been saved.", "Erbsen", "<em>Grün</em>")
	bert.Get("/garten/erbsen/edit/")
	keeps(t, bert, w.sample.Changed)
	if now := w.item(t, i.ID); now.Revision != 2 || now.Title != "Erbsen" || now.Slug != "erbsen" || now.Text != "*Grün*" {
		t.Errorf("%+v", now)
	}
	if _, err := w.Revise(t.Context(), w.Carla.Viewer, i.ID, w.form(t, with(words("x", true), w.sample.Fields, url.Values{"slug": {"x"}}))); !errs.Is(err, errs.Denied) {
		t.Errorf("Carla changes it: %v", err)
	}
	if p := w.as(t, w.Carla.ID).Ask(http.MethodGet, "/garten/erbsen/edit/"); p.Status != http.StatusForbidden {
		t.Errorf("Carla gets the form: %d", p.Status)
	}
}

func sentTwice(w *town) {
	t := w.t
	first := w.publish(t, "Bohnen", true)
	if second := w.publish(t, "Bohnen", true); second.ID != first.ID {
		t.Error("a second click on the button publishes it once more")
	}
	if len(w.sample.Fields) == 0 {
		return
	}
	if other := w.publish(t, "Bohnen", true, w.sample.Changed); other.ID == first.ID {
		t.Error("another item with this title and text is taken for a second click")
	}
}

func pinned(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true, url.Values{"pinned": {"on"}})
	w.publish(t, "Erbsen", true)
	items, _, err := w.List(t.Context(), w.Carla.Viewer, content.Filter{EntityID: w.Garten.EntityID, Pinned: true})
	if err != nil || len(items) != 1 || items[0].ID != i.ID {
		t.Errorf("pinned are %v, %v", items, err)
	}
	own, err := w.Publish(t.Context(), w.Anna.Viewer, content.Draft{
		Kind: w.kind.Name, Entity: w.Anna.Entity(), Form: w.form(t, with(words("Tagebuch", true), w.sample.Fields, url.Values{"pinned": {"on"}})),
	})
	if err != nil || own.Pinned {
		t.Errorf("something is pinned to a profile: %v, %v", own.Pinned, err)
	}
}

func forMembers(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", false)
	secret := append([]string{"Bohnen"}, append(w.sample.OnPage, w.sample.OnCard...)...)
	for person, status := range map[int64]int{0: http.StatusSeeOther, w.Carla.ID: http.StatusForbidden, w.Admin.ID: http.StatusForbidden, w.Bert.ID: http.StatusOK} {
		v := w.as(t, person)
		for _, address := range []string{"/garten/bohnen/", "/garten/bohnen/edit/"} {
			if p := v.Ask(http.MethodGet, address); p.Status != status {
				t.Errorf("%d gets %d at %s, want %d", person, p.Status, address, status)
			}
			if status != http.StatusOK {
				v.DoesNotSee(secret...)
			}
		}
		for _, address := range []string{"/", "/garten/", w.kind.ListPath} {
			v.Get(address)
			if status == http.StatusOK {
				v.Sees(200, shown("Bohnen", w.sample.OnCard)...)
			} else {
				v.DoesNotSee(secret...)
			}
		}
	}
	if _, err := w.message(t, i.ID, w.Carla); !errs.Is(err, errs.Denied) {
		t.Errorf("Carla gets a mail about it: %v", err)
	}
}

func deleted(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	anna := w.as(t, w.Anna.ID)
	anna.Get("/garten/bohnen/delete/")
	anna.Submit("Delete", nil)
	anna.Sees(200, "“Bohnen” has been deleted.")
	for _, address := range []string{"/garten/bohnen/", "/garten/bohnen/edit/"} {
		if p := anna.Ask(http.MethodGet, address); p.Status != http.StatusNotFound {
			t.Errorf("%s answers %d", address, p.Status)
		}
	}
	for _, address := range []string{"/", w.kind.ListPath} {
		anna.Get(address)
		anna.DoesNotSee(shown("Bohnen", w.sample.OnCard)...)
	}
	if _, err := w.message(t, i.ID, w.Bert); !errs.Is(err, errs.NotFound) {
		t.Errorf("somebody is told of what was deleted: %v", err)
	}
}

func pastAndComing(w *town) {
	t := w.t
	if w.kind.Order != content.NextFirst {
		return
	}
	w.publish(t, "Bohnen", true)
	w.publish(t, "Erbsen", true, w.sample.Past)
	nobody := w.as(t, 0)
	nobody.Get(w.kind.ListPath)
	nobody.Sees(200, "Bohnen")
	nobody.DoesNotSee("Erbsen")
	nobody.Get(w.kind.ListPath + "?past=1")
	nobody.Sees(200, "Erbsen")
	nobody.DoesNotSee("Bohnen")
}
