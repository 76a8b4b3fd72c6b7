package heldmail_test

import (
	"context"
	"net/http"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/heldmail"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// box holds mails by their secrets.
type box struct {
	held    map[string]mailin.Held
	refusal error
}

func (b *box) FindHeld(_ context.Context, secret string) (mailin.Held, error) {
	m, ok := b.held[secret]
	if !ok {
		return m, errs.New(errs.NotFound, "This email has already been delivered, or it waited too long. If it didn’t arrive, please send it again.")
	}
	return m, nil
}

func (b *box) Release(ctx context.Context, secret string) (mailin.Held, error) {
	m, err := b.FindHeld(ctx, secret)
	if err == nil && b.refusal == nil {
		delete(b.held, secret)
	}
	if err == nil {
		err = b.refusal
	}
	return m, err
}

func TestConfirmingAMail(t *testing.T) {
	t.Parallel()
	b := &box{held: map[string]mailin.Held{"abc": {Subject: "<b>Compost</b>", Recipient: "garten@example.org"}, "def": {Recipient: "garten@example.org"}}}
	start := site.Route{Method: http.MethodGet, Path: "/{$}", Handle: func(v *site.Visit) error { return v.Show(site.Page{Title: "Start"}) }}
	handler := webtest.Start(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People(map[int64]community.Viewer{})), append(heldmail.New(b).Module().Routes, start))
	v := webtest.Visit(t, handler)
	v.Get("/stadt/mail/abc/")
	v.Sees(200, "Did you write the email “&lt;b&gt;Compost&lt;/b&gt;” to garten@example.org?")
	b.refusal = errs.New(errs.Denied, "This item does not exist.")
	v.Submit("Deliver the email", nil)
	v.DoesNotSee("Your email has been delivered.")
	b.refusal = nil
	v.Get("/stadt/mail/abc/")
	v.Submit("Deliver the email", nil)
	v.Sees(200, "Your email has been delivered.")
	v.Get("/stadt/mail/abc/")
	v.Sees(404, "already been delivered")
	v.Send("/stadt/mail/abc/", nil, false)
	v.Sees(404)
	v.Get("/stadt/mail/def")
	v.Sees(200, "Message without a subject")
}
