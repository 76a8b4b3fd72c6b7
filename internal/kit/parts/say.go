package parts

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/package-url/packageurl-go"
)

// WriteText lists parts with their licences, and then each licence once with whom it is of.
func WriteText(w io.Writer, all []Part) error {
	out := bufio.NewWriter(w)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, part := range all {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", part.Name, part.Version, part.Licence); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	var order []string
	owners := map[string][]string{}
	for _, part := range all {
		for _, text := range part.Texts {
			if owners[text] == nil {
				order = append(order, text)
			}
			owners[text] = append(owners[text], part.Name)
		}
	}
	for _, text := range order {
		// The writer keeps its first error until it is flushed.
		_, _ = fmt.Fprintf(out, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 80), strings.Join(owners[text], ", "), strings.TrimSpace(text))
	}
	return out.Flush()
}

// Program is what parts make up.
type Program struct {
	Name    string
	Version string
	Licence string // an SPDX expression
}

// WriteCycloneDX writes what a program consists of as CycloneDX 1.6 in JSON (ECMA-424), which scanners of vulnerabilities and licences read.
// The same parts give the same bytes: there is neither a date nor a serial number in it.
func WriteCycloneDX(w io.Writer, program Program, all []Part) error {
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{
		BOMRef: program.Name, Type: cdx.ComponentTypeApplication, Name: program.Name, Version: program.Version, Licenses: licences(program.Licence),
	}}
	components := make([]cdx.Component, 0, len(all))
	refs := make([]string, 0, len(all))
	for _, part := range all {
		component := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: part.Name, Version: part.Version, Licenses: licences(part.Licence), PackageURL: part.url()}
		component.BOMRef = component.PackageURL
		if component.BOMRef == "" {
			component.BOMRef = part.Name
		}
		components = append(components, component)
		refs = append(refs, component.BOMRef)
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: program.Name, Dependencies: &refs}}
	return cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
}

func licences(expression string) *cdx.Licenses {
	if strings.Contains(expression, " ") {
		return &cdx.Licenses{{Expression: expression}}
	}
	return &cdx.Licenses{{License: &cdx.License{ID: expression}}}
}

// url returns the package URL (ECMA-427) of a part, by which its vulnerabilities are looked up; empty for a library.
func (p Part) url() string {
	namespace, name := "", p.Name
	if i := strings.LastIndexByte(p.Name, '/'); i > 0 {
		namespace, name = p.Name[:i], p.Name[i+1:]
	}
	switch p.Kind {
	case Go:
		return packageurl.NewPackageURL(packageurl.TypeGolang, namespace, name, p.Version, nil, "").ToString()
	case NPM:
		return packageurl.NewPackageURL(packageurl.TypeNPM, namespace, name, p.Version, nil, "").ToString()
	case Library:
	}
	return ""
}
