package commander

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	core "grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// answer brings an order forward as far as it can, and sends the reply.
func (c *Commander) answer(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	ctx = lang.With(ctx, c.deps.Printer())
	o, err := getOrder(ctx, c.deps.DB, p.Order)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch o.State {
	case given:
		err = c.begin(ctx, &o)
	case confirmed:
		err = c.carryOut(ctx, &o, nil)
	case running: // the program ended while it was done
		err = c.close(ctx, &o, failed, core.Reply{lang.T(ctx, "The program was stopped in the middle of this. Please look how far it came, before you ask for it again.")})
	case asked, done, failed:
	}
	if err != nil || o.Answered {
		return err
	}
	return c.send(ctx, o)
}

// begin reads an order. What destroys nothing is done at once.
func (c *Commander) begin(ctx context.Context, o *order) error {
	orders, err := c.deps.Commander.Read(ctx, o.Words)
	if err != nil {
		return c.refuse(ctx, o, nil, err)
	}
	plans, err := core.Question(ctx, orders)
	if err != nil {
		return c.refuse(ctx, o, nil, err)
	}
	if len(plans) == 0 {
		return c.carryOut(ctx, o, orders)
	}
	plans = append(plans, lang.T(ctx, "To confirm, react with 👍 or ✅ to this, or write “yes”, within a minute."))
	return c.close(ctx, o, asked, plans)
}

// carryOut does what was asked for, if nobody else does. The orders are read if they have not been.
func (c *Commander) carryOut(ctx context.Context, o *order, orders []core.Order) (err error) {
	if orders == nil {
		if orders, err = c.deps.Commander.Read(ctx, o.Words); err != nil {
			return c.refuse(ctx, o, nil, err)
		}
	}
	won := false
	err = c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		won, err = advance(ctx, tx, o.ID, o.State, running)
		return err
	})
	if err != nil {
		return err
	}
	if !won {
		return errs.New(errs.Unavailable, "").After(time.Second).Because(fmt.Errorf("order %d is being carried out", o.ID))
	}
	said, err := core.Run(ctx, orders)
	if err != nil {
		return c.refuse(ctx, o, said, err)
	}
	return c.close(ctx, o, done, said)
}

// refuse ends an order that could not be carried out, or not to its end.
func (c *Commander) refuse(ctx context.Context, o *order, said core.Reply, reason error) error {
	reply, unexpected := core.Explain(ctx, reason)
	if unexpected {
		c.deps.Log.ErrorContext(ctx, "a command failed", "command", o.Words, "given by", o.GivenBy, "error", reason)
	}
	return c.close(ctx, o, failed, append(said, reply...))
}

// close keeps what there is to say. The program may be ending: what was done must be noted.
func (c *Commander) close(ctx context.Context, o *order, s state, said core.Reply) error {
	o.State, o.Reply, o.Answered = s, said.Text(), len(said) == 0
	return c.deps.DB.WriteUnseen(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error { return keepReply(ctx, tx, *o) })
}

// said returns the reply to an order.
func (o order) said() core.Reply {
	if o.Reply == "" {
		return nil
	}
	return strings.Split(o.Reply, "\n")
}

// send sends the reply to an order.
func (c *Commander) send(ctx context.Context, o order) error {
	kind := "reply"
	if o.State == asked {
		kind = "question"
	}
	event, err := c.say(ctx, o.Room, fmt.Sprintf("grouprise-order-%d-%s", o.ID, kind), o.Thread, o.said())
	if err != nil {
		return err
	}
	return c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return markAnswered(ctx, tx, o, event) })
}

// longestReply is how many bytes of a reply are sent: an event has room for 64 KB, twice the text and the HTML.
const longestReply = 12000

// say sends a notice into a room. A room that does not take it, because the account is not in it any more, gets none.
func (c *Commander) say(ctx context.Context, room, transaction, thread string, said core.Reply) (event string, err error) {
	var some core.Reply
	size := 0
	for _, line := range said {
		if size += len(line); size > longestReply {
			some = append(some, lang.T(ctx, "… and more."))
			break
		}
		some = append(some, line)
	}
	event, err = c.deps.Server.Send(ctx, room, transaction, matrix.Message{Text: some.Text(), HTML: some.HTML(), Quiet: true, Thread: thread})
	if err != nil && !errs.Temporary(err) {
		c.deps.Log.WarnContext(ctx, "a chat room does not take what is said to it", "room", room, "error", err)
		return "", nil
	}
	return event, err
}

// enter answers an invitation.
func (c *Commander) enter(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	return c.deps.Server.Answer(ctx, p.Room, p.Accept)
}

// note says something in a room that nobody asked for, once an hour at most: the homeserver takes a message of the same
// transaction for the same one.
func (c *Commander) note(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	ctx = lang.With(ctx, c.deps.Printer())
	said := core.Reply{lang.T(ctx, "I only take commands in rooms of administrators, and this room (%s) isn’t one.", p.Room)}
	if p.About == aboutEncrypted {
		said = core.Reply{lang.T(ctx, "I can’t read this: it’s encrypted for others.")}
	}
	sum := sha256.Sum256([]byte(p.Room))
	hour := c.deps.DB.Now().Unix() / int64(time.Hour/time.Second)
	_, err := c.say(ctx, p.Room, fmt.Sprintf("grouprise-note-%s-%x-%d", p.About, sum[:8], hour), "", said)
	return err
}
