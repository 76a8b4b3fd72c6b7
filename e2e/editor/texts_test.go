//go:build e2e

// Package editor proves that a text which is opened as a document and saved stays what people have written: it runs
// the real script in node, and compares with what the program makes of the texts.
package editor

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"

	"grouprise.org/grouprise/internal/kit/markdown"
)

const scripts = "../../assets/scripts"

// bundle bundles a script as the program does, without what it loads later.
func bundle(t *testing.T, path string, later ...string) []byte {
	t.Helper()
	decoder, err := filepath.Abs("../../assets/node_modules/entities/lib/esm/decode.js")
	if err != nil {
		t.Fatal(err)
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{path}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, External: later,
		Alias:            map[string]string{"entities": decoder},
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
	})
	if len(result.Errors) > 0 {
		t.Fatal(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}))
	}
	return result.OutputFiles[0].Contents
}

// outcome is what the editor made of a text.
type outcome struct {
	Saved    string  `json:"saved"`    // nothing was touched
	Appended string  `json:"appended"` // a paragraph was written below
	Edited   string  `json:"edited"`   // the block in the middle was replaced by a paragraph
	Blocks   []block `json:"blocks"`
}

// block is a block of a text: its source, and how it is written when it was touched.
type block struct {
	Kind   string `json:"kind"`
	Source string `json:"source"`
	Text   string `json:"text"`
}

// opened opens each text with the script, and returns what it makes of them.
func opened(t *testing.T, sources []string) []outcome {
	t.Helper()
	folder := t.TempDir()
	driver := `import { open, rewritten, schema } from "./source.mjs";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((source) => {
  const { doc, save } = open(source);
  const more = doc.copy(doc.content.addToEnd(schema.node("paragraph", null, [schema.text("More")])));
  const middle = doc.childCount >> 1;
  const edited = doc.copy(doc.content.replaceChild(middle, schema.node("paragraph", null, [schema.text("More")])));
  return { saved: save(doc), appended: save(more), edited: save(edited), blocks: rewritten(source) };
})));`
	for name, content := range map[string][]byte{"source.mjs": bundle(t, filepath.Join(scripts, "rich", "source.js")), "driver.mjs": []byte(driver)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	input, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "node", filepath.Join(folder, "driver.mjs"))
	run.Stdin, run.Stderr = bytes.NewReader(input), os.Stderr
	output, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []outcome
	if err := json.Unmarshal(output, &outcomes); err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// corpus returns the texts of the dialect: every string of the tests of markdown, and mixtures of blocks.
func corpus(t *testing.T) []string {
	t.Helper()
	var texts []string
	files, err := filepath.Glob("../../internal/kit/markdown/*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of markdown: %v", err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if s, err := strconv.Unquote(literal.Value); err == nil && utf8.ValidString(s) && !strings.Contains(s, "\r") {
					texts = append(texts, s)
				}
			}
			return true
		})
	}
	blocks := []string{
		"# Herbstfest", "### Kleine *Überschrift*", "Titel\n=====", "Wir treffen uns **morgen** um 8.", "Zeile\nzweite Zeile\n_dritte_",
		"- Äpfel\n- Birnen", "* a\n* b\n  * c", "1. eins\n2. zwei", "3) drei\n4) vier", "- eins\n\n- zwei", "- [x] fertig\n- [ ] offen",
		"> Zitat\n> weiter", "> > tief\n>\n> flach", "```go\nx := 1\n```", "    code", "---", "![Beet](/stadt/pictures/a.jpg)",
		"![Beet *im* Frühling](/a.jpg \"Titel\")\n![zwei](/b.jpg)", "[Link](https://example.org/a_b?c=d)", "https://example.org/a_b_c*d und www.example.org",
		"@anna_b und @anna/fest und #garten", "[Anna](@anna)", "~~weg~~ und ~5 km", "a_b_c * d ** e", "| a | b |\n|---|---|\n| 1 | 2 |",
		"<div>HTML</div>", "Text mit <b>HTML</b>", "[TOC]", "Fuß[^1]\n\n[^1]: Note", "[ref][x]\n\n[x]: https://example.org", "Hart  \nUmbruch\\\nnoch einer",
		"\\*kein\\* Stern, \\@anna, \\#wort", "&amp; &lt; &copy; AT&T", "Zeit :-) und ;-)", "Liste:\n- a\n- b", "Liste:\n1. a\n2) b", "`code` und ``co`de``",
		"**fett*kursiv***", "mail@example.org <https://example.org>", "+ plus\n+ mehr", "1\\. kein\n2\\) kein", "a < b > c & d", "Ende.\n\n\n",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 250 {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(blocks[random.IntN(len(blocks))] + strings.Repeat("\n", 1+random.IntN(3)))
		}
		texts = append(texts, b.String())
	}
	return append(texts, blocks...)
}

// html returns what the program shows of a text, with its references by their names.
func html(source string) string {
	return markdown.Render(source, markdown.Options{}).Resolve(func(r markdown.Ref) (markdown.Target, bool) {
		return markdown.Target{URL: "/" + r.Entity + "/" + r.Slug + r.Label}, true
	}, nil)
}

func TestTextsOpenAndSaveAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	sources := corpus(t)
	if len(sources) < 200 {
		t.Fatalf("only %d texts", len(sources))
	}
	shown, kept := 0, 0
	for i, o := range opened(t, sources) {
		if o.Saved != sources[i] {
			t.Errorf("%q was saved as %q", sources[i], o.Saved)
		}
		if begin := strings.TrimRight(sources[i], "\n \t"); !strings.HasPrefix(o.Appended, begin) {
			t.Errorf("%q with a paragraph below was saved as %q", sources[i], o.Appended)
		}
		at := 0
		for j, b := range o.Blocks {
			if j == len(o.Blocks)/2 {
				continue
			}
			found := strings.Index(o.Edited[at:], b.Source)
			if found < 0 {
				t.Fatalf("%q lost %q when another block was changed: %q", sources[i], b.Source, o.Edited)
			}
			at += found + len(b.Source)
		}
		for _, b := range o.Blocks {
			if b.Kind == "source" {
				kept++
			} else {
				shown++
			}
			if want, got := html(b.Source), html(b.Text); want != got {
				t.Errorf("a touched %s\n%q\nbecame\n%q\nshows\n%s\ninstead of\n%s", b.Kind, b.Source, b.Text, got, want)
			}
		}
	}
	t.Logf("%d texts: %d blocks shown, %d kept as source", len(sources), shown, kept)
	if shown < 2*kept {
		t.Errorf("only %d of %d blocks are shown as they will be", shown, shown+kept)
	}
}

// A writing page may load 130 KB of scripts for its editor, and no other page loads them.
func TestTheEditorIsSmall(t *testing.T) {
	t.Parallel()
	whole := 0
	for _, script := range []string{"editor.js", "rich/rich.js"} {
		var small bytes.Buffer
		w := brotli.NewWriterLevel(&small, brotli.BestCompression)
		if _, err := w.Write(bundle(t, filepath.Join(scripts, script), "./rich/rich.js")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes compressed", script, small.Len())
		whole += small.Len()
	}
	const limit = 130_000
	if whole > limit {
		t.Errorf("the editor has %d bytes compressed, more than %d", whole, limit)
	}
}
