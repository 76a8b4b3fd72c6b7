//go:build e2e || bench

package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Sink is a mail server that takes everything and counts the notices among it, which their message ids tell from the mails
// that a site sends once an hour or a day to its administrators and to itself.
type Sink struct {
	Address string // host:port

	mu       sync.Mutex
	mails    int
	messages map[string]bool // by message id, which tells recipients apart
}

// StartSink starts a mail server that ends with the test.
func StartSink(t *testing.T) *Sink {
	t.Helper()
	s := &Sink{messages: map[string]bool{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }))
	server.Domain = "sink.example"
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = listener.Addr().String()
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// Mails returns how many notices have come.
func (s *Sink) Mails() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// Messages returns how many notices with different message ids have come.
func (s *Sink) Messages() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

type session struct{ *Sink }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

// notice is the message id of a mail that tells of an item, a conversation, or what was said there.
var notice = regexp.MustCompile(`(?m)^Message-ID: (<(?:content|conversation)\..*>)\r?$`)

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if found := notice.FindSubmatch(text); found != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mails++
		s.messages[string(found[1])] = true
	}
	return nil
}
