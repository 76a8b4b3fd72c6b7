// Package process is what the commands of the program share: what the operating system hands to them, the configuration, and
// the house built from it.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/backupsite"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/logs"
)

// Process is what the operating system hands to the program.
type Process struct {
	Name    string   // by which the program was called, without a folder
	Args    []string // without the program's name
	Environ []string
	Version string
	Program string    // path of the program, which starts itself to read what strangers send; empty: it does not
	Stdin   io.Reader // nil: empty
	Stdout  io.Writer
	Stderr  io.Writer

	LogLevel string // what the log is about at least; "" is what the options say
}

// Exit is the error of a command that ends with a code of its own; Err may be nil.
type Exit struct {
	Code int
	Err  error
}

// Error implements the error interface.
func (e Exit) Error() string { return fmt.Sprintf("exit code %d: %v", e.Code, e.Err) }

// Unwrap returns what went wrong.
func (e Exit) Unwrap() error { return e.Err }

// Variable returns a variable of the environment, or nothing.
func (p *Process) Variable(name string) string {
	for _, pair := range p.Environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// Logger returns the program's log: structured, one line each, to standard error.
func (p *Process) Logger(o *options.Options) *slog.Logger {
	l := o.Log
	l.Level = cmp.Or(p.LogLevel, l.Level)
	return logs.New(p.Stderr, l)
}

// ReadOptions reads the configuration and says what an administrator should know about it.
func (p *Process) ReadOptions() (*options.Options, *config.Settings, error) {
	from := options.Sources(p.Environ)
	o, settings, err := options.Load(from)
	warnOfPython(settings, from)
	for _, w := range settings.Warnings {
		_, _ = fmt.Fprintln(p.Stderr, "warning:", w.Error())
	}
	if err != nil {
		return nil, settings, fmt.Errorf("the configuration is not right:\n%w", err)
	}
	return o, settings, nil
}

// warnOfPython warns of a settings.py beside a folder of files: version 5.5 read it instead of them.
func warnOfPython(s *config.Settings, from config.Sources) {
	candidates := from.Candidates
	if from.Named != "" {
		candidates = []string{from.Named}
	}
	for _, candidate := range candidates {
		file := filepath.Join(filepath.Dir(candidate), "settings.py")
		if filepath.Base(candidate) != "conf.d" {
			continue
		}
		if _, err := os.Stat(file); err == nil {
			text := "is not read any more: what it says belongs into files in " + candidate + ", under the names that the guide “Installing” lists"
			s.Warnings = append(s.Warnings, config.Problem{Where: file, Text: text})
		}
	}
}

// Build builds the house on a database that is there already and that this program knows.
func (p *Process) Build(ctx context.Context) (*app.House, error) {
	o, _, err := p.ReadOptions()
	if err != nil {
		return nil, err
	}
	if err := o.Find(); err != nil {
		return nil, err
	}
	return p.BuildWith(ctx, o, (*app.House).CheckVersion)
}

// Found builds the house, and makes its folders and its database before that if they are not there.
func (p *Process) Found(ctx context.Context) (*app.House, error) {
	o, _, err := p.ReadOptions()
	if err != nil {
		return nil, err
	}
	return p.BuildWith(ctx, o, (*app.House).Migrate)
}

// BuildWith builds the house, and readies its database.
func (p *Process) BuildWith(ctx context.Context, o *options.Options, ready func(*app.House, context.Context) error) (*app.House, error) {
	if err := o.Prepare(); err != nil {
		return nil, err
	}
	o.Program, o.Version = p.Program, p.Version
	h, err := app.Build(ctx, o, p.Logger(o))
	if err != nil {
		return nil, err
	}
	if err := ready(h, ctx); err != nil {
		return nil, errors.Join(backupsite.WayBack(ctx, o, err), h.Close())
	}
	return h, nil
}
