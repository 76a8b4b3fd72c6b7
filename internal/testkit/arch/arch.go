// Package arch holds the rules of the house and finds who breaks them.
//
// Check reads the sources of a tree without compiling them, so that it runs in the blink of an eye
// and on a tree that does not compile. Each Problem names the culprit, the rule and what to do. The
// test of this package runs it over the project, and over a small tree for each rule that breaks it.
//
// A new door between rooms, or an exemption, is a decision: it is added here with its reason.
package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// module is the path that all packages of the project begin with.
const module = "grouprise.org/grouprise/"

// Problem is a broken rule.
type Problem struct {
	File string // path below the root of the tree
	Line int
	Rule string // the rule in short, for example "floors"
	Text string // who does what, and what to do instead
}

// String returns the problem in one line.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Rule, p.Text) }

// Check returns what breaks the rules in a tree, in the order of the files.
func Check(tree fs.FS) ([]Problem, error) {
	h, err := read(tree)
	if err != nil {
		return nil, err
	}
	for _, f := range h.files {
		h.checkImports(f)
		if f.generated {
			continue
		}
		h.checkMarks(f)
		h.checkSQL(f)
		if f.test {
			continue
		}
		h.checkRole(f)
		h.checkInit(f)
		h.checkEngine(f)
		h.checkNames(f)
	}
	h.checkKinds()
	h.checkState()
	h.checkWalls()
	h.checkDoors()
	h.checkPackageComments()
	h.checkOthers()
	h.checkSizes()
	slices.SortFunc(h.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return h.problems, nil
}

// house is a tree that was read.
type house struct {
	positions *token.FileSet
	files     []*file
	others    map[string]string // contents of files that are not Go, by path
	synonyms  map[string]string // forbidden word → the word to say
	problems  []Problem
}

// file is a Go file.
type file struct {
	path      string
	test      bool // its name ends in _test.go
	generated bool
	syntax    *ast.File
}

// folder is the folder of the file, "internal/features/groups".
func (f *file) folder() string { return path.Dir(f.path) }

func (h *house) refuse(at token.Pos, rule, format string, args ...any) {
	p := h.positions.Position(at)
	h.problems = append(h.problems, Problem{p.Filename, p.Line, rule, fmt.Sprintf(format, args...)})
}

// spoken are the endings of the files, beside Go, that people write.
var spoken = []string{".templ", ".sql", ".js", ".css", ".sh", ".html", ".txt"}

// read parses the Go files and keeps the others that a rule looks at.
func read(tree fs.FS) (*house, error) {
	h := &house{positions: token.NewFileSet(), others: map[string]string{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipped(name, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		isGo := path.Ext(name) == ".go"
		if !isGo && !slices.Contains(spoken, path.Ext(name)) && name != wordsFile {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if !isGo {
			h.others[name] = string(source)
			return nil
		}
		syntax, err := parser.ParseFile(h.positions, name, source, parser.ParseComments)
		if err != nil {
			return err
		}
		h.files = append(h.files, &file{
			path:      name,
			test:      strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(syntax),
			syntax:    syntax,
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the house: %w", err)
	}
	h.synonyms = synonyms(h.others[wordsFile])
	return h, nil
}

// skipped reports whether nobody of the house lives in a folder: what was built, data, other modules.
func skipped(name, base string) bool {
	if strings.HasPrefix(base, ".") && name != "." {
		return true
	}
	switch base {
	case "node_modules", "testdata", "dist":
		return true
	}
	switch name {
	case "bin", "data", "tools":
		return true
	}
	return false
}
