package command

import (
	"context"
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/kit/terminal"
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
	_, err = fmt.Fprintf(p.Stdout, "New scores: %s, %s.\n", terminal.Count(changed.Entities, "1 group or person", "%d groups and people"), terminal.Count(changed.Memberships, "1 membership", "%d memberships"))
	return err
}
