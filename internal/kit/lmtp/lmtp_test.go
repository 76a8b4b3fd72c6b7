package lmtp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

// house is a handler that takes what it is told to take.
type house struct {
	mu        sync.Mutex
	delivered []string // recipient and size
	envelopes []Envelope
	recipient func(from, to string) error
	deliver   func(to string) error
}

func (h *house) Recipient(_ context.Context, from, to string) error {
	if h.recipient == nil {
		return nil
	}
	return h.recipient(from, to)
}

func (h *house) Deliver(_ context.Context, e Envelope, message []byte) []error {
	results := make([]error, len(e.Recipients))
	for i, to := range e.Recipients {
		if h.deliver != nil {
			results[i] = h.deliver(to)
		}
		if results[i] == nil {
			h.mu.Lock()
			h.delivered = append(h.delivered, fmt.Sprintf("%s %d", to, len(message)))
			h.mu.Unlock()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.envelopes = append(h.envelopes, e)
	return results
}

func (h *house) took() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.delivered...)
}

// start serves until the test ends, and returns where and how to end it earlier.
func start(t *testing.T, s Server) (address net.Addr, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	if s.Listen == "" {
		s.Listen = "127.0.0.1:0"
	}
	s.Log = slog.New(slog.DiscardHandler)
	s.Ready = func(a net.Addr) { ready <- a }
	go func() { ended <- s.Serve(ctx) }()
	select {
	case address = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	end = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return address, end
}

// countingListener counts the bytes that a server has read.
type countingListener struct {
	net.Listener

	bytes atomic.Int64
}

func listen(t *testing.T) *countingListener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &countingListener{Listener: l}
}

// Accept implements net.Listener.
func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{Conn: conn, bytes: &l.bytes}, nil
}

type countingConn struct {
	net.Conn

	bytes *atomic.Int64
}

// Read implements net.Conn.
func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.bytes.Add(int64(n))
	return n, err
}

// reads lets a client say something that nothing is answered to yet, and returns when the server has read it.
func (l *countingListener) reads(t *testing.T, c *client, text string) {
	t.Helper()
	whole := l.bytes.Load() + int64(len(text))
	c.sends(text)
	for deadline := time.Now().Add(time.Minute); l.bytes.Load() < whole; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("of %d bytes the server has read %d", whole, l.bytes.Load())
		}
	}
}

// client speaks one command after the other.
type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, address net.Addr) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), address.Network(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	c := &client{t: t, Conn: conn, in: bufio.NewReader(conn)}
	c.answer("220")
	c.says("LHLO mail.example", "250")
	return c
}

// answer reads one answer, of one line or more, and checks how it begins.
func (c *client) answer(want string) string {
	c.t.Helper()
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("no answer %s: %v", want, err)
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		if !strings.HasPrefix(line, want) {
			c.t.Fatalf("the answer is %q, not %s", line, want)
		}
		return line
	}
}

