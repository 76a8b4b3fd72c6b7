// Package servers starts what surrounds a site, for the black-box tests: databases, a mail server and a browser. All are
// real, private to the test, reachable from this machine only, and end with it.
//
// The domains below .example belong to the tests: the mail server delivers Mailboxes into a folder,
// hands the site's domain to the site, and refuses everything else; the browser finds all of them on
// this machine and nothing beyond it. e2e/setup installs the programs.
package servers

import (
	"net"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/testkit/dbserver"
)

// patience is how long a server may take to do what it was asked for.
const patience = 2 * time.Minute

// StartPostgreSQL starts a private PostgreSQL. Kill and Start end it as kill -9 does and start it again on
// the same data.
func StartPostgreSQL(t testing.TB) *dbserver.Server {
	t.Helper()
	return started(t, dbserver.PostgreSQL)
}

// StartMariaDB starts a private MariaDB, as StartPostgreSQL does.
func StartMariaDB(t testing.TB) *dbserver.Server {
	t.Helper()
	return started(t, dbserver.MariaDB)
}

func started(t testing.TB, start func() (*dbserver.Server, error)) *dbserver.Server {
	t.Helper()
	server, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// FreeAddress returns a TCP address of this machine on which nobody listens.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Eventually calls done until it returns true. It fails the test, with what it waited for, when patience is
// over.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}
