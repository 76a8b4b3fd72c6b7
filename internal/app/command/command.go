// Package command is the command line of the program.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/backupctl"
	"grouprise.org/grouprise/internal/app/backupsite"
	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/app/doctorctl"
	"grouprise.org/grouprise/internal/app/oldnames"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/app/sandboxed"
	"grouprise.org/grouprise/internal/app/settingsctl"
	"grouprise.org/grouprise/internal/app/setupctl"
	"grouprise.org/grouprise/internal/app/sitectl"
	"grouprise.org/grouprise/internal/app/versionctl"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sandbox"
)

// Process is what the operating system hands to the program.
type Process = process.Process

// commands is the command line.
type commands struct {
	Serve       serveCommand          `cmd:"" help:"Run all roles in one process."`
	Web         webCommand            `cmd:"" help:"Run the web server only."`
	Worker      workerCommand         `cmd:"" help:"Run the task runner only."`
	LMTP        lmtpCommand           `cmd:"" name:"lmtp" help:"Run the server for incoming mail only."`
	Bot         botCommand            `cmd:"" help:"Run what listens in chat rooms only."`
	Setup       setupctl.Setup        `cmd:"" help:"Set the site up: its domain, its name and its first administrator. Asks for what no flag says, and can be run again."`
	Settings    settingsctl.Commands  `cmd:"" help:"Show and change the options in the files of the configuration."`
	OldSettings settingsctl.Old       `cmd:"" name:"grouprise_settings" hidden:"" help:"The old name of settings."`
	Import      importCommand         `cmd:"" name:"import-mail" help:"Read one email from standard input. Exits with 0 if it was accepted, 69 if it was refused and 75 if the mail server should try again."`
	OldImport   oldImportCommand      `cmd:"" name:"import_mail_message" hidden:"" help:"The old name of import-mail. Exits with 99, 70 and 1 instead."`
	Backup      backupctl.Backup      `cmd:"" help:"Back up the database, the uploaded files and the configuration while the site runs, and prove that the backup can be restored."`
	Restore     backupctl.Restore     `cmd:"" help:"Restore a backup into an empty database of any kind, or check one."`
	OldDump     backupctl.OldDump     `cmd:"" name:"database_dump" hidden:"" help:"The old name of backup --database."`
	OldMedia    backupctl.OldMedia    `cmd:"" name:"media_dump" hidden:"" help:"Write all uploaded files into a tar file. backup does so, too."`
	OldLoad     backupctl.OldLoad     `cmd:"" name:"media_import" hidden:"" help:"Read uploaded files from a tar file."`
	ImportFeeds sitectl.ImportFeeds   `cmd:"" name:"import-feeds" help:"Let the task runner read now all calendars and websites that groups import. Happens every hour anyway."`
	TestMail    sitectl.TestMail      `cmd:"" name:"test-mail" help:"Send an email at once, and show how far it came."`
	Await       sitectl.AwaitDatabase `cmd:"" name:"await-database" help:"Wait until the database answers."`
	OldAwait    sitectl.OldAwait      `cmd:"" name:"database_await_connection" hidden:"" help:"The old name of await-database."`
	Gone        sitectl.Gone          `cmd:"" name:"gone" hidden:"" help:"Says what became of a command of version 5.5."`
	Migrate     migrateCommand        `cmd:"" help:"Bring the database up to this program's version."`
	Demo        demoCommand           `cmd:"" help:"Fill an empty database with an invented town. Its emails are not sent."`
	Config      configCommand         `cmd:"" help:"Show the options in force and where each comes from."`
	Doctor      doctorctl.Doctor      `cmd:"" help:"Examine the site, say what is wrong with it and how to put that right. Exits with 0 if nothing is but hints, with 3 after warnings and with 4 after problems."`
	Jobs        jobsCommands          `cmd:"" help:"List what is waiting and what has failed, and try it again."`
	Admin       adminCommands         `cmd:"" help:"Administer the site."`
	Group       groupCommands         `cmd:"" help:"Archive, reactivate or remove a group."`
	Commander   commanderCommand      `cmd:"" help:"Take the commands of administrators, as their rooms in the chat do. “help” lists them, “quit” ends it."`
	Scores      scoresCommand         `cmd:"" help:"Work out anew how active groups and people are, by which lists put them in order. Happens every three hours anyway."`
	OldScores   scoresCommand         `cmd:"" name:"update_scores" hidden:"" help:"The old name of scores."`
	Search      searchCommands        `cmd:"" help:"Look after what can be found by searching."`
	Matrix      matrixCommands        `cmd:"" help:"Look after the chat rooms of groups."`

	DKIM       dkimCommands      `cmd:"" name:"dkim" help:"Have emails signed, so that large providers believe where they come from."`
	WebServer  webServerCommand  `cmd:"" help:"Print the configuration of the web server in front of the site."`
	MailServer mailServerCommand `cmd:"" help:"Print commands for a shell that configure the mail server in front of the site."`
	Completion completionCommand `cmd:"" help:"Print the completion of the command line for a shell."`
	Manual     manualCommand     `cmd:"" help:"Print the man page of the program."`

	Parts   versionctl.Version `cmd:"" name:"version" help:"Say which program this is, and what it consists of."`
	Version kong.VersionFlag   `help:"Print the version."`
}

