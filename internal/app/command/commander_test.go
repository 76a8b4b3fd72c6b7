package command

import (
	"bytes"
	"strings"
	"testing"
)

func TestCommandsAreTakenAtATerminal(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LANGUAGE_CODE=en"}
	if code, _, problems := command(t, environ, "demo", "--people=12", "--groups=6", "--contents=5", "--comments=5", "--conversations=2"); code != 0 {
		t.Fatal(problems)
	}
	typed := "user admin list\n\n# nothing\ngroup remove garten\nno\ngroup remove garten\nyes\ngroup show garten\nquit\nuser show anna\n"
	var out bytes.Buffer
	code := Main(Process{Args: []string{"commander"}, Environ: environ, Version: "test", Stdin: strings.NewReader(typed), Stdout: &out, Stderr: &out})
	want := []string{"- demo-admin", "This removes the group garten", "Nothing has been done.", "The group garten has been removed.", "Unknown group: garten"}
	said := out.String()
	for _, w := range want {
		_, after, ok := strings.Cut(said, w)
		if !ok {
			t.Fatalf("ends with %d, says\n%s\nwithout %q after what comes before", code, out.String(), w)
		}
		said = after
	}
	if code != 0 || strings.Contains(said, "anna@") || strings.Contains(out.String(), "level=INFO") {
		t.Errorf("ends with %d, says\n%s", code, out.String())
	}
}
