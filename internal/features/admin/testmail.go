package admin

import (
	"context"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// TestMail sends mails that show whether mails can be sent.
type TestMail struct {
	DB       *sqldb.DB
	Postman  Postman
	SiteName fmt.Stringer
	From     string // the address of the sender
	LeavesBy string // the mail server that takes them
}

// Postman hands a mail to the mail server at once.
type Postman interface {
	Post(ctx context.Context, l notify.Letter) error
}

// send sends a mail to a person, as Send does to an address.
func (t TestMail) send(ctx context.Context, p *lang.Printer, personID int64) (way []string, err error) {
	var address string
	if err := t.DB.Get(ctx, &address, `SELECT address FROM email_addresses WHERE person_id = ? AND main`, personID); err != nil {
		return nil, fmt.Errorf("find the address: %w", err)
	}
	return t.Send(ctx, p, address)
}

// Send sends a mail to an address and returns the steps of its way, as far as it came. It goes past the queue, so that the
// answer of the mail server can be shown; a mail server that does not answer is waited for half a minute. The error is why
// it came no further; it is for administrators.
func (t TestMail) Send(ctx context.Context, p *lang.Printer, address string) (way []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	start := time.Now()
	way = []string{p.T("The email goes to %s.", address), p.T("The sender is %s.", t.From), p.T("It’s sent through %s.", t.LeavesBy)}
	err = t.Postman.Post(ctx, notify.Letter{
		Address: address, Kind: "test", Awaited: true, Language: p.Language(), Subject: p.T("Test email from %s", t.SiteName),
		Intro: p.T("If you can read this, the site can send emails."),
	})
	if err == nil {
		way = append(way, p.T("It was accepted after %s.", time.Since(start).Round(time.Millisecond)))
	}
	return way, err
}
