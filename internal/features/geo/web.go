package geo

import (
	"net/url"
	"slices"
	"strconv"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/errs"
)

// How much the map shows of each kind, and among how much it looks for what is near.
const (
	shown      = 200
	candidates = 2000
)

// pathOf returns the address of the page on which members say where their group is.
func pathOf(slug string) string { return placePath + "/?" + url.Values{"group": {slug}}.Encode() }

func kilometres(km int) string { return strconv.Itoa(km) }

// filter is what the map is narrowed to.
type filter struct {
	Kind   string
	Near   string // as it was typed
	Within int    // kilometres
	Centre *earth.Point
}

// narrowed reports whether the map shows less than everything.
func (f filter) narrowed() bool { return f.Kind != "" || f.Near != "" }

// found is what the map shows.
type found struct {
	Groups     []mappedGroup
	Events     []mappedEvent
	MoreGroups bool
	MoreEvents bool
}

// showMap shows where groups are and where something takes place.
func (r *Geo) showMap(v *site.Visit) error {
	f := filter{Kind: v.Query("kind"), Near: v.Query("near"), Within: within(v.Query("within"))}
	if f.Kind != groupsOnly && f.Kind != eventsOnly {
		f.Kind = ""
	}
	var wrong error
	if f.Near != "" {
		f.Centre, wrong = r.locate(v, f.Near)
	}
	return v.ShowAgain(wrong, func(e parts.Errors) (site.Page, error) {
		all, err := r.find(v, f)
		title := v.T("Map")
		return site.Page{
			Title: title, Wide: true, Body: mapBody(v, r.frame(), f, all, e), Canonical: mapPath, Hidden: f.Near != "",
			Description: v.T("Where groups are, and where something is on."), Crumbs: v.FromHome(parts.Crumb{Label: title}),
		}, err
	})
}

// locate returns the place that somebody has typed: a position, or the name of a group or place that is known.
func (r *Geo) locate(v *site.Visit, text string) (*earth.Point, error) {
	if p, ok := earth.Parse(text); ok {
		return &p, nil
	}
	p, err := findPlace(v.Context(), r.deps.DB, v.Viewer, text)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Check(errs.Field("near", "We don’t know where “%s” is. Enter the name of a group or of a place where events take place, or a position like 53.55, 10.00.", text))
	}
	return &p, err
}

// find returns what lies where the map looks.
func (r *Geo) find(v *site.Visit, f filter) (all found, err error) {
	var box *earth.Box
	limit, metres := shown+1, float64(f.Within*1000)
	if f.Centre != nil {
		b := f.Centre.Around(metres)
		box, limit = &b, candidates
	}
	if f.Kind != eventsOnly {
		if all.Groups, err = listGroups(v.Context(), r.deps.DB, box, limit); err != nil {
			return all, err
		}
	}
	if f.Kind != groupsOnly {
		if all.Events, err = listEvents(v.Context(), r.deps.DB, v.Viewer, r.deps.DB.Now(), box, limit); err != nil {
			return all, err
		}
	}
	if f.Centre != nil {
		all.Groups = keep(all.Groups, func(g mappedGroup) earth.Point { return g.Point }, *f.Centre, metres)
		all.Events = keep(all.Events, func(e mappedEvent) earth.Point { return e.Point }, *f.Centre, metres)
		slices.SortStableFunc(all.Groups, func(a, b mappedGroup) int { return f.compare(a.Point, b.Point) })
	}
	if all.MoreGroups = len(all.Groups) > shown; all.MoreGroups {
		all.Groups = all.Groups[:shown]
	}
	if all.MoreEvents = len(all.Events) > shown; all.MoreEvents {
		all.Events = all.Events[:shown]
	}
	return all, nil
}

// compare puts what is nearer first.
func (f filter) compare(a, b earth.Point) int {
	return int(f.Centre.To(a)) - int(f.Centre.To(b))
}

// placeForm is what members say of where their group is.
type placeForm struct {
	Latitude  string `form:"latitude"  text:"line"`
	Longitude string `form:"longitude" text:"line"`
	Remove    bool   `form:"remove"`
}

// placed returns the group whose place is visited, if the viewer may change it.
func (r *Geo) placed(v *site.Visit) (community.Group, error) {
	g, err := r.deps.Groups.GetBySlug(v.Context(), r.deps.DB, v.Query("group"))
	if err != nil {
		return g, err
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, g.Entity())
	if err != nil {
		return g, err
	}
	v.Concerns(site.Subject{Entity: g.Entity(), Standing: s, Group: &g})
	switch {
	case CanPlace(s):
		return g, nil
	case s.Member && s.Archived:
		return g, community.ErrArchived()
	default:
		return g, errNotMember(v.Viewer)
	}
}

func (r *Geo) editPlace(v *site.Visit) error {
	g, err := r.placed(v)
	if err != nil {
		return err
	}
	p, err := getPosition(v.Context(), r.deps.DB, g.EntityID)
	if err != nil {
		return err
	}
	var f placeForm
	if p != nil {
		f = placeForm{Latitude: earth.Degrees(p.Latitude), Longitude: earth.Degrees(p.Longitude)}
	}
	return v.Show(r.placePage(v, g, f, p != nil, parts.Errors{}))
}

func (r *Geo) updatePlace(v *site.Visit) error {
	g, err := r.placed(v)
	if err != nil {
		return err
	}
	var f placeForm
	if err := r.submitPlace(v, g, &f); err != nil {
		return v.ShowAgain(err, func(e parts.Errors) (site.Page, error) {
			p, err := getPosition(v.Context(), r.deps.DB, g.EntityID)
			return r.placePage(v, g, f, p != nil, e), err
		})
	}
	if f.Remove {
		v.Flash(parts.Done, "The group is no longer on the map.")
	} else {
		v.Flash(parts.Done, "The group is on the map.")
	}
	return v.Redirect(g.Entity().Path())
}

// submitPlace does what the form says.
func (r *Geo) submitPlace(v *site.Visit, g community.Group, f *placeForm) error {
	if err := v.Bind(f); err != nil {
		return err
	}
	if f.Remove {
		return r.Place(v.Context(), v.Viewer, g, nil)
	}
	p, err := readPoint(f.Latitude, f.Longitude)
	if err != nil {
		return err
	}
	return r.Place(v.Context(), v.Viewer, g, &p)
}

func (r *Geo) placePage(v *site.Visit, g community.Group, f placeForm, known bool, e parts.Errors) site.Page {
	return v.ManagePage(g.Entity(), v.T("Place on the map"), placeBody(v, r.frame(), g, f, known, e))
}
