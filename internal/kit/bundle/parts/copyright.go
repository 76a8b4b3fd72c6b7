package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/parts"
)

// holder finds whose work it is.
var holder = regexp.MustCompile(`(?im)^[\s#*/-]*(?:portions )?(?:copyright|©)(?: ?\(c\)| ©)?:? ((?:\(c\) |© )?[0-9].*|the .* authors.*)$`)

// common are the licences that Debian has in full, which must not be repeated: from where to where they reach in a text.
var common = []struct{ begin, end, name string }{
	{"Apache License\n", "END OF TERMS AND CONDITIONS", "Apache-2.0"},
	{"Mozilla Public License Version 2.0", "by the Mozilla Public License, v. 2.0.", "MPL-2.0"},
	{"Mozilla Public License, version 2.0", "by the Mozilla Public License, v. 2.0.", "MPL-2.0"},
}

// writeCopyright writes the paragraphs of debian/copyright (DEP 5) about the parts of a program. Those with the same texts share one.
func writeCopyright(w io.Writer, all []parts.Part) error {
	out := bufio.NewWriter(w)
	var order []string
	shared := map[string][]parts.Part{}
	for _, part := range all {
		key := part.Licence + "\n" + strings.Join(part.Texts, "\n")
		if shared[key] == nil {
			order = append(order, key)
		}
		shared[key] = append(shared[key], part)
	}
	for _, key := range order {
		first := shared[key][0]
		var files []string
		for _, part := range shared[key] {
			files = append(files, strings.ReplaceAll(string(part.Kind)+"/"+part.Name+"/*", " ", "_"))
		}
		// The writer keeps its first error until it is flushed.
		_, _ = fmt.Fprintf(out, "\nFiles:\n %s\nCopyright:\n %s\nLicense: %s\n", strings.Join(files, "\n "), strings.Join(holders(first), "\n "),
			strings.ReplaceAll(first.Licence, " AND ", " and "))
		for _, text := range first.Texts {
			for line := range strings.SplitSeq(strings.TrimSpace(shorten(text)), "\n") {
				line = strings.TrimRight(line, " \t\r\f")
				if line == "" {
					line = "."
				}
				_, _ = fmt.Fprintf(out, " %s\n", line)
			}
		}
	}
	return out.Flush()
}

// holders returns whose work a part is, as its licence says.
func holders(part parts.Part) []string {
	var found []string
	for _, text := range part.Texts {
		for _, match := range holder.FindAllStringSubmatch(text, -1) {
			if line := strings.TrimSpace(match[1]); !slices.Contains(found, line) {
				found = append(found, line)
			}
		}
	}
	if len(found) == 0 {
		return []string{"the authors of " + part.Name}
	}
	return found
}

// shorten replaces the licences that Debian has.
func shorten(text string) string {
	for _, c := range common {
		begin := strings.Index(text, c.begin)
		end := strings.Index(text, c.end)
		if begin < 0 || end < begin {
			continue
		}
		text = text[:begin] + "On Debian systems, the full text of this licence is in /usr/share/common-licenses/" + c.name + "." + text[end+len(c.end):]
	}
	return text
}
