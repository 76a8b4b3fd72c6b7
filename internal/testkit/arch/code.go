package arch

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// checkInit finds func init.
func (h *house) checkInit(f *file) {
	for _, declaration := range f.syntax.Decls {
		if fn, ok := declaration.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			h.refuse(fn.Pos(), "no init", "func init runs behind everybody's back: let app call it by name")
		}
	}
}

// constantCalls are the calls whose results nobody can change, so that a package variable may hold one.
var constantCalls = regexp.MustCompile(`^(errors\.New|fmt\.Errorf|errs\.\w+|strings\.NewReplacer|time\.Date|reflect\.TypeFor|(\w+\.)?Must\w*|must\w*)$`)

// checkState finds package variables that hold state. A package variable is fine if it is an error, an
// embedded file, something that was compiled from a text (regexp.MustCompile and its like), or a table:
// a literal that no code of the package writes to. Pointers to literals and everything that is
// made by another call are state: they belong into a struct that app builds. A table may hold pointers to
// other variables. The test kit may keep servers that the tests of a package share.
func (h *house) checkState() {
	packages := map[string][]*file{}
	for _, f := range h.files {
		if floor, _ := locate(f.folder()); !f.test && !f.generated && floor != testkit {
			packages[f.folder()] = append(packages[f.folder()], f)
		}
	}
	for _, files := range packages {
		variables := map[string]token.Pos{}
		for _, f := range files {
			h.collectVariables(f, variables)
		}
		for _, f := range files {
			h.checkWrites(f, variables)
		}
	}
}

// collectVariables notes the package variables of a file, and refuses those that are state by birth.
func (h *house) collectVariables(f *file, variables map[string]token.Pos) {
	for _, declaration := range f.syntax.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.VAR {
			continue
		}
		for _, s := range general.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if !ok || isEmbedded(general.Doc) || isEmbedded(spec.Doc) {
				continue
			}
			for i, name := range spec.Names {
				if name.Name == "_" {
					continue
				}
				variables[name.Name] = name.Pos()
				if len(spec.Values) != len(spec.Names) || !isConstant(spec.Values[i]) {
					h.refuse(name.Pos(), "no package state", "the variable %s is state: put it into a struct that app builds", name.Name)
				}
			}
		}
	}
}

func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// isConstant reports whether nobody can change the value of an expression but by writing to its variable.
func isConstant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.Ident, *ast.SelectorExpr, *ast.FuncLit, *ast.BinaryExpr, *ast.IndexExpr:
		return true
	case *ast.ParenExpr:
		return isConstant(e.X)
	case *ast.UnaryExpr:
		return e.Op != token.AND
	case *ast.CompositeLit:
		name := nameOf(e.Type)
		return !strings.HasPrefix(name, "sync.") && !strings.HasPrefix(name, "atomic.") && !strings.HasPrefix(name, "http.")
	case *ast.CallExpr:
		if _, conversion := e.Fun.(*ast.ArrayType); conversion {
			return true
		}
		if selector, ok := e.Fun.(*ast.SelectorExpr); ok { // errs.New(…).Because(…), regexp.MustCompile(…).MatchString
			if inner, ok := selector.X.(*ast.CallExpr); ok {
				return isConstant(inner)
			}
		}
		return constantCalls.MatchString(nameOf(e.Fun))
	}
	return false
}

// nameOf returns a plain or qualified name; the element's name for types like []sync.Mutex; or nothing.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	case *ast.IndexExpr:
		return nameOf(e.X)
	case *ast.ArrayType:
		return nameOf(e.Elt)
	case *ast.MapType:
		return nameOf(e.Value)
	}
	return ""
}

// checkWrites finds code that changes a package variable.
func (h *house) checkWrites(f *file, variables map[string]token.Pos) {
	written := func(e ast.Expr) {
		root := rootOf(e)
		if root == nil {
			return
		}
		declared, ok := variables[root.Name]
		// The resolution within one file is all that is needed to see shadowing.
		if !ok || root.Obj != nil && root.Obj.Pos() != declared {
			return
		}
		h.refuse(e.Pos(), "no package state", "the variable %s is written to: put it into a struct that app builds", root.Name)
	}
	inspectBodies(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					written(left)
				}
			}
		case *ast.IncDecStmt:
			written(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				written(n.X)
			}
		case *ast.CallExpr:
			if name := nameOf(n.Fun); (name == "delete" || name == "clear") && len(n.Args) > 0 {
				written(n.Args[0])
			}
		}
		return true
	})
}

// inspectBodies walks through what functions do, and leaves out what is declared outside of them.
func inspectBodies(syntax *ast.File, visit func(ast.Node) bool) {
	ast.Inspect(syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				ast.Inspect(n.Body, visit)
			}
			return false
		case *ast.FuncLit:
			ast.Inspect(n.Body, visit)
			return false
		}
		return true
	})
}

// rootOf returns the variable that x, x.f, x[i] and *x begin with; nil for anything else.
func rootOf(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return rootOf(e.X)
	case *ast.IndexExpr:
		return rootOf(e.X)
	case *ast.StarExpr:
		return rootOf(e.X)
	case *ast.ParenExpr:
		return rootOf(e.X)
	}
	return nil
}

var (
	engineName     = regexp.MustCompile(`(?i)^"(sqlite3?|postgres|postgresql|mysql|mariadb)"$`)
	engineConstant = regexp.MustCompile(`^sqldb\.(?i:sqlite|postgres|postgresql|mysql|mariadb)\w*$`)
)

// knowEngines are the folders and files, beside kit/sqldb, that may tell databases apart.
var knowEngines = map[string]string{
	"internal/app/options/load.go": "the configuration checks which options an engine needs",
	"internal/testkit":             "tests start each database",
	"e2e":                          "tests start each database",
}

// checkEngine finds decisions by the name of the database.
func (h *house) checkEngine(f *file) {
	if within(f.path, "internal/kit/sqldb") {
		return
	}
	for exempt := range knowEngines {
		if within(f.path, exempt) {
			return
		}
	}
	refuse := func(e ast.Expr) {
		literal, isLiteral := e.(*ast.BasicLit)
		if isLiteral && engineName.MatchString(literal.Value) || engineConstant.MatchString(nameOf(e)) {
			h.refuse(e.Pos(), "one SQL", "a decision by the database: say it portably, or as a helper in kit/sqldb")
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				refuse(n.X)
				refuse(n.Y)
			}
		case *ast.CaseClause:
			for _, e := range n.List {
				refuse(e)
			}
		}
		return true
	})
}

// within reports whether a path is the file or lies in the folder.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

// checkPackageComments finds packages without an opening sentence.
func (h *house) checkPackageComments() {
	first := map[string]*file{}
	spoken := map[string]bool{}
	for _, f := range h.files {
		if f.test || f.generated {
			continue
		}
		if first[f.folder()] == nil {
			first[f.folder()] = f
		}
		text := f.syntax.Doc.Text()
		if strings.HasPrefix(text, opening(f)) || f.syntax.Name.Name == "main" && strings.HasPrefix(text, "Command ") {
			spoken[f.folder()] = true
		}
	}
	for folder, f := range first {
		if !spoken[folder] {
			h.refuse(f.syntax.Package, "package comment", "the package %s needs a comment that begins with %q", folder, opening(f))
		}
	}
}

// opening is how the comment of a package begins; that of a program with the program's name.
func opening(f *file) string {
	if name := f.syntax.Name.Name; name != "main" {
		return "Package " + name + " "
	}
	name := path.Base(f.folder())
	return strings.ToUpper(name[:1]) + name[1:] + " "
}
