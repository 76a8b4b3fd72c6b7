package config

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// usableName is what the file names of a configuration look like. Copies that editors and package
// managers leave behind (a.yaml~, a.yaml.dpkg-old, a.b.yaml) do not.
var usableName = regexp.MustCompile(`^[\p{L}\p{N}_-]+\.yaml$`)

const wantName = "a name consists of letters, digits, hyphens and underscores and ends in .yaml"

// almostUsable is what file names look like that somebody probably meant to be read: a.yml, a.b.yaml.
var almostUsable = regexp.MustCompile(`^[^.].*\.ya?ml$`)

// deepest is how many folders are looked into below each other.
const deepest = 10

// findFiles returns the files of the first candidate that yields any, and adds to passedOver what looks like one and is none.
// A candidate in a folder that we may not enter is passed over if a later one yields files: who runs a command as another
// user stands in a folder of their own, and that folder is not where the site is.
func findFiles(from Sources, passedOver *[]string) (files []string, root string, err error) {
	if from.Named == "" {
		var forbidden error
		for _, candidate := range from.Candidates {
			if _, err := os.Stat(candidate); errors.Is(err, fs.ErrPermission) {
				forbidden = cmp.Or(forbidden, err)
				continue
			}
			files, err := usableFiles(candidate, passedOver)
			files = from.withDrafts(files, candidate)
			if err != nil || len(files) > 0 {
				return files, candidate, err
			}
		}
		return nil, "", forbidden
	}
	files, err = usableFiles(from.Named, passedOver)
	files = from.withDrafts(files, from.Named)
	switch {
	case err != nil:
		return nil, "", err
	case len(files) > 0:
		return files, from.Named, nil
	}
	if _, err := os.Stat(from.Named); err != nil {
		return nil, "", Problem{Where: from.Named, Text: "there is no such file or folder"}
	}
	return nil, "", Problem{Where: from.Named, Text: "holds no configuration file: " + wantName}
}

// withDrafts adds those drafts to the files of a candidate that are no files yet, where they will stand.
func (f Sources) withDrafts(files []string, candidate string) []string {
	for draft := range f.Drafts {
		relative, err := filepath.Rel(candidate, draft)
		if err == nil && filepath.IsLocal(relative) && usableName.MatchString(filepath.Base(draft)) && !slices.Contains(files, draft) {
			files = append(files, draft)
		}
	}
	// Folders are walked in the order of names, which is that of the parts of paths.
	slices.SortFunc(files, func(a, b string) int {
		return slices.Compare(strings.Split(a, string(filepath.Separator)), strings.Split(b, string(filepath.Separator)))
	})
	return files
}

// usableFiles returns the path itself if it is a usable file, or the usable files below it if it is
// a folder, in the order of their names. A path that does not exist has none.
func usableFiles(path string, passedOver *[]string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, nil
	case err != nil:
		return nil, err
	case info.IsDir():
		return filesBelow(path, deepest, passedOver)
	case usableName.MatchString(filepath.Base(path)):
		return []string{path}, nil
	}
	return nil, nil
}

func filesBelow(folder string, levels int, passedOver *[]string) ([]string, error) {
	children, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, child := range children {
		path := filepath.Join(folder, child.Name())
		// Links are followed, as orchestrators mount their folders; one that points nowhere is no file.
		info, err := os.Stat(path)
		switch {
		case err != nil:
			continue
		case info.IsDir() && levels > 1 && !contains(path, folder):
			below, err := filesBelow(path, levels-1, passedOver)
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
		case info.Mode().IsRegular() && usableName.MatchString(child.Name()):
			files = append(files, path)
		case info.Mode().IsRegular() && almostUsable.MatchString(child.Name()):
			*passedOver = append(*passedOver, path)
		}
	}
	return files, nil
}

// contains reports whether a folder is, behind its links, the other folder or one above it: walking
// into it would never end.
func contains(folder, inner string) bool {
	outer, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return true
	}
	inner, err = filepath.EvalSymlinks(inner)
	if err != nil {
		return true
	}
	relative, err := filepath.Rel(outer, inner)
	return err != nil || filepath.IsLocal(relative)
}

func asProblem(err error) Problem {
	if p, ok := errors.AsType[Problem](err); ok {
		return p
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return Problem{Where: p.Path, Text: "cannot be read: " + p.Err.Error()}
	}
	return Problem{Text: err.Error()}
}
