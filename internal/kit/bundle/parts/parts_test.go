package main

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/parts"
)

// Each module that is linked into the program, each package that is bundled and each library has a licence that goes with ours.
func TestEverythingInTheProgramMayBePassedOnWithIt(t *testing.T) {
	t.Parallel()
	all, err := collect(t.Context(), "../../../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := judge(all); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		kind parts.Kind
		name string
	}{
		{parts.Go, parts.Standard}, {parts.Go, "github.com/jackc/pgx/v5"}, {parts.NPM, "leaflet"}, {parts.NPM, "@fontsource-variable/source-sans-3"}, {parts.Library, "PDFium"},
	} {
		found := false
		for _, part := range all {
			found = found || part.Kind == c.kind && part.Name == c.name
		}
		if !found {
			t.Errorf("%s is not found", c.name)
		}
	}
}

func TestWhatHasNoLicenceOrOneThatDoesNotGoWithOursIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part parts.Part
		says string
	}{
		{parts.Part{Name: "good", Licence: "BSD-3-Clause AND MIT", Texts: []string{"text"}}, ""},
		{parts.Part{Name: "bare"}, "bare  has no licence"},
		{parts.Part{Name: "silent", Version: "v1", Licence: "MIT"}, "silent v1 has no licence"},
		{parts.Part{Name: "closed", Version: "v1", Licence: "MIT AND SSPL-1.0", Texts: []string{"text"}}, "closed v1 is under SSPL-1.0"},
		{parts.Part{Name: "older", Version: "v1", Licence: "GPL-2.0", Texts: []string{"text"}}, "older v1 is under GPL-2.0"},
	} {
		said := ""
		if err := judge([]parts.Part{c.part}); err != nil {
			said = err.Error()
		}
		if !strings.HasPrefix(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: %q", c.part.Name, said)
		}
	}
}

func TestPackagesAreFoundByTheFilesThatAreBundled(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"assets/scripts/site.js":                                    "",
		"assets/node_modules/leaflet/dist/leaflet-src.esm.js":       "assets/node_modules/leaflet",
		"assets/node_modules/@fonts/sans/files/sans.woff2":          "assets/node_modules/@fonts/sans",
		"assets/node_modules/a/node_modules/entities/lib/decode.js": "assets/node_modules/a/node_modules/entities",
	} {
		if got := packageFolder(input); got != want {
			t.Errorf("%s: %q, want %q", input, got, want)
		}
	}
}

func TestDebianCopyrightHasAParagraphForThoseWhoShareALicence(t *testing.T) {
	t.Parallel()
	mit := "MIT License\n\nCopyright (c) 2020 Anna Apfel\n\nPermission is hereby granted"
	apache := "                                 Apache License\n  Version 2.0\n…\n   END OF TERMS AND CONDITIONS\n\nCopyright 2024 The Pear Authors\n"
	var out strings.Builder
	if err := writeCopyright(&out, []parts.Part{
		{Kind: parts.Go, Name: "example.org/a", Licence: "MIT", Texts: []string{mit}},
		{Kind: parts.Go, Name: "example.org/b", Licence: "Apache-2.0 AND MIT", Texts: []string{apache}},
		{Kind: parts.NPM, Name: "c", Licence: "MIT", Texts: []string{mit}},
		{Kind: parts.NPM, Name: "d", Licence: "ISC", Texts: []string{"Do as you like."}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nFiles:\n golang/example.org/a/*\n npm/c/*\nCopyright:\n 2020 Anna Apfel\nLicense: MIT\n MIT License\n .\n Copyright (c) 2020",
		"\nFiles:\n golang/example.org/b/*\nCopyright:\n 2024 The Pear Authors\nLicense: Apache-2.0 and MIT\n On Debian systems, the full text of this licence is in /usr/share/common-licenses/Apache-2.0.\n .\n Copyright",
		"\nFiles:\n npm/d/*\nCopyright:\n the authors of d\nLicense: ISC\n Do as you like.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("missing: %s\nin: %s", want, out.String())
		}
	}
}
