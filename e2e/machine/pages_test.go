//go:build e2e

package machine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/machine"
)

// The guides that are part of the site.
const (
	guide       = "internal/features/pages/help/administrators.en.md"
	germanGuide = "internal/features/pages/help/administrators.de.md"
)

// TestEachBlockOfTheGuidesIsTried makes sure that no page grows lines that nobody has followed.
func TestEachBlockOfTheGuidesIsTried(t *testing.T) {
	t.Parallel()
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests = append(tests, "../../internal/app/logs_test.go", "../../internal/app/watching_test.go", // what a program reads that is not installed here
		"../cluster/cluster") // what needs more than one machine
	var sources strings.Builder
	for _, path := range tests {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(text)
	}
	pages, err := filepath.Glob("../../docs/administrators/*.md")
	if err != nil || len(pages) < 6 {
		t.Fatalf("the pages are %v, %v", pages, err)
	}
	for _, path := range append(pages, filepath.Join("../..", guide)) {
		seen := map[string]bool{}
		for _, block := range machine.Blocks(t, strings.TrimPrefix(filepath.ToSlash(path), "../../")) {
			if seen[block.Name] {
				t.Errorf("%s has two blocks with the name %q", path, block.Name)
			}
			seen[block.Name] = true
			if !strings.Contains(sources.String(), strconv.Quote(block.Name)) {
				t.Errorf("%s: nobody follows the block %q", path, block.Name)
			}
		}
	}
}

// TestTheWayToASiteHasTwelveSteps makes sure that the package asks for nothing that its page does not count.
func TestTheWayToASiteHasTwelveSteps(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/administrators/install.md")
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]bool{}
	for _, step := range regexp.MustCompile(`(?i)\bstep \d+`).FindAllString(string(page), -1) {
		counted[strings.ToLower(step)] = true
	}
	const steps = 12
	for i := range steps {
		if step := fmt.Sprintf("step %d", i+1); !counted[step] {
			t.Errorf("the page has no %s", step)
		}
	}
	if len(counted) != steps {
		t.Errorf("the page counts %d steps", len(counted))
	}
	questions, err := os.ReadFile("../../packaging/debian/grouprise.config")
	if err != nil {
		t.Fatal(err)
	}
	// From step 4 to step 7. Others are only asked of whoever wants to be asked more.
	if asked := strings.Count(string(questions), "db_input high "); asked != 4 {
		t.Errorf("the package asks %d questions", asked)
	}
}

func TestTheGermanGuideHasTheSameBlocks(t *testing.T) {
	t.Parallel()
	english, german := machine.Blocks(t, guide), machine.Blocks(t, germanGuide)
	if len(english) == 0 || len(english) != len(german) {
		t.Fatalf("%d and %d blocks", len(english), len(german))
	}
	for i := range english {
		if english[i] != german[i] {
			t.Errorf("in English\n%s\nin German\n%s", english[i].Text, german[i].Text)
		}
	}
}

// examine asks the doctor. What stands on the machine is right; what would be asked of the world, such as DNS, is not there.
func (s *site) examine() {
	s.t.Helper()
	out, _ := s.Fails(strings.TrimSpace(s.Text(doctor, "what is wrong, and how to put it right")) + " --json 2>/dev/null")
	var said struct {
		Checks []struct {
			Name     string `json:"name"`
			Complete bool   `json:"complete"`
			Findings []struct {
				Code string `json:"code"`
			} `json:"findings"`
		} `json:"checks"`
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		s.t.Fatalf("%v:\n%s", err, out)
	}
	well := map[string]bool{}
	for _, c := range said.Checks {
		well[c.Name] = c.Complete && len(c.Findings) == 0
	}
	for _, name := range []string{"database", "media", "queue", "downloads"} {
		if !well[name] {
			s.t.Errorf("%s is not well:\n%s", name, out)
		}
	}
}

// dress follows the guide that is part of the site.
func (s *site) dress() {
	s.t.Helper()
	s.Follow(guide, "/etc/grouprise/conf.d/dress.yaml", "/etc/grouprise/town/static/style.css")
	s.Run("cd /etc/grouprise/town/static && touch logo.svg square.png icon.svg town.jpg script.js && chgrp -R grouprise /etc/grouprise/town")
	if out := s.Do(install, "what is in force, and what is wrong"); strings.Contains(out, "warning") {
		s.t.Errorf("the program warns:\n%s", out)
	}
	s.Run("systemctl restart grouprise")
	s.opens()
	if got := s.Run("curl --silent --fail https://stadt.example/stadt/own/style.css"); got != s.Text(guide, "/etc/grouprise/town/static/style.css") {
		s.t.Errorf("browsers get\n%s", got)
	}
	if page := s.Run("curl --silent --fail https://stadt.example/"); !strings.Contains(page, "/stadt/own/style.css") || !strings.Contains(page, "/stadt/own/logo.svg") {
		s.t.Errorf("the first page is not dressed:\n%s", page)
	}
	s.Run("rm /etc/grouprise/conf.d/nginx.yaml")
	s.Follow(guide, "/etc/grouprise/conf.d/files.yaml")
	if out := s.Do(install, "what is in force, and what is wrong"); strings.Contains(out, "warning") || !strings.Contains(out, "files.example.org") {
		s.t.Errorf("the program says of the bucket:\n%s", out)
	}
	s.Run("rm /etc/grouprise/conf.d/files.yaml && systemctl restart grouprise")
	s.opens()
}

// lookBeforeTLS opens the site as the guide says before a web server stands in front of it.
func (s *site) lookBeforeTLS() {
	s.t.Helper()
	s.Follow(install, "/etc/grouprise/conf.d/without-tls.yaml")
	s.Run("systemctl restart grouprise")
	s.Eventually("the site to open without TLS", func() bool {
		_, failed := s.Fails("curl --silent --fail http://localhost:8008/stadt/readyz")
		return !failed
	})
	if page := s.Run("curl --silent --fail http://localhost:8008/"); !strings.Contains(page, "Neustadt") {
		s.t.Errorf("the first page is\n%s", page)
	}
	s.Run("rm /etc/grouprise/conf.d/without-tls.yaml && systemctl restart grouprise")
}
