package main

import (
	"runtime/debug"
	"testing"
)

func TestGarbageIsCollectedLaterUnlessTheAdministratorSaysWhen(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(1<<40)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	t.Setenv("GOGC", "100")
	t.Setenv("GOMEMLIMIT", "1TiB")
	collectLater()
	if got := debug.SetMemoryLimit(-1); got != 1<<40 {
		t.Errorf("the administrator's limit became %d", got)
	}
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("the administrator's percentage became %d", got)
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	collectLater()
	if got := debug.SetMemoryLimit(-1); got != 80<<20 {
		t.Errorf("limit %d", got)
	}
	if got := debug.SetGCPercent(100); got != 400 {
		t.Errorf("percentage %d", got)
	}
}
