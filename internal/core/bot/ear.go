package bot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// errLost is why listening ends when another process has taken the lease.
var errLost = errors.New("another process listens")

const (
	portion  = 50      // events that are heard in one transaction
	maxPages = 10      // of the events before a gap that are read; what is older stays unheard
	maxWords = 8 << 20 // bytes that these may have
	tries    = 5       // of a listener that fails for other reasons than that something is away
	refusals = 3       // of a token, until it is believed that the server does not know it any more
)

// ear listens in the name of one account.
type ear struct {
	*Bot

	account string
	server  Server
	log     *slog.Logger
	own     map[string]bool // the ids of all accounts of the site
	hearers []Listener
	lease   string

	failed  map[[2]string]int // how often a listener has failed at an event
	refused int               // how often the server has refused the token
}

// run listens whenever it gets the lease, until the context ends.
func (e *ear) run(ctx context.Context) {
	e.lease = rand.Text()
	troubled := false
	for {
		ours, err := acquire(ctx, e.config.DB, e.account, e.lease, e.config.Lease)
		if err != nil && !troubled && ctx.Err() == nil {
			e.log.ErrorContext(ctx, "it cannot be found out who listens", "error", err)
		}
		troubled = err != nil
		if ours {
			e.listen(ctx)
		}
		if !clock.Pause(ctx, e.config.Lease/3) {
			return
		}
	}
}

// listen listens as long as the lease is ours.
func (e *ear) listen(ctx context.Context) {
	e.log.InfoContext(ctx, "the chat is listened to")
	held, lose := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { e.renew(held, lose) })
	e.follow(held)
	lose(errLost)
	renewing.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := release(last, e.config.DB, e.account, e.lease); err != nil {
		e.log.WarnContext(ctx, "the lease cannot be given back and has to run out", "error", err)
	}
}

// renew prolongs the lease, and calls lose once that has become impossible.
func (e *ear) renew(ctx context.Context, lose context.CancelCauseFunc) {
	until := time.Now().Add(e.config.Lease)
	for clock.Pause(ctx, e.config.Lease/3) {
		start := time.Now()
		ours, err := acquire(ctx, e.config.DB, e.account, e.lease, e.config.Lease)
		switch {
		case err == nil && ours:
			until = start.Add(e.config.Lease)
		case err == nil || start.After(until):
			lose(errLost)
		}
	}
}

// follow hears one batch of events after another. While the homeserver or the database is away it waits.
func (e *ear) follow(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		err := e.round(ctx)
		switch {
		case err == nil && failures > 0:
			e.log.InfoContext(ctx, "the chat is listened to again")
			fallthrough
		case err == nil:
			failures = 0
			continue
		case ctx.Err() != nil || errors.Is(err, errLost):
			return
		case failures == 0:
			e.log.WarnContext(ctx, "the chat cannot be listened to for the moment", "error", err)
		}
		failures++
		wait := e.config.Backoff(failures)
		if known, ok := errors.AsType[*errs.Error](err); ok {
			wait = max(wait, known.RetryAfter)
		}
		clock.Pause(ctx, wait)
	}
}

// round hears what has happened since the last one.
func (e *ear) round(ctx context.Context) error {
	since, err := getSince(ctx, e.config.DB, e.account)
	if err != nil {
		return err
	}
	batch, err := e.server.Sync(ctx, since, e.config.Wait)
	if err != nil {
		return e.refusal(ctx, since, err)
	}
	e.refused = 0
	for i := range batch.Invites {
		batch.Invites[i].ID = invitationID(batch.Invites[i], since)
	}
	if err := e.hear(ctx, batch.Invites); err != nil {
		return err
	}
	for _, t := range batch.Rooms {
		events, err := e.complete(ctx, t, since)
		if err != nil {
			return err
		}
		if err := e.hear(ctx, afterEntry(events, e.account)); err != nil {
			return err
		}
	}
	e.failed = nil
	if batch.Next == since {
		return nil
	}
	return keepSince(ctx, e.config.DB, e.account, e.lease, batch.Next)
}

// refusal returns what went wrong with a sync. A server that was set up anew knows no token of before: after some refusals
// the account begins like one that has never listened.
func (e *ear) refusal(ctx context.Context, since string, err error) error {
	if since == "" || !errs.Is(err, errs.Invalid) {
		return err
	}
	if e.refused++; e.refused < refusals {
		return err
	}
	e.log.WarnContext(ctx, "the chat server does not know where the account has stopped listening; what was said since then is not heard", "error", err)
	return keepSince(ctx, e.config.DB, e.account, e.lease, "")
}

