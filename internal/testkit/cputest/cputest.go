// Package cputest tells what work costs, on machines that do other things beside it.
package cputest

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Used returns the processor time that this process has used. Other tests wait while one that is not parallel runs.
func Used(t testing.TB) time.Duration {
	t.Helper()
	return used(t, syscall.RUSAGE_SELF)
}

// ofThread is RUSAGE_THREAD of Linux.
const ofThread = 1

// Took returns the processor time that work takes, if it does everything itself: what other goroutines do does not count,
// nor how long it waits for the processor. Tests that run beside others can ask for it.
func Took(t testing.TB, work func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := used(t, ofThread)
	work()
	return used(t, ofThread) - begin
}

func used(t testing.TB, who int) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(who, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
