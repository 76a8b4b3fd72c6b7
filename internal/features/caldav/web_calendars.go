package caldav

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/webdav"
)

// describeCalendars says of calendars what is asked.
func (r *CalDAV) describeCalendars(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, calendars []calendar) error {
	var tags map[string]string
	if asked.Wants(webdav.CTag) {
		var err error
		if tags, err = r.ctags(v, calendars); err != nil {
			return err
		}
	}
	for _, c := range calendars {
		answer.Add(calendarPath(v, c), asked, append(common(v),
			webdav.Property{Name: webdav.ResourceType, Value: webdav.Elements(webdav.Collection, webdav.Calendar)},
			webdav.Property{Name: webdav.DisplayName, Value: webdav.Text(c.Title)},
			webdav.Property{Name: webdav.Color, Value: webdav.Text(strings.ToUpper(c.Colour) + "FF")},
			webdav.Property{Name: webdav.CTag, Value: webdav.Text(tags[c.Name])},
			webdav.Property{Name: webdav.SupportedComponents, Value: webdav.EventsOnly()},
			webdav.Property{Name: webdav.SupportedData, Value: webdav.DataVersion()},
			webdav.Property{Name: webdav.SupportedReports, Value: webdav.Reports()}))
	}
	return nil
}

// shownCalendar is a calendar with the events in it.
type shownCalendar struct {
	collection
	calendar
}

func (r *CalDAV) calendar(v *site.Visit) (resource, error) {
	c, err := r.named(v, v.Path("calendar"))
	return shownCalendar{collection{r}, c}, err
}

// describe implements resource.
func (s shownCalendar) describe(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, deep bool) error {
	if err := s.room.describeCalendars(v, answer, asked, []calendar{s.calendar}); err != nil || !deep {
		return err
	}
	return s.describeSelected(v, answer, asked, events.Selection{})
}

// report implements resource.
func (s shownCalendar) report(v *site.Visit, answer *webdav.Answer, q webdav.Query) error {
	switch {
	case q.Multiget:
		return s.multiget(v, answer, q)
	case !q.Events:
		return nil
	default:
		return s.describeSelected(v, answer, q.Asked, events.Selection{From: q.From, To: q.To})
	}
}

// describeSelected says of some objects of the calendar what is asked.
func (s shownCalendar) describeSelected(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, selection events.Selection) error {
	objects, err := s.room.deps.Events.Objects(v.Context(), s.Calendar, selection)
	if err != nil {
		return err
	}
	return s.describeObjects(v, answer, asked, objects)
}

func (s shownCalendar) describeObjects(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, objects []events.Object) error {
	var texts map[int64][]byte
	if asked.Has(webdav.CalendarData) {
		var err error
		if texts, err = s.texts(v, objects); err != nil {
			return err
		}
	}
	alike := append(common(v), webdav.Property{Name: webdav.ResourceType}, webdav.Property{Name: webdav.ContentType, Value: webdav.Text(webdav.ObjectType)})
	for _, object := range objects {
		known := append(slices.Clip(alike), webdav.Property{Name: webdav.ETag, Value: webdav.Text(object.ETag)})
		if text, ok := texts[object.ContentID]; ok {
			known = append(known, webdav.Property{Name: webdav.CalendarData, Value: webdav.Text(string(text))})
		}
		answer.Add(objectPath(v, s.calendar, object.ContentID), asked, known)
	}
	return nil
}

// texts returns the texts of objects. They are read after the ETags: the next look finds what has changed in between.
func (s shownCalendar) texts(v *site.Visit, objects []events.Object) (map[int64][]byte, error) {
	ids := make([]int64, len(objects))
	for n, o := range objects {
		ids[n] = o.ContentID
	}
	return s.room.deps.Events.ObjectTexts(v.Context(), s.Calendar, ids)
}

// multiget says of the objects at some addresses what is asked, and of each address where none is that it is missing.
func (s shownCalendar) multiget(v *site.Visit, answer *webdav.Answer, q webdav.Query) error {
	hrefs := map[int64]string{} // that are not answered yet
	ids := []int64{}
	for _, href := range q.Hrefs {
		switch id := s.idAt(v, href); {
		case id == 0:
			answer.AddMissing(href)
		case hrefs[id] == "":
			hrefs[id] = href
			ids = append(ids, id)
		}
	}
	objects, err := s.room.deps.Events.Objects(v.Context(), s.Calendar, events.Selection{ContentIDs: ids})
	if err != nil {
		return err
	}
	for _, object := range objects {
		delete(hrefs, object.ContentID)
	}
	for _, id := range ids {
		if hrefs[id] != "" {
			answer.AddMissing(hrefs[id])
		}
	}
	return s.describeObjects(v, answer, q.Asked, objects)
}

// idAt returns the event at an address, a whole one or a path; 0 if there cannot be one.
func (s shownCalendar) idAt(v *site.Visit, href string) int64 {
	u, err := url.Parse(href)
	if err != nil {
		return 0
	}
	name, ok := strings.CutPrefix(u.Path, calendarPath(v, s.calendar))
	if !ok {
		return 0
	}
	return contentID(name)
}

// shownObject is an event in a calendar.
type shownObject struct {
	shownCalendar
	object events.Object
}

func (r *CalDAV) object(v *site.Visit) (resource, error) {
	c, err := r.named(v, v.Path("calendar"))
	if err != nil {
		return nil, err
	}
	objects, err := r.deps.Events.Objects(v.Context(), c.Calendar, events.Selection{ContentIDs: []int64{contentID(v.Path("object"))}})
	if err != nil {
		return nil, err
	}
	if len(objects) == 0 {
		return nil, community.ErrNothingHere()
	}
	return shownObject{shownCalendar{collection{r}, c}, objects[0]}, nil
}

// describe implements resource.
func (o shownObject) describe(v *site.Visit, answer *webdav.Answer, asked webdav.Asked, _ bool) error {
	return o.describeObjects(v, answer, asked, []events.Object{o.object})
}

// report implements resource.
func (shownObject) report(*site.Visit, *webdav.Answer, webdav.Query) error { return webdav.ErrReport }

// send implements resource.
func (o shownObject) send(v *site.Visit) error {
	texts, err := o.texts(v, []events.Object{o.object})
	if err != nil {
		return err
	}
	text, ok := texts[o.object.ContentID]
	if !ok {
		return community.ErrNothingHere() // it has been removed just now
	}
	h := v.W.Header()
	h.Set("Content-Type", webdav.ObjectType)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", o.object.ETag)
	http.ServeContent(v.W, v.R, "", time.Time{}, bytes.NewReader(text))
	return nil
}
