// Package matrix speaks with a Matrix homeserver in the name of one account, by the client-server API.
//
// It has what a bot needs that keeps rooms and writes into them, and nothing else. Errors are errs.Error with the kind
// that whoever tries later needs to know: Denied, NotFound, Conflict and Invalid will be the same the next time,
// Unavailable may pass.
//
// # Limits
//
// Homeservers say how long to wait before the next request (M_LIMIT_EXCEEDED). Until then a Client asks nothing at all:
// each call returns Unavailable at once, with the time that is left, so that a thousand jobs that wait for one server
// do not knock at its door a thousand times.
//
// # Away
//
// As long as a server is away, one call at a time finds out whether it is back; the others return Unavailable at once,
// so that what waits for a server that hangs does not hold up anything else.
//
// # Twice
//
// Messages have transaction ids that the caller gives: the same id again, with the same access token, is the same
// message, whatever became of the first answer. Everything else is state, which is written only where it differs.
package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Config says whose name a Client speaks in, and with which server.
type Config struct {
	URL   string // of the client-server API: "https://matrix.example.org"
	User  string // the whole id of the account
	Token string // its access token

	Timeout time.Duration // of one request; zero is 30 s
	Clock   clock.Clock   // nil is the system's
	Keys    Keys          // of encrypted rooms

	// Noted is called when the server stops answering, with what is wrong, and with nil when it answers again. The first
	// call of a Client counts as a change. It may be nil.
	Noted func(ctx context.Context, problem error)
}

// Client is an account at a homeserver. It may be used by several goroutines.
type Client struct {
	config     Config
	api        *mautrix.Client
	encryption *encryption // nil: it neither reads nor writes in encrypted rooms

	mu      sync.Mutex
	until   time.Time // when the server may be asked again
	state   state     // what Noted was told last
	probing bool      // somebody finds out whether it is back
}

// state is whether a server answers.
type state uint8

const (
	unknown state = iota
	answers
	away
)

// maxAnswer is how many bytes an answer may have that is read as a whole.
const maxAnswer = 64 << 20

// New returns a client. Nothing is asked yet.
func New(c Config) (*Client, error) {
	api, err := newAPI(c)
	if err != nil {
		return nil, err
	}
	client := &Client{config: c, api: api}
	if c.Keys.DB != nil {
		client.encryption = newEncryption(client)
	}
	return client, nil
}

// newAPI returns what asks the server.
func newAPI(c Config) (*mautrix.Client, error) {
	api, err := mautrix.NewClient(c.URL, id.UserID(c.User), c.Token)
	if err != nil {
		return nil, fmt.Errorf("read the address of the homeserver: %w", err)
	}
	api.Client = &http.Client{Timeout: cmp.Or(c.Timeout, 30*time.Second)}
	api.ResponseSizeLimit = maxAnswer
	api.UserAgent = "grouprise"
	api.StateStore = nil // whoever needs the state of a room reads it
	return api, nil
}

// User returns the id of the account.
func (c *Client) User() string { return c.config.User }

// call asks the server, unless it wants to be left alone, and returns what went wrong.
func (c *Client) call(ctx context.Context, what string, ask func() error) error {
	if rest := c.pause(); rest > 0 {
		return errs.New(errs.Unavailable, "The chat server wants fewer requests.").After(rest).Because(fmt.Errorf("%s: not asked", what))
	}
	done, free := c.probe()
	if !free {
		return errs.New(errs.Unavailable, "The chat server can’t be reached.").Because(fmt.Errorf("%s: not asked", what))
	}
	defer done()
	return c.judge(ctx, what, ask())
}

