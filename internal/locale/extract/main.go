// Extract finds the texts that the code says and adds those that a language has no translation for to
// the language's catalogues, for people to fill in.
//
//	go run ./internal/locale/extract        # German
//	go run ./internal/locale/extract fr     # begins or continues French
//	go run ./internal/locale/extract texts  # lists everything that people see in dist/texts.<language>.md
//
// A text goes into the catalogue that is named after the package that says it. Nothing that stands in
// a catalogue is changed or removed; what is wrong with it is printed, a line each. The tests of this package compare
// code and catalogues.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/text/language"
)

func main() {
	code := "de"
	if len(os.Args) > 1 {
		code = os.Args[1]
	}
	if err := run(os.Stdout, code); err != nil {
		fmt.Fprintln(os.Stderr, "extract:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, code string) error {
	if code == "texts" {
		return list(out)
	}
	if _, err := language.Parse(code); err != nil {
		return fmt.Errorf("%q is not the code of a language, such as de: %w", code, err)
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	texts, _, err := collect(root)
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "internal", "locale", code)
	catalogue, err := readCatalogue(folder)
	if err != nil {
		return err
	}
	added, err := catalogue.add(texts)
	if err != nil {
		return err
	}
	for _, wrong := range catalogue.check(texts) {
		_, _ = fmt.Fprintln(out, wrong)
	}
	_, _ = fmt.Fprintf(out, "%d texts, %d added to %s\n", len(texts), added, folder)
	return nil
}

// moduleRoot returns the nearest folder upwards that has a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the module: no go.mod in this folder or above")
		}
		dir = parent
	}
}
