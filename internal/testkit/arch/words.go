package arch

import (
	"cmp"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// wordsFile is the glossary. Its tables have four columns: the word, what it means, what people see, and the synonyms
// that no exported name says, separated by commas.
const wordsFile = "docs/words.md"

// synonyms reads the forbidden words of the glossary.
func synonyms(glossary string) map[string]string {
	words := map[string]string{}
	for line := range strings.Lines(glossary) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.Contains(cells[0], "---") || strings.TrimSpace(cells[0]) == "word" {
			continue
		}
		for synonym := range strings.SplitSeq(cells[3], ",") {
			if synonym = strings.ToLower(strings.TrimSpace(synonym)); synonym != "" {
				words[synonym] = strings.Trim(strings.TrimSpace(cells[0]), "*`")
			}
		}
	}
	return words
}

// townWords are what the ground floor has never heard of.
var townWords = map[string]bool{
	"group": true, "membership": true, "gestalt": true, "article": true, "conversation": true, "poll": true, "gallery": true,
}

// foreignNames are names that others gave, in which such a word means something else.
var foreignNames = map[string]string{
	"Membership": "how somebody stands to a chat room, as Matrix calls it",
	"WithGroup":  "a method of slog.Handler",
	"UserAgent":  "a header of HTTP",
	"UserInfo":   "an endpoint of OpenID Connect",
}

// foreignPart is the part of names that mautrix gave to the methods of its stores: a key of a chat room.
const foreignPart = "GroupSession"

// checkNames looks for words in the names that a file declares: the ground floor says nothing of the
// town, and the exported names of the others use the words of the glossary.
func (h *house) checkNames(f *file) {
	floor, _ := locate(f.folder())
	for _, name := range declaredNames(f.syntax) {
		if foreignNames[name.Name] != "" {
			continue
		}
		for _, word := range wordsOf(strings.ReplaceAll(name.Name, foreignPart, "")) {
			singular := strings.TrimSuffix(word, "s")
			right := cmp.Or(h.synonyms[word], h.synonyms[singular])
			switch {
			case floor == kit && (townWords[word] || townWords[singular]):
				h.refuse(name.Pos(), "kit is general", "%s says %q, but kit has never heard of the town", name.Name, word)
			case floor == kit || floor == testkit || floor == e2e || floor == app || !name.IsExported():
			case right != "":
				h.refuse(name.Pos(), "words", "%s says %q: the word is %q (docs/words.md)", name.Name, word, right)
			}
		}
	}
}

// declaredNames returns the names that a file gives to types, functions, constants, variables, fields and
// methods.
func declaredNames(syntax *ast.File) []*ast.Ident {
	names := []*ast.Ident{syntax.Name}
	for _, declaration := range syntax.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name)
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			for _, s := range d.Specs {
				switch spec := s.(type) {
				case *ast.ValueSpec:
					names = append(names, spec.Names...)
				case *ast.TypeSpec:
					names = append(names, spec.Name)
					ast.Inspect(spec.Type, func(n ast.Node) bool {
						if field, ok := n.(*ast.Field); ok {
							names = append(names, field.Names...)
						}
						_, isSignature := n.(*ast.FuncType)
						return !isSignature // names of parameters are free
					})
				}
			}
		}
	}
	return names
}

// wordsOf splits a name into its words, in lower case.
func wordsOf(name string) []string {
	var words []string
	letters := []rune(name)
	start := 0
	for i := 1; i <= len(letters); i++ {
		atEnd := i == len(letters)
		begins := !atEnd && unicode.IsUpper(letters[i]) && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if atEnd || begins || letters[i] == '_' {
			if word := strings.Trim(strings.ToLower(string(letters[start:i])), "_"); word != "" {
				words = append(words, word)
			}
			start = i
		}
	}
	return words
}

var (
	mark = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	// statement is what makes a text SQL: keywords are in capitals.
	statement = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|JOIN|FROM|CREATE TABLE|REFERENCES)\b`)
	// bareGroups is the table without its quotes; a text in single quotes is a value.
	bareGroups = regexp.MustCompile("(^|[^\\w\"'`.])groups($|[^\\w\"'`])")
	sqlComment = regexp.MustCompile(`--[^\n]*`)
)

// checkMarks finds notes to oneself in comments.
func (h *house) checkMarks(f *file) {
	for _, group := range f.syntax.Comments {
		for _, comment := range group.List {
			if m := mark.FindString(comment.Text); m != "" {
				h.refuse(comment.Pos(), "no marks", "%s: do it now, or open an issue", m)
			}
		}
	}
}

// checkSQL finds the table groups without quotes: it is a reserved word in MySQL 8.
func (h *house) checkSQL(f *file) {
	if within(f.path, "internal/testkit/arch") {
		return // shows how it is wrong
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if ok && literal.Kind == token.STRING && statement.MatchString(literal.Value) {
			text := sqlComment.ReplaceAllString(strings.ReplaceAll(literal.Value, `\"`, `"`), "")
			// The quotes of Go are no quotes of SQL.
			if bareGroups.MatchString(" " + strings.Trim(text, "\"`") + " ") {
				h.refuse(literal.Pos(), "quoted groups", `the table "groups" needs its double quotes: GROUPS is a reserved word in MySQL 8`)
			}
		}
		return true
	})
}

// checkOthers checks the files that are not Go: marks, the quotes of groups, and where pages stand.
func (h *house) checkOthers() {
	for name, text := range h.others {
		if name == wordsFile {
			continue
		}
		number := 0
		for line := range strings.Lines(text) {
			number++
			if m := mark.FindString(line); m != "" {
				h.problems = append(h.problems, Problem{name, number, "no marks", m + ": do it now, or open an issue"})
			}
			if strings.HasSuffix(name, ".sql") && bareGroups.MatchString(sqlComment.ReplaceAllString(line, "")) {
				h.problems = append(h.problems, Problem{name, number, "quoted groups", `the table "groups" needs its double quotes: GROUPS is a reserved word in MySQL 8`})
			}
		}
		if !strings.HasSuffix(name, ".templ") {
			continue
		}
		if floor, _ := locate(path.Dir(name)); floor != features && floor != core && floor != kit && floor != channels {
			h.problems = append(h.problems, Problem{name, 1, "pages at home", "a page stands beside the room that shows it, or in core or kit"})
		}
	}
}
