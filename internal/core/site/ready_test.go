package site_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// TestReadinessSaysWhichPartIsMissingAndWhy has each way in which a part can fail. What the part says itself is for the log.
func TestReadinessSaysWhichPartIsMissingAndWhy(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := webtest.NewLoggedSite(t, dbtest.SQLite(t), webtest.People(map[int64]community.Viewer{}), slog.New(slog.NewTextHandler(&log, nil)))
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	handler := webtest.Open(t, s, module.Module{Name: "x", Checks: []site.Check{
		{Name: "database", Ask: func(context.Context) error {
			return errs.New(errs.Unavailable, "").Because(errors.New("password geheim for 192.0.2.7"))
		}},
		{Name: "media", Ask: func(context.Context) error { <-ended; return nil }}, // does not care for its context
		{Name: "queue", Ask: func(context.Context) error { return errors.New("no such table: geheim") }},
		{Name: "bot", Ask: func(context.Context) error { panic("geheim") }},
		{Name: "mail", Ask: func(context.Context) error { return nil }},
	}})
	v, began := webtest.Visit(t, handler), time.Now()
	v.Get(site.ReadyPath)
	took := time.Since(began)
	want := "not ready\ndatabase: cannot be reached\nmedia: does not answer in time\nqueue: does not work; the log says why\n" +
		"bot: does not work; the log says why\nmail: ready\n"
	if v.Page.Status != http.StatusServiceUnavailable || v.Page.Body != want || v.Page.Header.Get("Retry-After") == "" {
		t.Errorf("it answers %d %v\n%s", v.Page.Status, v.Page.Header, v.Page.Body)
	}
	if took > 30*time.Second {
		t.Errorf("it answers after %s", took)
	}
	if !strings.Contains(log.String(), "part=queue error=\"no such table: geheim\"") {
		t.Errorf("the log does not say why:\n%s", &log)
	}
}

// TestManyWhoAskForReadinessAskEachPartOnce asks from many sides at once.
func TestManyWhoAskForReadinessAskEachPartOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	release := make(chan struct{})
	handler := webtest.Open(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), module.Module{Name: "x", Checks: []site.Check{
		{Name: "media", Ask: func(context.Context) error { asked.Add(1); <-release; return nil }},
	}})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			v := webtest.Visit(t, handler)
			if v.Get(site.ReadyPath); v.Page.Body != "ready\n" {
				t.Error(fmt.Sprint("it answers ", v.Page.Body))
			}
		})
	}
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // the others come along meanwhile
	close(release)
	all.Wait()
	if n := asked.Load(); n > 10 {
		t.Errorf("20 who ask at once let a part be asked %d times", n)
	}
}

// TestStrangersWhoAskForReadinessAllTheTimeCostNothing asks one time after the other.
func TestStrangersWhoAskForReadinessAllTheTimeCostNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	handler := webtest.Open(t, webtest.NewSite(t, dbtest.SQLite(t), webtest.People{}), module.Module{Name: "x", Checks: []site.Check{
		{Name: "media", Ask: func(context.Context) error {
			if asked.Add(1) == 1 {
				return errors.New("no")
			}
			return nil
		}},
	}})
	v, began := webtest.Visit(t, handler), time.Now()
	for range 100 {
		v.Get(site.ReadyPath)
	}
	if most := int64(time.Since(began)/time.Second) + 1; asked.Load() > most {
		t.Errorf("a part is asked %d times within %s", asked.Load(), time.Since(began))
	}
	for v.Page.Status != http.StatusOK { // what is well again is told soon
		if time.Since(began) > time.Minute {
			t.Fatalf("it still answers %d %s", v.Page.Status, v.Page.Body)
		}
		time.Sleep(50 * time.Millisecond)
		v.Get(site.ReadyPath)
	}
}