// judge returns what went wrong with a request, and notes what it says about the server.
func (c *Client) judge(ctx context.Context, what string, err error) error {
	if err == nil {
		c.note(ctx, answers, nil)
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok { // it is not the server that something is wrong with
		return fmt.Errorf("%s: %w", what, err)
	}
	if elsewhere(answer) {
		c.note(ctx, answers, nil)
		return errs.New(errs.Unavailable, "Another chat server doesn’t answer.").Because(fmt.Errorf("%s: %w: %w", what, ErrElsewhere, err))
	}
	problem := c.classify(answer).Because(fmt.Errorf("%s: %w", what, err))
	if errs.Is(problem, errs.Unavailable) && problem.RetryAfter == 0 {
		c.note(ctx, away, problem)
	} else {
		c.note(ctx, answers, nil)
	}
	return problem
}

// ErrElsewhere is why a call fails whose server answers, but not another one that it needs: that of somebody who is to be
// invited, or the one that has a file.
var ErrElsewhere = errors.New("another server does not answer")

// elsewhere reports whether an answer says so. A web server in front that has no homeserver behind it gives no code.
func elsewhere(answer mautrix.HTTPError) bool {
	if answer.Response == nil || answer.RespError == nil || answer.RespError.ErrCode == "" {
		return false
	}
	return answer.Response.StatusCode == http.StatusBadGateway || answer.Response.StatusCode == http.StatusGatewayTimeout
}

// probe reports whether a call may ask the server, and returns what it calls when it has.
func (c *Client) probe() (done func(), free bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != away {
		return func() {}, true
	}
	if c.probing {
		return nil, false
	}
	c.probing = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.probing = false
	}, true
}

// pause returns how long the server wants to be left alone.
func (c *Client) pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until.Sub(c.config.Clock.Now().Time)
}

func (c *Client) note(ctx context.Context, now state, problem error) {
	c.mu.Lock()
	changed := c.state != now
	c.state = now
	c.mu.Unlock()
	if changed && c.config.Noted != nil {
		c.config.Noted(ctx, problem)
	}
}

// The waits of a server that does not say how long, and of one that says too much.
const (
	defaultWait = 5 * time.Second
	longestWait = time.Hour
)

// classify says what an answer means for whoever asked.
func (c *Client) classify(answer mautrix.HTTPError) *errs.Error {
	if answer.Response == nil {
		return errs.New(errs.Unavailable, "The chat server can’t be reached.")
	}
	code := ""
	if answer.RespError != nil {
		code = answer.RespError.ErrCode
	}
	switch status := answer.Response.StatusCode; {
	case code == mautrix.MLimitExceeded.ErrCode, status == http.StatusTooManyRequests:
		wait := c.obey(answer)
		return errs.New(errs.Unavailable, "The chat server wants fewer requests.").After(wait)
	case status >= http.StatusInternalServerError, status < http.StatusMultipleChoices: // what it said was no JSON
		return errs.New(errs.Unavailable, "The chat server can’t answer at the moment.")
	case code == mautrix.MUnknownToken.ErrCode, code == mautrix.MMissingToken.ErrCode, status == http.StatusUnauthorized:
		return errs.New(errs.Unavailable, "The chat server doesn’t accept the access token.")
	case code == "": // a web server in front that has no homeserver behind it
		return errs.New(errs.Unavailable, "There is no chat server at its address.")
	case code == mautrix.MRoomInUse.ErrCode, status == http.StatusConflict:
		return errs.New(errs.Conflict, "")
	case code == mautrix.MForbidden.ErrCode, status == http.StatusForbidden:
		return errs.New(errs.Denied, "The chat server doesn’t allow this.")
	case status == http.StatusNotFound:
		return errs.New(errs.NotFound, "")
	default:
		return errs.New(errs.Invalid, "The chat server refuses this.")
	}
}

// obey notes how long the server wants to be left alone, and returns it.
func (c *Client) obey(answer mautrix.HTTPError) time.Duration {
	wait := defaultWait
	if answer.RespError != nil {
		if ms, ok := answer.RespError.ExtraData["retry_after_ms"].(float64); ok && ms > 0 {
			wait = time.Duration(ms) * time.Millisecond
		}
	}
	if seconds, err := time.ParseDuration(answer.Response.Header.Get("Retry-After") + "s"); err == nil && seconds > wait {
		wait = seconds
	}
	wait = min(wait, longestWait)
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.config.Clock.Now().Add(wait); until.After(c.until) {
		c.until = until
	}
	return wait
}

