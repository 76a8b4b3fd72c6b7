package command

import (
	"context"
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/kit/terminal"
)

// searchCommands look after what can be found.
type searchCommands struct {
	Rebuild rebuildSearchCommand `cmd:"" help:"Write anew what can be found by searching, while the site goes on running. Needed only after rows were written by other programs."`
}

type rebuildSearchCommand struct{}

// Run implements the command.
func (*rebuildSearchCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	total := map[string]int{}
	err = h.RebuildSearch(ctx, func(source string, done int) { total[source] = done })
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	sum := 0
	for _, n := range total {
		sum += n
	}
	_, err = fmt.Fprintln(p.Stdout, terminal.Count(sum, "1 thing can be found by searching.", "%d things can be found by searching."))
	return err
}
