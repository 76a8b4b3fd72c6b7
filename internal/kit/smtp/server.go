package smtp

import (
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is what the server offers; it beats sending the password
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"grouprise.org/grouprise/internal/kit/errs"
)

// server sends over connections that stay open between mails.
type server struct {
	config Config
	slots  chan struct{} // one token for each connection that may be open

	mu     sync.Mutex
	idle   []*connection // the most recently used one last
	closed bool
}

var _ Sender = (*server)(nil)

// connection is an open connection that waits for a mail or carries one.
type connection struct {
	*gosmtp.Client
	net   net.Conn
	mails int
	timer *time.Timer // closes it when it has been idle too long
}

func newServer(c Config) *server {
	c = c.withDefaults()
	return &server{config: c, slots: make(chan struct{}, c.MaxConnections)}
}

// Close implements Sender.
func (s *server) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, c := range idle {
		c.timer.Stop()
		c.quit()
	}
	return nil
}

func (c *connection) quit() {
	c.CommandTimeout = time.Second
	if c.Quit() != nil {
		_ = c.Close()
	}
}

// Send implements Sender.
func (s *server) Send(ctx context.Context, e Envelope, message []byte) error {
	e, needsUTF8, err := e.ascii()
	if err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}

	// A server may have closed an idle connection at any time. That shows at the first command, before
	// anything has happened, so a fresh connection gets one more try.
	c, reused, err := s.take(ctx)
	if err != nil {
		return err
	}
	err = s.deliver(ctx, c, e, needsUTF8, message)
	if stale, ok := errors.AsType[*staleError](err); ok {
		_ = c.Close()
		if !reused {
			return unavailable(stale.cause)
		}
		if c, err = s.dial(ctx); err != nil {
			return err
		}
		if err = s.deliver(ctx, c, e, needsUTF8, message); err != nil {
			if stale, ok := errors.AsType[*staleError](err); ok {
				_ = c.Close()
				return unavailable(stale.cause)
			}
		}
	}
	s.giveBack(c, err)
	return err
}

// staleError says that a connection broke at the first command.
type staleError struct{ cause error }

func (e *staleError) Error() string { return e.cause.Error() }

// take returns an idle connection or opens one.
func (s *server) take(ctx context.Context) (c *connection, reused bool, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, false, unavailable(net.ErrClosed)
	}
	for len(s.idle) > 0 {
		c = s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if c.timer.Stop() {
			s.mu.Unlock()
			return c, true, nil
		}
	}
	s.mu.Unlock()
	c, err = s.dial(ctx)
	return c, false, err
}

// giveBack keeps a healthy connection for the next mail.
func (s *server) giveBack(c *connection, err error) {
	if err != nil {
		// Refused: the server is well, but the transaction must be forgotten.
		if errs.Is(err, errs.Unavailable) || c.Reset() != nil {
			_ = c.Close()
			return
		}
	}
	c.mails++
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || c.mails >= s.config.MaxPerConnection {
		go c.quit()
		return
	}
	c.timer = time.AfterFunc(s.config.MaxIdle, func() { s.expire(c) })
	s.idle = append(s.idle, c)
}

