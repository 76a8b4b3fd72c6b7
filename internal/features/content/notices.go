package content

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
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
		Activity: community.ContentPublished, About: "tells subscribers, members if it is internal, and whom it mentions, what was published",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			i, err := getItem(ctx, q, ` WHERE c.id = ?`, e.ContentID)
			if err != nil || i.Deleted {
				return notify.Audience{}, ignoreMissing(err)
			}
			return audience(i).And(mentioned(e, i, true)), nil
		},
		Compose: c.composePublished, Rooms: true,
	}
}

// Audience returns who is told of something that happened to an item: the subscribers of its group, if it is internal those
// who are members, or the owner of its profile.
func (c *Content) Audience(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
	i, err := getItem(ctx, q, ` WHERE c.id = ?`, e.ContentID)
	if err != nil || i.Deleted {
		return notify.Audience{}, ignoreMissing(err)
	}
	return audience(i), nil
}

func audience(i Item) notify.Audience {
	if i.Public {
		return subscribers(i.Entity)
	}
	return insiders(i.Entity)
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
func (c *Content) message(p *lang.Printer, i Item, to notify.Recipient) *notify.Message {
	m := &notify.Message{Subject: i.Title, Face: i.Entity, Internal: !i.Public}
	switch to.Reason {
	case notify.Owner:
		m.Because = p.T("You get this email because it’s on your profile.")
	case notify.Starter:
		m.Because = p.T("You get this email because you commented on “%s”.", i.Title)
	case notify.Mentioned:
		m.Because = p.T("You get this email because it mentions you.")
	case notify.Attendee:
		m.Because = p.T("You get this email because you’d like to come to “%s”.", i.Title)
	}
	if m.Because != "" && to.Reason != notify.Mentioned {
		m.StopURL = c.deps.Threads.LeaveURL(to.PersonID, threads.Thread{ContentID: i.ID})
	}
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

// mailedPictures is how many pictures of a gallery a mail shows.
const mailedPictures = 3

func (c *Content) composePublished(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
	m, i, err := c.Compose(ctx, q, p, e.ContentID, to)
	if err != nil {
		return nil, err
	}
	m.Intro = p.T("%s published “%s”.", m.From.Name, i.Title)
	introduceMention(p, m, i, m.From.Name, to)
	m.Text, m.Date = strings.TrimSpace(i.Text+"\n\n"+media.MarkdownOf(i.Album, mailedPictures)), i.PublishedAt
	m.MuteURL = c.deps.Threads.MuteURL(to.PersonID, threads.Thread{ContentID: i.ID})
	return m, nil
}

// Compose returns what a message to somebody about an item says whatever has happened to it, and the item; NotFound or
// Denied if they may not read it. The introduction is left to say, by whoever knows what has happened.
func (c *Content) Compose(ctx context.Context, q sqldb.Querier, p *lang.Printer, id int64, to notify.Recipient) (*notify.Message, Item, error) {
	i, s, err := readBy(ctx, q, to, id)
	if err != nil {
		return nil, i, err
	}
	facts, err := c.Facts(lang.With(ctx, p), q, i)
	if err != nil {
		return nil, i, err
	}
	m := c.message(p, i, to)
	from := i.Entity
	if MayKnowAuthor(s, from) {
		from = i.Author
	}
	m.Kind = i.Kind
	if k, ok := c.kind(i.Kind); ok {
		m.Label = p.T(string(k.Label))
	}
	m.From = notify.Sender{Name: from.Name, Slug: from.Slug}
	m.Facts = facts[i.ID]
	m.URL = c.deps.BaseURL + community.ContentPermalink(i.ID)
	m.Actions = []notify.Action{{Label: p.T("Read and comment"), URL: m.URL, Primary: true}}
	m.Thread = notify.Thread{ID: i.thread()}
	m.Answer = notify.Answer{ContentID: i.ID}
	return m, i, nil
}

// commentNotice tells the same people of comments, and whoever was the first to comment. An internal
// comment, or one on something internal, is for members.
func (c *Content) commentNotice() notify.Notice {
	return notify.Notice{
		Activity: community.CommentPosted, Said: true, About: "tells subscribers, members if it is internal, the first who commented, and whom it mentions, of a comment",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			i, err := getItem(ctx, q, ` WHERE c.id = ?`, e.ContentID)
			if err != nil || i.Deleted {
				return notify.Audience{}, ignoreMissing(err)
			}
			k, err := c.deps.Threads.Contribution(ctx, q, e.ContributionID)
			if err != nil {
				return notify.Audience{}, ignoreMissing(err)
			}
			return commentAudience(i, k.Public).And(mentioned(e, i, k.Public)), nil
		},
		Compose: c.composeComment, Rooms: true,
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
		return nil, errs.New(errs.Denied, "Only members of the group can see this.")
	}
	m := c.message(p, i, to)
	m.Kind, m.Label, m.Reply = "comment", p.C("kind", "Comment"), true
	m.MuteURL = c.deps.Threads.MuteURL(to.PersonID, threads.Thread{ContentID: i.ID})
	k.Compose(m)
	m.Intro = p.T("%s commented on “%s”.", k.AuthorName, i.Title)
	introduceMention(p, m, i, k.AuthorName, to)
	if i.Public && !k.Public {
		m.Note, m.Internal = p.T("Only members of the group can read this comment."), true
	}
	m.URL = c.deps.BaseURL + k.Path()
	m.Cut.URL = m.URL
	m.Actions = []notify.Action{{Label: p.T("Read and comment"), URL: m.URL, Primary: true}}
	if to.SignsIn && i.Entity.IsGroup() && threads.CanAnswerAlone(to.Viewer(), k) {
		m.Actions = append(m.Actions, notify.Action{Label: p.T("Reply privately to %s", k.AuthorName), URL: c.deps.BaseURL + community.ReplyToAuthorPath(i.ID, k.ID)})
	}
	m.Thread = thread(i, k.ID, k.InReplyToID)
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
