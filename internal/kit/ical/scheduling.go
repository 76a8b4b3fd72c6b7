package ical

import "strings"

// Message is how an event goes out in a mail (RFC 5546).
type Message struct {
	Method    string // PUBLISH, REQUEST, CANCEL
	Organizer Person // whom answers go to
	Attendee  Person // whom it goes to, if they are asked; the zero value is nobody in particular
	RSVP      bool   // an answer is wanted
}

// Person writes somebody whom an event names: the organizer, or an attendee with the answer that they have given.
func (w *Writer) Person(property string, p Person, params ...string) {
	if p.Name != "" {
		property += `;CN="` + inQuotes.Replace(p.Name) + `"`
	}
	if p.Role != "" {
		property += ";ROLE=" + p.Role
	}
	if p.Answer != "" {
		property += ";PARTSTAT=" + p.Answer
	}
	for _, param := range params {
		property += ";" + param
	}
	w.Raw(property, "mailto:"+p.Address)
}

// inQuotes puts a name as it stands in quotes, where there is no way to write a quote.
var inQuotes = strings.NewReplacer(`"`, "'", "\r", " ", "\n", " ")
