package webdav

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
)

// Value is the value of a property, as XML.
type Value string

// Property is something that a resource says of itself. Its name is one of those above.
type Property struct {
	Name  xml.Name
	Value Value
}

// prefixes are declared once in each answer.
var prefixes = map[string]string{dav: "D", caldav: "C", calendarServer: "S", apple: "A"}

// Text is a value that is a text.
func Text(text string) Value {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return Value(b.String())
}

// Href is a value that leads to a path.
func Href(path string) Value {
	return "<D:href>" + Text((&url.URL{Path: path}).EscapedPath()) + "</D:href>"
}

// Elements is a value that consists of empty elements.
func Elements(names ...xml.Name) Value {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(tag(name, "/"))
	}
	return Value(b.String())
}

// ReadOnly is the value of PrivilegeSet where nothing can be changed.
func ReadOnly() Value {
	return "<D:privilege><D:read/></D:privilege><D:privilege><D:read-current-user-privilege-set/></D:privilege>"
}

// Reports is the value of SupportedReports of a calendar.
func Reports() Value {
	return "<D:supported-report><D:report><C:calendar-query/></D:report></D:supported-report>" +
		"<D:supported-report><D:report><C:calendar-multiget/></D:report></D:supported-report>"
}

// EventsOnly is the value of SupportedComponents of a calendar that holds events, and DataVersion of SupportedData.
func EventsOnly() Value { return `<C:comp name="VEVENT"/>` }

// DataVersion is the value of SupportedData.
func DataVersion() Value { return `<C:calendar-data content-type="text/calendar" version="2.0"/>` }

// tag returns the tag of an element; end is "/" for one that is empty. What stands in a namespace of its own declares it.
func tag(name xml.Name, end string) string {
	if prefix, ok := prefixes[name.Space]; ok {
		return "<" + prefix + ":" + name.Local + end + ">"
	}
	if name.Space == "" {
		return "<" + name.Local + end + ">"
	}
	return "<X:" + name.Local + ` xmlns:X="` + string(Text(name.Space)) + `"` + end + ">"
}

// Answer is an answer about several resources (RFC 4918, section 13).
type Answer struct{ buffer bytes.Buffer }

// NewAnswer returns an answer about nothing.
func NewAnswer() *Answer {
	a := &Answer{}
	a.buffer.WriteString(xml.Header + "<D:multistatus")
	for _, space := range []string{dav, caldav, calendarServer, apple} {
		a.buffer.WriteString(" xmlns:" + prefixes[space] + `="` + space + `"`)
	}
	a.buffer.WriteString(">\n")
	return a
}

// Add says what is asked of a resource, as far as it is known.
func (a *Answer) Add(path string, asked Asked, known []Property) {
	a.begin(Href(path))
	var unknown []xml.Name
	a.buffer.WriteString("<D:propstat><D:prop>")
	for _, p := range known {
		switch {
		case asked.Only:
			a.buffer.WriteString(tag(p.Name, "/"))
		case asked.Wants(p.Name):
			a.buffer.WriteString(tag(p.Name, ""))
			a.buffer.WriteString(string(p.Value))
			a.buffer.WriteString("</" + prefixes[p.Name.Space] + ":" + p.Name.Local + ">")
		}
	}
	for _, name := range asked.Names {
		if !slices.ContainsFunc(known, func(p Property) bool { return p.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	a.buffer.WriteString("</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>")
	if len(unknown) > 0 {
		a.buffer.WriteString("<D:propstat><D:prop>" + string(Elements(unknown...)) + "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>")
	}
	a.end()
}

// AddMissing says that there is nothing at an address, as it was sent.
func (a *Answer) AddMissing(href string) {
	a.begin("<D:href>" + Text(href) + "</D:href>")
	a.buffer.WriteString("<D:status>HTTP/1.1 404 Not Found</D:status>")
	a.end()
}

func (a *Answer) begin(href Value) { a.buffer.WriteString("<D:response>" + string(href)) }

func (a *Answer) end() { a.buffer.WriteString("</D:response>\n") }

// Bytes returns the whole answer; nothing can be added to it afterwards.
func (a *Answer) Bytes() []byte {
	a.buffer.WriteString("</D:multistatus>\n")
	return a.buffer.Bytes()
}

// Precondition returns the body of a refusal: which condition of a request does not hold. It is nil for other errors than
// ErrReport and ErrFilter.
func Precondition(err error) []byte {
	condition := map[error]string{ErrReport: "<D:supported-report/>", ErrFilter: "<C:supported-filter/>"}[err]
	if condition == "" {
		return nil
	}
	return []byte(xml.Header + `<D:error xmlns:D="` + dav + `" xmlns:C="` + caldav + `">` + condition + "</D:error>\n")
}
