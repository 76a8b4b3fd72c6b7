// Command parts collects the licences of everything that others wrote and that may be part of the program: the modules of Go that are
// linked into it, the packages of npm that are bundled, and the libraries that modules bring along. It fails if one of them has no
// licence, or one under which it may not be passed on with the program.
//
//	go run ./internal/kit/bundle/parts
//
// It also says what a program that was built, for whichever processor, consists of: as paragraphs of debian/copyright or as CycloneDX.
//
//	go run ./internal/kit/bundle/parts -copyright PROGRAM
//	go run ./internal/kit/bundle/parts -sbom PROGRAM -version VERSION
package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"grouprise.org/grouprise/internal/kit/parts"
)

func main() {
	to := flag.String("to", "internal/kit/parts/collected", "folder for the collection")
	copyright := flag.String("copyright", "", "print paragraphs of debian/copyright about the parts of a program")
	sbom := flag.String("sbom", "", "print what a program consists of as CycloneDX")
	version := flag.String("version", "", "version of the program")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *to, *copyright, *sbom, *version); err != nil {
		fmt.Fprintln(os.Stderr, "parts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, to, copyright, sbom, version string) error {
	switch {
	case copyright != "":
		found, err := of(copyright, to)
		if err != nil {
			return err
		}
		return writeCopyright(out, found)
	case sbom != "":
		found, err := of(sbom, to)
		if err != nil {
			return err
		}
		return parts.WriteCycloneDX(out, parts.Program{Name: "grouprise", Version: version, Licence: "AGPL-3.0-or-later"}, found)
	}
	all, err := collect(ctx, ".")
	if err != nil {
		return err
	}
	if err := judge(all); err != nil {
		return err
	}
	var collection bytes.Buffer
	if err := parts.Write(&collection, all); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, parts.File), collection.Bytes(), 0o644) // #nosec G306 -- it is embedded
}

// of returns what a program consists of. The collection lies in a folder.
func of(program, folder string) ([]parts.Part, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	file, err := os.Open(filepath.Join(folder, parts.File)) // #nosec G304 -- which we wrote
	if err != nil {
		return nil, err
	}
	defer file.Close()
	all, err := parts.Read(file)
	if err != nil {
		return nil, err
	}
	return parts.Of(info, all)
}
