package command

import (
	"context"
	"errors"

	"grouprise.org/grouprise/internal/app/bots"
)

// commanderCommand takes the commands of administrators at a terminal.
type commanderCommand struct {
	LogLevel string `enum:"debug,info,warning,error" default:"warning" help:"What is logged: debug, info, warning or error."`
}

// Run implements the command.
func (c *commanderCommand) Run(ctx context.Context, p *Process) error {
	p.LogLevel = c.LogLevel
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	return errors.Join(bots.Obey(ctx, h.Commander(), p.Stdin, p.Stdout), h.Close())
}
