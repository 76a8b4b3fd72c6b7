package tags

import (
	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (r *Tags) blocks() []site.Block {
	return []site.Block{
		{Spot: site.StartAside, Order: 20, About: "the tags that the site suggests", Show: r.showFeatured},
	}
}

// showFeatured shows the tags that the site suggests.
func (r *Tags) showFeatured(v *site.Visit, _ site.Subject) (templ.Component, error) {
	all, err := r.deps.Featured.List(v.Context(), r.deps.DB)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return featured(parts.Tags(all)), nil
}
