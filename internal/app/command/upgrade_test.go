package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/testkit/scripttest"
)

// standIn is a program that notes how it was called and ends as the variable of its command says.
const standIn = `echo "${0##*/} $*" >>"$GROUPRISE_TEST_ROOT/calls"
case "$*" in
*--pending) exit ${PENDING:-0} ;;
"grouprise-bot status") [ -n "$BOT" ] ;;
backup*) [ -z "$NO_BACKUP" ] ;;
migrate*) [ -z "$NO_MIGRATION" ] ;;
esac`

func TestAnUpgradeHasAWayBack(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs("../../../packaging/upgrade")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		environ []string
		code    int
		calls   []string // what they begin with
		says    string
		back    bool // the program of before is in its place
	}{
		{"nothing to do", []string{"PENDING=3"}, 0, []string{"grouprisectl migrate --pending"}, "", false},
		{"all is well", nil, 0, []string{
			"grouprisectl migrate --pending", "invoke-rc.d grouprise-bot status", "invoke-rc.d grouprise-tasks stop", "invoke-rc.d grouprise-lmtpd stop", "invoke-rc.d grouprise stop",
			"grouprisectl backup --database --plain --output ", "grouprisectl migrate",
		}, "", false},
		{"a bot that listens does so again", []string{"BOT=1"}, 0, []string{
			"grouprisectl migrate --pending", "invoke-rc.d grouprise-bot status", "invoke-rc.d grouprise-tasks stop", "invoke-rc.d grouprise-lmtpd stop",
			"invoke-rc.d grouprise stop", "invoke-rc.d grouprise-bot stop", "grouprisectl backup --database", "grouprisectl migrate", "invoke-rc.d grouprise-bot start",
		}, "", false},
		{"the administrator does without", []string{"GROUPRISE_SKIP_DATABASE_BACKUP=1"}, 0, []string{"grouprisectl migrate --pending", "grouprisectl migrate"}, "", false},
		{"no database", []string{"PENDING=1"}, 0, []string{"grouprisectl migrate --pending"}, "could not be looked at", false},
		{"no backup", []string{"NO_BACKUP=1"}, 1, []string{
			"grouprisectl migrate --pending", "invoke-rc.d grouprise-bot status", "invoke-rc.d grouprise-tasks stop", "invoke-rc.d grouprise-lmtpd stop", "invoke-rc.d grouprise stop",
			"grouprisectl backup --database", "invoke-rc.d grouprise-tasks start", "invoke-rc.d grouprise-lmtpd start", "invoke-rc.d grouprise start",
		}, "set GROUPRISE_SKIP_DATABASE_BACKUP=1", true},
		{"the migration fails", []string{"NO_MIGRATION=1"}, 1, []string{
			"grouprisectl migrate --pending", "invoke-rc.d grouprise-bot status", "invoke-rc.d grouprise-tasks stop", "invoke-rc.d grouprise-lmtpd stop", "invoke-rc.d grouprise stop",
			"grouprisectl backup --database", "grouprisectl migrate", "grouprisectl restore --replace ",
			"invoke-rc.d grouprise-tasks start", "invoke-rc.d grouprise-lmtpd start", "invoke-rc.d grouprise start",
		}, "was restored", true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, text := range map[string]string{
				"bin/grouprisectl": standIn, "bin/invoke-rc.d": standIn, "usr/lib/grouprise/grouprisectl": standIn,
				"usr/bin/grouprise": "# the new one", "var/backups/grouprise/preinst_auto_1.tar": "",
			} {
				file := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
					t.Fatal(err)
				}
				scripttest.Write(t, file, text)
			}
			run := exec.CommandContext(t.Context(), "sh", script)
			run.Env = append([]string{"GROUPRISE_TEST_ROOT=" + root, "PATH=" + filepath.Join(root, "bin") + ":/usr/bin:/bin"}, c.environ...)
			said, _ := run.CombinedOutput()
			if code := run.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(said), c.says) || c.says == "" && len(said) > 0 {
				t.Errorf("%d: %s", code, said)
			}
			text, err := os.ReadFile(filepath.Join(root, "calls"))
			if err != nil {
				t.Fatal(err)
			}
			calls := strings.Split(strings.TrimSpace(string(text)), "\n")
			if len(calls) != len(c.calls) {
				t.Fatalf("calls:\n%s", text)
			}
			for i, call := range calls {
				if !strings.HasPrefix(call, c.calls[i]) {
					t.Errorf("call %d: %q, want %q", i, call, c.calls[i])
				}
			}
			program, err := os.ReadFile(filepath.Join(root, "usr/bin/grouprise"))
			if err != nil || strings.Contains(string(program), standIn) != c.back {
				t.Errorf("the program of before is back: %v, want %v, %v", !c.back, c.back, err)
			}
		})
	}
}
