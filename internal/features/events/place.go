package events

import (
	"net/url"
	"strings"

	"grouprise.org/grouprise/internal/kit/earth"
)

// parsePosition reads where a place lies and writes it as it is kept: latitude and longitude in degrees, as in a geo URI
// without its scheme. What is empty stays so. ok is false where it cannot be read.
func parsePosition(text string) (position string, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", true
	}
	p, ok := earth.Parse(text)
	if !ok {
		return text, false
	}
	return p.String(), true
}

// point returns the latitude and the longitude of the event as they are kept beside its position; nil where it has none.
func (e event) point() (latitude, longitude any) {
	p, ok := earth.Parse(e.Position)
	if !ok {
		return nil, nil
	}
	return p.Latitude, p.Longitude
}

// geoURI returns the address of a position that programs for maps open.
func geoURI(position string) string { return "geo:" + position }

// mapURL returns the address of a position on OpenStreetMap.
func mapURL(position string) string {
	p, _ := earth.Parse(position)
	return p.MapURL()
}

// placePath returns the address of the dates at a place.
func placePath(place string) string {
	return withQuery(listPath, url.Values{"place": {oneLine(place)}})
}
