package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/kit/config"
)

func put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func reads(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || string(got) != text || info.Mode().Perm() != mode {
		t.Errorf("%s: %q, %v, %v; want %q, %v", path, got, info.Mode(), err, text, mode)
	}
}

func TestAFileIsReplacedAndKeepsItsRights(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, link := filepath.Join(folder, "a.yaml"), filepath.Join(folder, "link.yaml")
	put(t, file, "a: b\n", 0o604)
	if err := os.Symlink("a.yaml", link); err != nil {
		t.Fatal(err)
	}
	change := func(source []byte) ([]byte, error) { return append(source, "c: d\n"...), nil }
	if err := config.ChangeFile(link, change); err != nil {
		t.Fatal(err)
	}
	reads(t, file, "a: b\nc: d\n", 0o604)
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	no := errors.New("no")
	if err := config.ChangeFile(file, func([]byte) ([]byte, error) { return []byte("x"), no }); !errors.Is(err, no) {
		t.Error(err)
	}
	reads(t, file, "a: b\nc: d\n", 0o604)
	if left, err := filepath.Glob(filepath.Join(folder, ".*")); err != nil || len(left) > 0 {
		t.Errorf("drafts are left: %v, %v", left, err)
	}
}

func TestANewFileIsAsPrivateAsTheOneBesideIt(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "conf.d")
	change := func([]byte) ([]byte, error) { return []byte("a: b\n"), nil }
	if err := config.ChangeFile(filepath.Join(folder, "x.yaml"), change); err != nil {
		t.Fatal(err)
	}
	reads(t, filepath.Join(folder, "x.yaml"), "a: b\n", 0o640)
	put(t, filepath.Join(folder, "050.yaml"), "", 0o644)
	put(t, filepath.Join(folder, "100.yaml"), "", 0o600)
	if err := config.ChangeFile(filepath.Join(folder, "800.yaml"), change); err != nil {
		t.Fatal(err)
	}
	reads(t, filepath.Join(folder, "800.yaml"), "a: b\n", 0o600)
}

func TestOfTwoWhoChangeAFileAtOnceNeitherIsLost(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.yaml")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			err := config.ChangeFile(file, func(source []byte) ([]byte, error) {
				return config.Edit(source, config.Change{Option: "o" + strconv.Itoa(i), Value: config.Text("x")})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := os.ReadFile(file)
	if err != nil || strings.Count(string(got), ": x\n") != 20 {
		t.Errorf("%v\n%s", err, got)
	}
}
