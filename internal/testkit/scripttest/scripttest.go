// Package scripttest writes programs that tests run.
package scripttest

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// Write writes a shell script that the user of the test may run. A file that a process was started with open
// for writing cannot be run (ETXTBSY), and tests beside this one start processes: none starts meanwhile.
func Write(t testing.TB, path string, lines ...string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+strings.Join(lines, "\n")+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}
