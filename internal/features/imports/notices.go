package imports

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxNamed is how many of several new events or posts a message names.
const maxNamed = 10

// notices tell those who would be told of each event or post that several have come at once.
func (r *Imports) notices() []notify.Notice {
	return []notify.Notice{
		{
			Activity: community.EventsImported, About: "tells subscribers, members if they are internal, of new events in an imported calendar, of all together",
			Audience: r.deps.Content.Audience, Compose: r.composeEvents,
		},
		{
			Activity: community.PostsImported, About: "tells subscribers, members if they are internal, of new posts of an imported website, of all together",
			Audience: r.deps.Content.Audience, Compose: r.composePosts,
		},
	}
}

// begin returns what a message says about several events or posts, as far as it does not say what they are, and these.
func (r *Imports) begin(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient, kind string) (*notify.Message, []news, error) {
	m, _, err := r.deps.Content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, nil, err
	}
	all, err := listTold(ctx, q, e.ID, kind)
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, community.ErrNothingHere()
	}
	m.Facts, m.Answer, m.Date = nil, notify.Answer{}, e.OccurredAt
	m.Thread = notify.Thread{ID: fmt.Sprintf("activity.%d", e.ID)}
	return m, all, nil
}

func (r *Imports) composeEvents(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, all, err := r.begin(ctx, q, p, e, to, calendarKind)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, n := range all[:min(len(all), maxNamed)] {
		ids = append(ids, n.ContentID)
	}
	lines, err := r.deps.Events.Lines(lang.With(ctx, p), q, ids)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&text, "* [%s](%s)  \n  %s\n", markdown.FromPlain(l.Title), l.URL, markdown.FromPlain(l.When))
	}
	m.Subject = p.N("1 new event", "%d new events", len(all))
	m.Intro = p.N("There is 1 new event in the imported calendar “%[2]s”.", "There are %[1]d new events in the imported calendar “%[2]s”.", len(all), len(all), all[0].title())
	m.Text = text.String()
	if more := len(all) - maxNamed; more > 0 {
		m.Note = p.N("And 1 more in the calendar of the group.", "And %d more in the calendar of the group.", more)
	}
	m.URL = fmt.Sprintf("%s/stadt/groups/%d/events/", r.deps.BaseURL, m.Entity.OwnerID)
	m.Actions = []notify.Action{{Label: p.T("Open the calendar"), URL: m.URL, Primary: true}}
	return m, nil
}

func (r *Imports) composePosts(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, all, err := r.begin(ctx, q, p, e, to, feedKind)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, n := range all[:min(len(all), maxNamed)] {
		fmt.Fprintf(&text, "* [%s](%s)\n", markdown.FromPlain(n.Heading), r.deps.BaseURL+community.ContentPermalink(n.ContentID))
	}
	m.Subject = p.N("1 new post", "%d new posts", len(all))
	m.Intro = p.N("There is 1 new post from the website “%[2]s”.", "There are %[1]d new posts from the website “%[2]s”.", len(all), len(all), all[0].title())
	m.Text = text.String()
	if more := len(all) - maxNamed; more > 0 {
		m.Note = p.N("And 1 more on the group’s page.", "And %d more on the group’s page.", more)
	}
	m.URL = r.deps.BaseURL + m.Entity.Path()
	m.Actions = []notify.Action{{Label: p.T("Open the group’s page"), URL: m.URL, Primary: true}}
	return m, nil
}
