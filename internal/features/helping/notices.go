package helping

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// askedNotice tells the members of a group, and of a profile whoever is told of the event, that help is needed.
func (h *Helping) askedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.HelpAsked, About: "tells members that an event needs help, once",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			audience, err := h.deps.Content.Audience(ctx, q, e)
			if err != nil || audience.IsEmpty() {
				return audience, err
			}
			members := notify.Among(notify.Member, `
				SELECT m.person_id FROM memberships m JOIN "groups" g ON g.id = m.group_id WHERE g.entity_id = ?`, e.EntityID)
			return members.And(audience), nil
		},
		Compose: h.composeAsked,
	}
}

func (h *Helping) composeAsked(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, item, err := h.deps.Content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	o, err := h.OffersOf(ctx, q, p, to.PersonID, e.ContentID, 0)
	if err != nil {
		return nil, err
	}
	if len(o.Lines) == 0 {
		return nil, errs.New(errs.NotFound, "Nothing is needed any more.")
	}
	m.From = notify.Sender{Name: item.Entity.Name, Slug: item.Entity.Slug} // whoever wrote the event is not who asks
	m.Subject = p.T("Can you help? %s", item.Title)
	m.Intro = p.T("%s needs help with “%s”.", m.From.Name, item.Title)
	m.Text, m.Format = p.T("Still needed:")+"\n"+strings.Join(o.Lines, "\n"), markdown.Plain
	m.Facts = o.Facts
	m.URL += "#help"
	m.Actions = append(o.Actions, notify.Action{Label: p.T("See the whole list"), URL: m.URL, Primary: len(o.Actions) == 0})
	m.Note = o.Hint
	if to.Reason == notify.Member {
		m.Because = p.T("You get this email because you’re a member of the group “%s”.", item.Entity.Name)
	}
	m.FollowUp(e)
	return m, nil
}

// maxLinks is how many things a mail offers a link for.
const maxLinks = 5

// Offers are what a mail says to somebody about what a date still needs. The zero value is nothing.
type Offers struct {
	Facts   []notify.Fact   // when and where the date is
	Own     string          // what they have taken: "2 × cake"
	Returns []notify.Action // links by which they give it back
	Lines   []string        // what is still needed, one line each
	Actions []notify.Action // links by which they take some of it
	Hint    string          // how to answer
}

// Links returns the links of a mail in which something else comes first.
func (o Offers) Links() []notify.Action {
	links := slices.Concat(o.Returns, o.Actions)
	for n := range links {
		links[n].Primary = false
	}
	return links
}

// HelpingAt returns a query for date_id and person_id: who has taken something at each of some dates, once or several
// times. It stands in parentheses in a larger query.
func (*Helping) HelpingAt(dates []int64) (query string, args []any) {
	return `SELECT ht.date_id, ht.person_id FROM help_takings ht WHERE ht.date_id IN (?) AND ht.amount > 0`, []any{dates}
}

// OffersOf returns what somebody is told about what a date of an event still needs; of the next one for 0. A date that is
// over or cancelled needs nothing. Whoever asks knows that they may read the event; what is read is the same for everybody
// who is told together.
func (h *Helping) OffersOf(ctx context.Context, q sqldb.Querier, p *lang.Printer, personID, contentID, dateID int64) (o Offers, err error) {
	needs, err := listNeeds(ctx, q, contentID)
	if err != nil || len(needs) == 0 {
		return o, err
	}
	var d date
	now := clock.At(h.deps.DB.Now().Truncate(time.Minute)) // whoever asks for many people asks the same question
	if dateID == 0 {
		d, err = findDate(ctx, q, contentID, "", now)
	} else {
		d, err = getDate(ctx, q, dateID)
	}
	if err != nil || !d.open(now) {
		return o, err
	}
	if err := fill(ctx, q, needs, d.ID); err != nil {
		return o, err
	}
	facts, err := h.deps.Dates.DateFacts(lang.With(ctx, p), q, d.ID)
	if err != nil {
		return o, err
	}
	o.Facts = facts[d.ID]
	var own []string
	for _, n := range needs {
		if mine := n.Of(personID); mine > 0 {
			own = append(own, sayAmount(p, mine, n.Title))
			o.Returns = append(o.Returns, notify.Action{Label: p.T("I can’t after all: %s", n.Title), URL: h.linkURL(personID, n.ID, d.ID)})
		}
		left := n.Left()
		if left == 0 {
			continue
		}
		if len(o.Lines) == 0 {
			o.Hint = p.T("You can also reply to this email with just what you’ll take, for example: %s", fmt.Sprintf("%d %s", min(2, left), head(n.Title)))
		}
		o.Lines = append(o.Lines, sayAmount(p, left, n.Title))
		if len(o.Actions) < maxLinks && n.Of(personID) == 0 {
			o.Actions = append(o.Actions, notify.Action{Label: p.T("I’ll take “%s”", n.Title), URL: h.linkURL(personID, n.ID, d.ID), Primary: len(o.Actions) == 0})
		}
	}
	o.Own = strings.Join(own, ", ")
	return o, nil
}

// sayAmount says how many of something: "3 × set up, 16:00".
func sayAmount(p *lang.Printer, n int, title string) string { return p.T("%d × %s", n, title) }

// head returns what a title begins with, up to the first comma.
func head(title string) string {
	before, _, _ := strings.Cut(title, ",")
	return before
}

// linkURL returns the absolute address by which a person takes some of a need at a date.
func (h *Helping) linkURL(personID, needID, dateID int64) string {
	return fmt.Sprintf("%s/stadt/events/help/%d/%d/%d/%s/", h.deps.BaseURL, needID, dateID, personID, h.deps.Keys.Of(aboutLink(personID, needID, dateID)))
}

// aboutLink is what the key of a link is made of.
func aboutLink(personID, needID, dateID int64) string {
	return fmt.Sprintf("person %d need %d date %d", personID, needID, dateID)
}
