package app

import (
	"context"
	"net"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/queue"
)

// measure answers for Prometheus at an address of its own until the context ends.
func (h *House) measure(ctx context.Context, listener net.Listener) error {
	return h.watch.Serve(ctx, listener, module.Gather(h.modules, func(m module.Module) []prometheus.Collector { return m.Metrics }), h.pages)
}

// metrics are those of what the rooms share.
func (h *House) metrics() []prometheus.Collector {
	return slices.Concat(h.watch.Metrics(), h.db.Metrics(), h.intake.Metrics(), []prometheus.Collector{queue.Collector{Queue: h.queue}})
}
