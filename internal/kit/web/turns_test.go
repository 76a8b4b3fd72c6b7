package web

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
)

func TestARequestLetsThoseGoFirstThatHaveCome(t *testing.T) { // not in parallel: it has the one processor for itself
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const requests = 200
	waited := 0
	for range requests {
		var before atomic.Bool
		go before.Store(true)
		inTurn(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if before.Load() {
				waited++
			}
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if waited < requests*3/4 { // now and then the runtime lets the request go first all the same
		t.Errorf("%d of %d requests let somebody go first", waited, requests)
	}
}
