package module

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/web"
)

// Print writes what each module answers, does and tells, one line each: the table of contents of the program.
func Print(w io.Writer, modules []Module) error {
	var b strings.Builder
	for _, m := range modules {
		fmt.Fprintf(&b, "%s\n%s\n\n", m.Name, strings.Join(slices.Concat(printPages(m), printMails(m), printWork(m)), "\n"))
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// printPages returns what people see of a room.
func printPages(m Module) (lines []string) {
	for _, r := range m.Routes {
		lines = append(lines, fmt.Sprintf("  %-7s %s", "answers", strings.TrimSpace(fmt.Sprintf("%-5s%s%s", r.Method, r.Path, rights(r)))))
	}
	slices.Sort(lines)
	for _, r := range m.Routes {
		for _, l := range r.Limits() {
			lines = append(lines, fmt.Sprintf("  limits  %-5s%s → %s", r.Method, r.Path, l))
		}
	}
	for _, e := range m.Entries {
		lines = append(lines, fmt.Sprintf("  links   %s menu → %s", e.Menu, e.About))
	}
	for _, a := range m.Acts {
		lines = append(lines, "  offers  "+a.About)
	}
	for _, b := range m.Blocks {
		lines = append(lines, fmt.Sprintf("  shows   %s → %s", b.Spot, b.About))
	}
	for _, s := range m.Finds {
		for _, k := range s.Kinds {
			lines = append(lines, "  finds   "+k.Name)
		}
	}
	for _, s := range m.Steps {
		lines = append(lines, fmt.Sprintf("  steps   %s → %s", s.Name, s.About))
	}
	for _, a := range m.Alternates {
		lines = append(lines, "  names   "+a.About)
	}
	for _, s := range m.Agenda {
		lines = append(lines, "  reminds of "+s.About)
	}
	for _, s := range m.Sitemaps {
		for _, path := range s.Paths {
			lines = append(lines, "  lists   "+path+" for search engines")
		}
		if s.List != nil {
			lines = append(lines, "  lists   "+s.About+" for search engines")
		}
	}
	return lines
}

// printMails returns who is told of what, and which mails arrive.
func printMails(m Module) (lines []string) {
	for _, r := range m.Reactions {
		lines = append(lines, fmt.Sprintf("  reacts  %s → %s", r.Activity, r.Does))
	}
	for _, n := range m.Notices {
		lines = append(lines, fmt.Sprintf("  tells   %s → %s", n.Activity, n.About))
	}
	for _, e := range m.Enclosures {
		lines = append(lines, "  adds    "+e.String())
	}
	for _, a := range m.Addresses {
		for _, l := range append([]web.Limit{a.Limit}, a.Counts...) {
			lines = append(lines, fmt.Sprintf("  mail    %s → %s", a.About, l))
		}
	}
	for _, r := range m.Replies {
		for _, l := range append([]web.Limit{r.Limit}, r.Counts...) {
			lines = append(lines, fmt.Sprintf("  mail    replies to a %s → %s", r.Container, l))
		}
	}
	for _, i := range m.Instructions {
		lines = append(lines, fmt.Sprintf("  obeys   replies to a %s → %s", i.Container, i.About))
	}
	for _, c := range m.Calendars {
		lines = append(lines, "  mail    "+c.String())
	}
	for _, b := range m.Mailboxes {
		lines = append(lines, "  mail    "+b.About)
	}
	for _, l := range m.Hears {
		lines = append(lines, "  hears   "+l.Name)
	}
	for _, c := range m.Commands {
		lines = append(lines, "  obeys   "+c.Usage())
	}
	return lines
}

// printWork returns what nobody sees.
func printWork(m Module) (lines []string) {
	for _, s := range m.Switches {
		lines = append(lines, "  asks    "+s.About)
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
	for _, c := range m.Examinations {
		lines = append(lines, fmt.Sprintf("  checks  %s → %s", c.Name, c.Title))
	}
	for _, held := range m.Estate {
		lines = append(lines, "  holds   "+held.String())
	}
	return lines
}

func rights(r site.Route) string {
	switch {
	case r.Admin:
		return "  (administrators)"
	case r.KnownBy == site.ByAppPassword:
		return "  (app password: " + r.Scope + ")"
	case r.SignedIn:
		return "  (signed in)"
	case r.KnownBy == site.ByOwnSession:
		return "  (from anywhere)"
	default:
		return ""
	}
}
