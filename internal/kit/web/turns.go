package web

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
)

// turns lets requests take turns. The runtime looks at the network when nothing else can go on, or after 10 ms: connections on
// which the next request is there as soon as the last is answered keep the processors from all others until then. So each
// request waits until the network has been looked at once. See docs/decisions/0013-requests-take-turns.md.
type turns struct {
	read, write *os.File // a pipe: what is written is read when the runtime has looked at the network

	mu    sync.Mutex
	next  chan struct{} // closed when it has
	asked bool          // something has been written
	ended bool
}

func newTurns() (*turns, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("let requests take turns: %w", err)
	}
	t := &turns{read: read, write: write, next: make(chan struct{})}
	go t.run()
	return t, nil
}

// run begins a turn for those who wait, again and again until the end.
func (t *turns) run() {
	for b := make([]byte, 1); ; {
		if _, err := t.read.Read(b); err != nil {
			return
		}
		runtime.Gosched() // whoever has been woken with it goes first
		t.begin()
	}
}

func (t *turns) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		close(t.next)
		t.next, t.asked = make(chan struct{}), false
	}
}

// wait returns when the next turn begins; at once after the end.
func (t *turns) wait() {
	t.mu.Lock()
	next := t.next
	if !t.asked && !t.ended {
		_, err := t.write.Write([]byte{0})
		t.asked = err == nil
	}
	asked := t.asked
	t.mu.Unlock()
	if asked {
		<-next
	}
}

// end lets go who waits.
func (t *turns) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	close(t.next)
	_ = t.write.Close() // nothing can be lost with a pipe
	_ = t.read.Close()
}

// handler returns a handler of which each request takes its turn.
func (t *turns) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.wait()
		next.ServeHTTP(w, r)
	})
}
