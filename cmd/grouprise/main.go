// Command grouprise is a home on the net for the groups of a town: web pages, a task runner, an LMTP
// server and a chat bot in one program. `grouprise --help` lists what it can do.
package main

import (
	"os"
	"runtime"

	"grouprise.org/grouprise/internal/app"
)

// version is set by the linker.
var version = "unknown"

func main() {
	shareOneCore()
	os.Exit(app.Main(app.Process{
		Args: os.Args[1:], Environ: os.Environ(), Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

// shareOneCore keeps pages coming on a machine with one core while a password is hashed or a picture scaled there. With
// one thread, the runtime looks at the network when nothing else can go on, or after 10 ms: each read and each answer
// waits that long. With two, the kernel shares the core between them. The variable GOMAXPROCS goes first.
func shareOneCore() {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2)
	}
}
