package content

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Whom a text mentions is told of it once, if they may read it: with the notice of the item or the comment, so that nobody
// is told twice, or when a change brings the mention.

// noteMentioned lets the people whom a new text mentions learn of it by its own activity.
func (c *Content) noteMentioned(ctx context.Context, tx *sqldb.Tx, m texts.Mentioning, activityID int64) error {
	people, err := c.deps.Texts.Mentioned(ctx, tx, m)
	if err != nil || len(people) == 0 {
		return err
	}
	return texts.NoteMentioned(ctx, tx, m, people, activityID)
}

// tellMentioned tells the people whom the text of an item mentions since it was changed. What follows a source elsewhere
// tells nobody.
func (c *Content) tellMentioned(ctx context.Context, tx *sqldb.Tx, v community.Viewer, i Item, text string) error {
	m := texts.Mentioning{ContentID: i.ID, ByID: v.PersonID, Text: text}
	people, err := c.deps.Texts.Mentioned(ctx, tx, m)
	if err != nil || len(people) == 0 || i.External {
		return err
	}
	activity, err := c.deps.Outbox.Record(ctx, tx, community.Activity{Name: community.PersonMentioned, ActorID: v.PersonID, EntityID: i.Entity.ID, ContentID: i.ID})
	if err != nil {
		return err
	}
	return texts.NoteMentioned(ctx, tx, m, people, activity)
}

// mentioned returns who learns by an activity that an item mentions them, or a comment on it that is public or not: as far
// as they may read it.
func mentioned(e community.Activity, i Item, public bool) notify.Audience {
	query, args := `SELECT n.person_id FROM mention_notices n WHERE n.activity_id = ?`, []any{e.ID}
	if i.Public && public {
		return notify.Among(notify.Mentioned, query, args...)
	}
	inside := `n.person_id = ?`
	if i.Entity.IsGroup() {
		inside = `EXISTS (SELECT 1 FROM memberships m WHERE m.group_id = ? AND m.person_id = n.person_id)`
	}
	args = append(args, i.Entity.OwnerID)
	if public { // whoever has commented keeps reading
		inside += ` OR EXISTS (SELECT 1 FROM contributions k WHERE k.content_id = ? AND k.author_id = n.person_id AND ` + policy.KeepsContent("k") + `)`
		args = append(args, i.ID)
	}
	return notify.Among(notify.Mentioned, query+` AND (`+inside+`)`, args...)
}

// mentionedNotice tells the people whom a change of an item or a comment mentions.
func (c *Content) mentionedNotice() notify.Notice {
	return notify.Notice{
		Activity: community.PersonMentioned, Said: true, About: "tells people whom a change of an item or a comment mentions, as far as they may read it",
		Audience: func(ctx context.Context, q sqldb.Querier, e community.Activity) (notify.Audience, error) {
			i, public, err := c.said(ctx, q, e)
			if err != nil || i.Deleted {
				return notify.Audience{}, ignoreMissing(err)
			}
			return mentioned(e, i, public), nil
		},
		Compose: func(ctx context.Context, q sqldb.Querier, p *lang.Printer, e community.Activity, to notify.Recipient) (*notify.Message, error) {
			compose := c.composePublished
			if e.ContributionID != 0 {
				compose = c.composeComment
			}
			m, err := compose(ctx, q, p, e, to)
			if err != nil {
				return nil, err
			}
			m.FollowUp(e)
			return m, nil
		},
	}
}

// said returns the item of an activity, and whether what was said in it is public: the comment of the activity, or the item
// itself.
func (c *Content) said(ctx context.Context, q sqldb.Querier, e community.Activity) (i Item, public bool, err error) {
	if i, err = getItem(ctx, q, ` WHERE c.id = ?`, e.ContentID); err != nil || e.ContributionID == 0 {
		return i, true, err
	}
	k, err := c.deps.Threads.Contribution(ctx, q, e.ContributionID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return i, false, err
	}
	return i, k.Public, err
}

// introduceMention says in a message that its text mentions the recipient, to whom that alone is the reason for it.
func introduceMention(p *lang.Printer, m *notify.Message, i Item, name string, to notify.Recipient) {
	if to.Reason == notify.Mentioned {
		m.Intro = p.T("%s mentions you in “%s”.", name, i.Title)
	}
}
