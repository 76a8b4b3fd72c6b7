// Package settings keeps what administrators set for the whole site on its pages: its name, its colour, its imprint.
//
// What a file or variable of the configuration gives is fixed and wins: nothing that was saved counts then, and nothing
// new is saved. Pages and mails read one snapshot in memory. It is read again after each change of this process, and
// once a second at most because of changes by others; see docs/decisions/0020-what-is-set-on-pages.md.
package settings

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Key names a setting.
type Key string

// The settings.
const (
	Name           Key = "name"            // of the site: one line
	Claim          Key = "claim"           // the sentence that says what the site is
	Welcome        Key = "welcome"         // greets strangers on the start page: Markdown
	Imprint        Key = "imprint"         // who answers for the site: Markdown
	DataProtection Key = "data_protection" // what the privacy page says: Markdown
	Colour         Key = "colour"          // of buttons and links: #rrggbb
	Logo           Key = "logo"            // stands for the name in the bar: the name of a picture
	Icon           Key = "icon"            // in tabs, on home screens and on mails: the name of a picture
	Language       Key = "language"        // for whoever wants none of those that are offered
	Languages      Key = "languages"       // that are offered, with blanks between them; empty: all
	TestMail       Key = "testmail"        // how the last test mail went: Passed or Failed
	Backups        Key = "backups"         // Passed: an administrator has seen to backups
	SetUp          Key = "setup"           // Passed: somebody has set the site up for the first time
)

// The values of settings that only say whether something is right.
const (
	Passed = "passed"
	Failed = "failed"
)

// Fixed says where the configuration gives a value.
type Fixed struct {
	Option string
	Origin string // a line of a file, or a variable
}

// Setting is a setting that was saved.
type Setting struct {
	Name      Key        `db:"name"`
	Value     string     `db:"value"` // empty: it was taken back
	Revision  int64      `db:"revision"`
	ChangedAt clock.Time `db:"changed_at"`
}

// Snapshot is what was set at a moment. The zero value is a site on which nothing is set.
type Snapshot struct {
	saved map[Key]Setting
	fixed map[Key]Fixed
}

// Text returns what was set; "" if nothing was, or if the configuration gives the value.
func (s Snapshot) Text(k Key) string {
	if _, fixed := s.fixed[k]; fixed {
		return ""
	}
	return s.saved[k].Value
}

// Get returns a setting as it was saved, with revision 0 if it never was.
func (s Snapshot) Get(k Key) Setting { return s.saved[k] }

// Fixed reports whether the configuration gives a value, and where.
func (s Snapshot) Fixed(k Key) (Fixed, bool) {
	f, ok := s.fixed[k]
	return f, ok
}

// Limits of reading.
const (
	keptFor  = time.Second // other processes may change something, too
	patience = time.Second // how long a page waits for a database that does not answer
)

// Settings keeps the settings. A nil one has none, for sites that nobody administers on pages.
type Settings struct {
	db    *sqldb.DB
	log   *slog.Logger
	fixed map[Key]Fixed

	mu     sync.Mutex
	readAt clock.Time // zero: it must be read
	latest Snapshot
}

// New returns the settings in a database. It asks the database for nothing yet.
func New(db *sqldb.DB, log *slog.Logger, fixed map[Key]Fixed) *Settings {
	return &Settings{db: db, log: log, fixed: maps.Clone(fixed), latest: Snapshot{fixed: fixed}}
}

// Latest returns what is set. Where the database does not answer, it is what was read last: pages and mails that need no
// database show a site as it was.
func (s *Settings) Latest(ctx context.Context) Snapshot {
	if s == nil {
		return Snapshot{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.db.Now()
	if !s.readAt.IsZero() && now.Sub(s.readAt.Time) < keptFor {
		return s.latest
	}
	s.readAt = now
	// A visitor who goes away takes it from nobody else.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if saved, err := list(ctx, s.db); err == nil {
		s.latest = Snapshot{saved: saved, fixed: s.fixed}
	}
	return s.latest
}

// Change is a value that somebody wants to save. Seen is the revision that they saw when they chose it.
type Change struct {
	Key   Key
	Value string
	Seen  int64
}

// Save keeps what an administrator has set: all of it or nothing. What stands there already is no change. Conflict says
// that somebody else was faster, or that the configuration gives the value.
func (s *Settings) Save(ctx context.Context, personID int64, changes ...Change) error {
	for _, c := range changes {
		if err := s.changeable(c.Key); err != nil {
			return err
		}
	}
	return s.write(ctx, personID, func(tx *sqldb.Tx) (changed []Key, err error) {
		for _, c := range changes {
			different, err := update(ctx, tx, personID, c)
			if err != nil {
				return nil, err
			}
			if different {
				changed = append(changed, c.Key)
			}
		}
		return changed, nil
	})
}

// Put keeps a value, whatever was there before: a picture, or how something went.
func (s *Settings) Put(ctx context.Context, personID int64, k Key, value string) error {
	if err := s.changeable(k); err != nil {
		return err
	}
	return s.write(ctx, personID, func(tx *sqldb.Tx) ([]Key, error) { return []Key{k}, put(ctx, tx, personID, k, value) })
}

// PutIn is Put within a transaction that does more.
func (s *Settings) PutIn(ctx context.Context, tx *sqldb.Tx, personID int64, k Key, value string) error {
	if err := s.changeable(k); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.changed(ctx, personID, k) })
	return put(ctx, tx, personID, k, value)
}

// Lock keeps others from changing a setting, and from locking it, until the transaction ends.
func Lock(ctx context.Context, tx *sqldb.Tx, k Key) error {
	_, err := lock(ctx, tx, k)
	return err
}

func (s *Settings) changeable(k Key) error {
	if f, fixed := s.fixed[k]; fixed {
		return errs.New(errs.Conflict, "The option %s of the configuration says this, so it can’t be changed here.", f.Option)
	}
	return nil
}

// write changes settings in one transaction, and has the snapshot read again. The log says who changed which.
func (s *Settings) write(ctx context.Context, personID int64, change func(tx *sqldb.Tx) ([]Key, error)) error {
	var changed []Key
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		changed, err = change(tx)
		return err
	})
	if err != nil {
		changed = nil
	}
	s.changed(ctx, personID, changed...)
	return err
}

// changed has the snapshot read again. The log says who changed which settings.
func (s *Settings) changed(ctx context.Context, personID int64, keys ...Key) {
	s.mu.Lock()
	s.readAt = clock.Time{}
	s.mu.Unlock()
	for _, k := range keys {
		s.log.InfoContext(ctx, "a setting of the site was changed", "setting", k, "person", personID)
	}
}

// SiteName is the name of the site, read anew each time that it is said.
type SiteName struct {
	Settings *Settings
	Default  string // what the configuration says
}

// String implements fmt.Stringer.
func (n SiteName) String() string {
	if name := n.Settings.Latest(context.Background()).Text(Name); name != "" {
		return name
	}
	return n.Default
}
