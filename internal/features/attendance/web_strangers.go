package attendance

import (
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
)

// confirmPath begins the links by which somebody without an account proves their mailbox.
const confirmPath = "/stadt/attendance/confirm/"

// requestForm asks somebody without an account who they are.
type requestForm struct {
	Address string `form:"email" text:"line" label:"Email address"`
	Name    string `form:"name" text:"line" label:"Name"`
	Guests  int    `form:"guests" label:"Guests"`
}

// newRequest is the form in which somebody without an account says that they come.
func (r *Attendance) newRequest(v *site.Visit) error {
	i, o, _, err := r.visited(v, v.Query(community.DateParameter))
	if err != nil {
		return err
	}
	if v.Viewer.SignedIn() {
		return v.Redirect(board{occasion: o}.path(""))
	}
	if err := o.why(); err != nil {
		return err
	}
	p, err := r.requestPage(v, i, o, requestForm{}, parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(p)
}

func (r *Attendance) requestPage(v *site.Visit, i content.Item, o occasion, f requestForm, e parts.Errors) (site.Page, error) {
	b, err := r.board(v.Context(), r.deps.DB, o, i.Entity, community.Standing{})
	if err != nil {
		return site.Page{}, err
	}
	facts, err := r.factsOf(v, i, o)
	p := content.PageBelow(v, i, v.T("I’m coming"))
	p.Body = requestBody(request{Item: i, Facts: facts, board: b, Form: f, Errors: e})
	return p, err
}

// request is what the page with the form for people without an account shows.
type request struct {
	board

	Item   content.Item
	Facts  []content.Fact
	Form   requestForm
	Errors parts.Errors
}

func (r *Attendance) createRequest(v *site.Visit) error {
	i, o, _, err := r.visited(v, v.Query(community.DateParameter))
	if err != nil {
		return err
	}
	if v.Viewer.SignedIn() {
		return v.Redirect(board{occasion: o}.path(""))
	}
	if err := o.why(); err != nil {
		return err
	}
	var f requestForm
	if err := r.readRequest(v, i, o, &f); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return r.requestPage(v, i, o, f, e) })
	}
	v.Flash(parts.Info, "We’ve sent you an email. Open the link in it, then you’re on the list.")
	return v.Redirect(withDay(i.Path(), board{occasion: o}.day()))
}

// readRequest reads the form and sends the letter that it asks for. What the visitor learns does not depend on whether the
// address is known.
func (r *Attendance) readRequest(v *site.Visit, i content.Item, o occasion, f *requestForm) error {
	if err := v.Bind(f); err != nil {
		return err
	}
	wrong := r.deps.ByMail.CheckAddress(f.Address)
	wrong = append(wrong, checkName(f.Name)...)
	wrong = append(wrong, checkGuests(f.Guests)...)
	if err := errs.Check(wrong...); err != nil {
		return err
	}
	if err := r.deps.ByMail.Throttle(v, f.Address); err != nil {
		return err
	}
	return r.sendLink(v.Context(), i, o, *f, v.Lang.Language())
}

// askToConfirm is the page behind the link: programs that scan mails follow links.
func (r *Attendance) askToConfirm(v *site.Visit) error {
	t, err := r.deps.ByMail.Find(v.Context(), tokenKind, v.Path("secret"))
	if err != nil {
		return err
	}
	var p pending
	if err := t.Decode(&p); err != nil {
		return err
	}
	i, err := r.publicItem(v.Context(), r.deps.DB, p.ContentID)
	if err != nil {
		return err
	}
	facts, err := r.facts(v.Context(), r.deps.DB, i, p.DateID)
	if err != nil {
		return err
	}
	asked := content.PageBelow(v, i, v.T("I’m coming"))
	asked.Body = confirmBody(i, facts[p.DateID], t.Address, p.Guests)
	return v.Show(asked)
}

