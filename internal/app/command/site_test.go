package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASiteIsLookedAfterFromTheTerminal(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	environ := []string{"GROUPRISE_DATA_PATH=" + folder, "GROUPRISE_EMAIL_SUBMISSION_BACKEND=folder", "GROUPRISE_LANGUAGE_CODE=en"}
	table := filepath.Join(folder, "members.csv")
	if err := os.WriteFile(table, []byte("Name;Email\nAnna;anna@example.org\nNeu;neu@post.example\nKein;kein@\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, input string
		code        int
		says        string
	}{
		{args: "demo --people=8 --groups=3 --contents=4 --comments=4 --conversations=1", says: "invented town"},
		{args: "await-database --timeout=5s", says: "The database answers."},
		{args: "database_await_connection --retries=2 --retry-wait=1", says: "The database answers."},
		{args: "database_await_connection --retries=0", code: 1, says: "--retries must be 1 or more"},
		{args: "test-mail eva@post.example", says: "The email goes to eva@post.example."},
		{args: "group import-members garten anna " + table, says: "New members of garten: 1. Were members before: 1. Not added: 0."},
		{args: "group import-members garten anna -", input: "neu@post.example", says: "Were members before: 1."},
		{args: "group import-members garten anna -", input: "nobody", code: 1, says: "there is no email address"},
		{args: "group import-members nowhere anna " + table, code: 1, says: "no group with the short name"},
		{args: "import-feeds", says: "0 calendars and websites"},
		{args: "admin password anna", input: "vier bunte Kannen\n", says: "anna has a new password"},
		{args: "admin password anna", input: "kurz\n", code: 1, says: "at least"},
		{args: "gone collectstatic", says: "there is nothing to do"},
		{args: "gone dumpdata", code: 1, says: "grouprise backup"},
		{args: "setup --code", code: 1, says: "has been set up already"},
		{args: "settings get email_submission.backend", says: "folder"},
		{args: "grouprise_settings get domain", says: "\n"},
	} {
		var out bytes.Buffer
		p := Process{Args: strings.Fields(c.args), Environ: environ, Version: "test", Stdin: strings.NewReader(c.input), Stdout: &out, Stderr: &out}
		if code := Main(p); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s ends with %d, want %d and %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
	if mails, err := filepath.Glob(filepath.Join(folder, "outbox", "*.eml")); err != nil || len(mails) != 1 {
		t.Errorf("there are %d mails, %v", len(mails), err)
	}
}
