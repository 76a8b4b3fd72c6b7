package attendance

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// words are what a mail about somebody's answer says.
type words struct {
	Kind, Subject, Intro string
	Button               string // leads to the answer; "" says that it can be changed there
}

// methodPublish says of a calendar that it is for whoever keeps what it says: nobody is asked by it (RFC 5546, 1.4).
const methodPublish = "PUBLISH"

// kept is what calendar programs are told: of which event, or which of its dates; the zero value is nothing.
type kept struct{ ContentID, DateID int64 }

// calendars returns the calendar that goes along with letters to those who answered without an account.
func (r *Attendance) calendars(ctx context.Context, q sqldb.Querier, k kept) ([]notify.LetterCalendar, error) {
	if k.ContentID == 0 {
		return nil, nil
	}
	write, err := r.deps.Dates.Scheduled(ctx, q, k.ContentID, k.DateID)
	if err != nil {
		return nil, err
	}
	text, err := write(ical.Message{Method: methodPublish})
	return []notify.LetterCalendar{{Method: methodPublish, Text: string(text)}}, err
}

// saying returns what a mail about an answer to an event says.
type saying func(p *lang.Printer, title string, a attendance) words

// sayKept says to somebody without an account what they have answered.
func sayKept(p *lang.Printer, title string, a attendance) words {
	w := words{Kind: "attendance"}
	switch {
	case a.Waiting:
		w.Subject, w.Intro = p.T("You’re on the waiting list: %s", title), p.T("There’s no room at “%s” at the moment. You’re on the waiting list, and we’ll email you when that changes.", title)
	case a.Answer == Yes:
		w.Subject, w.Intro = p.T("You’re coming: %s", title), p.T("You’re on the list for “%s”.", title)
	default:
		w.Subject, w.Intro = p.T("Your answer: %s", title), p.T("We’ve noted your answer to “%s”.", title)
	}
	return w
}

// sayAdvanced says that somebody has moved up from the waiting list.
func sayAdvanced(p *lang.Printer, title string, _ attendance) words {
	return words{
		Kind: "attendance-advanced", Subject: p.T("You have a place: %s", title),
		Intro: p.T("A place at “%s” has become free, and it’s yours. If you can’t come any more, please say so: others are waiting.", title),
	}
}

// sayMoved says that a date has moved, and asks again.
func sayMoved(p *lang.Printer, title string, _ attendance) words {
	return words{
		Kind: "attendance-moved", Subject: p.T("Changed: %s", title),
		Intro: p.T("The date or place of “%s” has changed. Can you still come? If not, please change your answer.", title),
	}
}

func sayCancelled(p *lang.Printer, title string, _ attendance) words {
	return words{Kind: "event-cancelled", Subject: p.T("Cancelled: %s", title), Intro: p.T("“%s” has been cancelled.", title), Button: p.T("Delete my answer")}
}

func sayReinstated(p *lang.Printer, title string, _ attendance) words {
	return words{Kind: "event-reinstated", Subject: p.T("Takes place after all: %s", title), Intro: p.T("“%s” takes place after all.", title)}
}

// post sends a letter to each of those who have answered to one event without an account, in the language in which they
// did, and with it what their calendars keep of it. Of an event that is not public any more they learn nothing.
func (r *Attendance) post(ctx context.Context, tx *sqldb.Tx, all []attendance, say saying, k kept) error {
	strangers := slices.DeleteFunc(slices.Clone(all), func(a attendance) bool { return a.AddressKey == "" })
	if len(strangers) == 0 {
		return nil
	}
	item, _, err := r.deps.Content.Get(ctx, tx, community.Viewer{}, strangers[0].ContentID)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Unauthenticated), errs.Is(err, errs.Denied):
		return nil
	case err != nil:
		return err
	}
	facts, err := r.factsFor(ctx, tx, item, strangers)
	if err != nil {
		return err
	}
	calendars, err := r.calendars(ctx, tx, k)
	if err != nil {
		return err
	}
	letters := make([]notify.Letter, len(strangers))
	for n, a := range strangers {
		p := r.deps.Catalogues.Printer(a.Language, r.deps.Zone)
		letters[n] = r.letter(p, item, a, say(p, item.Title, a))
		letters[n].Facts, letters[n].Calendars = facts[spoken{a.Language, a.DateID}], calendars
	}
	return r.deps.Letters.PostAll(ctx, tx, letters)
}

// letter returns a letter about an answer, with the link by which it is changed.
func (r *Attendance) letter(p *lang.Printer, i content.Item, a attendance, w words) notify.Letter {
	return notify.Letter{
		Address: a.Address, Name: a.Name, Kind: w.Kind, Subject: w.Subject, Intro: w.Intro, Language: p.Language(), Group: notify.GroupCalled(i.Entity),
		Actions: []notify.Action{
			{Label: cmp.Or(w.Button, p.T("Change my answer")), URL: r.deps.BaseURL + r.ownPath(a), Primary: true},
			{Label: p.T("Go to the event"), URL: r.deps.BaseURL + community.ContentPermalink(i.ID)},
		},
		Note: p.T("You get this email because you answered with this address. We’ll delete it 30 days after the event."),
	}
}

// ownPath returns the address at which somebody without an account changes an answer. It holds as long as their address is
// known.
func (r *Attendance) ownPath(a attendance) string {
	return fmt.Sprintf("/stadt/attendance/%d/%s/", a.ID, r.deps.Keys.Of(linkOf(a)))
}

// linkOf is what the key of such a link is about.
func linkOf(a attendance) string { return fmt.Sprintf("attendance %d of %s", a.ID, a.AddressKey) }

// spoken tells facts apart by the language that they are in and the date that they are about, 0 for a whole series.
type spoken struct {
	language string
	dateID   int64
}

// factsFor returns when and where what people have answered to takes place, in the languages in which they did.
func (r *Attendance) factsFor(ctx context.Context, q sqldb.Querier, item content.Item, all []attendance) (map[spoken][]notify.Fact, error) {
	dates := map[string][]int64{} // by language
	for _, a := range all {
		dates[a.Language] = append(dates[a.Language], a.DateID)
	}
	found := map[spoken][]notify.Fact{}
	for language, ids := range dates { // there are two languages
		in := lang.With(ctx, r.deps.Catalogues.Printer(language, r.deps.Zone))
		slices.Sort(ids)
		of, err := r.facts(in, q, item, slices.Compact(ids)...)
		if err != nil {
			return nil, err
		}
		for id, facts := range of {
			found[spoken{language, id}] = facts
		}
	}
	return found, nil
}

// facts returns when and where dates take place, by their ids and in the language of the context; for the date 0 those of
// the whole item.
func (r *Attendance) facts(ctx context.Context, q sqldb.Querier, item content.Item, ids ...int64) (map[int64][]content.Fact, error) {
	found, err := r.deps.Dates.DateFacts(ctx, q, ids...)
	if err != nil || !slices.Contains(ids, 0) {
		return found, err
	}
	whole, err := r.deps.Content.Facts(ctx, q, item)
	if err != nil {
		return nil, err
	}
	found[0] = whole[item.ID]
	return found, nil
}
