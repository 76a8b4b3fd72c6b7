package site

import (
	"io/fs"
	"os"
)

// OwnFolder holds the files that an administrator dresses the site with. It is opened anew each time, so that it can be
// replaced while the site runs. Links that lead out of it lead nowhere.
type OwnFolder string

var _ fs.StatFS = OwnFolder("")

// Open implements fs.FS.
func (f OwnFolder) Open(name string) (fs.File, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer root.Close() // the file stays open
	return root.Open(name)
}

// Stat implements fs.StatFS; a pipe, which could not be opened without waiting, is told by it.
func (f OwnFolder) Stat(name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer root.Close() // it was only read
	return root.Stat(name)
}
