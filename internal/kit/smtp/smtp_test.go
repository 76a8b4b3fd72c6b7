package smtp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/smtp"
)

// sink is a mail server that remembers what it was given.
type sink struct {
	config smtp.Config

	mu          sync.Mutex
	mails       []mail
	connections atomic.Int32
	conns       []net.Conn
	turns       atomic.Int32 // how often something came in
	signedIn    atomic.Int32
	refuse      func(step, arg string) error
}

type mail struct {
	from string
	to   []string
	data string
}

func (s *sink) received() []mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]mail{}, s.mails...)
}

// refuseWith asks f at each step of a mail.
func (s *sink) refuseWith(f func(step, arg string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// dropAll closes every connection without a word.
func (s *sink) dropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

type session struct {
	sink *sink
	mail mail
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "grouprise" || password != "secret" {
			return gosmtp.ErrAuthFailed
		}
		s.sink.signedIn.Add(1)
		return nil
	}), nil
}

func (s *session) check(step, arg string) error {
	s.sink.mu.Lock()
	refuse := s.sink.refuse
	s.sink.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse(step, arg)
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.mail.from = from
	return s.check("MAIL", from)
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.check("RCPT", to)
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.check("DATA", ""); err != nil {
		return err
	}
	s.mail.data = string(data)
	s.sink.mu.Lock()
	s.sink.mails = append(s.sink.mails, s.mail)
	s.sink.mu.Unlock()
	return nil
}

func (s *session) Reset()        { s.mail = mail{} }
func (s *session) Logout() error { return nil }

type countingListener struct {
	net.Listener
	sink    *sink
	without []string
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.sink.connections.Add(1)
		l.sink.mu.Lock()
		l.sink.conns = append(l.sink.conns, c)
		l.sink.mu.Unlock()
		c = countingConn{c, l}
	}
	return c, err
}

// countingConn hides what the server can do.
type countingConn struct {
	net.Conn
	from countingListener
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.from.sink.turns.Add(1)
	}
	return n, err
}

