// Package sentmail is the room of a demonstration where mails can be read that did not leave.
package sentmail

import (
	"bytes"
	"net/http"
	"net/url"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
)

// Path is the address of the list.
const Path = "/stadt/outbox/"

// shown is how many mails the list shows.
const shown = 100

// SentMail is the room.
type SentMail struct{ folder string }

// New returns the room for the mails in a folder.
func New(folder string) *SentMail { return &SentMail{folder} }

// Module returns the room's table of contents.
func (r *SentMail) Module() module.Module {
	return module.Module{
		Name: "sentmail",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: r.showMails},
			{Method: http.MethodGet, Path: Path + "{name}", Handle: r.showMail},
			{Method: http.MethodGet, Path: Path + "{name}/html", Handle: r.showHTML},
		},
	}
}

// entry is a mail in the list.
type entry struct {
	smtp.Stored
	Subject, From string
}

func (e entry) path() string { return Path + url.PathEscape(e.Name) + "/" }

func (r *SentMail) showMails(v *site.Visit) error {
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
		Title: v.T("Outgoing mails"), Body: listBody(entries), Hidden: true, Wide: true,
		Crumbs: v.FromHome(site.Crumb{Label: v.T("Outgoing mails")}),
	})
}

func (r *SentMail) read(name string) (*mime.Message, []byte, error) {
	_, data, err := smtp.Read(r.folder, name)
	if err != nil {
		return nil, nil, err
	}
	m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
	return m, data, err
}

func (r *SentMail) showMail(v *site.Visit) error {
	m, data, err := r.read(v.Path("name"))
	if err != nil {
		return err
	}
	return v.Show(site.Page{
		Title: m.Subject, Body: mailBody(m, Path+url.PathEscape(v.Path("name"))+"/html/", string(data)), Hidden: true, Wide: true,
		Crumbs: v.FromHome(site.Crumb{Label: v.T("Outgoing mails"), Path: Path}, site.Crumb{Label: m.Subject}),
	})
}

// showHTML shows the HTML part as a mail program does: by itself, with its own styles and nothing that
// runs.
func (r *SentMail) showHTML(v *site.Visit) error {
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
