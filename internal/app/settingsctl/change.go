// Package settingsctl is what commands do about options in files: it shows and changes them, and refuses what the start
// would refuse.
package settingsctl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
)

const (
	// localFile is the file of a folder in which an administrator sets what they decide.
	localFile = "800-local.yaml"
	// packageFolder is the configuration of the Debian package.
	packageFolder = "/etc/grouprise/conf.d"
)

// Change changes options in one file: in the given one, or where their word counts, or in the file for what an administrator
// decides. It returns that file. What the program would refuse when it starts is refused in the same words, and so is a change
// that would have no effect, or that would take the effect of another one.
func Change(from config.Sources, file string, changes ...config.Change) (string, error) {
	_, before, errBefore := options.Load(from)
	for _, c := range changes {
		if err := before.Known(c.Option); err != nil {
			return "", err
		}
	}
	if file == "" {
		var err error
		if file, err = fileFor(before, from, changes); err != nil {
			return "", err
		}
	}
	file = as(before, file)
	err := config.ChangeFile(file, func(source []byte) ([]byte, error) {
		edited, err := config.Edit(source, changes...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		from.Drafts = map[string][]byte{file: edited}
		_, after, errAfter := options.Load(from)
		return edited, errors.Join(newProblems(errBefore, errAfter, changes), lost(before, after, file, changes), unheard(after, file, changes))
	})
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: run this as somebody who may write there, such as root", err)
	}
	return file, err
}

// as returns the path of a file as the configuration names it, if it is one of its files.
func as(s *config.Settings, file string) string {
	for _, known := range s.Files {
		a, errA := os.Stat(known)
		b, errB := os.Stat(file)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return known
		}
	}
	if path, err := filepath.Abs(file); err == nil && len(s.Files) > 0 && filepath.IsAbs(s.Files[0]) {
		return path
	}
	return file
}

// fileFor returns the file in which options are changed where nobody names one.
func fileFor(s *config.Settings, from config.Sources, changes []config.Change) (string, error) {
	var counts []string
	for _, c := range changes {
		if file := s.FileOf(c.Option); file != "" && !slices.Contains(counts, file) {
			counts = append(counts, file)
		}
	}
	switch len(counts) {
	case 0:
		return newFile(s, from), nil
	case 1:
		return counts[0], nil
	}
	return "", fmt.Errorf("these options stand in several files: %s", strings.Join(counts, ", "))
}

// newFile returns the file for options that no file sets yet.
func newFile(s *config.Settings, from config.Sources) string {
	root := s.Root
	if root == "" {
		root = from.Named
	}
	switch info, err := os.Stat(root); {
	case root != "" && err == nil && info.IsDir():
		return filepath.Join(root, localFile)
	case root != "":
		return root
	}
	if info, err := os.Stat(packageFolder); err == nil && info.IsDir() {
		return filepath.Join(packageFolder, localFile)
	}
	return "grouprise.yaml"
}

// newProblems returns what a change breaks, and what is wrong with the changed options themselves.
func newProblems(before, after error, changes []config.Change) error {
	was, _ := errors.AsType[config.Problems](before)
	is, _ := errors.AsType[config.Problems](after)
	var wrong config.Problems
	for _, p := range is {
		known := slices.ContainsFunc(was, func(old config.Problem) bool { return old.Option == p.Option && old.Text == p.Text })
		if !known || slices.ContainsFunc(changes, func(c config.Change) bool { return covers(c.Option, p.Option) }) {
			wrong = append(wrong, p)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

// covers reports whether a changed name is an option, or the section in which it stands.
func covers(changed, option string) bool {
	return changed == option || strings.HasPrefix(option, changed+".")
}

// lost refuses a change that takes an option out of force which another file sets: a section of a later file replaces the
// whole section of an earlier one.
func lost(before, after *config.Settings, file string, changes []config.Change) error {
	still := after.Names()
	for _, name := range before.Names() {
		if slices.Contains(still, name) || slices.ContainsFunc(changes, func(c config.Change) bool { return covers(c.Option, name) }) {
			continue
		}
		section, _, _ := strings.Cut(name, ".")
		return fmt.Errorf("%s is set at %s, and the section %s in %s would replace all of that section: change it in %s, or set the whole section",
			name, before.Origin(name), section, file, before.FileOf(name))
	}
	return nil
}

// unheard refuses a change that has no effect, because a later file or a variable wins, or because the file is not read.
func unheard(after *config.Settings, file string, changes []config.Change) error {
	if !slices.Contains(after.Files, file) {
		return fmt.Errorf("%s is not one of the files that are read: they are below %s, and their names end in .yaml", file, strings.Join(append([]string{after.Root}, after.Files...), ", "))
	}
	for _, c := range changes {
		for _, name := range after.Names() {
			if !covers(c.Option, name) || c.Value == (config.Value{}) {
				continue
			}
			if origin := after.Origin(name); !strings.HasPrefix(origin, file+":") {
				return fmt.Errorf("%s would have no effect in %s: the %s wins", name, file, strings.TrimPrefix(origin, "the "))
			}
		}
	}
	return nil
}
