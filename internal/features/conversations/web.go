package conversations

import (
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/web"
)

// listSize is how many conversations stand on one page.
const listSize = 12

type messageForm struct {
	Subject string `form:"subject" text:"line"`
	Text    string `form:"text"`
	Address string `form:"email" text:"line"`
	captcha.Fields
}

// contact is the page on which a conversation is begun.
type contact struct {
	Entity    community.Entity
	Title     string
	Lead      string
	Told      string // how many people are told
	Apply     bool
	Form      messageForm
	Challenge captcha.Challenge // for those who have not signed in
	Errors    parts.Errors
	SignedIn  bool
	Cancel    string
}

func (c *Conversations) newWithPerson(v *site.Visit) error {
	form, err := c.withPerson(v)
	if err != nil {
		return err
	}
	return c.ask(v, form)
}

func (c *Conversations) createWithPerson(v *site.Visit) error {
	form, err := c.withPerson(v)
	if err != nil {
		return err
	}
	return c.send(v, form)
}

// withPerson returns the form to write to the person in the path, if the viewer may.
func (c *Conversations) withPerson(v *site.Visit) (contact, error) {
	id, err := v.ID("id")
	if err != nil {
		return contact{}, err
	}
	p, err := c.deps.People.Get(v.Context(), c.deps.DB, id)
	if err != nil {
		return contact{}, err
	}
	e := p.Entity()
	switch {
	case !CanBegin(v.Viewer, e, p.Public):
		return contact{}, errs.New(errs.Unauthenticated, "Please sign in.")
	case !p.Active:
		return contact{}, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return contact{Entity: e, Title: v.T("Write to %s", p.Name), Lead: v.T("Only you and %s can read what you write. The answer comes here and by mail.", p.Name), Cancel: "/"}, nil
}

func (c *Conversations) newWithGroup(v *site.Visit) error {
	form, err := c.withGroup(v)
	if err != nil {
		return err
	}
	return c.ask(v, form)
}

func (c *Conversations) createWithGroup(v *site.Visit) error {
	form, err := c.withGroup(v)
	if err != nil {
		return err
	}
	return c.send(v, form)
}

// withGroup returns the form to write to the group in the path.
func (c *Conversations) withGroup(v *site.Visit) (contact, error) {
	id, err := v.ID("id")
	if err != nil {
		return contact{}, err
	}
	g, err := c.deps.Groups.Get(v.Context(), c.deps.DB, id)
	if err != nil {
		return contact{}, err
	}
	f := contact{
		Entity: g.Entity(), Title: v.T("Write to “%s”", g.Name), Cancel: g.Entity().Path(),
		Lead: v.T("All members of the group can read what you write. The answer comes here and by mail."),
	}
	if v.Query("apply_for_membership") == "" {
		return f, nil
	}
	s, err := policy.Standing(v.Context(), c.deps.DB, v.Viewer, f.Entity)
	if err != nil {
		return f, err
	}
	if !membership.CanApply(s, g) {
		return f, errs.New(errs.Denied, "This group takes no applications, or you are a member already.")
	}
	f.Apply = true
	f.Title = v.T("Apply for membership of “%s”", g.Name)
	f.Lead = v.T("Say who you are and why you want to take part. Each member can then accept you.")
	f.Form.Subject = v.T("Application for membership")
	return f, nil
}

// replyToAuthor returns the form that answers a comment or message to its author alone, with the text
// quoted.
func (c *Conversations) replyToAuthor(v *site.Visit) (contact, error) {
	id, err := v.ID("id")
	if err != nil {
		return contact{}, err
	}
	container, err := v.ID("container")
	if err != nil {
		return contact{}, err
	}
	k, in, err := c.deps.Threads.Readable(v.Context(), v.Viewer, id)
	switch {
	case err != nil:
		return contact{}, err
	case k.Container() != container:
		return contact{}, errs.New(errs.NotFound, "There is nothing at this address.")
	case !in.Entity.IsGroup() || !threads.CanAnswerAlone(v.Viewer, k):
		return contact{}, errs.New(errs.Denied, "Only what somebody else has written in a group can be answered to them alone.")
	}
	author, err := c.deps.People.Get(v.Context(), c.deps.DB, k.AuthorID)
	switch {
	case err != nil:
		return contact{}, err
	case !author.Active:
		return contact{}, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return contact{
		Entity: author.Entity(), Title: v.T("Write to %s", k.AuthorName), Cancel: k.Path(),
		Lead: v.T("Only you and %s can read what you write. The answer comes here and by mail.", k.AuthorName),
		Form: messageForm{Subject: answered(in.Title), Text: quoted(k.Text) + "\n" + v.T("[%s wrote this](%s)", k.AuthorName, v.URL(k.Path())) + "\n\n"},
	}, nil
}

func (c *Conversations) newReplyToAuthor(v *site.Visit) error {
	form, err := c.replyToAuthor(v)
	if err != nil {
		return err
	}
	return c.ask(v, form)
}

func (c *Conversations) createReplyToAuthor(v *site.Visit) error {
	form, err := c.replyToAuthor(v)
	if err != nil {
		return err
	}
	return c.send(v, form)
}

// report returns the form that tells the operators of something that should not be here.
func (c *Conversations) report(v *site.Visit) (contact, error) {
	g, err := c.deps.Groups.Get(v.Context(), c.deps.DB, c.deps.OperatorGroup)
	if errs.Is(err, errs.NotFound) {
		return contact{}, errs.New(errs.NotFound, "No group takes reports here yet.").Because(err)
	}
	if err != nil {
		return contact{}, err
	}
	page := strings.TrimPrefix(strings.TrimPrefix(v.Path("path"), "path="), "/")
	return contact{
		Entity: g.Entity(), Title: v.T("Report a page"), Cancel: "/" + page,
		Lead: v.T("Tell the group “%s”, which runs this site, what is wrong with the page.", g.Name),
		Form: messageForm{Subject: v.T("Report of a page"), Text: v.T("This page should be looked at: %s", v.URL("/"+page)) + "\n\n"},
	}, nil
}

func (c *Conversations) newReport(v *site.Visit) error {
	form, err := c.report(v)
	if err != nil {
		return err
	}
	return c.ask(v, form)
}

func (c *Conversations) createReport(v *site.Visit) error {
	form, err := c.report(v)
	if err != nil {
		return err
	}
	return c.send(v, form)
}

func (c *Conversations) ask(v *site.Visit, f contact) (err error) {
	if f.SignedIn = v.Viewer.SignedIn(); !f.SignedIn {
		if f.Challenge, err = c.deps.Captcha.Draw(); err != nil {
			return err
		}
	}
	if f.Told, err = c.told(v, f.Entity); err != nil {
		return err
	}
	return v.Show(c.contactPage(v, f))
}

// again shows the form with what was typed and what is wrong with it.
func (c *Conversations) again(v *site.Visit, wrong error, f contact) (err error) {
	if f.Told, err = c.told(v, f.Entity); err != nil {
		return err
	}
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		f.Errors = e
		return c.contactPage(v, f), nil
	})
}

