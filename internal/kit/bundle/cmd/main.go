// Command bundle makes the files that pages load: it bundles styles and scripts, names each file after its
// content and compresses it once, so that the program can serve it for ever.
//
//	go run ./internal/kit/bundle/cmd -from assets -to internal/core/site/dist
//
// It writes manifest.json, which maps the name of a source, "site.css", to the name of its file,
// "site-3F2A51C0.css".
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"

	"grouprise.org/grouprise/internal/kit/bundle"
)

func main() {
	from := flag.String("from", "assets", "folder of the sources")
	to := flag.String("to", "internal/core/site/dist", "folder of the bundle")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

// run bundles the sources into an emptied folder. The file .keep stays, so that the folder can be embedded
// before anything has been bundled.
func run(from, to string) error {
	options, err := bundle.Options(from, to)
	if err != nil {
		return err
	}
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	if err := empty(to); err != nil {
		return err
	}
	manifest := map[string]string{}
	for _, file := range result.OutputFiles {
		name := filepath.Base(file.Path)
		if err := write(to, name, file.Contents); err != nil {
			return err
		}
		manifest[source(name)] = name
	}
	for _, source := range []string{"icon.svg", "icon-192.png", "icon-512.png", "icon-mask.png"} {
		icon, err := os.ReadFile(filepath.Join(from, source))
		if err != nil {
			return err
		}
		ext := filepath.Ext(source)
		sum := sha256.Sum256(icon)
		name := fmt.Sprintf("%s-%X", strings.TrimSuffix(source, ext), sum[:4]) + ext
		if err := write(to, name, icon); err != nil {
			return err
		}
		manifest[source] = name
	}
	data, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "manifest.json"), data, 0o644)
}

// source returns the name without the hash: "site-3F2A51C0.css" is made of "site.css".
func source(name string) string {
	ext := filepath.Ext(name)
	base := strings.TrimSuffix(name, ext)
	if i := strings.LastIndexByte(base, '-'); i > 0 {
		base = base[:i]
	}
	return base + ext
}

func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != ".keep" {
			if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a file and its compressed twins.
func write(folder, name string, data []byte) error {
	var zip, br bytes.Buffer
	zw, err := gzip.NewWriterLevel(&zip, gzip.BestCompression)
	if err != nil {
		return err
	}
	bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
	_, zipErr := zw.Write(data)
	_, brErr := bw.Write(data)
	if err := errors.Join(zipErr, brErr, zw.Close(), bw.Close()); err != nil {
		return err
	}
	for suffix, content := range map[string][]byte{"": data, ".gz": zip.Bytes(), ".br": br.Bytes()} {
		if suffix != "" && len(content) > len(data)*9/10 {
			continue // fonts and pictures are compressed already
		}
		if err := os.WriteFile(filepath.Join(folder, name+suffix), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
