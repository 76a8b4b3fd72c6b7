package mailin

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/mime"
)

// personalKeys takes the keys of this site out of texts that came by mail. Whoever answers one of our mails quotes the link
// that unsubscribes them and the address that answers in their name, and everybody who reads the answer could use both.
type personalKeys struct {
	expressions []*regexp.Regexp // the group 1 of each is a key
}

// newPersonalKeys returns what takes out the keys of reply addresses, and those of links: of paths that end with a wildcard
// for one.
func newPersonalKeys(paths []string, replyPrefix, replySuffix, domain string) (*personalKeys, error) {
	sources := []string{literal(replyPrefix) + `([a-z0-9]{15})` + literal(replySuffix+"@"+domain)}
	if len(paths) > 0 {
		before := make([]string, len(paths))
		for i, path := range paths {
			before[i] = pathPattern(path)
		}
		// A key has 26 letters and digits of base 32, be it a token, a held mail or made to unsubscribe.
		sources = append(sources, `(?:`+strings.Join(before, "|")+`)([a-z2-7]{26})`)
	}
	k := &personalKeys{}
	for _, source := range sources {
		expression, err := regexp.Compile(`(?i)` + source)
		if err != nil {
			return nil, fmt.Errorf("prepare to find keys: %w", err)
		}
		k.expressions = append(k.expressions, expression)
	}
	return k, nil
}

// pathPattern returns what finds the path of a link before the key at its end.
func pathPattern(path string) string {
	const slash = `(?:/|%2F|%252F)` // also in a link that leads through somebody else's site
	segments := strings.Split(strings.Trim(path, "/"), "/")
	var b strings.Builder
	for _, s := range segments[:len(segments)-1] {
		b.WriteString(slash)
		if strings.HasPrefix(s, "{") {
			b.WriteString(`[a-z0-9_-]+`)
		} else {
			b.WriteString(regexp.QuoteMeta(s))
		}
	}
	return b.String() + slash
}

// literal returns what finds a part of a mail address as it stands in a text, in Markdown, which escapes signs, and in a
// link.
func literal(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `(?:\\?%s|%%%02X)`, regexp.QuoteMeta(string(r)), r)
		}
	}
	return b.String()
}

// parse reads a message, and takes the keys of this site out of what it says before anybody sees or keeps it.
func (in *Intake) parse(raw []byte) (*mime.Message, error) {
	m, err := mime.Parse(bytes.NewReader(raw), in.Limits)
	if err != nil {
		return nil, err
	}
	m.Attachments = slices.DeleteFunc(m.Attachments, in.isFace)
	m.Text, m.Cut = in.personal.remove(m.Text), in.personal.remove(m.Cut)
	for i, e := range m.Events {
		m.Events[i].Summary, m.Events[i].Location = in.personal.remove(e.Summary), in.personal.remove(e.Location)
		m.Events[i].Description = in.personal.remove(e.Description)
	}
	for i, c := range m.Calendars { // they name the address to which answers go
		m.Calendars[i] = []byte(in.personal.remove(string(c)))
	}
	return m, nil
}

// isFace reports whether an attachment is the picture on top of one of our own mails, which answers bring back with what
// they quote.
func (in *Intake) isFace(a mime.Attachment) bool {
	id := strings.ToLower(strings.Trim(a.ContentID, " <>"))
	return strings.HasPrefix(id, notify.FaceID) && strings.HasSuffix(id, "@"+strings.ToLower(in.Domain))
}

// remove returns a text with an ellipsis in the place of each key, wherever lines are broken.
func (k *personalKeys) remove(text string) string {
	joined, seams := join(text)
	var keys [][]int // where the keys begin and end, in the text without line breaks
	for _, expression := range k.expressions {
		for _, m := range expression.FindAllStringSubmatchIndex(joined, -1) {
			keys = append(keys, m[2:4])
		}
	}
	if len(keys) == 0 {
		return text
	}
	slices.SortFunc(keys, slices.Compare)
	var b strings.Builder
	kept, passed, missing := 0, 0, 0
	for _, key := range keys {
		for ; passed < len(seams) && seams[passed].at <= key[0]; passed++ {
			missing = seams[passed].missing
		}
		if key[0]+missing < kept {
			continue // two expressions have found it
		}
		b.WriteString(text[kept : key[0]+missing])
		b.WriteString("…")
		for ; passed < len(seams) && seams[passed].at < key[1]; passed++ {
			missing = seams[passed].missing
		}
		kept = key[1] + missing
	}
	b.WriteString(text[kept:])
	return b.String()
}

// seam is where a line break has been taken out of a text.
type seam struct {
	at      int // in the text without line breaks
	missing int // bytes, up to and with this one
}

// join returns a text without its line breaks, and where they were: as a mail program breaks a line that was too long for
// it, with the blanks and the backslash that end it, and as the next one is quoted. The largest mails pass here, so it looks
// for them byte by byte.
func join(text string) (string, []seam) {
	var b strings.Builder
	b.Grow(len(text))
	var seams []seam
	kept := 0
	for {
		length := strings.IndexByte(text[kept:], '\n')
		if length < 0 {
			b.WriteString(text[kept:])
			return b.String(), seams
		}
		line, rest := text[kept:kept+length], text[kept+length+1:]
		b.WriteString(strings.TrimRight(strings.TrimSuffix(line, "\r"), " \t\\"))
		kept = len(text) - len(strings.TrimLeft(rest, " \t>|"))
		seams = append(seams, seam{at: b.Len(), missing: kept - b.Len()})
	}
}
