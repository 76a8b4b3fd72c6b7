package contenttest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/errs"
)

// mergedByField lets Anna change one field while Bert, who began before, changes the others.
func mergedByField(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	anna, bert := w.as(t, w.Anna.ID), w.as(t, w.Bert.ID)
	anna.Get("/garten/bohnen/edit/")
	bert.Get("/garten/bohnen/edit/")
	mine := bert.Form("title")
	anna.Send("/garten/bohnen/edit/", with(anna.Form("title"), url.Values{"title": {"Erbsen"}}), true)
	anna.Sees(200, "The changes have been saved.")
	bert.Send("/garten/bohnen/edit/", with(mine, w.sample.Changed, url.Values{textField: {"*Grün*"}, "pinned": {"on"}}), true)
	bert.Sees(200, "The changes have been saved.", "Erbsen", "<em>Grün</em>")
	if now := w.item(t, i.ID); now.Title != "Erbsen" || now.Text != "*Grün*" || !now.Pinned || now.Revision != 3 {
		t.Errorf("%+v", now)
	}
	bert.Get("/garten/bohnen/edit/")
	keeps(t, bert, w.sample.Changed)
	for name, values := range w.sample.Fields { // each of the kind's own fields by itself
		mine := bert.Form("title")
		bert.Send("/garten/bohnen/edit/", with(bert.Form("title"), url.Values{textField: {"Text beside " + name}}), true)
		anna.Send("/garten/bohnen/edit/", with(mine, url.Values{name: values}), true)
		if anna.Page.Status != http.StatusOK && anna.Page.Status != http.StatusUnprocessableEntity {
			t.Errorf("a change of %q by somebody who had not seen the new text: %d", name, anna.Page.Status)
		}
		if now := w.item(t, i.ID); now.Text != "Text beside "+name {
			t.Errorf("a change of %q takes back the text", name)
		}
		bert.Get("/garten/bohnen/edit/")
	}
}

// changedAtOnce lets two people change the same fields: the second one sees what the first one wrote, and saving once
// more works.
func changedAtOnce(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	anna, bert := w.as(t, w.Anna.ID), w.as(t, w.Bert.ID)
	anna.Get("/garten/bohnen/edit/")
	bert.Get("/garten/bohnen/edit/")
	mine := bert.Form("title")
	anna.Send("/garten/bohnen/edit/", with(anna.Form("title"), w.sample.Changed, url.Values{"title": {"Erbsen"}, textField: {"Die sind grün."}, "slug": {"erbsen"}}), true)
	anna.Sees(200, "The changes have been saved.")
	// Bert's form has other values in all of these, as far as there are others.
	bert.Send("/garten/erbsen/edit/", with(mine, url.Values{"title": {"Linsen"}, textField: {"Die sind braun."}}), true)
	bert.Sees(http.StatusConflict, "Someone else has changed this", "Linsen", "Die sind braun.", "Erbsen", "Die sind grün.", "Anna Ahorn changed this to:")
	keeps(t, bert, w.sample.Changed) // only she had changed those
	keeps(t, bert, url.Values{"title": {"Linsen"}, textField: {"Die sind braun."}, "slug": {"erbsen"}})
	bert.Submit("Save", nil)
	bert.Sees(200, "The changes have been saved.", "Linsen", "Die sind braun.")
	if now := w.item(t, i.ID); now.Slug != "erbsen" || now.Revision != 3 {
		t.Errorf("%+v", now)
	}
	for name := range w.sample.Fields {
		bert.Get("/garten/erbsen/edit/")
		mine := bert.Form("title")
		anna.Send("/garten/erbsen/edit/", with(mine, w.sample.Fields), true)
		anna.Sees(200, "The changes have been saved.")
		if w.sample.Past[name] == nil {
			continue
		}
		bert.Send("/garten/erbsen/edit/", with(mine, w.sample.Past), true)
		bert.Sees(http.StatusConflict, "Anna Ahorn changed “")
		bert.Submit("Save", nil)
		bert.Sees(200, "The changes have been saved.")
		anna.Get("/garten/erbsen/edit/")
		anna.Send("/garten/erbsen/edit/", with(anna.Form("title"), w.sample.Changed), true)
	}
	form := w.form(t, with(words("Ohne Fassung", true), w.sample.Fields, url.Values{"slug": {"erbsen"}}))
	if now, err := w.Revise(t.Context(), w.Anna.Viewer, i.ID, form); err != nil || now.Title != "Ohne Fassung" {
		t.Errorf("a form that does not say what it changes: %v", err)
	}
}

