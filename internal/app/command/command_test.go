package command

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func command(t *testing.T, environ []string, args ...string) (code int, out, problems string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(Process{Args: args, Environ: environ, Version: "test", Stdout: &stdout, Stderr: &stderr})
	return code, stdout.String(), stderr.String()
}

var update = flag.Bool("update", false, "write the golden files")

func TestHouseIsAsItsPrintSays(t *testing.T) {
	t.Parallel()
	code, out, problems := command(t, []string{"GROUPRISE_GEO_ENABLED=true"}, "admin", "house") // with what is off unless it is switched on
	if code != 0 {
		t.Fatal(problems)
	}
	golden := filepath.Join("..", "..", "..", "docs", "house.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Errorf("the house has changed; if that was meant, run this test with -update (-want +got):\n%s", diff)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	environ := []string{"GROUPRISE_DATA_PATH=" + folder, "GROUPRISE_SECRET_KEY=a secret for tests only"}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--version"}, 0, "test"},
		{[]string{"--help"}, 0, "Run all roles"},
		{[]string{"nonsense"}, 2, "nonsense"},
		{[]string{"web", "--no-migrate"}, 1, "grouprise migrate"},
		{[]string{"admin", "create", "eva", "eva@example.org"}, 1, "there is no site: " + folder},
		{[]string{"import-mail"}, 75, "there is no site: " + folder},
		{[]string{"migrate"}, 0, "up to date"},
		{[]string{"migrate"}, 0, "up to date"},
		{[]string{"admin", "create", "eva", "eva@example.org"}, 0, "eva administers the site now and chooses a password at http"},
		{[]string{"admin", "create", "Ä", "otto@example.org"}, 1, "Use only letters"},
		{[]string{"jobs"}, 0, "WAITING"},
		{[]string{"jobs", "retry", "notify.deliver"}, 0, "0 jobs of the kind notify.deliver will be tried again."},
		{[]string{"config"}, 0, "environment variable GROUPRISE_DATA_PATH"},
	} {
		code, out, problems := command(t, environ, c.args...)
		if code != c.code || !strings.Contains(out+problems, c.says) {
			t.Errorf("%q ended with %d, want %d and %q:\n%s%s", c.args, code, c.code, c.says, out, problems)
		}
		if strings.Contains(out+problems, "a secret for tests only") {
			t.Errorf("%q shows the secret", c.args)
		}
	}
}

func TestServeAnswersAndEndsCleanly(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	socket, figures := filepath.Join(t.TempDir(), "lmtp"), filepath.Join(t.TempDir(), "metrics")
	p := Process{Environ: []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LISTEN=" + address, "GROUPRISE_LMTP_LISTEN=unix:" + socket, "GROUPRISE_METRICS_LISTEN=unix:" + figures}, Stdout: t.Output(), Stderr: t.Output()}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, &p, true, app.Roles{Web: true, Worker: true, LMTP: true}) }()

	ask := func(path string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	for deadline := time.Now().Add(time.Minute); ask("/stadt/readyz") != http.StatusOK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the site did not open")
		}
	}
	for path, want := range map[string]int{
		"/stadt/healthz": 200, "/stadt/login": 200, "/stadt/signup/": 200, "/stadt/groups": 200, "/stadt/groups/": 200,
		"/stadt/gestalten/": 200, "/stadt/nowhere": 404, "/robots.txt": 200,
	} {
		if got := ask(path); got != want {
			t.Errorf("%s answered %d, want %d", path, got, want)
		}
	}
	prometheus := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", figures)
	}}}
	if text, err := get(t, &prometheus, "http://metrics/metrics"); err != nil || !strings.Contains(text, `grouprise_queue_jobs{lane="normal",state="dead"} 0`) {
		t.Errorf("the metrics are %v %s", err, text)
	}
	if _, err := os.Stat(socket); err != nil {
		t.Errorf("no mails are received: %v", err)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the end was not clean: %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it did not end")
	}
}

