package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kindRule is what the house allows a kind of content: a room of its own, which only app knows, and its form, which
// nothing else names. Its table has a migration, its texts have catalogues, and people read of it in the guides.
const kindRule = "kinds of content"

// kinds returns the rooms of kinds of content, by name: those with a function or method Kind that returns a content.Kind.
func (h *house) kinds() map[string]bool {
	rooms := map[string]bool{}
	for _, f := range h.files {
		floor, room := locate(f.folder())
		if floor != features || f.test {
			continue
		}
		for _, declaration := range f.syntax.Decls {
			fn, ok := declaration.(*ast.FuncDecl)
			if ok && fn.Name.Name == "Kind" && fn.Type.Results != nil && nameOf(fn.Type.Results.List[0].Type) == "content.Kind" {
				rooms[room] = true
			}
		}
	}
	return rooms
}

// isDoorOfKind reports whether an import is the door that every kind of content has.
func (h *house) isDoorOfKind(floor, room, there, other string) bool {
	return floor == features && there == features && other == "content" && h.kinds()[room]
}

// checkKinds finds who knows a kind of content without need: app has one line for each, another room only by a door that
// says why, and nobody else names its form.
func (h *house) checkKinds() {
	for _, kind := range slices.Sorted(maps.Keys(h.kinds())) {
		known := "" // the line that knows the kind
		for _, f := range h.files {
			if f.test || f.generated || within(f.path, "internal/features/"+kind) || within(f.path, "e2e") || within(f.path, "internal/testkit") {
				continue
			}
			_, room := locate(f.folder())
			if doors[door{room, kind}] != "" {
				continue
			}
			for _, at := range usesOf(f, kind) {
				place := h.positions.Position(at)
				line := place.Filename + ":" + strconv.Itoa(place.Line)
				if known == "" {
					known = line
				}
				if line != known {
					h.refuse(at, kindRule, "%s knows the kind %s, of which only one line of app knows: ask content for its kinds", f.path, kind)
				}
			}
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && namesForm(literal.Value, kind) {
					h.refuse(literal.Pos(), kindRule, "%s names the form of the kind %s: ask content for its kinds", f.path, kind)
				}
				return true
			})
		}
		h.checkMentions(kind)
	}
}

// checkMentions looks for the form of a kind in files that are not Go.
func (h *house) checkMentions(kind string) {
	for name, text := range h.others {
		number := 0
		for line := range strings.Lines(text) {
			number++
			if namesForm(line, kind) && !within(name, "internal/features/"+kind) && !within(name, "docs") && !within(name, "e2e") {
				h.problems = append(h.problems, Problem{name, number, kindRule, name + " names the form of the kind " + kind + ": ask content for its kinds"})
			}
		}
	}
}

func namesForm(text, kind string) bool { return strings.Contains(text, kind+"/add") }

// usesOf returns where a file uses the package of a kind; where it is imported, if nothing else is to be found.
func usesOf(f *file, kind string) []token.Pos {
	var imported *ast.ImportSpec
	for _, spec := range f.syntax.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil && name == module+"internal/features/"+kind {
			imported = spec
		}
	}
	if imported == nil {
		return nil
	}
	name := kind
	if imported.Name != nil {
		name = imported.Name.Name
	}
	var all []token.Pos
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok && nameOf(selector.X) == name {
			all = append(all, selector.Pos())
		}
		return true
	})
	if all == nil {
		return []token.Pos{imported.Pos()}
	}
	return all
}
