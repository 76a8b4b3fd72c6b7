package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime"
	"slices"
	"strings"
)

// Fault is a record of the log at the level of errors, as it is told to those who look after the program. It holds nothing
// that people wrote: a literal of the program, one of few names, a place in the code, and an error that Detail cleans.
type Fault struct {
	Message  string    // of the record, a literal of the program
	About    string    // the route or the kind of job that it is about; "" if the record does not say
	Place    string    // where the program panicked, or else where it logged: "articles.(*Articles).show (web.go:71)"
	Panicked bool      // Place is where it panicked
	Told     bool      // they are told in another way: see Told
	Stack    []uintptr // program counters, the innermost first
	err      error
}

// Name is what faults have in common that are alike.
func (f Fault) Name() string {
	name := f.Message
	if f.About != "" {
		name += ": " + f.About
	}
	if f.Panicked {
		name += ", in " + f.Place
	}
	return name
}

// Detail returns what went wrong, without what could be personal or secret.
func (f Fault) Detail() string {
	if f.err == nil {
		return f.Place
	}
	return Clean(f.err)
}

// Told marks an error of which those who look after the program are told in another way, or were told already. It changes
// nothing else.
func Told(err error) error { return told{err} }

type told struct{ error }

// Unwrap returns the error itself.
func (t told) Unwrap() error { return t.error }

// Watched returns a log that tells watchers of its errors, each before the record is written. A watcher must not wait and
// must not write to this log.
func Watched(log *slog.Logger, watchers ...func(Fault)) *slog.Logger {
	return slog.New(watched{Handler: log.Handler(), watchers: watchers})
}

// watched is the handler of a log whose errors are told.
type watched struct {
	slog.Handler
	watchers []func(Fault)
}

// Enabled implements slog.Handler: errors are told even where the log leaves them out.
func (w watched) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || w.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (w watched) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		f := faultOf(r)
		for _, watch := range w.watchers {
			watch(f)
		}
	}
	if !w.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return w.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (w watched) WithAttrs(attrs []slog.Attr) slog.Handler {
	return watched{w.Handler.WithAttrs(attrs), w.watchers}
}

// WithGroup implements slog.Handler.
func (w watched) WithGroup(name string) slog.Handler {
	return watched{w.Handler.WithGroup(name), w.watchers}
}

// Keys of attributes that say what a record is about: their values are names that the program itself gives.
const (
	keyRoute = "route"
	keyKind  = "kind"
	keyPanic = "panic"
)

// deepest is how many calls of a stack are looked at.
const deepest = 64

// faultOf returns what is told of a record.
func faultOf(r slog.Record) Fault {
	f := Fault{Message: r.Message, Stack: make([]uintptr, deepest)}
	f.Stack = f.Stack[:runtime.Callers(4, f.Stack)] // without Callers, faultOf, Handle and the method of the logger
	r.Attrs(func(a slog.Attr) bool {
		value := a.Value.Resolve()
		err, isError := value.Any().(error)
		switch {
		case a.Key == keyRoute, a.Key == keyKind:
			f.About = value.String()
		case a.Key == keyPanic:
			f.err = fmt.Errorf("panic: %v", value.Any())
		case isError:
			f.err, f.Told = err, f.Told || isTold(err)
		}
		return true
	})
	f.Place, f.Panicked = placeOf(f.Stack, r.PC)
	return f
}

func isTold(err error) bool {
	_, is := errors.AsType[told](err)
	return is
}

// placeOf returns where a program panicked whose deferred function logs, or else where it logs.
func placeOf(stack []uintptr, logged uintptr) (place string, panicked bool) {
	if len(stack) > 0 {
		frames := runtime.CallersFrames(stack)
		for {
			frame, more := frames.Next()
			switch {
			case frame.Function == "runtime.gopanic":
				panicked = true
			case panicked && !strings.HasPrefix(frame.Function, "runtime."):
				return nameOf(frame), true
			}
			if !more {
				break
			}
		}
	}
	if logged == 0 {
		return "", false
	}
	frame, _ := runtime.CallersFrames([]uintptr{logged}).Next()
	return nameOf(frame), false
}

func nameOf(f runtime.Frame) string {
	return fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line)
}

// Frames returns the calls that led to a fault, the outermost first, without those of the log itself.
func (f Fault) Frames() []runtime.Frame {
	if len(f.Stack) == 0 {
		return nil
	}
	var all []runtime.Frame
	for frames := runtime.CallersFrames(f.Stack); ; {
		frame, more := frames.Next()
		if frame.Function == "runtime.gopanic" {
			all = nil // what comes before is how the panic was caught
		} else if !strings.HasPrefix(frame.Function, "log/slog.") && (len(all) > 0 || !strings.HasPrefix(frame.Function, "runtime.")) {
			all = append(all, frame)
		}
		if !more {
			break
		}
	}
	slices.Reverse(all)
	return all
}
