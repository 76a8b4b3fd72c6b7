package site

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"grouprise.org/grouprise/internal/kit/attempt"
	"grouprise.org/grouprise/internal/kit/errs"
)

// Check asks whether something that the site stands on is there.
type Check struct {
	Name string
	Ask  func(ctx context.Context) error
}

// checkPatience is how long each part that the site stands on has to answer: shorter than what load balancers wait.
const checkPatience = 3 * time.Second

// answerKept is how long an answer holds: asking writes a file and reads the database, and strangers may ask as well.
const answerKept = time.Second

// readiness asks the parts that a site stands on. However many programs want to know at one time, and however often, each
// part is asked once a second at most.
type readiness struct {
	log    *slog.Logger
	asking singleflight.Group
	latest atomic.Pointer[condition]
}

// condition is how the parts of a site are.
type condition struct {
	ready bool
	text  string    // a line for each part
	since time.Time // when the parts had answered
}

// ask asks all parts at once. It says what is wrong in words of its own: what a part says may name hosts and people, and
// goes to the log.
func (r *readiness) ask(ctx context.Context, checks []Check) condition {
	if c := r.latest.Load(); c != nil && time.Since(c.since) < answerKept {
		return *c
	}
	answer, _, _ := r.asking.Do("", func() (any, error) {
		ctx := context.WithoutCancel(ctx) // whoever asked first may go
		lines := make([]string, len(checks))
		var parts errgroup.Group
		for i, c := range checks {
			parts.Go(func() error {
				_, err := attempt.Within(ctx, checkPatience, 0, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Ask(ctx) })
				lines[i] = c.Name + ": " + conditionOf(err)
				if err != nil {
					r.log.WarnContext(ctx, "a part of the site is not ready", "part", c.Name, "error", err)
				}
				return err
			})
		}
		c := &condition{ready: true, text: "ready\n"}
		if parts.Wait() != nil {
			c = &condition{text: "not ready\n" + strings.Join(lines, "\n") + "\n"}
		}
		c.since = time.Now()
		r.latest.Store(c)
		return c, nil
	})
	return *answer.(*condition) //nolint:forcetypeassert // it is made above
}

// conditionOf says in few words what an error of a part means.
func conditionOf(err error) string {
	switch {
	case err == nil:
		return "ready"
	case errors.Is(err, context.DeadlineExceeded):
		return "does not answer in time"
	case errs.Is(err, errs.Unavailable):
		return "cannot be reached"
	default:
		return "does not work; the log says why"
	}
}

// showReady says whether everything is there that the site stands on, and if not, what is missing: for programs that
// watch or distribute.
func (s *Site) showReady(v *Visit) error {
	c := s.readiness.ask(v.Context(), s.Checks)
	if !c.ready {
		v.W.Header().Set("Retry-After", "10")
		return v.text(http.StatusServiceUnavailable, c.text)
	}
	return v.text(http.StatusOK, c.text)
}
