package imports

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Why an import could not be read, beside what package fetch knows.
const (
	notCalendar fetch.Problem = "calendar" // what stands at the address is none any more
	notFeed     fetch.Problem = "feed"     // there is no feed there any more
	nothing     fetch.Problem = "nothing"  // there is neither a calendar nor a feed
	ownFeed     fetch.Problem = "own"      // the feed that a website names is one of ours
	suddenEmpty fetch.Problem = "empty"    // the calendar has no events any more, and is asked once more before they go
)

// planned is how many imports are found to be due at a time.
const planned = 200

func importKey(id int64) string { return fmt.Sprintf("import %d", id) }

// Plan enqueues a job for each import that is due.
func (r *Imports) Plan(ctx context.Context) error {
	ids, err := listDue(ctx, r.deps.DB, r.deps.DB.Now(), planned)
	if err != nil {
		return err
	}
	return r.enqueueAll(ctx, ids)
}

// ReadAll has all imports read now that are read at all, and returns how many there are.
func (r *Imports) ReadAll(ctx context.Context) (int, error) {
	ids, err := listDue(ctx, r.deps.DB, clock.At(r.deps.DB.Now().AddDate(1, 0, 0)), math.MaxInt32)
	if err != nil {
		return 0, err
	}
	return len(ids), r.enqueueAll(ctx, ids)
}

