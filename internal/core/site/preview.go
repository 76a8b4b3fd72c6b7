package site

import (
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/a-h/templ"
	"golang.org/x/text/language"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/kit/clock"
)

// Preview is what messengers show of a page beside its title and its description. See docs/decisions/0042-what-pages-say-to-programs.md.
type Preview struct {
	Type        string         // of Open Graph: "article" or "profile"; empty is "website"
	Picture     PreviewPicture // the zero value is the sign of the site
	PublishedAt clock.Time
}

// PreviewPicture is the picture in a preview. The zero value is none.
type PreviewPicture struct {
	Path          string
	Alt           string // what it shows, for those who do not see it
	Width, Height int    // 0 if they are not known
}

// WidePicture returns a picture as the preview of a page; the zero value if the name is empty.
func WidePicture(name, alt string) PreviewPicture {
	if name == "" {
		return PreviewPicture{}
	}
	return PreviewPicture{Path: community.PicturePath(name, community.PreviewPicture), Alt: alt, Width: 1200, Height: 630}
}

// FacePicture returns the picture that stands for a group or person as the preview of a page; the zero value if it has
// none.
func FacePicture(e community.Entity) PreviewPicture {
	if e.Picture == "" {
		return PreviewPicture{}
	}
	return PreviewPicture{Path: community.PicturePath(e.Picture, community.SquarePicture), Alt: e.Name, Width: 256, Height: 256}
}

// previewPicture returns the picture in the preview of a page: its own, or the sign of the site.
func (v *Visit) previewPicture(p Page) PreviewPicture {
	if p.Preview.Picture.Path != "" {
		return p.Preview.Picture
	}
	if v.look.Square != "" {
		return PreviewPicture{Path: v.look.Square, Alt: v.look.Name}
	}
	if sign := v.site.static.Path("icon-512.png"); sign != "" {
		return PreviewPicture{Path: sign, Alt: v.look.Name, Width: 512, Height: 512}
	}
	return PreviewPicture{}
}

// card returns the form of the preview in programs that follow X.
func (p PreviewPicture) card() string {
	if p.Width > p.Height {
		return "summary_large_image"
	}
	return "summary"
}

// description returns what search engines and messengers say of a page.
func (v *Visit) description(p Page) string {
	return cmp.Or(p.Description, v.T("What groups and initiatives in town are doing, writing and planning."))
}

// locale returns the language of a page with the country whose way of writing it is, as Open Graph wants it: "de_DE".
func locale(code string) string {
	if code == "en" {
		return "en_GB"
	}
	tag := language.Make(code)
	base, _ := tag.Base()
	region, _ := tag.Region()
	return base.String() + "_" + region.String()
}

// structured is what a page says to programs in the words of schema.org: what its handler has of it, and the way to it.
// Programs do not sign in. Whoever has gets pages without it. A browser does not run it, whatever the policy for scripts.
func structured(v *Visit, p Page) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		things := p.Things
		if way, ok := v.way(p); ok {
			things = append(slices.Clip(things), way)
		}
		if len(things) == 0 || v.Viewer.SignedIn() {
			return nil
		}
		text, err := schemaorg.Graph(things...)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, `<script type="application/ld+json">`+text+`</script>`)
		return err
	})
}

// way returns the way to a page; ok is false where there is none to speak of.
func (v *Visit) way(p Page) (list schemaorg.BreadcrumbList, ok bool) {
	for n, c := range p.Crumbs {
		item := schemaorg.ListItem{Position: n + 1, Name: c.Label}
		if path := c.Path; path != "" {
			item.Item = v.URL(path)
		} else if n == len(p.Crumbs)-1 && p.Canonical != "" {
			item.Item = v.URL(p.Canonical)
		}
		list.Items = append(list.Items, item)
	}
	return list, len(list.Items) > 1
}
