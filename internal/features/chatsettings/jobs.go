package chatsettings

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// rounds is how many steps a job takes at most.
const rounds = 20

// settle brings a chat with a person to what it should be, a step at a time.
func (r *Settings) settle(ctx context.Context, j queue.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	for range rounds {
		d, err := getDirect(ctx, r.deps.DB, p.Direct, r.deps.DB.Now())
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.settled() {
			if done, err := r.finish(ctx, j, p.Direct); err != nil || done {
				return err
			}
			continue
		}
		err = r.advance(ctx, d)
		if err != nil && !errs.Temporary(err) {
			err = r.giveUp(ctx, d, err)
		}
		if err != nil {
			return err
		}
	}
	return errs.New(errs.Unavailable, "").After(time.Second).Because(errors.New("the chat changes all the time"))
}

// finish ends a job, unless something has changed meanwhile.
func (r *Settings) finish(ctx context.Context, j queue.Job, direct int64) (done bool, err error) {
	err = r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		d, err := getDirect(ctx, tx, direct, tx.Now)
		if done = errs.Is(err, errs.NotFound) || err == nil && d.settled(); !done {
			return err
		}
		return j.Finish(ctx, tx)
	})
	return done, err
}

// advance takes the next step towards what a chat should be.
func (r *Settings) advance(ctx context.Context, d Direct) error {
	switch {
	case d.State == closing || d.PersonID == 0:
		return r.leave(ctx, d)
	case d.RoomID == "":
		return r.create(ctx, d)
	case !d.Invited:
		return r.invite(ctx, d)
	case d.State == asking:
		return r.say(ctx, d, "question", r.question(d), asked)
	default:
		return r.say(ctx, d, "thanks", r.thanks(d), open)
	}
}

// giveUp notes what a homeserver refuses. Who would be told in this chat is told by mail from now on.
func (r *Settings) giveUp(ctx context.Context, d Direct, refusal error) error {
	r.deps.Log.WarnContext(ctx, "a chat with a person does not come about", "chat", d.ID, "error", refusal)
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if d.State == closing {
			return removeDirect(ctx, tx, d.ID)
		}
		changed, err := setFailed(ctx, tx, d, refusal.Error())
		if err != nil || !changed {
			return err
		}
		own, err := chat.IDOf(ctx, tx, d.PersonID)
		if errs.Is(err, errs.NotFound) || err == nil && own.MatrixID != d.MatrixID {
			return nil
		}
		if err != nil {
			return err
		}
		return chat.SetNotifies(ctx, tx, d.PersonID, false)
	})
}

// marker is the type of the state event by which a room says whose it is, so that a room is found again that was created
// by a request whose answer was lost.
const marker = "org.grouprise.direct"

// mark is the content of that event.
type mark struct {
	Site   string `json:"site"`
	Direct int64  `json:"direct"`
}

// Levels of power in a chat with one person, who is a moderator there but lets nobody else in.
const (
	moderator = 50
	botOnly   = 100
)

// create creates the room of a chat, or finds the one that an earlier attempt has created.
func (r *Settings) create(ctx context.Context, d Direct) error {
	p := r.printer(d)
	for _, local := range []string{fmt.Sprintf("direct.%d", d.ID), fmt.Sprintf("direct.%d.%d", d.ID, d.Asked+1)} {
		room, err := r.deps.Server.Resolve(ctx, "#"+local+":"+r.deps.Domain)
		if errs.Is(err, errs.NotFound) {
			events := map[string]any{}
			for _, kind := range []string{matrix.Levels, matrix.JoinRules, "m.room.history_visibility", "m.room.guest_access", "m.room.encryption", "m.room.server_acl", "m.room.tombstone"} {
				events[kind] = botOnly
			}
			room, err = r.deps.Server.CreateRoom(ctx, matrix.NewRoom{
				Alias: local, Name: p.T("%s – notifications", r.deps.SiteName()), Topic: r.deps.BaseURL + "/",
				Levels:  map[string]any{"users_default": moderator, "invite": botOnly, "events": events},
				Initial: []matrix.State{{Type: marker, Content: mark{r.deps.BaseURL, d.ID}}},
			})
		} else if err == nil {
			err = r.recognise(ctx, room, d)
		}
		if errs.Is(err, errs.Conflict) {
			continue
		}
		if err != nil {
			return err
		}
		return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return setRoom(ctx, tx, d.ID, room) })
	}
	return errs.New(errs.Conflict, "").Because(fmt.Errorf("the aliases of chat %d are taken", d.ID))
}

// recognise returns Conflict unless a room is the one that was created for a chat, and the site is in it.
func (r *Settings) recognise(ctx context.Context, room string, d Direct) error {
	now, err := r.deps.Server.State(ctx, room)
	if err != nil && !errs.Is(err, errs.Denied) {
		return err
	}
	var has mark
	now.Get(marker, &has)
	if now.Creator != r.deps.Server.User() || has != (mark{r.deps.BaseURL, d.ID}) {
		return errs.New(errs.Conflict, "")
	}
	return nil
}

// directly is the content of the event by which somebody is asked into a chat with one person.
type directly struct {
	Membership string `json:"membership"`
	Direct     bool   `json:"is_direct"`
}

