package threads

import (
	"mime"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
)

// View is a contribution as a page shows it.
type View struct {
	Contribution
	HTML   string
	Remove string // path of the page that removes it, or empty
	Reply  string // path of the page on which it is answered, or empty
	Alone  string // path of the form that answers its author alone, or empty
}

// Answering returns which contribution the form of a page answers: the one that the address names by
// ?reply=…, if it is among those shown.
func Answering(v *site.Visit, list []Contribution) (c Contribution, found bool) {
	wanted := v.Query("reply")
	i := slices.IndexFunc(list, func(c Contribution) bool { return community.ContributionAnchor(c.ID) == "contribution-"+wanted })
	if wanted == "" || i < 0 {
		return Contribution{}, false
	}
	return list[i], true
}

// Sources returns the texts of contributions, to be rendered together with the others of a page.
func Sources(list []Contribution) []texts.Source {
	all := make([]texts.Source, len(list))
	for i, c := range list {
		all[i] = texts.Source{Text: c.Text, Options: markdown.Options{HeadingLevel: 3, Prefix: community.ContributionAnchor(c.ID)}}
	}
	return all
}

// Views returns contributions as a page at path shows them, with their texts rendered by Sources. answer
// says whether the viewer may answer, many whether there are others who read the answer, so that there is
// a way to answer somebody alone.
func Views(v *site.Visit, path string, list []Contribution, html []string, answer, many bool) []View {
	views := make([]View, len(list))
	for i, c := range list {
		views[i] = View{Contribution: c, HTML: html[i]}
		id := strings.TrimPrefix(community.ContributionAnchor(c.ID), "contribution-")
		if answer {
			views[i].Reply = path + "?reply=" + id + "#field-text"
		}
		if many && CanAnswerAlone(v.Viewer, c) {
			views[i].Alone = community.ReplyToAuthorPath(c.Container(), c.ID)
		}
		if CanRemove(v.Viewer, c) {
			views[i].Remove = strings.TrimSuffix(path, "/") + "/contributions/" + id + "/delete/"
		}
	}
	return views
}

// commentPath returns the path of the item that a removal page belongs to.
func commentPath(v *site.Visit) string {
	return community.ContentPath(v.Path("entity"), v.Path("slug"))
}

func (t *Threads) removable(v *site.Visit) (Contribution, error) {
	id, err := v.ID("id")
	if err != nil {
		return Contribution{}, err
	}
	c, err := t.Contribution(v.Context(), t.deps.DB, id)
	if err == nil && !CanRemove(v.Viewer, c) {
		err = errs.New(errs.Denied, "Only its author can remove a comment.")
	}
	return c, err
}

func (t *Threads) askRemoval(v *site.Visit) error {
	c, err := t.removable(v)
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("Remove your comment"), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Remove your comment")}),
		Body: parts.ConfirmForm(parts.Confirmation{
			Question: v.T("Do you want to remove your comment “%s”? It cannot be brought back.", t.deps.Texts.Summary(c.Text, 20)),
			Button:   v.T("Remove the comment"), Cancel: commentPath(v), Danger: true,
		}),
	})
}

func (t *Threads) removeComment(v *site.Visit) error {
	c, err := t.removable(v)
	if err != nil {
		return err
	}
	if err := t.Remove(v.Context(), v.Viewer, c.ID); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your comment has been removed.")
	return v.Redirect(commentPath(v))
}

// sendFile hands out a file that hangs on something the viewer may read. What a browser could run is
// only downloaded, never shown.
func (t *Threads) sendFile(v *site.Visit) error {
	f, err := t.readable(v.Context(), v.Viewer, v.Path("name"))
	if err != nil {
		return err
	}
	body, err := t.deps.Media.Open(v.Context(), f.Name)
	if err != nil {
		return err
	}
	defer body.Close() // it was only read
	mediaType, disposition := f.MediaType, "inline"
	if !shown(f) {
		mediaType, disposition = "application/octet-stream", "attachment"
	}
	h := v.W.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.OriginalName}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+f.Name+`"`)
	t.deps.Sender.Send(v.W, v.R, f.Name, body)
	return nil
}

// shown reports whether a browser may show a file by itself: pictures, sound and films, but nothing that
// can hold a script.
func shown(f media.File) bool { return isPicture(f) || isPlayed(f) }

func isPicture(f media.File) bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}, f.MediaType)
}

func isPlayed(f media.File) bool {
	return slices.Contains([]string{
		"audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/flac", "audio/webm", "video/mp4", "video/webm", "video/ogg",
	}, f.MediaType)
}

// describe returns the name and size of a file.
func describe(p *lang.Printer, f media.File) string {
	return f.OriginalName + " (" + p.Bytes(f.Size) + ")"
}
