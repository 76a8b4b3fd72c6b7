// Command manuals makes HTML of the guides in a folder, for the package of the documentation:
//
//	go run ./internal/kit/bundle/manuals docs/administrators FOLDER
package main

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manuals:", err)
		os.Exit(1)
	}
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} – grouprise</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
pre, table { overflow-x: auto; display: block }
td, th { vertical-align: top; text-align: left; padding: .2rem .6rem .2rem 0 }
</style>
<body>
<nav>{{range .Pages}}<a href="{{.}}.html">{{.}}</a> {{end}}</nav>
<main>
{{.Body}}</main>
</body>
</html>
`))

// guideLink is a link to another guide, which is a page of HTML too.
var guideLink = regexp.MustCompile(`href="([a-z]+)\.md(#[^"]*)?"`)

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("two folders: of the guides, and for the pages")
	}
	guides, err := filepath.Glob(filepath.Join(args[0], "*.md"))
	if err != nil || len(guides) == 0 {
		return fmt.Errorf("no guides in %s: %w", args[0], errors.Join(err, os.ErrNotExist))
	}
	var names []string
	for _, path := range guides {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".md"))
	}
	markdown := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	for i, path := range guides {
		text, err := os.ReadFile(path) // #nosec G304 -- a guide
		if err != nil {
			return err
		}
		var body, out bytes.Buffer
		if err := markdown.Convert(text, &body); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		err = page.Execute(&out, map[string]any{
			"Title": strings.TrimPrefix(first, "# "), "Pages": names,
			"Body": template.HTML(guideLink.ReplaceAllString(body.String(), `href="$1.html$2"`)), // #nosec G203 -- our own text
		})
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(args[1], names[i]+".html"), out.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
