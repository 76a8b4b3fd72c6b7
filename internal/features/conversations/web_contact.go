package conversations

import (
	"net/http"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

type messageForm struct {
	threads.Uploads

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
	Reach     string // how many people will be notified, for members
	Apply     bool
	Report    bool
	Form      messageForm
	Challenge captcha.Challenge // for those who have not signed in
	Answered  bool              // the challenge has been answered and cannot be answered so once more
	Errors    parts.Errors
	SignedIn  bool
	MaxBytes  int64 // of one file
	Cancel    string
}

// newContact returns the handler of a page on which a conversation is begun.
func (c *Conversations) newContact(page func(*site.Visit) (contact, error)) site.Handler {
	return func(v *site.Visit) error {
		f, err := page(v)
		if err != nil {
			return err
		}
		return c.showContact(v, nil, f)
	}
}

// createContact returns the handler of what is sent from such a page: it begins the conversation for those who have
// signed in, and asks others to prove their address.
func (c *Conversations) createContact(page func(*site.Visit) (contact, error)) site.Handler {
	return func(v *site.Visit) error {
		f, err := page(v)
		if err != nil {
			return err
		}
		f.Form = messageForm{}
		if v.Viewer.SignedIn() {
			return c.beginSignedIn(v, f)
		}
		return c.requestByMail(v, f)
	}
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
		return contact{}, community.PleaseSignIn()
	case !p.Active:
		return contact{}, community.ErrNothingHere()
	}
	return contact{Entity: e, Title: v.T("Write to %s", p.Name), Lead: v.T("Only you and %s can read what you write. You’ll get the reply here and by email.", p.Name), Cancel: "/"}, nil
}

// withGroup returns the form to write to the group in the path.
func (c *Conversations) withGroup(v *site.Visit) (contact, error) {
	g, s, err := c.deps.Groups.Visited(v)
	if err != nil {
		return contact{}, err
	}
	if !policy.CanAdd(s) {
		return contact{}, community.ErrArchived()
	}
	f := contact{
		Entity: g.Entity(), Title: v.T("Write to “%s”", g.Name), Cancel: g.Entity().Path(),
		Lead: v.T("All members of the group can read what you write. You’ll get the reply here and by email."),
	}
	if v.Query("apply_for_membership") == "" {
		return f, nil
	}
	if !membership.CanApply(s, g) {
		return f, errs.New(errs.Denied, "You can’t ask to join this group, or you’re already a member.")
	}
	f.Apply = true
	f.Title = v.T("Ask to join “%s”", g.Name)
	f.Lead = v.T("Say who you are and why you’d like to take part. Any member can then accept you.")
	f.Form.Subject = v.T("Request to join")
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
		return contact{}, community.ErrNothingHere()
	case !in.Entity.IsGroup() || !threads.CanAnswerAlone(v.Viewer, k):
		return contact{}, errs.New(errs.Denied, "You can only reply privately to what someone else has written in a group.")
	}
	author, err := c.deps.People.Get(v.Context(), c.deps.DB, k.AuthorID)
	switch {
	case err != nil:
		return contact{}, err
	case !author.Active:
		return contact{}, community.ErrNothingHere()
	}
	return contact{
		Entity: author.Entity(), Title: v.T("Write to %s", k.AuthorName), Cancel: k.Path(),
		Lead: v.T("Only you and %s can read what you write. You’ll get the reply here and by email.", k.AuthorName),
		Form: messageForm{Subject: answered(in.Title), Text: k.Quoted(v)},
	}, nil
}

// report returns the form that tells the operators of something that should not be here.
func (c *Conversations) report(v *site.Visit) (contact, error) {
	g, err := c.deps.Groups.Get(v.Context(), c.deps.DB, c.deps.OperatorGroup)
	if errs.Is(err, errs.NotFound) {
		return contact{}, errs.New(errs.NotFound, "There’s no group here yet that takes reports.").Because(err)
	}
	if err != nil {
		return contact{}, err
	}
	page := v.Local("/" + strings.TrimPrefix(strings.TrimPrefix(v.Path("path"), "path="), "/"))
	return contact{
		Entity: g.Entity(), Title: v.T("Report a page"), Cancel: page, Report: true,
		Lead: v.T("Tell the group “%s”, which runs this site, what’s wrong with the page.", g.Name),
		Form: messageForm{Subject: v.T("Page report"), Text: v.T("Please take a look at this page: %s", v.URL(page)) + "\n\n"},
	}, nil
}

