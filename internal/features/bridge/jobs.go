package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// taking is the payload of takeJob: the event up to which those of its room have their effect.
type taking struct {
	Event string `json:"event"`
}

// tries is how often an event is tried that fails for a reason nobody knows. Those after it in its room wait until then.
const tries = 5

// take gives the events of a room their effects, one after another, up to the one of the job.
func (b *Bridge) take(ctx context.Context, j queue.Job) error {
	var p taking
	if err := j.Decode(&p); err != nil {
		return err
	}
	for ctx.Err() == nil {
		a, err := nextAnswer(ctx, b.deps.DB, p.Event)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look what was said in a chat room: %w", err)
		}
		if err := b.takeOne(ctx, a, j.Attempt >= tries); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// takeOne gives an event its effect, or says why it has none. With last, it has none if nobody knows why it fails.
func (b *Bridge) takeOne(ctx context.Context, a answer, last bool) error {
	var e bot.Event
	if err := json.Unmarshal([]byte(a.Event), &e); err != nil {
		return fmt.Errorf("read event %d of a chat room: %w", a.ID, err)
	}
	var files []media.File
	v, reason := b.person(ctx, e.Sender)
	if reason == nil && a.Kind == message {
		files, reason = b.fetch(ctx, v, e, last)
	}
	if reason != nil && !refused(reason) {
		return reason
	}
	became, err := b.settle(ctx, a, e, reason, func(tx *sqldb.Tx, a *answer) error { return b.apply(ctx, tx, v, a, e, files) })
	if err != nil && last && errs.KindOf(err) == errs.Internal && ctx.Err() == nil {
		b.deps.Log.ErrorContext(ctx, "something that was said in a chat room has no effect", "event", e.ID, "room", e.Room, "error", err)
		became, err = b.settle(ctx, a, e, err, nil)
	}
	if err == nil && became == 0 {
		b.drop(ctx, files)
	}
	return err
}

// settle gives an event its effect in one transaction with the note of what it has become, unless there is a reason for
// which it has none. It returns the contribution that it has become or changed; 0 if it has no effect.
func (b *Bridge) settle(ctx context.Context, a answer, e bot.Event, reason error, effect func(tx *sqldb.Tx, a *answer) error) (became int64, err error) {
	err = b.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		became = 0
		waiting, err := claim(ctx, tx, a.ID)
		if err != nil || !waiting {
			return err
		}
		a, reason := a, reason // the transaction may be tried more than once
		if err := b.locate(ctx, tx, &a, e); err != nil {
			return err
		}
		if a.Kind == redaction && a.About == 0 {
			return b.note(ctx, tx, a)
		}
		if reason == nil {
			if reason = tx.Nested(ctx, func() error { return effect(tx, &a) }); reason != nil && !refused(reason) {
				return reason
			}
		}
		if reason != nil {
			if err := b.refuse(ctx, tx, a, e, reason); err != nil {
				return err
			}
			a.ContributionID = a.About // an edit that has no effect stands in the room, and goes with what it was to change
		}
		if err := b.note(ctx, tx, a); err != nil || reason != nil || a.ContributionID == 0 {
			return err
		}
		became = a.ContributionID
		return spoken(ctx, tx, became)
	})
	return became, err
}

// note notes what an event has become, whether that is anything or not.
func (b *Bridge) note(ctx context.Context, tx *sqldb.Tx, a answer) error {
	if err := finish(ctx, tx, a); err != nil || a.Kind != redaction {
		return err
	}
	return markGone(ctx, tx, a.Target)
}

// telling is the payload of tellJob.
type telling struct {
	Answer int64  `json:"answer"`
	Room   string `json:"room"`
	Thread string `json:"thread,omitempty"`
	Whom   string `json:"whom"`
	Text   string `json:"text"`
}

// refuse lets somebody learn why what they have said has no effect, unless they have been told so of late.
func (b *Bridge) refuse(ctx context.Context, tx *sqldb.Tx, a answer, e bot.Event, reason error) error {
	limit, about := limitTold(), e.Sender+" "+a.Room
	switch errs.KindOf(reason) {
	case errs.Unauthenticated:
	case errs.Invalid:
		limit = limitToldInvalid()
	default:
		about = fmt.Sprintf("%s %s %s", about, a.Kind, errs.KindOf(reason))
	}
	full, _, err := b.deps.Limiter.CountIn(ctx, tx, limit, about)
	if err != nil || full != "" {
		return err
	}
	return b.deps.Queue.Enqueue(ctx, tx, tellJob, telling{Answer: a.ID, Room: e.Room, Thread: a.Thread, Whom: e.Sender, Text: b.sentence(a.Kind, reason)})
}

// tell says in a room why something had no effect.
func (b *Bridge) tell(ctx context.Context, j queue.Job) error {
	var p telling
	if err := j.Decode(&p); err != nil {
		return err
	}
	_, err := b.deps.Server.Send(ctx, p.Room, fmt.Sprintf("grouprise-answer-%d", p.Answer), matrix.Message{
		Text: p.Whom + ": " + p.Text, HTML: fmt.Sprintf(`<a href="https://matrix.to/#/%[1]s">%[1]s</a>: %[2]s`, html.EscapeString(p.Whom), html.EscapeString(p.Text)),
		Quiet: true, Thread: p.Thread,
	})
	if known, ok := errors.AsType[*errs.Error](err); ok && !errs.Temporary(known) {
		b.deps.Log.WarnContext(ctx, "a chat room does not take the answer to somebody", "room", p.Room, "error", err)
		return nil
	}
	return err
}
