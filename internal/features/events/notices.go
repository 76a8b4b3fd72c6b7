package events

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// notices tell those who have been told of an event that it does not take place, or does after all, or elsewhere or at
// another time. Of a series that is one notice for all of it, or one for the date.
func (r *Events) notices() []notify.Notice {
	return []notify.Notice{
		{
			Activity: community.EventCancelled, About: "tells subscribers, members if it is internal, that an event, or a date of it, is cancelled", Rooms: true,
			Audience: r.concerned,
			Compose: r.composeChange(func(m *notify.Message, p *lang.Printer, c changed) {
				m.Subject, m.Intro = p.T("Cancelled: %s", c.whole(p)), p.T("%s has cancelled “%s”.", m.From.Name, c.Title)
				if c.Day != "" {
					m.Intro = p.T("%[1]s has cancelled “%[2]s” for %[3]s.", m.From.Name, c.Title, c.Day)
				}
			}),
		},
		{
			Activity: community.EventReinstated, About: "tells them that it takes place after all", Rooms: true,
			Audience: r.concerned,
			Compose: r.composeChange(func(m *notify.Message, p *lang.Printer, c changed) {
				m.Subject, m.Intro = p.T("Takes place after all: %s", c.whole(p)), p.T("“%[2]s” by %[1]s takes place after all.", m.From.Name, c.Title)
				if c.Day != "" {
					m.Intro = p.T("“%[2]s” by %[1]s takes place on %[3]s after all.", m.From.Name, c.Title, c.Day)
				}
			}),
		},
		{
			Activity: community.EventMoved, About: "tells subscribers, members if it is internal, that it takes place at another time, or elsewhere", Rooms: true,
			Audience: r.unasked,
			Compose: r.composeChange(func(m *notify.Message, p *lang.Printer, c changed) {
				m.Subject, m.Intro = p.T("Changed: %s", c.whole(p)), p.T("%s has changed when or where “%s” takes place.", m.From.Name, c.Title)
				if c.Day != "" {
					m.Intro = p.T("%[1]s has changed when or where “%[2]s” takes place on %[3]s.", m.From.Name, c.Title, c.Day)
				}
			}),
		},
		r.shownNotice(), r.invitedNotice(),
	}
}

// changed is what a message is about: an event, or one of its dates.
type changed struct {
	Title string
	Day   string // on which the series has the date; "" for all of it
}

// whole returns what has changed in a few words: "Choir on Tue 10 March 2026".
func (c changed) whole(p *lang.Printer) string {
	if c.Day == "" {
		return c.Title
	}
	return p.T("%[1]s on %[2]s", c.Title, c.Day)
}

type composer = func(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error)

// composeChange returns what makes a message about something that happened to an event, below the one about the event.
func (r *Events) composeChange(say func(m *notify.Message, p *lang.Printer, c changed)) composer {
	return func(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
		m, i, err := r.content.Compose(ctx, q, p, e.ContentID, to)
		if err != nil {
			return nil, err
		}
		if to.Reason == showing {
			group, err := getShower(ctx, q, e.ContentID, to.PersonID)
			if err != nil {
				return nil, err
			}
			m.Entity, m.Subscribed = &group, true
		}
		c := changed{Title: i.Title}
		if e.DateID != 0 {
			if c.Day, err = r.composeDate(lang.With(ctx, p), q, m, e.DateID); err != nil {
				return nil, err
			}
		}
		say(m, p, c)
		m.FollowUp(e)
		return m, nil
	}
}

// composeDate lets a message say what one date of a series says, and returns its day in words.
func (r *Events) composeDate(ctx context.Context, q sqldb.Querier, m *notify.Message, dateID int64) (string, error) {
	p := lang.From(ctx)
	found, err := getDated(ctx, q, dateID)
	if err != nil {
		return "", err
	}
	d, err := r.dateOf(found)
	if err != nil {
		return "", err
	}
	shown := shownDate{event: d.at(d.stored)}
	if shown.When, err = shown.span(&r.zones); err != nil {
		return "", err
	}
	m.Facts = factsOf(ctx, shown)
	if shown.Begins != d.regular.Begins.Format(d.layout()) {
		m.Facts = append(m.Facts, notify.Fact{Label: p.T("Instead of"), Value: d.regular.sayWhole(p)})
	}
	m.URL = community.DatePath(m.URL, d.stored.Day)
	for n := range m.Actions {
		if m.Actions[n].Primary {
			m.Actions[n].URL = m.URL
		}
	}
	return sayDay(p, d.day), nil
}
