package arch

import (
	"cmp"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// checkWalls finds rooms through which others could reach into what they stand on: a type that has a module shows no
// fields. What another room may use is a method.
func (h *house) checkWalls() {
	rooms := map[string]bool{} // folder and type
	for _, f := range h.files {
		if floor, _ := locate(f.folder()); floor != features || f.test {
			continue
		}
		for _, declaration := range f.syntax.Decls {
			if fn, ok := declaration.(*ast.FuncDecl); ok && fn.Name.Name == "Module" && fn.Recv != nil {
				rooms[f.folder()+"."+receiverOf(fn)] = true
			}
		}
	}
	for _, f := range h.files {
		if f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !rooms[f.folder()+"."+spec.Name.Name] {
				return true
			}
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range structure.Fields.List {
				if name := shownName(field); name != "" {
					h.refuse(field.Pos(), "walls", "%s shows %s: what a room stands on is unexported, what others may use is a method", spec.Name.Name, name)
				}
			}
			return false
		})
	}
}

// receiverOf returns the name of the type that a method belongs to.
func receiverOf(fn *ast.FuncDecl) string {
	t := fn.Recv.List[0].Type
	if pointer, ok := t.(*ast.StarExpr); ok {
		t = pointer.X
	}
	return nameOf(t)
}

// shownName returns the name under which others see a field of a struct, or nothing.
func shownName(field *ast.Field) string {
	if len(field.Names) == 0 {
		t := field.Type
		if pointer, ok := t.(*ast.StarExpr); ok {
			t = pointer.X
		}
		if name := nameOf(t); ast.IsExported(name[strings.LastIndexByte(name, '.')+1:]) {
			return name
		}
	}
	for _, name := range field.Names {
		if name.IsExported() {
			return name.Name
		}
	}
	return ""
}

// checkDoors finds declared doors that nobody uses, as far as both rooms are there.
func (h *house) checkDoors() {
	used, rooms := map[door]bool{}, map[string]bool{}
	for _, f := range h.files {
		floor, room := locate(f.folder())
		if floor != features || f.test {
			continue
		}
		rooms[room] = true
		for _, spec := range f.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			if folder, ours := strings.CutPrefix(imported, module); ours {
				if there, other := locate(folder); there == features {
					used[door{room, other}] = true
				}
			}
		}
	}
	var unused []door
	for d := range doors {
		if rooms[d.from] && rooms[d.to] && !used[d] {
			unused = append(unused, d)
		}
	}
	slices.SortFunc(unused, func(a, b door) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for _, d := range unused {
		h.problems = append(h.problems, Problem{
			"internal/testkit/arch/imports.go", 1, "doors", "nobody uses the door from " + d.from + " to " + d.to + ": take it out",
		})
	}
}