// confirm keeps the answer, and sends the link by which it is changed.
func (r *Attendance) confirm(v *site.Visit) error {
	kept, err := r.redeem(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	return r.showKept(v, kept)
}

// showKept says what has become of an answer: on its own page, or on that of the event for somebody who has an account.
func (r *Attendance) showKept(v *site.Visit, kept attendance) error {
	if kept.PersonID != 0 {
		v.Flash(parts.Done, "Great, you’re on the list.")
		return v.Redirect(community.ContentPermalink(kept.ContentID))
	}
	if kept.Waiting {
		v.Flash(parts.Info, "You’re on the waiting list, and we’ll email you when there’s room.")
	} else {
		v.Flash(parts.Done, "Your answer has been saved. We’ve emailed you a link to change it.")
	}
	return v.Redirect(r.ownPath(kept))
}

// visitedOwn returns the answer of somebody without an account whose link it is.
func (r *Attendance) visitedOwn(v *site.Visit) (attendance, error) {
	id, err := v.ID("id")
	if err != nil {
		return attendance{}, err
	}
	a, err := getAttendance(v.Context(), r.deps.DB, id)
	if errs.Is(err, errs.NotFound) || err == nil && (a.AddressKey == "" || !r.deps.Keys.Fit(v.Path("key"), linkOf(a))) {
		return a, errs.New(errs.NotFound, "This answer has been deleted, or the link isn’t complete.")
	}
	return a, err
}

// showOwn is where somebody without an account changes an answer or takes it back. Of an event that is not public any more
// it shows nothing.
func (r *Attendance) showOwn(v *site.Visit) error {
	a, err := r.visitedOwn(v)
	if err != nil {
		return err
	}
	p, err := r.ownPage(v, a, parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(p)
}

func (r *Attendance) ownPage(v *site.Visit, a attendance, e parts.Errors) (site.Page, error) {
	own := ownAttendance{attendance: a, Path: r.ownPath(a), Errors: e}
	i, err := r.publicItem(v.Context(), r.deps.DB, a.ContentID)
	if errs.Is(err, errs.NotFound) {
		return site.Page{Title: v.T("Your answer"), Hidden: true, Body: ownBody(own)}, nil
	}
	if err != nil {
		return site.Page{}, err
	}
	occasions, err := listOccasions(v.Context(), r.deps.DB, a.ContentID, Given{DateID: a.DateID}.dates(), r.deps.DB.Now())
	if err != nil {
		return site.Page{}, err
	}
	own.Item, own.Open = i, len(occasions) > 0 && occasions[0].why() == nil
	if own.Waiting && own.Open {
		if own.Ahead, err = countAhead(v.Context(), r.deps.DB, occasions[0], a); err != nil {
			return site.Page{}, err
		}
	}
	facts, err := r.facts(v.Context(), r.deps.DB, i, a.DateID)
	own.Facts = facts[a.DateID]
	p := content.PageBelow(v, i, v.T("Your answer"))
	p.Body = ownBody(own)
	return p, err
}

// ownAttendance is what the page of an answer by mail shows.
type ownAttendance struct {
	attendance

	Path   string
	Item   content.Item // the zero value if it is not public any more
	Facts  []content.Fact
	Open   bool // the answer can be changed
	Ahead  int
	Errors parts.Errors
}

func (r *Attendance) updateOwn(v *site.Visit) error {
	a, err := r.visitedOwn(v)
	if err != nil {
		return err
	}
	var f answerForm
	if err := r.changeOwn(v, a, &f); err != nil {
		a.Guests = f.Guests
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return r.ownPage(v, a, e) })
	}
	v.Flash(parts.Done, "Your answer has been saved.")
	return v.Redirect(r.ownPath(a))
}

// changeOwn reads the form and changes an answer by mail.
func (r *Attendance) changeOwn(v *site.Visit, a attendance, f *answerForm) error {
	if err := v.Bind(f); err != nil {
		return err
	}
	return r.changeByMail(v.Context(), a, Answer(f.Answer), f.Guests)
}

// withdrawOwn deletes an answer by mail, and with it the address.
func (r *Attendance) withdrawOwn(v *site.Visit) error {
	a, err := r.visitedOwn(v)
	if err != nil {
		return err
	}
	if err := r.withdrawByMail(v.Context(), a); err != nil {
		return err
	}
	return v.Show(site.Page{Title: v.T("Your answer has been deleted"), Hidden: true, Body: withdrawnBody()})
}
