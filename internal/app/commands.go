package app

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

	"grouprise.org/grouprise/internal/app/demo"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/schema"
)

// Process is what the operating system hands to the program.
type Process struct {
	Args    []string // without the program's name
	Environ []string
	Version string
	Stdin   io.Reader // nil: empty
	Stdout  io.Writer
	Stderr  io.Writer
}

// commands is the command line.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Run all roles in one process."`
	Web       webCommand       `cmd:"" help:"Run the web server only."`
	Worker    workerCommand    `cmd:"" help:"Run the task runner only."`
	LMTP      lmtpCommand      `cmd:"" name:"lmtp" help:"Run the server for incoming mail only."`
	Import    importCommand    `cmd:"" name:"import-mail" help:"Read one mail from standard input. Ends with 0 when it was taken, 69 when it was refused and 75 when the mail server should try again."`
	OldImport oldImportCommand `cmd:"" name:"import_mail_message" hidden:"" help:"What import-mail was called. Ends with 99, 70 and 1 instead."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database up to this program's version."`
	Demo      demoCommand      `cmd:"" help:"Fill an empty database with an invented town. Mails do not leave it."`
	Config    configCommand    `cmd:"" help:"Show the options in force and where each comes from."`
	Admin     adminCommands    `cmd:"" help:"Look after the site."`

	Version kong.VersionFlag `help:"Print the version."`
}

type (
	serveCommand     struct{ noMigration }
	webCommand       struct{ noMigration }
	workerCommand    struct{ noMigration }
	lmtpCommand      struct{ noMigration }
	importCommand    struct{}
	oldImportCommand struct{}
	migrateCommand   struct{}
	demoCommand      struct {
		People        int  `default:"60" help:"How many people live there."`
		Groups        int  `default:"14" help:"How many groups there are."`
		Contents      int  `default:"90" help:"How many articles they have published."`
		Comments      int  `default:"260" help:"How many comments stand below them."`
		Conversations int  `default:"24" help:"How many conversations there are."`
		IfEmpty       bool `help:"Do nothing if the database is not empty."`
	}
	configCommand struct{}
	adminCommands struct {
		Create createCommand `cmd:"" help:"Create an administrator, or make one of somebody who is there. Prints a link to choose a password with."`
		House  houseCommand  `cmd:"" help:"List what each room of the house answers and does."`
	}
	createCommand struct {
		Name  string `arg:"" help:"Short name, for signing in."`
		Email string `arg:"" help:"E-mail address."`
	}
	houseCommand struct{}
)

// noMigration is the flag of commands that migrate the database on their own.
type noMigration struct {
	NoMigrate bool `help:"Do not migrate the database; end if it is not up to date."`
}

// quit unwinds the parser where it would end the process: after --help and --version.
type quit int

// exit is the error of a command that ends with a code of its own; err may be nil.
type exit struct {
	code int
	err  error
}

// Error implements the error interface.
func (e exit) Error() string { return fmt.Sprintf("exit code %d: %v", e.code, e.err) }

// Unwrap returns what went wrong.
func (e exit) Unwrap() error { return e.err }

// Main runs one command and returns the exit code of the process: 0 after a clean end, 1 after a failure
// and 2 for a command line that makes no sense. The codes of import-mail are its own.
func Main(p Process) (code int) {
	defer func() {
		if q, ok := recover().(quit); ok {
			code = int(q)
		}
	}()
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
	if own, ok := errors.AsType[exit](err); ok {
		if own.err != nil {
			return complain(p, own.code, own.err)
		}
		return own.code
	}
	if err != nil {
		return complain(p, 1, err)
	}
	return 0
}

func complain(p Process, code int, err error) int {
	_, _ = fmt.Fprintln(p.Stderr, "grouprise:", err)
	return code
}

// logger returns the program's log: structured, one line each, to standard error.
func (p *Process) logger() *slog.Logger { return slog.New(slog.NewTextHandler(p.Stderr, nil)) }

// readOptions reads the configuration and says what an administrator should know about it.
func (p *Process) readOptions() (*options.Options, *config.Settings, error) {
	o, settings, err := options.Load(options.Sources(p.Environ))
	for _, w := range settings.Warnings {
		_, _ = fmt.Fprintln(p.Stderr, "warning:", w.Error())
	}
	if err != nil {
		return nil, settings, fmt.Errorf("the configuration is not right:\n%w", err)
	}
	return o, settings, nil
}

// build builds the house on a database that is there already and that this program knows.
func (p *Process) build(ctx context.Context) (*House, error) {
	o, _, err := p.readOptions()
	if err != nil {
		return nil, err
	}
	if err := o.Find(); err != nil {
		return nil, err
	}
	return p.buildWith(ctx, o, (*House).checkVersion)
}

// found builds the house, and makes its folders and its database before that if they are not there.
func (p *Process) found(ctx context.Context) (*House, error) {
	o, _, err := p.readOptions()
	if err != nil {
		return nil, err
	}
	return p.buildWith(ctx, o, (*House).migrate)
}