func (c *client) says(line, want string) string {
	c.t.Helper()
	if _, err := io.WriteString(c, line+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
	return c.answer(want)
}

func TestEachRecipientHasAnAnswer(t *testing.T) {
	t.Parallel()
	h := &house{
		recipient: func(_, to string) error {
			if strings.HasPrefix(to, "nobody@") {
				return errs.New(errs.NotFound, "There is no such address here.")
			}
			return nil
		},
		deliver: func(to string) error {
			switch strings.SplitN(to, "@", 2)[0] {
			case "closed":
				return errs.New(errs.Denied, "Nur für Mitglieder %s.", "der “Gruppe”")
			case "odd":
				return errs.New(errs.Invalid, "line one\r\nline two")
			case "big":
				return errs.New(errs.TooLarge, "Too large.")
			case "away":
				return errs.New(errs.Unavailable, "Later.")
			case "often":
				return errs.New(errs.TooMany, "Too many.")
			case "broken":
				return errors.New("the password is swordfish")
			case "defect":
				panic("nil map")
			}
			return nil
		},
	}
	address, _ := start(t, Server{Handler: h})
	c := dial(t, address)
	c.says("MAIL FROM:<bert@mail.example> BODY=8BITMIME", "250")
	c.says("RCPT TO:<nobody@town.example>", "550 5.1.1 There is no such address here.")
	names := []string{"good", "closed", "odd", "big", "away", "often", "broken", "good"}
	for _, name := range names {
		c.says("RCPT TO:<"+name+"@town.example>", "250")
	}
	c.says("DATA", "354")
	if _, err := io.WriteString(c, "Subject: hello\r\n\r\n..dot\r\n.\r\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"250", `550 5.7.1 <closed@town.example> Nur fuer Mitglieder der "Gruppe".`, "550 5.6.0 <odd@town.example> line one  line two", "552 5.3.4", "451 4.3.0 <away@town.example> Later.",
		"451 4.7.1", "451 4.3.0 <broken@town.example> Sorry, this did not work.", "250",
	} {
		c.answer(want)
	}
	if took := h.took(); len(took) != 2 || took[0] != "good@town.example 24" {
		t.Errorf("delivered: %q", took)
	}
	if e := h.envelopes[0]; e.From != "bert@mail.example" || e.Hello != "mail.example" || e.ID == "" || len(e.Recipients) != len(names) {
		t.Errorf("the envelope is %+v", e)
	}

	// The same session goes on after a defect, with a null sender.
	c.says("MAIL FROM:<>", "250")
	c.says("RCPT TO:<defect@town.example>", "250")
	c.says("DATA", "354")
	c.says("x\r\n.", "451 4.3.0")
	c.says("NOOP", "250")
	c.says("QUIT", "221")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	h := &house{}
	address, _ := start(t, Server{Handler: h, MaxBytes: 1000, MaxRecipients: 3})
	c := dial(t, address)
	c.says("MAIL FROM:<a@b.example> SIZE=5000", "552")
	c.says("MAIL FROM:<a@b.example>", "250")
	c.says("RCPT TO:<x1@town.example>", "250")
	c.says("RCPT TO:<x2@town.example>", "250")
	c.says("RCPT TO:<x3@town.example>", "250")
	c.says("RCPT TO:<x4@town.example>", "452")
	c.says("DATA", "354")
	go func() {
		_, _ = io.WriteString(c, strings.Repeat(strings.Repeat("x", 998)+"\r\n", 2000)+".\r\n")
	}()
	for range 3 {
		c.answer("552 5.3.4")
	}
	c.says("NOOP", "250")
	if took := h.took(); took != nil {
		t.Errorf("delivered: %q", took)
	}
}

func TestAThousandRecipients(t *testing.T) {
	t.Parallel()
	h := &house{}
	address, _ := start(t, Server{Handler: h})
	c := dial(t, address)
	c.says("MAIL FROM:<a@b.example>", "250")
	for i := range 1000 {
		c.says(fmt.Sprintf("RCPT TO:<x%d@town.example>", i), "250")
	}
	c.says("DATA", "354")
	c.says("hello\r\n.", "250")
	for range 999 {
		c.answer("250")
	}
	if took := h.took(); len(took) != 1000 {
		t.Errorf("delivered to %d", len(took))
	}
}

func TestTruncatedSessionsHaveNoEffect(t *testing.T) {
	t.Parallel()
	h := &house{}
	address, end := start(t, Server{Handler: h})
	for _, said := range []string{
		"", "MAIL FROM:<a@b.example>\r\n", "MAIL FROM:<a@b.example>\r\nRCPT TO:<x@town.example>\r\nDATA\r\n",
		"MAIL FROM:<a@b.example>\r\nRCPT TO:<x@town.example>\r\nDATA\r\nSubject: half",
		"MAIL FROM:<a@b.example>\r\nRCPT TO:<x@town.example>\r\nBDAT 100\r\nhalf",
		"MAIL FROM:<a@b.example>\r\nRCPT TO:<x@town.example>\r\nRSET\r\nDATA\r\n\r\n.\r\n",
		strings.Repeat("x", 100_000), "\x00\xff\r\n\r\n", "DATA\r\nx\r\n.\r\n", "EHLO x\r\nHELO x\r\nSTARTTLS\r\nAUTH PLAIN\r\n",
	} {
		c := dial(t, address)
		_, _ = io.WriteString(c, said)
		_ = c.Close()
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if took := h.took(); took != nil {
		t.Errorf("delivered: %q", took)
	}
}

func TestSessionsDoNotMix(t *testing.T) {
	t.Parallel()
	h := &house{}
	address, _ := start(t, Server{Handler: h})
	var clients []*client
	for range 20 {
		clients = append(clients, dial(t, address))
	}
	for i, c := range clients {
		c.says(fmt.Sprintf("MAIL FROM:<from%d@b.example>", i), "250")
	}
	for i, c := range clients {
		c.says(fmt.Sprintf("RCPT TO:<to%d@town.example>", i), "250")
	}
	for _, c := range clients {
		c.says("DATA", "354")
	}
	for i, c := range clients {
		c.says(strings.Repeat("x", i)+"\r\n.", "250")
	}
	if len(h.envelopes) != len(clients) {
		t.Fatalf("%d envelopes", len(h.envelopes))
	}
	for _, e := range h.envelopes {
		if len(e.Recipients) != 1 || strings.TrimPrefix(strings.Split(e.From, "@")[0], "from") != strings.TrimPrefix(strings.Split(e.Recipients[0], "@")[0], "to") {
			t.Errorf("mixed: %+v", e)
		}
	}
}

func TestTheEndFinishesWhatIsInHand(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan bool), make(chan bool)
	h := &house{deliver: func(string) error {
		begun <- true
		<-goOn
		return nil
	}}
	address, end := start(t, Server{Handler: h, Listen: "unix:" + filepath.Join(t.TempDir(), "lmtp")})
	idle := dial(t, address)
	busy := dial(t, address)
	busy.says("MAIL FROM:<a@b.example>", "250")
	busy.says("RCPT TO:<x@town.example>", "250")
	busy.says("DATA", "354")
	if _, err := io.WriteString(busy, "hello\r\n.\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	idle.answer("421")
	select {
	case <-ended:
		t.Fatal("the server ended with a message in hand")
	case <-time.After(50 * time.Millisecond):
	}
	goOn <- true
	busy.answer("250")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestASocketLeftBehindIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lmtp")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	address, _ := start(t, Server{Handler: &house{}, Listen: "unix:" + path})
	dial(t, address).says("QUIT", "221")
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n"))
	f.Add([]byte("MAIL FROM:<>\r\nRCPT TO:<c@d>\r\nBDAT 5 LAST\r\nhelloQUIT\r\n"))
	f.Add([]byte("RSET\r\nVRFY x\r\nMAIL FROM:<ä@ö> SMTPUTF8 SIZE=99999999999999999999\r\n"))
	f.Add(bytes.Repeat([]byte("RCPT TO:<@>\r\n"), 50))
	f.Fuzz(func(t *testing.T, said []byte) {
		h := &house{}
		server := Server{Handler: h, Log: slog.New(slog.DiscardHandler), MaxBytes: 10_000, Timeout: time.Second}.withDefaults()
		ours, theirs := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- server.serve(ctx, &once{conn: ours}) }()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		_, _ = io.WriteString(theirs, "LHLO x\r\n")
		_, _ = theirs.Write(said)
		_ = theirs.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, took := range h.took() {
			if !strings.Contains(took, " ") {
				t.Errorf("a delivery without a recipient: %q", took)
			}
		}
	})
}

// once is a listener for one connection.
type once struct {
	mu     sync.Mutex
	conn   net.Conn
	closed chan struct{}
}

func (o *once) Accept() (net.Conn, error) {
	o.mu.Lock()
	c := o.conn
	o.conn = nil
	if o.closed == nil {
		o.closed = make(chan struct{})
	}
	closed := o.closed
	o.mu.Unlock()
	if c != nil {
		return c, nil
	}
	<-closed
	return nil, net.ErrClosed
}

func (o *once) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == nil {
		o.closed = make(chan struct{})
	}
	select {
	case <-o.closed:
	default:
		close(o.closed)
	}
	return nil
}

