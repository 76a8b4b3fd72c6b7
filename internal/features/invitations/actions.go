package invitations

import (
	"context"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// receive takes in what somebody has sent to a group. A member's invitation is an event at once, and so is every change of
// one that is in; a stranger's waits, and members are told. A group that is archived takes nothing.
func (r *Invitations) receive(ctx context.Context, tx *sqldb.Tx, g community.Group, m *mailin.Incoming, c ical.Calendar) error {
	if err := lockGroup(ctx, tx, g.EntityID); err != nil {
		return err
	}
	s, err := policy.Standing(ctx, tx, m.Sender, g.Entity())
	if err != nil {
		return err
	}
	if !policy.CanAdd(s) {
		return community.ErrArchived()
	}
	i, err := r.known(ctx, tx, g, m, c)
	if err != nil {
		return err
	}
	parts, err := listParts(ctx, tx, i.ID)
	if err != nil {
		return err
	}
	all, changed, err := absorb(parts[i.ID], c)
	if err != nil || len(changed) == 0 {
		return err
	}
	if len(all) > maxParts {
		return errs.New(errs.Invalid, "This event has too many dates.")
	}
	if err := saveParts(ctx, tx, i.ID, changed); err != nil {
		return err
	}
	if i.ContentID != 0 {
		return r.keep(ctx, tx, m.Sender.PersonID, g.Entity(), i, all)
	}
	if CanLetIn(s) {
		return r.keep(ctx, tx, m.Sender.PersonID, g.Entity(), i, all)
	}
	return r.announce(ctx, tx, g, i, all)
}

// known returns what the sender of a mail has sent to a group before under the same UID, or notes that they have now.
func (r *Invitations) known(ctx context.Context, tx *sqldb.Tx, g community.Group, m *mailin.Incoming, c ical.Calendar) (Invitation, error) {
	uid := oneUID(c)
	i, ok, err := findInvitation(ctx, tx, g.EntityID, uid, m.Sender.PersonID)
	if err != nil {
		return i, err
	}
	if !ok {
		other, err := r.deps.Events.FindUID(ctx, tx, g.EntityID, uid)
		if err != nil {
			return i, err
		}
		if other != 0 {
			return i, errs.New(errs.Denied, "This event is in the group’s calendar already. Only the person who sent it can change it by email.")
		}
		i = Invitation{EntityID: g.EntityID, PersonID: m.Sender.PersonID, UID: uid, Sender: m.From, Organizer: m.From, Invited: strings.ToLower(m.Recipient)}
		if i.ID, err = insertInvitation(ctx, tx, i); err != nil {
			return i, err
		}
	}
	if c.Method != methodRequest || len(c.Events) == 0 || i.Asks {
		return i, nil
	}
	i.Asks = true
	if address := c.Events[0].Organizer.Address; address != "" {
		i.Organizer = address
	}
	return i, setOrganizer(ctx, tx, i)
}

// keep makes the event of an invitation say what is known of it. Until more is known than its end there is none. One that
// is over when it comes into being is told to nobody.
func (r *Invitations) keep(ctx context.Context, tx *sqldb.Tx, actorID int64, group community.Entity, i Invitation, parts []*part) error {
	all, err := combine(parts)
	if err != nil || len(all) == 0 {
		return err
	}
	quiet := i.ContentID == 0 && all[0].Status == statusCancelled
	for n := range all {
		all[n] = fitting(r.deps.Catalogues.Printer("", r.deps.Zone), all[n])
	}
	id, err := r.deps.Events.SaveForeign(ctx, tx, actorID, group, i.ContentID, all, quiet)
	if err != nil || id == i.ContentID {
		return err
	}
	return setContent(ctx, tx, i.ID, id)
}

// announce tells the members of a group once that somebody has invited it.
func (r *Invitations) announce(ctx context.Context, tx *sqldb.Tx, g community.Group, i Invitation, parts []*part) error {
	all, err := combine(parts)
	if err != nil || len(all) == 0 || all[0].Status == statusCancelled || i.ActivityID != 0 {
		return err
	}
	full, wait, err := r.deps.Limiter.CountIn(ctx, tx, limitReceived(), strconv.FormatInt(g.EntityID, 10))
	if err != nil {
		return err
	}
	if full != "" {
		return errs.New(errs.TooMany, "“%s” has had many invitations today. Please try again tomorrow.", g.Name).After(wait)
	}
	activity, err := r.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.InvitationReceived, ActorID: i.PersonID, EntityID: g.EntityID, PersonID: i.PersonID})
	if err != nil {
		return err
	}
	return setActivity(ctx, tx, i.ID, activity)
}

