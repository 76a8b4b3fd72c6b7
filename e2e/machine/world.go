package machine

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// The network beyond the machine: where its mail server hands mails for others to, and the two addresses by which a stranger reaches it.
const (
	worldAddress    = "127.0.0.1:2525"
	machineAddress  = "192.0.2.1"
	strangerAddress = "192.0.2.7"
)

// World is everybody else: all mailboxes that are not the machine's.
type World struct {
	mu    sync.Mutex
	mails map[string][][]byte // by recipient
	gone  map[string]bool     // mailboxes that are no more
}

func startWorld(t *testing.T) *World {
	t.Helper()
	w := &World{mails: map[string][][]byte{}, gone: map[string]bool{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{world: w}, nil }))
	server.Domain = "mx.post.example"
	listener, err := net.Listen("tcp", worldAddress)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	return w
}

// delivery is one connection to the world.
type delivery struct {
	world      *World
	sender     string
	recipients []string
}

func (d *delivery) Reset()        { d.sender, d.recipients = "", nil }
func (d *delivery) Logout() error { return nil }

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.sender, d.recipients = from, nil
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	to = strings.ToLower(to)
	d.world.mu.Lock()
	defer d.world.mu.Unlock()
	if d.world.gone[to] {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user here"}
	}
	d.recipients = append(d.recipients, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.world.mu.Lock()
	defer d.world.mu.Unlock()
	raw = append([]byte("Return-Path: <"+d.sender+">\n"), bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))...)
	for _, to := range d.recipients {
		d.world.mails[to] = append(d.world.mails[to], raw)
	}
	return nil
}

// Close ends a mailbox: from then on, what is for it is refused. Open begins it again.
func (w *World) Close(address string) { w.exists(address, false) }

// Open begins a mailbox that was closed again.
func (w *World) Open(address string) { w.exists(address, true) }

func (w *World) exists(address string, does bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone[strings.ToLower(address)] = !does
}

// Mails returns the mails in somebody's mailbox, oldest first. Each begins with its envelope sender, as Return-Path.
func (w *World) Mails(address string) [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.mails[address])
}

// Send hands a mail to the machine's mail server as a stranger's mail server does, from another address than the machine's own.
func (w *World) Send(from, to string, message []byte) error {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(strangerAddress)}}
	conn, err := dialer.Dial("tcp", net.JoinHostPort(machineAddress, "25"))
	if err != nil {
		return err
	}
	client := smtp.NewClient(conn)
	defer client.Close()
	if err := client.Hello("mx.post.example"); err != nil {
		return err
	}
	if err := client.SendMail(from, []string{to}, bytes.NewReader(message)); err != nil {
		return err
	}
	return client.Quit()
}