func (*once) Addr() net.Addr { return &net.TCPAddr{} }

func TestAServerThatIsToEndBeforeItHasBegunEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for range 100 {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			ended <- Server{Listener: listener, Handler: &house{}, Log: slog.New(slog.DiscardHandler)}.Serve(ctx)
		}()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("it did not end")
		}
	}
}

// last is a listener to which a client comes in the moment in which it is closed.
type last struct {
	once

	client slow
}

// Accept implements net.Listener.
func (l *last) Accept() (net.Conn, error) {
	conn, err := l.once.Accept()
	if errors.Is(err, net.ErrClosed) && !l.client.came {
		l.client.came = true
		return &l.client, nil
	}
	return conn, err
}

// slow is a connection on which each line takes its time.
type slow struct {
	net.Conn

	came   bool
	closed atomic.Bool
}

// Write implements net.Conn.
func (c *slow) Write(p []byte) (int, error) {
	time.Sleep(20 * time.Millisecond)
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *slow) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

func TestWhoComesAtTheEndIsAnswered(t *testing.T) {
	t.Parallel()
	for what, s := range map[string]Server{"a session": {}, "one too many": {MaxSessions: -1}} {
		ours, theirs := net.Pipe()
		said := make(chan string, 1)
		go func() {
			all, _ := io.ReadAll(theirs)
			said <- string(all)
		}()
		listener := &last{client: slow{Conn: ours}}
		ctx, stop := context.WithCancel(t.Context())
		s.Listener, s.Handler, s.Log = listener, &house{}, slog.New(slog.DiscardHandler)
		s.Ready = func(net.Addr) { time.AfterFunc(20*time.Millisecond, stop) }
		if err := s.Serve(ctx); err != nil {
			t.Error(err)
		}
		if !listener.client.closed.Load() {
			t.Errorf("%s: the server has ended before", what)
		}
		if got := <-said; !strings.HasPrefix(got, "2") && !strings.HasPrefix(got, "421") {
			t.Errorf("%s: the answer is %q", what, got)
		}
	}
}

