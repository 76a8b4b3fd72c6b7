package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestComponentsBecomeGo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	source, target := filepath.Join(folder, "room", "greeting.templ"), filepath.Join(folder, "room", "greeting_templ.go")
	write(t, source, "package room\n\ntempl greeting(name string) {\n\t<p>Hello, { name }</p>\n}\n")
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"package room", "func greeting(name string) templ.Component", "markup.Text(name)", "internal/kit/markup\"\n", "`room/greeting.templ`"} {
		if !strings.Contains(string(code), want) {
			t.Errorf("the code lacks %q:\n%s", want, code)
		}
	}
}

func TestWhatIsNewerThanItsSourceStays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	source, target := filepath.Join(folder, "a.templ"), filepath.Join(folder, "a_templ.go")
	write(t, source, "package a\n")
	write(t, target, "kept")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(source, past, past); err != nil {
		t.Fatal(err)
	}
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	if code, err := os.ReadFile(target); err != nil || string(code) != "kept" {
		t.Errorf("%q, %v", code, err)
	}
}

func TestAMistakeIsNamedWithItsFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "broken.templ"), "package a\n\ntempl broken() {\n\t<p>\n}\n")
	if err := run(folder); err == nil || !strings.Contains(err.Error(), "broken.templ") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "broken_templ.go")); err == nil {
		t.Error("a broken file became Go")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
