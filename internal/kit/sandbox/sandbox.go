// Package sandbox lets a process of its own read what strangers have sent.
//
// Libraries that read PDF files and unusual pictures are large, and files are written to attack them. A [Runner] starts the
// program once more for one file, hands it the bytes on its standard input, takes the answer from its standard output, and
// ends it when it takes too long. That process, a child, does nothing but this: [Main] recognises it by its arguments. Before
// it reads the first byte of the file it gives up what it does not need: it cannot open a file or a connection, start a program or
// take more than its share of memory. What it does wrong is its own end, and nobody else's.
//
// A child starts when it is needed and ends with its answer, so that the program takes no memory for what few files need.
package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// A Function makes something of the bytes of a file. It returns an error if there is something wrong with them.
type Function func(input []byte) (output []byte, err error)

// Prepare readies a function. It runs before the child gives up its rights and sees no foreign byte: whatever takes
// files or much memory for a moment belongs here.
type Prepare func() (Function, error)

// Functions are what a child can do, by name.
type Functions map[string]Prepare

// What becomes of a run that brings no result.
var (
	// ErrRefused says that the function found something wrong with the file.
	ErrRefused = errors.New("the file cannot be read")
	// ErrStopped says that the child took too long or too much memory, or crashed.
	ErrStopped = errors.New("reading the file was stopped")
)

// argument is the first one of a child, before the name of its function.
const argument = "sandbox"

// refused is the exit code of a child whose function returned an error.
const refused = 65

// maxSaid is how much is kept of what a child says on its standard error.
const maxSaid = 300

// Limits are what one run may take. What is zero has the default.
type Limits struct {
	Time   time.Duration // on the clock, with the start of the program: 90 seconds. A child computes for 30 at most
	Input  int64         // bytes of the file: 50 MB
	Output int64         // bytes of the result: 10 MB
}

func (l Limits) orDefault() Limits {
	if l.Time == 0 {
		l.Time = 90 * time.Second
	}
	if l.Input == 0 {
		l.Input = 50 << 20
	}
	if l.Output == 0 {
		l.Output = 10 << 20
	}
	return l
}

// Runner runs functions in children, one at a time. It is safe for concurrent use.
type Runner struct {
	program string
	limits  Limits
	turn    chan struct{} // whoever runs something holds it
}

// New returns a runner that starts a program which calls Main. Where there is no program, everything is refused.
func New(program string, l Limits) *Runner {
	return &Runner{program: program, limits: l.orDefault(), turn: make(chan struct{}, 1)}
}

// Run hands a file to a function and returns what it makes of it. ErrRefused and ErrStopped are final: the same file ends
// the same way. Everything else may go better later.
func (r *Runner) Run(ctx context.Context, function string, file io.Reader) ([]byte, error) {
	if r.program == "" {
		return nil, fmt.Errorf("%w: there is no program for it", ErrRefused)
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a sandbox: %w", ctx.Err())
	}
	defer func() { <-r.turn }()
	limited, cancel := context.WithTimeout(ctx, r.limits.Time)
	defer cancel()
	input := &limitedReader{from: file, left: r.limits.Input}
	output, said := &limitedBuffer{most: r.limits.Output}, &limitedBuffer{most: maxSaid}
	child := exec.CommandContext(limited, r.program, argument, function) //nolint:gosec // our own program
	child.Stdin, child.Stdout, child.Stderr = input, output, said
	child.Dir = "/"
	// Nothing of ours, such as the password of a database. Above the soft limit, what a growing WebAssembly leaves behind is collected at once.
	child.Env = []string{"GOMAXPROCS=1", "GOGC=50", "GOMEMLIMIT=256MiB", "GOTRACEBACK=none"}
	child.WaitDelay = time.Second
	err := child.Run()
	switch {
	case input.err != nil:
		return nil, input.err
	case output.over:
		return nil, fmt.Errorf("%w: %s wrote too much", ErrStopped, function)
	case err == nil:
		return output.kept.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run %s in a sandbox: %w", function, ctx.Err())
	case child.ProcessState == nil:
		return nil, fmt.Errorf("start a sandbox for %s: %w", function, err)
	case child.ProcessState.ExitCode() == refused:
		return nil, fmt.Errorf("%w: %s", ErrRefused, firstLine(said.kept.String()))
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: %s took too long", ErrStopped, function)
	default:
		return nil, fmt.Errorf("%w: %s: %w: %s", ErrStopped, function, err, firstLine(said.kept.String()))
	}
}

// firstLine returns the first line of what a child says: behind it stand the stacks of a crash.
func firstLine(said string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return line
}

// limitedReader reads a file up to a limit. It keeps what went wrong: a child that reads no further is no mistake of the
// file's.
type limitedReader struct {
	from io.Reader
	left int64
	err  error
}

// Read implements io.Reader.
func (r *limitedReader) Read(b []byte) (n int, err error) {
	n, err = r.from.Read(b)
	switch r.left -= int64(n); {
	case r.left < 0:
		r.err = fmt.Errorf("%w: it is too large", ErrRefused)
		return 0, r.err
	case err != nil && !errors.Is(err, io.EOF):
		r.err = fmt.Errorf("read the file for a sandbox: %w", err)
	}
	return n, err
}

// limitedBuffer keeps what a child writes up to a limit, and drops the rest.
type limitedBuffer struct {
	kept bytes.Buffer
	most int64
	over bool // there was more
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	room := b.most - int64(b.kept.Len())
	b.over = b.over || int64(len(p)) > room
	b.kept.Write(p[:min(int64(len(p)), room)])
	return len(p), nil
}
