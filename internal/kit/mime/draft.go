package mime

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	stdmime "mime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"golang.org/x/net/idna"

	"grouprise.org/grouprise/internal/kit/errs"
)

// Draft is a mail to be written. Text comes first, HTML is its richer twin; either may be empty.
// Line breaks and control characters in header fields are removed, so nothing that a person typed
// can add a header.
type Draft struct {
	From       Address
	ReplyTo    Address   // left out when empty
	To         []Address // none: "undisclosed-recipients:;"
	Subject    string
	MessageID  string // without angle brackets, like InReplyTo and References
	InReplyTo  string
	References []string
	Date       time.Time // left out when zero
	Header     []Field   // further headers in this order, as List-Id or Auto-Submitted

	Text        string
	HTML        string
	Calendars   []Calendar   // what calendar programs read of the mail
	Attachments []Attachment // with Inline and ContentID: shown inside HTML by cid:

	// Seed makes boundaries the same each time. Empty means random, which mails that leave need.
	Seed string
}

var _ io.WriterTo = Draft{}

// WriteTo writes the mail; see Bytes.
func (d Draft) WriteTo(w io.Writer) (int64, error) {
	data, err := d.Bytes()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(data)
	return int64(n), err
}

// maxLine is the longest line that RFC 5322 allows, without its end.
const maxLine = 998

// Bytes returns the mail with CRLF line ends. It fails with errs.Invalid when a header field has no
// proper name or a word that fits no line.
func (d Draft) Bytes() ([]byte, error) {
	b := builder{seed: d.Seed}
	if d.Seed == "" {
		b.seed = rand.Text()
	}
	root := b.compose(d)
	fields := d.fields()
	head := make([]string, len(fields))
	for i, f := range fields {
		if !isFieldName([]byte(f.Name)) || len(f.Name) > 76 {
			return nil, errs.New(errs.Invalid, "A header of the email has no valid name.")
		}
		head[i] = fold(f)
		for line := range strings.SplitSeq(head[i], "\r\n") {
			if len(line) > maxLine {
				return nil, errs.New(errs.Invalid, "The header %s of the email is too long.", f.Name)
			}
		}
	}
	var h message.Header
	root.describe(&h)
	for _, f := range slices.Backward(head) { // the library puts what is added on top
		h.AddRaw([]byte(f))
	}
	var out bytes.Buffer
	out.Grow(2 * (len(d.Text) + len(d.HTML)))
	w, err := message.CreateWriter(&out, h)
	if err == nil {
		err = root.write(w)
	}
	if err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return out.Bytes(), nil
}

// fields returns the header of the mail in the order of reading, without what describes its body.
func (d Draft) fields() []Field {
	var fields []Field
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, Field{name, value})
		}
	}
	add("From", formatAddress(d.From))
	add("Reply-To", formatAddress(d.ReplyTo))
	var to []string
	for _, a := range d.To {
		if s := formatAddress(a); s != "" {
			to = append(to, s)
		}
	}
	if len(to) == 0 {
		to = []string{"undisclosed-recipients:;"}
	}
	add("To", strings.Join(to, ", "))
	fields = append(fields, Field{"Subject", encodeText(oneLine(d.Subject))})
	if !d.Date.IsZero() {
		add("Date", d.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	}
	add("Message-ID", formatIDs(d.MessageID))
	add("In-Reply-To", formatIDs(d.InReplyTo))
	add("References", formatIDs(d.References...))
	for _, f := range d.Header {
		value := oneLine(f.Value)
		if !isASCII(value) {
			value = encodeText(value)
		}
		add(f.Name, value)
	}
	return append(fields, Field{"MIME-Version", "1.0"})
}

func formatIDs(ids ...string) string {
	var out []string
	for _, id := range ids {
		id = strings.Map(func(r rune) rune {
			if r <= ' ' || r >= 0x7f || r == '<' || r == '>' {
				return -1
			}
			return r
		}, id)
		if id != "" && len(id) <= 900 {
			out = append(out, "<"+id+">")
		}
	}
	return strings.Join(out, " ")
}

// formatAddress returns the empty string for an address that cannot be one. International domains
// are written in ASCII; a local part outside ASCII needs SMTPUTF8 on the way.
func formatAddress(a Address) string {
	addr, ok := cleanAddress(a.Addr)
	if !ok || strings.ContainsAny(addr, ",;") {
		return ""
	}
	local, domain, _ := cutLast(addr, "@")
	if !isASCII(domain) {
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = ascii
		}
	}
	if strings.ContainsAny(local, `()[]:\"@ `) && !strings.HasPrefix(local, `"`) {
		local = quote(local)
	}
	addr = local + "@" + domain
	name := oneLine(a.Name)
	switch {
	case name == "":
		return "<" + addr + ">"
	case needsEncoding(name):
		name = encodeText(name)
	case strings.ContainsFunc(name, func(r rune) bool { return !isPhrase(r) }):
		name = quote(name)
	}
	return name + " <" + addr + ">"
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func isPhrase(r rune) bool {
	return r == ' ' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// maxWord is the longest word that is written as it is; longer ones could not be folded.
const maxWord = 60

func needsEncoding(s string) bool {
	if !isASCII(s) || strings.Contains(s, "=?") {
		return true
	}
	for word := range strings.FieldsSeq(s) {
		if len(word) > maxWord {
			return true
		}
	}
	return false
}

// encodeText writes text as RFC 2047 words where it must be; each holds whole characters only.
func encodeText(s string) string {
	if !needsEncoding(s) {
		return s
	}
	const (
		begin, end = "=?utf-8?q?", "?="
		room       = 62 - len(begin) - len(end) // a line with words has 76 characters, its name included
	)
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, begin+word.String()+end)
			word.Reset()
		}
	}
	for _, r := range s {
		var q string
		switch {
		case r == ' ':
			q = "_"
		case r < utf8.RuneSelf && ('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!*+-/", r)):
			q = string(r)
		default:
			for _, b := range []byte(string(r)) {
				q += fmt.Sprintf("=%02X", b)
			}
		}
		if word.Len()+len(q) > room {
			flush()
		}
		word.WriteString(q)
	}
	flush()
	return strings.Join(words, " ")
}

