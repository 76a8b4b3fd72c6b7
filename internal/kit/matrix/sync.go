package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// The types of events that an account hears of.
const (
	MessageEvent   = "m.room.message"
	ReactionEvent  = "m.reaction"
	RedactionEvent = "m.room.redaction"
	MemberEvent    = "m.room.member"
	EncryptedEvent = "m.room.encrypted" // one that could not be read
)

// Event is something that has happened in a room.
type Event struct {
	ID, Room, Sender, Type string // ids and the type of the event, decrypted if it was encrypted

	At         time.Time // as the server of the sender says
	Kind       string    // of a message: "m.text", …
	Text, HTML string    // its words, without the quoted fallback of replies
	File       *File     // of a message that holds one

	Thread, ReplyTo    string // the event ids it stands below
	Replaces, Redacts  string // the event id whose words it replaces, or that it takes away
	ReactsTo, Reaction string

	Encrypted, Unreadable bool

	Membership, Target string // of m.room.member: "join", "invite", "leave", "ban", and whom it is about
	Entered            bool   // of m.room.member: they have joined, and were not there before
}

// Batch is what has happened since a moment that the server knows by a token.
type Batch struct {
	Next    string // the token of the moment up to which this goes
	Invites []Event
	Rooms   []Timeline // in the order of their ids
}

// Timeline is what has happened in a room, oldest first.
type Timeline struct {
	Room   string
	Events []Event
	Before string // where Earlier goes on if there is a gap before the events; "" if there is none
}

// pageLimit is how many events of a room Earlier brings at once.
const pageLimit = 100

// timelineLimits are how many events of a room a sync brings at once: fewer, if the answer would be too long because somebody has
// flooded rooms while nobody listened.
func timelineLimits() []int { return []int{pageLimit, 10, 1} }

// maxSync is how many bytes the answer to a sync may have; maxAnswer if it brings one event of each room.
const maxSync = 8 << 20

// timelineTypes are those of the events that a sync brings.
func timelineTypes() []event.Type {
	return []event.Type{event.EventMessage, event.EventEncrypted, event.EventReaction, event.EventRedaction, event.StateMember, event.StateEncryption}
}

// syncFilter says what a sync brings.
func syncFilter(limit int) (string, error) {
	none := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	timeline := &mautrix.FilterPart{Limit: limit, Types: timelineTypes()}
	text, err := json.Marshal(mautrix.Filter{
		AccountData: none, Presence: none, Room: &mautrix.RoomFilter{AccountData: none, Ephemeral: none, State: none, Timeline: timeline},
	})
	return string(text), err
}

// Sync waits until something happens after the moment of a token, but no longer than a time, and returns it. With the token
// "" it returns the present moment at once, with invitations that are open, and nothing that has been said.
//
// Limits of the server are for what the account does, and not for what it hears: Sync asks nonetheless.
func (c *Client) Sync(ctx context.Context, since string, wait time.Duration) (b Batch, err error) {
	answer, err := c.listen(ctx, since, wait)
	if err = c.judge(ctx, "listen", err); err != nil {
		return b, err
	}
	if c.encryption == nil {
		return c.batch(ctx, answer, since)
	}
	if err := c.encryption.heed(ctx, answer, since); err != nil {
		return b, err
	}
	if b, err = c.batch(ctx, answer, since); err != nil {
		return b, err
	}
	some, err := c.encryption.catchUp(ctx, b.Next)
	for _, l := range some {
		b.Rooms = append(b.Rooms, Timeline{Room: l.room.String(), Events: []Event{describe(l.room, l.raw, l.plain)}})
	}
	return b, err
}

// listen asks for what has happened.
func (c *Client) listen(ctx context.Context, since string, wait time.Duration) (answer *mautrix.RespSync, err error) {
	limits := timelineLimits()
	if since == "" { // there is no use for what stands in the rooms
		limits, wait = limits[len(limits)-1:], 0
	}
	for i, limit := range limits {
		filter, problem := syncFilter(limit)
		if problem != nil {
			return nil, problem
		}
		request := mautrix.ReqSync{Since: since, FilterID: filter, Timeout: int(wait.Milliseconds()), SetPresence: event.PresenceOffline}
		most := int64(maxSync)
		if i == len(limits)-1 {
			most = maxAnswer
		}
		answer = &mautrix.RespSync{}
		err = read(ctx, c.api, mautrix.FullRequest{
			URL: c.api.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, request.BuildQuery()), ResponseJSON: answer, ResponseSizeLimit: most,
			Client: &http.Client{Timeout: wait + cmp.Or(c.config.Timeout, 30*time.Second)},
		})
		if !errors.Is(err, mautrix.ErrBodyReadReachedLimit) {
			return answer, err
		}
	}
	return answer, err
}