// LetIn makes an event of what waits: a member of the group has decided so, in whose name it stands.
func (r *Invitations) LetIn(ctx context.Context, v community.Viewer, id int64) (Invitation, error) {
	var i Invitation
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		g, err := r.open(ctx, tx, v, id, &i)
		if err != nil || i.ContentID != 0 {
			return err
		}
		parts, err := listParts(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := r.keep(ctx, tx, v.PersonID, g.Entity(), i, parts[id]); err != nil {
			return err
		}
		i, err = getInvitation(ctx, tx, ` WHERE i.id = ?`, id)
		return err
	})
	return i, err
}

// Ignore decides that nobody lets in what waits. Whoever has sent it is not told.
func (r *Invitations) Ignore(ctx context.Context, v community.Viewer, id int64) (Invitation, error) {
	var i Invitation
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := r.open(ctx, tx, v, id, &i); err != nil || i.ContentID != 0 {
			return err
		}
		return setIgnored(ctx, tx, id)
	})
	return i, err
}

func errNotMember(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can do this.")
}

// open reads an invitation that the viewer decides about, and locks its group.
func (r *Invitations) open(ctx context.Context, tx *sqldb.Tx, v community.Viewer, id int64, i *Invitation) (g community.Group, err error) {
	if *i, err = getInvitation(ctx, tx, ` WHERE i.id = ?`, id); err != nil {
		return g, err
	}
	if g, err = r.deps.Groups.GetByEntity(ctx, tx, i.EntityID); err != nil {
		return g, err
	}
	s, err := policy.Standing(ctx, tx, v, g.Entity())
	if err != nil {
		return g, err
	}
	if !CanLetIn(s) {
		return g, errNotMember(v)
	}
	if err := lockGroup(ctx, tx, i.EntityID); err != nil {
		return g, err
	}
	*i, err = getInvitation(ctx, tx, ` WHERE i.id = ?`, id) // what somebody else did meanwhile
	return g, err
}

// AnswerForGroup tells whoever has invited a group whether it comes: one mail for each answer that is another than before,
// in which no member is named.
func (r *Invitations) AnswerForGroup(ctx context.Context, v community.Viewer, id int64, answer string) (Invitation, error) {
	var i Invitation
	err := r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		g, err := r.open(ctx, tx, v, id, &i)
		if err != nil {
			return err
		}
		if !i.Asks || i.ContentID == 0 || answer != Yes && answer != No {
			return errs.New(errs.Invalid, "This event doesn’t ask for an answer.")
		}
		changed, err := setAnswer(ctx, tx, id, answer)
		if err != nil || !changed {
			return err
		}
		return r.postAnswer(ctx, tx, g.Entity(), i, answer)
	})
	return i, err
}

// postAnswer posts the answer of a group to whoever has invited it.
func (r *Invitations) postAnswer(ctx context.Context, tx *sqldb.Tx, group community.Entity, i Invitation, answer string) error {
	all, err := listEvents(ctx, tx, i.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 || all[0].Status == statusCancelled {
		return errs.New(errs.Invalid, "This event has been cancelled.")
	}
	organizer, err := r.deps.People.Get(ctx, tx, i.PersonID)
	if err != nil {
		return err
	}
	p := r.deps.Catalogues.Printer(organizer.Language, r.deps.Zone)
	title := titleOf(p, all[0])
	l := notify.Letter{
		Address: i.Sender, Name: organizer.Name, Kind: "invitation-reply", Language: p.Language(), Group: &group, OfGroup: true,
		Calendars: []notify.LetterCalendar{{Method: methodReply, Text: string(reply(all[0], group, i, partstatOf(answer), tx.Now.Time)), Invites: true}},
		Facts:     []notify.Fact{{Label: p.T("When"), Value: r.deps.Events.SayWhen(p, all[0])}, {Label: p.T("Where"), Value: all[0].Place}},
	}
	called := notify.Called(group.Name, group.Slug)
	if answer == Yes {
		l.Subject, l.Intro = p.T("Accepted: %s", title), p.T("The group “%s” has accepted your invitation.", called)
	} else {
		l.Subject, l.Intro = p.T("Declined: %s", title), p.T("The group “%s” has declined your invitation.", called)
	}
	return r.deps.Letters.Post(ctx, tx, l)
}

// fitting returns an event cut to what an event here may say.
func fitting(p *lang.Printer, e ical.Event) ical.Event {
	e.Title, e.Place = mime.Shorten(titleOf(p, e), maxTitle), mime.Shorten(e.Place, maxPlace)
	return e
}

// titleOf returns the title of an event, or what stands in its place.
func titleOf(p *lang.Printer, e ical.Event) string {
	if glyph.Visible(e.Title) {
		return e.Title
	}
	return p.T("Event without a title")
}
