package helping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/form"
)

// takingFields is what one of the buttons on the page of an event sends.
type takingFields struct {
	Need   int64 `form:"need"`
	Date   int64 `form:"date"`
	Amount int   `form:"amount"` // all in all; 0 gives back
}

func (h *Helping) updateTaking(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, s, err := h.deps.Content.Get(v.Context(), h.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	if err != nil {
		return err
	}
	if !CanTake(s) {
		return community.PleaseSignIn()
	}
	var f takingFields
	if err := v.Bind(&f); err != nil {
		return err
	}
	got, err := h.takeSome(v.Context(), v.Viewer, wish{NeedID: f.Need, DateID: f.Date, Amount: f.Amount})
	if err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	flash(v, got, f.Amount, err)
	return v.Redirect(itemPath(got.Item, got.Date))
}

// flash says what became of a wish.
func flash(v *site.Visit, got taken, wanted int, refusal error) {
	switch {
	case refusal != nil:
		problem, _ := errors.AsType[*errs.Error](refusal)
		v.Flash(parts.Problem, problem.Message, problem.Args...)
	case wanted <= 0:
		v.Flash(parts.Done, "You’ve given back “%s”.", got.Need.Title)
	case got.Amount < wanted:
		v.Flash(parts.Info, "You’ve taken “%s”. No more of it was needed.", sayAmount(v.Lang, got.Amount, got.Need.Title))
	default:
		v.Flash(parts.Done, "Thank you. You’ve taken “%s”.", sayAmount(v.Lang, got.Amount, got.Need.Title))
	}
}

// list is the list of an event at one of its dates, as its organisers see it.
type list struct {
	Item  content.Item
	Date  date
	When  string
	Needs []Need
}

// visited returns the list whose event the path names, if the viewer organises it.
func (h *Helping) visited(v *site.Visit) (l list, err error) {
	id, err := v.ID("id")
	if err != nil {
		return l, err
	}
	ctx, db := v.Context(), h.deps.DB
	var s community.Standing
	l.Item, s, err = h.organised(ctx, db, v.Viewer, id)
	v.Concerns(site.Subject{Entity: l.Item.Entity, Standing: s})
	if err != nil {
		return l, err
	}
	if l.Date, err = findDate(ctx, db, id, v.Query(community.DateParameter), db.Now()); err != nil {
		return l, err
	}
	if l.Needs, err = listNeeds(ctx, db, id); err != nil {
		return l, err
	}
	if err := fill(ctx, db, l.Needs, l.Date.ID); err != nil {
		return l, err
	}
	l.When, err = h.deps.Dates.SayDate(ctx, db, v.Lang, l.Date.ID)
	return l, err
}

// page returns a page about a list.
func (h *Helping) page(v *site.Visit, l list, title string) site.Page {
	e := l.Item.Entity
	return site.Page{
		Title: title, Hidden: true, Entity: &e,
		Crumbs: v.FromHome(parts.Crumb{Label: e.Name, Path: e.Path()}, parts.Crumb{Label: l.Item.Title, Path: itemPath(l.Item, l.Date)}, parts.Crumb{Label: title}),
	}
}

// needsForm is the form in which the list is written: a line for each need that there is, and a field for new ones.
type needsForm struct {
	Drafts []draft
	Wanted map[int64]string // as it was typed
	More   string           `form:"more" label:"Add"`
}

func (h *Helping) editNeeds(v *site.Visit) error {
	l, err := h.visited(v)
	if err != nil {
		return err
	}
	f := needsForm{Wanted: map[int64]string{}}
	for _, n := range l.Needs {
		f.Drafts = append(f.Drafts, draft{ID: n.ID, Wanted: n.Wanted, Title: n.Title})
		f.Wanted[n.ID] = strconv.Itoa(n.Wanted)
	}
	return v.Show(h.needsPage(v, l, f, parts.Errors{}))
}

func (h *Helping) needsPage(v *site.Visit, l list, f needsForm, e parts.Errors) site.Page {
	p := h.page(v, l, v.T("What’s needed"))
	p.Body = needsBody(l, f, e, itemPath(l.Item, l.Date))
	return p
}

func (h *Helping) updateNeeds(v *site.Visit) error {
	l, err := h.visited(v)
	if err != nil {
		return err
	}
	f, err := readNeeds(v, l)
	if err == nil {
		err = h.Save(v.Context(), v.Viewer, l.Item.ID, append(f.Drafts, parseLines(f.More)...))
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return h.needsPage(v, l, f, e), nil })
	}
	v.Flash(parts.Done, "The list has been saved.")
	return v.Redirect(itemPath(l.Item, l.Date))
}

