package polls

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// participant is told the result of a poll because they have voted.
const participant notify.Reason = "participant"

// maxLinks is how many options a mail has a link for.
const maxLinks = 6

// enclosure adds to the message that tells of a poll a link for each answer.
func (r *Polls) enclosure() notify.Enclosure {
	return notify.Enclosure{
		Activities: []community.ActivityName{community.ContentPublished}, About: "links by which people vote in a poll",
		Add: func(ctx context.Context, q sqldb.Querier, e community.Activity, to notify.Recipient, m *notify.Message) error {
			if m.Kind != kindPoll {
				return nil
			}
			p, err := getPoll(ctx, q, e.ContentID)
			if err != nil {
				return err
			}
			r.offer(r.deps.Catalogues.Printer(to.Language, r.deps.Zone), p, to, m)
			return nil
		},
	}
}

// offer puts links by which somebody votes before what else they can do, and says how to answer by mail. A secret poll
// has none: mails lie in mailboxes.
func (r *Polls) offer(p *lang.Printer, q poll, to notify.Recipient, m *notify.Message) {
	m.Actions = []notify.Action{{Label: p.T("Vote and comment"), URL: m.URL, Primary: true}}
	if q.Secret {
		m.Note = p.T("This poll is secret. You can only vote on the website, and a vote can’t be changed.")
		return
	}
	var all []notify.Action
	switch {
	case q.single():
		id := q.Options[0].ID
		all = []notify.Action{
			{Label: p.T("Yes"), URL: r.answerURL(to.PersonID, id, answerName(yes))},
			{Label: p.T("Maybe"), URL: r.answerURL(to.PersonID, id, answerName(maybe))},
			{Label: p.T("No"), URL: r.answerURL(to.PersonID, id, answerName(no))},
		}
		m.Note = p.T("You can also reply to this email with just “yes”, “maybe” or “no”.")
	case len(q.Options) > maxLinks:
	case q.Ranked:
		for _, o := range q.Options {
			all = append(all, notify.Action{Label: p.T("First choice: %s", r.label(p, q, o)), URL: r.answerURL(to.PersonID, o.ID, firstPlace)})
		}
	default:
		for _, o := range q.Options {
			all = append(all, notify.Action{Label: p.T("Yes to: %s", r.label(p, q, o)), URL: r.answerURL(to.PersonID, o.ID, answerName(yes))})
		}
	}
	m.Actions = append(all, m.Actions...)
}

// nearNotice reminds people of a poll that ends soon. It never waits for a digest, which would come when it is over.
func (r *Polls) nearNotice() notify.Notice {
	return notify.Notice{
		Activity: community.PollNear, About: "reminds members who asked for it, and have not voted, of the end of a poll",
		Audience: func(_ context.Context, _ sqldb.Querier, e community.Activity) (notify.Audience, error) {
			return wishing(e.ContentID), nil
		},
		Compose: r.composeNear, Pressing: true,
	}
}

func (r *Polls) composeNear(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, item, err := r.content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	asked, err := getPoll(ctx, q, e.ContentID)
	if err != nil {
		return nil, err
	}
	if asked.ended(r.deps.DB.Now()) {
		return nil, errs.New(errs.NotFound, "This poll has ended.")
	}
	m.From = notify.Sender{Name: item.Entity.Name, Slug: item.Entity.Slug}
	m.Subject, m.Intro = p.T("Please vote: %s", item.Title), p.T("Voting on “%s” ends soon, and you haven’t voted yet.", item.Title)
	m.Because = p.T("You get this email because you want to be reminded of what’s on in “%s”.", item.Entity.Name)
	r.offer(p, asked, to, m)
	m.FollowUp(e)
	return m, nil
}

// endedNotice tells the result of a poll to whoever was told of the poll, and to those who have voted.
func (r *Polls) endedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.PollEnded, About: "tells subscribers, members if it is internal, and those who have voted the result of a poll",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			audience, err := r.content.Audience(ctx, q, e)
			if err != nil || audience.IsEmpty() {
				return audience, err
			}
			query, args := voters(e.ContentID)
			return audience.And(notify.Among(participant, query, args...)), nil
		},
		Compose: r.composeEnded,
	}
}

func (r *Polls) composeEnded(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, item, err := r.content.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	ended, err := getPoll(ctx, q, e.ContentID)
	if err != nil {
		return nil, err
	}
	if !ended.ended(r.deps.DB.Now()) {
		return nil, errs.New(errs.NotFound, "This poll goes on.")
	}
	m.From = notify.Sender{Name: item.Entity.Name, Slug: item.Entity.Slug}
	m.Subject, m.Intro = p.T("Result: %s", item.Title), p.T("Voting on “%s” has ended.", item.Title)
	m.Intro += " " + sayVoters(p, ended.Tally.Voters)
	m.Facts = r.resultFacts(p, ended)
	if to.Reason == participant {
		m.Because = p.T("You get this email because you voted.")
	}
	m.Actions = []notify.Action{{Label: p.T("See the result"), URL: m.URL, Primary: true}}
	m.FollowUp(e)
	return m, nil
}

// resultFacts returns how the options of a poll stand, the best first.
func (r *Polls) resultFacts(p *lang.Printer, q poll) []notify.Fact {
	var facts []notify.Fact
	if q.Tally.Voters == 0 {
		return nil
	}
	all := q.standings()
	for n, s := range all[:min(len(all), mailedOptions)] {
		facts = append(facts, notify.Fact{Label: fmt.Sprintf("%d. %s", n+1, r.label(p, q, s.option)), Value: sayStanding(p, q.Ranked, s)})
	}
	return facts
}
