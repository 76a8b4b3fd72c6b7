package conversations

import (
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/web"
)

// listSize is how many conversations stand on one page.
const listSize = 12

type answerForm struct {
	threads.Uploads

	Text      string `form:"text"`
	InReplyTo int64  `form:"in_reply_to"`
}

func (c *Conversations) visited(v *site.Visit) (Conversation, community.Standing, error) {
	id, err := v.ID("id")
	if err != nil {
		return Conversation{}, community.Standing{}, err
	}
	return c.Get(v.Context(), c.deps.DB, v.Viewer, id)
}

func (c *Conversations) showConversation(v *site.Visit) error {
	conv, s, err := c.visited(v)
	if err != nil {
		return err
	}
	return v.ShowAgain(nil, func(e parts.Errors) (site.Page, error) { return c.page(v, conv, s, answerForm{}, e) })
}

// page is the page of a conversation.
func (c *Conversations) page(v *site.Visit, conv Conversation, s community.Standing, f answerForm, e parts.Errors) (site.Page, error) {
	answered := threads.Answered(v, f.InReplyTo)
	before, err := c.deps.Threads.Before(v, threads.Thread{ConversationID: conv.ID}, answered)
	if err != nil {
		return site.Page{}, err
	}
	messages, older, err := c.deps.Threads.Messages(v.Context(), c.deps.DB, conv.ID, before)
	if err != nil {
		return site.Page{}, err
	}
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, threads.Sources(messages)...)
	if err != nil {
		return site.Page{}, err
	}
	b := conversationPage{Conversation: conv}
	frame := threads.Frame{Path: conv.Path(), Entity: conv.Entity, Standing: s, Answer: policy.CanAdd(s)}
	if b.Messages, err = c.deps.Threads.Show(v, frame, threads.Thread{ConversationID: conv.ID}, messages, html, older, before); err != nil {
		return site.Page{}, err
	}
	if s.Member {
		all, err := c.deps.Members.Applications(v.Context(), c.deps.DB, conv.ID)
		if err != nil {
			return site.Page{}, err
		}
		for _, a := range all {
			if a.Open() {
				b.Applications = append(b.Applications, a)
			}
		}
	}
	reach, err := c.reachSentence(v, conv, s)
	if err != nil {
		return site.Page{}, err
	}
	b.Form = threads.Answer{Action: conv.Path(), Label: v.T("Your reply"), Button: v.T("Send"), Hint: strings.TrimSpace(access(v, conv, s) + " " + reach), MaxBytes: c.deps.MaxBytes, Errors: e}
	b.Form.Archived = !policy.CanAdd(s)
	b.Form.To = threads.Find(messages, answered)
	b.Form.Text = threads.Prefill(v, f.Text, b.Form.To)
	if !s.Inside() {
		b.Leave = c.deps.Threads.LeavePath(v.Viewer.PersonID, threads.Thread{ConversationID: conv.ID})
	}
	entity := conv.Entity
	crumbs := v.FromHome()
	if entity.IsGroup() {
		crumbs = append(crumbs, parts.Crumb{Label: entity.Name, Path: entity.Path()})
	}
	return site.Page{Title: conv.Subject, Body: conversationBody(b), Hidden: true, Entity: &entity, Crumbs: append(crumbs, parts.Crumb{Label: conv.Subject})}, nil
}

// access says why the viewer can read a conversation, and who else can.
func access(v *site.Visit, conv Conversation, s community.Standing) string {
	switch {
	case s.Member:
		return v.T("All members of “%s” can read this, and so can %s.", conv.Entity.Name, conv.Author.Name)
	case conv.Entity.IsGroup():
		return v.T("You and all members of “%s” can read this.", conv.Entity.Name)
	default:
		return v.T("Only %s and %s can read this.", conv.Author.Name, conv.Entity.Name)
	}
}

func (c *Conversations) createMessage(v *site.Visit) error {
	conv, s, err := c.visited(v)
	if err != nil {
		return err
	}
	var f answerForm
	id, err := c.submitAnswer(v, conv, &f)
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return c.page(v, conv, s, f, e) })
	}
	v.Flash(parts.Done, "Your message has been sent.")
	return v.Redirect(conv.Path() + "#" + community.ContributionAnchor(id))
}

func (c *Conversations) submitAnswer(v *site.Visit, conv Conversation, f *answerForm) (id int64, err error) {
	if err := v.Bind(f); err != nil {
		return 0, err
	}
	if err := c.deps.Limiter.Allow(v.Context(), threads.Limit(), web.Account(v.Viewer.PersonID)); err != nil {
		return 0, err
	}
	err = c.deps.Threads.Attach(v.Context(), v.Viewer.PersonID, f.Uploads, func(files []media.File) error {
		id, err = c.Answer(v.Context(), v.Viewer, conv.ID, f.Text, f.InReplyTo, files...)
		return err
	})
	return id, err
}

// showOfGroup lists the conversations of a group for its members.
func (c *Conversations) showOfGroup(v *site.Visit) error {
	g, s, err := c.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	if !s.Member {
		return errs.New(errs.Denied, "Only members of the group can see its conversations.")
	}
	all, more, err := c.Latest(v.Context(), c.deps.DB, v.Viewer, g.EntityID, v.Before(), listSize)
	if err != nil {
		return err
	}
	older, newest := "", ""
	if more {
		older = v.Older(paging.Cursor{At: all[len(all)-1].LatestAt, ID: all[len(all)-1].ID})
	}
	if !v.Before().At.IsZero() {
		newest = v.First()
	}
	return v.Show(v.GroupTab(g, v.T("Conversations"), listBody(g, c.lines(all), older, newest)))
}
