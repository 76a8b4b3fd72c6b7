package options

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestOwnFilesCannotLeadOutOfTheirFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	static := filepath.Join(folder, "static")
	if err := os.Mkdir(static, 0o750); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{filepath.Join(folder, "secret.css"): "secret", filepath.Join(static, "own.css"): "own"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out.css": "../secret.css", "far.css": filepath.Join(folder, "secret.css"), "in.css": "own.css"} {
		if err := os.Symlink(target, filepath.Join(static, name)); err != nil {
			t.Fatal(err)
		}
	}
	o := defaults()
	o.TemplateDirs = []string{folder, filepath.Join(folder, "none")}
	files := o.dress().Files
	for name, want := range map[string]string{"own.css": "own", "in.css": "own", "out.css": "", "far.css": "", "../secret.css": ""} {
		text, err := fs.ReadFile(files[0], name)
		if string(text) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if _, err := fs.Stat(files[0], name); (err == nil) != (want != "") {
			t.Errorf("look for %s: %v", name, err)
		}
	}
	if _, err := fs.Stat(files[1], "own.css"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that there is not: %v", err)
	}
}
