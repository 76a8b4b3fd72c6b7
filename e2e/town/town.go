// Package town runs the program as an administrator does: the static binary, its configuration in the
// environment, its roles as processes that can be killed. People visit it with a real browser and write
// to it with a mail program.
package town

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbserver"
)

// Domain is the mail domain of the town.
const Domain = "stadt.example"

// Database is where a town keeps what people write.
type Database string

// The databases that a town can stand on.
const (
	SQLite     Database = "sqlite"
	PostgreSQL Database = "postgresql"
	MariaDB    Database = "mariadb"
)

// Databases returns all of them.
func Databases() []Database { return []Database{SQLite, PostgreSQL, MariaDB} }

// Town is one site: a folder, a database and addresses. Its processes are started by Start.
type Town struct {
	URL    string // of its pages, without a slash at the end
	LMTP   string // where it takes mail: host:port
	Server *dbserver.Server
	DB     sqldb.Config // how a test looks into the database

	// Log, if any, is the file that the roles log to, as they do in service; otherwise it is the test's output.
	Log *os.File
	// Wrap, if any, is a command that the roles are started by, such as a tracer with its arguments.
	Wrap []string

	t       testing.TB
	program string
	environ map[string]string
	site    string       // where its pages are found: host:port; empty: where URL says
	client  *http.Client // nil: the usual one
}

// Process is a running role of a town.
type Process struct {
	t       testing.TB
	command *exec.Cmd
	ended   chan error
}

// New lays the ground for a town on a database of the kind. Settings are options as environment variables
// name them, without the prefix, such as "SITE_NAME".
func New(t testing.TB, kind Database, settings map[string]string) *Town {
	t.Helper()
	town := &Town{t: t, program: program(t), LMTP: servers.FreeAddress(t)}
	folder := t.TempDir()
	listen := servers.FreeAddress(t)
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		t.Fatal(err)
	}
	town.URL = "http://localhost:" + port
	town.environ = map[string]string{
		"DOMAIN": Domain, "SITE_NAME": "Stadt", "LANGUAGE_CODE": "en", "LISTEN": listen, "LMTP_LISTEN": town.LMTP,
		"DATA_PATH": folder, "TRANSPORT_SECURITY": "disabled",
	}
	switch kind {
	case SQLite:
		path := filepath.Join(folder, "town.sqlite")
		town.environ["DATABASE_NAME"] = path
		town.DB = sqldb.Config{Engine: sqldb.SQLite, Path: path}
	case PostgreSQL:
		town.Server = servers.StartPostgreSQL(t)
		town.onServer("postgres")
	case MariaDB:
		town.Server = servers.StartMariaDB(t)
		town.createDatabase()
		town.onServer("town")
	}
	maps.Copy(town.environ, settings)
	return town
}

// Elsewhere returns a town that others run, for people to visit. Its pages are those of https:// and Domain, and are found at
// the address, host:port, whoever has signed its certificate; lmtp is where it takes mail.
func Elsewhere(t testing.TB, address, lmtp string) *Town {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // #nosec G402 -- a certificate of the test
	}}
	t.Cleanup(client.CloseIdleConnections)
	return &Town{URL: "https://" + Domain, LMTP: lmtp, t: t, site: address, client: client}
}

// Client returns what asks for the pages of the town, by the addresses that stand on them and in its mails.
func (town *Town) Client() *http.Client { return cmp.Or(town.client, http.DefaultClient) }

// Folder returns where the town keeps its data, and its database if that is a file.
func (town *Town) Folder() string { return town.environ["DATA_PATH"] }

// onServer puts the town into a database of its server.
func (town *Town) onServer(database string) {
	town.DB = town.Server.Config(database)
	maps.Copy(town.environ, map[string]string{
		"DATABASE_ENGINE": town.DB.Engine, "DATABASE_HOST": town.DB.Host, "DATABASE_USER": town.DB.User, "DATABASE_NAME": town.DB.Name,
	})
}

