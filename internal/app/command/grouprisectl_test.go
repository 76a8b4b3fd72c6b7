package command

import (
	"os/user"
	"slices"
	"strings"
	"testing"
)

func TestOldCommandLinesAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, args, environ, problem string }{
		{old: "run_huey", args: "worker"},
		{old: "run_lmtpd localhost 1025", args: "lmtp", environ: "GROUPRISE_LMTP_LISTEN=localhost:1025"},
		{old: "run_lmtpd localhost", problem: "run_lmtpd HOST PORT"},
		{old: "createsuperuser --email anna@post.example --username anna --noinput", args: "admin create anna anna@post.example"},
		{old: "createsuperuser", problem: "--username NAME"},
		{old: "matrix_commander", args: "bot"},
		{old: "matrix_commander --console --log-level info", args: "commander --log-level info"},
		{old: "matrix_chat_manage configure-rooms", args: "matrix configure-rooms"},
		{old: "matrix_chat_manage --group garten print-statistics", args: "matrix print-statistics --group garten"},
		{old: "matrix_chat_manage --group=garten print-statistics", args: "matrix print-statistics --group=garten"},
		{old: "matrix_register_grouprise_bot --print-only", args: "matrix register-bot --print-only"},
		{old: "import_mail_message", args: "import_mail_message"},
		{old: "migrate", args: "migrate"},
	} {
		p := Process{Args: strings.Fields(c.old)}
		err := translate(&p)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %v", c.old, err)
			}
			continue
		}
		if err != nil || strings.Join(p.Args, " ") != c.args || c.environ != "" && !slices.Contains(p.Environ, c.environ) {
			t.Errorf("%s: %q %q, %v", c.old, p.Args, p.Environ, err)
		}
	}
}

func TestTheControlProgramRunsAsTheUserOfTheSite(t *testing.T) {
	t.Parallel()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	p := Process{Environ: []string{"GROUPRISE_USER=" + me.Username}}
	if err := becomeSiteUser(&p); err != nil {
		t.Errorf("who is the user already: %v", err)
	}
	p.Environ = []string{"GROUPRISE_USER=nobody-of-that-name"}
	if err := becomeSiteUser(&p); err == nil || !strings.Contains(err.Error(), "GROUPRISE_USER names another one") {
		t.Errorf("a user that does not exist: %v", err)
	}
}

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
