package attendance

import (
	"cmp"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
)

// attendeesPattern is where people answer, as in grouprise 5.5.
const attendeesPattern = "/stadt/content/{id}/events/attendees"

// anchor is the id of the block about who comes on the page of an event.
const anchor = "attendance"

// attendeesPath returns the address at which people answer to an event.
func attendeesPath(contentID int64) string {
	return "/stadt/content/" + strconv.FormatInt(contentID, 10) + "/events/attendees/"
}

// withDay returns a path that is about the date of a day, if there is one.
func withDay(path, day string) string {
	if day == "" {
		return path
	}
	return community.DatePath(path, day)
}

// visited returns the event in the path and what people answer for there on a day, if the viewer may read it.
func (r *Attendance) visited(v *site.Visit, day string) (i content.Item, o occasion, s community.Standing, err error) {
	id, err := v.ID("id")
	if err != nil {
		return i, o, s, err
	}
	i, s, err = r.deps.Content.Get(v.Context(), r.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: i.Entity, Standing: s})
	if err != nil {
		return i, o, s, err
	}
	o, err = getOccasion(v.Context(), r.deps.DB, id, day, r.deps.DB.Now())
	return i, o, s, err
}

// showAttendees asks whoever comes by an address of grouprise 5.5, where looking at it took an answer back. Whoever has
// not signed in answers by mail.
func (r *Attendance) showAttendees(v *site.Visit) error {
	i, o, s, err := r.visited(v, v.Query(community.DateParameter))
	if err != nil {
		return err
	}
	b, err := r.board(v.Context(), r.deps.DB, o, i.Entity, s)
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return v.Redirect(b.path("request/"))
	}
	facts, err := r.factsOf(v, i, o)
	if err != nil {
		return err
	}
	p := content.PageBelow(v, i, v.T("Who’s coming"))
	p.Body = attendeesBody(i.Title, facts, b)
	return v.Show(p)
}

// factsOf returns when and where it is that people answer for.
func (r *Attendance) factsOf(v *site.Visit, i content.Item, o occasion) ([]content.Fact, error) {
	facts, err := r.facts(v.Context(), r.deps.DB, i, o.dateID())
	return facts[o.dateID()], err
}

// answerForm is an answer. The names that 5.5 knows are its own: it has neither answers nor guests, and posting means yes.
type answerForm struct {
	Answer string `form:"answer" text:"line"`
	Guests int    `form:"guests" label:"Guests"`
	Date   string `form:"date" text:"line"`
	Other  string `form:"other_gestalt" text:"line"`
	Back   string `form:"redirect_url" text:"line"`
}

func (r *Attendance) createAnswer(v *site.Visit) error {
	var f answerForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	i, o, s, err := r.visited(v, f.Date)
	if err != nil {
		return err
	}
	personID, err := r.answering(v, i, s, f.Other)
	if err != nil {
		return err
	}
	g := Given{ContentID: i.ID, DateID: o.dateID(), PersonID: personID, Answer: Answer(cmp.Or(f.Answer, string(Yes))), Guests: f.Guests}
	if err := r.keep(v.Context(), g); err != nil {
		return err
	}
	if err := r.flash(v, o, personID); err != nil {
		return err
	}
	return leadBack(v, i, o, f.Back)
}

// answering returns for whom the viewer answers: themselves, or another member of the group where that is allowed.
func (r *Attendance) answering(v *site.Visit, i content.Item, s community.Standing, other string) (int64, error) {
	if !v.Viewer.SignedIn() {
		return 0, community.PleaseSignIn()
	}
	id, err := strconv.ParseInt(other, 10, 64)
	if other == "" || err == nil && v.Viewer.Is(id) {
		return v.Viewer.PersonID, nil
	}
	if err != nil || !CanAnswerFor(s, r.deps.ByOthers) {
		return 0, errs.New(errs.Denied, "You can only answer for yourself.")
	}
	member, err := isMember(v.Context(), r.deps.DB, i.Entity.OwnerID, id)
	if err == nil && !member {
		err = errs.New(errs.Denied, "You can only answer for members of the group.")
	}
	return id, err
}

// flash says what has become of an answer.
func (r *Attendance) flash(v *site.Visit, o occasion, personID int64) error {
	own, _, err := ownAnswer(v.Context(), r.deps.DB, o, personID)
	if err != nil {
		return err
	}
	switch {
	case own.Waiting:
		v.Flash(parts.Info, "You’re on the waiting list and will be notified when there’s room.")
	case own.Answer == Yes:
		v.Flash(parts.Done, "Great, you’re on the list.")
	default:
		v.Flash(parts.Done, "Your answer has been saved.")
	}
	return nil
}

// leadBack leads to where an answer was given: the address that a script of 5.5 names, if it is one of the site, or the
// page of the event.
func leadBack(v *site.Visit, i content.Item, o occasion, back string) error {
	if back != "" {
		return v.Redirect(v.Local(back))
	}
	return v.Redirect(withDay(i.Path(), board{occasion: o}.day()) + "#" + anchor)
}

// removeAnswer takes an answer back.
func (r *Attendance) removeAnswer(v *site.Visit) error {
	i, o, s, err := r.visited(v, v.Query(community.DateParameter))
	if err != nil {
		return err
	}
	personID, err := r.answering(v, i, s, v.Query("other_gestalt"))
	if err != nil {
		return err
	}
	if err := r.takeBack(v.Context(), o, personID); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your answer has been deleted.")
	return leadBack(v, i, o, v.Query("redirect_url"))
}
