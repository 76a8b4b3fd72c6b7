package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/licensecheck"

	"grouprise.org/grouprise/internal/kit/bundle"
	"grouprise.org/grouprise/internal/kit/parts"
)

// program is what is looked at, and architectures are those that it is built for. Modules may be linked for one of them alone.
const program = "./cmd/grouprise"

var architectures = []string{"amd64", "arm64"}

// licenceFile is how licences and the notices that go with them are called.
var licenceFile = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|notice)([.-][a-z0-9.-]+)?$`)

// pdfium is the licence of a library whose module does not say it.
//
//go:embed pdfium.txt
var pdfium string

// broughtAlong are libraries without a module or package of their own whose licences do not lie beside them.
func broughtAlong() []parts.Part {
	return []parts.Part{{
		Kind: parts.Library, Name: "PDFium", Within: "github.com/klippa-app/go-pdfium",
		Licence: "BSD-3-Clause AND Apache-2.0 AND FTL AND IJG AND MIT AND BSD-2-Clause AND Zlib", Texts: []string{pdfium},
	}, {
		Kind: parts.Library, Name: "SQLite", Within: "github.com/ncruces/go-sqlite3-wasm/v6", Licence: "blessing",
		Texts: []string{"SQLite\n\nThe author disclaims copyright to this source code. In place of a legal notice, here is a blessing:\n\n" +
			"May you do good and not evil.\nMay you find forgiveness for yourself and forgive others.\nMay you share freely, never taking more than you give.\n"},
	}}
}

// collect returns everything that may be part of the program in a folder.
func collect(ctx context.Context, folder string) ([]parts.Part, error) {
	all, err := modules(ctx, folder)
	if err != nil {
		return nil, err
	}
	packages, err := nodePackages(filepath.Join(folder, "assets"))
	if err != nil {
		return nil, err
	}
	all = append(append(all, packages...), broughtAlong()...)
	parts.Sort(all)
	return all, nil
}

// goPackage is what "go list" says.
type goPackage struct {
	Dir        string    `json:"Dir"`
	Standard   bool      `json:"Standard"`
	EmbedFiles []string  `json:"EmbedFiles"`
	Module     *goModule `json:"Module"`
}

type goModule struct {
	Path    string    `json:"Path"`
	Version string    `json:"Version"`
	Dir     string    `json:"Dir"`
	Main    bool      `json:"Main"`
	Replace *goModule `json:"Replace"`
}

// modules returns the modules that are linked into the program, and the standard library.
func modules(ctx context.Context, folder string) ([]parts.Part, error) {
	found := map[string]goModule{}
	folders := map[string][]string{} // where licences may lie, by module
	for _, architecture := range architectures {
		list := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Standard,EmbedFiles,Module", program) // #nosec G204 -- a constant
		list.Dir, list.Stderr = folder, os.Stderr
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
			var p goPackage
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("go list: %w", err)
			}
			if p.Standard || p.Module == nil || p.Module.Main {
				continue
			}
			m := *p.Module
			if m.Replace != nil {
				m = *m.Replace
			}
			found[m.Path] = m
			folders[m.Path] = append(folders[m.Path], above(p.Dir, m.Dir)...)
			for _, file := range p.EmbedFiles {
				folders[m.Path] = append(folders[m.Path], above(filepath.Join(p.Dir, filepath.Dir(file)), m.Dir)...)
			}
		}
	}
	root, err := goRoot(ctx)
	if err != nil {
		return nil, err
	}
	found[parts.Standard] = goModule{Path: parts.Standard, Version: strings.Replace(runtime.Version(), "go", "v", 1)}
	folders[parts.Standard] = []string{root}
	var all []parts.Part
	for path, m := range found {
		part := parts.Part{Kind: parts.Go, Name: path, Version: m.Version}
		if err := read(&part, folders[path], ""); err != nil {
			return nil, err
		}
		all = append(all, part)
	}
	return all, nil
}

func goRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	return strings.TrimSpace(string(out)), err
}

// above returns a folder and those above it, up to a root.
func above(folder, root string) []string {
	folders := []string{root}
	for folder != root && strings.HasPrefix(folder, root+string(filepath.Separator)) {
		folders = append(folders, folder)
		folder = filepath.Dir(folder)
	}
	return folders
}

// nodePackages returns the packages of npm of which something is bundled.
func nodePackages(assets string) ([]parts.Part, error) {
	options, err := bundle.Options(assets, "dist")
	if err != nil {
		return nil, err
	}
	options.Metafile = true
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	var made struct {
		Inputs map[string]struct{} `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &made); err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for input := range made.Inputs {
		if folder := packageFolder(input); folder != "" {
			folders[folder] = true
		}
	}
	var all []parts.Part
	for folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "package.json")) // #nosec G304 -- of a package that is bundled
		if err != nil {
			return nil, err
		}
		var p struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			License string `json:"license"`
		}
		if err := json.Unmarshal(text, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		part := parts.Part{Kind: parts.NPM, Name: p.Name, Version: p.Version}
		if err := read(&part, []string{folder}, p.License); err != nil {
			return nil, err
		}
		all = append(all, part)
	}
	return all, nil
}

// packageFolder returns the folder of the package that a bundled file is of; empty for one of our own.
func packageFolder(input string) string {
	const modules = "node_modules/"
	i := strings.LastIndex(input, modules)
	if i < 0 {
		return ""
	}
	names := strings.Split(input[i+len(modules):], "/")
	if strings.HasPrefix(names[0], "@") {
		return input[:i+len(modules)] + names[0] + "/" + names[1]
	}
	return input[:i+len(modules)] + names[0]
}

// read adds the licences in some folders to a part. A text that nobody knows is what the part declares, if it does.
func read(part *parts.Part, folders []string, declared string) error {
	slices.Sort(folders)
	var terms []string
	for _, folder := range slices.Compact(folders) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.IsDir() || !licenceFile.MatchString(entry.Name()) || filepath.Ext(entry.Name()) == ".go" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, entry.Name())) // #nosec G304 -- of a part
			if err != nil {
				return err
			}
			named := name(text)
			if len(named) == 0 && !strings.HasPrefix(strings.ToLower(entry.Name()), "notice") {
				named = []string{cmp.Or(declared, "an unknown licence ("+entry.Name()+")")}
			}
			terms = append(terms, named...)
			if clean := strings.ReplaceAll(string(text), "\r\n", "\n"); !slices.Contains(part.Texts, clean) {
				part.Texts = append(part.Texts, clean)
			}
		}
	}
	slices.Sort(terms)
	part.Licence = strings.Join(slices.Compact(terms), " AND ")
	return nil
}

// name returns the identifiers (SPDX) of the licences that a text holds.
func name(text []byte) []string {
	var found []string
	for _, match := range licensecheck.Scan(text).Match {
		if !match.IsURL {
			found = append(found, match.ID)
		}
	}
	return found
}