// invitationID returns an id for an invitation, which has none: the same if the same sync comes again.
func invitationID(i Event, since string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", i.Room, i.Sender, since))
	return "invitation:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// complete returns the events of a timeline, with those that the server left out because there were many. It goes back
// to what has been heard, to where the account came in, or as far as it may.
func (e *ear) complete(ctx context.Context, t matrix.Timeline, since string) ([]Event, error) {
	events, before := t.Events, t.Before
	for range maxPages {
		if before == "" || entry(events, e.account) >= 0 {
			return events, nil
		}
		if size(events) > maxWords {
			break
		}
		earlier, next, err := e.server.Earlier(ctx, t.Room, before, since)
		if errs.Is(err, errs.Denied) || errs.Is(err, errs.NotFound) {
			return events, nil // the account is not in the room any more
		}
		if err != nil {
			return nil, err
		}
		events, before = slices.Concat(earlier, events), next
		known, err := listHeard(ctx, e.config.DB, e.account, idsOf(earlier))
		if err != nil {
			return nil, err
		}
		if len(known) > 0 {
			return events, nil
		}
	}
	if before != "" {
		e.log.WarnContext(ctx, "so much was said in a chat room that the first of it is not heard", "room", t.Room, "heard", len(events))
	}
	return events, nil
}

// size returns how many bytes the words of events have.
func size(events []Event) (n int) {
	for _, ev := range events {
		n += len(ev.Text) + len(ev.HTML)
	}
	return n
}

// entry returns the index of the event by which an account came into a room; -1 if it is not among them.
func entry(events []Event, account string) int {
	for i, ev := range slices.Backward(events) {
		if ev.Entered && ev.Target == account {
			return i
		}
	}
	return -1
}

// afterEntry returns what has happened since an account came into the room.
func afterEntry(events []Event, account string) []Event { return events[entry(events, account)+1:] }

func idsOf(events []Event) (ids []string) {
	for _, ev := range events {
		ids = append(ids, ev.ID)
	}
	return ids
}

// hear has events heard in small portions. If that of a portion fails, each of its events is heard alone, so that one
// which cannot be holds up only those after it.
func (e *ear) hear(ctx context.Context, events []Event) error {
	events = slices.DeleteFunc(slices.Clone(events), func(ev Event) bool {
		invites := ev.Membership == "invite" && ev.Target == e.account
		return e.own[ev.Sender] && !invites
	})
	for some := range slices.Chunk(events, portion) {
		err := e.take(ctx, some)
		if err == nil {
			continue
		}
		if len(some) == 1 || ctx.Err() != nil || errors.Is(err, errLost) {
			return e.count(err)
		}
		for i := range some {
			if err := e.take(ctx, some[i:i+1]); err != nil {
				return e.count(err)
			}
		}
	}
	return nil
}

// take has some events heard in one transaction, those that have not been.
func (e *ear) take(ctx context.Context, events []Event) error {
	return e.config.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := hold(ctx, tx, e.account, e.lease); err != nil {
			return err
		}
		heard, err := listHeard(ctx, tx, e.account, idsOf(events))
		if err != nil {
			return err
		}
		var fresh []Event
		for _, ev := range events {
			if ev.ID != "" && !slices.Contains(heard, ev.ID) {
				fresh, heard = append(fresh, ev), append(heard, ev.ID)
			}
		}
		if err := noteHeard(ctx, tx, e.account, idsOf(fresh)); err != nil {
			return err
		}
		for _, ev := range fresh {
			if err := e.tell(ctx, tx, ev); err != nil {
				return err
			}
		}
		return nil
	})
}

// mishap is that a listener has failed at an event.
type mishap struct {
	listener, event string
	err             error
}

// Error implements the error interface.
func (m *mishap) Error() string {
	return fmt.Sprintf("%s cannot hear %s: %v", m.listener, m.event, m.err)
}

// Unwrap returns what went wrong.
func (m *mishap) Unwrap() error { return m.err }

// count notes which listener has failed at which event.
func (e *ear) count(err error) error {
	if m, ok := errors.AsType[*mishap](err); ok && !errs.Is(m.err, errs.Unavailable) && !errors.Is(m.err, context.Canceled) {
		if e.failed == nil {
			e.failed = map[[2]string]int{}
		}
		e.failed[[2]string{m.listener, m.event}]++
	}
	return err
}

// tell lets all listeners hear an event, but for those that have failed at it too often.
func (e *ear) tell(ctx context.Context, tx *sqldb.Tx, ev Event) error {
	for _, l := range e.hearers {
		if e.failed[[2]string{l.Name, ev.ID}] >= tries {
			e.log.ErrorContext(ctx, "an event of the chat is passed over", "listener", l.Name, "room", ev.Room, "event", ev.ID)
			continue
		}
		if err := call(ctx, tx, l, ev); err != nil {
			return &mishap{l.Name, ev.ID, err}
		}
	}
	return nil
}

// call calls a listener. A panic is a failure like others.
func call(ctx context.Context, tx *sqldb.Tx, l Listener, ev Event) (err error) {
	defer func() {
		if defect := recover(); defect != nil {
			err = fmt.Errorf("panic: %v", defect)
		}
	}()
	return l.Hear(ctx, tx, ev)
}
