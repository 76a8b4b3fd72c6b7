//go:build bench

package bench

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	visitors = 8               // at once, who ask for the next page as soon as they have one
	runs     = 3               // of each measurement
	asking   = time.Second     // how long one run of them takes
	coming   = 2 * time.Second // how long one run of visitors at a fixed rate takes
)

// target is one thing to visit. The cookie is a whole header, or empty for somebody who has not signed in.
type target struct{ path, cookie string }

// visits are what is visited, one after the other and from the beginning again.
type visits struct {
	base    string // the address before each path
	targets []target
}

// answered is how visits were answered.
type answered struct {
	rate     float64 // per second
	p50, p99 time.Duration
	p95      time.Duration // of visitors who come at a rate
	cpu      time.Duration // of the program for each visit
}

// median returns the median of each figure: whatever else the machine does for a moment does not count.
func median(all []answered) answered {
	middle := len(all) / 2
	sorted := func(by func(answered) time.Duration) time.Duration {
		slices.SortFunc(all, func(a, b answered) int { return cmp.Compare(by(a), by(b)) })
		return by(all[middle])
	}
	m := answered{
		p50: sorted(func(a answered) time.Duration { return a.p50 }),
		p99: sorted(func(a answered) time.Duration { return a.p99 }),
		p95: sorted(func(a answered) time.Duration { return a.p95 }),
		cpu: sorted(func(a answered) time.Duration { return a.cpu }),
	}
	slices.SortFunc(all, func(a, b answered) int { return cmp.Compare(a.rate, b.rate) })
	m.rate = all[middle].rate
	return m
}

// closedLoop lets so many visitors ask for the next page as soon as they have one.
func (b *bench) closedLoop(v visits, visitors int) answered {
	b.t.Helper()
	all := make([]answered, runs)
	for i := range all {
		used := b.cpu()
		all[i] = b.runClosedLoop(v, visitors)
		all[i].cpu = time.Duration(float64(b.cpu()-used) / max(all[i].rate*asking.Seconds(), 1))
	}
	return median(all)
}

// fixedRate lets visitors come at a rate, each on a new connection if all others are taken.
func (b *bench) fixedRate(v visits, rate float64) answered {
	b.t.Helper()
	all := make([]answered, runs)
	for i := range all {
		all[i] = b.runFixedRate(v, rate, coming)
	}
	return median(all)
}

// wrkScript visits the lines of a file, each a path and a cookie, beginning at a place.
const wrkScript = `
local targets, n = {}, %d
function init()
  for line in io.lines(%q) do
    local path, cookie = line:match("^(%%S+)\t(.*)$")
    local headers = { Host = wrk.headers["Host"] }
    if cookie ~= "" then headers["Cookie"] = cookie end
    targets[#targets + 1] = { path = path, headers = headers }
  end
end
function request()
  n = n + 1
  local t = targets[n %% #targets + 1]
  t.headers["X-Forwarded-For"] = "198.19." .. math.floor(n / 250) %% 250 .. "." .. n %% 250
  return wrk.format(nil, t.path, t.headers)
end
`

var (
	wrkRate    = regexp.MustCompile(`Requests/sec:\s+(\S+)`)
	wrkLatency = regexp.MustCompile(`(?m)^\s+(50|99)%\s+(\S+)$`)
)

// offset returns where a run begins, so that it repeats no visit of an earlier one that is still known.
func (b *bench) offset() int {
	b.begun++
	return b.begun * 10_000_019
}

