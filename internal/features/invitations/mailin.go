package invitations

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/glyph"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// take gives the calendars of a mail their effect, where they have one. What cannot be read is a file like others.
func (r *Invitations) take(ctx context.Context, tx *sqldb.Tx, to mailin.Destination, m *mailin.Incoming) (taken bool, err error) {
	for _, data := range m.Calendars {
		c, err := ical.Parse(bytes.NewReader(data), r.limits())
		if err != nil || len(c.Events) == 0 {
			continue
		}
		switch c.Method {
		case methodReply, methodCounter:
			taken, err = r.takeAnswer(ctx, tx, to, m, c)
		case methodRequest, methodPublish, methodCancel:
			taken, err = r.takeInvitation(ctx, tx, to, m, c)
		}
		if taken || err != nil {
			return taken, err
		}
	}
	return false, nil
}

// limits bound what is read of a calendar in a mail.
func (r *Invitations) limits() ical.Limits {
	return ical.Limits{Bytes: 1 << 20, Events: maxParts, Zone: r.deps.Zone}
}

// takeAnswer makes the answer of a calendar program attendance. It never becomes a comment, whatever it says beside.
func (r *Invitations) takeAnswer(ctx context.Context, tx *sqldb.Tx, to mailin.Destination, m *mailin.Incoming, c ical.Calendar) (taken bool, err error) {
	uid := oneUID(c)
	if uid == "" { // which standards do not allow
		return to.Reply, errSeveral(to)
	}
	contentID, err := r.deps.Events.FindUID(ctx, tx, to.EntityID, uid)
	switch {
	case err != nil:
		return false, err
	case contentID == 0 && !to.Reply:
		return false, nil // it answers something else, which people may read
	case contentID == 0:
		return false, errs.New(errs.NotFound, "The event you answered no longer exists.")
	}
	if e := slices.IndexFunc(c.Events, func(e ical.Event) bool { return c.Method == methodCounter || delegates(e, m.From) }); e >= 0 {
		return true, r.explain(ctx, tx, m, c.Events[e], c.Method == methodCounter)
	}
	return true, r.answer(ctx, tx, contentID, m, c.Events)
}

// errSeveral refuses an answer to several events at once, where it can be nothing else.
func errSeveral(to mailin.Destination) error {
	if !to.Reply {
		return nil
	}
	return errs.New(errs.Invalid, "Your calendar has answered several events in one email. Please answer each of them separately.")
}

// response is the answer of a program to all dates of an event, or to the one of a day.
type response struct {
	Day      string // "" for all
	Answer   string
	Sequence int
	Stamp    clock.Time
}