func (r *Imports) enqueueAll(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		for _, id := range ids {
			if err := r.enqueue(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Read reads an import and lets its group show what is said there now. What is wrong with the source is noted, and no
// error: another attempt is made later. It may be interrupted at any time and goes on where it was.
func (r *Imports) Read(ctx context.Context, id int64) error {
	i, err := getImport(ctx, r.deps.DB, id)
	if errs.Is(err, errs.NotFound) || err == nil && (!i.Active || i.Paused) {
		return nil
	}
	if err != nil {
		return err
	}
	followed, err := r.read(ctx, i)
	if failure, ok := errors.AsType[*fetch.Error](err); ok {
		err = r.noteFailure(ctx, i, failure)
	} else if err == nil {
		err = r.noteSuccess(ctx, followed)
	}
	return ignoreEnded(err)
}

// read gets what the import reads and follows it, if there is anything new. An *fetch.Error says what is wrong with it.
func (r *Imports) read(ctx context.Context, i Import) (Import, error) {
	d, err := r.fetch(ctx, i)
	if err != nil || d.Unchanged {
		return i, err
	}
	if i.Kind == unknownKind {
		if i.Kind = feedKind; isCalendar(d) {
			i.Kind = calendarKind
		}
		known, err := r.follow(ctx, i, d)
		if err != nil {
			i.Kind = unknownKind
			return i, err
		}
		return known, nil
	}
	return r.follow(ctx, i, d)
}

// isCalendar reports whether a document is a calendar.
func isCalendar(d *fetch.Document) bool {
	return d.Type == "text/calendar" || bytes.HasPrefix(bytes.TrimLeft(d.Body, "\ufeff \r\n\t"), []byte("BEGIN:VCALENDAR"))
}

// follow lets the group show what a document says, and returns the import with what is to be kept of it.
func (r *Imports) follow(ctx context.Context, i Import, d *fetch.Document) (Import, error) {
	if i.Kind == calendarKind {
		return r.followCalendar(ctx, i, d)
	}
	return r.followFeed(ctx, i, d)
}

// ignoreEnded ignores that an import was ended while it was read.
func ignoreEnded(err error) error {
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// errStopped says that an import was ended while it was read, or that whoever set it up has left the group.
var errStopped = errors.New("the import has ended")

// fetch gets what an import reads, unless its server says that it is still what was read before.
func (r *Imports) fetch(ctx context.Context, i Import) (*fetch.Document, error) {
	request := fetch.Request{
		Address: cmp.Or(i.Source, i.Address),
		Accept:  "text/calendar, application/atom+xml, application/rss+xml, application/feed+json, text/html;q=0.8, */*;q=0.5",
	}
	if !i.ReadAt.IsZero() && r.deps.DB.Now().Sub(i.ReadAt.Time) < fullyAfter && i.Problem != suddenEmpty {
		request.ETag, request.LastModified = i.ETag, i.LastModified
	}
	return r.fetcher.Get(ctx, request)
}

// followCalendar lets the group show what a calendar says, and returns the import with what is to be kept of it.
func (r *Imports) followCalendar(ctx context.Context, i Import, d *fetch.Document) (Import, error) {
	now := r.deps.DB.Now()
	calendar, err := ical.Parse(bytes.NewReader(d.Body), ical.Limits{Bytes: maxBytes, Events: maxListed, Zone: r.deps.Zone})
	switch {
	case errs.Is(err, errs.TooLarge):
		return i, &fetch.Error{Problem: fetch.TooLarge}
	case err != nil:
		return i, &fetch.Error{Problem: notCalendar}
	}
	shown, err := listKnown(ctx, r.deps.DB, i.ID)
	if err != nil {
		return i, err
	}
	taken, err := listUIDs(ctx, r.deps.DB, i)
	if err != nil {
		return i, err
	}
	wanted, skipped := gather(calendar, r.origin(), now.Time)
	differs := compare(wanted, shown, taken, now.Time)
	if len(calendar.Events) == 0 && len(differs.Gone)+len(differs.Off) > 0 && i.Problem != suddenEmpty {
		return i, &fetch.Error{Problem: suddenEmpty}
	}
	wrong, err := r.apply(ctx, i, differs, shown)
	if err != nil {
		return i, err
	}
	return i.readNow(d, calendar.Name, skipped+wrong, now), nil
}

// readNow returns the import with what is to be kept of a document that was read in full.
func (i Import) readNow(d *fetch.Document, name string, skipped int, now clock.Time) Import {
	i.Name, i.Skipped, i.ReadAt = shorten(name, 255), skipped, now
	i.ETag, i.LastModified = fitting(d.ETag, 255), fitting(d.LastModified, 64)
	return i
}

// apply publishes, changes and withdraws, each event in a transaction of its own, so that nobody who writes waits long.
// It returns how many events are wrong.
func (r *Imports) apply(ctx context.Context, i Import, d differences, shown map[string]known) (wrong int, err error) {
	author := community.Viewer{PersonID: i.AuthorID}
	group, err := r.deps.Groups.Get(ctx, r.deps.DB, i.GroupID)
	if err != nil {
		return 0, err
	}
	for _, f := range d.Fresh {
		err := r.step(ctx, i, func(tx *sqldb.Tx, i Import) error { return r.publish(ctx, tx, i, author, group.Entity(), f) })
		if wrong, err = count(wrong, err); err != nil {
			return wrong, err
		}
	}
	for _, f := range d.Changed {
		k := shown[uidKey(f.UID())]
		err := r.step(ctx, i, func(tx *sqldb.Tx, i Import) error {
			return r.revise(ctx, tx, i, author, k, f, len(d.Changed) > maxChanges)
		})
		if wrong, err = count(wrong, err); err != nil {
			return wrong, err
		}
	}
	for _, id := range d.Off {
		err := r.step(ctx, i, func(tx *sqldb.Tx, _ Import) error { return r.deps.Events.CancelForeign(ctx, tx, author, id) })
		if wrong, err = count(wrong, err); err != nil {
			return wrong, err
		}
	}
	if len(d.Gone) == 0 {
		return wrong, nil
	}
	return wrong, r.step(ctx, i, func(tx *sqldb.Tx, _ Import) error {
		if err := r.deps.Content.WithdrawExternal(ctx, tx, d.Gone); err != nil {
			return err
		}
		return forget(ctx, tx, d.Gone)
	})
}

// step does one thing to the events of an import in a transaction, unless the import was ended meanwhile. It gets the
// import as it is then: who may read the events may have been changed.
func (r *Imports) step(ctx context.Context, i Import, do func(tx *sqldb.Tx, now Import) error) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		now, err := lockImport(ctx, tx, i.ID)
		if errs.Is(err, errs.NotFound) || err == nil && (!now.Active || now.AuthorID != i.AuthorID) {
			return errStopped
		}
		if err != nil {
			return err
		}
		return do(tx, now)
	})
}

// count counts an event or post that cannot be one of ours, because it has no title, say, or ends before it begins. One that
// somebody deletes at this moment, or that another import of the group brings, is none of those.
func count(wrong int, err error) (int, error) {
	switch {
	case errs.Is(err, errs.Invalid):
		return wrong + 1, nil
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Conflict):
		return wrong, nil
	default:
		return wrong, err
	}
}

