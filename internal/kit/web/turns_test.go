package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// begun returns turns that end with the test.
func begun(t *testing.T) *turns {
	t.Helper()
	turns, err := newTurns()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(turns.end)
	return turns
}

func TestARequestLetsThoseGoFirstThatTheNetworkHasWoken(t *testing.T) { // not in parallel: it has the one processor for itself
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	turns := begun(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	const requests = 200
	var arrived atomic.Int64
	var reading sync.WaitGroup
	reading.Go(func() {
		for b := make([]byte, 1); ; arrived.Add(1) {
			if _, err := read.Read(b); err != nil {
				return
			}
		}
	})
	runtime.Gosched() // it waits for the network now
	before := 0
	for i := range requests {
		if _, err := write.Write([]byte{0}); err != nil {
			t.Fatal(err)
		}
		turns.handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if arrived.Load() == int64(i)+1 {
				before++
			}
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if err := write.Close(); err != nil {
		t.Error(err)
	}
	reading.Wait()
	if err := read.Close(); err != nil {
		t.Error(err)
	}
	if before < requests*3/4 { // now and then the runtime lets the request go first all the same
		t.Errorf("%d of %d requests let somebody go first", before, requests)
	}
}

func TestEveryRequestHasItsTurn(t *testing.T) {
	t.Parallel()
	turns := begun(t)
	var answered atomic.Int64
	h := turns.handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { answered.Add(1) }))
	var visitors sync.WaitGroup
	for range 50 {
		visitors.Go(func() {
			for range 200 {
				h.ServeHTTP(nil, nil)
			}
		})
	}
	visitors.Wait()
	if got := answered.Load(); got != 50*200 {
		t.Errorf("%d requests had their turn", got)
	}
}

func TestNobodyWaitsForATurnAfterTheEnd(t *testing.T) {
	t.Parallel()
	turns, err := newTurns()
	if err != nil {
		t.Fatal(err)
	}
	var visitors sync.WaitGroup
	for range 20 {
		visitors.Go(func() {
			for range 100 {
				turns.wait()
			}
		})
	}
	turns.end()
	visitors.Wait()
	turns.wait()
}
