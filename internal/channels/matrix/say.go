package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// headPatience is how long a comment waits for the message below which it stands.
const headPatience = 10 * time.Minute

// maxWords is how many words of a text a message holds.
const maxWords = 40

// say brings the messages of a line to what they should be, one after another.
func (m *Matrix) say(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	for ctx.Err() == nil {
		l, err := getLine(ctx, m.config.DB, p.Line)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		some, err := listDue(ctx, m.config.DB, l.ID)
		if err != nil {
			return err
		}
		wait := time.Duration(0)
		if l.Room == "" && len(some) > 0 { // it is being made
			if some = nil; l.DirectID == 0 {
				wait = 10 * time.Second
			} // whoever makes the other wakes the line
		}
		for _, e := range some {
			err := m.settle(ctx, l, e)
			known, ok := errors.AsType[*errs.Error](err)
			if ok && known.Kind == errs.Unavailable && known.RetryAfter > 0 { // no failure
				wait = known.RetryAfter
				break
			}
			if err != nil {
				return err
			}
		}
		if len(some) > 0 && wait == 0 {
			continue
		}
		if done, err := m.finish(ctx, j, l, wait); err != nil || done {
			return err
		}
	}
	return ctx.Err()
}

// finish ends a job, unless something is new for its line. With a wait, another job goes on after it.
func (m *Matrix) finish(ctx context.Context, j queue.Job, l line, wait time.Duration) (done bool, err error) {
	err = m.config.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if done, err = settled(ctx, tx, l); err != nil {
			return err
		}
		if done = done || wait > 0; !done {
			return nil
		}
		if err := j.Finish(ctx, tx); err != nil || wait == 0 {
			return err
		}
		return m.wake(ctx, tx, []int64{l.ID}, queue.RunAt(clock.At(tx.Now.Add(wait))))
	})
	return done, err
}

// settle brings one message to what it should be.
func (m *Matrix) settle(ctx context.Context, l line, e entry) error {
	var happened happening
	if err := json.Unmarshal([]byte(e.Activity), &happened); err != nil {
		return fmt.Errorf("read what chat message %d tells of: %w", e.ID, err)
	}
	activity := community.Activity(happened)
	told, err := m.compose(ctx, l, e, activity)
	var want matrix.Message
	var pictures []string
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Denied), errs.Is(err, errs.Unauthenticated), errs.Is(err, errs.Gone):
	case err != nil:
		return err
	case told.Internal && !e.Inside: // whoever composed it did not look for whom
		m.config.Log.ErrorContext(ctx, "something internal was composed for a public chat room and is kept back", "activity", activity.ID)
	default:
		want, pictures = m.write(told, l.Named), picturesOf(told)
	}
	if e.EventID != "" {
		if done, err := m.settleSaying(ctx, l, e, want); err != nil || done {
			return err
		}
	}
	digest := digestOf(want)
	if l.Former && (e.Inside && digest != e.Digest || e.EventID == "") { // who reads there still may be no member any more
		want, pictures, digest = matrix.Message{}, nil, ""
	}
	transaction := fmt.Sprintf("grouprise-%d-%d", e.ID, e.Revision)
	switch {
	case e.EventID == "" && e.Asked == "" && want.Text == "":
		return save(ctx, m.config.DB, e, false)
	case e.EventID == "":
		return m.put(ctx, l, e, want, digest, transaction, len(pictures) > 0)
	case want.Text == "":
		return m.remove(ctx, l, e, transaction)
	case e.Digest != digest:
		return m.replace(ctx, l, e, want, digest, transaction, len(pictures) > 0 || e.Pictures != "")
	default:
		return m.show(ctx, l, e, pictures)
	}
}

// compose returns what is to be read of an activity in a line, in the name of those who read there.
func (m *Matrix) compose(ctx context.Context, l line, e entry, activity community.Activity) (*notify.Message, error) {
	if l.DirectID == 0 {
		return m.config.Composer().Compose(ctx, m.config.DB, m.config.Printer(), activity, notify.Readers(activity.EntityID, e.Inside))
	}
	activity.ActorID, activity.PersonID = e.ActorID, e.ConcernedID
	return m.config.Composer().ComposeFor(ctx, activity, l.PersonID, e.Reason)
}

// put puts a message into its room. What the homeserver was asked before, without an answer that arrived, is asked again
// in the same transaction, and stands there as it was then; what is different now follows.
func (m *Matrix) put(ctx context.Context, l line, e entry, want matrix.Message, digest, transaction string, shows bool) (err error) {
	if e.Asked == "" {
		waits, err := followsAny(ctx, m.config.DB, e, clock.At(m.config.DB.Now().Add(-headPatience)))
		if err != nil {
			return err
		}
		if waits {
			return errs.New(errs.Unavailable, "").After(2 * time.Second).Because(errors.New("what comes before it in its thread is not announced yet"))
		}
		e.Asked = digest
		if err := save(ctx, m.config.DB, e, true); err != nil {
			return err
		}
	}
	if want.Thread, err = head(ctx, m.config.DB, l.ID, e); err != nil {
		return err
	}
	if want.Text == "" { // only to learn which event it became, if any
		want.Text, want.HTML = "…", "…"
	}
	event, err := m.config.Server.Send(ctx, l.Room, transaction, want)
	if err != nil {
		return m.refused(ctx, e, err)
	}
	same := e.Asked == digest
	e.EventID, e.Digest, e.Asked, e.Revision = event, e.Asked, "", e.Revision+1
	return save(ctx, m.config.DB, e, !same || shows)
}

