// Package local looks at the machine that a site runs on: room, memory, time, and who may read its files.
package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/machine"
)

// Machine is what a site has on one machine.
type Machine struct {
	Folders []string // that grow; those that are not there are passed over
	Files   []Secret // that hold secrets
	Data    string   // folder whose files belong to the site; empty: none

	Clock clock.Clock
	// Elsewhere returns what time it is by another clock, one that others go by; zero if there is none.
	Elsewhere func(ctx context.Context) (time.Time, error)

	// Bounds and readings, which tests replace. Zero and nil are sensible.
	LeastRoom   int64 // bytes; below it administrators are warned, below a tenth of it nothing works for long
	LeastMemory int64 // bytes, likewise
	Memory      func() (machine.Memory, bool)
	KeepsTime   func() (keeps, ok bool)
}

// Secret is a file that not everybody on the machine may read.
type Secret struct {
	Path    string
	Options []string // that hold a secret in it; none: it is one as a whole
}

const (
	leastRoom   = 1 << 30
	leastMemory = 96 << 20
	maxSkew     = 30 * time.Second
)

// Checks returns what can be found out on the machine.
func (m Machine) Checks() []doctor.Check {
	m.LeastRoom = max(m.LeastRoom, 0)
	if m.LeastRoom == 0 {
		m.LeastRoom = leastRoom
	}
	if m.LeastMemory == 0 {
		m.LeastMemory = leastMemory
	}
	if m.Memory == nil {
		m.Memory = machine.ReadMemory
	}
	if m.KeepsTime == nil {
		m.KeepsTime = machine.KeepsTime
	}
	return []doctor.Check{
		{Name: "disk", Title: lang.Text("Disk space"), Run: m.room},
		{Name: "memory", Title: lang.Text("Memory"), Run: m.memory},
		{Name: "time", Title: lang.Text("Time"), Run: m.time},
		{Name: "files", Title: lang.Text("Files and who may read them"), Run: m.files},
	}
}

// room looks at the disks. Folders on one disk are one finding.
func (m Machine) room(context.Context) (found []doctor.Finding, err error) {
	var seen []machine.Room
	var problems error
	for _, folder := range m.Folders {
		r, err := machine.RoomIn(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		if slices.Contains(seen, r) {
			continue
		}
		seen = append(seen, r)
		remedy := doctor.Say(lang.Text("Make room: look for what is large (“du -xh %s | sort -h”), for old logs (“journalctl --vacuum-size=200M”) and old backups, or get a larger disk."), folder)
		switch {
		case r.Free < m.LeastRoom/10:
			found = append(found, doctor.Found("disk.full", doctor.Problem,
				doctor.Say(lang.Text("The disk of %s is full: %s MB are left."), folder, strconv.FormatInt(r.Free>>20, 10)), remedy).About(folder))
		case r.Free < m.LeastRoom:
			found = append(found, doctor.Found("disk.low", doctor.Warning,
				doctor.Say(lang.Text("The disk of %s is almost full: %s MB are left."), folder, strconv.FormatInt(r.Free>>20, 10)), remedy).About(folder))
		case r.Files >= 0 && r.Files < 1000:
			found = append(found, doctor.Found("disk.files", doctor.Problem,
				doctor.Say(lang.Text("The disk of %s takes hardly any more files, although there is room."), folder),
				doctor.Say(lang.Text("Remove folders with very many small files (“df -i” and “du --inodes -x %s” show where they are)."), folder)).About(folder))
		}
	}
	return found, problems
}

func (m Machine) memory(context.Context) ([]doctor.Finding, error) {
	left, ok := m.Memory()
	if !ok || left.Available >= m.LeastMemory {
		return nil, nil
	}
	severity := doctor.Warning
	if left.Available < m.LeastMemory/4 {
		severity = doctor.Problem
	}
	return []doctor.Finding{doctor.Found("memory.low", severity,
		doctor.Say(lang.Text("The machine is short of memory: %s of %s MB are left."), strconv.FormatInt(left.Available>>20, 10), strconv.FormatInt(left.Total>>20, 10)),
		doctor.Say(lang.Text("Look for what takes it (“ps aux --sort=-rss | head”), give the machine more, or add swap space.")))}, nil
}

// time compares the clock with another one, and looks whether something keeps it right.
func (m Machine) time(ctx context.Context) (found []doctor.Finding, err error) {
	remedy := doctor.Say(lang.Text("Have the clock kept right: “apt install systemd-timesyncd”, then “timedatectl set-ntp true”."))
	if m.Elsewhere != nil {
		there, err := m.Elsewhere(ctx)
		if err != nil {
			return nil, err
		}
		if skew := m.Clock.Now().Sub(there).Abs(); !there.IsZero() && skew > maxSkew {
			return []doctor.Finding{doctor.Found("time.wrong", doctor.Problem,
				doctor.Say(lang.Text("The clock of this machine differs by %s from that of the web server: links expire at the wrong time, and signatures count as forged."), skew.Round(time.Second).String()), remedy)}, nil
		}
	}
	if keeps, ok := m.KeepsTime(); ok && !keeps {
		found = append(found, doctor.Found("time.unkept", doctor.Hint,
			doctor.Say(lang.Text("Nothing keeps the clock of this machine right.")), remedy))
	}
	return found, nil
}

// files looks for secrets that everybody on the machine can read, and for files that belong to somebody else than the site.
func (m Machine) files(context.Context) (found []doctor.Finding, err error) {
	var problems error
	for _, s := range m.Files {
		info, err := os.Stat(s.Path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("look at a file with secrets: %w", err))
			continue
		}
		if !readableByAll(s.Path, info) {
			continue
		}
		wrong := doctor.Say(lang.Text("Everybody on this machine can read %s."), s.Path)
		if len(s.Options) > 0 {
			wrong = doctor.Say(lang.Text("Everybody on this machine can read %s, which holds a password: %s."), s.Path, s.Options[0])
		}
		found = append(found, doctor.Found("files.readable", doctor.Problem, wrong,
			doctor.Say(lang.Text("“chmod o-rwx %s”. The user of the site must still be able to read it: “chgrp _grouprise %s” with the package."), s.Path, s.Path)).About(s.Path))
	}
	strange, err := m.strangers()
	return append(found, strange...), errors.Join(problems, err)
}

// readableByAll reports whether everybody may read a file and enter all folders on the way to it.
func readableByAll(path string, info fs.FileInfo) bool {
	if info.Mode().Perm()&0o004 == 0 {
		return false
	}
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if folder == filepath.Dir(folder) {
			return true
		}
	}
}

// strangers returns the files in the folder of the site that belong to somebody else than the folder does: a command was
// run as root, and the site cannot write to what it made.
func (m Machine) strangers() ([]doctor.Finding, error) {
	if m.Data == "" {
		return nil, nil
	}
	folder, err := os.Stat(m.Data)
	if err != nil {
		return nil, fmt.Errorf("look at the folder of the site: %w", err)
	}
	owner, known := machine.Owner(folder)
	entries, err := os.ReadDir(m.Data)
	if err != nil || !known {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // it has just gone
		}
		if uid, ok := machine.Owner(info); ok && uid != owner {
			path := filepath.Join(m.Data, e.Name())
			return []doctor.Finding{doctor.Found("files.owner", doctor.Problem,
				doctor.Say(lang.Text("%s doesn’t belong to the user of the site, who can’t write to it."), path),
				doctor.Say(lang.Text("“chown -R --reference=%s %s”, and run commands as the user of the site: grouprisectl does so."), m.Data, m.Data))}, nil
		}
	}
	return nil, nil
}
