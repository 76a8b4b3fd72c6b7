package command

import (
	"regexp"
	"strings"
	"testing"
)

func TestKeysForSignaturesAreMadeAndRemoved(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_DOMAIN=stadt.invalid"}
	run := func(want string, args ...string) string {
		t.Helper()
		code, out, problems := command(t, environ, args...)
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("%v ends with %d: %s%s", args, code, out, problems)
		}
		return out
	}
	run("", "migrate")
	run("There is no key", "dkim")
	selector := regexp.MustCompile(`(g\d+)\._domainkey\.stadt\.invalid`).FindStringSubmatch(run("v=DKIM1; k=rsa; p=", "dkim", "new"))
	if selector == nil {
		t.Fatal("a new key has no name of a record")
	}
	// Whether DNS can be asked depends on the machine.
	if _, out, _ := command(t, environ, "dkim", "list"); !strings.Contains(out, "waits for its DNS record") || !strings.Contains(out, selector[0]+". IN TXT (") {
		t.Errorf("the list is %s", out)
	}
	if _, out, _ := command(t, append(environ, "GROUPRISE_DEFAULT_FROM_EMAIL=post@neu.invalid"), "dkim", "list"); !strings.Contains(out, "is of another domain") {
		t.Errorf("with another domain the list is %s", out)
	}
	run("is removed", "dkim", "remove", selector[1])
	if code, _, problems := command(t, environ, "dkim", "remove", selector[1]); code != 1 || !strings.Contains(problems, "no key with this selector") {
		t.Errorf("removed twice, it ends with %d: %s", code, problems)
	}
}
