package command

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCommandsSayOneOtherwiseThanMany finds sentences of commands that would say "1 rooms": a number before a word in the
// plural is said by terminal.Count.
func TestCommandsSayOneOtherwiseThanMany(t *testing.T) {
	t.Parallel()
	plural := regexp.MustCompile(`%d (people|[a-z]+s)\b`)
	prints := map[string]bool{"Fprintf": true, "Printf": true, "Fprintln": true, "say": true}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			called, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !prints[called.Sel.Name] {
				return true
			}
			for _, argument := range call.Args {
				if text, ok := argument.(*ast.BasicLit); ok && plural.MatchString(text.Value) {
					t.Errorf("%s says %s of one, too", files.Position(text.Pos()), plural.FindString(text.Value))
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
