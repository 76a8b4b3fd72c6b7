package chatctl

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/clock"
)

// patience is how long it is waited for the task runner without anything happening.
const patience = 30 * time.Second

// Refresh lets the rooms of all groups be looked at, or those of the one with a short name, and waits until they have been. It
// returns how it stood with them before and afterwards, and how many of them still wait if nothing happens any more.
func Refresh(ctx context.Context, c *chat.Chat, slug string) (before, after []chat.Status, waits int, err error) {
	if before, err = c.Statuses(ctx, slug); err != nil {
		return nil, nil, 0, err
	}
	if err := c.Refresh(ctx, slug); err != nil {
		return nil, nil, 0, err
	}
	since, last := time.Now(), -1
	for {
		if after, err = c.Statuses(ctx, slug); err != nil {
			return nil, nil, 0, err
		}
		waits = 0
		for _, r := range after {
			if r.Waits {
				waits++
			}
		}
		if waits != last {
			since, last = time.Now(), waits
		}
		if waits == 0 || time.Since(since) > patience {
			return before, after, waits, nil
		}
		if !clock.Pause(ctx, 200*time.Millisecond) {
			return nil, nil, waits, ctx.Err()
		}
	}
}
