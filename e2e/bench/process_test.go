//go:build bench

package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var statements = regexp.MustCompile(`(?m)^grouprise_database_statements_total (\S+)$`)

// statements returns how many statements the program has run, as it tells itself.
func (b *bench) statements() int {
	b.t.Helper()
	answer, err := http.Get("http://" + b.metrics + "/metrics")
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	found := statements.FindSubmatch(text)
	if found == nil {
		b.t.Fatalf("no metric of statements in\n%s", text)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return int(n)
}

// memory returns a figure of the process in megabytes: VmRSS now, VmHWM at most.
func (b *bench) memory(name string) float64 {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.process.PID()))
	if err != nil {
		b.t.Fatal(err)
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return float64(kilobytes) / 1024
}

// cpu returns the processor time that the process has used.
func (b *bench) cpu() time.Duration {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", b.process.PID()))
	if err != nil {
		b.t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// stalls returns how long the machine holds up a process that does nothing but look at the clock, at most and as
// a share of the time. No answer can be quicker.
func stalls() (longest time.Duration, share float64) {
	const watching = 3 * time.Second
	gaps := make([][]time.Duration, runtime.GOMAXPROCS(0))
	var watchers sync.WaitGroup
	for i := range gaps {
		watchers.Go(func() {
			begin := time.Now()
			for last := begin; last.Sub(begin) < watching; {
				now := time.Now()
				if gap := now.Sub(last); gap > time.Millisecond {
					gaps[i] = append(gaps[i], gap)
				}
				last = now
			}
		})
	}
	watchers.Wait()
	var sum time.Duration
	for _, gap := range slices.Concat(gaps...) {
		longest, sum = max(longest, gap), sum+gap
	}
	return longest, float64(sum) / float64(watching) / float64(len(gaps))
}
