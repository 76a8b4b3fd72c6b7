package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// EventStream is an answer that does not end by itself: a browser reads one event after another from it (server-sent
// events, https://html.spec.whatwg.org/multipage/server-sent-events.html).
type EventStream struct {
	w    http.ResponseWriter
	conn *http.ResponseController
}

// EventStreamType is the media type of such an answer, and what a browser says that it accepts when it asks for one.
const EventStreamType = "text/event-stream"

// sendTimeout is how long a browser may take for one event. It then counts as gone.
const sendTimeout = 15 * time.Second

// OpenEventStream begins an answer. A browser that has lost it comes again after about as long as retry says.
func OpenEventStream(w http.ResponseWriter, retry time.Duration) (*EventStream, error) {
	s := &EventStream{w: w, conn: http.NewResponseController(w)}
	_ = s.conn.SetReadDeadline(time.Time{}) // the server would take the end of its patience for the browser's leaving
	h := w.Header()
	h.Set("Content-Type", EventStreamType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")      // nginx passes on what comes
	h.Set("Content-Encoding", "identity") // nothing is compressed: that would wait for more, and cost memory for each
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	return s, s.write([]byte("retry: " + strconv.FormatInt(retry.Milliseconds(), 10) + "\n\n"))
}

// Send sends an event. Both its name and its id may be empty; data is one line.
func (s *EventStream) Send(name, id string, data []byte) error {
	var b bytes.Buffer
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	if name != "" {
		b.WriteString("event: " + name + "\n")
	}
	b.WriteString("data: ")
	b.Write(data)
	b.WriteString("\n\n")
	return s.write(b.Bytes())
}

// Comment sends what no browser shows: it keeps the connection open, and finds out whether it still is.
func (s *EventStream) Comment(text string) error { return s.write([]byte(": " + text + "\n\n")) }

func (s *EventStream) write(text []byte) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(sendTimeout)) // without a connection, as in tests, nothing takes long
	if _, err := s.w.Write(text); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	if err := s.conn.Flush(); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	return nil
}

type stoppingKey struct{}

// Stopping returns a channel that is closed when the server of a request begins to stop: what would go on for ever ends
// then. It is nil outside of a server.
func Stopping(ctx context.Context) <-chan struct{} {
	stopping, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return stopping
}
