package threads

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/paging"
)

// View is a contribution as a page shows it.
type View struct {
	Contribution

	HTML     string
	Folded   string // what was folded away, as HTML
	Trace    string // what is said of one that was removed
	Remove   string // path of the page that removes it, or empty
	Edit     string // path of the page that changes it, or empty
	Reply    string // path of the page on which it is answered, or empty
	Quote    string // the same, with its text quoted
	Alone    string // path of the form that answers its author alone, or empty
	React    string // path to which reactions are sent, or empty
	Reacting []Reacting
	Named    bool // the viewer may know who reacts
}

// Frame says how a page shows a thread to its viewer.
type Frame struct {
	Path     string           // of the page
	Entity   community.Entity // whose the item is, or whom the conversation is with
	Standing community.Standing
	Answer   bool // the viewer may answer
}

// Shown is a thread as a page shows it.
type Shown struct {
	Views         []View
	Older, Newest string // addresses of the pages with older ones, and with the latest; either may be empty
	Live          string // where the page learns what is new; empty for older ones
	Muting        Muting
}

// Show returns a part of a thread as a page shows it: contributions with their texts rendered by Sources. older says
// whether there are older ones, before where the page begins.
func (t *Threads) Show(v *site.Visit, f Frame, th Thread, list []Contribution, html []string, older bool, before paging.Cursor) (s Shown, err error) {
	if s.Views, err = t.views(v, f, list, html); err != nil {
		return s, err
	}
	if older {
		s.Older = v.Older(paging.Cursor{At: list[0].CreatedAt, ID: list[0].ID})
	}
	if before.At.IsZero() {
		s.Live = livePath(th) + "?" + sinceParameter + "=" + strconv.FormatInt(t.deps.DB.Now().UnixMilli(), 10)
	} else {
		s.Newest = f.Path
	}
	s.Muting, err = t.mutingOf(v, th)
	return s, err
}

// name tells the contribution from the others of the page, for those who hear it.
func (c View) name(p *lang.Printer) string {
	return c.AuthorName + ", " + p.DateTime(c.CreatedAt)
}

// PageQuery returns the parameters of the page of a thread.
func PageQuery() []string {
	return []string{"before", replyParameter, quoteParameter, community.ContributionParameter}
}

// replyParameter names the contribution that the form below a thread answers.
const replyParameter = "reply"

// quoteParameter asks for the form with what it answers quoted.
const quoteParameter = "quote"

// Answered returns the id of the contribution that the form below a thread answers: what was sent says, or else what the
// address names by ?reply=…; 0 if it answers the thread.
func Answered(v *site.Visit, sent int64) int64 {
	if sent != 0 {
		return sent
	}
	return idIn(v, replyParameter)
}

