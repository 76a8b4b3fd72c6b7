package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ChangeFile replaces the text of a file by what edit makes of it, or makes the file: all at once, so that nobody reads
// half of it, and with the owner, the group and the rights that it had. A new file gets those of the most private file beside
// it, as it may come to hold passwords. Of two who change files of one folder at once, the second waits. The folder is made
// if it is not there. Where edit fails, or returns what is there, nothing is written.
func ChangeFile(path string, edit func(source []byte) ([]byte, error)) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the file behind the link changes, and not the link
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	unlock, err := lockFolder(folder)
	if err != nil {
		return err
	}
	defer unlock()
	source, err := os.ReadFile(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err != nil && !isNew {
		return err
	}
	text, err := edit(source)
	if err != nil || string(text) == string(source) && !isNew {
		return err
	}
	like := path
	if isNew {
		if like, err = mostPrivate(folder); err != nil {
			return err
		}
	}
	return replaceFile(path, text, like)
}

// lockFolder keeps others from changing files of a folder until the lock is given back.
func lockFolder(folder string) (unlock func(), err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { // #nosec G115 -- a file descriptor
		return nil, errors.Join(fmt.Errorf("lock %s: %w", folder, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// mostPrivate returns the file of a configuration in a folder that the fewest may read, and "" if there is none.
func mostPrivate(folder string) (string, error) {
	var skipped []string
	files, err := filesBelow(folder, 1, &skipped)
	best, least := "", fs.FileMode(0o777)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.Mode().Perm() < least {
			best, least = file, info.Mode().Perm()
		}
	}
	return best, err
}

// replaceFile writes a file that takes the place of another one, with the owner and the rights of a third: of the folder if
// there is none.
func replaceFile(path string, text []byte, like string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	info, err := os.Stat(cmp.Or(like, filepath.Dir(path)))
	if err != nil {
		return errors.Join(err, draft.Close())
	}
	mode := fs.FileMode(0o640)
	if like != "" {
		mode = info.Mode().Perm()
	}
	_, err = draft.Write(text)
	err = errors.Join(err, giveTo(draft, info), draft.Chmod(mode), draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}

// giveTo gives a file to the owner and the group of another one. Who may not give files away is the owner, or else loses
// nothing but the file to somebody: that is refused.
func giveTo(f *os.File, like fs.FileInfo) error {
	owner, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if is, ok := now.Sys().(*syscall.Stat_t); ok && is.Uid == owner.Uid && is.Gid == owner.Gid {
		return nil
	}
	if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("keep the owner of %s, run this as root: %w", like.Name(), err)
	}
	return nil
}
