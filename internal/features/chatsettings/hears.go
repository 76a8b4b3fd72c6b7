package chatsettings

import (
	"context"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// hear makes what is said in a chat with one person an answer to whether the account is theirs, and notes when they leave
// it: then they are told by mail, and not in a room where nobody reads.
func (r *Settings) hear(ctx context.Context, tx *sqldb.Tx, e bot.Event) error {
	left := (e.Membership == "leave" || e.Membership == "ban") && e.Target != ""
	answered := accepts(e.Text) || e.ReactsTo != "" && accepts(e.Reaction)
	who := e.Sender
	switch {
	case left:
		who = e.Target
	case !answered || e.Replaces != "":
		return nil
	}
	d, err := findDirect(ctx, tx, e.Room, who)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case left:
		return r.noteLeft(ctx, tx, d)
	case d.State == asked && d.waits():
		err := r.prove(ctx, tx, d)
		if errs.Is(err, errs.Conflict) { // somebody else was faster
			return nil
		}
		return err
	default:
		return nil
	}
}

// noteLeft lets somebody who leaves their chat with the site be told by mail.
func (r *Settings) noteLeft(ctx context.Context, tx *sqldb.Tx, d Direct) error {
	own, err := chat.IDOf(ctx, tx, d.PersonID)
	if errs.Is(err, errs.NotFound) || err == nil && own.MatrixID != d.MatrixID {
		return nil
	}
	if err != nil {
		return err
	}
	return chat.SetNotifies(ctx, tx, d.PersonID, false)
}
