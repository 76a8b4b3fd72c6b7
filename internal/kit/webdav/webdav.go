// Package webdav reads what calendar programs ask by WebDAV and CalDAV, and writes what they are answered (RFC 4918,
// RFC 4791), as far as calendars need it that can only be read: PROPFIND, and the reports calendar-query and
// calendar-multiget. What there is to be read is none of its business.
package webdav

import "encoding/xml"

// The methods that WebDAV adds to HTTP.
const (
	PropFind = "PROPFIND"
	Report   = "REPORT"
)

// Capabilities are what a server of such calendars says of itself in the header DAV.
const Capabilities = "1, 3, calendar-access"

// The media types of answers and of objects.
const (
	MediaType  = `application/xml; charset="utf-8"`
	ObjectType = `text/calendar; charset="utf-8"; component="vevent"`
)

// The namespaces of properties.
const (
	dav            = "DAV:"
	caldav         = "urn:ietf:params:xml:ns:caldav"
	calendarServer = "http://calendarserver.org/ns/"
	apple          = "http://apple.com/ns/ical/"
)

// Properties that calendars, their objects and those who have them bear.
var (
	ResourceType         = xml.Name{Space: dav, Local: "resourcetype"}
	DisplayName          = xml.Name{Space: dav, Local: "displayname"}
	CurrentUserPrincipal = xml.Name{Space: dav, Local: "current-user-principal"}
	PrincipalURL         = xml.Name{Space: dav, Local: "principal-URL"}
	Owner                = xml.Name{Space: dav, Local: "owner"}
	PrivilegeSet         = xml.Name{Space: dav, Local: "current-user-privilege-set"}
	SupportedReports     = xml.Name{Space: dav, Local: "supported-report-set"}
	ETag                 = xml.Name{Space: dav, Local: "getetag"}
	ContentType          = xml.Name{Space: dav, Local: "getcontenttype"}
	LastModified         = xml.Name{Space: dav, Local: "getlastmodified"}

	HomeSet             = xml.Name{Space: caldav, Local: "calendar-home-set"}
	SupportedComponents = xml.Name{Space: caldav, Local: "supported-calendar-component-set"}
	SupportedData       = xml.Name{Space: caldav, Local: "supported-calendar-data"}
	CalendarData        = xml.Name{Space: caldav, Local: "calendar-data"}

	// CTag changes whenever any object of a calendar does, so that programs ask for one number and not for all.
	CTag  = xml.Name{Space: calendarServer, Local: "getctag"}
	Color = xml.Name{Space: apple, Local: "calendar-color"}
)

// Elements that say of what sort a resource is.
var (
	Collection = xml.Name{Space: dav, Local: "collection"}
	Principal  = xml.Name{Space: dav, Local: "principal"}
	Calendar   = xml.Name{Space: caldav, Local: "calendar"}
)
