package writing

import (
	"encoding/json"
	"net/http"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// preview is a text on its way to the preview and back: markdown, then HTML.
type preview struct {
	Content string `json:"content"`
}

func (r *Room) showPreview(v *site.Visit) error {
	var text preview
	if err := json.NewDecoder(v.R.Body).Decode(&text); err != nil {
		return errs.New(errs.Invalid, "This is no text that can be shown.").Because(err)
	}
	html, err := r.deps.Texts.Render(v.Context(), r.deps.DB, v.Viewer, v.Lang, texts.Source{Text: text.Content, Options: markdown.Options{HeadingLevel: 2, Prefix: "preview"}})
	if err != nil {
		return err
	}
	return v.ShowJSON(http.StatusOK, preview{Content: html[0]})
}
