// Package mime reads the mails that people really send and writes mails that every program reads.
//
// Parse is tolerant: no charset, no nesting and no broken header makes it refuse a message that a
// mail program would show. It is also careful: it walks the message once per level, never panics,
// and what it keeps is bounded by [Limits]. The text of a mail comes out as markdown, with signature
// and quoted original cut off and kept apart ([Message.Text], [Message.Cut]).
//
// The splitter is our own because the limits must hold while a hostile message is taken apart, not
// afterwards; charsets, HTML, Authentication-Results and writing lean on libraries.
package mime

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Limits bound what Parse accepts and keeps. A zero field means the default beside it.
type Limits struct {
	MaxBytes           int64 // of the whole message: 32 MiB
	MaxParts           int   // MIME parts: 500
	MaxDepth           int   // nested containers: 20
	MaxHeaderLines     int   // lines of one header: 5,000
	MaxHeaderBytes     int   // bytes of one header: 256 KiB
	MaxAttachments     int   // further ones are left out and named in Skipped: 100
	MaxAttachmentBytes int64 // larger ones are left out and named in Skipped: 32 MiB
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, to int) {
		if *n <= 0 {
			*n = to
		}
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = 32 << 20
	}
	if l.MaxAttachmentBytes <= 0 {
		l.MaxAttachmentBytes = 32 << 20
	}
	set(&l.MaxParts, 500)
	set(&l.MaxDepth, 20)
	set(&l.MaxHeaderLines, 5000)
	set(&l.MaxHeaderBytes, 256<<10)
	set(&l.MaxAttachments, 100)
	return l
}

// Message is what a mail says, decoded and ready to store.
type Message struct {
	From, ReplyTo, To, Cc   []Address
	DeliveredTo, OriginalTo []Address
	Subject                 string    // one line, may be empty and may be long: see Shorten
	Date                    time.Time // zero if absent or unreadable
	MessageID               string    // without angle brackets, like all ids here
	InReplyTo, References   []string

	// Text is what the sender wrote: verbatim if it is Plain, else as markdown.
	Text string
	// Cut is what was cut off Text: signature and quoted original. Empty when nothing was.
	Cut   string
	Plain bool // Text and Cut are plain text
	// Encrypted says that the mail, or a part of it, can be read by those only for whom it was written.
	Encrypted bool
	Events    []Event
	Calendars [][]byte // where Events come from, in UTF-8 and each once, however broken; large ones are left out

	Attachments []Attachment
	Skipped     []string // names of attachments left out because of limits

	Auto   Auto
	ListID string // without angle brackets
	Hops   int    // number of Received headers; a large one tells a loop
	Header Header // every header, topmost first
}

// Address is a mailbox. Addr is as written, never folded to lower case.
type Address struct {
	Name string
	Addr string
}

// Domain returns the part after the last @ in lower case, without a final dot.
func (a Address) Domain() string {
	_, domain, _ := cutLast(a.Addr, "@")
	return strings.TrimSuffix(strings.ToLower(domain), ".")
}

// Key is what tells mailboxes apart: the address in lower case, with its domain as it travels in mails. It is empty if the
// domain is none.
func (a Address) Key() string {
	local, domain, ok := cutLast(a.Addr, "@")
	domain, err := idna.Lookup.ToASCII(strings.ToLower(domain))
	if !ok || err != nil {
		return ""
	}
	return norm.NFC.String(strings.ToLower(local)) + "@" + domain
}

// Attachment is a file that came with a mail, or goes with one.
type Attachment struct {
	Name      string // base name, safe to show and to store; never empty after Parse
	MediaType string // lower case, without parameters
	Data      []byte
	ContentID string // without angle brackets
	Inline    bool   // the mail shows it inside its text
}

// Parse reads one message. It returns an errs.TooLarge or errs.Invalid error for a message beyond the
// limits, and an errs.Unavailable error when reading fails. Any other input is a message, even an
// empty one. Attachments share memory with nothing the caller holds.
func Parse(r io.Reader, l Limits) (*Message, error) {
	m, _, _, err := parse(r, l)
	return m, err
}

// parse reads one message, and returns also what it consists of and its text before anything was cut off.
func parse(r io.Reader, l Limits) (_ *Message, root *part, text string, err error) {
	l = l.withDefaults()
	data, err := io.ReadAll(io.LimitReader(r, l.MaxBytes+1))
	if err != nil {
		return nil, nil, "", errs.New(errs.Unavailable, "The message could not be read completely.").Because(fmt.Errorf("read message: %w", err))
	}
	if int64(len(data)) > l.MaxBytes {
		return nil, nil, "", errs.New(errs.TooLarge, "The email is larger than %d MB. Send it with fewer or smaller attachments.", l.MaxBytes>>20)
	}
	s := splitter{limits: l}
	root, err = s.split(data, "text/plain", 0)
	if err != nil {
		return nil, nil, "", err
	}

	h := root.header
	m := &Message{
		Header:      h,
		From:        h.Addresses("From"),
		ReplyTo:     h.Addresses("Reply-To"),
		To:          h.Addresses("To"),
		Cc:          h.Addresses("Cc"),
		DeliveredTo: h.Addresses("Delivered-To"),
		OriginalTo:  h.Addresses("X-Original-To"),
		Subject:     h.Text("Subject"),
		Date:        parseDate(h.Get("Date")),
		InReplyTo:   messageIDs(h.Get("In-Reply-To")),
		References:  messageIDs(h.Get("References")),
		Hops:        len(h.Values("Received")),
		ListID:      listID(h.Text("List-Id")),
	}
	if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.Auto = detectAuto(h, root, m.Subject)

	b := body{limits: l}
	segments := b.read(root, true)
	if len(segments) == 0 {
		segments = b.spare
	}
	text, m.Plain = join(segments)
	m.Encrypted, m.Events, m.Calendars = b.encrypted, b.events, b.calendars
	m.Text, m.Cut = trim(text, letterOf(m))
	if !m.Auto.Answers() && !promisesAPerson(h) {
		if report, is := detectReport(h, m.From, root, m.Subject, dropMarkers(text)); is {
			m.Auto = report
		}
	}
	if reaction, is := detectReaction(h, root, m.Text); is && !m.Auto.Automatic() {
		m.Auto = reaction
	}
	m.Attachments, m.Skipped = b.attachments, b.skipped
	return m, root, text, nil
}

// Shorten cuts a text to at most max characters, at a blank where one is near, and marks the cut
// with an ellipsis.
func Shorten(text string, maxRunes int) string {
	runes := []rune(text)
	if len(runes) <= maxRunes {
		return text
	}
	if maxRunes <= 1 {
		return string(runes[:max(maxRunes, 0)])
	}
	cut := string(runes[:maxRunes-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)*3/4 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ") + "…"
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
