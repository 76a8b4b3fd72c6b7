package site

import (
	"cmp"
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/settings"
)

// Look is what the site shows of itself: what the configuration says, and for the rest what administrators have set on
// its pages. What is empty is not shown.
type Look struct {
	Name            string
	Claims          []string // sentences of which each page shows one; the first one greets strangers
	Welcome         string   // Markdown
	Imprint         string   // Markdown
	DataProtection  string   // what the privacy page says: Markdown
	Logo            string   // address of a picture that stands for the name in the bar
	Favicon, Square string   // addresses of a square picture: in tabs; on home screens and in messengers
	ThemeColour     string   // #rrggbb, of the browser's frame
	Colour          string   // #rrggbb, of buttons and links; empty: that of the styles
}

// look returns the look of the site at the moment.
func (s *Site) look(ctx context.Context) Look {
	set := s.deps.Settings.Latest(ctx)
	l := Look{
		Name: cmp.Or(set.Text(settings.Name), s.Name), Claims: s.Claims,
		Welcome: set.Text(settings.Welcome), Imprint: set.Text(settings.Imprint), DataProtection: set.Text(settings.DataProtection),
		Logo: s.Logo, Favicon: s.Dress.Favicon, Square: s.Dress.Square,
		Colour: set.Text(settings.Colour), ThemeColour: cmp.Or(set.Text(settings.Colour), s.ThemeColour),
	}
	if claim := set.Text(settings.Claim); claim != "" && len(s.Claims) == 0 {
		l.Claims = []string{claim}
	}
	if logo := set.Text(settings.Logo); logo != "" {
		l.Logo = cmp.Or(l.Logo, community.PicturePath(logo, community.LogoPicture))
	}
	if icon := set.Text(settings.Icon); icon != "" {
		square := community.PicturePath(icon, community.SquarePicture)
		l.Favicon, l.Square = cmp.Or(l.Favicon, square), cmp.Or(l.Square, square)
	}
	return l
}

// Look returns what the site shows of itself on this page.
func (v *Visit) Look() Look { return v.look }