// createDatabase makes the town's database on MariaDB; PostgreSQL has one to begin with.
func (town *Town) createDatabase() {
	town.t.Helper()
	db, err := sqldb.Open(town.t.Context(), town.Server.Config("mysql"))
	if err != nil {
		town.t.Fatal(err)
	}
	err = db.Write(town.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(town.t.Context(), "CREATE DATABASE town")
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		town.t.Fatal(err)
	}
}

// program returns the static binary that `make build` made.
func program(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", "grouprise"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%v (make build makes it)", err)
	}
	return path
}

// command prepares a call of the program. It ends with the test binary, whatever happens to that.
func (town *Town) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, town.program, args...)
	command.Env = os.Environ()
	for _, name := range slices.Sorted(maps.Keys(town.environ)) {
		command.Env = append(command.Env, "GROUPRISE_"+name+"="+town.environ[name])
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command
}

// Call runs a command of the program to its end, with a text on its standard input, and returns its exit
// code and what it said.
func (town *Town) Call(input string, args ...string) (code int, out string) {
	town.t.Helper()
	command := town.command(town.t.Context(), args...)
	command.Stdin = strings.NewReader(input)
	said, err := command.CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.ExitCode(), string(said)
	}
	if err != nil {
		town.t.Fatal(err)
	}
	return 0, string(said)
}

// Start starts a role of the program: "serve", "web", "worker", "lmtp". It ends with the test.
func (town *Town) Start(role string) *Process {
	town.t.Helper()
	p := &Process{t: town.t, command: town.command(context.WithoutCancel(town.t.Context()), role), ended: make(chan error, 1)}
	log := town.t.Output()
	if town.Log != nil {
		log = town.Log
	}
	p.command.Stdout, p.command.Stderr = log, log
	if len(town.Wrap) > 0 {
		wrapped := exec.CommandContext(context.WithoutCancel(town.t.Context()), town.Wrap[0], append(town.Wrap[1:], p.command.Args...)...)
		wrapped.Env, wrapped.SysProcAttr, wrapped.Stdout, wrapped.Stderr = p.command.Env, p.command.SysProcAttr, log, log
		p.command = wrapped
	}
	if err := p.command.Start(); err != nil {
		town.t.Fatal(err)
	}
	go func() { p.ended <- p.command.Wait() }()
	town.t.Cleanup(p.Kill)
	return p
}

// Kill ends the process as kill -9 does. Killing what has ended is no error.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	err := <-p.ended
	p.ended <- err
}

// Stop asks the process to end and fails the test unless it ends cleanly.
func (p *Process) Stop() {
	p.t.Helper()
	if err := syscall.Kill(-p.command.Process.Pid, syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil {
			p.t.Errorf("the end was not clean: %v", err)
		}
	case <-time.After(30 * time.Second):
		p.t.Error("it did not end within 30 s")
	}
}

// PID returns the id of the process.
func (p *Process) PID() int { return p.command.Process.Pid }

// Running reports whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case err := <-p.ended:
		p.ended <- err
		return false
	default:
		return true
	}
}

// Ask fetches a page of the town as nobody and returns its status, 0 if there is no answer, and its text.
func (town *Town) Ask(path string) (status int, body string) {
	r, err := http.NewRequestWithContext(town.t.Context(), http.MethodGet, town.URL+path, nil)
	if err != nil {
		town.t.Fatal(err)
	}
	answer, err := town.Client().Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

// Open waits until the town answers on the web.
func (town *Town) Open() {
	town.t.Helper()
	servers.Eventually(town.t, "the town to open", func() bool {
		status, _ := town.Ask("/stadt/readyz")
		return status == http.StatusOK
	})
}

// Listening waits until the town takes mail.
func (town *Town) Listening() {
	town.t.Helper()
	servers.Eventually(town.t, "the LMTP server to listen", func() bool {
		conn, err := net.DialTimeout("tcp", town.LMTP, time.Second)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}
