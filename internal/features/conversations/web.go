package conversations

import (
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
)

// listSize is how many conversations stand on one page.
const listSize = 12

type answerForm struct {
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
	messages, older, err := c.deps.Threads.Messages(v.Context(), c.deps.DB, conv.ID, v.Before())
	if err != nil {
		return site.Page{}, err
	}
	html, err := c.deps.Texts.Render(v.Context(), c.deps.DB, v.Viewer, v.Lang, threads.Sources(messages)...)
	if err != nil {
		return site.Page{}, err
	}
	b := conversationPage{Conversation: conv, Views: threads.Views(v, conv.Path(), messages, html, true, conv.Entity.IsGroup())}
	if s.Member {
		all, err := c.deps.Members.Applications(v.Context(), c.deps.DB, conv.ID)
		if err != nil {
			return site.Page{}, err
		}
		for _, a := range all {
			if a.Open {
				b.Applications = append(b.Applications, a)
			}
		}
	}
	if older {
		b.Older = v.Older(paging.Cursor{At: messages[0].CreatedAt, ID: messages[0].ID})
	}
	if !v.Before().At.IsZero() {
		b.Newest = conv.Path()
	}
	reach, err := c.Reach(v.Context(), v.Viewer, conv)
	if err != nil {
		return site.Page{}, err
	}
	b.Form = threads.Answer{Action: conv.Path(), Label: v.T("Your answer"), Button: v.T("Send"), Hint: access(v, conv, s) + " " + reach.Sentence(v.Lang), Text: f.Text, Errors: e}
	b.Form.To, _ = threads.Answering(v, messages)
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
		return v.T("You can read this because you are a member of “%s”. All members can, and %s.", conv.Entity.Name, conv.Author.Name)
	case conv.Entity.IsGroup():
		return v.T("You can read this because you have written here. All members of “%s” can, too.", conv.Entity.Name)
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
	v.Flash(parts.Done, "Your message is on its way.")
	return v.Redirect(conv.Path() + "#" + community.ContributionAnchor(id))
}

func (c *Conversations) submitAnswer(v *site.Visit, conv Conversation, f *answerForm) (id int64, err error) {
	if err := v.Bind(f); err != nil {
		return 0, err
	}
	if err := c.deps.Limiter.Allow(v.Context(), limitAnswers(), "person "+strconv.FormatInt(v.Viewer.PersonID, 10)); err != nil {
		return 0, err
	}
	return c.Answer(v.Context(), v.Viewer, conv.ID, f.Text, f.InReplyTo)
}

// showOfGroup lists the conversations of a group for its members.
func (c *Conversations) showOfGroup(v *site.Visit) error {
	g, s, err := c.deps.Groups.Visited(v)
	if err != nil {
		return err
	}
	entity := g.Entity()
	if !s.Member {
		return errs.New(errs.Denied, "Only members of the group see its conversations.")
	}
	all, more, err := c.Latest(v.Context(), c.deps.DB, v.Viewer, entity.ID, v.Before(), listSize)
	if err != nil {
		return err
	}
	older, newest := "", ""
	if more {
		older = v.Older(paging.Cursor{At: all[len(all)-1].LatestAt, ID: all[len(all)-1].ID})
	}
	if !v.Before().At.IsZero() {
		newest = v.R.URL.Path
	}
	return v.Show(site.Page{
		Title: v.T("Conversations"), Hidden: true, Entity: &entity, Body: listBody(g, all, older, newest),
		Crumbs: v.FromHome(parts.Crumb{Label: g.Name, Path: entity.Path()}, parts.Crumb{Label: v.T("Conversations")}),
	})
}
