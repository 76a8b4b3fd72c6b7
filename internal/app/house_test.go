package app

import (
	"bytes"
	"context"
	"flag"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func command(t *testing.T, environ []string, args ...string) (code int, out, problems string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(Process{Args: args, Environ: environ, Version: "test", Stdout: &stdout, Stderr: &stderr})
	return code, stdout.String(), stderr.String()
}

func TestHouseIsAsItsPrintSays(t *testing.T) {
	t.Parallel()
	code, out, problems := command(t, nil, "admin", "house")
	if code != 0 {
		t.Fatal(problems)
	}
	golden := filepath.Join("..", "..", "docs", "house.txt")
	if flag.Lookup("update").Value.String() == "true" {
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
		{[]string{"web", "--no-migrate"}, 1, "run grouprise migrate"},
		{[]string{"migrate"}, 0, "up to date"},
		{[]string{"migrate"}, 0, "up to date"},
		{[]string{"admin", "create", "eva", "eva@example.org"}, 0, "eva administers the site now and chooses a password at http"},
		{[]string{"admin", "create", "Ä", "otto@example.org"}, 1, "Use only letters"},
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
	p := Process{Environ: []string{"GROUPRISE_DATA_PATH=" + t.TempDir(), "GROUPRISE_LISTEN=" + address}, Stdout: t.Output(), Stderr: t.Output()}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, &p, true, (*House).Serve) }()

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
	for deadline := time.Now().Add(20 * time.Second); ask("/stadt/readyz") != http.StatusOK; time.Sleep(20 * time.Millisecond) {
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
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the end was not clean: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it did not end")
	}
}
