// Command grouprise is a home on the net for the groups of a town: web pages, a task runner, an LMTP
// server and a chat bot in one program. `grouprise --help` lists what it can do.
package main

import (
	"os"
	"runtime/debug"

	"grouprise.org/grouprise/internal/app"
)

// version is set by the linker.
var version = "unknown"

func main() {
	collectLater()
	os.Exit(app.Main(app.Process{
		Args: os.Args[1:], Environ: os.Environ(), Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

// collectLater lets the heap grow further than is usual before garbage is collected, as long as the program stays
// small: what lives is a few megabytes, so that a busy site would collect many times a second and lose a fifth of its speed.
// The variables GOGC and GOMEMLIMIT of the Go runtime go first.
func collectLater() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(80 << 20)
	}
}