func (c countingConn) Write(p []byte) (int, error) {
	shown := p
	for _, extension := range c.from.without {
		shown = bytes.ReplaceAll(shown, []byte("250-"+extension+"\r\n"), nil)
	}
	if _, err := c.Conn.Write(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ages are servers of today and of earlier, by what they cannot do.
var ages = map[string][]string{
	"today":             nil,
	"without lengths":   {"CHUNKING"},
	"one by one":        {"CHUNKING", "PIPELINING"},
	"lengths, no group": {"PIPELINING"},
}

// startSink runs a mail server and returns it with the configuration that reaches it.
func startSink(tb testing.TB, encryption smtp.Encryption, adjust ...func(*gosmtp.Server)) *sink {
	tb.Helper()
	return startOldSink(tb, nil, encryption, adjust...)
}

// startOldSink runs a mail server that does not offer some extensions.
func startOldSink(tb testing.TB, without []string, encryption smtp.Encryption, adjust ...func(*gosmtp.Server)) *sink {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &sink{}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{sink: s}, nil }))
	server.Domain = "sink.example"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ErrorLog = quiet{}
	for _, a := range adjust {
		a(server)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	s.config = smtp.Config{Host: host, Encryption: encryption, Timeout: 5 * time.Second}
	s.config.Port, _ = strconv.Atoi(port)
	l = countingListener{l, s, without}
	if encryption != smtp.Plain {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{selfSigned(tb)}} // a test
		if encryption == smtp.TLS {
			l = tls.NewListener(l, server.TLSConfig)
		}
	}
	go server.Serve(l) // ends with the test
	tb.Cleanup(func() { _ = server.Close() })
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func selfSigned(tb testing.TB) tls.Certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink.example"}, DNSNames: []string{"sink.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func open(tb testing.TB, c smtp.Config) smtp.Sender {
	tb.Helper()
	s, err := smtp.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

var (
	letter   = []byte("Subject: x\r\n\r\n.Punkt am Anfang\r\n.\r\nEnde\r\n")
	envelope = smtp.Envelope{To: []string{"bert@example.org"}}
)

func TestMailsArriveOverEveryKindOfConnection(t *testing.T) {
	t.Parallel()
	for _, encryption := range []smtp.Encryption{smtp.Plain, smtp.StartTLS, smtp.TLS} {
		t.Run(string(encryption), func(t *testing.T) {
			t.Parallel()
			s := startSink(t, encryption)
			s.config.User, s.config.Password = "grouprise", "secret"
			sender := open(t, s.config)
			for range 10 {
				if err := sender.Send(t.Context(), smtp.Envelope{From: "noreply@example.org", To: []string{"bert@example.org", "carla@example.org"}}, letter); err != nil {
					t.Fatal(err)
				}
			}
			mails := s.received()
			if len(mails) != 10 || mails[9].data != string(letter) || mails[9].from != "noreply@example.org" || len(mails[9].to) != 2 {
				t.Errorf("received %+v", mails)
			}
			if n := s.connections.Load(); n != 1 {
				t.Errorf("%d connections for ten mails", n)
			}
			if s.signedIn.Load() != 1 {
				t.Error("not signed in once")
			}
		})
	}
}

func TestNullSenderAndInternationalAddresses(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	sender := open(t, s.config)
	if err := sender.Send(t.Context(), smtp.Envelope{To: []string{"jörg@gärten.example"}}, letter); err != nil {
		t.Fatal(err)
	}
	if m := s.received()[0]; m.from != "" || m.to[0] != "jörg@xn--grten-gra.example" {
		t.Errorf("%+v", m)
	}
	old := startSink(t, smtp.Plain, func(s *gosmtp.Server) { s.EnableSMTPUTF8 = false })
	sender = open(t, old.config)
	if err := sender.Send(t.Context(), smtp.Envelope{To: []string{"jörg@example.org"}}, letter); !errs.Is(err, errs.Denied) {
		t.Errorf("an address that the server cannot take: %v", err)
	}
	if err := sender.Send(t.Context(), envelope, letter); err != nil {
		t.Errorf("the next mail: %v", err)
	}
}

func TestErrorsSayWhetherTryingAgainHelps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step string
		err  error
		want errs.Kind
	}{
		"an unknown recipient":      {"RCPT", &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, errs.Denied},
		"a greylisted recipient":    {"RCPT", &gosmtp.SMTPError{Code: 451, Message: "come back later"}, errs.Unavailable},
		"a full mailbox":            {"RCPT", &gosmtp.SMTPError{Code: 452, Message: "full"}, errs.Unavailable},
		"a refused sender":          {"MAIL", &gosmtp.SMTPError{Code: 553, Message: "not yours"}, errs.Unavailable},
		"relaying is not for us":    {"RCPT", &gosmtp.SMTPError{Code: 554, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "<bert@example.org>: Relay access denied"}, errs.Unavailable},
		"Exim does not relay":       {"RCPT", &gosmtp.SMTPError{Code: 550, Message: "relay not permitted"}, errs.Unavailable},
		"the sender is not ours":    {"RCPT", &gosmtp.SMTPError{Code: 553, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "<noreply@town.example>: Sender address rejected: not owned by user web"}, errs.Unavailable},
		"our host is not let in":    {"RCPT", &gosmtp.SMTPError{Code: 554, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "<unknown[192.0.2.1]>: Client host rejected: Access denied"}, errs.Unavailable},
		"Exim does not believe us":  {"RCPT", &gosmtp.SMTPError{Code: 550, Message: "Sender verify failed"}, errs.Unavailable},
		"Exchange has other owners": {"DATA", &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 60}, Message: "SMTP; Client does not have permissions to send as this sender"}, errs.Unavailable},
		"nothing vouches for us":    {"DATA", &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 26}, Message: "This mail has been blocked because the sender is unauthenticated."}, errs.Unavailable},
		"a recipient is not let in": {"RCPT", &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 4, 1}, Message: "Recipient address rejected: Access denied"}, errs.Denied},
		"the login is not ours":     {"RCPT", &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "wrong credentials"}, errs.Unavailable},
		"too large by its size":     {"MAIL", &gosmtp.SMTPError{Code: 552, EnhancedCode: gosmtp.EnhancedCode{5, 3, 4}, Message: "too big"}, errs.TooLarge},
		"signing in is wanted":      {"MAIL", &gosmtp.SMTPError{Code: 530, Message: "authenticate first"}, errs.Unavailable},
		"refused content":           {"DATA", &gosmtp.SMTPError{Code: 554, Message: "spam"}, errs.Denied},
		"a mail that is too large":  {"DATA", &gosmtp.SMTPError{Code: 552, EnhancedCode: gosmtp.EnhancedCode{5, 3, 4}, Message: "too big"}, errs.TooLarge},
		"trouble after the message": {"DATA", &gosmtp.SMTPError{Code: 451, Message: "disk full"}, errs.Unavailable},
	} {
		for age, without := range ages {
			t.Run(name+", "+age, func(t *testing.T) {
				t.Parallel()
				s := startOldSink(t, without, smtp.Plain)
				var healed atomic.Bool
				s.refuseWith(func(step, _ string) error {
					if step == c.step && !healed.Load() {
						return c.err
					}
					return nil
				})
				sender := open(t, s.config)
				err := sender.Send(t.Context(), envelope, letter)
				if err == nil || errs.KindOf(err) != c.want {
					t.Fatalf("%v, want %s", err, c.want)
				}
				if !strings.Contains(err.Error(), c.err.(*gosmtp.SMTPError).Message) { //nolint:errorlint // made above
					t.Errorf("the cause is lost: %v", err)
				}
				healed.Store(true)
				if err := sender.Send(t.Context(), envelope, letter); err != nil {
					t.Errorf("the next mail: %v", err)
				}
				if n := len(s.received()); n != 1 {
					t.Errorf("%d mails", n)
				}
				if n := s.connections.Load(); n != 1 && c.want != errs.Unavailable {
					t.Errorf("%d connections: a refused mail is no reason to hang up", n)
				}
			})
		}
	}
}

