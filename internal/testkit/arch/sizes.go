package arch

import (
	"path"
	"strings"
)

// What a reader can keep in mind: lines of one file of the roof and of the rooms, and of one package of the roof. Tests
// and what is generated do not count.
const (
	longestFile    = 450
	longestPackage = 1200
)

// checkSizes names files and packages that have become too long.
func (h *house) checkSizes() {
	packages := map[string]int{}
	count := func(name string, lines int) {
		folder := path.Dir(name)
		floor, _ := locate(folder)
		if floor != features && floor != app {
			return
		}
		if lines > longestFile {
			h.problems = append(h.problems, Problem{name, longestFile + 1, "sizes", "a file of a room or of the roof is too long: split it by subject"})
		}
		if floor != app {
			return
		}
		if packages[folder] += lines; packages[folder] > longestPackage && packages[folder]-lines <= longestPackage {
			h.problems = append(h.problems, Problem{name, 1, "sizes", "the package " + folder + " of the roof is too long: what is no matter of the roof belongs to a room or to kit"})
		}
	}
	for _, f := range h.files {
		if !f.test && !f.generated {
			count(f.path, h.positions.File(f.syntax.Pos()).LineCount())
		}
	}
	for name, text := range h.others {
		if strings.HasSuffix(name, ".templ") {
			count(name, strings.Count(text, "\n"))
		}
	}
}
