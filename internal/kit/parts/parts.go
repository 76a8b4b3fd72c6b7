// Package parts knows what a program consists of besides its own code: the modules that are linked into it, and what others wrote in the
// files that are embedded in it. It says so to people, with the licences, and to programs, as CycloneDX.
package parts

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"slices"
	"strings"
)

// Kind says where a part comes from.
type Kind string

// The kinds of parts.
const (
	Go      Kind = "golang" // a module, or the standard library
	NPM     Kind = "npm"
	Library Kind = "library" // that a module brings along, compiled for WebAssembly
)

// Standard is the name of Go's standard library among modules.
const Standard = "std"

// Part is what others wrote.
type Part struct {
	Kind    Kind     `json:"kind"`
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"` // as its kind writes it: v1.2.3 for modules, 1.2.3 for packages of npm
	Within  string   `json:"within,omitempty"`  // the module that brings a library along
	Licence string   `json:"licence"`           // an SPDX expression
	Texts   []string `json:"texts"`             // the licence and the notices that go with it, as they were published
}

// collected holds what was collected when the program was built. `make generate` makes it (internal/kit/bundle/parts).
//
//go:embed all:collected
var collected embed.FS

// File is the name of the collection in the folder "collected" beside this package.
const File = "parts.json.gz"

// Collected returns everything that may be part of this program. It fails if nothing was collected before it was built.
func Collected() ([]Part, error) {
	data, err := collected.ReadFile("collected/" + File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("this program was built without the licences of its parts: make build collects them")
	}
	if err != nil {
		return nil, err
	}
	return Read(bytes.NewReader(data))
}

// Read reads a collection that Write wrote.
func Read(r io.Reader) ([]Part, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("read the collected parts: %w", err)
	}
	var all []Part
	if err := json.NewDecoder(zip).Decode(&all); err != nil {
		return nil, fmt.Errorf("read the collected parts: %w", err)
	}
	return all, nil
}

// Write writes a collection, to the same bytes for the same parts.
func Write(w io.Writer, all []Part) error {
	zip, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(zip).Encode(all), zip.Close())
}

// Of returns the parts of the program that was built so, in the order of their kinds and names. It fails if a module was not collected,
// or in another version.
func Of(info *debug.BuildInfo, all []Part) ([]Part, error) {
	linked := map[string]string{Standard: strings.Replace(strings.Fields(info.GoVersion + " ")[0], "go", "v", 1)}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		linked[module.Path] = module.Version
	}
	var found []Part
	for _, part := range all {
		switch version, isLinked := linked[cmp.Or(part.Within, part.Name)]; {
		case part.Kind == NPM, part.Kind == Library && isLinked:
			found = append(found, part)
		case part.Kind == Go && isLinked && (part.Version == version || part.Name == Standard):
			part.Version = version
			found = append(found, part)
		}
	}
	for _, part := range found {
		delete(linked, part.Name)
	}
	if len(linked) > 0 {
		var missing []string
		for name, version := range linked {
			missing = append(missing, name+" "+version)
		}
		slices.Sort(missing)
		return nil, fmt.Errorf("the licences of these modules were not collected: %s (make generate)", strings.Join(missing, ", "))
	}
	Sort(found)
	return found, nil
}

// Sort puts parts in the order of their kinds and names.
func Sort(all []Part) {
	slices.SortFunc(all, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
}