func TestServersOfEveryAgeTakeAMailInAsFewTurnsAsTheyCan(t *testing.T) {
	t.Parallel()
	small := append([]byte("Subject: x\r\n\r\n"), bytes.Repeat([]byte(".Zeile\r\n"), 100)...)
	large := append(bytes.Repeat([]byte("Zeile mit etwas Text\r\n"), 10_000), "Ende\r\n"...)
	bare := []byte("Subject: x\n\n.Punkt\n.\nEnde")
	for age, turns := range map[string]int32{"today": 1, "without lengths": 3, "one by one": 4, "lengths, no group": 4} {
		t.Run(age, func(t *testing.T) {
			t.Parallel()
			s := startOldSink(t, ages[age], smtp.Plain)
			sender := open(t, s.config)
			for _, message := range [][]byte{small, small, large, bare} {
				before := s.turns.Load()
				if err := sender.Send(t.Context(), envelope, message); err != nil {
					t.Fatal(err)
				}
				mails := s.received()
				want := strings.ReplaceAll(strings.ReplaceAll(string(message), "\r\n", "\n"), "\n", "\r\n")
				if got := mails[len(mails)-1].data; strings.TrimSuffix(got, "\r\n") != strings.TrimSuffix(want, "\r\n") {
					t.Errorf("%d bytes arrived, want %d", len(got), len(want))
				}
				if got := s.turns.Load() - before; len(mails) == 2 && got != turns {
					t.Errorf("%d turns for a mail, want %d", got, turns)
				}
			}
		})
	}
}

