package conversations

import (
	"context"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// messageNotice tells the members of a group who subscribe to it, or the person who is addressed, whoever began the
// conversation, and whom the message mentions, of it.
func (c *Conversations) messageNotice() notify.Notice {
	return notify.Notice{
		Activity: community.MessagePosted, Said: true, About: "tells members who subscribe, or who is addressed, the starter, and whom it mentions, of a message",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			conv, err := getConversation(ctx, q, e.ConversationID)
			if errs.Is(err, errs.NotFound) || err == nil && conv.Deleted {
				return notify.Audience{}, nil
			}
			if err != nil {
				return notify.Audience{}, err
			}
			mentioned, err := c.mentioned(ctx, q, e, conv)
			return audience(conv).And(mentioned), err
		},
		Compose: c.compose, Rooms: true,
	}
}

// mentioned returns the people whom a message mentions and who read its conversation: members of the group, whether they
// subscribe or not, and whoever has written in it. In a conversation of two both are told anyway.
func (c *Conversations) mentioned(ctx context.Context, q sqldb.Querier, e community.Activity, conv Conversation) (notify.Audience, error) {
	if !conv.Entity.IsGroup() {
		return notify.Audience{}, nil
	}
	k, err := c.deps.Threads.Contribution(ctx, q, e.ContributionID)
	if errs.Is(err, errs.NotFound) {
		return notify.Audience{}, nil
	}
	slugs := c.deps.Texts.Mentions(k.Text, k.Format)
	if err != nil || len(slugs) == 0 {
		return notify.Audience{}, err
	}
	return mentionedIn(conv, e, slugs), nil
}

func (c *Conversations) compose(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	conv, err := getConversation(ctx, q, e.ConversationID)
	if err != nil {
		return nil, err
	}
	s, err := to.Standing(ctx, q, conv.Entity)
	if err != nil {
		return nil, err
	}
	if err := mayRead(ctx, q, s, conv); err != nil {
		return nil, err
	}
	k, err := c.deps.Threads.Contribution(ctx, q, e.ContributionID)
	if err != nil {
		return nil, err
	}
	applications, err := c.deps.Members.Applications(ctx, q, conv.ID)
	if err != nil {
		return nil, err
	}
	m := &notify.Message{
		Kind: "message", Label: p.C("kind", "Message"), Face: k.Author(), Subject: conv.Subject, Reply: k.ID != conv.FirstID, Internal: true,
		URL: c.deps.BaseURL + k.Path(), Thread: conv.thread(k.ID, k.InReplyToID),
	}
	k.Compose(m)
	m.MuteURL = c.deps.Threads.MuteURL(to.PersonID, threads.Thread{ConversationID: conv.ID})
	application := slices.IndexFunc(applications, func(a membership.Application) bool { return a.ContributionID == k.ID })
	if entity := conv.Entity; entity.IsGroup() {
		m.Entity, m.Face = &entity, entity
	}
	switch {
	case application >= 0:
		m.Intro = p.T("%s would like to join the group “%s”.", k.AuthorName, conv.Entity.Name)
	case m.Entity != nil:
		m.Intro = p.T("%s wrote to the group “%s”.", k.AuthorName, conv.Entity.Name)
	default:
		m.Intro = p.T("%s wrote in the conversation between %s and %s.", k.AuthorName, conv.Author.Name, conv.Entity.Name)
	}
	switch to.Reason {
	case notify.Addressed:
		m.Because = p.T("You get this email because it’s addressed to you.")
	case notify.Starter:
		m.Because = p.T("You get this email because you started this conversation.")
	case notify.Mentioned:
		m.Intro = p.T("%s mentions you in “%s”.", k.AuthorName, conv.Subject)
		m.Because = p.T("You get this email because it mentions you.")
	case notify.Subscriber:
		m.Subscribed = true
	}
	if m.Because != "" && to.Reason != notify.Mentioned {
		m.StopURL = c.deps.Threads.LeaveURL(to.PersonID, threads.Thread{ConversationID: conv.ID})
	}
	if to.SignsIn {
		m.Cut.URL = m.URL
		accept := application >= 0 && applications[application].Open() && s.Member
		if accept {
			a := applications[application]
			m.Actions = append(m.Actions, notify.Action{Label: p.T("Accept %s as a member", a.Name), URL: c.deps.BaseURL + community.AcceptApplicationPath(a.ID), Primary: true})
		}
		m.Actions = append(m.Actions, notify.Action{Label: p.T("Read and reply"), URL: m.URL, Primary: !accept})
		if conv.Entity.IsGroup() && threads.CanAnswerAlone(to.Viewer(), k) {
			m.Actions = append(m.Actions, notify.Action{Label: p.T("Reply privately to %s", k.AuthorName), URL: c.deps.BaseURL + community.ReplyToAuthorPath(conv.ID, k.ID)})
		}
	}
	return m, nil
}

// thread places the mail of a message below that of the first one, or of the one that it answers.
func (c Conversation) thread(id, inReplyTo int64) notify.Thread {
	key := c.MessageKey
	if key == "" {
		key = fmt.Sprintf("conversation.%d", c.ID)
	}
	message := func(n int64) string { return fmt.Sprintf("%s.contribution.%d", key, n) }
	t := notify.Thread{ID: message(id)}
	if id == c.FirstID {
		return t
	}
	t.Parent = message(c.FirstID)
	t.References = []string{t.Parent}
	if inReplyTo != 0 && inReplyTo != c.FirstID {
		t.Parent = message(inReplyTo)
		t.References = append(t.References, t.Parent)
	}
	return t
}