type (
	serveCommand     struct{ noMigration }
	webCommand       struct{ noMigration }
	workerCommand    struct{ noMigration }
	lmtpCommand      struct{ noMigration }
	botCommand       struct{ noMigration }
	importCommand    struct{}
	oldImportCommand struct{}
	migrateCommand   struct {
		Pending bool `help:"Only say whether there is something to do: exits with 0 if so, and with 3 if not."`
	}
	demoCommand struct {
		People        int  `default:"60" help:"How many people live there."`
		Groups        int  `default:"22" help:"How many groups there are."`
		Contents      int  `default:"90" help:"How many articles they have published."`
		Comments      int  `default:"260" help:"How many comments the articles have."`
		Conversations int  `default:"24" help:"How many conversations there are."`
		Events        int  `default:"0" help:"How many events there are, if those that are in every town are not enough."`
		IfEmpty       bool `help:"Do nothing if the database is not empty."`
	}
	configCommand struct{}
	adminCommands struct {
		Create   createCommand    `cmd:"" help:"Create an administrator, or make somebody who is there one. Prints a link for choosing a password."`
		Password sitectl.Password `cmd:"" help:"Set the password of somebody, and sign them out everywhere. Reads it from the terminal or from standard input."`
		House    houseCommand     `cmd:"" help:"List the routes, jobs and notifications of each part of the program."`
	}
	createCommand struct {
		Name  string `arg:"" help:"Short name, for signing in."`
		Email string `arg:"" help:"Email address."`
	}
	houseCommand struct{}
)

// noMigration is the flag of commands that migrate the database on their own.
type noMigration struct {
	NoMigrate bool `help:"Do not migrate the database; exit if it is not up to date."`
}

// quit unwinds the parser where it would end the process: after --help and --version.
type quit int

// Main runs one command and returns the exit code of the process: 0 after a clean end, 1 after a failure
// and 2 for a command line that makes no sense. The codes of import-mail are its own.
func Main(p Process) (code int) {
	defer func() {
		if q, ok := recover().(quit); ok {
			code = int(q)
		}
	}()
	if code, asked := sandbox.Main(p.Args, sandboxed.Functions(), p.Stdin, p.Stdout, p.Stderr); asked {
		return code
	}
	if p.Name == oldnames.Program {
		if err := oldnames.BecomeSiteUser(&p); err != nil {
			return complain(p, 1, err)
		}
		if err := oldnames.Translate(&p); err != nil {
			return complain(p, 2, err)
		}
	}
	var c commands
	parser, err := kong.New(
		&c, kong.Name("grouprise"), kong.Description("A home on the net for the groups of a town."),
		kong.Vars{"version": p.Version}, kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { panic(quit(code)) }),
	)
	if err != nil {
		return complain(p, 1, err)
	}
	chosen, err := parser.Parse(p.Args)
	if err != nil {
		return complain(p, 2, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	chosen.BindTo(ctx, (*context.Context)(nil))
	err = chosen.Run(&p)
	if own, ok := errors.AsType[process.Exit](err); ok {
		if own.Err != nil {
			return complain(p, own.Code, own.Err)
		}
		return own.Code
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errInterrupted // what it was about to do is of no use to whoever ended it
	}
	if err != nil {
		return complain(p, 1, err)
	}
	return 0
}

var errInterrupted = errors.New("interrupted")

func complain(p Process, code int, err error) int {
	_, _ = fmt.Fprintln(p.Stderr, "grouprise:", errs.Sentence(err))
	return code
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, app.Roles{Web: true, Worker: true, LMTP: true, Bot: true})
}

// Run implements the command.
func (c *webCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, app.Roles{Web: true})
}

// Run implements the command.
func (c *workerCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, app.Roles{Worker: true})
}

// Run implements the command.
func (c *lmtpCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, app.Roles{LMTP: true})
}

// Run implements the command.
func (c *botCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, app.Roles{Bot: true})
}

