// Package lmtp receives mails from a mail server by LMTP (RFC 2033), with one status for each recipient.
//
// A [Handler] decides which addresses exist and what becomes of a message. When it has accepted a message the
// client gets 250 and forgets it: the effect must be durable by then. Unexpected errors are answered with a
// temporary code, so that the client keeps the message and tries again.
package lmtp

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// Envelope says where a message comes from and for whom it is.
type Envelope struct {
	ID         string   // tells deliveries apart in the log
	From       string   // "" is the null sender: a report about a mail
	Recipients []string // those that the handler accepted, in the order in which they were named
	Hello      string   // what the client calls itself
	RemoteAddr string
}

// Handler gives messages their effect. It may be used by many goroutines.
type Handler interface {
	// Recipient reports whether mail from an address to another one is accepted: nil, or an error
	// whose kind decides the answer as in Deliver.
	Recipient(ctx context.Context, from, to string) error
	// Deliver gives a message its effect and returns one error or nil for each recipient, in their
	// order. The kinds errs.NotFound, errs.Denied, errs.Invalid, errs.Conflict and errs.TooLarge
	// refuse the message for good; every other error lets the mail server try again.
	Deliver(ctx context.Context, e Envelope, message []byte) []error
}

// Server is an LMTP server. The zero values of the limits stand for their defaults.
type Server struct {
	Listen   string       // "127.0.0.1:8024", or "unix:" and the path of a socket
	Listener net.Listener // open already, instead of Listen; the server closes it
	Handler  Handler
	Log      *slog.Logger
	Ready    func(net.Addr) // called when mails are accepted; may be nil

	Hello         string        // our name in the greeting: localhost
	MaxBytes      int64         // of a message: 25 MiB
	MaxRecipients int           // of a message: 1,000
	MaxInHand     int64         // bytes of all messages together: six times MaxBytes
	MaxSessions   int           // at the same time, further ones are asked to come back: 50
	IdleWhenFull  time.Duration // after which a session gives way to a further one: 1 minute
	Timeout       time.Duration // for each command and answer: 5 minutes, as RFC 5321 section 4.5.3.2 asks
	Grace         time.Duration // for deliveries that have begun when the server ends: 20 s

	// Sentence returns what an error says to whoever gets the answer, usually in a report of their own
	// mail server: by default the error's sentence as it is.
	Sentence func(error) string
}

func (s Server) withDefaults() Server {
	s.Hello = cmp.Or(s.Hello, "localhost")
	s.MaxBytes = cmp.Or(s.MaxBytes, 25<<20)
	s.MaxRecipients = cmp.Or(s.MaxRecipients, 1000)
	s.MaxInHand = max(cmp.Or(s.MaxInHand, 6*s.MaxBytes), 2*s.MaxBytes+2*block) // a message alone always fits
	s.IdleWhenFull = cmp.Or(s.IdleWhenFull, time.Minute)
	s.MaxSessions = cmp.Or(s.MaxSessions, 50)
	s.Timeout = cmp.Or(s.Timeout, 5*time.Minute)
	s.Grace = cmp.Or(s.Grace, 20*time.Second)
	if s.Sentence == nil {
		s.Sentence = sentence
	}
	return s
}

// Serve answers until the context ends, then finishes the deliveries that have begun and ends idle sessions.
// It returns nil after a clean end.
func (s Server) Serve(ctx context.Context) error {
	s = s.withDefaults()
	listener := s.Listener
	if listener == nil {
		var err error
		if listener, err = web.Open(ctx, s.Listen); err != nil {
			return fmt.Errorf("listen for mails: %w", err)
		}
	}
	if s.Ready != nil {
		s.Ready(listener.Addr())
	}
	return s.serve(ctx, listener)
}

// maxLine is the longest line of a message and of a command in bytes. Mails have lines far beyond the 998 octets of
// RFC 5322, and mail servers pass them on.
const maxLine = 1 << 20

func (s Server) serve(ctx context.Context, listener net.Listener) error {
	// Deliveries that have begun outlive the end of the context, but not the grace period.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	open, inHand := newConns(s), &budget{left: s.MaxInHand}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{ctx: work, server: s, conn: c, inHand: inHand}, nil
	}))
	server.LMTP = true
	server.EnableSMTPUTF8 = true
	server.Domain = s.Hello
	server.MaxMessageBytes = s.MaxBytes
	server.MaxLineLength = maxLine
	server.MaxRecipients = s.MaxRecipients
	server.ReadTimeout, server.WriteTimeout = s.Timeout, s.Timeout
	server.ErrorLog = debugLogger{s.Log}

	ended := make(chan error, 1)
	go func() { ended <- server.Serve(open.listener(listener)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("accept sessions: %w", err)
	case <-ctx.Done():
	}
	open.drain()
	grace, cancel := context.WithTimeout(work, s.Grace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("end the sessions: %w", err)
	}
	if err := <-ended; err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("accept sessions: %w", err)
	}
	if err := open.closed(grace); err != nil {
		return fmt.Errorf("end the sessions: %w", err)
	}
	return nil
}

