// Package script runs programs that whoever runs the machine has written: with nothing of our environment, for a limited
// time, together with all that they start, and with no more of their output than somebody reads.
package script

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrTooLong says that a program was ended, with all that it had started, because its time was over.
var ErrTooLong = errors.New("took too long and was ended")

// Call says how a program is run. Zero values are sensible.
type Call struct {
	Path string
	Args []string
	Env  []string // all of its environment, as os.Environ returns it

	Time   time.Duration // on the clock; zero is 5 minutes
	Output int           // bytes that are kept of what it writes; zero is 4 KB
}

// Result is what became of a program that was run.
type Result struct {
	Output string        // what it wrote on both outputs, in order, up to the limit
	More   bool          // it wrote more than that
	Took   time.Duration // on the clock
}

// goodbye is how long the outputs of a program stay open that others hold open after its end.
const goodbye = 2 * time.Second

// Run runs a program in the root folder, without input, and waits for its end. What it leaves behind in its process group
// that still writes is ended a moment after it. The error is that of Check, says how the program ended unless it did with 0,
// is ErrTooLong when its time was over, or that of the context.
func Run(ctx context.Context, c Call) (Result, error) {
	if err := Check(c.Path); err != nil {
		return Result{}, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, cmp.Or(c.Time, 5*time.Minute), ErrTooLong)
	defer cancel()
	output := &head{most: cmp.Or(c.Output, 4<<10)}
	program := exec.CommandContext(limited, c.Path, c.Args...) // #nosec G204 -- an administrator has named it
	program.Stdout, program.Stderr = output, output
	program.Dir, program.Env = "/", c.Env
	program.WaitDelay = goodbye
	// A group of its own, so that its children are ended with it.
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endAll := func() error { return syscall.Kill(-program.Process.Pid, syscall.SIGKILL) }
	program.Cancel = endAll
	start := time.Now()
	err := program.Run()
	r := Result{Output: strings.ToValidUTF8(output.kept.String(), "\uFFFD"), More: output.more, Took: time.Since(start)}
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, exec.ErrWaitDelay) && limited.Err() == nil: // it ended well, and somebody holds its output open
		return r, ignoreGone(endAll())
	case ctx.Err() != nil:
		return r, fmt.Errorf("%s was ended: %w", c.Path, ctx.Err())
	case limited.Err() != nil:
		return r, fmt.Errorf("%s %w", c.Path, context.Cause(limited))
	default:
		return r, fmt.Errorf("%s failed: %w", c.Path, err)
	}
}

// ignoreGone passes over that nobody is left to be ended.
func ignoreGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// Check returns why a program must not be run, and nil if it may: the path is not absolute, there is no such file, we may
// not execute it, or everybody on the machine may change or replace it.
func Check(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%s is not an absolute path", path)
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist", path)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", path)
	case info.Mode()&0o002 != 0:
		return fmt.Errorf("everybody may change %s: chmod o-w %s", path, target)
	}
	if err := syscall.Access(target, 1); err != nil { // X_OK of access(2)
		return fmt.Errorf("%s may not be executed: %w", path, err)
	}
	for folder := filepath.Dir(target); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err != nil {
			return err
		}
		// In a folder such as /tmp, people may remove only what is theirs.
		if info.Mode()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("everybody may replace %s: chmod o-w %s", path, folder)
		}
		if folder == filepath.Dir(folder) {
			return nil
		}
	}
}

// head keeps the beginning of what is written to it, and drops the rest.
type head struct {
	kept bytes.Buffer
	most int
	more bool
}

// Write implements io.Writer.
func (h *head) Write(p []byte) (int, error) {
	room := min(len(p), h.most-h.kept.Len())
	h.more = h.more || room < len(p)
	h.kept.Write(p[:room])
	return len(p), nil
}
