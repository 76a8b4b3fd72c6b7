// Command grouprise is a home on the net for the groups of a town: web pages, a task runner, an LMTP
// server and a chat bot in one program. `grouprise --help` lists what it can do.
package main

import (
	"os"
	"path/filepath"
	"runtime"

	"grouprise.org/grouprise/internal/app/command"
	"grouprise.org/grouprise/internal/kit/sandbox"
)

// version is set by the linker.
var version = "unknown"

func main() {
	shareOneCore()
	os.Exit(command.Main(command.Process{
		Name: filepath.Base(os.Args[0]), Args: os.Args[1:], Environ: os.Environ(), Version: version, Program: sandbox.Program(),
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
