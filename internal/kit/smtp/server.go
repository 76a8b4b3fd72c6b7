package smtp

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is what the server offers; it beats sending the password
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	netsmtp "net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
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
	*netsmtp.Client
	net   net.Conn
	mails int
	timer *time.Timer // closes it when it has been idle too long
}

// within gives everything that follows on the connection d from now.
func (c *connection) within(d time.Duration) { _ = c.net.SetDeadline(time.Now().Add(d)) }

// can reports whether the server offers an extension.
func (c *connection) can(extension string) bool {
	ok, _ := c.Extension(extension)
	return ok
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
	c.within(time.Second)
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
		c.within(s.config.Timeout)
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

	c := &connection{net: conn}
	c.within(cfg.Timeout)
	if cfg.Encryption == TLS {
		secured := tls.Client(conn, cfg.tls())
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, unavailable(fmt.Errorf("TLS: %w", err))
		}
		conn = secured
	}
	if c.Client, err = netsmtp.NewClient(conn, cfg.Host); err != nil {
		return nil, unavailable(fmt.Errorf("greet: %w", err))
	}
	if err := c.Hello(cfg.Hello); err != nil {
		return nil, unavailable(fmt.Errorf("greet: %w", err))
	}
	switch cfg.Encryption {
	case StartTLS:
		c.within(cfg.Timeout)
		if err := c.StartTLS(cfg.tls()); err != nil {
			return nil, unavailable(fmt.Errorf("STARTTLS: %w", err))
		}
	case TLS, Plain:
	default:
		return nil, unavailable(fmt.Errorf("unknown encryption %q", cfg.Encryption))
	}
	if cfg.User != "" {
		c.within(cfg.Timeout)
		if err := s.signIn(c); err != nil {
			return nil, unavailable(fmt.Errorf("sign in: %w", err))
		}
	}
	return c, nil
}

func (s *server) signIn(c *connection) error {
	cfg := s.config
	_, names := c.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(names))
	offers := func(mechanism string) bool { return slices.Contains(offered, mechanism) }
	var mechanism sasl.Client
	switch {
	case cfg.Encryption == Plain && offers("CRAM-MD5"):
		mechanism = &cramMD5{cfg.User, cfg.Password}
	case cfg.Encryption == Plain && !cfg.isLoopback() && !cfg.AllowPlainPassword:
		return errors.New("the password is not sent over an unencrypted connection to another machine")
	case offers(sasl.Plain):
		mechanism = sasl.NewPlainClient("", cfg.User, cfg.Password)
	case offers(sasl.Login):
		mechanism = sasl.NewLoginClient(cfg.User, cfg.Password)
	case offers("CRAM-MD5"):
		mechanism = &cramMD5{cfg.User, cfg.Password}
	default:
		return errors.New("the server offers no way to sign in that we know")
	}
	return c.Auth(auth{mechanism})
}

// auth signs in with a mechanism of SASL. Which one is safe here has been decided.
type auth struct{ mechanism sasl.Client }

func (a auth) Start(*netsmtp.ServerInfo) (mechanism string, initial []byte, err error) {
	return a.mechanism.Start()
}

func (a auth) Next(challenge []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	return a.mechanism.Next(challenge)
}

// cramMD5 signs in without telling the password (RFC 2195).
type cramMD5 struct{ user, password string }

func (c *cramMD5) Start() (mech string, ir []byte, err error) { return "CRAM-MD5", nil, nil }

func (c *cramMD5) Next(challenge []byte) ([]byte, error) {
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	return []byte(c.user + " " + hex.EncodeToString(mac.Sum(nil))), nil
}

// oneTrip is the size, in bytes, up to which a mail goes out together with its envelope, before the server has
// said that it wants it.
const oneTrip = 128 << 10