// batch reads the answer to a sync.
func (c *Client) batch(ctx context.Context, answer *mautrix.RespSync, since string) (Batch, error) {
	b := Batch{Next: answer.NextBatch}
	for _, room := range slices.Sorted(maps.Keys(answer.Rooms.Invite)) {
		for _, e := range answer.Rooms.Invite[room].State.Events {
			if e.Type.Type == MemberEvent && e.GetStateKey() == c.config.User {
				b.Invites = append(b.Invites, describe(room, e, nil))
			}
		}
	}
	if since == "" {
		return b, nil
	}
	timelines := map[id.RoomID]mautrix.SyncTimeline{}
	for room, r := range answer.Rooms.Leave {
		timelines[room] = r.Timeline
	}
	for room, r := range answer.Rooms.Join {
		timelines[room] = r.Timeline
	}
	for _, room := range slices.Sorted(maps.Keys(timelines)) {
		events, err := c.read(ctx, room, timelines[room].Events)
		if err != nil {
			return b, err
		}
		t := Timeline{Room: room.String(), Events: events}
		if timelines[room].Limited {
			t.Before = timelines[room].PrevBatch
		}
		if len(t.Events) > 0 || t.Before != "" {
			b.Rooms = append(b.Rooms, t)
		}
	}
	return b, nil
}