// fold breaks a field at blanks so that lines stay below 78 characters where words allow it.
func fold(f Field) string {
	var out strings.Builder
	out.WriteString(f.Name + ":")
	length := out.Len()
	words := strings.Fields(f.Value)
	for i, word := range words {
		if i > 0 && length+1+len(word) > 77 {
			out.WriteString("\r\n")
			length = 0
		}
		out.WriteString(" " + word)
		length += 1 + len(word)
	}
	out.WriteString("\r\n")
	return out.String()
}

// node is a part of a mail to be written.
type node struct {
	mediaType   string
	params      map[string]string
	encoding    string
	disposition string
	contentID   string
	data        []byte
	children    []*node
}

type builder struct {
	seed  string
	count int
}

func (b *builder) container(mediaType string, children ...*node) *node {
	b.count++
	sum := sha256.Sum256([]byte(b.seed + "/" + strconv.Itoa(b.count)))
	// "=_" stands in no quoted-printable and no base64 text.
	return &node{mediaType: mediaType, params: map[string]string{"boundary": "=_" + hex.EncodeToString(sum[:16])}, children: children}
}

func (b *builder) compose(d Draft) *node {
	var variants, files []*node // of what the mail says, the poorest first
	if d.Text != "" || d.HTML == "" {
		variants = append(variants, textNode("text/plain", d.Text))
	}
	if d.HTML != "" {
		rich := textNode("text/html", d.HTML)
		pictures := []*node{rich}
		for _, a := range d.Attachments {
			if a.Inline && a.ContentID != "" {
				pictures = append(pictures, fileNode(a))
			}
		}
		if len(pictures) > 1 {
			rich = b.container("multipart/related", pictures...)
		}
		variants = append(variants, rich)
	}
	for _, c := range d.Calendars {
		if !c.FileOnly {
			variants = append(variants, c.variant())
		}
		files = append(files, c.file())
	}
	body := variants[0]
	if len(variants) > 1 {
		body = b.container("multipart/alternative", variants...)
	}
	for _, a := range d.Attachments {
		if d.HTML == "" || !a.Inline || a.ContentID == "" {
			files = append(files, fileNode(a))
		}
	}
	if len(files) == 0 {
		return body
	}
	return b.container("multipart/mixed", append([]*node{body}, files...)...)
}

func textNode(mediaType, text string) *node {
	text = dropNUL(normalise(strings.ToValidUTF8(text, "\ufffd")))
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return &node{mediaType: mediaType, params: map[string]string{"charset": "utf-8"}, encoding: "quoted-printable", data: []byte(text)}
}

func fileNode(a Attachment) *node {
	n := &node{mediaType: strings.ToLower(a.MediaType), encoding: "base64", disposition: "attachment", contentID: a.ContentID, data: a.Data}
	switch {
	case n.mediaType == "message/rfc822" && isPlainMail(a.Data):
		n.encoding = "7bit" // a mail inside a mail must not be encoded
	case !validMediaType(n.mediaType), strings.HasPrefix(n.mediaType, "multipart/"), strings.HasPrefix(n.mediaType, "message/"):
		n.mediaType = "application/octet-stream"
	}
	if a.Inline && a.ContentID != "" {
		n.disposition = "inline"
	}
	if name := cleanName(a.Name); name != "" {
		n.disposition = stdmime.FormatMediaType(n.disposition, map[string]string{"filename": name})
	}
	return n
}

func isPlainMail(data []byte) bool {
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > maxLine || bytes.ContainsAny(line, "\r\x00") || !isASCII(string(line)) {
			return false
		}
	}
	return true
}

// describe adds the headers that tell what a part is.
func (n *node) describe(h *message.Header) {
	if id := formatIDs(n.contentID); id != "" {
		h.Set("Content-Id", id)
	}
	if n.disposition != "" {
		h.Set("Content-Disposition", n.disposition)
	}
	if n.encoding != "" {
		h.Set("Content-Transfer-Encoding", n.encoding)
	}
	h.SetContentType(n.mediaType, n.params)
}

func (n *node) write(w *message.Writer) error {
	for _, c := range n.children {
		var h message.Header
		c.describe(&h)
		part, err := w.CreatePart(h)
		if err != nil {
			return err
		}
		if err := c.write(part); err != nil {
			return err
		}
	}
	if len(n.children) == 0 {
		if _, err := w.Write(n.data); err != nil {
			return err
		}
	}
	return w.Close()
}
