package conversations_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestAFirstMessageBringsFiles begins conversations with a person and with a group.
func TestAFirstMessageBringsFiles(t *testing.T) {
	t.Parallel()
	h, _ := newTown(t)
	handler := webtest.Start(t, webtest.NewSite(t, h.db, webtest.People(h.Viewers())), append(h.Module().Routes, h.threads.Module().Routes...))
	anna, carla, nobody := webtest.Visit(t, handler).As(h.Anna.ID), webtest.Visit(t, handler).As(h.Carla.ID), webtest.Visit(t, handler)
	plan := webtest.File{Field: "files", Name: "Plan.pdf", Content: []byte("%PDF-1.4 plan")}
	carla.Get("/stadt/gestalten/11/conversations/add/")
	carla.Sees(200, "Attach files", `enctype="multipart/form-data"`)
	carla.Upload("/stadt/gestalten/11/conversations/add/", url.Values{"subject": {"Plan"}, "text": {""}}, plan)
	carla.Sees(200, "Your message has been sent.", "Plan.pdf")
	path := regexp.MustCompile(`/-/files/[a-z0-9]+\.pdf`).FindString(carla.Page.Body)
	for visitor, want := range map[*webtest.Visitor]int{anna: 200, carla: 200, webtest.Visit(t, handler).As(h.Bert.ID): 403, nobody: 303} {
		if got := visitor.Ask(http.MethodGet, path).Status; got != want {
			t.Errorf("%s is answered by %d, want %d", path, got, want)
		}
	}
	files := make([]webtest.File, 11)
	for n := range files {
		files[n] = webtest.File{Field: "files", Name: fmt.Sprintf("%d.txt", n), Content: []byte("x")}
	}
	carla.Upload("/stadt/groups/21/conversations/add/", url.Values{"subject": {"Viele"}, "text": {"Hier."}}, files...)
	carla.Sees(422, "Attach at most 10 files.")
	carla.Upload("/stadt/groups/21/conversations/add/", url.Values{"subject": {"Wenige"}, "text": {"Hier."}}, files[:2]...)
	carla.Sees(200, "Your message has been sent.", "0.txt", "1.txt")
}

// TestWhoHasNotSignedInAttachesNothing sends files with the form of a stranger, a few and too many.
func TestWhoHasNotSignedInAttachesNothing(t *testing.T) {
	t.Parallel()
	h, handler := newTown(t)
	nobody := webtest.Visit(t, handler)
	nobody.Get("/stadt/groups/21/conversations/add/")
	nobody.Sees(200, "Email address")
	nobody.DoesNotSee("Attach files", "multipart")
	values := url.Values{"subject": {"Plan"}, "text": {"Hier."}, "email": {"nonsense"}}
	nobody.Upload("/stadt/groups/21/conversations/add/", values, webtest.File{Field: "files", Name: "Plan.pdf", Content: []byte("%PDF-1.4 plan")})
	nobody.Sees(422, "Enter an email address")
	large := webtest.File{Field: "files", Name: "Plan.pdf", Content: bytes.Repeat([]byte("x"), 1<<20)}
	if p := nobody.Upload("/stadt/groups/21/conversations/add/", values, large); p.Status != http.StatusRequestEntityTooLarge || strings.Contains(p.Body, "Enter an email address") {
		t.Errorf("what is too large is read: %d", p.Status)
	}
	var files int
	if err := h.db.Get(t.Context(), &files, `SELECT COUNT(*) FROM files`); err != nil || files != 0 {
		t.Errorf("%d files are kept, %v", files, err)
	}
}
