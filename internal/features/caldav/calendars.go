package caldav

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/events"
)

// calendar is a calendar as a program sees it.
type calendar struct {
	events.Calendar

	Name   string // in its address
	Title  string // that people read
	Colour string // #rrggbb
}

// The names of calendars in their addresses.
const (
	nameMine   = "mine"
	nameTown   = "town"
	groupNames = "group-" // and the id of the group
)

func mine(v *site.Visit) calendar {
	return calendar{
		Calendar: events.Calendar{Viewer: v.Viewer, Prefixed: true},
		Name:     nameMine, Title: v.T("Everything I can see"), Colour: parts.AvatarColour(v.Viewer.Entity()),
	}
}

func town(v *site.Visit) calendar {
	return calendar{
		Calendar: events.Calendar{Viewer: v.Viewer, Public: true, Prefixed: true},
		Name:     nameTown, Title: v.T("Everything public"), Colour: v.Look().ThemeColour,
	}
}

func calendarOf(v *site.Visit, group community.Entity) calendar {
	return calendar{
		Calendar: events.Calendar{Viewer: v.Viewer, EntityID: group.ID},
		Name:     groupNames + strconv.FormatInt(group.OwnerID, 10), Title: group.Name, Colour: parts.AvatarColour(group),
	}
}

// listed returns the calendars that programs offer to a person.
func (r *CalDAV) listed(v *site.Visit) ([]calendar, error) {
	groups, err := listGroups(v.Context(), r.deps.DB, v.Viewer.PersonID)
	if err != nil {
		return nil, err
	}
	all := []calendar{mine(v), town(v)}
	for _, g := range groups {
		all = append(all, calendarOf(v, g))
	}
	return all, nil
}

// named returns the calendar with a name; NotFound if there is none, and Gone if its group is archived.
func (r *CalDAV) named(v *site.Visit, name string) (calendar, error) {
	switch name {
	case nameMine:
		return mine(v), nil
	case nameTown:
		return town(v), nil
	}
	text, ok := strings.CutPrefix(name, groupNames)
	id, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return calendar{}, community.ErrNothingHere()
	}
	group, err := getGroup(v.Context(), r.deps.DB, id)
	if err != nil {
		return calendar{}, err
	}
	return calendarOf(v, group), policy.CheckCalendar(v.Context(), r.deps.DB, group.ID)
}

// ctag returns what changes whenever one of the objects of a calendar does, or comes, or goes.
func ctag(objects []events.Object) string {
	hash := sha256.New()
	for _, o := range objects {
		_, _ = hash.Write(strconv.AppendInt(nil, o.ContentID, 10)) // a hash takes everything
		_, _ = hash.Write([]byte(o.ETag))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// ctags returns the ctags of calendars of one viewer, by their names. What several hold is read together.
func (r *CalDAV) ctags(v *site.Visit, calendars []calendar) (map[string]string, error) {
	widest := mine(v).Calendar
	if len(calendars) == 1 {
		widest = calendars[0].Calendar
	}
	all, err := r.deps.Events.Objects(v.Context(), widest, events.Selection{})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, c := range calendars {
		var held []events.Object
		for _, o := range all {
			if c.Holds(o) {
				held = append(held, o)
			}
		}
		tags[c.Name] = ctag(held)
	}
	return tags, nil
}

// The addresses of what there is, for a visitor.

func homePath(v *site.Visit) string { return Path + strconv.FormatInt(v.Viewer.PersonID, 10) + "/" }

func calendarPath(v *site.Visit, c calendar) string { return homePath(v) + c.Name + "/" }

// objectSuffix ends the names of objects.
const objectSuffix = ".ics"

func objectPath(v *site.Visit, c calendar, contentID int64) string {
	return calendarPath(v, c) + strconv.FormatInt(contentID, 10) + objectSuffix
}

// contentID returns the event of an object's name; 0 if it is none.
func contentID(name string) int64 {
	number, ok := strings.CutSuffix(name, objectSuffix)
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || id <= 0 || strconv.FormatInt(id, 10) != number {
		return 0
	}
	return id
}
