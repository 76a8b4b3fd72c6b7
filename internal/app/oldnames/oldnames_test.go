package oldnames

import (
	"os/user"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/process"
)

func TestOldCommandLinesAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, args, environ, problem string }{
		{old: "run_huey", args: "worker"},
		{old: "run_lmtpd localhost 1025", args: "lmtp", environ: "GROUPRISE_LMTP_LISTEN=localhost:1025"},
		{old: "run_lmtpd localhost", problem: "run_lmtpd HOST PORT"},
		{old: "createsuperuser --email anna@post.example --username anna --noinput", args: "admin create anna anna@post.example"},
		{old: "createsuperuser --email=anna@post.example --username=anna", args: "admin create anna anna@post.example"},
		{old: "createsuperuser --username", problem: "--username NAME"},
		{old: "migrate -v 2 --noinput", args: "migrate"},
		{old: "migrate -v3", args: "migrate"},
		{old: "sendtestemail --admins", problem: "name the addresses"},
		{old: "createsuperuser", problem: "--username NAME"},
		{old: "matrix_commander", args: "bot"},
		{old: "matrix_commander --console --log-level info", args: "commander --log-level info"},
		{old: "matrix_chat_manage configure-rooms", args: "matrix configure-rooms"},
		{old: "matrix_chat_manage --group garten print-statistics", args: "matrix print-statistics --group garten"},
		{old: "matrix_chat_manage --group=garten print-statistics", args: "matrix print-statistics --group=garten"},
		{old: "matrix_register_grouprise_bot --print-only", args: "matrix register-bot --print-only"},
		{old: "import_mail_message", args: "import_mail_message"},
		{old: "migrate", args: "migrate"},
		{old: "migrate --no-input --verbosity 2", args: "migrate"},
		{old: "import_members garten anna addresses.csv", args: "group import-members garten anna addresses.csv"},
		{old: "import_feeds --traceback", args: "import-feeds"},
		{old: "update_index", args: "search rebuild"},
		{old: "sendtestemail --admins anna@post.example", args: "test-mail anna@post.example"},
		{old: "changepassword anna", args: "admin password anna"},
		{old: "setup_site --settings=x", args: "setup"},
		{old: "grouprise_settings get domain", args: "grouprise_settings get domain"},
		{old: "collectstatic --no-input", args: "gone collectstatic"},
		{old: "dumpdata --all", args: "gone dumpdata"},
	} {
		p := process.Process{Args: strings.Fields(c.old)}
		err := Translate(&p)
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
	p := process.Process{Environ: []string{"GROUPRISE_USER=" + me.Username}}
	if err := BecomeSiteUser(&p); err != nil {
		t.Errorf("who is the user already: %v", err)
	}
	p.Environ = []string{"GROUPRISE_USER=nobody-of-that-name"}
	if err := BecomeSiteUser(&p); err == nil || !strings.Contains(err.Error(), "GROUPRISE_USER names another one") {
		t.Errorf("a user that does not exist: %v", err)
	}
}
