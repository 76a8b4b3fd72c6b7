package command

import (
	"strings"
	"testing"
)

func TestScoresAreWorkedOutByACommand(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir()}
	if code, _, problems := command(t, environ, "demo", "--people=12", "--groups=6", "--contents=20", "--comments=20", "--conversations=2"); code != 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		days, name string
		nothing    bool
	}{{"100", "scores", true}, {"30", "scores", false}, {"0", "update_scores", false}, {"0", "scores", true}} {
		code, out, problems := command(t, append(environ, "GROUPRISE_SCORE_CONTENT_AGE="+c.days), c.name)
		if code != 0 || strings.Contains(out, "New scores: 0 groups and people") != c.nothing {
			t.Errorf("%s with %s days ends with %d: %s%s", c.name, c.days, code, out, problems)
		}
	}
}
