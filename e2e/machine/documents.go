package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Block is a part of a page that readers copy: lines of a file, or commands.
type Block struct {
	// Name stands in the first comment of the block: the path of a file, or what the commands do.
	Name string
	Text string
}

// Blocks returns the blocks of a page, which is a path below the project's folder. A block is indented by four blanks and names itself in
// its first line, or in the second one after #!.
func Blocks(t testing.TB, page string) []Block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []Block
	var lines []string
	end := func() {
		if len(lines) == 0 {
			return
		}
		block := strings.TrimRight(strings.Join(lines, ""), "\n") + "\n"
		lines = nil
		first := block
		if strings.HasPrefix(block, "#!") {
			_, first, _ = strings.Cut(block, "\n")
		}
		name, _, _ := strings.Cut(first, "\n")
		comment, found := strings.CutPrefix(name, "# ")
		if style, isStyle := strings.CutPrefix(name, "/* "); isStyle {
			comment, found = strings.CutSuffix(style, " */")
		}
		if !found {
			t.Errorf("%s: this block does not say in its first line what it is:\n%s", page, block)
		}
		if strings.Contains(block, "\n\n# /") {
			t.Errorf("%s: words are missing between two blocks:\n%s", page, block)
		}
		blocks = append(blocks, Block{Name: comment, Text: block})
	}
	for line := range strings.Lines(string(text)) {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented:
			lines = append(lines, code)
		case strings.TrimSpace(line) == "" && len(lines) > 0:
			lines = append(lines, "\n")
		default:
			end()
		}
	}
	end()
	return blocks
}

// Inline returns what stands between backticks on a page and begins so.
func Inline(t testing.TB, page, prefix string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range strings.Split(string(text), "`") {
		if i%2 == 1 && strings.HasPrefix(code, prefix) {
			return code
		}
	}
	t.Fatalf("%s does not say `%s…`", page, prefix)
	return ""
}

// find returns the block of a name.
func find(t testing.TB, page, name string) Block {
	t.Helper()
	for _, block := range Blocks(t, page) {
		if block.Name == name {
			return block
		}
	}
	t.Fatalf("%s has no block %q", page, name)
	return Block{}
}
