package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/parts"
)

// compatible are the licences (SPDX) whose works may be passed on as parts of one under AGPL-3.0-or-later: those that ask for no more than
// their notice, and those of which the Free Software Foundation says so. A font under the OFL is passed on beside the program.
var compatible = []string{
	"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "FTL", "IJG", "ISC", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "Unicode-DFS-2016",
	"Unlicense", "Zlib", "blessing",
}

// judge fails if a part has no licence, no text of it, or one under which it may not be part of the program.
func judge(all []parts.Part) error {
	var wrong []error
	for _, part := range all {
		if part.Licence == "" || len(part.Texts) == 0 {
			wrong = append(wrong, fmt.Errorf("%s %s has no licence", part.Name, part.Version))
			continue
		}
		for term := range strings.SplitSeq(part.Licence, " AND ") {
			if !slices.Contains(compatible, term) {
				wrong = append(wrong, fmt.Errorf("%s %s is under %s, which does not go with AGPL-3.0-or-later", part.Name, part.Version, term))
			}
		}
	}
	return errors.Join(wrong...)
}
