package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/web"
)

// systemd holds the socket while one process ends and the next one begins: whoever comes meanwhile waits.
func TestNobodyIsTurnedAwayWhileServersFollowEachOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "http")
	held, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var visits atomic.Int64
	for range 4 {
		load.Go(func() {
			client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
				DisableKeepAlives: true,
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, "unix", path)
				},
			}}
			for ctx.Err() == nil {
				r, err := client.Get("http://localhost/")
				if err != nil {
					t.Errorf("visit %d: %v", visits.Load(), err)
					return
				}
				_ = r.Body.Close()
				visits.Add(1)
			}
		})
	}
	serve := func(ctx context.Context) {
		t.Helper()
		file, err := held.(*net.UnixListener).File()
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.FileListener(file)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		if err := (web.Server{Listener: listener, Handler: answer}).Serve(ctx); err != nil {
			t.Error(err)
		}
	}
	for range 50 {
		serving, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
		serve(serving)
		end()
	}
	// The last visits need somebody who answers.
	serving, end := context.WithCancel(t.Context())
	go func() {
		stop()
		load.Wait()
		end()
	}()
	serve(serving)
	if visits.Load() < 50 {
		t.Errorf("%d visits", visits.Load())
	}
}
