// Package attempt tries what may hang or panic, and goes on without it.
package attempt

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// Panic is the error of what panicked.
type Panic struct {
	Defect any    // what it panicked with
	Stack  []byte // of the goroutine, as debug.Stack returns it
}

// Error implements the error interface.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Defect) }

// Overdue is the error of what failed when its time was over, or was given up then.
type Overdue struct {
	Reason error // that of its context: context.DeadlineExceeded, or context.Canceled
	Last   error // what it returned; nil if it was given up
}

// Error implements the error interface.
func (o *Overdue) Error() string {
	if o.Last != nil {
		return o.Last.Error()
	}
	return o.Reason.Error()
}

// Unwrap lets errors.Is and errors.AsType find both reasons.
func (o *Overdue) Unwrap() []error {
	if o.Last == nil {
		return []error{o.Reason}
	}
	return []error{o.Reason, o.Last}
}

// Within calls fn with a context that ends after limit, or with ctx, and returns what it returns: also a value beside an
// error. An error after the end of that context is an *Overdue, a panic a *Panic. What does not heed the end of its context
// is waited for a moment longer, grace, and then left to itself: the error is an *Overdue, and whatever becomes of it is lost.
func Within[T any](ctx context.Context, limit, grace time.Duration, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if defect := recover(); defect != nil {
				a.err = &Panic{Defect: defect, Stack: debug.Stack()}
			}
			done <- a
		}()
		if a.value, a.err = fn(ctx); a.err != nil && ctx.Err() != nil {
			a.err = &Overdue{Reason: ctx.Err(), Last: a.err}
		}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.value, a.err
	case <-timer.C:
		var none T
		return none, &Overdue{Reason: ctx.Err()}
	}
}