func TestARoleThatCannotStartEndsTheProcessWithItsReason(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // the subtests go on after the end of this function
	for _, c := range []struct{ option, role string }{
		{"LISTEN", "serve"},
		{"LISTEN", "web"},
		{"LMTP_LISTEN", "serve"},
		{"LMTP_LISTEN", "lmtp"},
		{"METRICS_LISTEN", "serve"},
		{"METRICS_LISTEN", "web"},
		{"METRICS_LISTEN", "worker"},
		{"METRICS_LISTEN", "lmtp"},
	} {
		t.Run(c.role+" "+c.option, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			environ := map[string]string{
				"DATA_PATH": folder, "LISTEN": "unix:" + folder + "/web", "LMTP_LISTEN": "unix:" + folder + "/lmtp", "METRICS_LISTEN": "unix:" + folder + "/metrics",
			}
			environ[c.option] = taken.Addr().String()
			var variables []string
			for name, value := range environ {
				variables = append(variables, "GROUPRISE_"+name+"="+value)
			}
			ended := make(chan string, 1)
			go func() {
				code, _, problems := command(t, variables, c.role)
				ended <- fmt.Sprint(code, problems)
			}()
			select {
			case got := <-ended:
				if !strings.HasPrefix(got, "1") || !strings.Contains(got, taken.Addr().String()) {
					t.Errorf("it ended with %s", got)
				}
			case <-time.After(time.Minute):
				t.Fatal("it did not end")
			}
			if left, _ := filepath.Glob(folder + "/*"); len(left) > 2 {
				t.Errorf("more has begun than the folders: %v", left)
			}
		})
	}
}

func TestASiteIsFoundOnlyByWhatFoundsOne(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"admin", "create", "eva", "eva@example.org"}, {"import-mail"}, {"serve", "--no-migrate"}, {"worker", "--no-migrate"}, {"config"}} {
		for _, more := range [][]string{nil, {"GROUPRISE_DATABASE_ENGINE=postgresql", "GROUPRISE_DATABASE_NAME=x"}} {
			folder := t.TempDir()
			code, _, problems := command(t, append(more, "GROUPRISE_DATA_PATH="+folder), args...)
			if args[0] != "config" && (code == 0 || !strings.Contains(problems, folder)) {
				t.Errorf("%q ended with %d: %s", args, code, problems)
			}
			if left, _ := filepath.Glob(folder + "/*"); len(left) > 0 {
				t.Errorf("%q made %v", args, left)
			}
		}
	}
}

func TestLookingAtADatabaseMakesNone(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{"migrate --pending": "has version 0 and becomes", "await-database": "nothing to wait for", "database_await_connection": "nothing to wait for"} {
		folder := t.TempDir()
		code, out, problems := command(t, []string{"GROUPRISE_DATA_PATH=" + folder}, strings.Fields(args)...)
		if left, _ := filepath.Glob(folder + "/*"); code != 0 || !strings.Contains(out, says) || len(left) > 0 {
			t.Errorf("%s ended with %d, said %q%s and made %v", args, code, out, problems, left)
		}
	}
}

func TestNoSenderHasTheAddressOfAGroup(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir()}
	if code, _, problems := command(t, environ, "demo", "--people=10", "--groups=2", "--contents=3", "--comments=0", "--conversations=0"); code != 0 {
		t.Fatal(problems)
	}
	for address, right := range map[string]bool{"Garten@example.org": false, "chor+news@example.org": false, "anna@example.org": true, "garten@elsewhere.example": true} {
		code, _, problems := command(t, append(environ, "GROUPRISE_DEFAULT_FROM_EMAIL="+address), "admin", "create", "anna", "anna@example.org")
		if (code == 0) != right || !right && !strings.Contains(problems, "default_from_email has the short name of the group") {
			t.Errorf("%s: ended with %d: %s", address, code, problems)
		}
	}
}

