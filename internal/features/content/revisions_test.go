package content_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// revise changes an item as somebody who has opened it at a revision.
func (h *house) revise(t *testing.T, id int64, version int, change func(*content.Common)) (content.Item, error) {
	t.Helper()
	i, _, err := h.Get(t.Context(), h.db, h.Anna.Viewer, id)
	if err != nil {
		t.Fatal(err)
	}
	f := content.Common{Title: i.Title, Text: i.Text, Public: i.Public, Pinned: i.Pinned, Slug: i.Slug, Version: version}
	change(&f)
	return h.Revise(t.Context(), h.Anna.Viewer, id, &f)
}

func TestEveryChangeIsARevision(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		id := h.publish(t, h.Anna, h.Garten.Entity(), "First", true).ID
		for n, change := range []func(*content.Common){
			func(f *content.Common) { f.Title = "Second" },
			func(f *content.Common) { f.Text = "New" },
			func(f *content.Common) { f.Public = false },
			func(f *content.Common) { f.Pinned = true },
			func(f *content.Common) { f.Slug = "other" },
		} {
			if i, err := h.revise(t, id, n+1, change); err != nil || i.Revision != n+2 {
				t.Errorf("change %d makes revision %d: %v", n+1, i.Revision, err)
			}
		}
		if i, err := h.revise(t, id, 6, func(*content.Common) {}); err != nil || i.Revision != 6 {
			t.Errorf("no change makes revision %d: %v", i.Revision, err)
		}
		var rows []struct {
			Revision int    `db:"revision"`
			Text     string `db:"text"`
			Fields   string `db:"fields"`
		}
		if err := db.Select(t.Context(), &rows, `SELECT revision, COALESCE(text, '-') AS text, fields FROM versions WHERE content_id = ? ORDER BY revision`, id); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, r := range rows {
			texts = append(texts, fmt.Sprint(r.Revision, " ", r.Text))
		}
		if want := []string{"1 Text of **First**.", "2 -", "3 New", "4 -", "5 -", "6 -"}; !slices.Equal(texts, want) {
			t.Errorf("the history is %q", texts)
		}
		if last := rows[len(rows)-1].Fields; !strings.Contains(last, `"slug":"\"other\""`) || !strings.Contains(last, `"public":"false"`) {
			t.Errorf("the last revision is %s", last)
		}
	})
}

// overlaps returns the names of the fields that two people have changed at once.
func overlaps(err error) string {
	found, ok := errors.AsType[*content.Overlaps](err)
	if !ok || !errs.Is(err, errs.Conflict) {
		return fmt.Sprint(err)
	}
	var names []string
	for _, f := range found.Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func TestWhatWasImportedIsMergedToo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		id := h.publish(t, h.Anna, h.Garten.Entity(), "First", true).ID
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE versions SET fields = NULL, text = ?`, " Text of **First**.\r\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.revise(t, id, 1, func(f *content.Common) { f.Title, f.Slug = "Second", "second" }); err != nil {
			t.Fatal(err)
		}
		mine := func(f *content.Common) { f.Title, f.Slug, f.Text = "First", "first", "New" }
		if i, err := h.revise(t, id, 1, mine); err != nil || i.Title != "Second" || i.Text != "New" {
			t.Errorf("%q, %q: %v", i.Title, i.Text, err)
		}
		for _, version := range []int{-1, 4711} { // nobody knows them
			if _, err := h.revise(t, id, version, mine); overlaps(err) != "title slug" {
				t.Errorf("what began at revision %d overlaps in %s", version, overlaps(err))
			}
		}
	})
}

func TestThePictureOfTheTextStandsOnTheCard(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		const picture = "abcdefghijklmnopqrstuvwxyz-800x600.jpg"
		long := strings.Repeat("Wort ", 2000)
		i, err := h.Publish(t.Context(), h.Anna.Viewer, content.Draft{
			Kind: "article", Entity: h.Garten.Entity(), Form: &content.Common{Title: "Beet", Text: long + media.Markdown(picture, "Beet.jpg"), Public: true},
		})
		if err != nil || i.Picture != picture {
			t.Fatalf("%q, %v", i.Picture, err)
		}
		items, _, err := h.List(t.Context(), h.Anna.Viewer, content.Filter{})
		if err != nil || items[0].Picture != picture || len(items[0].Text) != 4000 {
			t.Errorf("the card shows %q and reads %d letters, %v", items[0].Picture, len(items[0].Text), err)
		}
		if i, err = h.revise(t, i.ID, 1, func(f *content.Common) { f.Text = "None" }); err != nil || i.Picture != "" {
			t.Errorf("the card still shows %q, %v", i.Picture, err)
		}
	})
}

// spanForm is a form with two fields that must fit together. It is kept in memory.
type spanForm struct {
	content.Common
	From  int `form:"from" label:"From"`
	To    int `form:"to" label:"To"`
	spans map[int64][2]int
}

func (f *spanForm) Load(_ context.Context, _ sqldb.Querier, id int64) error {
	f.From, f.To = f.spans[id][0], f.spans[id][1]
	return nil
}

func (f *spanForm) Save(_ context.Context, _ *sqldb.Tx, id int64) error {
	f.spans[id] = [2]int{f.From, f.To}
	return nil
}

func (f *spanForm) Validate() error {
	if f.From > f.To {
		return errs.Check(errs.Field("to", "It ends before it begins."))
	}
	return nil
}

func TestTwoChangesThatDoNotFitTogetherAreRefused(t *testing.T) {
	t.Parallel()
	spans := map[int64][2]int{}
	h := newHouse(t, dbtest.SQLite(t), content.Kind{Name: "span", Form: func() content.Form { return &spanForm{spans: spans} }})
	form := func(version, from, to int) *spanForm {
		return &spanForm{Common: content.Common{Title: "x", Text: "x", Slug: "x", Version: version}, From: from, To: to, spans: spans}
	}
	i, err := h.Publish(t.Context(), h.Anna.Viewer, content.Draft{Kind: "span", Entity: h.Garten.Entity(), Form: form(0, 3, 5)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Revise(t.Context(), h.Anna.Viewer, i.ID, form(1, 1, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Revise(t.Context(), h.Bert.Viewer, i.ID, form(1, 4, 5)); overlaps(err) != "from" {
		t.Errorf("both changed when it begins: %v", err)
	}
	if _, err := h.Revise(t.Context(), h.Anna.Viewer, i.ID, form(0, 1, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Revise(t.Context(), h.Anna.Viewer, i.ID, form(3, 1, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Revise(t.Context(), h.Bert.Viewer, i.ID, form(3, 4, 5)); !errs.Is(err, errs.Invalid) || spans[i.ID] != [2]int{1, 2} {
		t.Errorf("it begins and ends at %v: %v", spans[i.ID], err)
	}
}
