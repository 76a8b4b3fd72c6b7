package mailin

import (
	"context"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// react lets a reaction count for the comment or message that it answers. It never becomes anything else: one that
// answers nothing here, or comes from somebody who has not proven to be its sender, is dropped, and nobody is told.
func (in *Intake) react(ctx context.Context, env lmtp.Envelope, d delivery) error {
	local, ok := in.local(d.to)
	if !ok {
		return errs.New(errs.NotFound, "This site doesn’t accept email for this domain.")
	}
	counted := false
	if d.sender.SignedIn() && d.known && d.proof == proven && d.message.Auto.Emoji != "" && !in.isNoReply(local) {
		if err := in.count(ctx, d, local); err != nil {
			return err
		}
		err := in.DB.Write(ctx, func(tx *sqldb.Tx) (err error) {
			counted, err = in.countReaction(ctx, tx, d, local)
			return err
		})
		if err != nil && !refused(err) {
			return err
		}
	}
	if !counted {
		in.log(ctx, "dropped: reaction", env, d.message)
	}
	return nil
}

// countReaction gives a reaction to the room of what it answers, and reports whether there is one. The reply address of
// somebody else opens nothing.
func (in *Intake) countReaction(ctx context.Context, tx *sqldb.Tx, d delivery, local string) (counted bool, err error) {
	r, err := in.route(ctx, tx, d.message, local)
	if err != nil || r.thread.IsZero() || r.ownerID != 0 && r.ownerID != d.sender.PersonID {
		return false, err
	}
	reply := in.replies[r.thread.Container()]
	if reply.React == nil {
		return false, nil
	}
	fresh, err := in.remember(ctx, tx, d.message, r.thread.String())
	if err != nil || !fresh {
		return false, err
	}
	return true, reply.React(ctx, tx, r.thread, d.sender, d.message.Auto.Emoji)
}
