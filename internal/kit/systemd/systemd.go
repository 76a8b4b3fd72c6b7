// Package systemd says to systemd how a process goes, for units with Type=notify and WatchdogSec (sd_notify(3)). Without
// systemd it says nothing; the start-stop-daemon of init scripts listens only until the process is ready.
package systemd

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Ready says that the process answers, and once the context ends that it stops.
func Ready(ctx context.Context, log *slog.Logger) {
	tell(log, daemon.SdNotifyReady)
	context.AfterFunc(ctx, func() { tell(log, daemon.SdNotifyStopping) })
}

// Watch says three times in each WatchdogSec of the unit that the process goes on, until the context ends. systemd ends and
// starts anew a process that hangs as a whole.
func Watch(ctx context.Context, log *slog.Logger) error {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		return err
	}
	ticker := time.NewTicker(interval / 3)
	defer ticker.Stop()
	for {
		tell(log, daemon.SdNotifyWatchdog)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func tell(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("systemd cannot be told how the process is", "state", state, "error", err)
	}
}
