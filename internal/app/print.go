package app

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/site"
)

// Print writes what each room answers, does and tells, one line each: the table of contents of the
// program. docs/house.txt keeps it, so that each change shows what the house learned.
func (h *House) Print(w io.Writer) error {
	var b strings.Builder
	for _, m := range h.modules {
		fmt.Fprintf(&b, "%s\n", m.Name)
		var lines []string
		for _, r := range m.Routes {
			lines = append(lines, fmt.Sprintf("  %-7s %s", "answers", strings.TrimSpace(fmt.Sprintf("%-5s%s%s", r.Method, r.Path, rights(r)))))
		}
		slices.Sort(lines)
		for _, e := range m.Entries {
			lines = append(lines, fmt.Sprintf("  links   %s menu → %s", e.Menu, e.About))
		}
		for _, a := range m.Acts {
			lines = append(lines, "  offers  "+a.About)
		}
		for _, b := range m.Blocks {
			lines = append(lines, fmt.Sprintf("  shows   %s → %s", b.Spot, b.About))
		}
		for _, r := range m.Reactions {
			lines = append(lines, fmt.Sprintf("  reacts  %s → %s", r.Activity, r.Does))
		}
		for _, n := range m.Notices {
			lines = append(lines, fmt.Sprintf("  tells   %s → %s", n.Activity, n.About))
		}
		for _, a := range m.Addresses {
			lines = append(lines, "  mail    "+a.About)
		}
		for _, r := range m.Replies {
			lines = append(lines, fmt.Sprintf("  mail    replies to a %s", r.Container))
		}
		for _, j := range m.Jobs {
			lines = append(lines, "  does    "+j.Name)
		}
		for _, s := range m.Sweeps {
			lines = append(lines, "  removes "+s.About)
		}
		for _, p := range m.Periodics {
			lines = append(lines, fmt.Sprintf("  repeats %s (%s)", p.Kind, p.Schedule))
		}
		for _, held := range m.Estate {
			lines = append(lines, "  holds   "+held.String())
		}
		b.WriteString(strings.Join(lines, "\n") + "\n\n")
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func rights(r site.Route) string {
	switch {
	case r.Admin:
		return "  (administrators)"
	case r.SignedIn:
		return "  (signed in)"
	case r.KnownBy == site.ByOwnSession:
		return "  (from anywhere)"
	default:
		return ""
	}
}