func TestSystemdIsToldWhenTheProcessIsReadyAndWhenItStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	p := Process{Environ: []string{"GROUPRISE_DATA_PATH=" + t.TempDir()}, Stdout: t.Output(), Stderr: t.Output()}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, &p, true, app.Roles{Worker: true}) }()
	said := make([]byte, 100)
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		n, err := socket.Read(said)
		if err != nil || string(said[:n]) != want {
			t.Errorf("systemd was told %q, %v, want %s", said[:n], err, want)
		}
		stop()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestANewerDatabaseIsNamedAsSuchByEveryCommand(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir()}
	if code, _, problems := command(t, environ, "migrate"); code != 0 {
		t.Fatal(problems)
	}
	runs(t, environ, "backup")
	backup := strings.TrimSpace(runs(t, environ, "backup", "--list"))
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), o.DatabaseConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`)
		return err
	}), db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"serve", "--no-migrate"}, {"worker"}, {"migrate"}, {"demo"}, {"import-mail"}, {"admin", "create", "eva", "eva@example.org"}} {
		variables := append(environ, "GROUPRISE_LISTEN=127.0.0.1:0", "GROUPRISE_LMTP_LISTEN=127.0.0.1:0")
		if code, _, problems := command(t, variables, args...); code == 0 || !strings.Contains(problems, "run the newer program again") || !strings.Contains(problems, "grouprise restore --replace "+backup+" goes back to it") {
			t.Errorf("%q ended with %d: %s", args, code, problems)
		}
	}
	file := filepath.Join(t.TempDir(), "site.tar")
	if code, _, problems := command(t, environ, "backup", "-o", file); code != 1 || !strings.Contains(problems, "run the newer program again") {
		t.Errorf("a backup of it: %d: %s", code, problems)
	}
	runs(t, environ, "restore", "--replace", backup)
	if code, _, _ := command(t, environ, "migrate", "--pending"); code != 3 {
		t.Errorf("after the way back: %d", code)
	}
}

func get(t *testing.T, client *http.Client, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(answer.Body)
	return string(text), errors.Join(err, answer.Body.Close())
}

func TestImportingAMail(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_DOMAIN=town.example"}
	if code, _, problems := command(t, environ, "migrate"); code != 0 {
		t.Fatal(problems)
	}
	if code, _, problems := command(t, environ, "admin", "create", "eva", "eva@example.org"); code != 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		line, message string
		code          int
		says          string
	}{
		{"", "From: eva@example.org\nTo: noreply@town.example\nSubject: x\n\nx", 0, ""},
		{"", "From: eva@example.org\nAuto-Submitted: auto-replied\nTo: noreply@town.example\n\nx", 0, ""},
		{"", "From: eva@example.org\nTo: nobody@town.example\n\nx", 69, "There is no such address here."},
		{"Delivered-To: noreply@town.example", "From: eva@example.org\nTo: nobody@town.example\n\nx", 0, ""},
		{"delivered-to: nobody@town.example", "From: eva@example.org\nTo: noreply@town.example\n\nx", 69, "There is no such address here."},
		{"rubbish", "From: eva@example.org\nTo: noreply@town.example\n\nx", 69, "DTLINE"},
		{"", "", 69, "doesn’t say who wrote it"},
	} {
		var problems bytes.Buffer
		code := Main(Process{
			Args: []string{"import-mail"}, Environ: append(environ, "DTLINE="+c.line), Stdin: strings.NewReader(c.message), Stdout: t.Output(), Stderr: &problems,
		})
		if code != c.code || !strings.Contains(problems.String(), c.says) {
			t.Errorf("%q %q ended with %d, want %d and %q:\n%s", c.line, c.message, code, c.code, c.says, problems.String())
		}
	}
	for message, want := range map[string]int{"From: eva@example.org\nTo: noreply@town.example\n\nx": 99, "From: eva@example.org\nTo: nobody@town.example\n\nx": 70} {
		if code := Main(Process{Args: []string{"import_mail_message"}, Environ: environ, Stdin: strings.NewReader(message), Stdout: t.Output(), Stderr: t.Output()}); code != want {
			t.Errorf("by its old name it ended with %d, want %d", code, want)
		}
	}
	environ = append(environ, "GROUPRISE_DATABASE_ENGINE=postgresql", "GROUPRISE_DATABASE_NAME=x", "GROUPRISE_DATABASE_HOST="+t.TempDir())
	if code, _, _ := command(t, environ, "import-mail"); code != 75 {
		t.Errorf("without a database it ended with %d, want 75", code)
	}
	if code, _, _ := command(t, environ, "import_mail_message"); code != 1 {
		t.Errorf("by its old name, without a database, it ended with %d, want 1", code)
	}
}

func TestNobodyCanBeCalledLikeAnAddressOfThePages(t *testing.T) {
	t.Parallel()
	code, house, problems := command(t, nil, "admin", "house")
	if code != 0 {
		t.Fatal(problems)
	}
	db := dbtest.SQLite(t)
	register := entities.New(nil)
	checked := 0
	for line := range strings.Lines(house) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "answers" {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(words[2], "/"), "/")
		if first == "" || strings.ContainsAny(first, "{.") {
			continue // no slug has such letters
		}
		checked++
		if wrong, err := register.Check(t.Context(), db, first, community.GroupEntity, 0); err != nil || len(wrong) == 0 {
			t.Errorf("a group may be called %q, and %s is a page (%v)", first, words[2], err)
		}
	}
	if checked < 50 {
		t.Errorf("only %d addresses were checked", checked)
	}
}

func TestATownIsInventedOnce(t *testing.T) {
	t.Parallel()
	environ := []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LANGUAGE_CODE=en"}
	if code, out, problems := command(t, environ, "demo", "--people", "20", "--contents", "10"); code != 0 || !strings.Contains(out, "demo-admin") {
		t.Fatal(out, problems)
	}
	if code, _, problems := command(t, environ, "demo"); code != 1 || !strings.Contains(problems, "not empty") {
		t.Errorf("a second town: %d, %s", code, problems)
	}
	if code, _, problems := command(t, environ, "demo", "--if-empty"); code != 0 {
		t.Error(problems)
	}
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: append(environ, "GROUPRISE_DOMAIN=example.org")})
	if err != nil || !o.Demonstration || o.Submission.Backend != "folder" {
		t.Errorf("%+v, %v", o, err)
	}
}
