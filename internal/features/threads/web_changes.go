package threads

import (
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/clock"
)

// visited returns the contribution in the path, if the viewer may read it and it stands where the path says.
func (t *Threads) visited(v *site.Visit) (located, error) {
	id, err := v.ID("id")
	if err != nil {
		return located{}, err
	}
	var container int64
	if v.R.PathValue("container") != "" {
		if container, err = v.ID("container"); err != nil {
			return located{}, err
		}
	}
	l, err := t.locate(v.Context(), t.deps.DB, v.Viewer, id)
	elsewhere := container != l.ConversationID || container == 0 && (!strings.EqualFold(l.place.EntitySlug, v.Path("entity")) || !strings.EqualFold(l.place.Slug, v.Path("slug")))
	if elsewhere && (err == nil || l.ID != 0) {
		return l, community.ErrNothingHere()
	}
	return l, err
}

// path returns the address of the page on which the contribution stands.
func (l located) path() string { return l.place.path(l.Thread()) }

// crumbs returns the way to a page about the contribution.
func (l located) crumbs(v *site.Visit, title string) []parts.Crumb {
	return v.FromHome(parts.Crumb{Label: l.place.Title, Path: l.path()}, parts.Crumb{Label: title})
}

func (t *Threads) removable(v *site.Visit) (located, error) {
	l, err := t.visited(v)
	if err == nil && !CanRemove(l.standing, l.Contribution) {
		err = errNotRemovable()
	}
	return l, err
}

func (t *Threads) askRemoval(v *site.Visit) error {
	l, err := t.removable(v)
	if err != nil {
		return err
	}
	own := v.Viewer.Is(l.AuthorID)
	summary := t.deps.Texts.SummaryOf(l.Format, l.Text, 20)
	title, question, button := v.T("Remove this comment"), v.T("Do you want to remove the comment “%s” by %s? This can’t be undone. Everyone will see that it was removed.", summary, l.AuthorName), v.T("Remove the comment")
	switch {
	case l.ContentID == 0 && own:
		title, question, button = v.T("Remove your message"), v.T("Do you want to remove your message “%s”? This can’t be undone. The others will see that it was removed.", summary), v.T("Remove the message")
	case l.ContentID == 0:
		title, question, button = v.T("Remove this message"), v.T("Do you want to remove the message “%s” by %s? This can’t be undone. The others will see that it was removed.", summary, l.AuthorName), v.T("Remove the message")
	case own:
		title, question = v.T("Remove your comment"), v.T("Do you want to remove your comment “%s”? This can’t be undone. Everyone will see that it was removed.", summary)
	}
	return v.Show(site.Page{
		Title: title, Hidden: true, Crumbs: l.crumbs(v, title),
		Body: parts.ConfirmForm(parts.Confirmation{Question: question, Button: button, Cancel: l.path(), Danger: true}),
	})
}

func (t *Threads) removeContribution(v *site.Visit) error {
	l, err := t.removable(v)
	if err != nil {
		return err
	}
	if err := t.Remove(v.Context(), v.Viewer, l.ID); err != nil {
		return err
	}
	if l.ContentID == 0 {
		v.Flash(parts.Done, "The message has been removed.")
	} else {
		v.Flash(parts.Done, "The comment has been removed.")
	}
	return v.Redirect(l.path() + "#" + community.ContributionAnchor(l.ID))
}

// editForm is the form that changes a text. Version is the text that it shows, by when that was written.
type editForm struct {
	Text    string `form:"text"`
	Version int64  `form:"version"`
}

func (t *Threads) changeable(v *site.Visit) (located, error) {
	l, err := t.visited(v)
	if err == nil && !CanEdit(v.Viewer, l.Contribution, t.deps.DB.Now()) {
		err = errNotEditable()
	}
	return l, err
}

func (t *Threads) editContribution(v *site.Visit) error {
	l, err := t.changeable(v)
	if err != nil {
		return err
	}
	return v.ShowAgain(nil, func(e parts.Errors) (site.Page, error) { return l.editPage(v, editForm{Text: l.Marked()}, e), nil })
}

// editPage is the page on which a text is changed.
func (l located) editPage(v *site.Visit, f editForm, e parts.Errors) site.Page {
	title := v.T("Edit your comment")
	if l.ContentID == 0 {
		title = v.T("Edit your message")
	}
	f.Version = version(l.EditedAt)
	return site.Page{Title: title, Hidden: true, Crumbs: l.crumbs(v, title), Body: editBody(f, l.path(), e)}
}

// version returns the time at which a text was edited as a form carries it; 0 for one that was not.
func version(at clock.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

func (t *Threads) updateContribution(v *site.Visit) error {
	l, err := t.visited(v)
	if err != nil {
		return err
	}
	var f editForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	if err := t.Revise(v.Context(), v.Viewer, l.ID, f.Text, f.Version); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return l.editPage(v, f, e), nil })
	}
	v.Flash(parts.Done, "Your change has been saved.")
	return v.Redirect(l.path() + "#" + community.ContributionAnchor(l.ID))
}

// reactionForm is what the buttons of reactions send. They say what is to be, so that a second click changes nothing.
type reactionForm struct {
	Give     Reaction `form:"give"`
	TakeBack Reaction `form:"take_back"`
	Part     bool     `form:"part"` // a script wants the contribution alone
}

func (t *Threads) createReaction(v *site.Visit) error {
	l, err := t.visited(v)
	if err != nil {
		return err
	}
	var f reactionForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	r, given := f.Give, f.Give != ""
	if !given {
		r = f.TakeBack
	}
	if err := t.React(v.Context(), v.Viewer, l.ID, r, given); err != nil {
		return err
	}
	if f.Part {
		return t.showReactions(v, l)
	}
	return v.Redirect(l.path() + "#" + community.ContributionAnchor(l.ID))
}

// showReactions answers a script with the reactions to a contribution.
func (t *Threads) showReactions(v *site.Visit, l located) error {
	views, err := t.views(v, Frame{Path: l.path(), Entity: l.place.entity(), Standing: l.standing, Answer: true}, []Contribution{l.Contribution}, make([]string, 2))
	if err != nil {
		return err
	}
	return v.ShowPart(reactionsOf(views[0]))
}
