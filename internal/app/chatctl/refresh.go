package chatctl

import (
	"context"
	"fmt"
	"io"
	"time"

	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// patience is how long it is waited for the task runner without anything happening.
const patience = 30 * time.Second

// Refresh lets the rooms of all groups be looked at, or those of the one with a short name, and waits until they have been,
// with invitations also until everybody has been invited. It returns how it stood with them before and afterwards: if
// nothing happens any more, some of them still wait.
func Refresh(ctx context.Context, c *chat.Chat, slug string, invitations bool) (before, after []chat.Status, err error) {
	if before, err = c.Statuses(ctx, slug); err != nil {
		return nil, nil, err
	}
	if err := c.Refresh(ctx, slug); err != nil {
		return nil, nil, err
	}
	since, last := time.Now(), -1
	for {
		if after, err = c.Statuses(ctx, slug); err != nil {
			return nil, nil, err
		}
		rooms, people := waiting(after)
		left := rooms
		if invitations {
			left += people
		}
		if rooms+people != last {
			since, last = time.Now(), rooms+people
		}
		if left == 0 || time.Since(since) > patience {
			return before, after, nil
		}
		if !clock.Pause(ctx, 200*time.Millisecond) {
			return nil, nil, ctx.Err()
		}
	}
}

// waiting returns how many rooms are not yet what they should be, and how many people are still to be invited to them.
func waiting(all []chat.Status) (rooms, people int) {
	for _, r := range all {
		if r.Waits {
			rooms++
		}
		people += r.Asking
	}
	return rooms, people
}

// PrintWaiting says what still waits; nothing if nothing does.
func PrintWaiting(w io.Writer, all []chat.Status) (err error) {
	rooms, people := waiting(all)
	if rooms > 0 {
		_, err = fmt.Fprintln(w, terminal.Count(rooms, "1 room waits for the task runner or the homeserver, and follows when these are there.",
			"%d rooms wait for the task runner or the homeserver, and follow when these are there."))
	}
	if err == nil && people > 0 {
		_, err = fmt.Fprintln(w, terminal.Count(people, "1 invitation is still to be sent. It follows as soon as the homeserver takes it.",
			"%d invitations are still to be sent. They follow as fast as the homeserver takes them."))
	}
	return err
}