// begins says whom a message is for and that it follows.
func (c *client) begins() {
	c.t.Helper()
	c.says("MAIL FROM:<a@b.example>", "250")
	c.says("RCPT TO:<x@town.example>", "250")
	c.says("RCPT TO:<y@town.example>", "250")
	c.says("DATA", "354")
}

func (c *client) sends(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// A mail server returns a message to its sender after a permanent answer, and keeps it after a temporary one.
func TestWhatIsNotTheMessagesFaultIsTemporary(t *testing.T) {
	t.Parallel()
	t.Run("the server ends", func(t *testing.T) {
		t.Parallel()
		incoming := listen(t)
		address, end := start(t, Server{Listener: incoming, Handler: &house{}})
		c, chunks := dial(t, address), dial(t, address)
		c.begins()
		incoming.reads(t, c, "Subject: half\r\n\r\nhalf")
		chunks.says("MAIL FROM:<a@b.example>", "250")
		chunks.says("RCPT TO:<x@town.example>", "250")
		incoming.reads(t, chunks, "BDAT 100\r\nhalf")
		go func() { _ = end() }()
		c.answer("451 4.4.2")
		c.answer("451 4.4.2")
		c.answer("421")
		chunks.answer("451 4.4.2")
		chunks.answer("421")
	})
	t.Run("the client is slow", func(t *testing.T) {
		t.Parallel()
		h := &house{}
		address, _ := start(t, Server{Handler: h, Timeout: 2 * time.Second})
		c := dial(t, address)
		c.begins()
		c.sends("Subject: half\r\n\r\nhalf")
		c.answer("451 4.4.2")
		c.answer("451 4.4.2")
		c.answer("421")
		if took := h.took(); took != nil {
			t.Errorf("delivered: %q", took)
		}
	})
}

func TestOddMessagesAreTaken(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"a last line that ends in CR CR LF": "Subject: a\r\n\r\nhello\r\r\n",
		"all lines end in CR CR LF":         "Subject: a\r\r\n\r\r\nhello\r\r\n",
		"a long line":                       "Subject: a\r\n\r\n" + strings.Repeat("x", 500_000) + "\r\n",
		"2,000 header lines":                strings.Repeat("X-A: b\r\n", 2000) + "\r\nhello\r\n",
		"dots":                              "..\r\n...\r\n.. \r\n",
		"an empty one":                      "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &house{}
			address, _ := start(t, Server{Handler: h})
			c := dial(t, address)
			c.begins()
			c.sends(message + ".\r\n")
			c.answer("250")
			c.answer("250")
			c.says("NOOP", "250") // what follows is a command
			if took := h.took(); len(took) != 2 {
				t.Errorf("delivered: %q", took)
			}
		})
	}
}

