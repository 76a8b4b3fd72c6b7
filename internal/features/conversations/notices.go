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

// messageNotice tells the members of a group who subscribe to it, or the person who is addressed, and
// whoever began the conversation, of a message.
func (c *Conversations) messageNotice() notify.Notice {
	return notify.Notice{
		Activity: community.MessagePosted, About: "tells members who subscribe, or who is addressed, and the starter of a message",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) ([]notify.Candidate, error) {
			conv, err := getConversation(ctx, q, e.ConversationID)
			if errs.Is(err, errs.NotFound) || err == nil && conv.Deleted {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return audience(ctx, q, conv)
		},
		Compose: c.compose,
	}
}

func (c *Conversations) compose(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	conv, _, err := c.Get(ctx, q, to.Viewer(), e.ConversationID)
	if err != nil {
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
		Kind: "message", From: notify.Sender{Name: k.AuthorName, Slug: k.AuthorSlug}, Subject: conv.Subject, Reply: k.ID != conv.FirstID,
		Text: k.Text, URL: c.deps.BaseURL + k.Path(), Thread: conv.thread(k.ID, k.InReplyToID), Date: k.CreatedAt, Answer: notify.Answer{ContributionID: k.ID},
	}
	switch entity := conv.Entity; {
	case slices.ContainsFunc(applications, func(a membership.Application) bool { return a.ContributionID == k.ID }):
		m.Intro = p.T("%s applies for membership of the group “%s”.", k.AuthorName, conv.Entity.Name)
		m.Entity = &entity
	case entity.IsGroup():
		m.Intro = p.T("%s writes to the group “%s”.", k.AuthorName, conv.Entity.Name)
		m.Entity = &entity
	default:
		m.Intro = p.T("%s writes in the conversation of %s and %s.", k.AuthorName, conv.Author.Name, conv.Entity.Name)
	}
	m.Subscribed = to.Reason == notify.Subscriber
	if to.SignsIn {
		m.Actions = []notify.Action{{Label: p.T("Read and answer on the web"), URL: m.URL, Primary: true}}
		if conv.Entity.IsGroup() && threads.CanAnswerAlone(to.Viewer(), k) {
			m.Actions = append(m.Actions, notify.Action{Label: p.T("Answer %s alone", k.AuthorName), URL: c.deps.BaseURL + community.ReplyToAuthorPath(conv.ID, k.ID)})
		}
	}
	for _, f := range k.Files {
		m.Attachments = append(m.Attachments, notify.Attachment{Name: f.OriginalName, MediaType: f.MediaType, File: f.Name, Size: f.Size})
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
