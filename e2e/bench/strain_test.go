//go:build bench

package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	readers = 50.0 // a second, who come while somebody signs in over and over

	longText    = 190_000 // characters
	manyQueries = 3000
)

// measureStrain measures what somebody who means no good can do to the others.
func (b *bench) measureStrain(t *table) {
	b.t.Helper()
	b.signingIn(t)
	b.queryStrings(t)
	b.restart()
}

// signingIn compares the start page on one core when nothing else happens and while somebody signs in all the time.
func (b *bench) signingIn(t *table) {
	b.t.Helper()
	b.Wrap = []string{"taskset", "-c", "0"}
	b.restart()
	b.Wrap = nil
	start := visits{base: b.URL, targets: []target{{path: "/"}}}
	b.runFixedRate(start, readers, coming) // so that what is made at the first visit is made
	quiet := b.fixedRate(start, readers)
	stop, signedIn := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				signedIn <- n
				return
			default:
				if _, err := b.session("bert"); err == nil {
					n++
				}
			}
		}
	}()
	begin := time.Now()
	strained := b.fixedRate(start, readers)
	close(stop)
	rate := float64(<-signedIn) / time.Since(begin).Seconds()
	t.add([]string{"on one core, start page signed out, p50 ms"}, milliseconds(quiet.p50))
	t.add([]string{"the same while somebody signs in over and over, p50 ms"}, milliseconds(strained.p50).within(10*milliseconds(quiet.p50).value))
	t.add([]string{"the same, p99 ms"}, milliseconds(strained.p99))
	t.add([]string{"how often they sign in, a second"}, number(rate, 0))
}

// queryStrings asks for one long page by many addresses.
func (b *bench) queryStrings(t *table) {
	b.t.Helper()
	b.restart()
	text := strings.Repeat("Das ist ein langer Text. ", longText/25)
	path := b.post("/garten/articles/add/", b.anna, url.Values{"title": {"Ein langer Text"}, "text": {text}, "public": {"on"}})
	v := visits{base: b.URL}
	for n := range manyQueries {
		v.targets = append(v.targets, target{path: fmt.Sprintf("%s?reply=%d", path, n)}) // a parameter that the page declares
	}
	for n := range v.targets {
		b.get(v, n)
	}
	t.add([]string{"memory after 3,000 query strings of a public page of 190,000 characters, MB"}, number(b.memory("VmRSS"), 0).within(120))
}

// restart ends the program and starts it again.
func (b *bench) restart() {
	b.t.Helper()
	b.process.Stop()
	b.process = b.Start("serve")
	b.Open()
	http.DefaultClient.CloseIdleConnections()
}
