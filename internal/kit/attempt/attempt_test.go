package attempt_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/attempt"
)

func TestWhatHangsOrPanicsIsGivenUp(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	failure := errors.New("no way")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx     context.Context
		fn      func(context.Context) (string, error)
		value   string
		is      error
		overdue bool
		stack   string
		says    string
	}{
		"an answer":              {fn: func(context.Context) (string, error) { return "here", nil }, value: "here"},
		"a failure":              {fn: func(context.Context) (string, error) { return "half", failure }, value: "half", is: failure, says: "no way"},
		"a panic":                {fn: func(context.Context) (string, error) { panic("defect") }, stack: "attempt_test", says: "panic: defect"},
		"what heeds its end":     {fn: func(ctx context.Context) (string, error) { <-ctx.Done(); return "half", failure }, value: "half", is: failure, overdue: true, says: "no way"},
		"what ends a bit late":   {fn: func(ctx context.Context) (string, error) { <-ctx.Done(); return "late", nil }, value: "late"},
		"what is deaf":           {fn: func(context.Context) (string, error) { <-stuck; return "never", nil }, is: context.DeadlineExceeded, overdue: true, says: "deadline"},
		"what nobody waits for":  {ctx: ended, fn: func(context.Context) (string, error) { <-stuck; return "never", nil }, is: context.Canceled, overdue: true, says: "canceled"},
		"what has its own limit": {fn: func(context.Context) (string, error) { return "", context.DeadlineExceeded }, is: context.DeadlineExceeded, says: "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, limit, grace := c.ctx, 30*time.Second, 30*time.Second
			if ctx == nil {
				ctx = t.Context()
			}
			if c.overdue || c.value == "late" {
				limit = time.Millisecond
			}
			if strings.Contains(name, "deaf") || strings.Contains(name, "nobody") {
				grace = time.Millisecond
			}
			value, err := attempt.Within(ctx, limit, grace, c.fn)
			if value != c.value || (err == nil) != (c.says == "") || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%q, %v", value, err)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %q", err)
			}
			late, isLate := errors.AsType[*attempt.Overdue](err)
			if isLate != c.overdue || isLate && late.Reason == nil {
				t.Errorf("overdue: %t", isLate)
			}
			if broken, isBroken := errors.AsType[*attempt.Panic](err); isBroken != (c.stack != "") || isBroken && !strings.Contains(string(broken.Stack), c.stack) {
				t.Errorf("a panic: %t", isBroken)
			}
		})
	}
}
