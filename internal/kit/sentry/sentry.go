// Package sentry tells a server that speaks Sentry's protocol (Sentry, GlitchTip, Bugsink) of the errors in a log. It wraps
// sentry-go: what leaves is a name, a cleaned sentence, a stack and which version it was; nothing of requests and people.
package sentry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"

	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/logs"
)

// Options say who is told.
type Options struct {
	DSN  string // address of a project at a server, with its public key; empty: nobody is told
	Init Init
}

// Init is what the option of that name of grouprise 5.5 handed to the library, as far as it means something here.
type Init struct {
	Environment string  `yaml:"environment,omitempty"` // empty: production
	ServerName  string  `yaml:"server_name,omitempty"` // empty: the name of this machine
	SampleRate  float64 `yaml:"sample_rate,omitempty"` // which part of the errors is told; 0: all

	Ignored []string `yaml:"-"` // what else was there, by name
}

// UnmarshalOption implements config.Unmarshaler.
func (i *Init) UnmarshalOption(value any) error {
	wrong := errors.New("a section with environment and server_name, which are texts, and sample_rate, which is above 0 and at most 1")
	section, ok := value.(map[string]any)
	if !ok {
		return wrong
	}
	for key, v := range section {
		right := true
		switch key {
		case "environment":
			i.Environment, right = v.(string)
		case "server_name":
			i.ServerName, right = v.(string)
		case "sample_rate":
			i.SampleRate, right = rateOf(v)
		default:
			i.Ignored = append(i.Ignored, key)
		}
		if !right {
			return wrong
		}
	}
	slices.Sort(i.Ignored)
	return nil
}

func rateOf(value any) (rate float64, right bool) {
	switch v := value.(type) {
	case int:
		rate = float64(v)
	case float64:
		rate = v
	}
	return rate, rate > 0 && rate <= 1
}

// Check warns of what the library was told in grouprise 5.5 and has no meaning any more.
func (o *Options) Check(s *config.Settings) {
	if len(o.Init.Ignored) > 0 {
		s.Warn("sentry.init_options", "these have no effect: %s. Errors are reported with their stacks, never with personal data, and nothing else is",
			strings.Join(o.Init.Ignored, ", "))
	}
}

// Schema describes the options below "sentry.".
func (o *Options) Schema() []config.Option {
	return []config.Option{
		{Name: "sentry.dsn", Into: &o.DSN, Secret: true, Text: isDSN, Want: "the DSN of a project, such as https://key@sentry.example.org/3"},
		{Name: "sentry.init_options", Into: &o.Init},
	}
}

func isDSN(text string) bool {
	_, err := sentry.NewDsn(text)
	return text == "" || err == nil
}

// patience is how long a server may take for one event.
const patience = 10 * time.Second

// Reporter tells a server of faults.
type Reporter struct{ client *sentry.Client }

// New returns what tells the server of a DSN, for a release such as "grouprise@6.0.0".
func New(o Options, release string) (*Reporter, error) {
	environment, server, rate := o.Init.Environment, o.Init.ServerName, o.Init.SampleRate
	if environment == "" {
		environment = "production"
	}
	if server == "" {
		if name, err := os.Hostname(); err == nil {
			server = name
		}
	}
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: o.DSN, Release: release, Environment: environment, ServerName: server, SampleRate: rate,
		HTTPClient: &http.Client{Timeout: patience, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}},
		// Nothing is collected that Tell does not say, and nothing else is sent.
		Integrations:         func([]sentry.Integration) []sentry.Integration { return nil },
		MaxBreadcrumbs:       -1,
		DisableClientReports: true,
	})
	if err != nil {
		return nil, fmt.Errorf("report errors to a server: %w", err)
	}
	return &Reporter{client}, nil
}

// Tell tells of a fault as soon as the server takes it. It does not wait: a hundred events do, and the oldest of more are
// dropped.
func (r *Reporter) Tell(f logs.Fault) {
	event := sentry.NewEvent()
	event.Level = sentry.LevelError
	event.Logger = "grouprise"
	event.Fingerprint = []string{f.Message, f.About, f.Place}
	event.Tags = map[string]string{"place": f.Place}
	if f.About != "" {
		event.Tags["about"] = f.About
		event.Transaction = f.About
	}
	trace := &sentry.Stacktrace{}
	for _, frame := range f.Frames() {
		shown := sentry.NewFrame(frame)
		shown.InApp = strings.HasPrefix(frame.Function, ours) // the library goes by folders, which the build takes out
		trace.Frames = append(trace.Frames, shown)
	}
	event.Exception = []sentry.Exception{{Type: f.Name(), Value: f.Detail(), Stacktrace: trace}}
	r.client.CaptureEvent(event, nil, nil)
}

// ours is what the names of functions of the program begin with.
const ours = "grouprise.org/"

// leaving is how long the events that wait have at the end of a program.
const leaving = 2 * time.Second

// Close gives the events that wait a moment to leave.
func (r *Reporter) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), leaving)
	defer cancel()
	if r.client.FlushWithContext(ctx) {
		r.client.Close() // it would wait again for what has not left
	}
}