func TestOneRefusedRecipientMeansNobodyGetsTheMail(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	s.refuseWith(func(step, arg string) error {
		if step == "RCPT" && arg == "nobody@example.org" {
			return &gosmtp.SMTPError{Code: 550, Message: "no"}
		}
		return nil
	})
	err := open(t, s.config).Send(t.Context(), smtp.Envelope{To: []string{"bert@example.org", "nobody@example.org"}}, letter)
	if !errs.Is(err, errs.Denied) || len(s.received()) != 0 {
		t.Errorf("%v, %d mails", err, len(s.received()))
	}
}

func TestAServerThatHangsUpIsCalledAgain(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	sender := open(t, s.config)
	for i := range 5 {
		if err := sender.Send(t.Context(), envelope, letter); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
		s.dropAll()
	}
	if n := len(s.received()); n != 5 {
		t.Errorf("%d mails", n)
	}
}

func TestAConnectionThatBreaksInTheMiddleIsTemporary(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"MAIL", "RCPT", "DATA"} {
		s := startSink(t, smtp.Plain)
		var once sync.Once
		s.refuseWith(func(at, _ string) error {
			if at == step {
				once.Do(s.dropAll)
			}
			return nil
		})
		sender := open(t, s.config)
		if err := sender.Send(t.Context(), envelope, letter); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", step, err)
		}
		if err := sender.Send(t.Context(), envelope, letter); err != nil {
			t.Errorf("after a break at %s: %v", step, err)
		}
	}
}