// run does the work of roles until the context ends. What they listen on is opened first, so that nothing has begun when
// a port turns out to be taken, and the database has not been touched.
func run(ctx context.Context, p *Process, migrate bool, r app.Roles) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	ready := (*app.House).Migrate
	if !migrate {
		ready = (*app.House).AwaitVersion
		if err := o.Find(); err != nil {
			return err
		}
	}
	if err := o.Prepare(); err != nil {
		return err
	}
	l, err := r.Open(ctx, o)
	if err != nil {
		return err
	}
	h, err := p.BuildWith(ctx, o, ready)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return errors.Join(h.Serve(ctx, r, l), h.Close(), l.Close())
}

// Run implements the command.
func (*importCommand) Run(ctx context.Context, p *Process) error { return importMail(ctx, p, sysexits) }

// Run implements the command.
func (*oldImportCommand) Run(ctx context.Context, p *Process) error {
	return importMail(ctx, p, qmailCodes)
}

// importCodes tell a mail server that runs a program for each mail what became of it.
type importCodes struct{ accepted, refused, tryLater int }

var (
	sysexits   = importCodes{accepted: 0, refused: 69, tryLater: 75} // EX_UNAVAILABLE and EX_TEMPFAIL of sysexits.h
	qmailCodes = importCodes{accepted: 99, refused: 70, tryLater: 1} // as qmail-command(8) reads them, and grouprise 5.5 gave them
)

// of returns the code for the outcome of an import.
func (c importCodes) of(err error) int {
	switch {
	case err == nil:
		return c.accepted
	case errs.Temporary(err):
		return c.tryLater
	default:
		return c.refused
	}
}

// importMail imports the mail on standard input. Whatever goes wrong, a mail that had no effect is tried again.
func importMail(ctx context.Context, p *Process, codes importCodes) (err error) {
	defer func() {
		if defect := recover(); defect != nil {
			err = process.Exit{Code: codes.tryLater, Err: fmt.Errorf("panic: %v", defect)}
		}
	}()
	h, err := p.Build(ctx)
	if err != nil {
		return process.Exit{Code: codes.tryLater, Err: err}
	}
	// One byte more than allowed, so that a message that is too large is refused as such.
	message, err := io.ReadAll(io.LimitReader(cmp.Or[io.Reader](p.Stdin, strings.NewReader("")), h.Options().LMTP.MaxBytes()+1))
	if err != nil {
		return process.Exit{Code: codes.tryLater, Err: errors.Join(err, h.Close())}
	}
	err = h.Import(ctx, message, p.Variable("DTLINE"))
	return process.Exit{Code: codes.of(err), Err: errors.Join(err, h.Close())}
}

// Run implements the command.
func (c *migrateCommand) Run(ctx context.Context, p *Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	if c.Pending {
		return backupctl.SayPending(ctx, p, o)
	}
	if err := o.Prepare(); err != nil {
		return err
	}
	if err := app.Migrate(ctx, o, p.Logger(o)); err != nil {
		return backupsite.WayBack(ctx, o, err)
	}
	_, err = fmt.Fprintln(p.Stdout, "The database is up to date.")
	return err
}

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Found(ctx)
	if err != nil {
		return err
	}
	err = h.Demonstrate(ctx, demo.Size{People: c.People, Groups: c.Groups, Contents: c.Contents, Comments: c.Comments, Conversations: c.Conversations, Events: c.Events})
	if errors.Is(err, demo.ErrNotEmpty) && c.IfEmpty {
		return h.Close()
	}
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "An invented town is ready. Everybody signs in with the password %q, for example anna, bert, carla, and demo-admin, who administers.\n", demo.Password)
	return err
}

// Run implements the command.
func (*configCommand) Run(p *Process) error {
	_, settings, err := p.ReadOptions()
	if err != nil {
		return err
	}
	return settings.Print(p.Stdout)
}

// Run implements the command.
func (c *createCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	person, link, err := h.CreateAdmin(ctx, c.Name, c.Email)
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s administers the site now and chooses a password at %s\n", person.Slug, link)
	return err
}

// Run implements the command. It needs no database and no configuration, and shows what is off unless it is switched on, too.
func (*houseCommand) Run(ctx context.Context, p *Process) (err error) {
	folder, err := os.MkdirTemp("", "grouprise-house-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: []string{
		"GROUPRISE_DATA_PATH=" + folder, "GROUPRISE_TRANSPORT_SECURITY=reverse-proxy", "GROUPRISE_MATRIX_CHAT_ENABLED=true", "GROUPRISE_MATRIX_CHAT_BOT_ACCESS_TOKEN=none", "GROUPRISE_MATRIX_CHAT_PUBLIC_LISTENER_ROOMS=!feed:localhost.localdomain",
	}})
	if err != nil {
		return err
	}
	if err := o.Prepare(); err != nil {
		return err
	}
	h, err := app.Build(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(h.Print(p.Stdout), h.Close())
}
