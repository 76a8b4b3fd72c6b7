package schemaorg

import "time"

// Event is something that takes place, once.
type Event struct {
	Name              string       `json:"name"`
	URL               string       `json:"url"`
	Description       string       `json:"description,omitempty"`
	Image             []string     `json:"image,omitempty"`
	StartDate         string       `json:"startDate"`
	EndDate           string       `json:"endDate,omitempty"`
	PreviousStartDate string       `json:"previousStartDate,omitempty"` // of one that is EventRescheduled
	EventStatus       string       `json:"eventStatus"`
	AttendanceMode    string       `json:"eventAttendanceMode,omitempty"`
	Place             *Place       `json:"location,omitempty"`
	Organizer         Thing        `json:"organizer,omitempty"`
	SuperEvent        *EventSeries `json:"superEvent,omitempty"`
}

// MarshalJSON implements Thing.
func (e Event) MarshalJSON() ([]byte, error) {
	type fields Event
	return typed("Event", fields(e))
}

// What an Event says of how it stands, and of how people come to it.
const (
	EventScheduled   = "https://schema.org/EventScheduled"
	EventRescheduled = "https://schema.org/EventRescheduled"
	EventCancelled   = "https://schema.org/EventCancelled"

	OfflineAttendance = "https://schema.org/OfflineEventAttendanceMode"
)

// EventSeries is what events have in common that repeat.
type EventSeries struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// MarshalJSON implements Thing.
func (s EventSeries) MarshalJSON() ([]byte, error) {
	type fields EventSeries
	return typed("EventSeries", fields(s))
}

// Place is where something takes place. Its address is a text, because people write it as one.
type Place struct {
	Name    string          `json:"name"`
	Address string          `json:"address,omitempty"`
	Geo     *GeoCoordinates `json:"geo,omitempty"`
}

// MarshalJSON implements Thing.
func (p Place) MarshalJSON() ([]byte, error) {
	type fields Place
	return typed("Place", fields(p))
}

// GeoCoordinates are where a place lies, in degrees.
type GeoCoordinates struct {
	Latitude  string `json:"latitude"`
	Longitude string `json:"longitude"`
}

// MarshalJSON implements Thing.
func (g GeoCoordinates) MarshalJSON() ([]byte, error) {
	type fields GeoCoordinates
	return typed("GeoCoordinates", fields(g))
}

// Moment writes a point in time with the offset of its zone.
func Moment(t time.Time) string { return t.Format(time.RFC3339) }

// Day writes a day.
func Day(t time.Time) string { return t.Format(time.DateOnly) }
