package password

import (
	"context"
	"errors"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
)

func TestAFullHouseAsksPeopleToComeBack(t *testing.T) {
	t.Parallel()
	h := New(Cost{Memory: 64, Passes: 1, Threads: 1})
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := h.Hash(ctx, "Löwenzahn 77"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("whoever gives up waiting gets %v", err)
	}
	h.wait = time.Millisecond
	if _, err := h.Verify(t.Context(), "", "Löwenzahn 77"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("whoever waits too long gets %v", err)
	}
	<-h.slots
	if _, err := h.Hash(t.Context(), "Löwenzahn 77"); err != nil {
		t.Errorf("whoever finds a free place gets %v", err)
	}
}
