package feeds

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

func entries() []site.Entry {
	return []site.Entry{site.MenuLink(site.FooterMenu, 90, community.FeedsPath, lang.Text("Feeds"), parts.IconFeed)}
}

// blocks say on the page about a group where its feed is.
func blocks() []site.Block {
	return []site.Block{{Spot: site.GroupAbout, Order: 90, About: "the feed of the group", Show: func(v *site.Visit, s site.Subject) (templ.Component, error) {
		if s.Standing.Archived {
			return nil, nil // no block
		}
		return aboutFeed(v, s.Entity), nil
	}}}
}