func (r *Imports) publish(ctx context.Context, tx *sqldb.Tx, i Import, author community.Viewer, group community.Entity, f events.Foreign) error {
	id, err := r.deps.Events.PublishForeign(ctx, tx, author, group, f, i.Public)
	if err != nil {
		return err
	}
	k := known{UIDKey: uidKey(f.UID()), ContentID: id, Fingerprint: fingerprint(f)}
	return insertKnown(ctx, tx, i.ID, k, !i.SucceededAt.IsZero())
}

func (r *Imports) revise(ctx context.Context, tx *sqldb.Tx, i Import, author community.Viewer, k known, f events.Foreign, quiet bool) error {
	if err := r.deps.Events.ReviseForeign(ctx, tx, author, k.ContentID, f, i.Public, quiet); err != nil {
		return err
	}
	k.Fingerprint = fingerprint(f)
	return updateKnown(ctx, tx, k)
}

// noteSuccess notes that an import was read, and tells of what is new in it.
func (r *Imports) noteSuccess(ctx context.Context, i Import) error {
	return r.step(ctx, i, func(tx *sqldb.Tx, now Import) (err error) {
		i.Problem, i.Status, i.Failures = "", 0, 0
		i.TriedAt, i.SucceededAt, i.ToldAt = tx.Now, tx.Now, now.ToldAt
		i.DueAt = clock.At(due(tx.Now.Time, i.ID, pause(0, 0)))
		if i, err = r.tell(ctx, tx, i); err != nil {
			return err
		}
		return updateState(ctx, tx, i)
	})
}

// noteFailure notes why an import could not be read. The log has the host alone: the rest of the address may be a secret.
func (r *Imports) noteFailure(ctx context.Context, i Import, failure *fetch.Error) error {
	r.deps.Log.InfoContext(ctx, "an import cannot be read",
		"import", i.ID, "host", i.host(), "problem", string(failure.Problem), "status", failure.Status)
	return r.step(ctx, i, func(tx *sqldb.Tx, _ Import) error {
		i.Problem, i.Status, i.Failures, i.TriedAt = failure.Problem, failure.Status, i.Failures+1, tx.Now
		i.DueAt = clock.At(due(tx.Now.Time, i.ID, pause(i.Failures, failure.RetryAfter)))
		if failure.Problem == notFeed || failure.Problem == fetch.Gone { // the website may name another one by now
			i.Source, i.ETag, i.LastModified = "", "", ""
		}
		return updateState(ctx, tx, i)
	})
}

// tell tells the people of the group of what is new in an import, as one: of a single one as of any event, and of
// several together. Nobody is told of what the first run finds, and of what comes later once a day at most.
func (r *Imports) tell(ctx context.Context, tx *sqldb.Tx, i Import) (Import, error) {
	if !i.ToldAt.IsZero() && tx.Now.Sub(i.ToldAt.Time) < quiet {
		return i, nil
	}
	fresh, err := listUntold(ctx, tx, i, tx.Now)
	if err != nil || len(fresh) == 0 {
		return i, err
	}
	group, err := r.deps.Groups.Get(ctx, tx, i.GroupID)
	if err != nil {
		return i, err
	}
	a := community.Activity{Name: community.ContentPublished, ActorID: i.AuthorID, EntityID: group.EntityID, ContentID: fresh[0]}
	switch {
	case len(fresh) > 1 && i.Kind == feedKind:
		a.Name = community.PostsImported
	case len(fresh) > 1:
		a.Name = community.EventsImported
	}
	id, err := r.deps.Outbox.Record(ctx, tx, a)
	if err != nil {
		return i, err
	}
	i.ToldAt = tx.Now
	return i, markTold(ctx, tx, i, id, fresh)
}

// shorten returns the beginning of a name that is too long.
func shorten(name string, limit int) string {
	if utf8.RuneCountInString(name) > limit {
		return string([]rune(name)[:limit])
	}
	return name
}

// fitting returns what a server says of a document, if it can be kept: a part of it would be of no use.
func fitting(mark string, limit int) string {
	if len(mark) > limit {
		return ""
	}
	return mark
}
