package pages

import (
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
)

// siteThings returns what the start page says to programs: what the site is, and how it is searched.
func siteThings(v *site.Visit) []schemaorg.Thing {
	s := schemaorg.WebSite{Name: v.Look().Name, URL: v.URL("/")}
	if searches := v.Site().Searches; len(searches) > 0 {
		s.Search = &schemaorg.SearchAction{URLTemplate: v.URL(searches[0].Path) + "?" + searches[0].Parameter + "={query}"}
	}
	return []schemaorg.Thing{s}
}

// groupPicture returns the picture in the preview of a group: the one above its page, or its face.
func groupPicture(g community.Group) site.PreviewPicture {
	switch {
	case g.Cover != "":
		return site.WidePicture(g.Cover, g.Name)
	case g.Album != nil && len(g.Album.Pictures) > 0:
		return site.WidePicture(g.Album.Pictures[0].Name, g.Album.Pictures[0].Alt)
	default:
		return site.FacePicture(g.Entity())
	}
}

// personPicture returns the picture in the preview of a person: the one above their page, or their face.
func personPicture(p community.Person) site.PreviewPicture {
	if p.Cover != "" {
		return site.WidePicture(p.Cover, p.Name)
	}
	return site.FacePicture(p.Entity())
}

// pictureURL returns the address of the picture in a preview; "" if there is none.
func pictureURL(v *site.Visit, p site.PreviewPicture) string {
	if p.Path == "" {
		return ""
	}
	return v.URL(p.Path)
}

// groupThings returns what the page of a group says to programs.
func (p *Pages) groupThings(v *site.Visit, g community.Group) []schemaorg.Thing {
	o := schemaorg.Group{
		Name: g.Name, URL: v.URL(g.Entity().Path()), Description: p.deps.Texts.Summary(g.Description, descriptionWords), FoundingDate: g.FoundedOn,
		Address: strings.Join(strings.FieldsFunc(g.Address, func(r rune) bool { return r == '\n' || r == '\r' }), ", "),
		Logo:    pictureURL(v, site.FacePicture(g.Entity())), Image: pictureURL(v, groupPicture(g)),
	}
	if strings.HasPrefix(g.URL, "http://") || strings.HasPrefix(g.URL, "https://") {
		o.SameAs = []string{g.URL}
	}
	return []schemaorg.Thing{o}
}

// personThings returns what the page of a person says to programs; nothing if it is not for everybody.
func (p *Pages) personThings(v *site.Visit, person community.Person) []schemaorg.Thing {
	if !person.Public {
		return nil
	}
	address := v.URL(person.Entity().Path())
	return []schemaorg.Thing{schemaorg.ProfilePage{
		URL: address, DateCreated: schemaorg.Moment(person.JoinedAt.In(v.Lang.Zone())),
		MainEntity: schemaorg.Person{
			Name: person.Name, URL: address, Description: p.deps.Texts.Summary(person.About, descriptionWords),
			Image: pictureURL(v, personPicture(person)),
		},
	}}
}
