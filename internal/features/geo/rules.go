package geo

import (
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/errs"
)

// CanPlace reports whether the viewer may say where a group is: its members may, unless it is archived.
func CanPlace(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member && policy.CanAdd(s) }

// readPoint reads the two fields of the form. Whoever pastes a whole position into one of them means both.
func readPoint(latitude, longitude string) (earth.Point, error) {
	for _, pair := range [][2]string{{latitude, longitude}, {longitude, latitude}} {
		if p, ok := earth.Parse(pair[0]); ok && pair[1] == "" {
			return p, nil
		}
	}
	north, ok1 := earth.ParseLatitude(latitude)
	east, ok2 := earth.ParseLongitude(longitude)
	var wrong []errs.FieldError
	switch {
	case latitude == "":
		wrong = append(wrong, errs.Field("latitude", "Enter the latitude, a number like 53.55."))
	case !ok1:
		wrong = append(wrong, errs.Field("latitude", "The latitude is a number from -90 (South Pole) to 90 (North Pole), like 53.55."))
	}
	switch {
	case longitude == "":
		wrong = append(wrong, errs.Field("longitude", "Enter the longitude, a number like 10.00."))
	case !ok2:
		wrong = append(wrong, errs.Field("longitude", "The longitude is a number from -180 (west) to 180 (east), like 10.00."))
	}
	return earth.Point{Latitude: north, Longitude: east}, errs.Check(wrong...)
}

// What the map is narrowed to, as addresses name it.
const (
	groupsOnly = "groups"
	eventsOnly = "events"
)

// distances are how many kilometres around a place the map can be narrowed to; the second one is usual.
func distances() []int { return []int{2, 5, 10, 25} }

// within returns the distance that a parameter names, in kilometres.
func within(text string) int {
	all := distances()
	at := slices.IndexFunc(all, func(km int) bool { return text == kilometres(km) })
	if at < 0 {
		return all[1]
	}
	return all[at]
}

// keep returns the things that are near enough to a point, in the order of by if it is not nil.
func keep[T any](all []T, at func(T) earth.Point, centre earth.Point, metres float64) []T {
	return slices.DeleteFunc(all, func(t T) bool { return centre.To(at(t)) > metres })
}
