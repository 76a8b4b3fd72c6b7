package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Scheduled begins the names of the backups that are made on their own. Only these are ever removed.
const Scheduled = "grouprise"

// nameTime is how the time stands in names, in UTC.
const nameTime = "2006-01-02_15-04-05"

// Name returns what a backup is called.
func Name(prefix string, at clock.Time, encrypted bool) string {
	name := at.UTC().Format(nameTime) + ".tar"
	if prefix != "" {
		name = prefix + "_" + name
	}
	if encrypted {
		name += ".age"
	}
	return name
}

const indexEnd = ".files"

var (
	scheduledName = regexp.MustCompile(`^` + Scheduled + `_(\d{4}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2})\.tar(\.age)?$`)
	archiveName   = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+_)?\d{4}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2}\.tar(\.age)?$`)
)

// brokenOff is what a process leaves that was killed while it wrote a backup into a folder.
var brokenOff = regexp.MustCompile(`^(?:blob-[0-9a-f]{32}|(?:[A-Za-z0-9._-]+_)?\d{4}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2}\.tar(?:\.age)?(?:\.files)?)\.part-[a-z2-7]{26}$`)

// Retention says which of the scheduled backups are kept: the newest of each of so many days, weeks and months.
type Retention struct{ Daily, Weekly, Monthly int }

// Place is a folder or a bucket that keeps many backups.
type Place struct {
	Store      media.Store
	Recipients []age.Recipient
}

// Made is a backup in a place.
type Made struct {
	Restored

	Name string
	Size int64 // of the archive, without what lies beside it
}

// Make makes a backup in a place and proves it. Files that are there already are not written again. If it fails, or cannot
// be proved, there is no backup of this name.
func (p Place) Make(ctx context.Context, s Site, prefix string) (made Made, err error) {
	made.Name = Name(prefix, s.DB.Now(), len(p.Recipients) > 0)
	beside := &besides{store: p.Store, key: s.Key, recipients: p.Recipients, there: map[string]struct{}{}}
	err = p.Store.Each(ctx, func(some []media.Listed) error {
		for _, f := range some {
			if isBlobName(f.Name) {
				beside.there[f.Name] = struct{}{}
			}
		}
		return nil
	})
	if err != nil {
		return made, fmt.Errorf("look at the backups that are there: %w", err)
	}
	// The archive gets its name at the end of what is written, after the list of what lies beside it.
	err = putEncrypted(ctx, p.Store, made.Name, nil, func(w io.Writer) error {
		counted := &counting{w: w}
		if made.Restored, err = s.makeBeside(ctx, counted, p.Recipients, beside); err != nil {
			return err
		}
		made.Size = counted.n
		_, err := p.Store.Put(ctx, made.Name+indexEnd, strings.NewReader(beside.index()))
		return err
	})
	return made, err
}

type counting struct {
	w io.Writer
	n int64
}

// Write implements io.Writer.
func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// List returns the names of all backups in the place, the newest first.
func (p Place) List(ctx context.Context) (names []string, err error) {
	err = p.Store.Each(ctx, func(some []media.Listed) error {
		for _, f := range some {
			if archiveName.MatchString(f.Name) {
				names = append(names, f.Name)
			}
		}
		return nil
	})
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(timeIn(b), timeIn(a)) })
	return names, err
}

// mostHeads is how many backups are opened at most to find one that a program can read.
const mostHeads = 50

// NewestUpTo returns the newest backup of a database of at most a version, with what it begins with; its name is "" if there
// is none. Encrypted backups do not say what they hold, and are passed over.
func (p Place) NewestUpTo(ctx context.Context, version int64) (name string, h Head, err error) {
	names, err := p.List(ctx)
	if err != nil {
		return "", h, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, ".age") })
	for _, name := range names[:min(len(names), mostHeads)] {
		archive, err := p.Open(ctx, name)
		if err != nil {
			return "", h, err
		}
		h, err := readHead(archive)
		archive.Close()
		if err == nil && h.Version > 0 && h.Version <= version { // a damaged one is none
			return name, h, nil
		}
	}
	return "", Head{}, nil
}

// timeIn returns the part of a name that tells the time.
func timeIn(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".age"), ".tar")
	return name[max(0, len(name)-len(nameTime)):]
}

// Open opens a backup of the place.
func (p Place) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if !isPlainName(name) {
		return nil, errs.New(errs.NotFound, "This file does not exist.")
	}
	return p.Store.Open(ctx, name)
}

// WriteFile writes a file that only its owner may read and that is there when it is whole.
func WriteFile(name string, fn func(w io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: name a file in it", name)
	}
	part, err := os.OpenFile(name+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(fn(part), part.Sync(), part.Close()); err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	if err := os.Rename(part.Name(), name); err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

// justWritten is how long nothing is removed that no backup is known to need: one may be being made.
const justWritten = 24 * time.Hour

// Prune removes the scheduled backups that are not kept any longer, what lies beside the others for none of them, and what
// has broken off. It returns how many backups it removed.
func (p Place) Prune(ctx context.Context, now clock.Time, keep Retention) (removed int, err error) {
	there := map[string]time.Time{}
	err = p.Store.Each(ctx, func(some []media.Listed) error {
		for _, f := range some {
			there[f.Name] = f.ChangedAt
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look at the backups that are there: %w", err)
	}
	var scheduled []string
	for name, changed := range there {
		if brokenOff.MatchString(name) && now.Sub(changed) > justWritten {
			if err := p.Store.Remove(ctx, name); err != nil {
				return 0, fmt.Errorf("remove %s, which has broken off: %w", name, err)
			}
			delete(there, name)
		}
		if scheduledName.MatchString(name) {
			scheduled = append(scheduled, name)
		}
	}
	kept := keep.choose(scheduled)
	for _, name := range scheduled {
		if kept[name] {
			continue
		}
		if err := errors.Join(p.Store.Remove(ctx, name), p.Store.Remove(ctx, name+indexEnd)); err != nil {
			return removed, fmt.Errorf("remove the backup %s: %w", name, err)
		}
		delete(there, name)
		delete(there, name+indexEnd)
		removed++
	}
	return removed, p.removeUnused(ctx, now, there)
}

// choose returns which of some backups are kept.
func (r Retention) choose(names []string) map[string]bool {
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(timeIn(b), timeIn(a)) })
	kept := map[string]bool{}
	if len(names) > 0 {
		kept[names[0]] = true // whatever is configured
	}
	for _, rule := range []struct {
		count int
		of    func(t time.Time) string
	}{
		{r.Daily, func(t time.Time) string { return t.Format(time.DateOnly) }},
		{r.Weekly, func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprintf("%d-%02d", y, w) }},
		{r.Monthly, func(t time.Time) string { return t.Format("2006-01") }},
	} {
		seen := map[string]bool{}
		for _, name := range names {
			at, err := time.Parse(nameTime, timeIn(name))
			if err != nil {
				kept[name] = true
				continue
			}
			if span := rule.of(at); !seen[span] && len(seen) < rule.count {
				seen[span], kept[name] = true, true
			}
		}
	}
	return kept
}

// removeUnused removes what lies beside the backups and none of them needs. If one has no list, it may need everything.
func (p Place) removeUnused(ctx context.Context, now clock.Time, there map[string]time.Time) error {
	used := map[string]bool{}
	for name := range there {
		if _, ok := there[name+indexEnd]; scheduledName.MatchString(name) && !ok {
			return nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if archive, ok := strings.CutSuffix(name, indexEnd); ok && archiveName.MatchString(archive) {
			if err := p.readIndex(ctx, name, used); err != nil {
				return err
			}
			if _, ok := there[archive]; !ok && now.Sub(there[name]) > justWritten {
				if err := p.Store.Remove(ctx, name); err != nil {
					return err
				}
			}
		}
	}
	for name, changed := range there {
		if !isBlobName(name) || used[name] || now.Sub(changed) < justWritten {
			continue
		}
		if err := p.Store.Remove(ctx, name); err != nil {
			return fmt.Errorf("remove %s, which no backup needs: %w", name, err)
		}
	}
	return nil
}

func (p Place) readIndex(ctx context.Context, name string, used map[string]bool) error {
	list, err := p.Store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer list.Close()
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		used[lines.Text()] = true
	}
	return lines.Err()
}
