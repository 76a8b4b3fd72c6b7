// Package email is the channel that most people live in: it turns what a room has to say into a mail that
// every mail program shows well, sorts into threads and filters, answers, and can be unsubscribed from.
//
// Each recipient gets a mail of their own. Its id and those it refers to carry a mark of the recipient, so
// that threads are consistent in each mailbox and ids do not tell who else got the mail.
package email

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Name is the channel's name in deliveries.
const Name = "email"

// Config is what the channel stands on.
type Config struct {
	DB         *sqldb.DB
	Sender     smtp.Sender
	Media      media.Store
	Pictures   Pictures
	Catalogues *lang.Catalogues
	Zone       *time.Location
	Clock      clock.Clock
	Logger     *slog.Logger

	SiteName fmt.Stringer
	SiteIcon func(ctx context.Context) string // the name of the picture that stands for the site; may be nil
	BaseURL  string                           // without a slash at the end
	Domain   string                           // of the mail addresses of groups, and of message ids
	From     string                           // address of mails that nobody in particular sends
	Distinct string                           // address of mails that somebody sends; holds {slug}
	ReplyTo  string                           // address of answers; holds {reply_key}

	// Bounces says where mails come back to, and to which addresses none go.
	Bounces *bounces.Bounces
	// ReplyKeys returns the keys of the addresses by which people answer, one for each of them.
	ReplyKeys func(ctx context.Context, all []notify.Answerer) (map[notify.Answerer]string, error)
	// UnsubscribeURL returns the absolute address that ends a person's subscription with one click.
	UnsubscribeURL func(personID int64, group community.Entity) string
}

// Pictures opens the pictures that stand for people and groups.
type Pictures interface {
	// Open returns a picture that the viewer may see in a size; NotFound if there is none.
	Open(ctx context.Context, v community.Viewer, name, size string) (media.Stored, error)
}

// Email is the channel.
type Email struct {
	Config
	markdown *markdown.Cache
	texts    *textMemo
	faces    *lru.Cache[string, []byte] // the pictures on top of mails, by name; nil is none
	seed     string                     // makes boundaries the same each time, for tests
}

var (
	_ notify.PostChannel = (*Email)(nil)
	_ notify.Postman     = (*Email)(nil)
)

// New returns the channel.
func New(c Config) *Email {
	faces, err := lru.New[string, []byte](keptFaces)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Email{Config: c, markdown: markdown.NewCache(0), texts: newTextMemo(), faces: faces}
}

// Name implements notify.Channel.
func (*Email) Name() string { return Name }

// Reaches implements notify.Channel.
func (*Email) Reaches() string {
	return `EXISTS (SELECT 1 FROM email_addresses m WHERE m.person_id = p.id AND m.main AND NOT ` + bounces.SetAside + `)`
}

// ServesActor implements notify.Channel: whoever writes to a group by mail sees that it arrived.
func (*Email) ServesActor() bool { return true }

// Setting implements notify.Channel.
func (*Email) Setting() notify.Setting {
	return notify.Setting{Field: "receives_email_notifications", Label: lang.Text("By email")}
}

// Reached implements notify.Channel.
func (*Email) Reached(p *lang.Printer, people int) string {
	return p.N("1 by email", "%d by email", people)
}

// outgoing is a notice with what its mail needs.
type outgoing struct {
	*notify.Delivery
	mailbox
	replyKey string // of the address to answer to; empty if it cannot be answered
}

// answerer is whoever can answer what is delivered.
func (o outgoing) answerer() notify.Answerer {
	return notify.Answerer{PersonID: o.To.PersonID, Answer: o.Message.Answer}
}

// maxAhead is how long the text of a mail may be that is written before it leaves.
const maxAhead = 32 << 10

// Prepare implements notify.PostChannel: it looks up where the mails go and where they are answered. A mail is
// written here, beside those that leave, unless it carries files or a long text: of those no more than one of each
// process is in memory.
func (e *Email) Prepare(ctx context.Context, all []*notify.Delivery) ([]notify.Send, error) {
	mails, err := e.address(ctx, all)
	if err != nil {
		return nil, err
	}
	sends := make([]notify.Send, len(mails))
	for i, o := range mails {
		if o.ID == 0 {
			continue
		}
		write := func(ctx context.Context) ([]byte, error) { return e.notice(ctx, o) }
		if len(o.Message.Attachments) == 0 && len(o.Message.Text) <= maxAhead {
			message, err := write(ctx)
			write = func(context.Context) ([]byte, error) { return message, err }
		}
		sends[i] = func(ctx context.Context) error {
			message, err := write(ctx)
			if err != nil {
				return err
			}
			return e.send(ctx, e.Bounces.Sender(o.ID, o.Address), o.mailbox, message)
		}
	}
	return sends, nil
}

