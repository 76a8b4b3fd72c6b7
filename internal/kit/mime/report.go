package mime

import (
	"bytes"
	"io"
	"slices"
)

// maxStatusFields is how many groups of fields of a delivery status are kept: one for the mail and one for each recipient.
const maxStatusFields = 50

// Report is a message that says what became of another one.
type Report struct {
	*Message

	// Body is all that it says to people: Text and Cut before they were told apart, as Plain says verbatim or as markdown.
	// A mail that comes back in a part of its own is not in it, one that comes back behind the text is.
	Body string
	// Status are the groups of fields of its delivery status (RFC 3464): first what is said of the mail, then what is said
	// of each recipient. Most programs keep to that order; nil if there is no delivery status.
	Status []Header
	// Returned is the header of the mail that comes back in a part of its own; nil if none does.
	Returned Header
	// Receipt says that it is a disposition notification (RFC 8098): it tells what somebody did with a mail that arrived.
	Receipt bool
	// Complaint says that it is an abuse report (RFC 5965): somebody who got the mail calls it spam.
	Complaint bool
}

// ReadReport reads a message that may be a report, under the same limits and with the same errors as Parse. Whether it is
// one says Auto, which goes by the words of a message here although its header calls it an automatic reply: so do many mail
// servers in the headers of their reports.
func ReadReport(r io.Reader, l Limits) (Report, error) {
	m, root, text, err := parse(r, l)
	if err != nil {
		return Report{}, err
	}
	report := Report{Message: m, Body: dropMarkers(text)}
	if m.Auto.Kind == AutomaticReply && !m.Auto.ByWords {
		if auto, is := detectReport(m.Header, m.From, root, m.Subject, report.Body); is {
			m.Auto = auto
		}
	}
	report.collect(root, l.withDefaults())
	return report, nil
}

// collect takes from the parts of a report what programs read.
func (r *Report) collect(p *part, l Limits) {
	switch {
	case p.is("message/delivery-status", "message/global-delivery-status"):
		r.Status = append(r.Status, statusFields(p.data(), l)...)
		r.Status = r.Status[:min(len(r.Status), maxStatusFields)]
	case p.is("message/disposition-notification", "message/global-disposition-notification"):
		r.Receipt = true
	case p.is("message/feedback-report"):
		r.Complaint = true
	case r.Returned == nil && p.is("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
		if h, _, err := l.splitHeader(p.data()); err == nil {
			r.Returned = h
		}
	}
	for _, c := range p.children {
		r.collect(c, l)
	}
}

// statusFields returns the groups of fields of a delivery status, which empty lines separate. What is no field is skipped.
func statusFields(data []byte, l Limits) (groups []Header) {
	for len(data) > 0 && len(groups) < maxStatusFields {
		h, rest, err := l.splitHeader(data)
		if err != nil {
			return groups
		}
		if len(h) > 0 {
			groups = append(groups, h)
		}
		if len(rest) == len(data) {
			_, rest = cutLine(rest)
		}
		data = bytes.TrimLeft(rest, "\r\n")
	}
	return slices.Clip(groups)
}
