package commander

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// payload is what the jobs are about.
type payload struct {
	Order  int64  `json:"order,omitempty"`
	Room   string `json:"room,omitempty"`
	Accept bool   `json:"accept,omitempty"` // an invitation
	About  about  `json:"about,omitempty"`
}

// about is what a note is about.
type about string

// Notes are about a room that is none of administrators, and about messages that cannot be read.
const (
	aboutRoom      about = "room"
	aboutEncrypted about = "encrypted"
)

// hear makes of an event what is to be done about it.
func (c *Commander) hear(ctx context.Context, tx *sqldb.Tx, e bot.Event) error {
	switch {
	case e.Membership == "invite" && e.Target == c.deps.Account:
		return c.hearInvitation(ctx, tx, e)
	case clock.At(e.At).Before(tx.Now.Add(-stale)):
		return nil
	case e.Unreadable && c.isAdmin(e.Room):
		return c.enqueueNote(ctx, tx, e.Room, aboutEncrypted)
	case e.Reaction != "" && c.isAdmin(e.Room) && isAgreement(e.Reaction):
		return c.confirm(ctx, tx, e, e.ReactsTo)
	case !isSaid(e):
		return nil
	case c.isAdmin(e.Room) && isYes(e.Text, c.deps.Account):
		return c.confirm(ctx, tx, e, "")
	}
	words, ok := addressed(e.Text, c.deps.Account)
	switch {
	case !ok:
		return nil
	case c.isAdmin(e.Room):
		return c.take(ctx, tx, e, words)
	}
	ofGroup, err := isOfAGroup(ctx, tx, e.Room)
	if err != nil || ofGroup {
		return err
	}
	return c.enqueueNote(ctx, tx, e.Room, aboutRoom)
}

// longest is how many bytes of a message are kept: what is longer is refused, whatever it says.
const longest = 5000

// take notes an order.
func (c *Commander) take(ctx context.Context, tx *sqldb.Tx, e bot.Event, words string) error {
	id, err := insertOrder(ctx, tx, order{Room: e.Room, Thread: e.Thread, GivenBy: e.Sender, Words: words[:min(len(words), longest)], State: given})
	if err != nil {
		return err
	}
	return c.deps.Queue.Enqueue(ctx, tx, answerJob, payload{Order: id})
}

// confirm notes that somebody agrees to what they have asked for. Nobody agrees for others.
func (c *Commander) confirm(ctx context.Context, tx *sqldb.Tx, e bot.Event, question string) error {
	o, err := openOrder(ctx, tx, e.Room, e.Sender, question)
	if errs.Is(err, errs.NotFound) {
		sending, err := beingAsked(ctx, tx, e.Room, e.Sender)
		if err == nil && sending { // they have read it sooner than we know that it was sent
			err = errs.New(errs.Unavailable, "The question is on its way.")
		}
		return err
	}
	if err != nil {
		return err
	}
	if won, err := advance(ctx, tx, o.ID, asked, confirmed); err != nil || !won {
		return err
	}
	return c.deps.Queue.Enqueue(ctx, tx, answerJob, payload{Order: o.ID})
}

// hearInvitation has an invitation accepted to a room of administrators. One to another room is turned down, unless the
// account has other reasons to be there.
func (c *Commander) hearInvitation(ctx context.Context, tx *sqldb.Tx, e bot.Event) error {
	if accept := c.isAdmin(e.Room); accept || !c.deps.Shared {
		return c.deps.Queue.Enqueue(ctx, tx, enterJob, payload{Room: e.Room, Accept: accept})
	}
	return nil
}

// enqueueNote has something said in a room that nobody asked for.
func (c *Commander) enqueueNote(ctx context.Context, tx *sqldb.Tx, room string, about about) error {
	return c.deps.Queue.Enqueue(ctx, tx, noteJob, payload{Room: room, About: about}, queue.Unique(fmt.Sprintf("%s %s", about, room)))
}
