// Package smtp sends mails through a mail server, stores them as files, prints them or discards them.
//
// A [Sender] says by the kind of its error what to do next: errs.Unavailable means that trying again
// later can help (the server cannot be reached, is busy, or is wrongly configured, which an administrator will
// repair while the mail waits); errs.Denied and errs.TooLarge mean that the server will never accept this mail,
// with its own words as the cause.
package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Sender sends mails. It may be used by many goroutines.
type Sender interface {
	// Send sends one message to all recipients or, when the server refuses one of them, to none. A nil
	// error means that the server has taken responsibility.
	Send(ctx context.Context, e Envelope, message []byte) error
	// Close ends idle connections. Sending afterwards fails.
	Close() error
}

// Envelope says where a message goes and who hears of its failure.
type Envelope struct {
	From string // empty: the null reverse path, nobody hears of it
	To   []string
}

// Backend is a way of sending.
type Backend string

// The backends.
const (
	Server  Backend = "smtp"
	Folder  Backend = "folder"  // files that List shows, for a demonstration
	Console Backend = "console" // printed, for development
	None    Backend = "none"    // discarded
)

// Encryption is how a connection to a mail server is protected.
type Encryption string

// The kinds of encryption. With StartTLS and TLS the server's certificate must be valid for Host,
// unless Host is a loopback address: nobody can listen in there, and mail servers are installed with
// certificates that they signed themselves.
const (
	Plain    Encryption = "plain"
	StartTLS Encryption = "starttls"
	TLS      Encryption = "ssl"
)

// Config says how to send. The zero value sends to localhost.
type Config struct {
	Backend    Backend    // Server
	Host       string     // localhost
	Port       int        // 25, 587 with StartTLS, 465 with TLS
	Encryption Encryption // Plain

	// User and Password sign in with the safest of CRAM-MD5 (unencrypted connections only), PLAIN and
	// LOGIN that the server offers. PLAIN and LOGIN are never sent unencrypted to another machine
	// unless AllowPlainPassword is set.
	User, Password     string
	AllowPlainPassword bool

	Hello     string      // our name in EHLO: localhost
	TLSConfig *tls.Config // replaces the rules above, for tests and own authorities

	Timeout          time.Duration // for connecting and for each answer: 30 s
	MaxConnections   int           // at the same time, further mails wait: 4
	MaxIdle          time.Duration // an idle connection is closed: 30 s
	MaxPerConnection int           // mails on one connection: 100

	Folder string    // of the files, made when missing
	Output io.Writer // of the console
}

// New returns the sender that the configuration asks for.
func New(c Config) (Sender, error) {
	switch c.Backend {
	case Server, "":
		return newServer(c), nil
	case Folder:
		return newFolder(c.Folder)
	case Console:
		return &console{out: cmp.Or[io.Writer](c.Output, io.Discard)}, nil
	case None:
		return none{}, nil
	}
	return nil, fmt.Errorf("unknown backend of outgoing mail %q", c.Backend)
}

func (c Config) withDefaults() Config {
	c.Host = cmp.Or(c.Host, "localhost")
	c.Encryption = cmp.Or(c.Encryption, Plain)
	if c.Port == 0 {
		c.Port = map[Encryption]int{Plain: 25, StartTLS: 587, TLS: 465}[c.Encryption]
	}
	c.Hello = cmp.Or(c.Hello, "localhost")
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.MaxConnections = cmp.Or(c.MaxConnections, 4)
	c.MaxIdle = cmp.Or(c.MaxIdle, 30*time.Second)
	c.MaxPerConnection = cmp.Or(c.MaxPerConnection, 100)
	return c
}

func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

func (c Config) isLoopback() bool {
	ip := net.ParseIP(c.Host)
	return c.Host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) tls() *tls.Config {
	if c.TLSConfig != nil {
		return c.TLSConfig
	}
	return &tls.Config{
		ServerName: c.Host, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: c.isLoopback(), //nolint:gosec // see Encryption
	}
}

type none struct{}

func (none) Send(ctx context.Context, _ Envelope, _ []byte) error { return ctx.Err() }
func (none) Close() error                                         { return nil }
