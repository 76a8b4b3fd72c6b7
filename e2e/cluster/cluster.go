// Package cluster runs a site on many processes by the script of that name, which administrators can run and read as well, and
// tries what docs/administrators/cluster.md promises.
package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/town"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Processes are those of the site itself.
func Processes() []string { return []string{"web1", "web2", "worker1", "worker2", "lmtp1", "lmtp2"} }

// Cluster is a site on many processes, by the names that the script gives them.
type Cluster struct {
	Folder  string
	Environ []string // options of the site, for the processes that are started from now on
	Program string   // that they run

	t       testing.TB
	network string // the first three numbers of its addresses
}

// New prepares a cluster below a folder of its own, which others may enter.
func New(t testing.TB) *Cluster {
	t.Helper()
	folder, err := os.MkdirTemp("", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "grouprise"))
	if err != nil {
		t.Fatal(err)
	}
	return &Cluster{t: t, Folder: folder, Program: program}
}

// Up starts everything and waits until it runs. It ends with the test.
func (c *Cluster) Up() {
	c.t.Helper()
	command := c.command(context.WithoutCancel(c.t.Context()), "up")
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	said, err := command.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	command.Stderr = c.t.Output()
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if c.t.Failed() {
			c.showLogs()
		}
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait() // it says that it was told to end
	})
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "The site is at ") {
			network, err := os.ReadFile(filepath.Join(c.Folder, "net"))
			if err != nil {
				c.t.Fatal(err)
			}
			c.network = strings.TrimSpace(string(network))
			return
		}
	}
	c.t.Fatal("the cluster does not start")
}

func (c *Cluster) showLogs() {
	for _, name := range append(Processes(), "nginx", "store", "postgresql") {
		if text, err := os.ReadFile(filepath.Join(c.Folder, "log", name)); err == nil {
			c.t.Logf("the end of the log of %s:\n%s", name, text[max(0, len(text)-3000):])
		}
	}
}

func (c *Cluster) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "./cluster", append([]string{c.Folder}, args...)...)
	command.Env = append(append(os.Environ(), "PROGRAM="+c.Program), c.Environ...)
	return command
}

// Do runs a command of the script, such as "start", "web1", to its end.
func (c *Cluster) Do(args ...string) {
	c.t.Helper()
	if code, out := c.Try(args...); code != 0 {
		c.t.Fatalf("%s: %d\n%s", strings.Join(args, " "), code, out)
	}
}

// Try is Do for what may fail: it returns the exit code and what was said.
func (c *Cluster) Try(args ...string) (code int, out string) {
	c.t.Helper()
	// Into a file: what is started in the background would hold a pipe open.
	file, err := os.CreateTemp(c.Folder, "said")
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }()
	command := c.command(c.t.Context(), args...)
	command.Stdout, command.Stderr = file, file
	err = command.Run()
	said, problem := os.ReadFile(file.Name())
	if problem != nil {
		c.t.Fatal(problem)
	}
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.ExitCode(), string(said)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return 0, string(said)
}

// PIDs returns the ids of the processes of the site that run, by their names.
func (c *Cluster) PIDs() map[string]int {
	c.t.Helper()
	ids := map[string]int{}
	for _, name := range Processes() {
		text, err := os.ReadFile(filepath.Join(c.Folder, "run", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			c.t.Fatal(err)
		}
		id, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			c.t.Fatal(err)
		}
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
		if _, after, _ := strings.Cut(string(state), ") "); err == nil && !strings.HasPrefix(after, "Z") {
			ids[name] = id
		}
	}
	return ids
}

// Address returns where a machine is reached: number is the last of its address on the page.
func (c *Cluster) Address(number, port int) string {
	return net.JoinHostPort(fmt.Sprintf("%s.%d", c.network, number), strconv.Itoa(port))
}

// Front is nginx, for visitors.
func (c *Cluster) Front() string { return c.Address(1, 443) }

// Town returns the site as its visitors and the mail server see it: through nginx.
func (c *Cluster) Town() *town.Town {
	c.t.Helper()
	return town.Elsewhere(c.t, c.Front(), c.Address(1, 1025))
}

// Config says how a test looks into the database.
func (c *Cluster) Config() sqldb.Config {
	return sqldb.Config{Engine: sqldb.PostgreSQL, Host: filepath.Join(c.Folder, "postgresql"), User: "postgres", Name: "grouprise"}
}

// Web returns a handler that passes requests on to these web processes in turn, as the web server in front does.
func (c *Cluster) Web(numbers ...int) http.Handler {
	var turn atomic.Int64
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			number := numbers[int(turn.Add(1)-1)%len(numbers)]
			r.SetURL(&url.URL{Scheme: "http", Host: c.Address(20+number, 8008)})
			r.Out.Host = town.Domain
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		},
		// The browsers of webtest know of no certificates.
		ModifyResponse: func(r *http.Response) error {
			for i, cookie := range r.Header["Set-Cookie"] {
				r.Header["Set-Cookie"][i] = strings.ReplaceAll(cookie, "; Secure", "")
			}
			return nil
		},
	}
}

// Upgrade builds a program that knows one migration more than this one, and returns its path.
func Upgrade(t testing.TB, migration string) string {
	t.Helper()
	folder := t.TempDir()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	file, overlay, program := filepath.Join(folder, "migration.sql"), filepath.Join(folder, "overlay.json"), filepath.Join(folder, "grouprise")
	replace := fmt.Sprintf(`{"Replace": {%q: %q}}`, filepath.Join(root, "internal", "schema", "99999_upgrade.sql"), file)
	if err := errors.Join(os.WriteFile(file, []byte(migration), 0o600), os.WriteFile(overlay, []byte(replace), 0o600)); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags", "nodynamic,goolm", "-overlay", overlay, "-o", program, "./cmd/grouprise")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// Outage is how long something is away: short, unless CLUSTER_OUTAGE says how long, such as 1m.
func Outage(t testing.TB) time.Duration {
	t.Helper()
	text := os.Getenv("CLUSTER_OUTAGE")
	if text == "" {
		return 12 * time.Second
	}
	long, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return long
}
