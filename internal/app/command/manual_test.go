package command

import (
	"strings"
	"testing"
)

// What the packages ship is what the program prints.
func TestTheProgramPrintsWhatPackagesNeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, says string }{
		{"manual", `.SS "web\-server KIND"`},
		{"completion bash", `" admin create") words=`},
		{"completion zsh", "#compdef grouprise"},
		{"completion fish", "-n '__fish_seen_subcommand_from jobs' -a retry"},
		{"web-server nginx", "server_name example.org;"},
		{"mail-server exim", "domains = example.org"},
	} {
		code, out, problems := command(t, []string{"GROUPRISE_DATA_PATH=" + t.TempDir()}, strings.Fields(c.args)...)
		if code != 0 || !strings.Contains(out, c.says) || strings.Contains(out, "import_mail_message\" words") {
			t.Errorf("%s: %d, wants %q:\n%s%s", c.args, code, c.says, out, problems)
		}
	}
}
