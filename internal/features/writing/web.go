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
	Preset  string `json:"preset,omitempty"` // how it is shown; empty for a post
}

// presets are the ways to show a text, by the names that scripts of existing sites use.
func presets() map[string]markdown.Preset {
	return map[string]markdown.Preset{
		"": markdown.Full, "content": markdown.Full, "linkonly": markdown.Inline, "noninteractive-inline": markdown.NonInteractive,
	}
}

func (r *Room) showPreview(v *site.Visit) error {
	var text preview
	if err := json.NewDecoder(v.R.Body).Decode(&text); err != nil {
		return errs.New(errs.Invalid, "This text can’t be shown.").Because(err)
	}
	preset, known := presets()[text.Preset]
	if !known {
		return errs.New(errs.Invalid, "“%s” is not a way to show a text.", text.Preset)
	}
	source := texts.Source{Text: text.Content, Options: markdown.Options{Preset: preset, HeadingLevel: 2, Prefix: "preview"}}
	html, err := r.deps.Texts.Render(v.Context(), r.deps.DB, v.Viewer, v.Lang, source)
	if err != nil {
		return err
	}
	return v.ShowJSON(http.StatusOK, preview{Content: html[0]})
}
