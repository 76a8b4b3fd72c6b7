// Package watching is what the roof needs so that somebody notices how the site is: a log whose errors are told, and figures
// for Prometheus.
package watching

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/logs"
	"grouprise.org/grouprise/internal/kit/sentry"
	"grouprise.org/grouprise/internal/kit/web"
)

// Watch is what notices how a process is.
type Watch struct {
	Log      *slog.Logger // of whose errors is told
	Quiet    *slog.Logger // the same log, for those who tell: of their own errors nobody is told
	Faults   *logs.Tally  // errors that administrators have not been told of yet
	Requests *web.Metrics

	errors  prometheus.Counter
	version string
	sentry  *sentry.Reporter // nil: no server is told
}

// New returns what watches a log, and tells of its errors as the options say.
func New(o *options.Options, log *slog.Logger) (*Watch, error) {
	w := &Watch{
		Quiet: log, Faults: logs.NewTally(), Requests: web.NewMetrics(), version: o.Version,
		errors: prometheus.NewCounter(prometheus.CounterOpts{Name: "grouprise_errors_total", Help: "Errors that were logged."}),
	}
	watchers := []func(logs.Fault){w.note}
	if o.Sentry.DSN != "" {
		var err error
		if w.sentry, err = sentry.New(o.Sentry, "grouprise@"+o.Version); err != nil {
			return nil, err
		}
		watchers = append(watchers, w.sentry.Tell)
	}
	w.Log = logs.Watched(log, watchers...)
	return w, nil
}

// note counts an error, and keeps it for the mail to administrators unless it is about that mail itself, or they are told of
// it in words of its own.
func (w *Watch) note(f logs.Fault) {
	w.errors.Inc()
	if !f.Told && !reports.IsOwn(f.About) {
		w.Faults.Add(f)
	}
}

// Metrics returns what Prometheus is told of the process itself.
func (w *Watch) Metrics() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		w.Requests, w.errors,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "grouprise_build_info", Help: "Always 1; the label says which version runs.", ConstLabels: prometheus.Labels{"version": w.version},
		}, func() float64 { return 1 }),
	}
}

// Serve answers for Prometheus on a listener until the context ends. Processes without pages say there, too, whether
// they are alive and ready.
func (w *Watch) Serve(ctx context.Context, listener net.Listener, metrics []prometheus.Collector, pages http.Handler) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics...)
	mux := http.NewServeMux()
	// Without a database the other figures are worth all the more.
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.Handle("GET "+site.HealthPath, pages)
	mux.Handle("GET "+site.ReadyPath, pages)
	return web.Server{
		Listener: listener, Handler: mux, Log: w.Log,
		Ready: func(a net.Addr) { w.Log.Info("metrics are shown", "address", a.String()) },
	}.Serve(ctx)
}

// Close tells of what is left.
func (w *Watch) Close() {
	if w.sentry != nil {
		w.sentry.Close()
	}
}
