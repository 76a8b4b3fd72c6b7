package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// value is a YAML value that remembers where it stands.
type value struct {
	kind    kind
	text    string // of a text, a number or a boolean, as written
	list    []value
	mapping mapping
	place   place
}

type kind uint8

const (
	nullValue kind = iota
	textValue
	intValue
	floatValue
	boolValue
	listValue
	mapValue
)

// place is a line of a file, or what is not a file: the name of a variable, with line 0.
type place struct {
	file string
	line int
}

func (p place) where() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d", p.file, p.line)
}

func (v value) where() string { return v.place.where() }

// mapping holds entries in the order of the file, keys in lower case.
type mapping struct{ entries []entry }

type entry struct {
	key   string
	place place
	value value
}

func (e entry) where() string { return e.place.where() }

// put adds an entry, in place of one with the same key.
func (m *mapping) put(e entry) {
	for i := range m.entries {
		if m.entries[i].key == e.key {
			m.entries[i] = e
			return
		}
	}
	m.entries = append(m.entries, e)
}

// parseFile reads the mapping that a file holds, or the draft of one; an empty file holds an empty one.
func parseFile(file string, drafts map[string][]byte) (mapping, Problems) {
	source, drafted := drafts[file]
	if !drafted {
		var err error
		if source, err = os.ReadFile(file); err != nil {
			return mapping{}, Problems{asProblem(err)}
		}
	}
	return parseMapping(file, source)
}

func parseMapping(file string, source []byte) (mapping, Problems) {
	r := reader{file: file}
	v := r.parse(source)
	if len(r.problems) == 0 && v.kind != mapValue && v.kind != nullValue {
		r.refuse(max(v.place.line, 1), "a configuration file holds options, each as \"name: value\", not "+v.describe())
	}
	return v.mapping, r.problems
}

// reader turns the library's tree into values. It makes sure that only what an administrator can mean
// gets through: YAML 1.2, one document, no key twice.
type reader struct {
	file     string
	anchors  map[string]value
	size     int
	problems Problems
}

// largest is how many values a file may hold. It bounds what aliases of aliases can unfold to.
const largest = 100_000

func (r *reader) refuse(line int, text string) {
	r.problems = append(r.problems, Problem{Where: place{r.file, line}.where(), Text: text})
}

func (r *reader) parse(source []byte) (v value) {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	for i, line := range bytes.Split(source, []byte("\n")) {
		if !utf8.Valid(line) {
			r.refuse(i+1, "the text is not UTF-8")
			return value{}
		}
	}
	// The library stumbles over some broken inputs; whatever they are, they are not YAML.
	defer func() {
		if recover() != nil {
			r.problems, v = nil, value{}
			r.refuse(1, "the file is not YAML that can be understood")
		}
	}()
	tree, err := parser.ParseBytes(source, 0, parser.AllowDuplicateMapKey())
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		line := 1
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
		message := syntax.GetMessage()
		if strings.Contains(message, "\t") {
			message = "lines are indented with blanks, not with tabs"
		}
		r.refuse(line, "the file is not YAML: "+message)
		return value{}
	}
	if err != nil {
		r.refuse(1, "the file is not YAML: "+err.Error())
		return value{}
	}
	var documents []ast.Node
	for _, d := range tree.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.DirectiveType {
			documents = append(documents, d.Body)
		}
	}
	switch len(documents) {
	case 0:
		return value{}
	case 1:
		r.anchors = map[string]value{}
		return r.value(documents[0])
	}
	r.refuse(lineOf(documents[1]), "the file holds a second document: remove the line \"---\"")
	return value{}
}

func (r *reader) value(node ast.Node) value {
	if r.size++; r.size > largest {
		if r.size == largest+1 {
			r.refuse(lineOf(node), "the file is too large")
		}
		return value{}
	}
	at := place{r.file, lineOf(node)}
	switch n := node.(type) {
	case *ast.NullNode:
		return value{place: at}
	case *ast.BoolNode:
		return value{kind: boolValue, text: strconv.FormatBool(n.Value), place: at}
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return number(node.GetToken().Value, at)
	case *ast.StringNode:
		if n.Token.Type == token.StringType { // not in quotes: it may be a number that the library finds too long
			return number(n.Value, at)
		}
		return value{kind: textValue, text: n.Value, place: at}
	case *ast.LiteralNode:
		return value{kind: textValue, text: n.Value.Value, place: at}
	case *ast.SequenceNode:
		list := make([]value, len(n.Values))
		for i, item := range n.Values {
			list[i] = r.value(item)
		}
		return value{kind: listValue, list: list, place: at}
	case *ast.MappingNode:
		return value{kind: mapValue, mapping: r.mapping(n.Values), place: at}
	case *ast.MappingValueNode:
		return value{kind: mapValue, mapping: r.mapping([]*ast.MappingValueNode{n}), place: at}
	case *ast.AnchorNode:
		v := r.value(n.Value)
		r.anchors[n.Name.GetToken().Value] = v
		return v
	case *ast.AliasNode:
		return r.alias(n)
	}
	r.refuse(at.line, fmt.Sprintf("the file uses YAML that options do not need (%s)", strings.ToLower(node.Type().String())))
	return value{}
}

