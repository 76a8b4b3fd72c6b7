package email

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/mime"
)

// subject returns the subject as mail programs show and sort it: "Re: [garten] Compost".
func (e *Email) subject(m *notify.Message) string {
	subject := m.Subject
	if m.Entity != nil && m.Entity.IsGroup() {
		subject = "[" + m.Entity.Slug + "] " + subject
	}
	if m.Reply {
		subject = "Re: " + subject
	}
	return subject
}

// thread places the mail among the others that the recipient got.
func (e *Email) thread(d *mime.Draft, t notify.Thread, address string) {
	sum := sha256.Sum256([]byte(address))
	suffix := "-" + hex.EncodeToString(sum[:8]) + "@" + e.Domain
	id := t.ID
	if id == "" {
		id = strconv.FormatInt(e.Clock.Now().UnixMilli(), 10) + "." + e.random()
	}
	d.MessageID = id + suffix
	if t.Parent != "" {
		d.InReplyTo = t.Parent + suffix
	}
	for _, r := range t.References {
		d.References = append(d.References, r+suffix)
	}
}

// listHeader returns the fields by which mail programs know a mailing list (RFC 2369, RFC 2919).
func (e *Email) listHeader(group community.Entity) []mime.Field {
	return []mime.Field{
		{Name: "List-Id", Value: "<" + group.Slug + "." + e.Domain + ">"},
		{Name: "List-Post", Value: "<mailto:" + group.Slug + "@" + e.Domain + ">"},
		{Name: "List-Archive", Value: "<" + e.BaseURL + group.Path() + ">"},
		{Name: "Precedence", Value: "list"},
	}
}

// stopHeader returns the fields by which mail programs offer to stop such mails with one click (RFC 8058).
func stopHeader(address string) []mime.Field {
	return []mime.Field{
		{Name: "List-Unsubscribe", Value: "<" + address + ">"},
		{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"},
	}
}
