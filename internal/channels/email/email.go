// Package email is the channel that most people live in: it turns what a room has to say into a mail that
// every mail program shows well, sorts into threads and filters, answers, and can be unsubscribed from.
//
// Each recipient gets a mail of their own. Its id and those it refers to carry a mark of the recipient, so
// that threads are consistent in each mailbox and ids do not tell who else got the mail.
package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Name is the channel's name in deliveries.
const Name = "email"

// maxAttached is how many bytes of files go along with one mail; what is left out is linked. Many
// mailboxes take no more than 20 MB, encoded.
const maxAttached = 12 << 20

// Config is what the channel stands on.
type Config struct {
	DB         *sqldb.DB
	Sender     smtp.Sender
	Media      media.Store
	Catalogues *lang.Catalogues
	Zone       *time.Location
	Clock      clock.Clock
	Logger     *slog.Logger

	SiteName string
	BaseURL  string // without a slash at the end
	Domain   string // of the mail addresses of groups, and of message ids
	From     string // address of mails that nobody in particular sends; takes reports of failures
	Distinct string // address of mails that somebody sends; holds {slug}
	ReplyTo  string // address of answers; holds {reply_key}

	// ReplyKeys returns the keys of the addresses by which people answer, one for each of them.
	ReplyKeys func(ctx context.Context, all []notify.Answerer) (map[notify.Answerer]string, error)
	// UnsubscribeURL returns the absolute address that ends a person's subscription with one click.
	UnsubscribeURL func(personID int64, group community.Entity) string
}

// Email is the channel.
type Email struct {
	Config
	texts *markdown.Cache // a notice has one text for all who get it
	seed  string          // makes boundaries the same each time, for tests
}

var (
	_ notify.PostChannel = (*Email)(nil)
	_ notify.Postman     = (*Email)(nil)
)

// New returns the channel.
func New(c Config) *Email { return &Email{Config: c, texts: markdown.NewCache(keptTexts)} }

// keptTexts is how many bytes of rendered texts are kept.
const keptTexts = 1 << 20

// Name implements notify.Channel.
func (*Email) Name() string { return Name }

// Reaches implements notify.Channel.
func (*Email) Reaches() string {
	return `EXISTS (SELECT 1 FROM email_addresses m WHERE m.person_id = p.id AND m.main)`
}

// ServesActor implements notify.Channel: whoever writes to a group by mail sees that it arrived.
func (*Email) ServesActor() bool { return true }

// Setting implements notify.Channel.
func (*Email) Setting() notify.Setting {
	return notify.Setting{Field: "receives_email_notifications", Label: lang.Text("By e-mail")}
}

// Reached implements notify.Channel.
func (*Email) Reached(p *lang.Printer, people int) string {
	return p.N("one by mail", "%d by mail", people)
}

// outgoing is a notice with what its mail needs.
type outgoing struct {
	*notify.Delivery
	address  string
	replyKey string // of the address to answer to; empty if it cannot be answered
}

// answerer is whoever can answer what is delivered.
func (o outgoing) answerer() notify.Answerer {
	return notify.Answerer{PersonID: o.To.PersonID, Answer: o.Message.Answer}
}

