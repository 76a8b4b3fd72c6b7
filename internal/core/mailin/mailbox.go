package mailin

import (
	"context"

	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
)

// Mailbox is a family of addresses at which the program itself reads mails: what comes there is for nobody, and answered by
// nothing. So it takes reports with the null sender, too, which are dropped everywhere else.
type Mailbox struct {
	About string // for the print of the house: "probe+<key>@ sees that mails to ourselves arrive"
	// Match reports whether it answers for a local part. It is asked at RCPT.
	Match func(ctx context.Context, local string) (bool, error)
	// Deliver gives a message its effect. The same message may come twice. An error makes the mail server try again, unless
	// its kind refuses the message, as in Address.
	Deliver func(ctx context.Context, local string, e lmtp.Envelope, message []byte) error
}

// Read says which mailboxes there are. Like Serve, it must be called before the first mail comes.
func (in *Intake) Read(all ...Mailbox) { in.mailboxes = all }

// mailbox returns who answers for a local part, nil if no mailbox does.
func (in *Intake) mailbox(ctx context.Context, local string) (*Mailbox, error) {
	for i := range in.mailboxes {
		ours, err := in.mailboxes[i].Match(ctx, local)
		if err != nil {
			return nil, err
		}
		if ours {
			return &in.mailboxes[i], nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer
}

// read delivers a message to those of its recipients at which the program itself reads: mailboxes, and the envelope senders
// of our own mails. It returns the others, the envelope with them alone, and where their results belong.
func (in *Intake) read(ctx context.Context, e lmtp.Envelope, raw []byte, m *mime.Message, results []error) (others lmtp.Envelope, places []int) {
	others = e
	others.Recipients = nil
	for i, to := range e.Recipients {
		local, ours := in.local(to)
		box, err := in.mailbox(ctx, local)
		switch {
		case err != nil:
			results[i] = err
		case box != nil:
			results[i] = box.Deliver(ctx, local, e, raw)
		case ours && in.Bounces.Is(local):
			results[i] = in.counted(resultBounce, in.takeBounce(ctx, e, raw, m, local), 1)
		default:
			others.Recipients, places = append(others.Recipients, to), append(places, i)
		}
	}
	return others, places
}
