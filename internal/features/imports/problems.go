package imports

import (
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/lang"
)

// sayProblem says what is wrong with an import, and what can be done about it; "" if nothing is.
func (i Import) sayProblem(p *lang.Printer) string {
	switch i.Problem {
	case "":
		return ""
	case fetch.BadAddress, fetch.WithPassword:
		return p.T("The address leads to one that can’t be used. Check it in a browser and add the right one.")
	case fetch.NoSuchHost:
		return p.T("There is no server called “%s”. Check the address for typos.", i.host())
	case fetch.Forbidden:
		return p.T("The address leads to a server that isn’t on the public internet. Only public servers can be used.")
	case fetch.Unreachable:
		return p.T("The server “%s” can’t be reached.", i.host())
	case fetch.Untrusted:
		return p.T("The server “%s” couldn’t prove its identity: its certificate isn’t valid.", i.host())
	case fetch.TooSlow:
		return p.T("The server “%s” takes too long to answer.", i.host())
	case fetch.TooLarge:
		return p.T("What’s at this address is too large. It can have up to %d MB.", maxBytes>>20)
	case fetch.TooManyRedirects:
		return p.T("The address keeps leading to other addresses. Check it in a browser and add the one where it ends.")
	case fetch.Gone:
		return p.T("There’s nothing at this address any more.")
	case fetch.Denied:
		return p.T("What’s there is only for people who sign in. Look for an address that works without signing in.")
	case fetch.Busy:
		return p.T("The server “%s” is busy and asks us to come back later.", i.host())
	case fetch.Unreadable:
		return p.T("What the server “%s” sends is incomplete or damaged.", i.host())
	case notCalendar:
		return p.T("There is no calendar at this address but something else, such as a web page. Look for an address that ends in .ics.")
	case notFeed:
		return p.T("The website no longer says where its feed is. Perhaps it has moved: add the address of the feed itself.")
	case nothing:
		return p.T("There is neither a calendar nor a website with a feed at this address. Many websites have their feed at an address that ends in /feed; calendars often end in .ics.")
	case ownFeed:
		return p.T("The website leads to a feed of this site. What’s there is here already.")
	case suddenEmpty:
		return p.T("The calendar has suddenly become empty. If it still is next time, its events will be removed here too.")
	default:
		return p.T("The server “%s” answers with an error (%d).", i.host(), i.Status)
	}
}