// told says how many people are told of a first message. How a single person wants to be told is theirs to
// know, so that strangers do not learn whether somebody has switched everything off.
func (c *Conversations) told(v *site.Visit, e community.Entity) (string, error) {
	if !e.IsGroup() && !v.Viewer.SignedIn() {
		return "", nil
	}
	reach, err := c.Reach(v.Context(), v.Viewer, Conversation{EntityID: e.ID, EntityKind: e.Kind, OwnerID: e.OwnerID})
	return reach.Sentence(v.Lang), err
}

func (c *Conversations) contactPage(v *site.Visit, f contact) site.Page {
	entity := f.Entity
	return site.Page{
		Title: f.Title, Body: contactBody(f), Hidden: true, Entity: &entity,
		Crumbs: v.FromHome(parts.Crumb{Label: f.Title}),
	}
}

// send begins a conversation for those who have signed in, and asks others to prove their address.
func (c *Conversations) send(v *site.Visit, f contact) error {
	f.Form = messageForm{}
	f.SignedIn = v.Viewer.SignedIn()
	err := v.Bind(&f.Form)
	b := Beginning{Entity: f.Entity, Subject: f.Form.Subject, Text: f.Form.Text, Apply: f.Apply}
	if err == nil && f.SignedIn {
		return c.sendAs(v, f, b)
	}
	reuse := true
	if err == nil {
		reuse, err = c.sendByMail(v, f.Form, b)
	}
	if err == nil {
		v.Flash(parts.Info, "A mail is on its way to you. Follow the link in it to deliver your message.")
		return v.Redirect(f.Entity.Path())
	}
	if !f.SignedIn {
		var drawErr error
		if f.Challenge, drawErr = c.deps.Captcha.Again(v.Lang, f.Form.Fields, reuse); drawErr != nil {
			return drawErr
		}
	}
	return c.again(v, err, f)
}

func (c *Conversations) sendAs(v *site.Visit, f contact, b Beginning) error {
	err := c.deps.Limiter.Allow(v.Context(), web.Limit{Name: "begin a conversation", Count: 30, Per: time.Hour}, "person "+strconv.FormatInt(v.Viewer.PersonID, 10))
	var conv Conversation
	if err == nil {
		conv, err = c.Begin(v.Context(), v.Viewer, b)
	}
	if err != nil {
		return c.again(v, err, f)
	}
	v.Flash(parts.Done, "Your message is on its way.")
	return v.Redirect(conv.Path())
}

