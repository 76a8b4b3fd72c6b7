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
	for _, c := range []struct {
		gogc, gomemlimit string
		percent          int
		limit            int64 // bytes
	}{
		{"100", "1TiB", 100, 1 << 40},
		{"", "", 400, 80 << 20},
	} {
		t.Setenv("GOGC", c.gogc)
		t.Setenv("GOMEMLIMIT", c.gomemlimit)
		collectLater()
		if got := debug.SetMemoryLimit(-1); got != c.limit {
			t.Errorf("GOMEMLIMIT=%s: limit %d, want %d", c.gomemlimit, got, c.limit)
		}
		if got := debug.SetGCPercent(100); got != c.percent {
			t.Errorf("GOGC=%s: percentage %d, want %d", c.gogc, got, c.percent)
		}
	}
}
