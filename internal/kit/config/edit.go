package config

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Edit returns the text of a configuration file with other values in a section, each a pair of a name and a text. All that
// stands there besides stays as it is, comments included. A file whose section is not written in lines of its own is refused.
func Edit(source []byte, section string, values [][2]string) ([]byte, error) {
	lines := strings.SplitAfter(string(source), "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	} else {
		lines[last] += "\n"
	}
	start := -1
	for i, line := range lines {
		if name, rest, ok := strings.Cut(line, ":"); ok && name == section {
			if rest, _, _ = strings.Cut(rest, "#"); strings.TrimSpace(rest) != "" {
				return nil, fmt.Errorf("the section %s is not written in lines of its own", section)
			}
			start = i
		}
	}
	if start < 0 {
		lines, start = append(lines, section+":\n"), len(lines)
	}
	end, indent := start+1, ""
	for ; end < len(lines); end++ {
		line := lines[end]
		text := strings.TrimLeft(line, " ")
		if strings.TrimSpace(text) == "" || text[0] == '#' {
			continue
		}
		if text == line {
			break
		}
		indent = cmp.Or(indent, line[:len(line)-len(text)])
	}
	indent = cmp.Or(indent, "  ")
	for end > start+1 && (strings.TrimSpace(lines[end-1]) == "" || lines[end-1][0] == '#') {
		end--
	}
	for _, v := range values {
		want := indent + v[0] + ": " + strconv.Quote(v[1]) + "\n"
		done := false
		for i := start + 1; i < end; i++ {
			if text, ok := strings.CutPrefix(lines[i], indent+v[0]+":"); ok {
				if _, comment, ok := strings.Cut(text, " #"); ok {
					want = strings.TrimSuffix(want, "\n") + " #" + comment
				}
				lines[i], done = want, true
			}
		}
		if !done {
			lines = append(lines[:end:end], append([]string{want}, lines[end:]...)...)
			end++
		}
	}
	edited := []byte(strings.Join(lines, ""))
	return edited, checkEdit(edited, section, values)
}

// checkEdit returns an error unless an edited file says what it should.
func checkEdit(edited []byte, section string, values [][2]string) error {
	m, problems := parseMapping("", bytes.Clone(edited))
	if len(problems) > 0 {
		return problems
	}
	for _, e := range m.entries {
		if e.key != section {
			continue
		}
		for _, v := range values {
			found := false
			for _, inner := range e.value.mapping.entries {
				found = found || inner.key == v[0] && inner.value.text == v[1]
			}
			if !found {
				return fmt.Errorf("%s.%s cannot be set in this file", section, v[0])
			}
		}
		return nil
	}
	return fmt.Errorf("the section %s cannot be set in this file", section)
}
