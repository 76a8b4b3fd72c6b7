package parts_test

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/kit/parts"
)

var all = []parts.Part{
	{Kind: parts.NPM, Name: "@fonts/sans", Version: "5.0.0", Licence: "OFL-1.1", Texts: []string{"font"}},
	{Kind: parts.Go, Name: parts.Standard, Version: "v1.26.0", Licence: "BSD-3-Clause", Texts: []string{"bsd"}},
	{Kind: parts.Go, Name: "example.org/Mail/v2", Version: "v2.1.0", Licence: "MIT", Texts: []string{"mit"}},
	{Kind: parts.Go, Name: "example.org/tests", Version: "v1.0.0", Licence: "MIT", Texts: []string{"mit"}},
	{Kind: parts.Go, Name: "example.org/pdf", Version: "v0.3.0", Licence: "Apache-2.0 AND MIT", Texts: []string{"mit", "notice"}},
	{Kind: parts.Library, Name: "PDF", Within: "example.org/pdf", Licence: "BSD-3-Clause", Texts: []string{"pdf"}},
	{Kind: parts.Library, Name: "video", Within: "example.org/tests", Licence: "BSD-3-Clause", Texts: []string{"video"}},
}

var info = debug.BuildInfo{GoVersion: "go1.26.8 X:exp", Deps: []*debug.Module{
	{Path: "example.org/pdf", Version: "v0.3.0"},
	{Path: "example.com/mail/v2", Version: "v2.0.0", Replace: &debug.Module{Path: "example.org/Mail/v2", Version: "v2.1.0"}},
}}

func names(of []parts.Part) []string {
	var list []string
	for _, part := range of {
		list = append(list, part.Name+" "+part.Version)
	}
	return list
}

func TestAProgramConsistsOfWhatIsLinkedIntoItAndWhatThatBringsAlong(t *testing.T) {
	t.Parallel()
	found, err := parts.Of(&info, all)
	want := []string{"example.org/Mail/v2 v2.1.0", "example.org/pdf v0.3.0", "std v1.26.8", "PDF ", "@fonts/sans 5.0.0"}
	if got := names(found); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAModuleWithoutALicenceIsNamed(t *testing.T) {
	t.Parallel()
	for _, module := range []debug.Module{{Path: "example.org/new", Version: "v1.0.0"}, {Path: "example.org/tests", Version: "v1.0.1"}} {
		_, err := parts.Of(&debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{&module}}, all)
		if err == nil || !strings.Contains(err.Error(), module.Path+" "+module.Version) {
			t.Errorf("%s: %v", module.Path, err)
		}
	}
}

func TestACollectionIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	if err := parts.Write(&first, all); err != nil {
		t.Fatal(err)
	}
	if err := parts.Write(&second, all); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("written again, it has other bytes: %v", err)
	}
	got, err := parts.Read(&first)
	if diff := cmp.Diff(all, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := parts.Read(strings.NewReader("no collection")); err == nil {
		t.Error("something else was read")
	}
}

func TestEachLicenceIsPrintedOnceWithWhomItIsOf(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := parts.WriteText(&out, all[2:5]); err != nil {
		t.Fatal(err)
	}
	const want = `example.org/Mail/v2  v2.1.0  MIT
example.org/tests    v1.0.0  MIT
example.org/pdf      v0.3.0  Apache-2.0 AND MIT

--------------------------------------------------------------------------------
example.org/Mail/v2, example.org/tests, example.org/pdf

mit

--------------------------------------------------------------------------------
example.org/pdf

notice
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestProgramsReadWhatAProgramConsistsOf(t *testing.T) {
	t.Parallel()
	found, err := parts.Of(&info, all)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := parts.WriteCycloneDX(&out, parts.Program{Name: "town", Version: "6.0.0", Licence: "AGPL-3.0-or-later"}, found); err != nil {
		t.Fatal(err)
	}
	type licence struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
		Expression string `json:"expression"`
	}
	var bom struct {
		Format   string `json:"bomFormat"`
		Spec     string `json:"specVersion"`
		Serial   string `json:"serialNumber"`
		Metadata struct {
			Timestamp string `json:"timestamp"`
			Component struct {
				Version string `json:"version"`
			} `json:"component"`
		} `json:"metadata"`
		Components []struct {
			Purl     string    `json:"purl"`
			Licenses []licence `json:"licenses"`
		} `json:"components"`
		Dependencies []struct {
			DependsOn []string `json:"dependsOn"`
		} `json:"dependencies"`
	}
	if err := json.Unmarshal(out.Bytes(), &bom); err != nil {
		t.Fatal(err)
	}
	if bom.Format != "CycloneDX" || bom.Spec != "1.6" || bom.Metadata.Component.Version != "6.0.0" || bom.Serial+bom.Metadata.Timestamp != "" {
		t.Errorf("%+v", bom)
	}
	var urls, terms []string
	for _, component := range bom.Components {
		urls = append(urls, component.Purl)
		terms = append(terms, component.Licenses[0].License.ID+component.Licenses[0].Expression)
	}
	if want := []string{"pkg:golang/example.org/Mail/v2@v2.1.0", "pkg:golang/example.org/pdf@v0.3.0", "pkg:golang/std@v1.26.8", "", "pkg:npm/%40fonts/sans@5.0.0"}; !slices.Equal(urls, want) {
		t.Errorf("%q", urls)
	}
	if want := []string{"MIT", "Apache-2.0 AND MIT", "BSD-3-Clause", "BSD-3-Clause", "OFL-1.1"}; !slices.Equal(terms, want) {
		t.Errorf("%q", terms)
	}
	if len(bom.Dependencies) != 1 || len(bom.Dependencies[0].DependsOn) != len(found) {
		t.Errorf("%+v", bom.Dependencies)
	}
}