// replace gives a message other words.
func (m *Matrix) replace(ctx context.Context, l line, e entry, want matrix.Message, digest, transaction string, shows bool) error {
	if e.Asked != "" && e.Asked != digest { // another text was perhaps sent in this transaction: it may stand, this one follows
		e.Asked, e.Revision = "", e.Revision+1
		transaction = fmt.Sprintf("grouprise-%d-%d", e.ID, e.Revision)
	}
	e.Asked = digest
	if err := save(ctx, m.config.DB, e, true); err != nil {
		return err
	}
	want.Replaces = e.EventID
	event, err := m.config.Server.Send(ctx, l.Room, transaction, want)
	if err != nil {
		return m.refused(ctx, e, err)
	}
	e.Edits = strings.TrimSpace(e.Edits + " " + event)
	e.Digest, e.Asked, e.Revision = digest, "", e.Revision+1
	return save(ctx, m.config.DB, e, shows)
}

// remove takes a message out of its room, with everything that it ever said or showed.
func (m *Matrix) remove(ctx context.Context, l line, e entry, transaction string) error {
	if e.Pictures != "" {
		return m.show(ctx, l, e, nil)
	}
	if e.Asked != "" { // an edit that nobody knows of: sent again it tells which event it is
		event, err := m.config.Server.Send(ctx, l.Room, transaction, matrix.Message{Text: "…", HTML: "…", Replaces: e.EventID})
		if err != nil && errs.Temporary(err) {
			return err
		}
		if err == nil {
			e.Edits = strings.TrimSpace(e.Edits + " " + event)
		}
		e.Asked, e.Revision = "", e.Revision+1
		if err := save(ctx, m.config.DB, e, true); err != nil {
			return err
		}
	}
	if err := m.redact(ctx, l, e, append(strings.Fields(e.Edits), e.EventID)); err != nil {
		return err
	}
	e.EventID, e.Edits, e.Digest, e.Revision = "", "", "", e.Revision+1
	return save(ctx, m.config.DB, e, false)
}

// redact takes the events of a message out of its room.
func (m *Matrix) redact(ctx context.Context, l line, e entry, events []string) error {
	for n, event := range events {
		err := m.config.Server.Redact(ctx, l.Room, event, fmt.Sprintf("grouprise-%d-%d-%d", e.ID, e.Revision, n))
		if err != nil && errs.Temporary(err) {
			return err
		}
		if err != nil {
			m.config.Log.WarnContext(ctx, "a chat message could not be taken out", "room", l.Room, "error", err)
		}
	}
	return nil
}

// refused ends a message that the homeserver does not take, as in a room that the bot has been thrown out of, until what it is about changes.
func (m *Matrix) refused(ctx context.Context, e entry, err error) error {
	if errs.Temporary(err) {
		return err
	}
	m.config.Log.WarnContext(ctx, "a chat room does not take a message", "message", e.ID, "error", err)
	e.Asked = ""
	return save(ctx, m.config.DB, e, false)
}

func digestOf(m matrix.Message) string {
	if m.Text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(m.Text + "\x00" + m.HTML))
	return hex.EncodeToString(sum[:])
}

// write returns a message as a room reads it: what it is, its title with the link, and the first words.
func (m *Matrix) write(told *notify.Message, named bool) matrix.Message {
	prefix := ""
	if named && told.Face.Name != "" {
		prefix = "[" + told.Face.Name + "] "
	}
	title := strings.NewReplacer("[", "(", "]", ")", "\n", " ").Replace(told.Subject)
	if told.Label != "" {
		prefix += told.Label + ": "
	}
	text := fmt.Sprintf("%s[%s](%s)", prefix, title, told.URL)
	page := fmt.Sprintf(`<p>%s<a href="%s">%s</a></p>`, html.EscapeString(prefix), html.EscapeString(told.URL), html.EscapeString(told.Subject))
	var plain, formatted strings.Builder
	if told.Label == "" && told.Intro != "" {
		plain.WriteString("\n" + told.Intro)
		formatted.WriteString("<p>" + html.EscapeString(told.Intro) + "</p>")
	}
	for _, f := range told.Facts {
		plain.WriteString("\n" + f.Label + ": " + f.Value)
		formatted.WriteString("<p>" + html.EscapeString(f.Label+": "+f.Value) + "</p>")
	}
	if words := m.texts.TextOf(told.Format, told.Text, maxWords); words != "" {
		plain.WriteString("\n\n" + words)
		formatted.WriteString("<blockquote>" + html.EscapeString(words) + "</blockquote>")
	}
	return matrix.Message{Text: text + plain.String(), HTML: page + formatted.String()}
}
