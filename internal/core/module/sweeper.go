package module

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/kit/queue"
)

// Sweeper is the module of the job that runs what all modules sweep, each after the others have failed, too.
func Sweeper(modules []Module) Module {
	const sweep = "core.sweep"
	sweeps := Gather(modules, func(m Module) []Sweep { return m.Sweeps })
	return Module{
		Name: "sweeper",
		Jobs: []queue.Kind{{Name: sweep, Lane: queue.Housekeeping, Timeout: time.Hour, Handle: func(ctx context.Context, _ queue.Job) error {
			var problems error
			for _, s := range sweeps {
				if err := s.Run(ctx); err != nil {
					problems = errors.Join(problems, fmt.Errorf("remove %s: %w", s.About, err))
				}
			}
			return problems
		}}},
		Periodics: []queue.Periodic{{Name: sweep, Kind: sweep, Schedule: "17 4 * * *"}},
	}
}