// Forever is how often a job tries what waits for a homeserver: until that is there.
const Forever = 1 << 30

// Backoff is how long such a job waits after it has failed so often. A homeserver that was away for days finds everything
// done a few minutes after it is back.
func Backoff(attempt int) time.Duration { return time.Duration(min(attempt, 30)) * 10 * time.Second }

// Whoami returns whose access token the client has.
func (c *Client) Whoami(ctx context.Context) (user string, err error) {
	err = c.call(ctx, "ask whose access token it is", func() error {
		answer, err := c.api.Whoami(ctx)
		if err != nil {
			return err
		}
		user = answer.UserID.String()
		return nil
	})
	return user, err
}

// Message is what somebody reads in a room.
type Message struct {
	Text, HTML string
	Quiet      bool   // a notice of a machine, which phones do not announce
	Thread     string // the event at the head of the thread that it stands in; may be empty
	Replaces   string // the event whose words it replaces; may be empty
	Image      *Image // what it shows; Text is its name then
}

// Image is a picture that has been uploaded to the server.
type Image struct {
	URL, MediaType string
	Width, Height  int // 0 if nobody knows
	Size           int // in bytes
}

// content returns a message as it travels.
func (m Message) content() *event.MessageEventContent {
	c := &event.MessageEventContent{MsgType: event.MsgText, Body: m.Text, Format: event.FormatHTML, FormattedBody: m.HTML}
	if m.Quiet {
		c.MsgType = event.MsgNotice
	}
	if i := m.Image; i != nil {
		c = &event.MessageEventContent{
			MsgType: event.MsgImage, Body: m.Text, URL: id.ContentURIString(i.URL),
			Info: &event.FileInfo{MimeType: i.MediaType, Width: i.Width, Height: i.Height, Size: i.Size},
		}
	}
	c.Mentions = &event.Mentions{}
	switch {
	case m.Replaces != "":
		c.SetEdit(id.EventID(m.Replaces))
	case m.Thread != "":
		c.RelatesTo = (&event.RelatesTo{}).SetThread(id.EventID(m.Thread), id.EventID(m.Thread))
	}
	return c
}

// Send sends a message into a room and returns its event. The same transaction id again is the same message.
func (c *Client) Send(ctx context.Context, room, transaction string, m Message) (eventID string, err error) {
	kind, content, err := c.seal(ctx, room, event.EventMessage, m.content())
	if err != nil {
		return "", err
	}
	err = c.call(ctx, "send a message to "+room, func() error {
		answer, err := c.api.SendMessageEvent(ctx, id.RoomID(room), kind, content, mautrix.ReqSendEvent{TransactionID: transaction})
		if err != nil {
			return err
		}
		eventID = answer.EventID.String()
		return nil
	})
	return eventID, err
}

// Redact takes an event out of a room.
func (c *Client) Redact(ctx context.Context, room, eventID, transaction string) error {
	return c.call(ctx, "redact an event of "+room, func() error {
		_, err := c.api.RedactEvent(ctx, id.RoomID(room), id.EventID(eventID), mautrix.ReqRedact{TxnID: transaction})
		return err
	})
}

// Upload stores a file at the server and returns its address.
func (c *Client) Upload(ctx context.Context, mediaType string, data []byte) (address string, err error) {
	err = c.call(ctx, "upload a file", func() error {
		answer, err := c.api.UploadBytes(ctx, data, mediaType)
		if err != nil {
			return err
		}
		address = answer.ContentURI.String()
		return nil
	})
	return address, err
}

// content is anything that a state event may hold.
type content = json.RawMessage
