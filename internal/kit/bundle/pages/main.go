// Command pages makes typed Go of the components in .templ files, each beside its source:
//
//	go run ./internal/kit/bundle/pages -below internal
//
// It does what "templ generate" does, without the language server that belongs to templ: building that would take
// longer than everything else that a fresh clone needs before the program itself.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"
)

func main() {
	below := flag.String("below", "internal", "folder of the sources")
	flag.Parse()
	if err := run(*below); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

// run makes what is older than its source.
func run(below string) error {
	return filepath.WalkDir(below, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".templ" {
			return err
		}
		source, err := entry.Info()
		if err != nil {
			return err
		}
		target := strings.TrimSuffix(path, ".templ") + "_templ.go"
		if made, err := os.Stat(target); err == nil && made.ModTime().After(source.ModTime()) {
			return nil
		}
		name, err := filepath.Rel(below, path)
		if err != nil {
			return err
		}
		code, err := generate(path, filepath.ToSlash(name))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return os.WriteFile(target, code, 0o600) //nolint:gosec // it runs on our own sources
	})
}

// generate returns the Go code of a file. Its errors call it by the name.
func generate(path, name string) ([]byte, error) {
	components, err := parser.Parse(path)
	if err != nil {
		return nil, err
	}
	doubts, err := parser.Diagnose(components)
	if err != nil {
		return nil, err
	}
	if len(doubts) > 0 {
		return nil, fmt.Errorf("line %d: %s", doubts[0].Range.From.Line+1, doubts[0].Message)
	}
	var code bytes.Buffer
	if _, err := generator.Generate(components, &code, generator.WithFileName(name)); err != nil {
		return nil, err
	}
	return format.Source(withMarkup(code.Bytes()))
}

// withMarkup lets the code of a page turn its expressions into text with package markup.
func withMarkup(code []byte) []byte {
	with := bytes.ReplaceAll(code, []byte("templ.JoinStringErrs("), []byte("markup.Text("))
	with = bytes.ReplaceAll(with, []byte("templ.CSSClasses("), []byte("markup.Classes("))
	if bytes.Equal(with, code) {
		return code
	}
	own := []byte("import \"github.com/a-h/templ\"\n")
	return bytes.Replace(with, own, append(own, "import \"grouprise.org/grouprise/internal/kit/markup\"\n"...), 1)
}
