package webdav

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
)

// Asked is which properties a program wants to know.
type Asked struct {
	All   bool // all but CalendarData
	Names []xml.Name
	Only  bool // the names of the properties alone, of all that there are
}

// Has reports whether a property is asked for by its name.
func (a Asked) Has(name xml.Name) bool { return slices.Contains(a.Names, name) }

// Wants reports whether the value of a property is asked for.
func (a Asked) Wants(name xml.Name) bool { return a.All || a.Has(name) }

// ReadPropFind reads which properties are asked for. Who sends nothing wants all of them.
func ReadPropFind(r io.Reader) (Asked, error) {
	root, err := readTree(r)
	switch {
	case err != nil:
		return Asked{}, err
	case root == nil:
		return Asked{All: true}, nil
	case root.Name != xml.Name{Space: dav, Local: "propfind"}:
		return Asked{}, notUnderstood(errors.New("the request is no propfind"))
	}
	return asked(root)
}

// asked returns which properties an element asks for.
func asked(e *element) (Asked, error) {
	for _, c := range e.Children {
		switch c.Name {
		case xml.Name{Space: dav, Local: "allprop"}:
			return Asked{All: true}, nil
		case xml.Name{Space: dav, Local: "propname"}:
			return Asked{Only: true}, nil
		case xml.Name{Space: dav, Local: "prop"}:
			var a Asked
			for _, property := range c.Children {
				if !a.Has(property.Name) {
					a.Names = append(a.Names, property.Name)
				}
			}
			return a, nil
		}
	}
	return Asked{}, notUnderstood(errors.New("no properties are asked for"))
}

// Query is a report that a program asks for: some objects by their addresses, or those of a time.
type Query struct {
	Asked
	Multiget bool
	Hrefs    []string // of a multiget, as they were sent

	Events   bool      // events are asked for; else what there is none of, such as tasks
	From, To time.Time // what takes place in between; zero is without end
}

// ErrReport says that a report is one that is not offered, or narrows its answer in a way that is not offered.
var (
	ErrReport = errors.New("the report is not supported")
	ErrFilter = errors.New("the filter is not supported")
)

// ReadReport reads a report that is asked for. It may be ErrReport or ErrFilter.
func ReadReport(r io.Reader) (Query, error) {
	root, err := readTree(r)
	if err != nil {
		return Query{}, err
	}
	if root == nil {
		return Query{}, notUnderstood(errors.New("there is no report"))
	}
	switch root.Name {
	case xml.Name{Space: caldav, Local: "calendar-multiget"}:
		return readMultiget(root)
	case xml.Name{Space: caldav, Local: "calendar-query"}:
		return readQuery(root)
	default:
		return Query{}, ErrReport
	}
}

func readMultiget(root *element) (q Query, err error) {
	q.Multiget = true
	for _, c := range root.Children {
		if c.Name == (xml.Name{Space: dav, Local: "href"}) {
			q.Hrefs = append(q.Hrefs, c.plain())
		}
	}
	q.Asked, err = asked(root)
	return q, err
}

func readQuery(root *element) (q Query, err error) {
	if q.Asked, err = asked(root); err != nil {
		return q, err
	}
	filter := root.child(xml.Name{Space: caldav, Local: "filter"})
	if filter == nil || len(filter.Children) != 1 || !isFilterOf(filter.Children[0], "VCALENDAR") {
		return q, notUnderstood(errors.New("there is no filter of calendars"))
	}
	inner := filter.Children[0].Children
	if len(inner) == 0 {
		q.Events = true
		return q, nil
	}
	if len(inner) > 1 || inner[0].Name != componentFilter {
		return q, ErrFilter
	}
	return q.narrow(inner[0])
}

var componentFilter = xml.Name{Space: caldav, Local: "comp-filter"}

// isFilterOf reports whether an element asks for components of a kind.
func isFilterOf(e *element, component string) bool {
	return e.Name == componentFilter && strings.EqualFold(e.attribute("name"), component)
}

// narrow reads which components of a calendar are asked for.
func (q Query) narrow(component *element) (Query, error) {
	q.Events = isFilterOf(component, "VEVENT")
	for _, c := range component.Children {
		switch {
		case c.Name == xml.Name{Space: caldav, Local: "is-not-defined"}:
			q.Events = !q.Events // objects without an event, of which there are none; or those without a task
		case c.Name == xml.Name{Space: caldav, Local: "time-range"}:
			var problem error
			if q.From, problem = pointInTime(c.attribute("start")); problem != nil {
				return q, problem
			}
			if q.To, problem = pointInTime(c.attribute("end")); problem != nil {
				return q, problem
			}
		case q.Events:
			return q, ErrFilter
		}
	}
	return q, nil
}

// pointInTime reads a point in time in UTC; "" is the zero time.
func pointInTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse("20060102T150405Z", text)
	if err != nil {
		return t, notUnderstood(err)
	}
	return t, nil
}
