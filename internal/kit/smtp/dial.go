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
	netsmtp "net/smtp"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
)

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
	c.setTimeout(cfg.Timeout)
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
		c.setTimeout(cfg.Timeout)
		if err := c.StartTLS(cfg.tls()); err != nil {
			return nil, unavailable(fmt.Errorf("STARTTLS: %w", err))
		}
	case TLS, Plain:
	default:
		return nil, unavailable(fmt.Errorf("unknown encryption %q", cfg.Encryption))
	}
	if cfg.User != "" {
		c.setTimeout(cfg.Timeout)
		if err := s.authenticate(c); err != nil {
			return nil, unavailable(fmt.Errorf("sign in: %w", err))
		}
	}
	return c, nil
}

func (s *server) authenticate(c *connection) error {
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
