package app

import (
	"strings"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
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

// operator is where the foot of all pages leads to.
func operator(o *options.Options) site.Operator {
	return site.Operator{Name: o.SiteName, Help: pages.HelpPath, DataProtection: pages.DataProtectionPath, Abuse: "/stadt/abuse/path=/"}
}
