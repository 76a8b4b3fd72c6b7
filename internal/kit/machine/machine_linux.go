package machine

import (
	"fmt"
	"io/fs"
	"syscall"
)

// RoomIn returns what is left of the disk on which a file or folder is.
func RoomIn(path string) (Room, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return Room{}, fmt.Errorf("look at the disk of %s: %w", path, err)
	}
	r := Room{Free: int64(s.Bavail) * int64(s.Bsize), Total: int64(s.Blocks) * int64(s.Bsize), Files: -1} //nolint:gosec,unconvert // no disk has as many bytes; the types differ between architectures
	if s.Files > 0 {
		r.Files = int64(s.Ffree) //nolint:gosec // as above
	}
	return r, nil
}

// unsynchronised is STA_UNSYNC of adjtimex(2).
const unsynchronised = 0x40

// KeepsTime reports whether something keeps the clock of the machine right; ok is false where the kernel does not say so.
func KeepsTime() (keeps, ok bool) {
	var t syscall.Timex
	if _, err := syscall.Adjtimex(&t); err != nil {
		return false, false
	}
	return t.Status&unsynchronised == 0, true
}

// Owner returns the id of the user to whom a file belongs; ok is false where files belong to nobody.
func Owner(info fs.FileInfo) (uid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}