// Earlier returns what has happened in a room between the moment of a token and the place where a Timeline has a gap: the
// last events before that, oldest first, and where to go on, "" if there is nothing left.
func (c *Client) Earlier(ctx context.Context, room, before, since string) (events []Event, next string, err error) {
	var found []*event.Event
	err = c.call(ctx, "read what was said in "+room, func() error {
		answer, err := c.latest(ctx, room, map[string]string{"from": before, "to": since}, mautrix.FilterPart{Types: timelineTypes()}, pageLimit)
		if err != nil {
			return err
		}
		found = answer.Chunk
		if len(answer.Chunk) > 0 && answer.End != before {
			next = answer.End
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	slices.Reverse(found)
	events, err = c.read(ctx, id.RoomID(room), found)
	return events, next, err
}

// latest asks for the last events of a room, the latest first, between the tokens of a query.
func (c *Client) latest(ctx context.Context, room string, query map[string]string, filter mautrix.FilterPart, limit int) (answer mautrix.RespMessages, err error) {
	text, err := json.Marshal(filter)
	if err != nil {
		return answer, err
	}
	maps.DeleteFunc(query, func(_, token string) bool { return token == "" })
	query["dir"], query["filter"], query["limit"] = string(mautrix.DirectionBackward), string(text), strconv.Itoa(limit)
	url := c.api.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "rooms", id.RoomID(room), "messages"}, query)
	err = read(ctx, c.api, mautrix.FullRequest{URL: url, ResponseJSON: &answer})
	return answer, err
}

// words are what a message says.
type words struct {
	Kind string `json:"msgtype"`
	Text string `json:"body"`
	HTML string `json:"formatted_body"`

	FileName string                   `json:"filename"`
	Address  string                   `json:"url"`
	Secret   *event.EncryptedFileInfo `json:"file"`
	Info     struct {
		MediaType string `json:"mimetype"`
		Size      int64  `json:"size"`
	} `json:"info"`
}

// file returns the file of a message; nil if it holds none. Without a name of its own it is called what the message says.
func (w words) file() *File {
	f := File{Address: w.Address, Name: cmp.Or(w.FileName, w.Text), MediaType: w.Info.MediaType, Size: w.Info.Size, Secret: w.Secret}
	if w.Secret != nil {
		f.Address = string(w.Secret.URL)
	}
	if f.Address == "" {
		return nil
	}
	return &f
}

// heard is what the content of an event may have in it.
type heard struct {
	words

	Fresh      *words   `json:"m.new_content"`
	Relates    relation `json:"m.relates_to"`
	Membership string   `json:"membership"`
	Redacts    string   `json:"redacts"`
}

// relation is how an event stands to others. It is not encrypted.
type relation struct {
	Type    string `json:"rel_type"`
	Event   string `json:"event_id"`
	Key     string `json:"key"`
	Falling bool   `json:"is_falling_back"`
	Reply   struct {
		Event string `json:"event_id"`
	} `json:"m.in_reply_to"`
}

// read returns events as listeners get them, without those whose keys have not come yet: Sync returns these later. Words
// that are not encrypted in a room that is are nobody's: the server could have made them up.
func (c *Client) read(ctx context.Context, room id.RoomID, all []*event.Event) (events []Event, err error) {
	for _, raw := range all {
		var plain *event.Event
		waits := false
		raw.RoomID = room
		switch {
		case raw.Type.Type == Encryption:
			continue
		case raw.Type.Type == EncryptedEvent && raw.StateKey == nil && raw.Sender != c.api.UserID && c.encryption != nil:
			if plain, waits, err = c.encryption.unseal(ctx, raw); err != nil {
				return nil, err
			}
		case raw.Type.Type == MessageEvent && raw.Sender != c.api.UserID && c.encryption != nil:
			secret, err := c.encryption.expects(ctx, room)
			if err != nil {
				return nil, err
			}
			if secret {
				continue
			}
		}
		if !waits {
			events = append(events, describe(room, raw, plain))
		}
	}
	return events, nil
}

// describe returns an event as listeners get it. plain is what it was before it was encrypted, nil if nobody can read that. What
// does not have the form that it should have is left out.
func describe(room id.RoomID, raw, plain *event.Event) Event {
	e := Event{
		ID: raw.ID.String(), Room: room.String(), Sender: raw.Sender.String(), Type: raw.Type.Type, At: time.UnixMilli(raw.Timestamp).UTC(),
	}
	var h heard
	_ = json.Unmarshal(raw.Content.VeryRaw, &h) // what could be read stands in h
	if e.Type == EncryptedEvent && raw.StateKey == nil {
		if plain != nil && plain.Type.Type != MessageEvent && plain.Type.Type != ReactionEvent {
			plain = nil // what the server must understand is never encrypted: this is meant to look like it
		}
		e.Encrypted, e.Unreadable = true, plain == nil
		h = heard{Relates: h.Relates} // of what is not encrypted nothing else counts
	}
	if plain != nil {
		e.Type = plain.Type.Type
		_ = json.Unmarshal(plain.Content.VeryRaw, &h)
	}
	switch e.Type {
	case MessageEvent:
		e.relate(h.Relates)
		e.readMessage(h)
	case EncryptedEvent:
		e.relate(h.Relates)
	case ReactionEvent:
		if h.Relates.Type == string(event.RelAnnotation) {
			e.ReactsTo, e.Reaction = h.Relates.Event, h.Relates.Key
		}
	case RedactionEvent:
		e.Redacts = cmp.Or(raw.Redacts.String(), h.Redacts)
	case MemberEvent:
		e.Membership, e.Target = h.Membership, raw.GetStateKey()
		e.Entered = e.Membership == string(event.MembershipJoin) && !wasJoined(raw)
	}
	return e
}

// relate reads how a message stands to others.
func (e *Event) relate(r relation) {
	e.ReplyTo = r.Reply.Event
	switch event.RelationType(r.Type) {
	case event.RelThread:
		e.Thread = r.Event
		if r.Falling {
			e.ReplyTo = ""
		}
	case event.RelReplace:
		e.Replaces = r.Event
	}
}

// readMessage reads the content of a message.
func (e *Event) readMessage(h heard) {
	if e.Replaces != "" && h.Fresh != nil {
		h.words = *h.Fresh
	}
	e.Kind, e.Text, e.HTML, e.File = h.Kind, h.Text, event.TrimReplyFallbackHTML(h.HTML), h.file()
	if h.Relates.Reply.Event != "" {
		e.Text = event.TrimReplyFallbackText(h.Text)
	}
}

// wasJoined reports whether an event about a member replaces one that said that they have joined.
func wasJoined(e *event.Event) bool {
	if e.Unsigned.PrevContent == nil {
		return false
	}
	var h heard
	_ = json.Unmarshal(e.Unsigned.PrevContent.VeryRaw, &h)
	return h.Membership == string(event.MembershipJoin)
}