func TestAServerThatIsAwayIsTemporary(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	silent := smtp.Config{Host: "127.0.0.1", Port: port, Timeout: 100 * time.Millisecond}
	for _, encryption := range []smtp.Encryption{smtp.Plain, smtp.StartTLS, smtp.TLS} {
		silent.Encryption = encryption
		start := time.Now()
		if err := open(t, silent).Send(t.Context(), envelope, letter); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a server that says nothing, %s: %v", encryption, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s took %s", encryption, d)
		}
	}
	_ = l.Close()
	if err := open(t, silent).Send(t.Context(), envelope, letter); !errs.Is(err, errs.Unavailable) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestGivingUpEndsAMailInHand(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	started, release := make(chan struct{}), make(chan struct{})
	s.refuseWith(func(step, _ string) error {
		if step == "DATA" {
			close(started)
			<-release
		}
		return nil
	})
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	sender := open(t, s.config)
	go func() { result <- sender.Send(ctx, envelope, letter) }()
	<-started
	cancel()
	if err := <-result; !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

func TestAWrongPasswordIsAMatterOfConfiguration(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	s.config.User, s.config.Password = "grouprise", "wrong"
	if err := open(t, s.config).Send(t.Context(), envelope, letter); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

func TestACertificateMustBeValidForAnotherMachine(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.StartTLS)
	s.config.TLSConfig = &tls.Config{ServerName: "sink.example"} // what another host name would get
	err := open(t, s.config).Send(t.Context(), envelope, letter)
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}

func TestManySendersShareFewConnections(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	s.config.MaxConnections = 3
	sender := open(t, s.config)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if err := sender.Send(t.Context(), envelope, letter); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.connections.Load(); n > 3 || len(s.received()) != 100 {
		t.Errorf("%d connections, %d mails", n, len(s.received()))
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	s.config.MaxIdle = 20 * time.Millisecond
	sender := open(t, s.config)
	for range 2 {
		if err := sender.Send(t.Context(), envelope, letter); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if n := s.connections.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	s := startSink(t, smtp.Plain)
	sender := open(t, s.config)
	for _, to := range []string{"", "x", "@y", "x@", "a@b>\r\nDATA", "a@b c", "a b@c"} {
		if err := sender.Send(t.Context(), smtp.Envelope{To: []string{to}}, letter); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if err := sender.Send(t.Context(), smtp.Envelope{}, letter); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestFolderKeepsMails(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	if mails, err := smtp.List(dir, 10); err != nil || len(mails) != 0 {
		t.Errorf("a missing folder: %v, %v", mails, err)
	}
	one, two := open(t, smtp.Config{Backend: smtp.Folder, Folder: dir}), open(t, smtp.Config{Backend: smtp.Folder, Folder: dir})
	var wg sync.WaitGroup
	for i := range 50 {
		for _, s := range []smtp.Sender{one, two} {
			wg.Go(func() {
				if err := s.Send(t.Context(), smtp.Envelope{From: "a@example.org", To: []string{fmt.Sprintf("b%d@example.org", i), "c@example.org"}}, letter); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if err := one.Send(t.Context(), smtp.Envelope{To: []string{"last@example.org"}}, letter); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"notes.txt", ".new-1", "x-1.eml"} {
		if err := os.WriteFile(filepath.Join(dir, foreign), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := smtp.List(dir, 1000)
	if err != nil || len(all) != 101 {
		t.Fatalf("%d mails, %v", len(all), err)
	}
	few, err := smtp.List(dir, 2)
	if err != nil || len(few) != 2 || few[0].Envelope.To[0] != "last@example.org" || few[0].Envelope.From != "" {
		t.Fatalf("%+v, %v", few, err)
	}
	m, message, err := smtp.Read(dir, all[1].Name)
	if err != nil || !bytes.Equal(message, letter) || m.Envelope.From != "a@example.org" || len(m.Envelope.To) != 2 {
		t.Errorf("%+v %q %v", m, message, err)
	}
	for _, name := range []string{"", "x", "../outbox/" + all[0].Name, "notes.txt", "20240101T000000.000000000Z-1.eml"} {
		if _, _, err := smtp.Read(dir, name); !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestConsolePrintsAndNoneForgets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := open(t, smtp.Config{Backend: smtp.Console, Output: &out}).Send(t.Context(), envelope, letter); err != nil || !strings.Contains(out.String(), "Ende") {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := open(t, smtp.Config{Backend: smtp.None}).Send(t.Context(), envelope, letter); err != nil {
		t.Error(err)
	}
	if _, err := smtp.New(smtp.Config{Backend: "pigeon"}); err == nil || !strings.Contains(err.Error(), "unknown backend") {
		t.Errorf("an unknown backend: %v", err)
	}
	if _, err := smtp.New(smtp.Config{Backend: smtp.Folder}); err == nil || !strings.Contains(err.Error(), "has no path") {
		t.Errorf("a folder without path: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, smtp.Config{Backend: smtp.None}).Send(ctx, envelope, letter); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// BenchmarkSend says what a mail of 3 KB costs over one warm connection to a sink in this process;
// the CPU time is of both sides.
func BenchmarkSend(b *testing.B) {
	s := startSink(b, smtp.Plain)
	sender := open(b, s.config)
	message := append([]byte("Subject: x\r\n\r\n"), bytes.Repeat([]byte("Zeile mit etwas Text darin, wie in Mails.\r\n"), 70)...)
	cpu := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := cpu()
	for b.Loop() {
		if err := sender.Send(b.Context(), envelope, message); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu()-start)/float64(b.N)/1e6, "cpu-ms/op")
}

// TestEachAnswerHasItsOwnTime has a server that is slow at every step, but never too slow.
func TestEachAnswerHasItsOwnTime(t *testing.T) {
	t.Parallel()
	s := startOldSink(t, ages["one by one"], smtp.Plain)
	s.config.Timeout = 3 * time.Second
	s.refuseWith(func(string, string) error {
		time.Sleep(s.config.Timeout / 4)
		return nil
	})
	if err := open(t, s.config).Send(t.Context(), smtp.Envelope{To: []string{"a@example.org", "b@example.org", "c@example.org"}}, letter); err != nil {
		t.Error(err)
	}
}
