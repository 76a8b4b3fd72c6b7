// Package versionctl is the command that says which program this is, and what it consists of.
package versionctl

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/kit/parts"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// Version prints the version of the program.
type Version struct {
	Licences bool `help:"List what the program consists of, with the licences of all parts in full."`
	SBOM     bool `name:"sbom" help:"List what the program consists of as CycloneDX, for programs that look for vulnerabilities."`
}

// Run implements the command.
func (c *Version) Run(p *process.Process) error {
	const licence = "AGPL-3.0-or-later"
	if !c.SBOM {
		if _, err := fmt.Fprintf(p.Stdout, "grouprise %s, %s/%s, %s\n", p.Version, runtime.GOOS, runtime.GOARCH, licence); err != nil {
			return err
		}
		if !c.Licences {
			return nil
		}
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program was built without a list of its modules")
	}
	all, err := parts.Collected()
	if err != nil {
		return err
	}
	found, err := parts.Of(info, all)
	if err != nil {
		return err
	}
	if c.SBOM {
		return parts.WriteCycloneDX(p.Stdout, parts.Program{Name: "grouprise", Version: p.Version, Licence: licence}, found)
	}
	if _, err := fmt.Fprintf(p.Stdout, "\nIt contains %s of others:\n\n", terminal.Count(len(found), "1 part", "%d parts")); err != nil {
		return err
	}
	return parts.WriteText(p.Stdout, found)
}
