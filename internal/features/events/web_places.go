package events

import (
	"context"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
)

// filterForm is what a calendar is narrowed by. What can be chosen is read only when the form is open.
type filterForm struct {
	Path     string // of the calendar
	View     string
	OpenPath string // of the calendar with the form open
	Open     bool
	Narrowed bool
	Groups   []parts.Option // none in the calendar of a group
	Places   []string
	Group    string
	Place    string
	Kind     frequency
	Tag      string // as it is called; "" for any
}

// ofPlace reports whether a calendar of the town is narrowed to a place and to nothing else.
func (s scope) ofPlace() bool { return s.filter.PlaceKey != "" && len(s.query) == 1 }

// filterForm returns the form that narrows a calendar; e is the group or person to which that of the town is narrowed.
func (r *Events) filterForm(v *site.Visit, s scope, e community.Entity) (filterForm, error) {
	f := filterForm{
		Path: s.path, View: v.Query("view"), OpenPath: withQuery(s.path, s.query, "filter", "1"), Narrowed: len(s.query) > 0,
		Group: e.Slug, Place: s.query.Get("place"), Kind: s.filter.Frequency,
	}
	if s.filter.Tag != "" {
		tag, err := tagging.Find(v.Context(), r.deps.DB, v.Viewer, s.filter.Tag)
		if err != nil {
			return f, err
		}
		f.Tag = tag.Name
	}
	f.Open = v.Query("filter") != "" || f.Narrowed && !s.ofPlace()
	if !f.Open {
		return f, nil
	}
	var err error
	if f.Places, err = comingPlaces(v.Context(), r.deps.DB, v.Viewer, filter{EntityID: s.filter.EntityID, Tag: s.filter.Tag, From: r.now(), Limit: monthLimit}); err != nil || s.home {
		return f, err
	}
	groups, err := comingGroups(v.Context(), r.deps.DB, v.Viewer, r.now())
	if err != nil {
		return f, err
	}
	if e.ID != 0 && !slices.ContainsFunc(groups, func(g community.Entity) bool { return g.Slug == e.Slug }) {
		groups = append(groups, e)
	}
	slices.SortStableFunc(groups, func(a, b community.Entity) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for _, g := range groups {
		f.Groups = append(f.Groups, parts.Option{Value: g.Slug, Label: g.Name})
	}
	return f, nil
}

// place is a place at which something takes or took place.
type place struct {
	Name     string
	Position string // "" if nobody has said it
	Feed     string // absolute address of its public dates for programs
}

// placeOf returns the place to which a calendar is narrowed, as those wrote it whose events there the viewer may read.
func (r *Events) placeOf(v *site.Visit, s scope) (*place, error) {
	known, err := findPlace(v.Context(), r.deps.DB, v.Viewer, s.filter.PlaceKey)
	if known.Name == "" {
		known.Name = s.query.Get("place")
	}
	known.Feed = v.URL(withQuery(placeFeedPath, s.query))
	return &known, err
}

// sendPlace answers with what is public and has dates at a place.
func (r *Events) sendPlace(v *site.Visit) error {
	s := narrowed(v, listPath)
	if s.filter.PlaceKey == "" {
		return community.ErrNothingHere()
	}
	known, err := findPlace(v.Context(), r.deps.DB, community.Viewer{}, s.filter.PlaceKey)
	if err != nil {
		return err
	}
	if known.Name == "" {
		return community.ErrNothingHere()
	}
	filter := feedFilter{PlaceKey: s.filter.PlaceKey, OnlyPublic: true}
	return r.sendList(v, community.Viewer{}, feed{Name: known.Name, Prefixed: true}, filter, "place", keptPublic)
}

// positionAt returns where a place lies, as far as somebody finds an event there that says so.
func (r *Events) positionAt(ctx context.Context, personID int64, key string) (string, error) {
	viewer, err := listViewer(ctx, r.deps.DB, personID)
	if err != nil {
		return "", err
	}
	known, err := findPlace(ctx, r.deps.DB, viewer, key)
	return known.Position, err
}
