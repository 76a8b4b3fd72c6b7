package content

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// publishedNotice tells the subscribers of a group, if the item is internal those who are members, and
// the owner of a profile, what was published.
func (c *Content) publishedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.ContentPublished, About: "tells subscribers, members if it is internal, what was published",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			i, err := getItem(ctx, q, ` WHERE c.id = ?`, e.ContentID)
			if err != nil || i.Deleted {
				return notify.Audience{}, ignoreMissing(err)
			}
			if i.Public {
				return subscribers(i.Entity), nil
			}
			return insiders(i.Entity), nil
		},
		Compose: c.composePublished,
	}
}

// ignoreMissing turns what does not exist any more into an empty audience.
func ignoreMissing(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// thread returns what the ids of an item's mails begin with.
func (i Item) thread() string {
	if i.MessageKey != "" {
		return i.MessageKey
	}
	return fmt.Sprintf("content.%d", i.ID)
}

// message returns what the mails about an item and its comments have in common.
func (c *Content) message(i Item, to notify.Recipient) *notify.Message {
	m := &notify.Message{Subject: i.Title}
	if e := i.Entity; e.IsGroup() {
		m.Entity = &e
		m.Subscribed = to.Reason == notify.Subscriber
	}
	return m
}

// readBy returns an item that the recipient may read and how they stand to its entity.
func readBy(ctx context.Context, q sqldb.Querier, to notify.Recipient, id int64) (Item, community.Standing, error) {
	i, err := getItem(ctx, q, ` WHERE c.id = ?`, id)
	if err != nil {
		return i, community.Standing{}, err
	}
	s, err := to.Standing(ctx, q, i.Entity)
	if err != nil {
		return i, s, err
	}
	return i, s, mayRead(ctx, q, s, i)
}

func (c *Content) composePublished(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	i, s, err := readBy(ctx, q, to, e.ContentID)
	if err != nil {
		return nil, err
	}
	facts, err := c.Facts(lang.With(ctx, p), q, i)
	if err != nil {
		return nil, err
	}
	m := c.message(i, to)
	from := i.Entity
	if MayKnowAuthor(s, from) {
		from = i.Author
	}
	m.Kind = i.Kind
	m.From = notify.Sender{Name: from.Name, Slug: from.Slug}
	m.Intro = p.T("%s has published “%s”.", from.Name, i.Title)
	m.Facts = facts[i.ID]
	m.Text = i.Text
	m.URL = c.deps.BaseURL + community.ContentPermalink(i.ID)
	m.Actions = []notify.Action{{Label: p.T("Read and comment on the web"), URL: m.URL, Primary: true}}
	m.Thread = notify.Thread{ID: i.thread()}
	m.Date = i.PublishedAt
	m.Answer = notify.Answer{ContentID: i.ID}
	return m, nil
}

// commentNotice tells the same people of comments, and whoever was the first to comment. An internal
// comment, or one on something internal, is for members.
func (c *Content) commentNotice() notify.Notice {
	return notify.Notice{
		Activity: community.CommentPosted, About: "tells subscribers, members if it is internal, and the first who commented, of a comment",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			i, err := getItem(ctx, q, ` WHERE c.id = ?`, e.ContentID)
			if err != nil || i.Deleted {
				return notify.Audience{}, ignoreMissing(err)
			}
			k, err := c.deps.Threads.Contribution(ctx, q, e.ContributionID)
			if err != nil {
				return notify.Audience{}, ignoreMissing(err)
			}
			return commentAudience(i, k.Public), nil
		},
		Compose: c.composeComment,
	}
}

// commentAudience returns who is told of a comment on an item.
func commentAudience(i Item, public bool) notify.Audience {
	if i.Public && public {
		return subscribers(i.Entity).And(firstCommenter(i))
	}
	return insiders(i.Entity).And(firstCommenter(i))
}

func (c *Content) composeComment(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	i, s, err := readBy(ctx, q, to, e.ContentID)
	if err != nil {
		return nil, err
	}
	k, err := c.deps.Threads.Contribution(ctx, q, e.ContributionID)
	if err != nil {
		return nil, err
	}
	if !policy.CanReadComment(s, policy.Comment{AuthorID: k.AuthorID, Public: k.Public}) {
		return nil, errs.New(errs.Denied, "This is for members of the group only.")
	}
	m := c.message(i, to)
	m.Kind, m.Reply = "comment", true
	m.From = notify.Sender{Name: k.AuthorName, Slug: k.AuthorSlug}
	m.Intro = p.T("%s has commented on “%s”.", k.AuthorName, i.Title)
	if i.Public && !k.Public {
		m.Note = p.T("Only members of the group can read this comment.")
	}
	m.Text = k.Text
	m.URL = c.deps.BaseURL + k.Path()
	m.Actions = []notify.Action{{Label: p.T("Read and comment on the web"), URL: m.URL, Primary: true}}
	if to.SignsIn && i.Entity.IsGroup() && threads.CanAnswerAlone(to.Viewer(), k) {
		m.Actions = append(m.Actions, notify.Action{Label: p.T("Answer %s alone", k.AuthorName), URL: c.deps.BaseURL + community.ReplyToAuthorPath(i.ID, k.ID)})
	}
	m.Thread = thread(i, k.ID, k.InReplyToID)
	m.Date = k.CreatedAt
	m.Answer = notify.Answer{ContributionID: k.ID}
	for _, f := range k.Files {
		m.Attachments = append(m.Attachments, notify.Attachment{Name: f.OriginalName, MediaType: f.MediaType, File: f.Name, Size: f.Size})
	}
	return m, nil
}

// thread places the mail of a comment below that of the item, or of the comment that it answers.
func thread(i Item, id, inReplyTo int64) notify.Thread {
	start := i.thread()
	comment := func(n int64) string { return fmt.Sprintf("content.%d.contribution.%d", i.ID, n) }
	t := notify.Thread{ID: comment(id), Parent: start, References: []string{start}}
	if inReplyTo != 0 {
		t.Parent = comment(inReplyTo)
		t.References = append(t.References, t.Parent)
	}
	return t
}
