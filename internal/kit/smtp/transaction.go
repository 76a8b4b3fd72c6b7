package smtp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"grouprise.org/grouprise/internal/kit/errs"
)

// maxPipelined is the size, in bytes, up to which a mail is sent together with its envelope, before the server has
// accepted the recipient.
const maxPipelined = 128 << 10

// deliver runs one transaction (RFC 5321, section 3.3). Errors before anything happened are a *staleError.
//
// With a server on the same machine, most of the time that a mail takes is spent on waiting for answers. Servers
// with PIPELINING and CHUNKING (RFC 2920 and 3030), such as Postfix, get a mail for one person in a single round
// trip.
func (s *server) deliver(ctx context.Context, c *connection, e Envelope, needsUTF8 bool, message []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = c.net.Close() })
	defer stop()

	if needsUTF8 && !c.supports("SMTPUTF8") {
		return errs.New(errs.Denied, "The mail server can’t send to this address.").Because(errors.New("no SMTPUTF8"))
	}
	commands := c.envelopeCommands(e, needsUTF8, len(message))
	grouped := c.supports("PIPELINING")
	// One of several recipients may be refused, and then nobody is to get the mail: it waits for the answers.
	pipelined := grouped && c.supports("CHUNKING") && len(e.To) == 1 && len(message) <= maxPipelined && hasOnlyCRLF(message)
	if pipelined {
		bdat := fmt.Appendf(nil, "BDAT %d LAST\r\n%s", len(message), message)
		commands = append(commands, command{"message", bdat, 250})
	}

	timeout := s.config.Timeout
	if pipelined {
		timeout = s.config.messageTimeout(message)
	}
	if err := c.run(commands, grouped, timeout); err != nil || pipelined {
		return err
	}
	if err := c.run([]command{{"DATA", []byte("DATA\r\n"), 354}}, false, timeout); err != nil {
		return err
	}
	c.setTimeout(s.config.messageTimeout(message))
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

// messageTimeout is how long a server may take for a mail: to read it, at 10 KB/s or better, and to check it.
func (c Config) messageTimeout(message []byte) time.Duration {
	return max(c.Timeout, 2*time.Minute) + time.Duration(len(message)/10_000)*time.Second
}

// command is a command and the code of its positive answer, as textproto.Reader.ReadResponse takes it.
type command struct {
	name string
	line []byte
	want int
}

// envelopeCommands returns MAIL and a RCPT for each recipient.
func (c *connection) envelopeCommands(e Envelope, needsUTF8 bool, size int) []command {
	from := fmt.Appendf(nil, "MAIL FROM:<%s>", e.From)
	if c.supports("8BITMIME") {
		from = append(from, " BODY=8BITMIME"...)
	}
	if c.supports("SIZE") {
		from = fmt.Appendf(from, " SIZE=%d", size)
	}
	if needsUTF8 {
		from = append(from, " SMTPUTF8"...)
	}
	commands := []command{{"MAIL", append(from, "\r\n"...), 250}}
	for _, to := range e.To {
		commands = append(commands, command{"RCPT", fmt.Appendf(nil, "RCPT TO:<%s>\r\n", to), 25})
	}
	return commands
}

// run sends the commands, grouped as RFC 2920 allows or one after another, and returns the first refusal. It has
// read all answers then. After each write the server may take as long as timeout.
func (c *connection) run(commands []command, grouped bool, timeout time.Duration) error {
	if grouped {
		c.setTimeout(timeout)
		var all []byte
		for _, cmd := range commands {
			all = append(all, cmd.line...)
		}
		if err := c.write(all); err != nil {
			return c.connectionError(commands[0], err)
		}
	}
	var refused error
	for _, cmd := range commands {
		if !grouped {
			c.setTimeout(timeout)
			if err := c.write(cmd.line); err != nil {
				return c.connectionError(cmd, err)
			}
		}
		_, _, err := c.Text.ReadResponse(cmd.want)
		if err == nil {
			continue
		}
		reply, answered := errors.AsType[*textproto.Error](err)
		if !answered || reply.Code == 421 {
			return cmp.Or(refused, c.connectionError(cmd, err))
		}
		if refused == nil {
			refused = classify(cmd.name, err)
		}
		if !grouped {
			break
		}
	}
	return refused
}

// write sends data with one system call.
func (c *connection) write(what []byte) error {
	if _, err := c.Text.W.Write(what); err != nil {
		return err
	}
	return c.Text.W.Flush()
}

// connectionError is the error of a connection that ends at a command. At the first one nothing has happened yet.
func (c *connection) connectionError(cmd command, err error) error {
	if cmd.name == "MAIL" {
		return &staleError{fmt.Errorf("%s: %w", cmd.name, err)}
	}
	return classify(cmd.name, err)
}

// hasOnlyCRLF reports whether every line of a mail ends as RFC 5321 wants it, which DATA would mend.
func hasOnlyCRLF(message []byte) bool {
	return bytes.Count(message, []byte("\n")) == bytes.Count(message, []byte("\r\n")) && bytes.HasSuffix(message, []byte("\r\n"))
}

// aboutUs is found in refusals that mean whoever sends, which many servers put off until they know the recipient or the
// message: "Relay access denied", "Client host rejected" (Postfix), "relay not permitted", "Sender verify failed" (Exim),
// "Unable to relay", "SendAsDenied" (Exchange), "Authentication required", "unauthenticated" (Gmail). What they say of a
// recipient is not meant: "Recipient address rejected: Access denied".
var aboutUs = regexp.MustCompile(`(?i)\brelay|authenticat|\bstarttls\b|\b(?:sender|client host|helo command)\b[^.;]{0,120}\b(?:rejected|denied|verify fail)|\bsender verify\b|` +
	`\b(?:not owned by|not logged in|permissions? to send as|sendasdenied|not (?:allowed|authorized|permitted) to send)\b`)

// classify turns an answer of the server into an error that says whether trying again helps.
func classify(command string, err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	cause := fmt.Errorf("%s: %w", command, err)
	switch {
	case !ok, reply.Code < 500:
		return unavailable(cause)
	case reply.Code == 530, reply.Code == 534, reply.Code == 535, reply.Code == 538, reply.Code == 502, reply.Code == 503:
		return unavailable(cause) // wants to be asked in another way: the configuration, not the mail
	case reply.Code == 552, reply.Code == 523, strings.HasPrefix(reply.Msg, "5.3.4 "): // RFC 3463
		return errs.New(errs.TooLarge, "The email is too large for the mail server.").Because(cause)
	case command == "MAIL", strings.HasPrefix(reply.Msg, "5.7.8 "), aboutUs.MatchString(reply.Msg):
		return unavailable(cause) // the sender is always ours, and who may relay is between the server and us
	}
	return errs.New(errs.Denied, "The mail server rejected the email.").Because(cause)
}

func unavailable(cause error) error {
	return errs.New(errs.Unavailable, "The mail server can’t be reached.").Because(cause)
}

// ascii checks the addresses and writes international domains in ASCII. A local part outside ASCII
// needs SMTPUTF8.
func (e Envelope) ascii() (_ Envelope, needsUTF8 bool, err error) {
	if len(e.To) == 0 {
		return e, false, errs.New(errs.Invalid, "The email has no recipient.")
	}
	convert := func(addr string) string {
		i := strings.LastIndexByte(addr, '@')
		if i <= 0 || i == len(addr)-1 || strings.ContainsAny(addr, "\r\n<>\x00") || strings.Contains(addr, " ") && addr[0] != '"' {
			err = errs.New(errs.Invalid, "This is not an email address.")
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
