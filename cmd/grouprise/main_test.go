package main

import (
	"runtime"
	"testing"
)

func TestThereAreTwoThreadsOnOneCoreUnlessTheAdministratorSaysOtherwise(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, c := range []struct {
		said             string
		processors, want int
	}{{"", 1, 2}, {"", 2, 2}, {"", 5, 5}, {"1", 1, 1}} {
		t.Setenv("GOMAXPROCS", c.said)
		runtime.GOMAXPROCS(c.processors)
		shareOneCore()
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("GOMAXPROCS=%s on %d processors: %d, want %d", c.said, c.processors, got, c.want)
		}
	}
}
