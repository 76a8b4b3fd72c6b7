package sandbox

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// cpuSeconds is how long a child may compute.
const cpuSeconds = 30

// Main is what a program calls before anything else, with its arguments behind its name. If it was started as a child, it
// does what it is there for and returns the code to exit with; asked is false if it was not.
func Main(args []string, all Functions, in io.Reader, out, problems io.Writer) (code int, asked bool) {
	if len(args) != 2 || args[0] != argument {
		return 0, false
	}
	prepare, ok := all[args[1]]
	if !ok {
		return fail(problems, 1, fmt.Errorf("there is no function %q", args[1])), true
	}
	function, err := prepare()
	if err != nil {
		return fail(problems, 1, err), true
	}
	debug.FreeOSMemory() // what only readying needed
	if err := harden(); err != nil {
		return fail(problems, 1, err), true
	}
	input, err := io.ReadAll(in)
	if err != nil {
		return fail(problems, 1, fmt.Errorf("read the file: %w", err)), true
	}
	output, err := function(input)
	if err != nil {
		return fail(problems, refused, err), true
	}
	if _, err := out.Write(output); err != nil {
		return fail(problems, 1, err), true
	}
	return 0, true
}

func fail(problems io.Writer, code int, err error) int {
	_, _ = fmt.Fprintln(problems, err)
	return code
}

// Program returns the path of the running program, for New; empty if the operating system does not say.
func Program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}
