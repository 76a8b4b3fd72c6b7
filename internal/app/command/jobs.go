package command

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"grouprise.org/grouprise/internal/kit/terminal"
)

// jobsCommands look after the work in the background.
type jobsCommands struct {
	List  listJobsCommand  `cmd:"" default:"1" help:"Count the jobs of each kind."`
	Retry retryJobsCommand `cmd:"" help:"Try all failed jobs of a kind again."`
}

type (
	listJobsCommand  struct{}
	retryJobsCommand struct {
		Kind string `arg:"" help:"The kind, as the list shows it: notify.deliver."`
	}
)

// Run implements the command.
func (*listJobsCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	kinds, now, err := h.Jobs(ctx)
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	_, err = fmt.Fprintln(table, "KIND\tWAITING\tLATER\tRUNNING\tFAILED\tOLDEST")
	for _, k := range kinds {
		age := "-"
		if !k.Since.IsZero() {
			age = now.Sub(k.Since.Time).Round(time.Second).String()
		}
		_, problem := fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%s\n", k.Kind, k.Waiting, k.Later, k.Running, k.Dead, age)
		err = errors.Join(err, problem)
	}
	return errors.Join(err, table.Flush())
}

// Run implements the command.
func (c *retryJobsCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	retried, err := h.RetryJobs(ctx, c.Kind)
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s of the kind %s will be tried again.\n", terminal.Count(retried, "1 job", "%d jobs"), c.Kind)
	return err
}