func (s *server) expire(c *connection) {
	s.mu.Lock()
	for i, other := range s.idle {
		if other == c {
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	c.quit()
}

// dial opens a connection, protects it and signs in.
func (s *server) dial(ctx context.Context) (_ *connection, err error) {
	cfg := s.config
	ctx, cancel := context.WithTimeout(ctx, 2*cfg.Timeout)
	defer cancel()
	dialer := net.Dialer{Timeout: cfg.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", cfg.address())
	if err != nil {
		return nil, unavailable(fmt.Errorf("connect: %w", err))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()

	var client *gosmtp.Client
	switch cfg.Encryption {
	case StartTLS:
		_ = conn.SetDeadline(time.Now().Add(cfg.Timeout)) // the library has no other way to bound this
		if client, err = gosmtp.NewClientStartTLS(conn, cfg.tls()); err != nil {
			return nil, unavailable(fmt.Errorf("STARTTLS: %w", err))
		}
	case TLS:
		secured := tls.Client(conn, cfg.tls())
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, unavailable(fmt.Errorf("TLS: %w", err))
		}
		client = gosmtp.NewClient(secured)
	case Plain:
		client = gosmtp.NewClient(conn)
	default:
		return nil, unavailable(fmt.Errorf("unknown encryption %q", cfg.Encryption))
	}
	client.CommandTimeout = cfg.Timeout
	client.SubmissionTimeout = max(cfg.Timeout, 2*time.Minute)
	if err := client.Hello(cfg.Hello); err != nil {
		return nil, unavailable(fmt.Errorf("greet: %w", err))
	}
	if cfg.User != "" {
		if err := s.signIn(client); err != nil {
			return nil, unavailable(fmt.Errorf("sign in: %w", err))
		}
	}
	return &connection{Client: client, net: conn}, nil
}

func (s *server) signIn(client *gosmtp.Client) error {
	cfg := s.config
	var mechanism sasl.Client
	switch {
	case cfg.Encryption == Plain && client.SupportsAuth("CRAM-MD5"):
		mechanism = &cramMD5{cfg.User, cfg.Password}
	case cfg.Encryption == Plain && !cfg.isLoopback() && !cfg.AllowPlainPassword:
		return errors.New("the password is not sent over an unencrypted connection to another machine")
	case client.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", cfg.User, cfg.Password)
	case client.SupportsAuth(sasl.Login):
		mechanism = sasl.NewLoginClient(cfg.User, cfg.Password)
	case client.SupportsAuth("CRAM-MD5"):
		mechanism = &cramMD5{cfg.User, cfg.Password}
	default:
		return errors.New("the server offers no way to sign in that we know")
	}
	return client.Auth(mechanism)
}

// cramMD5 signs in without telling the password (RFC 2195).
type cramMD5 struct{ user, password string }

func (c *cramMD5) Start() (mech string, ir []byte, err error) { return "CRAM-MD5", nil, nil }

func (c *cramMD5) Next(challenge []byte) ([]byte, error) {
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	return []byte(c.user + " " + hex.EncodeToString(mac.Sum(nil))), nil
}

// deliver runs one transaction. Errors before anything happened are a *staleError.
func (s *server) deliver(ctx context.Context, c *connection, e Envelope, needsUTF8 bool, message []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = c.net.Close() })
	defer stop()

	if needsUTF8 {
		if ok, _ := c.Extension("SMTPUTF8"); !ok {
			return errs.New(errs.Denied, "The mail server cannot send to this address.").Because(errors.New("no SMTPUTF8"))
		}
	}
	err := c.Mail(e.From, &gosmtp.MailOptions{Size: int64(len(message)), UTF8: needsUTF8})
	if reply, ok := errors.AsType[*gosmtp.SMTPError](err); err != nil && (!ok || reply.Code == 421) {
		return &staleError{fmt.Errorf("MAIL: %w", err)}
	}
	if err != nil {
		return classify("MAIL", err)
	}
	for _, to := range e.To {
		if err := c.Rcpt(to, nil); err != nil {
			return classify("RCPT", err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return classify("DATA", err)
	}
	// The library sets no deadline while data is written: one for all of it, at 10 KB/s or better.
	_ = c.net.SetDeadline(time.Now().Add(s.config.Timeout + time.Duration(len(message)/10_000)*time.Second))
	if _, err := w.Write(message); err != nil {
		return unavailable(fmt.Errorf("send: %w", err))
	}
	if err := w.Close(); err != nil {
		return classify("message", err)
	}
	return nil
}

// classify turns an answer of the server into an error that says whether trying again helps.
func classify(step string, err error) error {
	reply, ok := errors.AsType[*gosmtp.SMTPError](err)
	cause := fmt.Errorf("%s: %w", step, err)
	switch {
	case !ok, reply.Temporary(), reply.Code < 500:
		return unavailable(cause)
	case reply.Code == 530, reply.Code == 534, reply.Code == 535, reply.Code == 538, reply.Code == 502, reply.Code == 503:
		return unavailable(cause) // wants to be asked in another way: the configuration, not the mail
	case reply.Code == 552, reply.Code == 523, reply.EnhancedCode == gosmtp.EnhancedCode{5, 3, 4}:
		return errs.New(errs.TooLarge, "The mail is too large for the mail server.").Because(cause)
	}
	return errs.New(errs.Denied, "The mail server refused the mail.").Because(cause)
}

func unavailable(cause error) error {
	return errs.New(errs.Unavailable, "The mail server cannot be reached.").Because(cause)
}

// ascii checks the addresses and writes international domains in ASCII. A local part outside ASCII
// needs SMTPUTF8.
func (e Envelope) ascii() (_ Envelope, needsUTF8 bool, err error) {
	if len(e.To) == 0 {
		return e, false, errs.New(errs.Invalid, "The mail has no recipient.")
	}
	convert := func(addr string) string {
		i := strings.LastIndexByte(addr, '@')
		if i <= 0 || i == len(addr)-1 || strings.ContainsAny(addr, "\r\n<>\x00") || strings.Contains(addr, " ") && addr[0] != '"' {
			err = errs.New(errs.Invalid, "This is not a mail address.")
			return addr
		}
		domain := addr[i+1:]
		if a, idnaErr := idna.Lookup.ToASCII(domain); idnaErr == nil {
			domain = a
		}
		addr = addr[:i+1] + domain
		needsUTF8 = needsUTF8 || strings.IndexFunc(addr, func(r rune) bool { return r >= 0x80 }) >= 0
		return addr
	}
	if e.From != "" {
		e.From = convert(e.From)
	}
	to := make([]string, len(e.To))
	for i, addr := range e.To {
		to[i] = convert(addr)
	}
	e.To = to
	return e, needsUTF8, err
}