// Prepare implements notify.PostChannel: it looks up where the mails go and where they are answered. A mail is
// written here, beside those that leave, unless it carries files: of those no more than one of each process is in
// memory.
func (e *Email) Prepare(ctx context.Context, all []*notify.Delivery) ([]notify.Send, error) {
	mails, err := e.address(ctx, all)
	if err != nil {
		return nil, err
	}
	sends := make([]notify.Send, len(mails))
	for i, o := range mails {
		if o.address == "" {
			continue
		}
		write := func(ctx context.Context) ([]byte, error) { return e.notice(ctx, o) }
		if len(o.Message.Attachments) == 0 {
			message, err := write(ctx)
			write = func(context.Context) ([]byte, error) { return message, err }
		}
		sends[i] = func(ctx context.Context) error {
			message, err := write(ctx)
			if err != nil {
				return err
			}
			return e.Sender.Send(ctx, smtp.Envelope{From: e.From, To: []string{o.address}}, message)
		}
	}
	return sends, nil
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
		mails[i] = outgoing{Delivery: d, address: addresses[d.To.PersonID]}
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

// Post implements notify.Postman.
func (e *Email) Post(ctx context.Context, l notify.Letter) error {
	from := e.From
	if l.Answering != "" {
		from = "" // RFC 3834, section 3.3: nobody hears of the failure of an automatic answer
	}
	message, err := e.letter(ctx, l)
	if err != nil {
		return err
	}
	return e.Sender.Send(ctx, smtp.Envelope{From: from, To: []string{l.Address}}, message)
}

// notice returns the mail for a delivery.
func (e *Email) notice(ctx context.Context, o outgoing) ([]byte, error) {
	m := o.Message
	p := e.Catalogues.Printer(o.To.Language, e.Zone)
	draft := mime.Draft{
		From: mime.Address{Name: e.SiteName, Addr: e.From}, To: []mime.Address{{Name: o.To.Name, Addr: o.address}},
		Subject: e.subject(m), Date: cmp.Or(m.Date, e.Clock.Now()).In(e.zone()), Seed: e.seed,
	}
	if m.From.Slug != "" {
		draft.From = mime.Address{Name: p.T("%s via %s", m.From.Name, e.SiteName), Addr: strings.ReplaceAll(e.Distinct, "{slug}", m.From.Slug)}
	}
	e.thread(&draft, m.Thread, o.address)
	b := body{
		texts:   e.texts,
		printer: p, base: e.BaseURL, site: e.SiteName, intro: m.Intro, facts: m.Facts, text: m.Text, note: m.Note, actions: m.Actions,
	}
	if o.replyKey != "" {
		draft.ReplyTo = mime.Address{Addr: strings.ReplaceAll(e.ReplyTo, "{reply_key}", o.replyKey)}
		b.footer = append(b.footer, line{text: p.T("Answer this mail to write back.")})
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
			draft.Header = append(
				draft.Header, mime.Field{Name: "List-Unsubscribe", Value: "<" + stop + ">"},
				mime.Field{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"},
			)
			b.footer = append(b.footer, line{text: p.T("You get this mail because you subscribe to the group “%s”.", m.Entity.Name)}, line{text: p.T("Unsubscribe"), url: stop})
		}
	}
	files, missing, err := e.attach(ctx, m.Attachments)
	if err != nil {
		return nil, err
	}
	for _, a := range missing {
		b.actions = append(b.actions, notify.Action{Label: p.T("The file “%s” is on the web page", a.Name), URL: e.BaseURL + media.File{Name: a.File}.Path()})
	}
	draft.Attachments = files
	return b.write(ctx, draft)
}

// letter returns the mail for a letter.
func (e *Email) letter(ctx context.Context, l notify.Letter) ([]byte, error) {
	now := e.Clock.Now()
	draft := mime.Draft{
		From: mime.Address{Name: e.SiteName, Addr: e.From}, To: []mime.Address{{Name: l.Name, Addr: l.Address}},
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
	b := body{
		texts:   e.texts,
		printer: e.Catalogues.Printer(l.Language, e.Zone), base: e.BaseURL, site: e.SiteName,
		intro: l.Intro, facts: l.Facts, text: l.Text, note: l.Note, actions: l.Actions,
	}
	return b.write(ctx, draft)
}

func (e *Email) zone() *time.Location { return cmp.Or(e.Zone, time.UTC) }

func (e *Email) random() string {
	if e.seed != "" {
		return e.seed
	}
	return strings.ToLower(rand.Text()[:16])
}

// subject returns the subject as mail programs show and sort it: "Re: [garten] Compost".
func (e *Email) subject(m *notify.Message) string {
	subject := m.Subject
	if m.Entity != nil && m.Entity.IsGroup() {
		subject = "[" + m.Entity.Slug + "] " + subject
	}
	if m.Reply {
		subject = "Re: " + subject
	}
	return subject
}

// thread places the mail among the others that the recipient got.
func (e *Email) thread(d *mime.Draft, t notify.Thread, address string) {
	sum := sha256.Sum256([]byte(address))
	suffix := "-" + hex.EncodeToString(sum[:8]) + "@" + e.Domain
	id := t.ID
	if id == "" {
		id = strconv.FormatInt(e.Clock.Now().UnixMilli(), 10) + "." + e.random()
	}
	d.MessageID = id + suffix
	if t.Parent != "" {
		d.InReplyTo = t.Parent + suffix
	}
	for _, r := range t.References {
		d.References = append(d.References, r+suffix)
	}
}

// listHeader returns the fields by which mail programs know a mailing list (RFC 2369, RFC 2919).
func (e *Email) listHeader(group community.Entity) []mime.Field {
	return []mime.Field{
		{Name: "List-Id", Value: "<" + group.Slug + "." + e.Domain + ">"},
		{Name: "List-Post", Value: "<mailto:" + group.Slug + "@" + e.Domain + ">"},
		{Name: "List-Archive", Value: "<" + e.BaseURL + group.Path() + ">"},
		{Name: "Precedence", Value: "list"},
	}
}

// attach reads the files that go along. missing are those that would make the mail too large, or that
// are gone.
func (e *Email) attach(ctx context.Context, all []notify.Attachment) (files []mime.Attachment, missing []notify.Attachment, err error) {
	left := int64(maxAttached)
	for _, a := range all {
		if a.Size > left {
			missing = append(missing, a)
			continue
		}
		data, err := e.read(ctx, a)
		if errs.Is(err, errs.NotFound) {
			e.Logger.WarnContext(ctx, "a file that a mail should carry is gone", "file", a.File)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("attach the file %s: %w", a.File, err)
		}
		left -= int64(len(data))
		files = append(files, mime.Attachment{Name: a.Name, MediaType: a.MediaType, Data: data})
	}
	return files, missing, nil
}

func (e *Email) read(ctx context.Context, a notify.Attachment) (data []byte, err error) {
	f, err := e.Media.Open(ctx, a.File)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxAttached))
}

