package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sources writes a small folder of assets and returns it with an empty folder for the bundle.
func sources(t *testing.T, files map[string]string) (from, to string) {
	t.Helper()
	from, to = t.TempDir(), t.TempDir()
	for name, text := range files {
		path := filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return from, to
}

func names(t *testing.T, folder string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	manifest := map[string]string{}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	return manifest
}

var small = map[string]string{
	"styles/site.css":  `@layer base; @import "more.css" layer(base); /* gone */ a { color: red }`,
	"styles/more.css":  `@font-face { font-family: X; src: url("x.woff2") } ` + "p { margin: 0 } h1 { padding: 1rem; border: 1px solid } h2 { padding: 2rem; border: 1px solid } h3 { padding: 3rem; border: 1px solid } h4 { padding: 4rem; border: 1px solid }",
	"styles/x.woff2":   "\x00\x01font",
	"styles/map.css":   `.map { height: 20rem }`,
	"scripts/site.js":  `import { hello } from "./hello.js"; hello();`,
	"scripts/hello.js": `export const hello = () => console.log("hello");`,
	"icon.svg":         `<svg xmlns="http://www.w3.org/2000/svg"></svg>`,
	"icon-192.png":     "a", "icon-512.png": "b", "icon-mask.png": "c",
	"scripts/service-worker.js": `console.log("worker")`,
}

func TestBundleNamesFilesAfterTheirContent(t *testing.T) {
	t.Parallel()
	from, to := sources(t, small)
	for _, name := range []string{".keep", "old-1234.css"} {
		if err := os.WriteFile(filepath.Join(to, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(from, to); err != nil {
		t.Fatal(err)
	}
	first := names(t, to)
	for _, source := range []string{"site.css", "site.js", "x.woff2", "icon.svg", "icon-192.png", "service-worker.js"} {
		if _, err := os.Stat(filepath.Join(to, first[source])); err != nil || first[source] == source {
			t.Errorf("%s became %q: %v", source, first[source], err)
		}
	}
	for name, want := range map[string]bool{".keep": true, "old-1234.css": false, first["site.css"] + ".br": true, first["site.css"] + ".gz": true, first["x.woff2"] + ".br": false} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != want {
			t.Errorf("%s is there: %t", name, err == nil)
		}
	}
	style, err := os.ReadFile(filepath.Join(to, first["site.css"]))
	if err != nil || !strings.Contains(string(style), first["x.woff2"]) || strings.Contains(string(style), "gone") {
		t.Errorf("the style is %s, %v", style, err)
	}

	if err := os.WriteFile(filepath.Join(from, "styles", "site.css"), []byte("a { color: blue }"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(from, to); err != nil {
		t.Fatal(err)
	}
	second := names(t, to)
	if second["site.css"] == first["site.css"] || second["site.js"] != first["site.js"] {
		t.Errorf("after a change of the style: %v, before %v", second, first)
	}
}

func TestBundleThatFailsLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	from, to := sources(t, small)
	if err := run(from, to); err != nil {
		t.Fatal(err)
	}
	before := names(t, to)
	if err := os.WriteFile(filepath.Join(from, "scripts", "site.js"), []byte(`import "./missing.js"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(from, to); err == nil || !strings.Contains(err.Error(), "missing.js") {
		t.Errorf("bundling ended with %v", err)
	}
	if after := names(t, to); len(before) == 0 || !maps.Equal(before, after) {
		t.Errorf("the old bundle is damaged: %v, before %v", after, before)
	}
}