// session is one client's connection.
type session struct {
	ctx    context.Context //nolint:containedctx // the library's calls carry none
	server Server
	conn   *smtp.Conn
	inHand *budget
	from   string
	size   int64 // of the message, as the client announced it
	to     []string
}

var _ smtp.LMTPSession = (*session)(nil)

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.size, s.to = "", 0, nil }

// Logout implements smtp.Session.
func (*session) Logout() error { return nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.from, s.size = from, o.Size
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) (err error) {
	defer s.catch(&err)
	if err := s.server.Handler.Recipient(s.ctx, s.from, to); err != nil {
		return s.answer("refused a recipient", err, "from", s.from, "to", to)
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session; it is never called, because every client speaks LMTP.
func (*session) Data(io.Reader) error { return smtp.ErrDataReset }

// LMTPData implements smtp.LMTPSession.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) (err error) {
	defer s.catch(&err)
	message, release, err := s.inHand.readAll(r, s.size)
	defer release()
	if err != nil {
		return s.notRead(err)
	}
	envelope := Envelope{
		ID: strings.ToLower(rand.Text()[:12]), From: s.from, Recipients: s.to,
		Hello: s.conn.Hostname(), RemoteAddr: s.conn.Conn().RemoteAddr().String(),
	}
	results := s.server.Handler.Deliver(s.ctx, envelope, message)
	for i, to := range s.to {
		problem := error(errs.New(errs.Unavailable, ""))
		if i < len(results) {
			problem = results[i]
		}
		if problem != nil {
			problem = s.answer("refused a message", problem, "envelope", envelope.ID, "from", s.from, "to", to)
		}
		status.SetStatus(to, problem)
	}
	return nil
}

// notRead returns what the client is told of a message that could not be read to its end.
func (s *session) notRead(err error) *smtp.SMTPError {
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok { // too large, too late, or there is too much in hand
		return answer
	}
	if errors.Is(err, smtp.ErrTooLongLine) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "A line of the message is too long."}
	}
	return errNotRead() // the client is gone
}

// catch turns a panic into a temporary answer, so that no mail is lost by a defect.
func (s *session) catch(err *error) {
	if defect := recover(); defect != nil {
		problem, ok := defect.(error)
		if !ok {
			problem = fmt.Errorf("%v", defect)
		}
		*err = s.answer("panicked", fmt.Errorf("panic: %w", problem))
	}
}

// answer logs an error and returns what the client is told.
func (s *session) answer(what string, err error, about ...any) *smtp.SMTPError {
	code, enhanced := codes(err)
	level := slog.LevelInfo
	if errs.Is(err, errs.Internal) {
		level = slog.LevelError
	}
	s.server.Log.Log(s.ctx, level, "lmtp "+what, append(about, "code", code, "error", err)...)
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: plain(s.server.Sentence(err))}
}

// codes returns the status code (RFC 5321) and the enhanced one (RFC 3463) for an error.
func codes(err error) (int, smtp.EnhancedCode) {
	switch errs.KindOf(err) {
	case errs.NotFound:
		return 550, smtp.EnhancedCode{5, 1, 1}
	case errs.Denied, errs.Unauthenticated:
		return 550, smtp.EnhancedCode{5, 7, 1}
	case errs.Invalid, errs.Conflict:
		return 550, smtp.EnhancedCode{5, 6, 0}
	case errs.TooLarge:
		return 552, smtp.EnhancedCode{5, 3, 4}
	case errs.TooMany:
		return 451, smtp.EnhancedCode{4, 7, 1}
	default:
		return 451, smtp.EnhancedCode{4, 3, 0}
	}
}

// sentence returns what an error says to people, without its cause.
func sentence(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Message != "" {
		return fmt.Sprintf(e.Message, e.Args...)
	}
	return ""
}

// maxAnswer keeps an answer within the 512 octets of a reply line (RFC 5321, section 4.5.3.1.5).
const maxAnswer = 400

// plain returns a sentence as one line of printable ASCII, because not every mail server that passes the
// answer on can do more.
func plain(text string) string {
	if text == "" {
		text = "Sorry, this did not work. Please try again later."
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r < ' ':
			return ' '
		case r > '~':
			return '?'
		}
		return r
	}, transliterate.Replace(text))
	return text[:min(len(text), maxAnswer)]
}

var transliterate = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss",
	"“", `"`, "”", `"`, "„", `"`, "’", "'", "–", "-", "…", "...")

// debugLogger writes what the library reports to the debug log: mistakes of clients are not errors of ours.
type debugLogger struct{ log *slog.Logger }

// Printf implements smtp.Logger.
func (l debugLogger) Printf(format string, v ...any) {
	l.log.Debug("lmtp " + fmt.Sprintf(format, v...))
}

// Println implements smtp.Logger.
func (l debugLogger) Println(v ...any) {
	l.log.Debug("lmtp " + strings.TrimSpace(fmt.Sprintln(v...)))
}
