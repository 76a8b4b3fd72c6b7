// Package logs writes a program's log: structured, one line for each record. It tells whoever wants to know of the errors in
// it, without what was said and who said it.
package logs

import (
	"io"
	"log/slog"

	"grouprise.org/grouprise/internal/kit/config"
)

// Options say what is logged, and how.
type Options struct {
	Level   string // what the log is about at least: debug, info, warning or error
	Format  string // text or json
	Clients bool   // the log says by which address each request came
}

// DefaultOptions are the options of a log that nobody configured.
func DefaultOptions() Options { return Options{Level: "info", Format: "text"} }

// Schema describes the options.
func (o *Options) Schema() []config.Option {
	return []config.Option{
		{Name: "log.level", Into: &o.Level, OneOf: []string{"debug", "info", "warning", "error"}},
		{Name: "log.format", Into: &o.Format, OneOf: []string{"text", "json"}},
		{Name: "log.client_addresses", Into: &o.Clients},
	}
}

// New returns a log that is written to w.
func New(w io.Writer, o Options) *slog.Logger {
	handling := &slog.HandlerOptions{Level: levelOf(o.Level)}
	if o.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, handling))
	}
	return slog.New(slog.NewTextHandler(w, handling))
}

func levelOf(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
