package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/sandbox"
)

// TestMain is the child, too: the runner of these tests starts them once more.
func TestMain(m *testing.M) {
	if code, asked := sandbox.Main(os.Args[1:], functions(), os.Stdin, os.Stdout, os.Stderr); asked {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func functions() sandbox.Functions {
	always := func(f sandbox.Function) sandbox.Prepare { return func() (sandbox.Function, error) { return f, nil } }
	return sandbox.Functions{
		"reverse": always(func(input []byte) ([]byte, error) {
			slices.Reverse(input)
			return input, nil
		}),
		"refuse": always(func([]byte) ([]byte, error) { return nil, errors.New("it is green") }),
		"panic":  always(func([]byte) ([]byte, error) { panic("ouch") }),
		"loop": always(func([]byte) ([]byte, error) {
			for n := 0; ; n++ {
				_ = n
			}
		}),
		"threads": always(func([]byte) ([]byte, error) {
			var together sync.WaitGroup
			const count = 8
			together.Add(count)
			for range count {
				go func() {
					runtime.LockOSThread() // a thread of its own, which ends with it
					together.Done()
					together.Wait()
				}()
			}
			together.Wait()
			return []byte("woven"), nil
		}),
		"flood": always(func([]byte) ([]byte, error) { return make([]byte, 3000), nil }),
		"eat": always(func([]byte) ([]byte, error) {
			var all [][]byte
			for range 1000 {
				all = append(all, bytes.Repeat([]byte{1}, 10<<20))
			}
			return all[0][:1], nil
		}),
		"escape":   always(func(folder []byte) ([]byte, error) { return []byte(strings.Join(escapes(string(folder)), ", ")), nil }),
		"unready":  func() (sandbox.Function, error) { return nil, errors.New("the library is broken") },
		"deaf":     always(func([]byte) ([]byte, error) { return []byte("done"), nil }),
		"secretly": always(func([]byte) ([]byte, error) { return []byte(strings.Join(os.Environ(), ",")), nil }),
	}
}

// escapes tries to do what a child must not, in a folder that is there for it, and returns what worked.
func escapes(folder string) (worked []string) {
	try := func(what string, err error) {
		if err == nil {
			worked = append(worked, what)
		}
	}
	there := folder + "/there"
	_, err := os.ReadFile(there)
	try("read a file", err)
	try("write a file", os.WriteFile(folder+"/new", nil, 0o600))
	try("change a file", os.Truncate(there, 0))
	try("change rights", os.Chmod(there, 0o777))
	try("make a folder", os.Mkdir(folder+"/folder", 0o700))
	try("link", os.Link(there, folder+"/link"))
	try("link by name", os.Symlink(there, folder+"/symlink"))
	try("rename", os.Rename(there, folder+"/renamed"))
	try("remove", os.Remove(there))
	_, err = net.DialTimeout("tcp", "127.0.0.1:1", time.Second)
	if err != nil && strings.Contains(err.Error(), "refused") {
		err = nil // it got that far
	}
	try("connect", err)
	_, err = net.Listen("tcp", "127.0.0.1:0")
	try("listen", err)
	try("start a program", exec.Command("/bin/true").Run())
	try("signal its parent", syscall.Kill(os.Getppid(), 0))
	return worked
}

func TestWhatBecomesOfAFile(t *testing.T) {
	t.Parallel()
	r := sandbox.New(sandbox.Program(), sandbox.Limits{Time: time.Minute, Input: 2000, Output: 2000})
	for _, c := range []struct {
		function, input, output string
		err                     error
		says                    string
	}{
		{function: "reverse", input: "sad", output: "das"},
		{function: "reverse"},
		{function: "threads", output: "woven"},
		{function: "deaf", input: strings.Repeat("x", 2000), output: "done"},
		{function: "refuse", input: "frog", err: sandbox.ErrRefused, says: "it is green"},
		{function: "reverse", input: strings.Repeat("x", 2001), err: sandbox.ErrRefused, says: "too large"},
		{function: "panic", err: sandbox.ErrStopped, says: "ouch"},
		{function: "flood", err: sandbox.ErrStopped, says: "too much"},
		{function: "eat", err: sandbox.ErrStopped, says: "memory"},
		{function: "secretly", output: "GOMAXPROCS=1,GOGC=50,GOMEMLIMIT=256MiB,GOTRACEBACK=none"},
	} {
		if testing.Short() && c.says == "memory" {
			continue // under the race detector, which maps terabytes, nothing limits it
		}
		got, err := r.Run(t.Context(), c.function, strings.NewReader(c.input))
		if string(got) != c.output || !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s of %d bytes: %.100q, %v", c.function, len(c.input), got, err)
		}
	}
	for _, c := range []struct {
		runner   *sandbox.Runner
		function string
		final    bool
	}{
		{sandbox.New("", sandbox.Limits{}), "reverse", true},
		{sandbox.New("/there/is/no/such/program", sandbox.Limits{}), "reverse", false},
	} {
		_, err := c.runner.Run(t.Context(), c.function, strings.NewReader("x"))
		if err == nil || errors.Is(err, sandbox.ErrRefused) != c.final || errors.Is(err, sandbox.ErrStopped) {
			t.Errorf("%v", err)
		}
	}
	short := sandbox.New(sandbox.Program(), sandbox.Limits{Time: time.Second})
	if _, err := short.Run(t.Context(), "loop", strings.NewReader("")); !errors.Is(err, sandbox.ErrStopped) || !strings.Contains(err.Error(), "too long") {
		t.Errorf("what never ends: %v", err)
	}
	for _, function := range []string{"unready", "unknown"} {
		if _, err := r.Run(t.Context(), function, strings.NewReader("x")); !errors.Is(err, sandbox.ErrStopped) {
			t.Errorf("%s: %v", function, err)
		}
	}
}

func TestAChildCannotGetOut(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(folder+"/there", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if worked := escapes(t.TempDir()); len(worked) == 0 {
		t.Fatal("outside nothing works either: the test shows nothing")
	}
	got, err := sandbox.New(sandbox.Program(), sandbox.Limits{}).Run(t.Context(), "escape", strings.NewReader(folder))
	if err != nil || len(got) > 0 {
		t.Errorf("a child can %s (%v)", got, err)
	}
}

func TestARunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := sandbox.New(sandbox.Program(), sandbox.Limits{Time: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	failed := make(chan error, 2)
	for range 2 { // the second waits for its turn
		go func() {
			_, err := r.Run(ctx, "loop", strings.NewReader(""))
			failed <- err
		}()
	}
	for range 2 {
		if err := <-failed; !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sandbox.ErrStopped) {
			t.Errorf("%v", err)
		}
	}
	if got, err := r.Run(t.Context(), "reverse", strings.NewReader("ab")); err != nil || string(got) != "ba" {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func TestOnlyAChildIsAsked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"serve"}, {"sandbox"}, {"sandbox", "reverse", "x"}, {"admin", "sandbox"}} {
		if _, asked := sandbox.Main(args, functions(), strings.NewReader(""), os.Stdout, os.Stderr); asked {
			t.Errorf("%q start a child", args)
		}
	}
}
