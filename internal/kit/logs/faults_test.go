package logs_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/logs"
)

// watch returns a log and what is told of it.
func watch(t *testing.T, into *bytes.Buffer, o logs.Options) (*slog.Logger, *[]logs.Fault) {
	t.Helper()
	var told []logs.Fault
	return logs.Watched(logs.New(into, o), func(f logs.Fault) { told = append(told, f) }), &told
}

func TestErrorsAreToldAndNothingElseIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, told := watch(t, &out, logs.DefaultOptions())
	log.Info("begun")
	log.Warn("a page could not be made", "error", errors.New("away"))
	log.With("part", "x").WithGroup("g").Error("a page failed", "id", "4711", "route", "/{entity}", "path", "/anna/", "err", errors.New("no such table"))
	if len(*told) != 1 {
		t.Fatalf("%d faults are told", len(*told))
	}
	f := (*told)[0]
	if f.Name() != "a page failed: /{entity}" || f.Detail() != "no such table" || f.Told || f.Panicked {
		t.Errorf("told is %q, %q, %+v", f.Name(), f.Detail(), f)
	}
	if !strings.Contains(f.Place, "logs_test.TestErrorsAreToldAndNothingElseIs (faults_test.go:") {
		t.Errorf("the place is %q", f.Place)
	}
	if strings.Contains(fmt.Sprintf("%+v", f.Name()+f.Detail()+f.Place), "anna") {
		t.Error("a path is told")
	}
	if strings.Count(out.String(), "\n") != 3 || !strings.Contains(out.String(), "part=x") {
		t.Errorf("the log is\n%s", &out)
	}
}

func TestAnErrorIsToldEvenIfNobodyLogsIt(t *testing.T) {
	t.Parallel()
	var n int
	log := logs.Watched(slog.New(slog.DiscardHandler), func(logs.Fault) { n++ })
	log.Error("x")
	log.Warn("x")
	if n != 1 {
		t.Errorf("%d are told", n)
	}
}

func TestAFaultKnowsWhereTheProgramPanicked(t *testing.T) {
	t.Parallel()
	log, told := watch(t, new(bytes.Buffer), logs.DefaultOptions())
	func() {
		defer func() { log.Error("a job panicked", "kind", "notify.deliver", "panic", recover()) }()
		breakDown(nil)
	}()
	f := (*told)[0]
	if !f.Panicked || !strings.Contains(f.Place, "logs_test.breakDown (faults_test.go:") || !strings.Contains(f.Name(), "a job panicked: notify.deliver, in logs_test.breakDown") {
		t.Errorf("it panicked in %q: %q", f.Place, f.Name())
	}
	if f.Detail() != "panic: runtime error: invalid memory address or nil pointer dereference" {
		t.Errorf("the detail is %q", f.Detail())
	}
	frames := f.Frames()
	if len(frames) == 0 || !strings.HasSuffix(frames[len(frames)-1].Function, "logs_test.breakDown") {
		t.Errorf("the innermost frame is not the one that panicked: %+v", frames)
	}
}

// breakDown panics.
func breakDown(f *logs.Fault) string { return f.Message }

func TestWhatIsToldOtherwiseSaysSo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, told := watch(t, &out, logs.DefaultOptions())
	cause := errors.New("full")
	log.Error("lmtp refused a message", "error", fmt.Errorf("store: %w", logs.Told(cause)))
	if !(*told)[0].Told || !errors.Is(logs.Told(cause), cause) || !strings.Contains(out.String(), "store: full") {
		t.Errorf("told is %+v, logged is %s", (*told)[0], &out)
	}
}

func TestTheLogIsWrittenAsTheOptionsSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    logs.Options
		want string
	}{
		{logs.Options{Level: "debug", Format: "text"}, "DEBUG INFO WARN ERROR"},
		{logs.Options{Level: "info", Format: "text"}, "INFO WARN ERROR"},
		{logs.Options{Level: "warning", Format: "json"}, "WARN ERROR"},
		{logs.Options{Level: "error", Format: "json"}, "ERROR"},
	} {
		var out bytes.Buffer
		log, _ := watch(t, &out, c.o)
		log.Debug("x")
		log.Info("x")
		log.Warn("x")
		log.Error("x", "err", errors.New("why"))
		var levels []string
		for line := range strings.Lines(out.String()) {
			for _, level := range []string{"DEBUG", "INFO", "WARN", "ERROR"} {
				if strings.Contains(line, level) {
					levels = append(levels, level)
				}
			}
			if strings.HasPrefix(line, "{") != (c.o.Format == "json") {
				t.Errorf("%s: %s", c.o.Format, line)
			}
		}
		if got := strings.Join(levels, " "); got != c.want || !strings.Contains(out.String(), "why") {
			t.Errorf("%+v: %s\n%s", c.o, got, &out)
		}
	}
}