// runClosedLoop is one run of wrk. Visitors do not queue for the processors that make their pages: whoever stands for
// them goes first, where that is permitted.
func (b *bench) runClosedLoop(v visits, visitors int) (a answered) {
	b.t.Helper()
	var list strings.Builder
	for _, t := range v.targets {
		fmt.Fprintf(&list, "%s\t%s\n", t.path, t.cookie)
	}
	file, script := filepath.Join(b.folder, "targets"), filepath.Join(b.folder, "visit.lua")
	b.write(file, []byte(list.String()))
	b.write(script, fmt.Appendf(nil, wrkScript, b.offset(), file))
	command := exec.CommandContext(b.t.Context(), "nice", "-n", "-20", "wrk", "-t1", "-c"+strconv.Itoa(visitors),
		"-d"+strconv.Itoa(int(asking.Seconds()))+"s", "--latency", "-s", script, v.base)
	out, err := command.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("Non-2xx")) || bytes.Contains(out, []byte("Socket errors")) {
		b.t.Fatalf("wrk %s: %v\n%s", v.targets[0].path, err, out)
	}
	if a.rate, err = strconv.ParseFloat(string(wrkRate.FindSubmatch(out)[1]), 64); err != nil {
		b.t.Fatal(err)
	}
	for _, found := range wrkLatency.FindAllSubmatch(out, -1) {
		d, err := time.ParseDuration(string(found[2]))
		if err != nil {
			b.t.Fatal(err)
		}
		if string(found[1]) == "50" {
			a.p50 = d
		} else {
			a.p99 = d
		}
	}
	return a
}

// address is where a visitor comes from: each from elsewhere, because how much one of them may ask for is limited.
func address(n int) string { return fmt.Sprintf("198.19.%d.%d", n/250%250, n%250) }

// runFixedRate is one run of vegeta.
func (b *bench) runFixedRate(v visits, rate float64, long time.Duration) answered {
	b.t.Helper()
	first, number := b.offset(), int(rate*long.Seconds())+1
	var list bytes.Buffer
	for n := first; n < first+number; n++ {
		t := v.targets[n%len(v.targets)]
		fmt.Fprintf(&list, "GET %s%s\nAccept-Encoding: identity\nX-Forwarded-For: %s\n", v.base, t.path, address(n))
		if t.cookie != "" {
			fmt.Fprintf(&list, "Cookie: %s\n", t.cookie)
		}
		list.WriteByte('\n')
	}
	file, results := filepath.Join(b.folder, "targets"), filepath.Join(b.folder, "results")
	b.write(file, list.Bytes())
	vegeta := filepath.Join("..", "..", ".cache", "bin", "vegeta")
	out, err := exec.CommandContext(b.t.Context(), "nice", "-n", "-20", vegeta, "attack", "-targets", file, "-rate", fmt.Sprintf("%d/10s", max(int(10*rate), 1)),
		"-duration", long.String(), "-http2=false", "-redirects=-1", "-output", results).CombinedOutput()
	if err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	if out, err = exec.CommandContext(b.t.Context(), vegeta, "report", "-type", "json", results).CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	var report struct {
		Latencies struct {
			P50 time.Duration `json:"50th"`
			P95 time.Duration `json:"95th"`
			P99 time.Duration `json:"99th"`
		} `json:"latencies"`
		Throughput float64  `json:"throughput"`
		Success    float64  `json:"success"`
		Errors     []string `json:"errors"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	if report.Success < 1 {
		b.t.Fatalf("%s: %.2f %% were answered well: %v", v.targets[0].path, 100*report.Success, report.Errors)
	}
	return answered{rate: report.Throughput, p50: report.Latencies.P50, p95: report.Latencies.P95, p99: report.Latencies.P99}
}

func (b *bench) write(path string, text []byte) {
	b.t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// cost returns how many statements a visit runs and how many bytes it gets, while nothing is written: of most visits,
// because the task runner asks the database now and then too.
func (b *bench) cost(v visits) (statements, size int) {
	b.t.Helper()
	const samples = 25
	counts, sizes := make([]int, samples), make([]int, samples)
	first := b.offset()
	b.get(v, first) // so that everything is cached that can be
	overhead := make([]int, samples)
	for n := range samples {
		before := b.statements()
		overhead[n] = b.statements() - before // looking at the number runs statements itself
		before = b.statements()
		sizes[n] = len(b.get(v, first+1+n))
		counts[n] = b.statements() - before
	}
	for _, all := range [][]int{overhead, counts, sizes} {
		slices.Sort(all)
	}
	return counts[samples/2] - overhead[samples/2], sizes[samples/2]
}

// get makes one visit and returns the page.
func (b *bench) get(v visits, n int) []byte {
	b.t.Helper()
	t := v.targets[n%len(v.targets)]
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, v.base+t.path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	if t.cookie != "" {
		r.Header.Set("Cookie", t.cookie)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %s, %v", t.path, answer.Status, err)
	}
	return page
}
