package command

import (
	"context"
	"errors"
	"fmt"
)

// scoresCommand works out how active groups and people are.
type scoresCommand struct{}

// Run implements the command.
func (*scoresCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	changed, err := h.Scores().Update(ctx)
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "New scores: %d groups and people, %d memberships.\n", changed.Entities, changed.Memberships)
	return err
}