// idIn returns the id in a parameter, 0 if there is none.
func idIn(v *site.Visit, parameter string) int64 {
	id, err := strconv.ParseInt(v.Query(parameter), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// Before returns where the page of a thread begins: where the address says, or else so that the contribution that is
// answered, or that the address names, stands on it. The zero cursor is the page with the latest ones.
func (t *Threads) Before(v *site.Visit, th Thread, answered int64) (paging.Cursor, error) {
	if before := v.Before(); !before.At.IsZero() {
		return before, nil
	}
	shown := cmp.Or(answered, idIn(v, community.ContributionParameter))
	if shown == 0 {
		return paging.Cursor{}, nil
	}
	return placeToShow(v.Context(), t.deps.DB, th, shown)
}

// Find returns the contribution with an id from a list; the zero value if it is not there.
func Find(list []Contribution, id int64) Contribution {
	i := slices.IndexFunc(list, func(c Contribution) bool { return c.ID == id })
	if id == 0 || i < 0 {
		return Contribution{}
	}
	return list[i]
}

// Sources returns the texts of contributions, to be rendered together with the others of a page: of each its text and
// what was folded away.
func Sources(list []Contribution) []texts.Source {
	all := make([]texts.Source, 0, 2*len(list))
	for _, c := range list {
		o := markdown.Options{Format: c.Format, HeadingLevel: 3, Prefix: community.ContributionAnchor(c.ID)}
		place := texts.Place{ContributionID: c.ID}
		text := texts.Source{Text: c.Text, Options: o, Place: place}
		o.Prefix += "-cut"
		all = append(all, text, texts.Source{Text: c.Cut, Options: o, Place: place})
	}
	return all
}

// views returns contributions as a page shows them, with their texts rendered by Sources.
func (t *Threads) views(v *site.Visit, f Frame, list []Contribution, html []string) ([]View, error) {
	var reacting map[int64]map[Reaction]Reacting
	if len(list) > 0 {
		var err error
		if reacting, err = listReactions(v.Context(), t.deps.DB, v.Viewer, idsOf(list)); err != nil {
			return nil, err
		}
	}
	now := t.deps.DB.Now()
	views := make([]View, len(list))
	for i, c := range list {
		view := View{Contribution: c, HTML: html[2*i], Folded: html[2*i+1]}
		if c.Removed() {
			view.Trace = f.trace(v.Lang, c)
		} else {
			view.Reacting, view.Named = inOrderOf(reactions(), reacting[c.ID]), v.Viewer.SignedIn()
			f.offer(v.Viewer, &view, now)
		}
		views[i] = view
	}
	return views, nil
}

// reacted reports whether anybody reacts to the contribution.
func (c View) reacted() bool {
	return slices.ContainsFunc(c.Reacting, func(r Reacting) bool { return r.People > 0 })
}

// inOrderOf returns how people react in the order of the reactions, also where nobody does.
func inOrderOf(order []Reaction, some map[Reaction]Reacting) []Reacting {
	all := make([]Reacting, len(order))
	for i, r := range order {
		if all[i] = some[r]; all[i].People == 0 {
			all[i].Reaction = r
		}
	}
	return all
}

// offer adds to a contribution what the viewer can do with it.
func (f Frame) offer(v community.Viewer, view *View, now clock.Time) {
	c, id := view.Contribution, strconv.FormatInt(view.ID, 10)
	own := strings.TrimSuffix(f.Path, "/") + "/contributions/" + id
	if f.Answer {
		view.Reply = f.Path + "?" + replyParameter + "=" + id + "#field-text"
		if f.quotable(c) {
			view.Quote = f.Path + "?" + replyParameter + "=" + id + "&" + quoteParameter + "=1#field-text"
		}
		if CanReact(v, c) {
			view.React = own + "/reactions/"
		}
	}
	if f.Entity.IsGroup() && CanAnswerAlone(v, c) {
		view.Alone = community.ReplyToAuthorPath(c.Container(), c.ID)
	}
	if policy.CanAdd(f.Standing) && CanEdit(v, c, now) {
		view.Edit = own + "/edit/"
	}
	if CanRemove(f.Standing, c) {
		view.Remove = own + "/delete/"
	}
}

// quotable reports whether a contribution is offered to be quoted: what is internal is not, because what is written on a
// page is for everybody who reads that.
func (f Frame) quotable(c Contribution) bool { return c.Public || c.ContentID == 0 }

// trace says what became of a contribution that was removed. Who belongs to a group is for its members to know.
func (f Frame) trace(p *lang.Printer, c Contribution) string {
	name := c.RemoverName
	if c.RemoverID != c.AuthorID && f.Entity.IsGroup() && !f.Standing.Inside() {
		name = p.T("A member of the group")
	}
	if c.ContentID == 0 {
		return p.T("%s removed this message.", name)
	}
	return p.T("%s removed this comment.", name)
}

// Prefill returns what stands in the form below a thread before somebody writes in it: what was typed, or else the quote
// that the address asks for.
func Prefill(v *site.Visit, typed string, to Contribution) string {
	if typed != "" || to.ID == 0 || v.Query(quoteParameter) == "" || !to.Public && to.ContentID != 0 {
		return typed
	}
	return to.Quoted(v)
}

// Quoted returns the text of a contribution as a quotation in markdown that says whose it is.
func (c Contribution) Quoted(v *site.Visit) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(c.Marked())) {
		b.WriteString("> " + strings.TrimRight(line, "\r\n") + "\n")
	}
	return b.String() + "\n" + v.T("[%s wrote this](%s)", c.AuthorName, v.URL(c.Path())) + "\n\n"
}
