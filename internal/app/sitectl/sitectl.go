// Package sitectl is what commands do for a site from the terminal: a test mail, members from a file, a new password, and
// waiting for the database. The commands of version 5.5 for this have their old names beside ours.
package sitectl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// TestMail sends a mail to addresses at once, without the queue.
type TestMail struct {
	Addresses []string `arg:"" name:"address" help:"Where it goes."`
}

// Run implements the command.
func (c *TestMail) Run(ctx context.Context, p *process.Process) error {
	return with(ctx, p, func(h *app.House) error {
		for _, address := range c.Addresses {
			way, err := h.Rooms().SendTest(ctx, address)
			for _, step := range way {
				if _, err := fmt.Fprintln(p.Stdout, step); err != nil {
					return err
				}
			}
			if err != nil {
				return fmt.Errorf("it stopped here: %w", err)
			}
		}
		return nil
	})
}

// with hands the house to a function, and closes it.
func with(ctx context.Context, p *process.Process, do func(*app.House) error) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(h), h.Close())
}

// AwaitDatabase waits until the database answers.
type AwaitDatabase struct {
	Timeout time.Duration `default:"1m" help:"How long at most."`
}

// Run implements the command. It neither makes a database nor changes one.
func (c *AwaitDatabase) Run(ctx context.Context, p *process.Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	if o.DatabaseConfig().LacksFile() {
		_, err := fmt.Fprintln(p.Stdout, "There is nothing to wait for: the database is a file, and grouprise migrate makes it.")
		return err
	}
	db, err := sqldb.Open(ctx, o.DatabaseConfig())
	if err != nil {
		return err
	}
	if err := errors.Join(sqldb.Await(ctx, db, p.Logger(o), c.Timeout), db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, "The database answers.")
	return err
}

// OldAwait is database_await_connection of version 5.5.
type OldAwait struct {
	Retries   int `default:"10" help:"How often to try."`
	RetryWait int `default:"2" help:"Seconds between two tries."`
}

// Run implements the command.
func (c *OldAwait) Run(ctx context.Context, p *process.Process) error {
	if c.Retries < 1 || c.RetryWait < 0 {
		return errors.New("--retries must be 1 or more, and --retry-wait 0 or more")
	}
	wait := AwaitDatabase{Timeout: time.Duration(c.Retries-1) * time.Duration(c.RetryWait) * time.Second}
	return wait.Run(ctx, p)
}

// ImportMembers makes the owners of addresses in a file members of a group.
type ImportMembers struct {
	Group string `arg:"" help:"The short name of the group."`
	By    string `arg:"" help:"The short name of a member of the group or of an administrator, in whose name they come."`
	File  string `arg:"" help:"A file with email addresses, such as a table with commas; - is standard input."`
}

// maxFile is how large a file with addresses may be.
const maxFile = 10 << 20

// Run implements the command. It fails if somebody was refused.
func (c *ImportMembers) Run(ctx context.Context, p *process.Process) error {
	source := p.Stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close()
		source = file
	}
	if source == nil {
		return errors.New("there is nothing on standard input")
	}
	text, err := io.ReadAll(io.LimitReader(source, maxFile+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxFile:
		return fmt.Errorf("%s is larger than %d MB", c.File, maxFile>>20)
	}
	addresses := membership.FindAddresses(text)
	if len(addresses) == 0 {
		return fmt.Errorf("there is no email address in %s", c.File)
	}
	return with(ctx, p, func(h *app.House) error {
		done, err := h.Rooms().Members.Import(ctx, c.Group, c.By, addresses)
		if err != nil {
			return err
		}
		for _, r := range done.Refused {
			if _, err := fmt.Fprintf(p.Stderr, "%s: %s\n", r.Address, errs.Sentence(r.Reason)); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(p.Stdout, "New members of %s: %d. Were members before: %d. Not added: %d.\n", done.Group.Slug, done.Added, done.Already, len(done.Refused))
		if err == nil && len(done.Refused) > 0 {
			err = process.Exit{Code: 1}
		}
		return err
	})
}

// ImportFeeds has all calendars and websites read that groups import.
type ImportFeeds struct{}

// Run implements the command.
func (*ImportFeeds) Run(ctx context.Context, p *process.Process) error {
	return with(ctx, p, func(h *app.House) error {
		n, err := h.Rooms().Imports.ReadAll(ctx)
		if err == nil {
			_, err = fmt.Fprintln(p.Stdout, terminal.Count(n, "1 calendar or website will be read now by the task runner.", "%d calendars and websites will be read now by the task runner."))
		}
		return err
	})
}

// Password sets the password of somebody.
type Password struct {
	Name string `arg:"" help:"The short name or the email address of the person."`
}

// Run implements the command. It ends the sessions of the person.
func (c *Password) Run(ctx context.Context, p *process.Process) error {
	typed, err := terminal.ReadSecret(ctx, p.Stdin, p.Stdout, "New password: ")
	if err != nil {
		return err
	}
	if terminal.Is(p.Stdin) {
		again, err := terminal.ReadSecret(ctx, p.Stdin, p.Stdout, "Once more: ")
		switch {
		case err != nil:
			return err
		case again != typed:
			return errors.New("these are two passwords")
		}
	}
	return with(ctx, p, func(h *app.House) error {
		person, err := h.Rooms().Accounts.SetPassword(ctx, c.Name, typed)
		if err == nil {
			_, err = fmt.Fprintf(p.Stdout, "%s has a new password, and is signed out everywhere.\n", person.Slug)
		}
		return err
	})
}