// invite asks the person into the room, unless they are there.
func (r *Settings) invite(ctx context.Context, d Direct) error {
	now, err := r.deps.Server.State(ctx, d.RoomID)
	if errs.Is(err, errs.Denied) { // somebody has removed the site from it
		return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error { return setRoom(ctx, tx, d.ID, nil) })
	}
	if err != nil {
		return err
	}
	if !now.Members[d.MatrixID].Present() {
		err := r.deps.Server.SetState(ctx, d.RoomID, matrix.State{Type: "m.room.member", Key: d.MatrixID, Content: directly{"invite", true}})
		if err != nil {
			return err
		}
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if err := setInvited(ctx, tx, d, true); err != nil {
			return err
		}
		return r.deps.Messages.Wake(ctx, tx, d.ID)
	})
}

// say says something in a chat, once, and notes how it stands with it then.
func (r *Settings) say(ctx context.Context, d Direct, what string, m matrix.Message, then State) error {
	transaction := fmt.Sprintf("grouprise-direct-%d-%d-%s", d.ID, d.Asked, what)
	if _, err := r.deps.Server.Send(ctx, d.RoomID, transaction, m); err != nil {
		return err
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if changed, err := setState(ctx, tx, d, then); err != nil || !changed || then != open {
			return err
		}
		return r.deps.Messages.Wake(ctx, tx, d.ID)
	})
}

// leave leaves the room of a chat and forgets it.
func (r *Settings) leave(ctx context.Context, d Direct) error {
	if d.RoomID != "" {
		err := r.deps.Server.RemoveAlias(ctx, fmt.Sprintf("#direct.%d:%s", d.ID, r.deps.Domain))
		if err != nil && errs.Temporary(err) {
			return err
		}
		if err := r.deps.Server.Leave(ctx, d.RoomID); err != nil && errs.Temporary(err) {
			return err
		}
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		if d.State != closing { // the person went meanwhile
			if _, err := setState(ctx, tx, d, closing); err != nil {
				return err
			}
		}
		if err := r.deps.Messages.HandOver(ctx, tx, d.ID, 0); err != nil {
			return err
		}
		return removeDirect(ctx, tx, d.ID)
	})
}

func (r *Settings) printer(d Direct) *lang.Printer {
	return r.deps.Catalogues.Printer(d.Language, r.deps.Zone)
}

// question asks whether the account is that of the person who says so.
func (r *Settings) question(d Direct) matrix.Message {
	p, link := r.printer(d), r.deps.BaseURL+r.proofPath(d)
	intro := p.T("%s (%s) on %s says that this chat account is theirs.", notify.Called(d.Name, d.Slug), d.Slug, r.deps.SiteName())
	yes := p.T("Is it yours? Then reply “yes”, or open this link:")
	no := p.T("If you don’t know what this is about, you can ignore it. The link works for three days.")
	return matrix.Message{
		Text: strings.Join([]string{intro, yes, link, no}, "\n\n"),
		HTML: "<p>" + html.EscapeString(intro) + "</p><p>" + html.EscapeString(yes) + `<br><a href="` + html.EscapeString(link) + `">` + html.EscapeString(link) + "</a></p><p>" + html.EscapeString(no) + "</p>",
	}
}

// thanks says that the account is connected.
func (r *Settings) thanks(d Direct) matrix.Message {
	text := r.printer(d).T("Thank you. This chat account is now connected with %s on %s.", d.Name, r.deps.SiteName())
	return matrix.Message{Text: text, HTML: "<p>" + html.EscapeString(text) + "</p>"}
}

// proofPath returns the address at which the person says that the account is theirs.
func (r *Settings) proofPath(d Direct) string {
	return strings.NewReplacer("{id}", strconv.FormatInt(d.ID, 10), "{key}", r.deps.Keys.Of(subject(d))).Replace(proofPath) + "/"
}

// subject is what the key in the link of a question is about.
func subject(d Direct) string { return fmt.Sprintf("chat %d question %d", d.ID, d.Asked) }

// clientAge is how long it is remembered which web client a homeserver has.
const clientAge = 30 * 24 * time.Hour

// renew lets the site leave chats whose question waits for no answer any more, tries once more what a homeserver has refused, and
// lets web clients be looked for anew.
func (r *Settings) renew(ctx context.Context, _ queue.Job) error {
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		ids, err := closeWhere(ctx, tx, `(person_id IS NULL OR state IN (?) AND expires_at <= ? AND matrix_id NOT IN (SELECT i.matrix_id FROM chat_ids i WHERE i.person_id = chat_directs.person_id))`,
			[]State{asking, asked, failed}, tx.Now)
		if err != nil {
			return err
		}
		refused, err := reopen(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := needClient(ctx, tx, r.deps.Domain); err != nil {
			return err
		}
		domains, err := staleClients(ctx, tx, clientAge)
		if err != nil {
			return err
		}
		for _, domain := range domains {
			if err := r.deps.Queue.Enqueue(ctx, tx, lookUpJob, client{Domain: domain}, queue.Unique(domain)); err != nil {
				return err
			}
		}
		return r.enqueue(ctx, tx, append(ids, refused...)...)
	})
}
