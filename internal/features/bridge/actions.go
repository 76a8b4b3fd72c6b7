package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Choice is whether the private chat room of a group answers, which each group decides by itself.
type Choice struct{}

// IsOpen reports whether a group has chosen that its room answers.
func (Choice) IsOpen(ctx context.Context, q sqldb.Querier, entityID int64) (bool, error) {
	return isOpen(ctx, q, entityID)
}

// Set lets the room of a group answer, or ends that: Denied to whoever may not change the group's settings.
func (Choice) Set(ctx context.Context, tx *sqldb.Tx, s community.Standing, entityID int64, open bool) error {
	if !CanChoose(s) {
		return errNotMember(s.Viewer)
	}
	return setOpen(ctx, tx, entityID, open)
}

func errNotMember(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can change this.")
}

// hear notes an event that is to have an effect.
func (b *Bridge) hear(ctx context.Context, tx *sqldb.Tx, e bot.Event) error {
	k, about := kindOf(e)
	if k == "" {
		return nil
	}
	ours, err := concerns(ctx, tx, k, e.Room, about)
	if err != nil || !ours {
		return err
	}
	target := ""
	if k != message {
		target = about[0]
	}
	fresh, err := insertAnswer(ctx, tx, k, target, e)
	if err != nil || !fresh {
		return err
	}
	return b.deps.Queue.Enqueue(ctx, tx, takeJob, taking{e.ID})
}

// concerns reports whether an event that is about others may have an effect. What has become something follows the room also
// after its group has chosen otherwise, or has moved to another one.
func concerns(ctx context.Context, q sqldb.Querier, k kind, room string, about []string) (bool, error) {
	if k != message {
		_, err := getAnswer(ctx, q, room, about[0])
		if errs.Is(err, errs.NotFound) {
			return false, nil
		}
		return err == nil, err
	}
	answering, err := isAnswering(ctx, q, room)
	if err != nil || !answering {
		return false, err
	}
	return stands(ctx, q, room, about)
}

// errStranger is what somebody learns whose Matrix id is nobody's.
func errStranger() error {
	return errs.New(errs.Unauthenticated, "We don’t know whose chat account this is. Members can say so in their settings on the site.")
}

// person returns who says something; Unauthenticated if nobody here has their Matrix id, or may not sign in any more.
func (b *Bridge) person(ctx context.Context, matrixID string) (v community.Viewer, err error) {
	id, err := findPerson(ctx, b.deps.DB, matrixID, b.deps.Domain)
	if err == nil {
		v, err = b.deps.People.Viewer(ctx, id)
	}
	if errs.Is(err, errs.NotFound) {
		err = errStranger()
	}
	return v, err
}

// apply gives an event its effect, in the name of whoever has said it.
func (b *Bridge) apply(ctx context.Context, tx *sqldb.Tx, v community.Viewer, a *answer, e bot.Event, files []media.File) error {
	switch a.Kind {
	case edit:
		return b.revise(ctx, tx, v, a, e)
	case redaction:
		return b.remove(ctx, tx, v, a)
	default:
		return b.answer(ctx, tx, v, a, e, files)
	}
}

// answer makes what somebody says a comment or message, as an answer by mail would be. Mails that say something else in one word,
// such as a vote, are answered by mail: here it is what everybody in the room reads.
func (b *Bridge) answer(ctx context.Context, tx *sqldb.Tx, v community.Viewer, a *answer, e bot.Event, files []media.File) error {
	text, format, err := words(ctx, tx, e)
	if err != nil {
		return err
	}
	target, err := b.target(ctx, tx, a, e)
	if err != nil {
		return err
	}
	reply, err := b.replyTo(target)
	if err != nil {
		return err
	}
	if err := b.deps.Limiter.AllowIn(ctx, tx, reply.Limit, web.Account(v.PersonID)); err != nil {
		return err
	}
	incoming := &mailin.Incoming{Sender: v, Text: text, Format: format, Words: text, Attachments: files, ByChat: true}
	if err := reply.Deliver(ctx, tx, target, incoming); err != nil {
		return err
	}
	if a.ContributionID = incoming.Became; a.ContributionID == 0 {
		return fmt.Errorf("whoever takes replies to %s does not say what they become", target)
	}
	return nil
}