// readNeeds reads the form of a list. A line that the form does not send stays as it is: somebody else has just added it.
func readNeeds(v *site.Visit, l list) (f needsForm, err error) {
	f.Wanted = map[int64]string{}
	if err := v.Bind(&f); err != nil {
		return f, err
	}
	for _, n := range l.Needs {
		d := draft{ID: n.ID, Wanted: n.Wanted, Title: n.Title}
		f.Wanted[n.ID] = strconv.Itoa(n.Wanted)
		if v.R.PostForm.Has(d.field(fieldTitle)) {
			f.Wanted[n.ID] = form.Clean(v.R.PostForm.Get(d.field(fieldWanted)), form.Line)
			d.Title = form.Clean(v.R.PostForm.Get(d.field(fieldTitle)), form.Line)
			d.Wanted, _ = strconv.Atoi(f.Wanted[n.ID]) // what is no number is refused as 0 is
		}
		f.Drafts = append(f.Drafts, d)
	}
	return f, nil
}

func (h *Helping) showList(v *site.Visit) error {
	l, err := h.visited(v)
	if err != nil {
		return err
	}
	p := h.page(v, l, v.T("Who helps: %s", l.Item.Title))
	p.Body = listBody(l)
	return v.Show(p)
}

// sendList answers with the list as a table for other programs.
func (h *Helping) sendList(v *site.Visit) error {
	l, err := h.visited(v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("\ufeff") // by which programs for tables know UTF-8
	w := csv.NewWriter(&b)
	rows := [][]string{{v.T("What"), v.T("Needed"), v.T("Who"), v.T("Number")}}
	for _, n := range l.Needs {
		for _, t := range n.Takings {
			rows = append(rows, []string{cell(n.Title), strconv.Itoa(n.Wanted), cell(t.Name), strconv.Itoa(t.Amount)})
		}
		if left := n.Left(); left > 0 {
			rows = append(rows, []string{cell(n.Title), strconv.Itoa(n.Wanted), "", strconv.Itoa(left)})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	header := v.W.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="`+l.Item.Slug+`.csv"`)
	header.Set("Cache-Control", "private, no-store")
	http.ServeContent(v.W, v.R, "", time.Time{}, bytes.NewReader(b.Bytes()))
	return nil
}

// cell returns a text that programs for tables do not take for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// linked is what the link in a mail is about.
type linked struct {
	Need   Need
	Date   date
	Item   content.Item
	Viewer community.Viewer
	When   string
	Path   string // of the page
}

// byKey returns what a link is about, read in the name of whoever got the mail; NotFound if its key does not fit.
func (h *Helping) byKey(v *site.Visit) (l linked, err error) {
	var ids [3]int64
	for n, name := range [...]string{"person", "need", "date"} {
		if ids[n], err = v.ID(name); err != nil {
			return l, err
		}
	}
	if !h.deps.Keys.Fit(v.Path("key"), aboutLink(ids[0], ids[1], ids[2])) {
		return l, errs.New(errs.NotFound, "This link isn’t complete. Please copy it from the email again.")
	}
	ctx, db := v.Context(), h.deps.DB
	if l.Need, err = getNeed(ctx, db, ids[1], ids[2]); err != nil {
		return l, err
	}
	if l.Date, err = getDate(ctx, db, ids[2]); err != nil {
		return l, err
	}
	if l.Viewer, err = personOf(ctx, db, ids[0]); err != nil {
		return l, err
	}
	if l.Item, _, err = h.deps.Content.Get(ctx, db, l.Viewer, l.Need.ContentID); err != nil {
		return l, err
	}
	l.When, err = h.deps.Dates.SayDate(ctx, db, v.Lang, l.Date.ID)
	return l, err
}

func (h *Helping) askToTake(v *site.Visit) error {
	l, err := h.byKey(v)
	if err != nil {
		return err
	}
	return v.Show(h.linkedPage(v, l))
}

// linkedPage is the page behind a link: what is asked for, and one button.
func (h *Helping) linkedPage(v *site.Visit, l linked) site.Page {
	l.Path = v.R.URL.Path
	return site.Page{
		Title: v.T("Can you help?"), Hidden: true, Body: linkedBody(l, l.Date.open(h.deps.DB.Now())),
		Crumbs: v.FromHome(parts.Crumb{Label: l.Item.Entity.Name, Path: l.Item.Entity.Path()}, parts.Crumb{Label: v.T("Can you help?")}),
	}
}

// takeByLink takes one, or gives back. Who has signed in does not matter.
func (h *Helping) takeByLink(v *site.Visit) error {
	l, err := h.byKey(v)
	if err != nil {
		return err
	}
	var f struct {
		Amount int `form:"amount"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	got, err := h.takeSome(v.Context(), l.Viewer, wish{NeedID: l.Need.ID, DateID: l.Date.ID, Amount: f.Amount})
	if err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	flash(v, got, f.Amount, err)
	return v.Redirect(v.R.URL.Path)
}