// body is what a mail says, in both of its parts.
type body struct {
	texts             *markdown.Cache
	printer           *lang.Printer
	base, site        string
	intro, text, note string
	facts             []notify.Fact
	actions           []notify.Action
	footer            []line
}

// line is a line at the end of a mail, a link if it has an address.
type line struct{ text, url string }

// write writes both parts and returns the mail as it leaves.
func (b body) write(ctx context.Context, d mime.Draft) ([]byte, error) {
	d.Text = b.plain()
	var page bytes.Buffer
	if err := mailPage(b, b.printer.Language(), d.Subject).Render(ctx, &page); err != nil {
		return nil, fmt.Errorf("write the HTML part: %w", err)
	}
	d.HTML = page.String()
	message, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	return message, nil
}

// plain returns the part for people and programs that read text.
func (b body) plain() string {
	var paragraphs []string
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			paragraphs = append(paragraphs, text)
		}
	}
	add(b.intro)
	facts := make([]string, len(b.facts))
	for i, f := range b.facts {
		facts[i] = f.Label + ": " + f.Value
	}
	add(strings.Join(facts, "\n"))
	add(b.texts.MailText(b.text, b.base))
	for _, a := range b.actions {
		add(a.Label + ":\n" + a.URL)
	}
	add(b.note)
	if len(b.footer) == 0 {
		return strings.Join(paragraphs, "\n\n") + "\n"
	}
	footer := []string{"-- "}
	for _, l := range b.footer {
		if l.url != "" {
			l.text += ": " + l.url
		}
		footer = append(footer, l.text)
	}
	return strings.Join(append(paragraphs, strings.Join(footer, "\n")), "\n\n") + "\n"
}

// html returns the text as HTML whose links work outside the site.
func (b body) html() string {
	text := b.texts.Render(b.text, markdown.Options{HeadingLevel: 2, Origin: b.base}).Resolve(nil, b.printer)
	return strings.NewReplacer(`href="/`, `href="`+b.base+"/", `src="/`, `src="`+b.base+"/", `href="#`, `name="#`).Replace(text)
}
