package mailin

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
)

// Import gives a message its effect that came without an envelope, as mail servers hand messages to a
// program. The sender is then the address in the From header. delivered is where the mail server says it
// delivered the message to, or empty; if it is the mailbox that collects all mail, or empty, the headers
// of the message say for whom it is.
//
// A nil error means that the message had its effect, or that its sender has been told why it had none.
// An error that is temporary asks for the message once more, which is safe even if it had its effect for
// some of its recipients.
func (in *Intake) Import(ctx context.Context, message []byte, delivered, collector string) error {
	m, err := in.parse(message)
	if err != nil {
		return err
	}
	if len(m.From) == 0 {
		return errs.New(errs.Invalid, "The message doesn’t say who wrote it.")
	}
	envelope := lmtp.Envelope{ID: "import", From: m.From[0].Addr, Recipients: in.recipients(m, delivered, collector)}
	if strings.TrimSpace(m.Header.Get("Return-Path")) == "<>" {
		envelope.From = ""
	}
	if len(envelope.Recipients) == 0 {
		return errs.New(errs.NotFound, "The message isn’t for any address on this site.")
	}
	envelope.Recipients, err = in.known(ctx, envelope)
	if err != nil {
		return err
	}
	return combine(in.deliver(ctx, envelope, message, m))
}

// recipients returns the addresses of ours that a message without an envelope is for.
func (in *Intake) recipients(m *mime.Message, delivered, collector string) []string {
	if delivered != "" && !strings.EqualFold(delivered, collector) {
		return []string{delivered}
	}
	for _, field := range [][]mime.Address{append(m.DeliveredTo, m.OriginalTo...), append(m.To, m.Cc...)} {
		var ours []string
		known := map[string]bool{strings.ToLower(collector): true}
		for _, a := range field {
			key := strings.ToLower(a.Addr)
			if _, is := in.local(a.Addr); is && !known[key] {
				known[key] = true
				ours = append(ours, a.Addr)
			}
		}
		if len(ours) > 0 {
			return ours
		}
	}
	return nil
}

// known returns the recipients that exist; an error if there are none, or if it is not sure for one of them.
func (in *Intake) known(ctx context.Context, envelope lmtp.Envelope) ([]string, error) {
	var known []string
	var refusal error
	for _, to := range envelope.Recipients {
		switch err := in.Recipient(ctx, envelope.From, to); {
		case err == nil:
			known = append(known, to)
		case errs.Temporary(err):
			return nil, err
		case refusal == nil:
			refusal = err
		}
	}
	if len(known) == 0 {
		return nil, refusal
	}
	return known, nil
}

// combine returns one answer for all recipients: a temporary error before anything else; a refusal only if
// everybody was refused.
func combine(results []error) error {
	var refusal error
	accepted := false
	for _, err := range results {
		switch {
		case err == nil:
			accepted = true
		case errs.Temporary(err):
			return err
		case refusal == nil:
			refusal = err
		}
	}
	if accepted {
		return nil
	}
	return refusal
}
