package backupctl

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"grouprise.org/grouprise/internal/app/backupsite"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// The commands for backups of grouprise 5.5, with the arguments they had.
type (
	// OldDump is database_dump.
	OldDump struct {
		Prefix     string `help:"What the name of the file begins with."`
		OutputDir  string `help:"The folder; backup_path if it is not given."`
		OutputFile string `help:"The name of the file, without its ending; the time if it is not given."`
	}
	// OldMedia is media_dump.
	OldMedia struct {
		Prefix      string `default:"media" help:"What the name of the file begins with."`
		OutputDir   string `help:"The folder; backup_path if it is not given."`
		OutputFile  string `help:"The name of the file, without its ending; the time if it is not given."`
		Compression string `default:"gzip" enum:"none,gzip,bzip2,lzma" help:"none or gzip."`
	}
	// OldLoad is media_import.
	OldLoad struct {
		Filename string `required:"" help:"The file."`
		MediaDir string `help:"The folder; that of the site if it is not given."`
		Clear    bool   `help:"Remove all files of the folder first."`
	}
)

// Run implements the command.
func (c *OldDump) Run(ctx context.Context, p *process.Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	if err := o.Find(); err != nil {
		return err
	}
	ending := ".tar"
	if len(o.Backup.Recipients) > 0 {
		ending = ".tar.age"
	}
	name, err := backupsite.DumpName(o, c.Prefix, c.OutputDir, c.OutputFile, ending)
	if err != nil {
		return err
	}
	return backupsite.Write(ctx, o, name, false, p.Stdout)
}

// Run implements the command.
func (c *OldMedia) Run(ctx context.Context, p *process.Process) (err error) {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	ending := map[string]string{"none": ".tar", "gzip": ".tar.gz"}[c.Compression]
	if ending == "" {
		return errors.New("this version compresses with gzip, or not at all (--compression none)")
	}
	name, err := backupsite.DumpName(o, c.Prefix, c.OutputDir, c.OutputFile, ending)
	if err != nil {
		return err
	}
	store, err := o.OpenMedia()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	err = backup.WriteFile(name, func(w io.Writer) error {
		if c.Compression == "none" {
			return media.WriteTar(ctx, w, store)
		}
		packed := gzip.NewWriter(w)
		return errors.Join(media.WriteTar(ctx, packed, store), packed.Close())
	})
	if err == nil {
		_, err = fmt.Fprintln(p.Stdout, name)
	}
	return err
}

// Run implements the command.
func (c *OldLoad) Run(ctx context.Context, p *process.Process) (err error) {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	file, err := os.Open(c.Filename)
	if err != nil {
		return err
	}
	defer file.Close()
	open := o.OpenMedia
	if c.MediaDir != "" {
		open = func() (options.MediaStore, error) { return media.OpenFolder(c.MediaDir) }
	}
	store, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if c.Clear {
		if err := media.Clear(ctx, store); err != nil {
			return err
		}
	}
	read, there, err := media.ReadTar(ctx, file, store)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s, and %s already.\n", terminal.Count(read, "1 file was read", "%d files were read"), terminal.Count(there, "1 was there", "%d were there"))
	return err
}