// send sends a mail. What the mail server says of an address of somebody while it refuses a mail counts as if it had come
// back later: it is notify.ErrUnreachable if no more mails go there.
func (e *Email) send(ctx context.Context, from string, to mailbox, message []byte) error {
	refusal := e.Sender.Send(ctx, smtp.Envelope{From: from, To: []string{to.Address}}, message)
	if refusal == nil || to.ID == 0 {
		return refusal
	}
	setAside, err := e.Bounces.Refused(ctx, to.ID, refusal)
	switch {
	case err != nil:
		return err // the mail has not left, and is refused again
	case setAside:
		e.Logger.InfoContext(ctx, "no more mails go to an address", "address", to.Address, "error", refusal)
		return errors.Join(notify.ErrUnreachable, refusal)
	}
	return refusal
}

// address looks up the addresses of mails, and those to answer to.
func (e *Email) address(ctx context.Context, all []*notify.Delivery) ([]outgoing, error) {
	people := make([]int64, len(all))
	for i, d := range all {
		people[i] = d.To.PersonID
	}
	addresses, err := mainAddresses(ctx, e.DB, people)
	if err != nil {
		return nil, err
	}
	mails := make([]outgoing, len(all))
	var answerers []notify.Answerer
	for i, d := range all {
		mails[i] = outgoing{Delivery: d, mailbox: addresses[d.To.PersonID]}
		if !d.Message.Answer.IsZero() {
			answerers = append(answerers, mails[i].answerer())
		}
	}
	if len(answerers) == 0 {
		return mails, nil
	}
	keys, err := e.ReplyKeys(ctx, answerers)
	if err != nil {
		return nil, fmt.Errorf("find the reply addresses: %w", err)
	}
	for i := range mails {
		mails[i].replyKey = keys[mails[i].answerer()]
	}
	return mails, nil
}

// Post implements notify.Postman. A letter to an address that mails do not reach is not sent, unless somebody waits for it
// or has just written from there.
func (e *Email) Post(ctx context.Context, l notify.Letter) error {
	to, setAside, err := findMailbox(ctx, e.DB, l.Address)
	if err != nil {
		return err
	}
	from := e.From
	switch {
	case l.Answering != "":
		from = "" // RFC 3834, section 3.3: nobody hears of the failure of an automatic answer
	case setAside && !l.Awaited:
		e.Logger.InfoContext(ctx, "a letter is not sent: no mails go to its address", "address", l.Address, "kind", l.Kind)
		return nil
	case to.ID != 0:
		from = e.Bounces.Sender(to.ID, to.Address)
	}
	message, err := e.letter(ctx, l)
	if err != nil {
		return err
	}
	to.Address = l.Address
	return e.send(ctx, from, to, message)
}

