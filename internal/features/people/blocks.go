package people

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

func (p *People) entries() []site.Entry {
	return []site.Entry{
		{Menu: site.MyMenu, Order: 10, About: "the page of the viewer", Places: func(v *site.Visit) []site.Place {
			return []site.Place{{Path: community.EntityPath(v.Viewer.Slug), Label: v.T("My page"), Icon: parts.IconPerson}}
		}},
		site.MenuLink(site.MyMenu, 30, site.SettingsPath, lang.Text("Settings"), parts.IconSettings),
		site.MenuLink(site.FooterMenu, 30, directoryPath, lang.Text("People"), parts.IconPerson),
		site.MenuLink(site.SettingsMenu, 10, site.SettingsPath, lang.Text("Profile"), parts.IconPerson),
	}
}

func (p *People) acts() []site.Act {
	return []site.Act{
		{About: "write to a person", Order: 40, Writes: true, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
			if s.Person == nil || !CanWriteTo(v.Viewer, *s.Person) {
				return parts.Button{}, false
			}
			return parts.Button{Path: community.ContactPath(s.Person.ID), Label: v.T("Write a message")}, true
		}},
		{About: "edit the own profile", Order: 50, Offer: func(v *site.Visit, s site.Subject) (parts.Button, bool) {
			if s.Person == nil || !v.Viewer.Is(s.Person.ID) {
				return parts.Button{}, false
			}
			return parts.Button{Path: site.SettingsPath, Label: v.T("Edit profile")}, true
		}},
	}
}

func (p *People) blocks() []site.Block {
	return []site.Block{{Spot: site.PersonMain, Order: 0, About: "name, description and acts", Show: func(v *site.Visit, s site.Subject) (templ.Component, error) {
		first, _ := v.Acts(s) // the others are further kinds of posts, which “Write” in the bar offers
		return head(v, *s.Person, first), nil
	}}}
}

func steps() []site.Step {
	return []site.Step{{
		Name: "profile", Order: 10, About: "a picture and a few words about the person",
		Show: func(v *site.Visit, s site.Subject) (site.StepLine, bool, error) {
			return site.StepLine{
				Title: v.T("Say who you are"), Text: v.T("A picture and a few words help others recognise you."),
				Links: []parts.Link{{Path: community.OwnPicturesPath, Label: v.T("Add a picture")}, {Path: site.SettingsPath, Label: v.T("Edit profile")}},
			}, s.Entity.Picture != "", nil
		},
	}}
}
