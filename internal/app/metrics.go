package app

import (
	"context"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/web"
)

// measure answers for Prometheus at an address of its own until the context ends.
func (h *House) measure(ctx context.Context, listener net.Listener) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(module.Gather(h.modules, func(m module.Module) []prometheus.Collector { return m.Metrics })...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return web.Server{
		Listener: listener, Handler: mux, Log: h.log,
		Ready: func(a net.Addr) { h.log.Info("metrics are shown", "address", a.String()) },
	}.Serve(ctx)
}

// metrics are those of what the rooms share.
func (h *House) metrics() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		queue.Collector{Queue: h.queue},
		prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: "grouprise_database_statements_total", Help: "Statements that the database was asked to run."},
			func() float64 { return float64(h.db.Stats().Statements) },
		),
	}
}