// buildWith builds the house, and readies its database.
func (p *Process) buildWith(ctx context.Context, o *options.Options, ready func(*House, context.Context) error) (*House, error) {
	if err := o.Prepare(); err != nil {
		return nil, err
	}
	h, err := Build(ctx, o, p.logger())
	if err != nil {
		return nil, err
	}
	if err := ready(h, ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, roles{web: true, worker: true, lmtp: true})
}

// Run implements the command.
func (c *webCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, roles{web: true})
}

// Run implements the command.
func (c *workerCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, roles{worker: true})
}

// Run implements the command.
func (c *lmtpCommand) Run(ctx context.Context, p *Process) error {
	return run(ctx, p, !c.NoMigrate, roles{lmtp: true})
}

// run does the work of roles until the context ends. What they listen on is opened first, so that nothing has begun when
// a port turns out to be taken, and the database has not been touched.
func run(ctx context.Context, p *Process, migrate bool, r roles) error {
	o, _, err := p.readOptions()
	if err != nil {
		return err
	}
	ready := (*House).migrate
	if !migrate {
		ready = (*House).awaitVersion
		if err := o.Find(); err != nil {
			return err
		}
	}
	if err := o.Prepare(); err != nil {
		return err
	}
	l, err := r.open(ctx, o)
	if err != nil {
		return err
	}
	h, err := p.buildWith(ctx, o, ready)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return errors.Join(h.Serve(ctx, r, l), h.Close(), l.Close())
}

// Run implements the command.
func (*importCommand) Run(ctx context.Context, p *Process) error { return p.importMail(ctx, sysexits) }

// Run implements the command.
func (*oldImportCommand) Run(ctx context.Context, p *Process) error {
	return p.importMail(ctx, qmailCodes)
}

// importMail imports the mail on standard input. Whatever goes wrong, a mail that had no effect is tried again.
func (p *Process) importMail(ctx context.Context, codes importCodes) (err error) {
	defer func() {
		if defect := recover(); defect != nil {
			err = exit{codes.tryLater, fmt.Errorf("panic: %v", defect)}
		}
	}()
	h, err := p.build(ctx)
	if err != nil {
		return exit{codes.tryLater, err}
	}
	// One byte more than allowed, so that a message that is too large is refused as such.
	message, err := io.ReadAll(io.LimitReader(cmp.Or[io.Reader](p.Stdin, strings.NewReader("")), h.options.LMTP.MaxBytes()+1))
	if err != nil {
		return exit{codes.tryLater, errors.Join(err, h.Close())}
	}
	err = h.Import(ctx, message, p.variable("DTLINE"))
	return exit{codes.of(err), errors.Join(err, h.Close())}
}

// variable returns a variable of the environment, or nothing.
func (p *Process) variable(name string) string {
	for _, pair := range p.Environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// Run implements the command.
func (*migrateCommand) Run(ctx context.Context, p *Process) error {
	o, _, err := p.readOptions()
	if err != nil {
		return err
	}
	if err := o.Prepare(); err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, o.DatabaseConfig())
	if err != nil {
		return err
	}
	err = await(ctx, db, p.logger(), patience)
	if err == nil {
		err = sqldb.Migrate(ctx, db, schema.FS)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, "The database is up to date.")
	return err
}

// demoPassword is what everybody in an invented town signs in with.
const demoPassword = "demo"

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.found(ctx)
	if err != nil {
		return err
	}
	hash, err := password.New(password.Moderate()).Hash(ctx, demoPassword)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	err = demo.Fill(ctx, h.db, demo.Size{People: c.People, Groups: c.Groups, Contents: c.Contents, Comments: c.Comments, Conversations: c.Conversations}, hash)
	if errors.Is(err, demo.ErrNotEmpty) && c.IfEmpty {
		return h.Close()
	}
	if err == nil {
		err = os.WriteFile(h.options.DemonstrationFile(), []byte("The town in this folder is invented. Mails do not leave it.\n"), 0o600)
	}
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "An invented town is ready. Everybody signs in with the password %q, for example anna, bert, carla, and demo-admin, who administers.\n", demoPassword)
	return err
}

// Run implements the command.
func (*configCommand) Run(p *Process) error {
	_, settings, err := p.readOptions()
	if err != nil {
		return err
	}
	return settings.Print(p.Stdout)
}

// Run implements the command.
func (c *createCommand) Run(ctx context.Context, p *Process) error {
	h, err := p.build(ctx)
	if err != nil {
		return err
	}
	person, link, err := h.accounts.CreateAdmin(ctx, c.Name, c.Email)
	if err := errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s administers the site now and chooses a password at %s\n", person.Slug, link)
	return err
}

// Run implements the command. It needs no database and no configuration.
func (*houseCommand) Run(ctx context.Context, p *Process) (err error) {
	folder, err := os.MkdirTemp("", "grouprise-house-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o, _, err := options.Load(config.Sources{Prefix: "GROUPRISE_", Environ: []string{"GROUPRISE_DATA_PATH=" + folder}})
	if err != nil {
		return err
	}
	if err := o.Prepare(); err != nil {
		return err
	}
	h, err := Build(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(h.Print(p.Stdout), h.Close())
}
