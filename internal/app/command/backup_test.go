package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// runs runs a command that has to work, and returns what it prints.
func runs(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	code, out, problems := command(t, environ, args...)
	if code != 0 {
		t.Fatalf("%s: %d %s", strings.Join(args, " "), code, problems)
	}
	return out
}

func TestASiteIsBackedUpCheckedAndRestored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from := []string{"GROUPRISE_CONFIG=" + filepath.Join(folder, "site.yaml"), "GROUPRISE_DATA_PATH=" + filepath.Join(folder, "from")}
	to := []string{from[0], "GROUPRISE_DATA_PATH=" + filepath.Join(folder, "to")}
	third := []string{from[0], "GROUPRISE_DATA_PATH=" + filepath.Join(folder, "third")}
	for _, name := range []string{"from", "to", "third"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	keys, one := filepath.Join(folder, "key.txt"), filepath.Join(folder, "one.tar.age")
	for name, text := range map[string]string{keys: key.String() + "\n", filepath.Join(folder, "site.yaml"): "domain: stadt.example\nemail_submission: {user: anna, password: geheim-1, encryption: ssl}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs(t, from, "migrate")
	if code, _, _ := command(t, from, "migrate", "--pending"); code != 3 {
		t.Errorf("a database that is up to date: %d", code)
	}
	if out := runs(t, to, "migrate", "--pending"); !strings.Contains(out, "has version 0 and becomes version") {
		t.Errorf("an empty database: %s", out)
	}
	runs(t, from, "admin", "create", "anna", "anna@example.org")
	if err := os.WriteFile(filepath.Join(folder, "from", "media", "picture.jpg"), []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}

	if out := runs(t, from, "backup", "-o", one, "--recipient", key.Recipient().String()); !strings.Contains(out, "was written and proved") || !strings.Contains(out, "1 file (9 bytes)") {
		t.Errorf("said: %s", out)
	}
	if out := runs(t, to, "restore", one, "--key", keys, "--check"); !strings.Contains(out, "The backup of stadt.example from ") || !strings.Contains(out, "can be restored") {
		t.Errorf("said: %s", out)
	}
	runs(t, to, "restore", one, "--key", keys, "--configuration", filepath.Join(folder, "configuration"))
	if content, err := os.ReadFile(filepath.Join(folder, "to", "media", "picture.jpg")); err != nil || string(content) != "a picture" {
		t.Errorf("the file: %s, %v", content, err)
	}
	config, err := os.ReadFile(filepath.Join(folder, "configuration", "in-force.yaml"))
	if err != nil || !strings.Contains(string(config), "domain: stadt.example") || strings.Contains(string(config), "geheim-1") {
		t.Errorf("the configuration: %s, %v", config, err)
	}
	if code, _, problems := command(t, to, "restore", one, "--key", keys); code != 1 || !strings.Contains(problems, "is not empty") {
		t.Errorf("again: %d %s", code, problems)
	}
	runs(t, to, "restore", one, "--key", keys, "--replace")

	// What cannot be is said in plain words, and leaves nothing behind.
	if out := runs(t, to, "backup", "--list"); out != "" {
		t.Errorf("no backups are listed as %q", out)
	}
	for want, args := range map[string][]string{
		folder + " is a folder: name a file":               {"backup", "-o", folder},
		folder + " is a folder: name a backup":             {"restore", "--check", folder},
		`"nowhere.tar" is neither a file nor a backup in `: {"restore", "--check", "nowhere.tar"},
	} {
		if code, _, problems := command(t, to, args...); code != 1 || !strings.Contains(problems, want) {
			t.Errorf("%v: %d %s, want %s", args, code, problems, want)
		}
	}
	if _, err := os.Stat(folder + ".part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left: %v", err)
	}

	// The place of backups, with passwords because that is asked for.
	runs(t, to, "backup", "--passwords")
	name := strings.TrimSpace(runs(t, to, "backup", "--list"))
	runs(t, to, "restore", name, "--check")
	if out := runs(t, to, "admin", "create", "bert", "bert@example.org"); out == "" {
		t.Error("the restored site has no use")
	}
	runs(t, third, "restore", filepath.Join(folder, "to", "backups", name), "--configuration", filepath.Join(folder, "whole"))
	if key, err := os.ReadFile(filepath.Join(folder, "whole", "02-secret.key")); err != nil || len(key) < 16 {
		t.Errorf("the secret key: %q, %v", key, err)
	}
}

func TestTheOldNamesOfDumpsWork(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	environ := []string{"GROUPRISE_CONFIG=" + filepath.Join(folder, "site.yaml"), "GROUPRISE_DATA_PATH=" + filepath.Join(folder, "data")}
	if err := os.WriteFile(filepath.Join(folder, "site.yaml"), []byte("domain: stadt.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o750); err != nil {
		t.Fatal(err)
	}
	runs(t, environ, "migrate")
	if err := os.WriteFile(filepath.Join(folder, "data", "media", "picture.jpg"), []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	runs(t, environ, "database_dump", "--prefix", "vorher", "--output-dir", folder, "--output-file", "dump")
	if out := runs(t, environ, "restore", "--check", filepath.Join(folder, "vorher_dump.tar")); !strings.Contains(out, "0 files") {
		t.Errorf("said: %s", out)
	}
	dump := strings.TrimSpace(runs(t, environ, "media_dump"))
	if dir, name := filepath.Split(dump); dir != filepath.Join(folder, "data", "backups")+"/" || !strings.HasPrefix(name, "media_") || !strings.HasSuffix(name, ".tar.gz") {
		t.Errorf("the dump is %s", dump)
	}
	out := runs(t, environ, "media_import", "--filename", dump, "--clear")
	if content, err := os.ReadFile(filepath.Join(folder, "data", "media", "picture.jpg")); err != nil || string(content) != "a picture" || !strings.HasPrefix(out, "1 file was read") {
		t.Errorf("%s: %s, %v", out, content, err)
	}
	if code, _, problems := command(t, environ, "media_dump", "--compression", "lzma"); code != 1 || !strings.Contains(problems, "with gzip") {
		t.Errorf("lzma: %d %s", code, problems)
	}
}
