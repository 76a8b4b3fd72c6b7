package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/sitectl"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// groupCommands look after groups that nobody looks after any more, or that have to go, and bring members into them.
type groupCommands struct {
	Archive    archiveGroupCommand    `cmd:"" help:"Archive a group: it stays readable, and nothing new comes into it."`
	Reactivate reactivateGroupCommand `cmd:"" help:"Reactivate a group that is archived."`
	Import     sitectl.ImportMembers  `cmd:"" name:"import-members" help:"Make the owners of email addresses in a file members of a group."`
	Remove     removeGroupCommand     `cmd:"" help:"Remove a group with everything it posted. This cannot be undone."`
}

// groupArgument is how a group is named: by its short name, or by the address of its page.
type groupArgument struct {
	Group string `arg:"" help:"The short name of the group, or the address of its page."`
}

type (
	archiveGroupCommand    struct{ groupArgument }
	reactivateGroupCommand struct{ groupArgument }
	removeGroupCommand     struct {
		groupArgument
		Yes bool `help:"Do not ask for confirmation."`
	}
)

// slug returns the short name of the group.
func (a groupArgument) slug() string {
	if u, err := url.Parse(a.Group); err == nil && strings.Contains(a.Group, "/") {
		return path.Base(u.Path)
	}
	return a.Group
}

// explain says in words for administrators that a group is not there.
func (a groupArgument) explain(err error) error {
	if errs.Is(err, errs.NotFound) {
		return fmt.Errorf("there is no group with the short name %q", a.slug())
	}
	return err
}

// Run implements the command.
func (c *archiveGroupCommand) Run(ctx context.Context, p *Process) error {
	return c.archive(ctx, p, true)
}

// Run implements the command.
func (c *reactivateGroupCommand) Run(ctx context.Context, p *Process) error {
	return c.archive(ctx, p, false)
}

func (a groupArgument) archive(ctx context.Context, p *Process, archive bool) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	g, changed, err := h.Groups().ArchiveFor(ctx, a.slug(), archive)
	if err := errors.Join(a.explain(err), h.Close()); err != nil {
		return err
	}
	said := "The group %q is archived. Its members will be told.\n"
	switch {
	case !changed && archive:
		said = "The group %q was archived already.\n"
	case !changed:
		said = "The group %q is not archived.\n"
	case !archive:
		said = "The group %q is active again. Its members will be told.\n"
	}
	_, err = fmt.Fprintf(p.Stdout, said, g.Name)
	return err
}

// Run implements the command.
func (c *removeGroupCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	err = c.remove(ctx, p, h)
	return errors.Join(c.explain(err), h.Close())
}

func (c *removeGroupCommand) remove(ctx context.Context, p *Process, h *app.House) error {
	g, err := h.Groups().Find(ctx, c.slug())
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := confirm(ctx, p, g.Slug, fmt.Sprintf("The group %q goes with everything it posted, and this cannot be undone.", g.Name)); err != nil {
			return err
		}
	}
	if _, err := h.Groups().Remove(ctx, g.Slug); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "The group %q has been removed. Its members will be told.\n", g.Name)
	return err
}

// confirm asks for a word, and returns an error unless that is what stands on the next line of standard input.
func confirm(ctx context.Context, p *Process, word, warning string) error {
	if _, err := fmt.Fprintf(p.Stdout, "%s\nType %s to confirm: ", warning, word); err != nil {
		return err
	}
	var typed string
	if p.Stdin != nil {
		line, err := terminal.ReadLine(ctx, bufio.NewReader(p.Stdin))
		if err != nil && !errors.Is(err, io.EOF) {
			_, _ = fmt.Fprintln(p.Stdout) // the prompt ends
			return fmt.Errorf("nothing has been removed: %w", err)
		}
		typed = strings.TrimSpace(line)
	}
	if typed != word {
		return errors.New("nothing has been removed: that is not the short name of the group")
	}
	return nil
}
