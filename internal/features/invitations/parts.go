package invitations

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/kit/ical"
)

// version tells which of two mails says the latest about an event or a date of it. The zero value is before all others.
type version struct {
	// Epoch is the SEQUENCE of the whole event in the mail, or that of the date where it came alone: a change of the whole
	// does away with what was said of its dates before.
	Epoch    int
	Sequence int
	Stamp    int64 // DTSTAMP, in milliseconds
}

func (v version) compare(o version) int {
	return cmp.Or(cmp.Compare(v.Epoch, o.Epoch), cmp.Compare(v.Sequence, o.Sequence), cmp.Compare(v.Stamp, o.Stamp))
}

// part is the latest that is known of an event as a whole, or of one of its dates. Both halves only grow, by version, so
// that the same mails lead to the same parts, in whatever order and however often they come.
type part struct {
	Recurrence string // RECURRENCE-ID; "" for the whole
	Details    version
	Event      string // as JSON; "" if only the end of it is known
	Cancelled  bool
	Cancel     version // since when
}

// sayDetails keeps what an event says, unless something later is known, and reports whether it did. Of two that claim the
// same version, which happens to programs that forget to count, one wins whichever came first.
func (p *part) sayDetails(v version, event string) bool {
	if cmp.Or(v.compare(p.Details), cmp.Compare(event, p.Event)) <= 0 && p.Event != "" {
		return false
	}
	p.Details, p.Event = v, event
	return true
}

// sayCancelled keeps that an event does not take place, unless something later is known, and reports whether it did.
func (p *part) sayCancelled(v version) bool {
	if p.Cancelled && v.compare(p.Cancel) <= 0 {
		return false
	}
	p.Cancelled, p.Cancel = true, v
	return true
}

// over reports whether the last that is known is that it does not take place.
func (p *part) over() bool {
	return p.Cancelled && (p.Event == "" || p.Cancel.compare(p.Details) >= 0)
}

// absorb adds what a calendar says to what is known. It returns all that is known then, and what of it has changed.
func absorb(known []*part, c ical.Calendar) (all, changed []*part, err error) {
	whole := 0
	for _, e := range c.Events {
		if e.Recurrence == "" {
			whole = e.Sequence
		}
	}
	for _, e := range c.Events {
		n := slices.IndexFunc(known, func(p *part) bool { return p.Recurrence == e.Recurrence })
		if n < 0 {
			n, known = len(known), append(known, &part{Recurrence: e.Recurrence})
		}
		p, v, news := known[n], version{Epoch: max(whole, e.Sequence), Sequence: e.Sequence, Stamp: e.Stamp.UnixMilli()}, false
		if c.Method != methodCancel {
			e.Attendees = nil // who else is asked is not for the group
			text, err := json.Marshal(e)
			if err != nil {
				return nil, nil, fmt.Errorf("write down an event: %w", err)
			}
			news = p.sayDetails(v, string(text))
		}
		if c.Method == methodCancel || e.Status == statusCancelled {
			news = p.sayCancelled(v) || news
		}
		if news && !slices.Contains(changed, p) {
			changed = append(changed, p)
		}
	}
	return known, changed, nil
}

// combine returns the event that the parts make together: the whole, and then its dates that differ. It is empty as long as
// only the end of an event is known. Who is invited to one date of a series knows nothing of the whole: the date is an
// event then.
func combine(parts []*part) ([]ical.Event, error) {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b *part) int { return cmp.Compare(a.Recurrence, b.Recurrence) })
	n := slices.IndexFunc(parts, func(p *part) bool { return p.Event != "" })
	if n < 0 {
		return nil, nil
	}
	whole, err := parts[n].event()
	if err != nil {
		return nil, err
	}
	all := []ical.Event{whole}
	if whole.Recurrence != "" {
		all[0].Recurrence, all[0].Rule = "", ""
		if first := parts[0]; first.Recurrence == "" && first.Cancel.Sequence >= parts[n].Details.Sequence {
			all[0].Status = statusCancelled // with the whole, of which nothing else is known
		}
		return all, nil
	}
	for _, p := range parts[n+1:] {
		latest := p.Details
		if p.over() {
			latest = p.Cancel
		}
		if latest.Epoch < parts[n].Details.Sequence {
			continue
		}
		date, err := p.event()
		if err != nil {
			return nil, err
		}
		all = append(all, date)
	}
	return all, nil
}

// event returns what a part says.
func (p *part) event() (e ical.Event, err error) {
	if p.Event != "" {
		if err := json.Unmarshal([]byte(p.Event), &e); err != nil {
			return e, fmt.Errorf("read what is known of an event: %w", err)
		}
	}
	e.Recurrence, e.Status = p.Recurrence, ""
	if p.over() {
		e.Status = statusCancelled
	}
	return e, nil
}