// staysInternal takes an item back to internal while somebody has an older form open.
func staysInternal(w *town) {
	t := w.t
	i := w.publish(t, "Bohnen", true)
	anna, bert := w.as(t, w.Anna.ID), w.as(t, w.Bert.ID)
	anna.Get("/garten/bohnen/edit/")
	bert.Get("/garten/bohnen/edit/")
	mine := bert.Form("title")
	back := anna.Form("title")
	back.Del("public")
	anna.Send("/garten/bohnen/edit/", back, true)
	anna.Sees(200, "The changes have been saved.")
	bert.Send("/garten/bohnen/edit/", with(mine, url.Values{textField: {"Die sind braun."}}), true)
	bert.Sees(http.StatusConflict, "Anna Ahorn made this internal", "Die sind braun.")
	if w.item(t, i.ID).Public {
		t.Fatal("an older form makes it public")
	}
	bert.Submit("Save", nil)
	bert.Sees(200, "The changes have been saved.", "Die sind braun.")
	if w.item(t, i.ID).Public {
		t.Error("saving again makes it public")
	}
	// Whoever wants it public can have it, and whoever does not know must hear of that, too.
	bert.Get("/garten/bohnen/edit/")
	mine = bert.Form("title")
	anna.Get("/garten/bohnen/edit/")
	anna.Send("/garten/bohnen/edit/", with(anna.Form("title"), url.Values{"public": {"on"}}), true)
	bert.Send("/garten/bohnen/edit/", with(mine, url.Values{textField: {"Nur für uns."}}), true)
	bert.Sees(http.StatusConflict, "Anna Ahorn made this public", "Nur für uns.")
	if now := w.item(t, i.ID); now.Text == "Nur für uns." || !now.Public {
		t.Errorf("%+v", now)
	}
}

// attack is what must never reach a page as it is.
const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)>`

// hostileValues writes what a page, a mail or a database could choke on into every field.
func hostileValues(w *town) {
	t := w.t
	texts := []string{attack, "{{.}} %s %d ${x} \\", "\x00\u202e\ufeff\xff", strings.Repeat("ä", 70_000), "'; DROP TABLE contents; --", "[x](javascript:alert(1)) ![x](x){onclick=alert(1)}"}
	anna, nobody := w.as(t, w.Anna.ID), w.as(t, 0)
	for n, text := range texts {
		values := with(words("Wert", true), w.sample.Fields, url.Values{textField: {"x " + text}})
		if len(text) < 255 {
			values.Set("title", "Wert "+text)
		}
		fields := slices.Sorted(maps.Keys(w.sample.Fields))
		for _, name := range append([]string{""}, fields...) {
			sent := with(values, url.Values{textField: {values.Get(textField) + " " + name}})
			if name != "" {
				sent.Set(name, text)
			}
			p := anna.Send(w.formPath(), sent, true)
			if p.Status != http.StatusOK && p.Status != http.StatusUnprocessableEntity {
				t.Errorf("the hostile text %d in %q is answered by %d", n, name, p.Status)
			}
			unharmed(t, p.Body)
		}
	}
	for _, address := range []string{"/", "/garten/", w.kind.ListPath} {
		nobody.Get(address)
		nobody.Sees(200)
		unharmed(t, nobody.Page.Body)
	}
	var ids []int64
	if err := w.db.Select(t.Context(), &ids, `SELECT id FROM contents ORDER BY id`); err != nil || len(ids) == 0 {
		t.Fatal(ids, err)
	}
	for _, id := range ids {
		i := w.item(t, id)
		nobody.Get(i.Path())
		nobody.Sees(200)
		unharmed(t, nobody.Page.Body)
		anna.Get(i.Path() + "edit/")
		anna.Sees(200)
		unharmed(t, anna.Page.Body)
		if m, err := w.message(t, id, w.Bert); err != nil || strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("the mail about %d: %v", id, err)
		}
	}
	if _, err := w.Revise(t.Context(), w.Anna.Viewer, ids[0], w.form(t, with(words("x", true), url.Values{"slug": {attack}, "version": {"4711"}}))); !errs.Is(err, errs.Invalid) {
		t.Errorf("a hostile short name: %v", err)
	}
}

// unharmed fails the test if an attack stands on a page as it was written.
func unharmed(t *testing.T, body string) {
	t.Helper()
	for _, wrong := range []string{"<script>alert", "<img src=x", `href="javascript:`} {
		if strings.Contains(body, wrong) {
			t.Errorf("the page contains %s", wrong)
		}
	}
}