// sendByMail keeps the message of somebody who has not signed in. reuse says whether their answer to the
// question of the form serves again.
func (c *Conversations) sendByMail(v *site.Visit, f messageForm, b Beginning) (reuse bool, err error) {
	wrong := b.validate()
	address, key, ok := c.deps.People.ParseAddress(f.Address)
	if !ok {
		wrong = append(wrong, errs.Field("email", "Enter an e-mail address like name@example.org."))
	}
	wrong = append(wrong, c.deps.Captcha.Check(v.Lang, f.Fields)...)
	if len(wrong) > 0 {
		return true, errs.Check(wrong...)
	}
	if err := c.deps.Limiter.Request(v.R, web.Limit{Name: "letters from a network", Count: 20, Per: time.Hour}); err != nil {
		return true, err
	}
	if err := c.deps.Limiter.Allow(v.Context(), web.Limit{Name: "letters to an address", Count: 5, Per: time.Hour}, key); err != nil {
		return true, err
	}
	if err := c.deps.Captcha.Redeem(v.Context(), f.Fields); err != nil {
		return false, err
	}
	return false, c.Ask(v.Context(), address, v.Lang.Language(), b)
}

func (c *Conversations) askToBegin(v *site.Visit) error {
	b, address, err := c.asked(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("Deliver your message"), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Deliver your message")}),
		Body: parts.ConfirmForm(parts.Confirmation{
			Question: v.T("Do you want to deliver your message “%s” to “%s” with the address %s? Your address is kept, so that answers reach you.", b.Subject, b.Entity.Name, address),
			Button:   v.T("Deliver the message"), Cancel: "/",
		}),
	})
}

func (c *Conversations) beginByMail(v *site.Visit) error {
	conv, err := c.Confirm(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	v.Flash(parts.Done, "Your message to “%s” is on its way. The answer comes by mail.", conv.EntityName)
	return v.Redirect("/")
}

// --- reading and answering -------------------------------------------------------------------------

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
	p, err := c.page(v, conv, s, answerForm{}, parts.Errors{})
	if err != nil {
		return err
	}
	return v.Show(p)
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
	b := talk{Conversation: conv, Views: threads.Views(v, conv.Path(), messages, html, true, conv.EntityKind == community.GroupEntity)}
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
	b.Form = threads.Answer{Action: conv.Path(), Label: v.T("Your answer"), Button: v.T("Send"), Hint: why(v, conv, s) + " " + reach.Sentence(v.Lang), Text: f.Text, Errors: e}
	b.Form.To, _ = threads.Answering(v, messages)
	entity := conv.Entity()
	crumbs := v.FromHome()
	if entity.IsGroup() {
		crumbs = append(crumbs, parts.Crumb{Label: entity.Name, Path: entity.Path()})
	}
	return site.Page{Title: conv.Subject, Body: talkBody(b), Hidden: true, Entity: &entity, Crumbs: append(crumbs, parts.Crumb{Label: conv.Subject})}, nil
}

// why says why the viewer can read a conversation, and who else can.
func why(v *site.Visit, conv Conversation, s community.Standing) string {
	switch {
	case s.Member:
		return v.T("You can read this because you are a member of “%s”. All members can, and %s.", conv.EntityName, conv.AuthorName)
	case conv.EntityKind == community.GroupEntity:
		return v.T("You can read this because you have written here. All members of “%s” can, too.", conv.EntityName)
	default:
		return v.T("Only %s and %s can read this.", conv.AuthorName, conv.EntityName)
	}
}

func (c *Conversations) createMessage(v *site.Visit) error {
	conv, s, err := c.visited(v)
	if err != nil {
		return err
	}
	var f answerForm
	var id int64
	err = v.Bind(&f)
	if err == nil {
		err = c.deps.Limiter.Allow(v.Context(), web.Limit{Name: "comment", Count: 120, Per: time.Hour}, "person "+strconv.FormatInt(v.Viewer.PersonID, 10))
	}
	if err == nil {
		id, err = c.Answer(v.Context(), v.Viewer, conv.ID, f.Text, f.InReplyTo)
	}
	if err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) { return c.page(v, conv, s, f, e) })
	}
	v.Flash(parts.Done, "Your message is on its way.")
	return v.Redirect(conv.Path() + "#" + community.ContributionAnchor(id))
}

// showOfGroup lists the conversations of a group for its members.
func (c *Conversations) showOfGroup(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	g, err := c.deps.Groups.Get(v.Context(), c.deps.DB, id)
	if err != nil {
		return err
	}
	entity := g.Entity()
	s, err := policy.Standing(v.Context(), c.deps.DB, v.Viewer, entity)
	if err != nil {
		return err
	}
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
