package imports

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/ical"
)

// What a group can have of other calendars: how many, how many events of each, and which of them. A calendar may list
// many more, of many years.
const (
	maxImports = 10
	maxListed  = 50_000
	maxEvents  = 2000
	yearsBack  = 1
	yearsAhead = 2
)

// How often a calendar is read, what that is prolonged to while it cannot be, and after which time it is read in full,
// although its server says that nothing has changed: what was too far ahead comes into sight, too.
const (
	interval   = time.Hour
	longest    = 24 * time.Hour
	fullyAfter = 24 * time.Hour
)

// quiet is how long after people were told of new events of a calendar nobody is told of others.
const quiet = 24 * time.Hour

// maxChanges is of how many changed events people are told one by one, where they take place at another time or not at
// all. Of more at once, which is what programs do, nobody is told.
const maxChanges = 10

// CanManage reports whether the viewer may add, change and end the imports of a group: its members may.
func CanManage(s community.Standing) bool { return s.Viewer.SignedIn() && s.Member }

// CanAdd reports whether the viewer may have more calendars read for a group: of one that is archived none are.
func CanAdd(s community.Standing) bool { return CanManage(s) && policy.CanAdd(s) }

// pause returns when a calendar is read next: after an hour, or twice as long after each failure, up to a day. A server
// may ask for more.
func pause(failures int, asked time.Duration) time.Duration {
	wait := interval
	for range min(failures-1, 10) {
		wait *= 2
	}
	return max(min(wait, longest), asked)
}

// due returns when an import is read next, after a pause. Not all are at the same moment.
func due(now time.Time, id int64, wait time.Duration) time.Time {
	return now.Add(wait + time.Duration(id%7)*time.Minute)
}

// origin is what events of our own are told by in other calendars.
type origin struct{ host, url string }

// owns reports whether an event of another calendar comes from here, in whatever calendars it has been in between: what
// two sites tell each other would never end otherwise.
func (o origin) owns(e ical.Event) bool {
	uid := strings.ToLower(e.UID)
	return strings.HasSuffix(uid, "@"+o.host) || strings.HasPrefix(uid, o.url+"/") || slices.Contains(e.Via, o.host)
}

// maxVia and maxViaBytes are through how many sites an event may have come, and how long their names are together.
const (
	maxVia      = 10
	maxViaBytes = 700
)

// lost reports whether an event has come through so many sites that nobody knows any more where it began.
func lost(e ical.Event) bool {
	return len(e.Via) > maxVia || len(strings.Join(e.Via, ",")) > maxViaBytes
}

// candidate is an event of a calendar, and when it takes place: of a series, from when until when.
type candidate struct {
	events.Foreign

	first, last string
}

// gather returns the events of a calendar that a group shows, each series as one, and how many it does not show although
// they are neither ours nor too far away. What comes next stands first.
func gather(c ical.Calendar, own origin, now time.Time) (wanted []events.Foreign, skipped int) {
	skipped = c.Skipped
	place := map[string]int{}
	var all []events.Foreign
	for _, e := range c.Events {
		switch n, known := place[e.UID]; {
		case e.Begins == "":
			skipped++
		case own.owns(e), lost(e):
		case known:
			all[n] = all[n].With(e)
		default:
			place[e.UID] = len(all)
			all = append(all, events.Foreign{}.With(e))
		}
	}
	first, last := now.AddDate(-yearsBack, 0, 0).Format(time.DateOnly), now.AddDate(yearsAhead, 0, 0).Format(time.DateOnly)
	var near []candidate
	for _, f := range all {
		for _, part := range f.Parts() {
			k := candidate{part, part.FirstDay(), part.LastDay()}
			switch {
			case k.first > last, k.last < first:
			case len(near) == maxListed:
				skipped++
			default:
				near = append(near, k)
			}
		}
	}
	today := now.Format(time.DateOnly)
	slices.SortStableFunc(near, func(a, b candidate) int {
		aOver, bOver := a.last < today, b.last < today
		switch {
		case aOver != bOver && bOver:
			return -1
		case aOver != bOver:
			return 1
		case aOver:
			return cmp.Compare(b.first, a.first)
		default:
			return cmp.Compare(a.first, b.first)
		}
	})
	if len(near) > maxEvents {
		skipped += len(near) - maxEvents
		near = near[:maxEvents]
	}
	for _, k := range near {
		wanted = append(wanted, k.Foreign)
	}
	return wanted, skipped
}

// uidKey returns what stands for a UID, which may be of any length.
func uidKey(uid string) string { return hash(uid) }

// fingerprint returns what tells whether an event says something else than before. When it was written down does not
// matter: many servers say that it was just now.
func fingerprint(f events.Foreign) string { return hash(fmt.Sprintf("%+v", f.Undated())) }

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// differences are what is to be done so that a group shows what a calendar says.
type differences struct {
	Fresh, Changed []events.Foreign
	Gone           []int64 // contents of which the calendar says nothing any more
	Off            []int64 // of these, those on which somebody counts: they are cancelled, and stay
}

// compare returns how a calendar differs from what is shown of it. taken are the UIDs of other events of the group.
// What is over stays when the calendar does not list it any more: many list only what is to come.
func compare(wanted []events.Foreign, shown map[string]known, taken []string, now time.Time) (d differences) {
	listed := map[string]bool{}
	for _, f := range wanted {
		key := uidKey(f.UID())
		listed[key] = true
		k, isShown := shown[key]
		switch {
		case !isShown && (f.Cancelled() || slices.Contains(taken, f.UID())), k.Deleted,
			k.Fingerprint == fingerprint(f) && k.Cancelled == f.Cancelled():
		case isShown:
			d.Changed = append(d.Changed, f)
		default:
			d.Fresh = append(d.Fresh, f)
		}
	}
	for key, k := range shown {
		switch {
		case listed[key], !k.Deleted && k.EndsAt.Before(now):
		case !k.Awaited || k.Deleted:
			d.Gone = append(d.Gone, k.ContentID)
		case !k.Cancelled:
			d.Off = append(d.Off, k.ContentID)
		}
	}
	slices.Sort(d.Gone)
	slices.Sort(d.Off)
	return d
}
