// Package heldmail is the room where people confirm mails that bear their address and that no mail
// server vouched for.
package heldmail

import (
	"context"
	"net/http"

	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

// Intake keeps the mails that wait.
type Intake interface {
	// FindHeld returns the mail that a secret stands for; NotFound if it was delivered or thrown away.
	FindHeld(ctx context.Context, secret string) (mailin.Held, error)
	// Release delivers it. Errors are those of the room that the mail is for.
	Release(ctx context.Context, secret string) (mailin.Held, error)
}

// HeldMail is the room.
type HeldMail struct{ intake Intake }

// New returns the room.
func New(intake Intake) *HeldMail { return &HeldMail{intake: intake} }

// Module returns the room's table of contents.
func (r *HeldMail) Module() module.Module {
	return module.Module{
		Name:   "heldmail",
		Estate: mailin.Estate(),
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/mail/{secret}", Handle: r.ask},
			{Method: http.MethodPost, Path: "/stadt/mail/{secret}", Handle: r.release},
		},
	}
}

// ask shows the mail. Whoever holds the secret has read the mailbox that it was sent to, so nobody needs
// to sign in.
func (r *HeldMail) ask(v *site.Visit) error {
	m, err := r.intake.FindHeld(v.Context(), v.Path("secret"))
	if err != nil {
		return err
	}
	subject := m.Subject
	if subject == "" {
		subject = v.T("Message without a subject")
	}
	return v.Show(site.Page{
		Title: v.T("Deliver an email"), Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: v.T("Deliver an email")}),
		Body: parts.ConfirmForm(parts.Confirmation{
			Question: v.T("Did you write the email “%s” to %s? We’ll deliver it once you confirm.", subject, m.Recipient),
			Button:   v.T("Deliver the email"), Cancel: "/",
		}),
	})
}

func (r *HeldMail) release(v *site.Visit) error {
	if _, err := r.intake.Release(v.Context(), v.Path("secret")); err != nil {
		return err
	}
	v.Flash(parts.Done, "Your email has been delivered.")
	return v.Redirect("/")
}
