package writing_test

import (
	"net/http"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/writing"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

func TestScriptsAskForPreviews(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	c := cast.New(t, db)
	r := writing.New(writing.Deps{DB: db, Texts: texts.New(markdown.NewCache(1<<20), "http://example.org")})
	handler := webtest.Start(t, webtest.NewSite(t, db, webtest.People(c.Viewers())), r.Module().Routes)
	anna, nobody := webtest.VisitAs(t, handler, c.Anna.ID), webtest.VisitAs(t, handler, 0)
	for _, request := range []struct {
		visitor *webtest.Visitor
		body    string
		status  int
		says    string
	}{
		{anna, `{"content":"**bold** <script>x</script> @garten"}`, http.StatusOK, `\u003cstrong\u003ebold\u003c/strong\u003e`},
		{anna, `{"content":"@garten"}`, http.StatusOK, `Garten am Bach`},
		{anna, `{"content":"# Plan\n\n[us](/garten/)","preset":"content"}`, http.StatusOK, `\u003ch2`},
		{anna, `{"content":"**bold** [us](https://other.example/)","preset":"linkonly"}`, http.StatusOK, `{"content":"bold \u003ca `},
		{anna, `{"content":"**bold** [us](https://other.example/)","preset":"noninteractive-inline"}`, http.StatusOK, `{"content":"bold us"}`},
		{anna, `{"content":"x","preset":"everything"}`, http.StatusUnprocessableEntity, `{"problem":"“everything” is not a way to show a text."}`},
		{anna, `no json`, http.StatusUnprocessableEntity, `{"problem":"This text can’t be shown."}`},
		{nobody, `{"content":"x"}`, http.StatusUnauthorized, `{"problem":"Please sign in."}`},
	} {
		got := request.visitor.PostJSON(community.PreviewPath, request.body)
		if got.Status != request.status || !strings.Contains(got.Body, request.says) || strings.Contains(got.Body, `\u003cscript`) {
			t.Errorf("%s: %d %s", request.body, got.Status, got.Body)
		}
	}
}
