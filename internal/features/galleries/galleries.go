// Package galleries is the room of content that consists of pictures: many at once, in an order, each with a caption and
// with words for those who do not see it.
package galleries

import (
	"net/url"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	Pictures *media.Pictures
	Limiter  *web.Limiter
	MaxBytes int64 // of one picture
}

// Galleries is the room.
type Galleries struct{ deps Deps }

// New returns the room.
func New(d Deps) *Galleries { return &Galleries{d} }

const kindGallery = community.KindOfPictures

// Kind returns galleries as a kind of content.
func (r *Galleries) Kind() content.Kind {
	return content.Kind{
		Name:         kindGallery,
		Label:        lang.Text("Gallery"),
		Plural:       lang.Text("Galleries"),
		About:        lang.Text("Pictures from groups and people in town."),
		Write:        lang.Text("Create a gallery"),
		Published:    lang.Text("Your gallery is published."),
		Empty:        lang.Text("No galleries yet."),
		Icon:         parts.IconPictures,
		ListPath:     "/stadt/galleries",
		TextOptional: true,
		Pictorial:    true,
		Files:        maxAtOnce,
		Form:         func() content.Form { return &form{room: r} },
		Body:         bodies,
		Attached:     attached,
		Things:       things,
		Words:        captionsOf,
		Module:       r.module,
	}
}

// module returns what the room contributes beside what content does for it.
func (r *Galleries) module(*content.Content) module.Module {
	return module.Module{Name: "galleries", Acts: []site.Act{{About: "put pictures into the head of the group’s page", Order: 95, Offer: r.offerIntroduction}}}
}

// offerIntroduction offers members of a group whose page begins without a picture of its own to choose some.
func (r *Galleries) offerIntroduction(v *site.Visit, s site.Subject) (parts.Button, bool) {
	if s.Group == nil || !policy.CanPublish(s.Standing) || s.Group.Cover != "" || s.Group.Album != nil {
		return parts.Button{}, false
	}
	filled := url.Values{"title": {v.T("This is us")}, "pinned": {"1"}, "public": {"1"}}
	return parts.Button{Path: r.Kind().WritePath(s.Entity.Slug) + "?" + filled.Encode(), Label: v.T("Show pictures at the top")}, true
}
