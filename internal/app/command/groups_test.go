package command

import (
	"bytes"
	"strings"
	"testing"
)

func TestGroupsAreArchivedAndRemovedByCommands(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir()}
	if code, _, problems := command(t, environ, "demo", "--people=12", "--groups=6", "--contents=5", "--comments=5", "--conversations=2"); code != 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		typed string
		args  []string
		code  int
		says  string
	}{
		{"", []string{"group", "archive", "niemand"}, 1, `there is no group with the short name "niemand"`},
		{"", []string{"group", "archive", "http://localhost:8008/garten/"}, 0, "is archived"},
		{"", []string{"group", "archive", "garten"}, 0, "was archived already"},
		{"", []string{"group", "reactivate", "Garten"}, 0, "is active again"},
		{"", []string{"group", "reactivate", "garten"}, 0, "is not archived"},
		{"", []string{"group", "remove", "garten"}, 1, "nothing has been removed"},
		{"chor\n", []string{"group", "remove", "garten"}, 1, "nothing has been removed"},
		{"garten\n", []string{"group", "remove", "garten"}, 0, "has been removed"},
		{"garten\n", []string{"group", "remove", "garten"}, 1, "there is no group"},
		{"", []string{"group", "remove", "--yes", "chor"}, 0, "has been removed"},
	} {
		var out bytes.Buffer
		code := Main(Process{Args: c.args, Environ: environ, Version: "test", Stdin: strings.NewReader(c.typed), Stdout: &out, Stderr: &out})
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%q ends with %d and says %s", c.args, code, out.String())
		}
	}
}
