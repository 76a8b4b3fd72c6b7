package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"grouprise.org/grouprise/internal/features/dkim"
)

// dkimCommands look after the keys by which mails are signed.
type dkimCommands struct {
	List   listKeysCommand  `cmd:"" default:"1" help:"Show the keys, their DNS records and which one signs. Asks DNS."`
	New    newKeyCommand    `cmd:"" help:"Make a key. It signs as soon as DNS shows its record."`
	Remove removeKeyCommand `cmd:"" help:"Remove a key that others have replaced."`
}

type (
	listKeysCommand  struct{}
	newKeyCommand    struct{}
	removeKeyCommand struct {
		Selector string `arg:"" help:"The selector of the key, as the list shows it."`
	}
)

// withKeys hands the keys of the site to a function.
func withKeys(ctx context.Context, p *Process, do func(*dkim.DKIM) error) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(h.DKIM()), h.Close())
}

// Run implements the command.
func (*listKeysCommand) Run(ctx context.Context, p *Process) error {
	return withKeys(ctx, p, func(d *dkim.DKIM) error {
		problem := d.Check(ctx)
		keys, err := d.Keys(ctx)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			_, err = fmt.Fprintln(p.Stdout, "There is no key: emails are not signed by this program. grouprise dkim new makes one.")
			return err
		}
		table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		_, err = fmt.Fprintln(table, "SELECTOR\tDOMAIN\tMADE\tSTATE")
		for _, k := range keys {
			_, failed := fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.Selector, k.Domain, k.CreatedAt.Format("2006-01-02"), stateOf(k))
			err = errors.Join(err, failed)
		}
		if err := errors.Join(err, table.Flush()); err != nil {
			return err
		}
		for _, k := range keys {
			if k.Lost {
				continue
			}
			if err := writeRecord(p.Stdout, k); err != nil {
				return err
			}
		}
		return problem
	})
}

func stateOf(k dkim.Key) string {
	switch {
	case k.Lost:
		return "cannot be read, as it was sealed with another secret_key: remove it"
	case k.Signs:
		return "signs"
	case k.Elsewhere:
		return "is of another domain than emails are sent from now: remove it"
	case k.PublishedAt.IsZero():
		return "waits for its DNS record"
	}
	return "does not sign any more: remove it and its record a week after the last email"
}

func writeRecord(w io.Writer, k dkim.Key) error {
	record, err := k.Record()
	if err != nil {
		return err
	}
	line, err := k.ZoneLine()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nThe DNS record of %s\nname   %s\ntype   TXT\nvalue  %s\n\nThe same as a line of a zone file\n%s\n", k.Selector, k.RecordName(), record, line)
	return err
}

// Run implements the command.
func (*newKeyCommand) Run(ctx context.Context, p *Process) error {
	return withKeys(ctx, p, func(d *dkim.DKIM) error {
		k, err := d.Make(ctx)
		if err != nil {
			return err
		}
		if err := writeRecord(p.Stdout, k); err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, "\nPublish it. The program looks for it every hour, and signs with this key from then on. grouprise dkim looks at once.")
		return err
	})
}

// Run implements the command.
func (c *removeKeyCommand) Run(ctx context.Context, p *Process) error {
	return withKeys(ctx, p, func(d *dkim.DKIM) error {
		if err := d.Remove(ctx, c.Selector); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.Stdout, "The key %s is removed. Its DNS record can go as well.\n", c.Selector)
		return err
	})
}