func TestALineWithoutEndIsTheMessagesFault(t *testing.T) {
	t.Parallel()
	address, _ := start(t, Server{Handler: &house{}})
	c := dial(t, address)
	c.begins()
	go func() { _, _ = io.WriteString(c, strings.Repeat("x", 2*maxLine)) }()
	c.answer("550 5.6.0")
}

func TestSessionsThatDoNothingGiveWay(t *testing.T) {
	t.Parallel()
	const idle = 2 * time.Second
	begun, goOn := make(chan bool), make(chan bool)
	h := &house{deliver: func(to string) error {
		if strings.HasPrefix(to, "x@") {
			begun <- true
			<-goOn
		}
		return nil
	}}
	address, _ := start(t, Server{Handler: h, MaxSessions: 2, IdleWhenFull: idle})
	busy := dial(t, address)
	busy.begins()
	busy.sends("hello\r\n.\r\n")
	<-begun
	first := dial(t, address)

	conn, err := new(net.Dialer).DialContext(t.Context(), address.Network(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	(&client{t: t, Conn: conn, in: bufio.NewReader(conn)}).answer("421 4.3.2")

	time.Sleep(idle + 100*time.Millisecond)
	dial(t, address).says("NOOP", "250")
	first.answer("421")
	goOn <- true
	busy.answer("250")
	busy.answer("250")
}

func TestBytesInHandAreBounded(t *testing.T) {
	t.Parallel()
	h := &house{}
	incoming := listen(t)
	address, _ := start(t, Server{Listener: incoming, Handler: h, MaxBytes: 300_000, MaxInHand: 600_000})
	half := strings.Repeat(strings.Repeat("x", 998)+"\r\n", 250)
	first, second, third := dial(t, address), dial(t, address), dial(t, address)
	first.begins()
	incoming.reads(t, first, half)
	second.begins()
	incoming.reads(t, second, half)
	third.begins()
	third.sends(half + ".\r\n")
	third.answer("452 4.3.1")
	third.answer("452 4.3.1")
	for _, c := range []*client{first, second} {
		c.sends(".\r\n")
		c.answer("250")
		c.answer("250")
	}
	third.begins()
	third.sends(half + ".\r\n")
	third.answer("250")
	third.answer("250")
	if took := h.took(); len(took) != 6 {
		t.Errorf("delivered: %q", took)
	}
}

func TestVerifyingSaysWhenAddressesAreChecked(t *testing.T) {
	t.Parallel()
	address, _ := start(t, Server{Handler: &house{}})
	dial(t, address).says("VRFY x", "252 2.5.0 Addresses are checked when a mail is sent to them.")
}
