// Command grouprise is a home on the net for the groups of a town: web pages, a task runner, an LMTP
// server and a chat bot in one program. `grouprise --help` lists what it can do.
package main

import (
	"os"

	"grouprise.org/grouprise/internal/app"
)

// version is set by the linker.
var version = "unknown"

func main() {
	os.Exit(app.Main(app.Process{
		Args: os.Args[1:], Environ: os.Environ(), Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
