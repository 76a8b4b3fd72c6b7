package articles_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// publish publishes an article in garten and returns its path.
func (w *town) publish(t *testing.T, title string) string {
	t.Helper()
	anna := w.visit(t, w.Anna.ID)
	anna.Get("/garten/articles/add/")
	anna.Submit("Publish", map[string]string{"title": title, "text": "Text."})
	anna.Sees(http.StatusOK, "Your article is published.")
	return anna.Page.Path
}

func TestLinksLeadIntoLongThreads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTownOn(t, db)
		path := w.publish(t, "Lang")
		other := w.publish(t, "Kurz")
		var long int64
		if err := db.Get(t.Context(), &long, `SELECT id FROM contents WHERE title = 'Lang'`); err != nil {
			t.Fatal(err)
		}
		permalink := fmt.Sprintf("/stadt/content/%d", long)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for n := range 260 {
				at := clock.At(cast.Joined().Add(time.Duration(n/2) * time.Minute)) // two at a time
				_, err := tx.Exec(t.Context(), `INSERT INTO contributions (id, content_id, author_id, text, cut, public, by_mail, created_at) VALUES (?, ?, ?, ?, '', ?, ?, ?)`,
					n+1, long, w.Bert.ID, fmt.Sprintf("Das war Nummer %03d.", n+1), true, false, at)
				if err != nil {
					return err
				}
			}
			return tx.SyncIDs(t.Context(), "contributions")
		})
		if err != nil {
			t.Fatal(err)
		}
		anna := w.visit(t, w.Anna.ID)
		anna.Get(path)
		anna.Sees(http.StatusOK, `id="contribution-260"`, "Older")
		anna.DoesNotSee(`id="contribution-160"`, "Newest")
		for _, id := range []int{1, 30, 31, 160, 161, 209, 210, 211, 260} {
			anchor := fmt.Sprintf(`id="contribution-%d"`, id)
			for _, link := range []string{permalink + "/?contribution=%d", permalink + "?reply=%d", path + "?contribution=%d", path + "?reply=%d"} {
				anna.Get(fmt.Sprintf(link, id))
				anna.Sees(http.StatusOK, anchor)
				if answers := strings.Contains(anna.Page.Body, "Reply to Bert Birke"); answers != strings.Contains(link, "reply") {
					t.Errorf("%s answers somebody: %v", anna.Page.Path, answers)
				}
			}
		}
		// From there it goes on to both sides, and a mistake keeps whom one answers.
		anna.Get(path + "?reply=30")
		anna.Sees(http.StatusOK, `id="contribution-1"`, `href="`+path+`"`)
		anna.Submit("Your comment", map[string]string{"text": " "})
		anna.Sees(http.StatusUnprocessableEntity, `id="contribution-30"`, "Reply to Bert Birke")
		anna.Get(path + "?contribution=210")
		older := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(anna.Page.Body)
		if older == nil {
			t.Fatalf("nothing older than 210:\n%s", anna.Page.Body)
		}
		// What does not belong there, or is no number, shows the latest.
		for _, query := range []string{"?contribution=0", "?contribution=-1", "?contribution=x", "?contribution=99999999999999999999", "?reply=a%0ab", "?before=x"} {
			anna.Get(permalink + "/" + query)
			anna.Sees(http.StatusOK, `id="contribution-260"`)
		}
		anna.Get(other + "?contribution=1&reply=2")
		anna.Sees(http.StatusOK, "No comments yet.")
		anna.DoesNotSee("Reply to Bert Birke")
	})
}

func TestScriptsOfExistingSitesGoOn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, w.Anna.ID)
	form := url.Values{"title": {"Per Skript"}, "text": {"Eins."}, "public": {"on"}, "group": {fmt.Sprint(w.Chor.ID)}}
	anna.Send("/stadt/articles/add/", form, true)
	anna.Sees(http.StatusOK, "Per Skript", "Chor der Vielen")
	path := anna.Page.Path
	form.Set("group", "CHOR")
	form.Set("title", "Noch eins")
	anna.Send("/stadt/articles/add/", form, true)
	anna.Sees(http.StatusOK, "Noch eins", "Chor der Vielen")
	form.Set("group", fmt.Sprint(w.Bert.ID))
	anna.Send("/stadt/articles/add/", form, true)
	anna.Sees(http.StatusUnprocessableEntity, "Choose a group, or your own profile.")

	// Whoever sends neither a version nor a short name changes what there is.
	for _, text := range []string{"Zwei.", "Drei."} {
		anna.Send(path+"edit/", url.Values{"title": {"Per Skript"}, "text": {text}, "public": {"on"}}, true)
		anna.Sees(http.StatusOK, "The changes have been saved.", text)
	}
	if anna.Page.Path != path {
		t.Errorf("it stands at %s now", anna.Page.Path)
	}
}

func TestWhatTwoPeopleChangeAtOnceIsPutTogether(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	path := w.publish(t, "Plan")
	anna, bert := w.visit(t, w.Anna.ID), w.visit(t, w.Bert.ID)
	anna.Get(path + "edit/")
	bert.Get(path + "edit/")
	bert.Submit("Save", map[string]string{"text": "Von Bert."})
	anna.Submit("Save", map[string]string{"text": "Von Anna."})
	anna.Sees(http.StatusConflict, "Someone else has changed this", "Von Anna.", "Von Bert.")
	anna.Submit("Save", map[string]string{"text": "Von Anna und Bert."})
	anna.Sees(http.StatusOK, "The changes have been saved.", "Von Anna und Bert.")
	// A version that nobody knows is one like any other: nothing is lost by it.
	anna.Get(path + "edit/")
	anna.Submit("Save", map[string]string{"text": "Von Anna allein.", "version": "77"})
	anna.Sees(http.StatusConflict, "Von Anna allein.", "Von Anna und Bert.")
	anna.Submit("Save", nil)
	anna.Sees(http.StatusOK, "The changes have been saved.", "Von Anna allein.")
}