// notice returns the mail for a delivery.
func (e *Email) notice(ctx context.Context, o outgoing) ([]byte, error) {
	m := o.Message
	p := e.Catalogues.Printer(o.To.Language, e.Zone)
	draft := mime.Draft{
		From: mime.Address{Name: e.SiteName.String(), Addr: e.From}, To: []mime.Address{{Name: o.To.Name, Addr: o.Address}},
		Subject: e.subject(m), Date: cmp.Or(m.Date, e.Clock.Now()).In(e.zone()), Seed: e.seed,
	}
	if m.From.Slug != "" {
		draft.From = mime.Address{Name: p.T("%s via %s", m.From.Name, e.SiteName), Addr: strings.ReplaceAll(e.Distinct, "{slug}", m.From.Slug)}
	}
	e.thread(&draft, m.Thread, o.Address)
	b := body{
		printer: p, site: e.siteFace(), actor: m.From.Name, intro: m.Intro, facts: m.Facts, cut: m.Cut, note: m.Note, actions: m.Actions,
	}
	if m.Text != "" && !m.Reply {
		b.title = m.Subject
	}
	if o.replyKey != "" {
		draft.ReplyTo = mime.Address{Addr: strings.ReplaceAll(e.ReplyTo, "{reply_key}", o.replyKey)}
		b.hint = p.T("You can simply reply to this email.")
	}
	draft.Header = []mime.Field{
		{Name: "Auto-Submitted", Value: "auto-generated"},
		{Name: "X-Auto-Response-Suppress", Value: "OOF, AutoReply"},
		{Name: "X-Grouprise-Kind", Value: m.Kind},
	}
	if m.URL != "" {
		draft.Header = append(draft.Header, mime.Field{Name: "Archived-At", Value: "<" + m.URL + ">"})
	}
	if m.Entity != nil && m.Entity.IsGroup() {
		draft.Header = append(draft.Header, e.listHeader(*m.Entity)...)
		if m.Subscribed {
			stop := e.UnsubscribeURL(o.To.PersonID, *m.Entity)
			draft.Header = append(draft.Header, stopHeader(stop)...)
			b.footer = append(
				b.footer, line{text: p.T("You get this email because you subscribe to the group “%s”.", m.Entity.Name)},
				line{text: p.T("Unsubscribe"), url: stop},
			)
		}
	}
	if m.Because != "" {
		b.footer = append(b.footer, line{text: m.Because})
	}
	if m.StopURL != "" {
		draft.Header = append(draft.Header, stopHeader(m.StopURL)...)
		if !slices.ContainsFunc(m.Actions, func(a notify.Action) bool { return a.URL == m.StopURL }) {
			b.footer = append(b.footer, line{text: p.T("Stop emails about this"), url: m.StopURL})
		}
	}
	if m.MuteURL != "" {
		b.footer = append(b.footer, line{text: p.T("Mute this thread"), url: m.MuteURL})
	}
	enclosed, err := e.enclose(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, a := range enclosed.gone {
		b.facts = append(slices.Clip(b.facts), notify.Fact{Label: p.T("Missing file"), Value: p.T("“%s” is no longer stored on this site", a.Name)})
	}
	for _, a := range enclosed.linked {
		b.actions = append(b.actions, notify.Action{Label: p.T("Download “%s” (too large for this email)", a.Name), URL: e.BaseURL + media.File{Name: a.File}.Path()})
	}
	b.text = e.write(p, message{text: m.Text, format: m.Format, named: m.Internal, embedded: e.embedded(enclosed.files)})
	var picture []mime.Attachment
	switch {
	case m.Face.Name != "":
		b.face, picture = e.faceOf(ctx, m.Face)
	case m.Entity != nil:
		b.face, picture = e.faceOf(ctx, *m.Entity)
	default:
		b.face, picture = e.siteFaceOf(ctx, b.site)
	}
	draft.Attachments = append(picture, enclosed.files...)
	if draft.Calendars, err = calendarOf(m.Calendar, cmp.Or(draft.ReplyTo, draft.From).Addr, o.Address); err != nil {
		return nil, err
	}
	return b.writeMail(ctx, draft)
}

// letter returns the mail for a letter.
func (e *Email) letter(ctx context.Context, l notify.Letter) ([]byte, error) {
	now := e.Clock.Now()
	draft := mime.Draft{
		From: mime.Address{Name: e.SiteName.String(), Addr: e.From}, To: []mime.Address{{Name: l.Name, Addr: l.Address}},
		Subject: l.Subject, Date: now.In(e.zone()), Seed: e.seed,
		MessageID: strconv.FormatInt(now.UnixMilli(), 10) + "." + e.random() + "@" + e.Domain,
	}
	submitted := "auto-generated"
	if l.Answering != "" {
		submitted = "auto-replied"
		draft.InReplyTo, draft.References = l.Answering, []string{l.Answering}
	}
	draft.Header = []mime.Field{
		{Name: "Auto-Submitted", Value: submitted}, {Name: "X-Auto-Response-Suppress", Value: "All"}, {Name: "X-Grouprise-Kind", Value: l.Kind},
	}
	if l.OfGroup && l.Group != nil {
		draft.From = mime.Address{Name: l.Group.Name, Addr: l.Group.Slug + "@" + e.Domain}
	}
	draft.Calendars = calendarsOf(l.Calendars)
	p := e.Catalogues.Printer(l.Language, e.Zone)
	b := body{
		printer: p, site: e.siteFace(), intro: l.Intro, facts: l.Facts, verbatim: l.Verbatim, note: l.Note, actions: l.Actions,
	}
	if l.Verbatim == "" { // else the introduction says the same
		b.title = l.Subject
	}
	b.text = e.write(p, message{text: l.Text})
	if l.Group != nil {
		b.face = drawnFace(*l.Group)
		b.face.url = e.BaseURL + l.Group.Path()
	} else {
		b.face, draft.Attachments = e.siteFaceOf(ctx, b.site)
	}
	return b.writeMail(ctx, draft)
}

func (e *Email) zone() *time.Location { return cmp.Or(e.Zone, time.UTC) }

func (e *Email) random() string {
	if e.seed != "" {
		return e.seed
	}
	return strings.ToLower(rand.Text()[:16])
}
