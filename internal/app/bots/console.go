package bots

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strings"

	core "grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/features/commander"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// Obey does what is typed, line after line, until somebody has had enough.
func Obey(ctx context.Context, c *commander.Commander, in io.Reader, out io.Writer) error {
	lines, err := terminal.Open(in, out, "grouprise> ", c.Complete)
	if err != nil {
		return err
	}
	return errors.Join(obey(ctx, c, lines), lines.Close())
}

func obey(ctx context.Context, c *commander.Commander, lines *terminal.Lines) error {
	by := "terminal"
	if u, err := user.Current(); err == nil {
		by = u.Username + " at the terminal"
	}
	for ctx.Err() == nil {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch line = strings.TrimSpace(line); line {
		case "":
			continue
		case "quit", "exit":
			return nil
		}
		reply, err := c.Give(ctx, by, line, func(question core.Reply) bool {
			_, _ = fmt.Fprintf(lines, "%s\n%s\n", question.Text(), `Type "yes" to confirm.`)
			answer, err := lines.Read()
			return err == nil && strings.EqualFold(strings.TrimSpace(answer), "yes")
		})
		if err != nil {
			return err
		}
		if len(reply) > 0 {
			if _, err := fmt.Fprintln(lines, reply.Text()); err != nil {
				return err
			}
		}
	}
	return nil
}