// words returns what an event says, with mentions as texts here have them.
func words(ctx context.Context, q sqldb.Querier, e bot.Event) (text string, f markdown.Format, err error) {
	text, f, err = said(e)
	if err != nil || f == markdown.Plain {
		return text, f, err
	}
	var slugs map[string]string
	if ids := mentionedIn(text); len(ids) > 0 {
		slugs, err = slugsOf(ctx, q, ids)
	}
	return mention(text, slugs), f, err
}

// locate notes at the head of which thread an event stands, and what the message has become that it is about.
func (b *Bridge) locate(ctx context.Context, q sqldb.Querier, a *answer, e bot.Event) error {
	if a.Kind != message {
		original, err := getAnswer(ctx, q, a.Room, a.Target)
		if errs.Is(err, errs.NotFound) { // it was forgotten
			return nil
		}
		if a.Thread = original.Thread; original.Kind == message { // what an edit has said goes with its message
			a.About = original.ContributionID
		}
		return err
	}
	if a.Thread != "" {
		return nil
	}
	known, err := places(ctx, q, a.Room, above(e))
	if err == nil && known[e.ReplyTo].EventID != "" {
		a.Thread, err = headOf(ctx, q, known[e.ReplyTo])
	}
	return err
}

// target returns what somebody answers; Denied if it is not there any more.
func (b *Bridge) target(ctx context.Context, q sqldb.Querier, a *answer, e bot.Event) (mailin.Target, error) {
	known, err := places(ctx, q, a.Room, above(e))
	if err != nil {
		return mailin.Target{}, err
	}
	head, below := known[e.Thread], known[e.ReplyTo]
	if head.EventID == "" {
		head = below
	}
	if head.EventID == "" || head.ContentID == 0 && head.ConversationID == 0 {
		return mailin.Target{}, errs.New(errs.Denied, "What you replied to has been deleted, or you can no longer read it.")
	}
	t := mailin.Target{EntityID: a.EntityID, ContentID: head.ContentID, ConversationID: head.ConversationID}
	if below.ContentID == head.ContentID && below.ConversationID == head.ConversationID {
		t.ContributionID = below.ContributionID
	}
	return t, nil
}

// replyTo returns what takes answers to something.
func (b *Bridge) replyTo(t mailin.Target) (mailin.Reply, error) {
	for _, r := range b.deps.Replies() {
		if r.Container == t.Container() {
			return r, nil
		}
	}
	return mailin.Reply{}, fmt.Errorf("nobody takes replies to a %s", t.Container())
}

// revise gives the contribution that a message has become the words that the message has now.
func (b *Bridge) revise(ctx context.Context, tx *sqldb.Tx, v community.Viewer, a *answer, e bot.Event) error {
	if a.About == 0 {
		return errs.New(errs.Conflict, "The message itself isn’t there either. Please send it once more.")
	}
	text, format, err := words(ctx, tx, e)
	if err != nil {
		return err
	}
	a.ContributionID = a.About
	return b.deps.Threads.ReviseIn(ctx, tx, v, a.About, marked(text, format))
}

// remove removes the contribution that a message has become, which has been taken out of the room.
func (b *Bridge) remove(ctx context.Context, tx *sqldb.Tx, v community.Viewer, a *answer) error {
	err := b.deps.Threads.RemoveIn(ctx, tx, v, a.About)
	if errs.Is(err, errs.NotFound) {
		return nil // it has been removed on the site before
	}
	return err
}

// sentence returns what somebody learns whose answer has no effect, in the language of the site, which all in the room read.
func (b *Bridge) sentence(k kind, reason error) string {
	p := b.deps.Printer()
	var why []string
	if e, ok := errors.AsType[*errs.Error](reason); ok {
		if e.Message != "" {
			why = append(why, p.T(e.Message, e.Args...))
		}
		for _, f := range e.Fields {
			why = append(why, p.T(f.Message, f.Args...))
		}
	}
	if len(why) == 0 {
		why = []string{p.T("Something went wrong. Please write on the site.")}
	}
	var what string
	switch k {
	case edit:
		what = p.T("Your change doesn’t appear on %s.", b.deps.SiteName())
	case redaction:
		what = p.T("The message is still on %s.", b.deps.SiteName())
	default:
		what = p.T("Your reply doesn’t appear on %s.", b.deps.SiteName())
	}
	return what + " " + strings.Join(why, " ")
}
