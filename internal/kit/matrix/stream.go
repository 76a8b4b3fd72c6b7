package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// read asks for something with events in it. Those that do not have the form of events are left out: any server that
// takes part in a room can write such, and nothing else must go unheard for that.
func read(ctx context.Context, api *mautrix.Client, request mautrix.FullRequest) error {
	request.Method, request.Handler = http.MethodGet, readAll
	_, err := api.MakeFullRequest(ctx, request)
	return err
}

func readAll(request *http.Request, answer *http.Response, dest any, most int64) ([]byte, error) {
	text, err := readUpTo(answer, most)
	if err == nil && json.Unmarshal(text, dest) != nil {
		if text, err = sift(text); err == nil {
			err = json.Unmarshal(text, dest)
		}
	}
	if err != nil {
		return nil, mautrix.HTTPError{Request: request, Response: answer, Message: "read the answer", WrappedError: err}
	}
	return nil, nil
}

func readUpTo(answer *http.Response, most int64) ([]byte, error) {
	if answer.ContentLength > most {
		return nil, mautrix.ErrBodyReadReachedLimit
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err == nil && int64(len(text)) > most {
		err = mautrix.ErrBodyReadReachedLimit
	}
	return text, err
}

// sift returns an answer without the events in it that have another form than events.
func sift(text json.RawMessage) (sifted json.RawMessage, err error) {
	var object map[string]json.RawMessage
	if _ = json.Unmarshal(text, &object); object == nil { // there are no events in it
		return text, nil
	}
	for key, value := range object {
		var events []json.RawMessage
		switch {
		case json.Unmarshal(value, &events) != nil:
			object[key], err = sift(value)
		case key == "events" || key == "chunk":
			events = slices.DeleteFunc(events, func(e json.RawMessage) bool { return json.Unmarshal(e, new(event.Event)) != nil })
			object[key], err = json.Marshal(events)
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(object)
}

// stateEvent is an event of the state of a room.
type stateEvent struct {
	Type    string  `json:"type"`
	Key     string  `json:"state_key"`
	Sender  string  `json:"sender"`
	At      int64   `json:"origin_server_ts"`
	Content content `json:"content"`
}

// status returns how somebody stands to a room by an m.room.member event; "" if it does not say.
func (e stateEvent) status() string {
	var m struct {
		Status string `json:"membership"`
	}
	_ = json.Unmarshal(e.Content, &m)
	return m.Status
}

// maxStreamed is how many bytes an answer may have that is read event by event.
const maxStreamed = 1 << 30

// each asks for events, and calls fn for each of them while the answer is read: what thousands of people have put into a room, or one
// of them who means ill, is never in memory all at once. The answer is an array, or an object whose first one it is.
func each(ctx context.Context, api *mautrix.Client, url string, fn func(e stateEvent)) error {
	read := func(request *http.Request, answer *http.Response, _ any, most int64) ([]byte, error) {
		if err := readEach(io.LimitReader(answer.Body, most), fn); err != nil {
			return nil, mautrix.HTTPError{Request: request, Response: answer, Message: "read the events of a room", WrappedError: err}
		}
		return nil, nil
	}
	_, err := api.MakeFullRequest(ctx, mautrix.FullRequest{Method: http.MethodGet, URL: url, Handler: read, ResponseSizeLimit: maxStreamed})
	return err
}

func readEach(text io.Reader, fn func(e stateEvent)) error {
	d := json.NewDecoder(text)
	for token := json.Token(nil); token != json.Delim('['); {
		var err error
		if token, err = d.Token(); err != nil {
			return err
		}
	}
	for d.More() {
		var e stateEvent
		err := d.Decode(&e)
		if _, odd := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !odd {
			return err
		}
		fn(e) // of one that has another form, what could be read
	}
	_, err := d.Token() // the end of the array: an answer that breaks off is none
	return err
}