// showContact shows the form, with what is wrong about what was typed if anything is.
func (c *Conversations) showContact(v *site.Visit, wrong error, f contact) error {
	f.SignedIn, f.MaxBytes = v.Viewer.SignedIn(), c.deps.MaxBytes
	return v.ShowAgain(wrong, func(e parts.Errors) (_ site.Page, err error) {
		if !f.SignedIn {
			if f.Challenge, err = c.deps.Captcha.Redraw(v.Lang, f.Form.Fields, !f.Answered); err != nil {
				return site.Page{}, err
			}
		}
		if f.Reach, err = c.reachOfFirst(v, f.Entity); err != nil {
			return site.Page{}, err
		}
		f.Errors = e
		return site.Page{Title: f.Title, Body: contactBody(f), Hidden: true, Entity: &f.Entity, Crumbs: v.FromHome(parts.Crumb{Label: f.Title})}, nil
	})
}

// reachOfFirst says how many people are notified of a first message.
func (c *Conversations) reachOfFirst(v *site.Visit, e community.Entity) (string, error) {
	s, err := policy.Standing(v.Context(), c.deps.DB, v.Viewer, e)
	if err != nil {
		return "", err
	}
	return c.reachSentence(v, Conversation{Entity: e}, s)
}

// reachSentence says how many people are notified of a message, to members of the group alone: from the number others
// would learn how members, or the person whom they write to, want to be notified.
func (c *Conversations) reachSentence(v *site.Visit, conv Conversation, s community.Standing) (string, error) {
	if !s.Member {
		return "", nil
	}
	reach, err := c.Reach(v.Context(), v.Viewer, conv)
	return reach.Sentence(v.Lang), err
}

func (c *Conversations) beginSignedIn(v *site.Visit, f contact) error {
	conv, err := c.submitMessage(v, &f)
	if err != nil {
		return c.showContact(v, err, f)
	}
	v.Flash(parts.Done, "Your message has been sent.")
	return v.Redirect(conv.Path())
}

func (c *Conversations) submitMessage(v *site.Visit, f *contact) (conv Conversation, err error) {
	if err := v.Bind(&f.Form); err != nil {
		return conv, err
	}
	if err := c.deps.Limiter.Allow(v.Context(), limitBeginnings(), web.Account(v.Viewer.PersonID)); err != nil {
		return conv, err
	}
	err = c.deps.Threads.Attach(v.Context(), v.Viewer.PersonID, f.Form.Uploads, func(files []media.File) error {
		b := f.beginning()
		b.Files = files
		conv, err = c.Begin(v.Context(), v.Viewer, b)
		return err
	})
	return conv, err
}

func (f contact) beginning() Beginning {
	return Beginning{Entity: f.Entity, Subject: f.Form.Subject, Text: f.Form.Text, Apply: f.Apply, Report: f.Report}
}

// maxUnsigned is how large a form may be of somebody who has not signed in: they attach nothing, because until they have
// proved their address it is anybody's.
const maxUnsigned = 1 << 20

func (c *Conversations) requestByMail(v *site.Visit, f contact) error {
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, maxUnsigned)
	if err := c.submitByMail(v, &f); err != nil {
		return c.showContact(v, err, f)
	}
	v.Flash(parts.Info, "We’ve sent you an email. Open the link in it to send your message.")
	return v.Redirect(f.Entity.Path())
}

func (c *Conversations) submitByMail(v *site.Visit, f *contact) error {
	if err := v.Bind(&f.Form); err != nil {
		return err
	}
	b := f.beginning()
	wrong := slices.Concat(b.validate(c.deps.Texts.Shows), c.deps.ByMail.CheckAddress(f.Form.Address), c.deps.Captcha.Check(v.Lang, f.Form.Fields))
	if err := errs.Check(wrong...); err != nil {
		return err
	}
	if err := c.deps.ByMail.Throttle(v, f.Form.Address); err != nil {
		return err
	}
	f.Answered = true
	if err := c.deps.Captcha.Redeem(v.Context(), f.Form.Fields); err != nil {
		return err
	}
	return c.BeginByMail(v.Context(), f.Form.Address, v.Lang.Language(), b)
}

// askToDeliver is the page behind the link of a letter that confirms a message.
func (c *Conversations) askToDeliver(v *site.Visit) error {
	b, address, err := c.unconfirmedMessage(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: v.T("Send your message"), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Send your message")}),
		Body: unconfirmedBody(b, parts.Confirmation{
			Question: v.T("Do you want to send your message “%s” to “%s” from the address %s? Your address is stored so that replies can reach you.", b.Subject, b.Entity.Name, address),
			Button:   v.T("Send the message"), Cancel: "/",
		}),
	})
}

func (c *Conversations) deliverConfirmed(v *site.Visit) error {
	conv, err := c.Confirm(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	v.Flash(parts.Done, "Your message to “%s” has been sent. You’ll get the reply by email.", conv.Entity.Name)
	return v.Redirect("/")
}
