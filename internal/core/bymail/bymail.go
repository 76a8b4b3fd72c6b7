// Package bymail lets people act with a mail address alone, without an account: they enter the address, get a letter
// with a link, and confirm on the page behind the link.
//
// What a visitor learns does not depend on whether an address is known: only the letter says it, to whoever reads the
// mailbox. Nothing happens before the link is confirmed by POST, because programs that scan mails follow links.
//
// A [Request] describes something of this kind about a group, and [ByMail.Flow] answers for all its pages. Rooms with a
// form of their own take the steps themselves: [ByMail.Throttle], [ByMail.Addressee], [ByMail.Send], [ByMail.Redeem].
package bymail

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// linkLifetime is how long a link works; the letters say so.
const linkLifetime = 3 * 24 * time.Hour

// People is what this package needs to know of people.
type People interface {
	// ParseAddress returns a mail address as it is kept and the key under which it is unique; ok is false
	// if the text is none.
	ParseAddress(text string) (address, key string, ok bool)
	// FindByAddress returns the person to whom a mail address belongs; NotFound if there is none.
	FindByAddress(ctx context.Context, q sqldb.Querier, address string) (community.Person, error)
	// FindOrCreate returns the person to whom a mail address belongs, or one without a password who
	// comes into being by it. verified says that the mailbox has just been proven.
	FindOrCreate(ctx context.Context, tx *sqldb.Tx, address string, verified bool) (community.Person, error)
}

// Groups is what this package needs to know of groups.
type Groups interface {
	// Visited returns the group that the path of a visit names and how the viewer stands to it.
	Visited(v *site.Visit) (community.Group, community.Standing, error)
	// GetByEntity returns the group that is an entity; NotFound if there is none.
	GetByEntity(ctx context.Context, q sqldb.Querier, entityID int64) (community.Group, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB         *sqldb.DB
	Groups     Groups
	People     People
	Letters    *notify.Letters
	Limiter    *web.Limiter
	Catalogues *lang.Catalogues
	Clock      clock.Clock

	BaseURL string // without a slash at the end
}

// ByMail is what can be done by mail.
type ByMail struct{ deps Deps }

// New returns it.
func New(d Deps) *ByMail { return &ByMail{d} }

// CheckAddress says what is wrong with a mail address in the field "email".
func (b *ByMail) CheckAddress(address string) []errs.FieldError {
	if _, _, ok := b.deps.People.ParseAddress(address); !ok {
		return []errs.FieldError{errs.Field("email", "Enter an email address like name@example.org.")}
	}
	return nil
}

// Throttle counts the letters that somebody unknown has sent to an address: by their network and by the address, so
// that nobody's mailbox is flooded through this site.
func (b *ByMail) Throttle(v *site.Visit, address string) error {
	if err := b.deps.Limiter.Request(v.R, limitNetwork()); err != nil {
		return err
	}
	_, key, _ := b.deps.People.ParseAddress(address)
	return b.deps.Limiter.Allow(v.Context(), limitAddress(), key)
}

func limitNetwork() web.Limit {
	return web.Limit{Name: "letters from a network", Count: 20, Per: time.Hour, Whom: web.PerNetwork}
}

func limitAddress() web.Limit {
	return web.Limit{Name: "letters to an address", Count: 5, Per: time.Hour, Whom: web.PerAddress}
}

// Limits are what Throttle counts, for the routes of whoever calls it.
func Limits() []web.Limit { return []web.Limit{limitNetwork(), limitAddress()} }

// Addressee is whom a letter goes to.
type Addressee struct {
	Address string
	Person  community.Person // the zero value if nobody is known by the address
	Lang    *lang.Printer    // speaks the language of the person, or else of whoever asked
}

// Addressee returns whom a letter to an address goes to. language is that of whoever asks for the letter.
func (b *ByMail) Addressee(ctx context.Context, q sqldb.Querier, address, language string) (Addressee, error) {
	p, err := b.deps.People.FindByAddress(ctx, q, address)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Addressee{}, err
	}
	if p.Language != "" {
		language = p.Language
	}
	return Addressee{Address: address, Person: p, Lang: b.deps.Catalogues.Printer(language, nil)}, nil
}

// Letter is a letter with a link.
type Letter struct {
	Kind    string
	Subject string
	Intro   string
	Text    string            // markdown
	Button  string            // says what the link does
	Group   *community.Entity // what it is about, if it is a group; see notify.Letter

	Path  string       // of the link, up to the secret
	Token tokens.Token // what the link stands for; the address is added
	Data  any          // goes with the token; may be nil
}

// Send posts a letter with a link.
func (b *ByMail) Send(ctx context.Context, tx *sqldb.Tx, to Addressee, l Letter) error {
	l.Token.Address = to.Address
	secret, err := tokens.Issue(ctx, tx, l.Token, l.Data, linkLifetime)
	if err != nil {
		return err
	}
	return b.post(ctx, tx, to, notify.Letter{
		Kind: l.Kind, Subject: l.Subject, Intro: l.Intro, Text: l.Text, Group: l.Group,
		Actions: []notify.Action{{Label: l.Button, URL: b.deps.BaseURL + l.Path + secret + "/", Primary: true}},
		Note:    to.Lang.T("The link works once, within three days. If this wasn’t you, you can ignore this email."),
	})
}

func (b *ByMail) post(ctx context.Context, tx *sqldb.Tx, to Addressee, l notify.Letter) error {
	l.Address, l.Name, l.Language, l.Awaited = to.Address, to.Person.Name, to.Lang.Language(), true
	return b.deps.Letters.Post(ctx, tx, l)
}

// Find returns what a link stands for, without using it up; NotFound if it has been used or has expired.
func (b *ByMail) Find(ctx context.Context, kind, secret string) (tokens.Token, error) {
	return tokens.Find(ctx, b.deps.DB, kind, secret, b.deps.Clock.Now())
}

// Redeem uses a link up. It returns what the link stands for and the owner of the mailbox that it was sent to, who
// comes into being by it if nobody was known. If their account has been closed it returns Conflict.
func (b *ByMail) Redeem(ctx context.Context, tx *sqldb.Tx, kind, secret string) (t tokens.Token, owner community.Person, err error) {
	if t, err = tokens.Redeem(ctx, tx, kind, secret); err != nil {
		return t, owner, err
	}
	if owner, err = b.deps.People.FindOrCreate(ctx, tx, t.Address, true); err != nil {
		return t, owner, err
	}
	if !owner.Active {
		return t, owner, errs.New(errs.Conflict, "The account with this address has been closed.")
	}
	return t, owner, nil
}
