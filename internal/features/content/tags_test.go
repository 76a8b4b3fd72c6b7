package content_test

import (
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// tags returns the tags that an item has for everybody who may read it, and those for the people inside alone.
func (h *house) tags(t *testing.T, id int64) (public, internal string) {
	t.Helper()
	read := func(table string) string {
		var names []string
		err := h.db.Select(t.Context(), &names, `SELECT t.name FROM `+table+` x JOIN tags t ON t.id = x.tag_id WHERE x.content_id = ? ORDER BY t.slug`, id)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, " ")
	}
	return read("content_tags"), read("internal_tags")
}

func (h *house) wantTags(t *testing.T, when string, id int64, public, internal string) {
	t.Helper()
	if gotPublic, gotInternal := h.tags(t, id); gotPublic != public || gotInternal != internal {
		t.Errorf("%s: %q and inside %q, want %q and %q", when, gotPublic, gotInternal, public, internal)
	}
}

func (h *house) tagGroup(t *testing.T, groupID int64, list string) {
	t.Helper()
	tags, _ := tagging.ParseList(list)
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tagging.SetGroup(t.Context(), tx, groupID, tags)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) publishText(t *testing.T, title, text string) content.Item {
	t.Helper()
	i, err := h.Publish(t.Context(), h.Anna.Viewer, content.Draft{Kind: "article", Entity: h.Garten.Entity(), Form: &content.Common{Title: title, Text: text, Public: true}})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (h *house) reviseText(t *testing.T, id int64, title, text string) {
	t.Helper()
	if _, err := h.Revise(t.Context(), h.Anna.Viewer, id, &content.Common{Title: title, Text: text, Public: true}); err != nil {
		t.Fatal(err)
	}
}

func TestItemsHaveTheTagsThatTheirTextsSay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publishText(t, "Ein #Fest", "Für #alle im #Garten. `#nicht` #FEST")
		h.wantTags(t, "published", i.ID, "alle Fest Garten", "")
		other := h.publishText(t, "Später", "#fest #neu")
		h.wantTags(t, "the first spelling is the name", other.ID, "Fest neu", "")

		h.reviseText(t, i.ID, "Ein Fest", "Für #alle im Garten")
		h.wantTags(t, "changed", i.ID, "alle", "")

		comment, err := h.Comment(t.Context(), h.Carla.Viewer, i.ID, "Ich mag den #garten", 0)
		if err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "commented", i.ID, "alle Garten", "")
		h.reviseText(t, i.ID, "Ein Fest im #Garten", "Für alle")
		h.wantTags(t, "the title says what the comment says", i.ID, "Garten", "")
		if err := h.threads.Remove(t.Context(), h.Carla.Viewer, comment); err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "the comment is gone, the title is not", i.ID, "Garten", "")
		h.reviseText(t, i.ID, "Ein Fest", "Für alle")
		h.wantTags(t, "nobody says it any more", i.ID, "", "")
	})
}

func TestCommentsGiveTagsAndTakeThemBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publishText(t, "Ein Fest", "x")
		first, err := h.Comment(t.Context(), h.Bert.Viewer, i.ID, "#eins #zwei", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Comment(t.Context(), h.Carla.Viewer, i.ID, "auch #zwei", 0); err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "two comments", i.ID, "eins zwei", "")
		if err := h.threads.Revise(t.Context(), h.Bert.Viewer, first, "#drei", 0); err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "changed", i.ID, "drei zwei", "")
		if err := h.threads.Remove(t.Context(), h.Bert.Viewer, first); err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "removed", i.ID, "zwei", "")
	})
}

func TestInternalCommentsTagForThoseInside(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publishText(t, "Ein Fest", "x")
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return h.Module().Replies[0].Deliver(t.Context(), tx, mailin.Target{ContentID: i.ID}, &mailin.Incoming{
				Sender: h.Anna.Viewer, Text: "Das ist #geheim", Cut: "> #zitiert", Format: "plain", SentAt: clock.Time{},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "by mail", i.ID, "", "geheim")
		var comment int64
		if err := db.Get(t.Context(), &comment, `SELECT id FROM contributions WHERE content_id = ?`, i.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.threads.Remove(t.Context(), h.Anna.Viewer, comment); err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "removed", i.ID, "", "")
	})
}

func TestItemsHaveTheTagsOfTheirGroup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		before := h.publishText(t, "Vorher", "#umwelt")
		h.tagGroup(t, h.Garten.ID, "Garten, Umwelt")
		after := h.publishText(t, "Nachher", "x")
		h.wantTags(t, "what there was", before.ID, "Garten umwelt", "")
		h.wantTags(t, "what came later", after.ID, "Garten umwelt", "")
		h.reviseText(t, before.ID, "Vorher", "x")
		h.wantTags(t, "the group has what the text said", before.ID, "Garten umwelt", "")
		h.tagGroup(t, h.Garten.ID, "Garten")
		h.wantTags(t, "a tag less", before.ID, "Garten", "")
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return h.HandOver(t.Context(), tx, []int64{before.ID}, `SELECT e.id FROM entities e WHERE e.slug = 'chor'`)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.wantTags(t, "given to a group without tags", before.ID, "", "")
	})
}

func TestUnusedTagsAreRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publishText(t, "Ein #Fest", "#kurz")
		h.tagGroup(t, h.Garten.ID, "Garten")
		h.reviseText(t, i.ID, "Ein #Fest", "x")
		names := func() (all []string) {
			if err := db.Select(t.Context(), &all, `SELECT name FROM tags ORDER BY slug`); err != nil {
				t.Fatal(err)
			}
			return all
		}
		if err := tagging.Sweep(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if got := names(); !slices.Equal(got, []string{"Fest", "Garten", "kurz"}) {
			t.Errorf("on the first day: %q", got)
		}
		cast.Execute(t, db, `UPDATE tags SET created_at = 1`)
		if err := tagging.Sweep(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if got := names(); !slices.Equal(got, []string{"Fest", "Garten"}) {
			t.Errorf("later: %q", got)
		}
		if _, err := h.Comment(t.Context(), h.Bert.Viewer, i.ID, "#lob", 0); err != nil {
			t.Fatal(err)
		}
		if err := h.Withdraw(t.Context(), h.Anna.Viewer, i.ID); err != nil {
			t.Fatal(err)
		}
		cast.Execute(t, db, `UPDATE tags SET created_at = 1`)
		if err := tagging.Sweep(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if got := names(); !slices.Equal(got, []string{"Garten"}) {
			t.Errorf("when the item is deleted: %q", got)
		}
	})
}