// answer keeps what an answer to an event says, of all that have come the latest for each date.
func (r *Invitations) answer(ctx context.Context, tx *sqldb.Tx, contentID int64, m *mailin.Incoming, events []ical.Event) error {
	var all []response
	var days []string
	for _, e := range events {
		who, ok := answering(e, m.From)
		if !ok || answerOf(who.Answer) == "" {
			continue // needs action, still
		}
		a := response{Answer: answerOf(who.Answer), Sequence: e.Sequence, Stamp: clock.At(e.Stamp)}
		if e.Stamp.IsZero() {
			a.Stamp = m.SentAt
		}
		if e.Recurrence != "" {
			a.Day = e.Recurrence[:min(len(e.Recurrence), len("2006-01-02"))]
			days = append(days, a.Day)
		}
		all = append(all, a)
	}
	dates, err := r.deps.Events.DatesOn(ctx, tx, contentID, days)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(a response) bool { return a.Day != "" && dates[a.Day] == 0 })
	if len(days) > 0 && len(all) == 0 {
		return errs.New(errs.NotFound, "The event you answered no longer has this date.")
	}
	asks, err := asksForAnswers(ctx, tx, contentID)
	if err != nil || !asks || len(all) == 0 {
		return err // nobody has asked
	}
	latest, err := keepLatest(ctx, tx, contentID, m.Sender.PersonID, all)
	if err != nil {
		return err
	}
	for _, a := range together(latest, dates, m.SentAt) {
		a.ContentID, a.PersonID = contentID, m.Sender.PersonID
		if err := r.deps.Answer(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// together returns what is answered, to many dates in the same way at once: what is said of all dates first. All of it was
// given when the program wrote the latest of it down, and not later than the mail was sent.
func together(all []response, dates map[string]int64, sent clock.Time) (answers []Answer) {
	var given clock.Time
	for _, a := range all {
		if a.Stamp.After(given.Time) {
			given = a.Stamp
		}
	}
	if given.After(sent.Time) {
		given = sent
	}
	for _, a := range all {
		if a.Day == "" {
			answers = append(answers, Answer{Answer: a.Answer, At: given})
			continue
		}
		n := slices.IndexFunc(answers, func(known Answer) bool { return len(known.DateIDs) > 0 && known.Answer == a.Answer })
		if n < 0 {
			n, answers = len(answers), append(answers, Answer{Answer: a.Answer, At: given})
		}
		answers[n].DateIDs = append(answers[n].DateIDs, dates[a.Day])
	}
	return answers
}

// delegates reports whether somebody has passed an invitation on.
func delegates(e ical.Event, from string) bool {
	who, _ := answering(e, from)
	return who.Answer == delegated
}

// answering returns who answers: whoever has the address that the answer came from, or else the only one. Some programs
// answer in the name of another address of the same person; that they may answer the reply address says enough.
func answering(e ical.Event, from string) (who ical.Person, ok bool) {
	for _, p := range e.Attendees {
		if strings.EqualFold(p.Address, from) {
			return p, true
		}
	}
	if len(e.Attendees) == 1 {
		return e.Attendees[0], true
	}
	return ical.Person{}, false
}

// explain tells somebody by letter that their answer is none that an event here can have.
func (r *Invitations) explain(ctx context.Context, tx *sqldb.Tx, m *mailin.Incoming, e ical.Event, counter bool) error {
	p := r.deps.Catalogues.Printer(m.Sender.Language, r.deps.Zone)
	reason := p.T("Your calendar passed the invitation on to someone else. Please forward the email instead: everyone answers for themselves.")
	if counter {
		reason = p.T("Your calendar suggested another time. That isn’t possible here: please answer yes, no or maybe, and suggest the other time in a comment.")
	}
	return r.deps.Letters.Post(ctx, tx, notify.Letter{
		Address: m.From, Name: m.Sender.Name, Kind: "invitation-answer", Language: p.Language(), Answering: m.MessageID,
		Subject: p.T("Your answer to “%s”", titleOf(p, e)), Intro: reason,
		Note:    p.T("Your answer has not been counted."),
		Actions: []notify.Action{{Label: p.T("Go to the site"), URL: r.deps.BaseURL + "/", Primary: true}},
	})
}

// takeInvitation makes an event of a group of what was sent to its address. A mail that says more than that it invites,
// such as one with a flyer or with a whole calendar, goes on as what people have written.
func (r *Invitations) takeInvitation(ctx context.Context, tx *sqldb.Tx, to mailin.Destination, m *mailin.Incoming, c ical.Calendar) (taken bool, err error) {
	uid := oneUID(c)
	if to.Reply || uid == "" || len([]rune(uid)) > maxUID || r.deps.Events.IsOwnUID(uid) {
		return false, nil
	}
	files := filesOf(m)
	switch {
	case c.Method == methodPublish && len(files) > 0:
		return false, nil
	case c.Method == methodPublish:
		addWords(&c, m)
	case c.Method == methodRequest && len(files) > 0:
		addDropped(r.deps.Catalogues.Printer("", r.deps.Zone), &c, files)
	}
	g, err := r.deps.Groups.GetByEntity(ctx, tx, to.EntityID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.receive(ctx, tx, g, m, c)
}

// filesOf returns the names of the files that a mail brings beside calendars, and beside the pictures that stand in its text,
// such as that of a signature.
func filesOf(m *mailin.Incoming) (names []string) {
	for _, f := range m.Attachments {
		if f.MediaType != "text/calendar" && f.MediaType != "application/ics" && !strings.Contains(m.Text, f.Path()) {
			names = append(names, f.OriginalName)
		}
	}
	return names
}

// addDropped says in an event which files have come with the invitation to it: calendar programs keep none either, and
// whoever invited should know that members do not have them. It is in the language of the site, because everybody reads it.
func addDropped(p *lang.Printer, c *ical.Calendar, names []string) {
	for n, e := range c.Events {
		if e.Recurrence == "" {
			c.Events[n].Text = strings.TrimSpace(e.Text + "\n\n" + p.T("The email with this invitation also had files, which aren’t kept here: %s", strings.Join(names, ", ")))
		}
	}
}

// addWords adds what somebody has written to dates that they publish. Beside an invitation stands what the program says
// of it.
func addWords(c *ical.Calendar, m *mailin.Incoming) {
	words := strings.TrimSpace(m.Words)
	for n, e := range c.Events {
		if e.Recurrence == "" && glyph.Visible(words) && !strings.Contains(e.Text, words) {
			c.Events[n].Text = strings.TrimSpace(words + "\n\n" + e.Text)
		}
	}
}
