// Package backupctl is what the command line does with backups, those of version 5.5 included.
package backupctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/backupsite"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/core/backup"
)

type (
	// Backup makes a backup.
	Backup struct {
		Output    string   `short:"o" placeholder:"FILE" help:"Write one file that holds everything, or - for standard output, instead of adding to the backups in backup_path or backup.s3."`
		Database  bool     `help:"Leave out the uploaded files. Only with --output."`
		Recipient []string `placeholder:"KEY" help:"Public key of age for which the backup is encrypted, instead of backup.recipients."`
		Plain     bool     `help:"Do not encrypt, whatever backup.recipients says."`
		Passwords bool     `help:"Include the passwords of the configuration, and the secret key."`
		List      bool     `help:"Only list the backups in backup_path or backup.s3."`
	}
	// Restore restores one, or checks it.
	Restore struct {
		Archive       string `arg:"" help:"The file, - for standard input, or the name of a backup in backup_path or backup.s3."`
		Key           string `placeholder:"FILE" help:"Secret key of age, as age-keygen writes it."`
		Check         bool   `help:"Change nothing, and only make sure that all of it can be restored."`
		Replace       bool   `help:"Lose what is in the database."`
		Configuration string `placeholder:"FOLDER" help:"Write the configuration that was backed up into a folder. Otherwise it stays in the backup."`
	}
)

// Run implements the command.
func (c *Backup) Run(ctx context.Context, p *process.Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	o.Version = p.Version
	if err := o.Find(); err != nil {
		return err
	}
	if len(c.Recipient) > 0 {
		o.Backup.Recipients = c.Recipient
	}
	if c.Plain {
		o.Backup.Recipients = nil
	}
	o.Backup.Passwords = o.Backup.Passwords || c.Passwords
	debug.SetGCPercent(20) // a backup is made where the site runs: memory is dearer than time
	switch {
	case c.List:
		return backupsite.List(ctx, o, p.Stdout)
	case c.Output != "":
		return backupsite.Write(ctx, o, c.Output, !c.Database, p.Stdout)
	case c.Database:
		return errors.New("--database needs --output: what is kept in backup_path or backup.s3 is whole")
	}
	h, err := p.BuildWith(ctx, o, (*app.House).CheckVersion)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what only starting needed
	made, err := h.Backups().Make(ctx, backup.Scheduled)
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	return backupsite.Say(p.Stdout, filepath.Join(o.Backup.Where(o.BackupPath), made.Name), made.Restored)
}

// Run implements the command.
func (c *Restore) Run(ctx context.Context, p *process.Process) (err error) {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	o.Version = p.Version
	keys, err := backup.ReadKeys(c.Key)
	if err != nil {
		return err
	}
	archive, beside, closeArchive, err := backupsite.Open(ctx, o, c.Archive, p.Stdin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeArchive()) }()
	how := backup.Restoring{Keys: keys, Beside: beside, Replace: c.Replace}
	if c.Configuration != "" {
		if err := os.MkdirAll(c.Configuration, 0o700); err != nil {
			return err
		}
		how.Config = func(f backup.ConfigFile) error {
			return os.WriteFile(filepath.Join(c.Configuration, f.Name), f.Text, 0o600)
		}
	}
	if c.Check {
		return backupsite.Check(ctx, o, archive, how, p.Stdout)
	}
	read, err := backupsite.Restore(ctx, o, archive, how)
	if err != nil {
		return err
	}
	h, err := p.BuildWith(ctx, o, (*app.House).Migrate)
	if err == nil {
		err = errors.Join(h.RebuildSearch(ctx, func(string, int) {}), h.Close())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "The site is as it was on %s: %s.\n", read.Head.MadeAt.Format("2006-01-02 15:04:05 MST"), backupsite.Extent(read))
	return err
}

// SayPending says which migrations are pending. It ends the process with 3 if the database is up to date.
func SayPending(ctx context.Context, p *process.Process, o *options.Options) error {
	pending, err := backupsite.Pending(ctx, o)
	switch {
	case err != nil:
		return err
	case pending == "":
		return process.Exit{Code: 3}
	}
	_, err = fmt.Fprintln(p.Stdout, pending)
	return err
}
