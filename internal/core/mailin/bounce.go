package mailin

import (
	"bytes"
	"context"
	"strings"

	"grouprise.org/grouprise/internal/kit/bounce"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// takeBounce notes what a mail server reports of a mail of ours, once. Whatever else comes to an envelope sender is dropped:
// absences, spam, and reports with a key that was not made here. Nobody is ever answered, because nobody wrote.
func (in *Intake) takeBounce(ctx context.Context, env lmtp.Envelope, raw []byte, m *mime.Message, local string) error {
	if env.From != "" && env.From != "<>" && m.Auto.Kind != mime.DeliveryReport {
		in.log(ctx, "dropped: no report", env, m)
		return nil
	}
	report, err := mime.ReadReport(bytes.NewReader(raw), in.Limits)
	if err != nil {
		return err
	}
	var kind bounce.Kind
	err = in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) (err error) {
		kind, err = in.Bounces.Take(ctx, tx, local, report, func() (bool, error) { return in.remember(ctx, tx, m, strings.ToLower(local)) })
		return err
	})
	if errs.Is(err, errs.NotFound) {
		in.log(ctx, "dropped: a report about no address of ours", env, m)
		return nil
	}
	if err == nil {
		in.Logger.InfoContext(ctx, "mail taken: a report", "envelope", env.ID, "message_id", m.MessageID, "kind", string(kind))
	}
	return err
}

// takeBack lets mails go again to the address that somebody writes from, should some have come back: they read it.
func (in *Intake) takeBack(ctx context.Context, d delivery) error {
	if !d.sender.Unreachable || !d.known || d.proof == unproven {
		return nil
	}
	return in.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return in.ProveAddress(ctx, tx, d.sender.PersonID, d.from) })
}
