package app

import (
	"context"
	"strings"

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/features/geo"
	"grouprise.org/grouprise/internal/features/pages"
)

// near returns the groups and people whose addresses are most like one that there is not.
func (h *House) near(register *entities.Entities) func(v *site.Visit, path string) []parts.Link {
	return func(v *site.Visit, path string) []parts.Link {
		slug, _, _ := strings.Cut(strings.Trim(path, "/"), "/")
		found, err := register.Near(v.Context(), h.db, slug)
		if err != nil {
			return nil // the page is about something else that is not there
		}
		var links []parts.Link
		for _, e := range found {
			links = append(links, parts.Link{Path: e.Path(), Label: e.Name})
		}
		return links
	}
}

// former returns what finds the present slug of whoever had one before, "" if nobody had, or that it was a group's
// which is gone. Where that cannot be found out, the page says that there is nothing.
func (h *House) former(register *entities.Entities) func(ctx context.Context, slug string) (string, bool) {
	return func(ctx context.Context, slug string) (string, bool) {
		if owner, err := register.FindFormer(ctx, h.db, slug); err == nil {
			return owner.Slug, false
		}
		removed, err := register.IsRemoved(ctx, h.db, slug)
		return "", err == nil && removed
	}
}

// featured returns the tags that the site suggests; an invented town has some of its own.
func (h *House) featured() tagging.Featured {
	if h.options.Demonstration && len(h.options.Tags.Featured) == 0 {
		return demo.Featured()
	}
	return h.options.Tags.Featured
}

// agenda returns what all modules know of that waits for an answer of somebody.
func (h *House) agenda() []agenda.Source {
	return module.Gather(h.modules, func(m module.Module) []agenda.Source { return m.Agenda })
}

// operator is where the foot of all pages leads to.
func operator() site.Operator {
	return site.Operator{Help: pages.HelpPath, Imprint: pages.ImprintPath, DataProtection: pages.DataProtectionPath, Abuse: "/stadt/abuse/path=/"}
}

// maps is the module of the map, as the options draw it.
func (h *House) maps() module.Module {
	o := h.options.Geo
	return geo.New(geo.Deps{
		DB: h.db, Outbox: h.activities, Groups: h.groups, Enabled: o.Enabled, Centre: o.Center, Zoom: o.Zoom,
		Tiles: geo.Tiles{URL: o.TileURL, Attribution: o.TileAttribution},
	}).Module()
}
