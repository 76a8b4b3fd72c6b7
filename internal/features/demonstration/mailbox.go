package demonstration

import (
	"bytes"
	"net/url"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
)

// shown is how many mails the list shows.
const shown = 100

// entry is a mail in the list.
type entry struct {
	smtp.Stored
	Subject, From string
}

func (e entry) path() string { return mailboxPath + url.PathEscape(e.Name) + "/" }

func (r *Demonstration) showMails(v *site.Visit) error {
	stored, err := smtp.List(r.folder, shown)
	if err != nil {
		return err
	}
	var entries []entry
	for _, s := range stored {
		m, _, err := r.read(s.Name)
		if err != nil {
			return err
		}
		e := entry{Stored: s, Subject: m.Subject}
		if len(m.From) > 0 {
			e.From = m.From[0].Name
		}
		entries = append(entries, e)
	}
	return v.Show(site.Page{
		Title: v.T("Outgoing emails"), Body: mailboxBody(entries), Hidden: true, Wide: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Outgoing emails")}),
	})
}

func (r *Demonstration) read(name string) (*mime.Message, []byte, error) {
	_, data, err := smtp.Read(r.folder, name)
	if err != nil {
		return nil, nil, err
	}
	m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
	return m, data, err
}

func (r *Demonstration) showMail(v *site.Visit) error {
	m, data, err := r.read(v.Path("name"))
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: m.Subject, Body: mailBody(m, mailboxPath+url.PathEscape(v.Path("name"))+"/html/", string(data)), Hidden: true, Wide: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Outgoing emails"), Path: mailboxPath}, parts.Crumb{Label: m.Subject}),
	})
}

// showHTML shows the HTML part as a mail program does: by itself, with its own styles and nothing that
// runs.
func (r *Demonstration) showHTML(v *site.Visit) error {
	_, data, err := r.read(v.Path("name"))
	if err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Cache-Control", "private, no-cache")
	_, err = v.W.Write(mime.HTMLPart(data))
	return err
}
