package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// text is a message id that the code uses.
type text struct {
	context string
	id      string
	plural  string
	where   string // file:line of the first use, relative to the module
	args    int    // how many arguments the call gives; unknown for tables and spread slices
}

const unknown = -1

func (t text) key() [2]string { return [2]string{t.context, t.id} }

// collect returns every text of the Go files below root, but for tests, ordered by where it stands; and, apart, what the
// command line says about itself, which is not translated. Texts of .templ files are found in the Go files generated
// from them, which must exist.
func collect(root string) (texts, commands []text, err error) {
	c := collector{root: root, fset: token.NewFileSet()}
	packages := map[string][]*ast.File{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		switch {
		case entry.IsDir():
			if path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "testdata", "data", "dist", "bin"}, name)) {
				return filepath.SkipDir
			}
		case strings.HasSuffix(name, ".templ"):
			if _, err := os.Stat(strings.TrimSuffix(path, ".templ") + "_templ.go"); err != nil {
				relative, _ := filepath.Rel(root, path)
				return fmt.Errorf("%s has not been generated: run make generate first", relative)
			}
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			file, err := parser.ParseFile(c.fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return fmt.Errorf("read the code: %w", err)
			}
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		c.constants = constants(packages[dir])
		for _, file := range packages[dir] {
			c.pkg = file.Name.Name
			ast.Inspect(file, c.visit)
		}
	}
	slices.SortStableFunc(c.texts, func(a, b text) int { return cmp.Compare(a.where, b.where) })
	return c.texts, c.commands, nil
}

// constants returns the string constants of a package.
func constants(files []*ast.File) map[string]string {
	found := map[string]string{}
	for _, file := range files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec) //nolint:forcetypeassert // a const group holds nothing else.
				for i, name := range value.Names {
					if i >= len(value.Values) {
						break
					}
					if s, ok := stringOf(value.Values[i], nil); ok {
						found[name.Name] = s
					}
				}
			}
		}
	}
	return found
}

// stringOf returns the value of a literal, a constant, or a sum of them.
func stringOf(e ast.Expr, constants map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.Ident:
		s, ok := constants[e.Name]
		return s, ok
	case *ast.ParenExpr:
		return stringOf(e.X, constants)
	case *ast.BinaryExpr:
		left, ok := stringOf(e.X, constants)
		right, ok2 := stringOf(e.Y, constants)
		return left + right, ok && ok2 && e.Op == token.ADD
	default:
		return "", false
	}
}

type collector struct {
	root      string
	fset      *token.FileSet
	pkg       string
	constants map[string]string
	texts     []text
	commands  []text
}

func (c *collector) visit(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.CallExpr:
		c.call(node)
	case *ast.CompositeLit:
		c.literal(node)
	case *ast.ValueSpec:
		if c.isText(node.Type) {
			for _, value := range node.Values {
				c.add(value, text{args: unknown})
			}
		}
	case *ast.Field:
		c.tags(node)
	}
	return true
}

// tags collects from the tags label and missing, with which the structs of forms name a field and say
// that it is empty, and from the tag help of the command line.
func (c *collector) tags(field *ast.Field) {
	if field.Tag == nil {
		return
	}
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return
	}
	for _, name := range [...]string{"label", "missing"} {
		if id := reflect.StructTag(tag).Get(name); id != "" {
			c.add(&ast.BasicLit{ValuePos: field.Tag.Pos(), Kind: token.STRING, Value: strconv.Quote(id)}, text{args: unknown})
		}
	}
	if help := reflect.StructTag(tag).Get("help"); help != "" {
		c.commands = append(c.commands, text{id: help, where: c.where(field.Tag.Pos())})
	}
}

// call collects from lang.T, N and C, the same methods of a printer, errs.New and Field, Flash, and
// conversions to lang.Text.
func (c *collector) call(call *ast.CallExpr) {
	if c.isText(call.Fun) && len(call.Args) == 1 {
		c.add(call.Args[0], text{args: unknown})
		return
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	from := ""
	if ident, ok := selector.X.(*ast.Ident); ok {
		from = ident.Name
	}
	args := call.Args
	if from == "lang" && len(args) > 0 {
		args = args[1:] // the context
	}
	count := func(fixed int) int {
		if call.Ellipsis.IsValid() {
			return unknown
		}
		return len(args) - fixed
	}
	switch name := selector.Sel.Name; {
	case name == "T" && len(args) >= 1:
		c.add(args[0], text{args: count(1)})
	case name == "C" && len(args) >= 2:
		if context, ok := stringOf(args[0], c.constants); ok {
			c.add(args[1], text{context: context, args: count(2)})
		}
	case name == "N" && len(args) >= 3:
		if plural, ok := stringOf(args[1], c.constants); ok {
			given := count(3)
			if given == 0 {
				given = 1 // the number itself
			}
			c.add(args[0], text{plural: plural, args: given})
		}
	case from == "errs" && (name == "New" || name == "Field") && len(args) >= 2, name == "Flash" && len(args) >= 2:
		c.add(args[1], text{args: count(2)})
	}
}

// literal collects the elements of slices, arrays and maps of lang.Text, and the messages of errors
// that are written as structs.
func (c *collector) literal(literal *ast.CompositeLit) {
	var keys, values bool
	switch t := literal.Type.(type) {
	case *ast.ArrayType:
		values = c.isText(t.Elt)
	case *ast.MapType:
		keys, values = c.isText(t.Key), c.isText(t.Value)
	case *ast.SelectorExpr:
		if from, ok := t.X.(*ast.Ident); ok && from.Name == "errs" {
			c.message(literal)
		}
		return
	default:
		return
	}
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			pair = &ast.KeyValueExpr{Value: element}
		}
		if keys {
			c.add(pair.Key, text{args: unknown})
		}
		if values {
			c.add(pair.Value, text{args: unknown})
		}
	}
}

func (c *collector) message(literal *ast.CompositeLit) {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if field, ok := pair.Key.(*ast.Ident); ok && field.Name == "Message" {
				c.add(pair.Value, text{args: unknown})
			}
		}
	}
}

// isText reports whether an expression names the type lang.Text.
func (c *collector) isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		from, ok := e.X.(*ast.Ident)
		return ok && from.Name == "lang" && e.Sel.Name == "Text"
	case *ast.Ident:
		return c.pkg == "lang" && e.Name == "Text"
	default:
		return false
	}
}

// add notes a text. An expression that is not known before the program runs is no text of ours.
func (c *collector) add(e ast.Expr, t text) {
	if e == nil {
		return
	}
	id, ok := stringOf(e, c.constants)
	if !ok || id == "" {
		return
	}
	t.id, t.where = id, c.where(e.Pos())
	c.texts = append(c.texts, t)
}

// where returns file and line of a position, relative to the root.
func (c *collector) where(at token.Pos) string {
	position := c.fset.Position(at)
	file, err := filepath.Rel(c.root, position.Filename)
	if err != nil {
		file = position.Filename
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(file), position.Line)
}
