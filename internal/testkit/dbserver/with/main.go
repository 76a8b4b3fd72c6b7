// Command with starts private database servers, runs a command with dbtest's variables naming them,
// and stops them when the command ends. scripts/test-servers calls it.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/testkit/dbserver"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "test-servers:", err)
	}
	os.Exit(code)
}

func run(command []string) (code int, err error) {
	if len(command) == 0 {
		return 2, errors.New("usage: test-servers COMMAND [ARGUMENT …]")
	}
	// A signal is the command's to obey; we end after it.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	var postgresql, mariadb *dbserver.Server
	var start errgroup.Group
	start.Go(func() (err error) { postgresql, err = dbserver.PostgreSQL(); return err })
	start.Go(func() (err error) { mariadb, err = dbserver.MariaDB(); return err })
	err = start.Wait()
	defer func() {
		for _, s := range []*dbserver.Server{postgresql, mariadb} {
			if s != nil {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	if err != nil {
		return 1, err
	}

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		"GROUPRISE_TEST_POSTGRESQL="+postgresql.Address(),
		"GROUPRISE_TEST_MARIADB="+mariadb.Address())
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have ended already
		case err := <-ended:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				return max(exit.ExitCode(), 1), nil
			}
			if err != nil {
				return 1, err
			}
			return 0, nil
		}
	}
}