// deliver runs one transaction (RFC 5321, section 3.3). Errors before anything happened are a *staleError.
//
// A server on the same machine answers in less time than it takes to wake up for its answer, so most of what a
// mail costs are the turns. Servers that take commands in groups and mails by length (RFC 2920 and 3030, as
// Postfix does) get a mail for one person in a single turn.
func (s *server) deliver(ctx context.Context, c *connection, e Envelope, needsUTF8 bool, message []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = c.net.Close() })
	defer stop()

	if needsUTF8 && !c.can("SMTPUTF8") {
		return errs.New(errs.Denied, "The mail server cannot send to this address.").Because(errors.New("no SMTPUTF8"))
	}
	steps := c.envelope(e, needsUTF8, len(message))
	grouped := c.can("PIPELINING")
	// With several recipients one may be refused: then nobody gets the mail, so it waits for their answers.
	whole := grouped && c.can("CHUNKING") && len(e.To) == 1 && len(message) <= oneTrip && hasWholeLines(message)
	if whole {
		steps = append(steps, step{"message", fmt.Appendf(nil, "BDAT %d LAST\r\n%s", len(message), message), 250})
	}

	patience := s.config.Timeout
	if whole {
		patience = s.config.submission(message)
	}
	if err := c.run(steps, grouped, patience); err != nil || whole {
		return err
	}
	if err := c.run([]step{{"DATA", []byte("DATA\r\n"), 354}}, false, patience); err != nil {
		return err
	}
	c.within(s.config.submission(message))
	w := c.Text.DotWriter()
	if _, err := w.Write(message); err != nil {
		return unavailable(fmt.Errorf("send: %w", err))
	}
	if err := w.Close(); err != nil {
		return unavailable(fmt.Errorf("send: %w", err))
	}
	if _, _, err := c.Text.ReadResponse(250); err != nil {
		return classify("message", err)
	}
	return nil
}

// submission is how long a server may take for a mail: to read it, at 10 KB/s or better, and to look into it.
func (c Config) submission(message []byte) time.Duration {
	return max(c.Timeout, 2*time.Minute) + time.Duration(len(message)/10_000)*time.Second
}

// step is a command and the answer that it hopes for, as textproto.Reader.ReadResponse takes it.
type step struct {
	name    string
	command []byte
	want    int
}

// envelope returns the commands that say whose mail comes, of which size, and for whom.
func (c *connection) envelope(e Envelope, needsUTF8 bool, size int) []step {
	from := fmt.Appendf(nil, "MAIL FROM:<%s>", e.From)
	if c.can("8BITMIME") {
		from = append(from, " BODY=8BITMIME"...)
	}
	if c.can("SIZE") {
		from = fmt.Appendf(from, " SIZE=%d", size)
	}
	if needsUTF8 {
		from = append(from, " SMTPUTF8"...)
	}
	steps := []step{{"MAIL", append(from, "\r\n"...), 250}}
	for _, to := range e.To {
		steps = append(steps, step{"RCPT", fmt.Appendf(nil, "RCPT TO:<%s>\r\n", to), 25})
	}
	return steps
}

// run says the commands, all at once if the server takes them grouped, and returns what was refused first. Then
// it has read the answers to all that it said. Each time that something is said, the server may take as long as
// patience.
func (c *connection) run(steps []step, grouped bool, patience time.Duration) error {
	if grouped {
		c.within(patience)
		var all []byte
		for _, s := range steps {
			all = append(all, s.command...)
		}
		if err := c.say(all); err != nil {
			return c.lost(steps[0], err)
		}
	}
	var refused error
	for _, s := range steps {
		if !grouped {
			c.within(patience)
			if err := c.say(s.command); err != nil {
				return c.lost(s, err)
			}
		}
		_, _, err := c.Text.ReadResponse(s.want)
		if err == nil {
			continue
		}
		reply, answered := errors.AsType[*textproto.Error](err)
		if !answered || reply.Code == 421 {
			return cmp.Or(refused, c.lost(s, err))
		}
		if refused == nil {
			refused = classify(s.name, err)
		}
		if !grouped {
			break
		}
	}
	return refused
}

// say sends what is written with one system call.
func (c *connection) say(what []byte) error {
	if _, err := c.Text.W.Write(what); err != nil {
		return err
	}
	return c.Text.W.Flush()
}

// lost is the error of a connection that ends at a step. At the first one nothing has happened yet.
func (c *connection) lost(s step, err error) error {
	if s.name == "MAIL" {
		return &staleError{fmt.Errorf("%s: %w", s.name, err)}
	}
	return classify(s.name, err)
}

// hasWholeLines reports whether every line of a mail ends as RFC 5321 wants it, which DATA would mend.
func hasWholeLines(message []byte) bool {
	return bytes.Count(message, []byte("\n")) == bytes.Count(message, []byte("\r\n")) && bytes.HasSuffix(message, []byte("\r\n"))
}

// classify turns an answer of the server into an error that says whether trying again helps.
func classify(step string, err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	cause := fmt.Errorf("%s: %w", step, err)
	switch {
	case !ok, reply.Code < 500:
		return unavailable(cause)
	case reply.Code == 530, reply.Code == 534, reply.Code == 535, reply.Code == 538, reply.Code == 502, reply.Code == 503:
		return unavailable(cause) // wants to be asked in another way: the configuration, not the mail
	case reply.Code == 552, reply.Code == 523, strings.HasPrefix(reply.Msg, "5.3.4 "): // RFC 3463
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
