package app

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

// facts are what administrators see of how the site is set up.
func (h *House) facts() []module.Fact {
	o := h.options
	return []module.Fact{
		{Term: lang.Text("Address"), Value: o.BaseURL()},
		{Term: lang.Text("Database"), Value: h.db.Engine()},
		{Term: lang.Text("Outgoing email"), Value: o.MailsLeaveBy()},
		{Term: lang.Text("Incoming email"), Value: o.LMTP.Listen},
		{Term: lang.Text("Domain of email addresses"), Value: o.MailDomain()},
	}
}

// siteIcon returns the name of the picture that stands for the site on mails, "" if nobody has uploaded one.
func (h *House) siteIcon(ctx context.Context) string {
	return h.settings.Latest(ctx).Text(settings.Icon)
}

// offer returns which languages the site speaks, with the one of the configuration as its default unless administrators have
// chosen another one.
func (h *House) offer(configured string) func() lang.Offer {
	return func() lang.Offer {
		set := h.settings.Latest(context.Background())
		return lang.Offer{Default: cmp.Or(set.Text(settings.Language), configured), Languages: strings.Fields(set.Text(settings.Languages))}
	}
}

// downloadRoutes is where the program asks itself for a file that the web server in front is to send; nowhere if it sends
// files itself.
func (h *House) downloadRoutes() []site.Route {
	if !h.downloads.Needed() {
		return nil
	}
	return []site.Route{{Method: http.MethodGet, Path: media.ProbePath, KnownBy: site.ByNothing, Handle: func(v *site.Visit) error {
		h.downloads.ServeHTTP(v.W, v.R)
		return nil
	}}}
}
