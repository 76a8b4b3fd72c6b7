// Package dbserver starts private database servers for tests: own data below a temporary folder, a unix
// socket and no port, never a system-wide instance. They do not wait for the disk, so they survive
// being killed but not a power loss.
package dbserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Server is one private server.
type Server struct {
	Engine string // sqldb.PostgreSQL or sqldb.MySQL
	Socket string // the socket's folder (PostgreSQL) or the socket (MariaDB)
	User   string // may do everything, without a password

	dir     string
	binary  string
	args    []string
	account *syscall.Credential // servers refuse to run as root
	stop    syscall.Signal      // ends the server without waiting for its clients
	process *exec.Cmd
	done    chan struct{}
}

// PostgreSQL makes a new database cluster and starts its server.
func PostgreSQL() (*Server, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	s := &Server{Engine: sqldb.PostgreSQL, User: "postgres", binary: filepath.Join(bin, "postgres"), stop: syscall.SIGINT}
	if err := s.home("postgres"); err != nil {
		return nil, err
	}
	s.Socket = s.dir
	data := filepath.Join(s.dir, "data")
	s.args = []string{
		"-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal", "-c", "max_wal_size=4GB",
		"-c", "deadlock_timeout=100ms",
	}
	err = s.run(filepath.Join(bin, "initdb"), "-D", data, "-U", s.User, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	return s.started(err)
}

// MariaDB makes a new data folder and starts its server.
func MariaDB() (*Server, error) {
	binary, err := find("mariadbd", "/usr/sbin/mariadbd")
	if err != nil {
		return nil, err
	}
	install, err := find("mariadb-install-db", "/usr/bin/mariadb-install-db")
	if err != nil {
		return nil, err
	}
	s := &Server{Engine: sqldb.MySQL, User: "root", binary: binary, stop: syscall.SIGTERM}
	if err := s.home("mysql"); err != nil {
		return nil, err
	}
	s.Socket = filepath.Join(s.dir, "socket")
	data := filepath.Join(s.dir, "data")
	s.args = []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + s.Socket, "--pid-file=" + filepath.Join(s.dir, "pid"),
		"--tmpdir=" + s.dir, "--skip-networking", "--skip-log-bin", "--max-connections=300", "--innodb-flush-log-at-trx-commit=2",
		"--innodb-flush-method=nosync", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=96M", "--innodb-log-file-size=64M",
		"--max-allowed-packet=64M", "--log-error=" + filepath.Join(s.dir, "log"),
	}
	err = s.run(install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	return s.started(err)
}

// Available says why an engine's server cannot be started here; nil if it can.
func Available(engine string) error {
	var err error
	switch engine {
	case sqldb.PostgreSQL:
		_, err = postgresBin()
	case sqldb.MySQL:
		_, err = find("mariadbd", "/usr/sbin/mariadbd")
	default:
		err = fmt.Errorf("there is no server for %q", engine)
	}
	return err
}

// Config says how to reach a database of the server.
func (s *Server) Config(database string) sqldb.Config {
	return sqldb.Config{Engine: s.Engine, Host: s.Socket, User: s.User, Name: database}
}

// Address is the server as dbtest's variables name it.
func (s *Server) Address() string { return s.User + "@" + s.Socket }

// errEnded says that a server ended while it started.
var errEnded = errors.New("it ended at once")

// Durable lets the server wait for its disk at each commit from its next start on, as those that people use do. Without
// it what was committed outlives the death of the server, but not that of the machine: tests need no more.
func (s *Server) Durable() {
	switch s.Engine {
	case sqldb.PostgreSQL:
		s.args = append(s.args, "-c", "fsync=on", "-c", "full_page_writes=on")
	case sqldb.MySQL:
		s.args = append(s.args, "--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=fsync", "--innodb-doublewrite=1")
	}
}

// Start starts the server and waits until it answers. A server that was killed may refuse to start until
// the last of its processes has noticed; it is started again for a while.
func (s *Server) Start() error {
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		err := s.start()
		if !errors.Is(err, errEnded) || time.Now().After(deadline) {
			return err
		}
	}
}

func (s *Server) start() error {
	// #nosec G204 -- a test's own server.
	cmd := exec.Command(s.binary, s.args...)
	cmd.Dir = s.dir
	// The server ends with us, whatever happens to us: its parent is the thread that starts it, which
	// therefore waits for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Setpgid: true, Pdeathsig: s.stop}
	failed := make(chan error)
	done := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(done)
		err := cmd.Start()
		failed <- err
		if err == nil {
			_ = cmd.Wait() // however it ended, it is gone
		}
	}()
	if err := <-failed; err != nil {
		return err
	}
	s.process, s.done = cmd, done

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	database := "postgres"
	if s.Engine == sqldb.MySQL {
		database = "mysql"
	}
	db, err := sqldb.Open(ctx, s.Config(database))
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		err := db.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-done:
			return fmt.Errorf("%s in %s: %w", s.binary, s.dir, errEnded)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", s.binary, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server as kill -9 does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Halt ends the server in order, as a restart does; Start starts it again.
func (s *Server) Halt() { s.end(s.stop) }

// Close ends the server and removes its folder.
func (s *Server) Close() error {
	s.Halt()
	return os.RemoveAll(s.dir)
}

func (s *Server) end(signal syscall.Signal) {
	if s.process == nil {
		return
	}
	if signal == syscall.SIGKILL && s.Engine == sqldb.PostgreSQL {
		// The processes of its connections leave the group of their parent, and end by themselves when
		// it is gone; a new server waits until they have.
		_ = syscall.Kill(s.process.Process.Pid, signal)
	} else {
		_ = syscall.Kill(-s.process.Process.Pid, signal)
	}
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL)
		<-s.done
	}
	s.process = nil
}

// home makes the server's folder, owned by the account that the server runs as.
func (s *Server) home(account string) error {
	dir, err := os.MkdirTemp("", "db")
	if err != nil {
		return err
	}
	s.dir = dir
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup(account)
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, int(uid), int(gid))
}

func (s *Server) run(binary string, args ...string) error {
	cmd := exec.Command(binary, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", binary, err, out)
	}
	return nil
}

// started starts the server that was set up, and leaves nothing behind if either failed.
func (s *Server) started(err error) (*Server, error) {
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.Halt()
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

func postgresBin() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no PostgreSQL server is installed")
	}
	return filepath.Dir(slices.Max(found)), nil
}

func find(name, usual string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if _, err := os.Stat(usual); err == nil {
		return usual, nil
	}
	return "", fmt.Errorf("%s is not installed", name)
}