// alias returns what the anchor holds. What it unfolds to counts towards the size of the file.
func (r *reader) alias(n *ast.AliasNode) value {
	name := n.Value.GetToken().Value
	v, ok := r.anchors[name]
	if !ok {
		r.refuse(lineOf(n), fmt.Sprintf("there is no anchor &%s above", name))
		return value{}
	}
	if r.size += v.size(); r.size > largest {
		r.refuse(lineOf(n), "the file is too large")
		return value{}
	}
	return v
}

func (v value) size() int {
	n := 1
	for _, item := range v.list {
		n += item.size()
	}
	for _, e := range v.mapping.entries {
		n += e.value.size()
	}
	return n
}

func (r *reader) mapping(nodes []*ast.MappingValueNode) mapping {
	var m mapping
	first := map[string]int{}
	for _, n := range nodes {
		line := lineOf(n.Key)
		key, ok := keyText(n.Key)
		if !ok {
			r.refuse(line, "the name of an option is a plain word")
			continue
		}
		if earlier, seen := first[key]; seen {
			r.refuse(line, fmt.Sprintf("%s stands twice: the first is in line %d", key, earlier))
			continue
		}
		first[key] = line
		known := len(r.problems)
		v := r.value(n.Value)
		if len(r.problems) == known || v.kind == mapValue { // one problem is enough for one value
			m.entries = append(m.entries, entry{key, place{r.file, line}, v})
		}
	}
	return m
}

// keyText returns a key in lower case.
func keyText(key ast.MapKeyNode) (string, bool) {
	switch k := key.(type) {
	case *ast.StringNode:
		return strings.ToLower(k.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return strings.ToLower(k.GetToken().Value), true
	}
	return "", false
}

func lineOf(node ast.Node) int {
	var t *token.Token
	if node != nil {
		t = node.GetToken()
	}
	if t == nil || t.Position == nil {
		return 1
	}
	return t.Position.Line
}

var (
	wholeNumber   = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	decimalNumber = regexp.MustCompile(`^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
	specialNumber = strings.NewReplacer(".inf", "inf", ".nan", "nan")
)

// number decides by the rules of YAML 1.2 what the library took for a number: 010 is ten, and 1_000
// is a text.
func number(text string, at place) value {
	switch {
	case wholeNumber.MatchString(text):
		return value{kind: intValue, text: text, place: at}
	case decimalNumber.MatchString(text):
		return value{kind: floatValue, text: text, place: at}
	}
	return value{kind: textValue, text: text, place: at}
}

// asInt returns a whole number; false if the value is none, or does not fit.
func (v value) asInt() (int, bool) {
	if v.kind != intValue {
		return 0, false
	}
	digits, base := v.text, 10
	if d, ok := strings.CutPrefix(digits, "0o"); ok {
		digits, base = d, 8
	} else if d, ok := strings.CutPrefix(digits, "0x"); ok {
		digits, base = d, 16
	}
	n, err := strconv.ParseInt(digits, base, strconv.IntSize)
	return int(n), err == nil
}

// plain returns the value as plain data, for an Unmarshaler. A number that does not fit stays a text.
func (v value) plain() any {
	switch v.kind {
	case nullValue:
		return nil
	case boolValue:
		return v.text == "true"
	case intValue:
		if n, ok := v.asInt(); ok {
			return n
		}
	case floatValue:
		// Go writes infinity and not-a-number as YAML does, but for the dot.
		if f, err := strconv.ParseFloat(specialNumber.Replace(strings.ToLower(v.text)), 64); err == nil {
			return f
		}
	case listValue:
		list := make([]any, len(v.list))
		for i := range v.list {
			list[i] = v.list[i].plain()
		}
		return list
	case mapValue:
		m := make(map[string]any, len(v.mapping.entries))
		for _, e := range v.mapping.entries {
			m[e.key] = e.value.plain()
		}
		return m
	case textValue:
	}
	return v.text
}

// describe says what a value is, for the sentence that refuses it.
func (v value) describe() string {
	switch v.kind {
	case nullValue:
		return "nothing"
	case listValue:
		return "a list"
	case mapValue:
		return "a section"
	case textValue:
		return "the text " + quote(v.text)
	case boolValue:
		return "the boolean " + v.text
	default:
		return "the number " + v.text
	}
}

// quote shows a text as it stands, shortened where it is long.
func quote(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}
