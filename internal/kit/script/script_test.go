package script_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/script"
	"grouprise.org/grouprise/internal/testkit/scripttest"
)

// write makes a program of a shell script.
func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	scripttest.Write(t, path, lines...)
	return path
}

func TestAProgramGetsItsArgumentsAndNothingOfOurs(t *testing.T) {
	t.Parallel()
	path := write(t, `echo "$1"`, `pwd >&2`, `echo "$GIVEN,$HOME"`, "cat")
	r, err := script.Run(t.Context(), script.Call{Path: path, Args: []string{`{"a": "b c"}`}, Env: []string{"GIVEN=yes"}})
	if err != nil || r.Output != "{\"a\": \"b c\"}\n/\nyes,\n" || r.More {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWhatAProgramSaysIsBounded(t *testing.T) {
	t.Parallel()
	path := write(t, `i=0; while [ $i -lt 2000 ]; do echo "Blatt für Blatt"; i=$((i+1)); done`, "exit 3")
	r, err := script.Run(t.Context(), script.Call{Path: path, Output: 22})
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || r.Output != "Blatt für Blatt\nBlatt" || !r.More {
		t.Errorf("%+v, %v", r, err)
	}
}

// alive reports whether a process is there and not merely waited for.
func alive(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !errors.Is(err, fs.ErrNotExist)
	}
	_, rest, _ := strings.Cut(string(state), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// child waits until a program has written the number of its child into a file.
func child(t *testing.T, file string) int {
	t.Helper()
	for range 1000 {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "\n") {
			pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the program did not start its child")
	return 0
}

func TestAProgramThatTakesTooLongIsEndedWithItsChildren(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "child")
	path := write(t, "sleep 300 &", `echo $! >"$1"`, "wait")
	begin := time.Now()
	_, err := script.Run(t.Context(), script.Call{Path: path, Args: []string{file}, Time: time.Second, Env: []string{"PATH=" + os.Getenv("PATH")}})
	if !errors.Is(err, script.ErrTooLong) || time.Since(begin) > time.Minute {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	gone(t, child(t, file))
}

func gone(t *testing.T, pid int) {
	t.Helper()
	for range 1000 {
		if !alive(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the child %d goes on", pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestWhoeverHoldsTheOutputOpenIsEndedToo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "child")
	path := write(t, "sleep 300 &", `echo $! >"$1"`, "echo done")
	r, err := script.Run(t.Context(), script.Call{Path: path, Args: []string{file}, Env: []string{"PATH=" + os.Getenv("PATH")}})
	if err != nil || r.Output != "done\n" || r.Took > time.Minute {
		t.Errorf("%+v, %v", r, err)
	}
	gone(t, child(t, file))
}

func TestAProgramEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err := script.Run(ctx, script.Call{Path: write(t, "exec sleep 300"), Env: []string{"PATH=" + os.Getenv("PATH")}})
	if !errors.Is(err, context.Canceled) || errors.Is(err, script.ErrTooLong) {
		t.Error(err)
	}
}

func TestWhatEverybodyMayChangeIsNotRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put := func(name string, mode fs.FileMode) string {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("#!/bin/sh\n"), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := put("good", 0o755)
	link := filepath.Join(folder, "link")
	open := put("open/program", 0o755)
	if err := errors.Join(os.Symlink(put("bad", 0o757), link), os.Chmod(filepath.Dir(open), 0o777)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		good: "", "good": "is not an absolute path", filepath.Join(folder, "none"): "does not exist", folder: "is not a file",
		put("text", 0o644): "may not be executed", put("group", 0o775): "", link: "everybody may change " + link, open: "everybody may replace " + open,
	} {
		err := script.Check(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		if _, ran := script.Run(t.Context(), script.Call{Path: path}); (ran == nil) != (want == "") {
			t.Errorf("%s is run: %v", path, ran)
		}
	}
}
