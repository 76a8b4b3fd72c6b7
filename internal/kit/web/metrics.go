package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts requests by the pattern of their route, never by their path, and how long they took. A nil *Metrics
// counts nothing.
type Metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge

	mu     sync.RWMutex
	series map[requestKind]requestSeries
}

// requestKind is what requests have in common that are counted together.
type requestKind struct {
	method, route string
	code          int
}

// requestSeries is kept, because looking it up by its labels allocates.
type requestSeries struct {
	count prometheus.Counter
	took  prometheus.Observer
}

// NewMetrics returns metrics that have counted nothing.
func NewMetrics() *Metrics {
	return &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grouprise_http_requests_total", Help: "Requests that were answered, by method, pattern of the route and status.",
		}, []string{"method", "route", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "grouprise_http_request_duration_seconds", Help: "How long answers took to their last byte, by pattern of the route.",
			Buckets: []float64{.005, .025, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "grouprise_http_requests_in_flight", Help: "Requests that are being answered.",
		}),
		series: map[requestKind]requestSeries{},
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.requests.Describe(ch)
	m.durations.Describe(ch)
	m.inFlight.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.requests.Collect(ch)
	m.durations.Collect(ch)
	m.inFlight.Collect(ch)
}

func (m *Metrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

func (m *Metrics) end(method, route string, code int, took time.Duration) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	s := m.seriesOf(requestKind{method, route, code})
	s.count.Inc()
	s.took.Observe(took.Seconds())
}

// noRoute is the route of requests that none matches, and of those that are refused before.
const noRoute = "none"

func (m *Metrics) seriesOf(kind requestKind) requestSeries {
	m.mu.RLock()
	s, known := m.series[kind]
	m.mu.RUnlock()
	if known {
		return s
	}
	method, route := kind.method, cmp.Or(kind.route, noRoute)
	if !slices.Contains(usualMethods, method) {
		kind.method, method = "other", "other" // anybody may send any word
	}
	s = requestSeries{
		count: m.requests.WithLabelValues(method, route, strconv.Itoa(kind.code)),
		took:  m.durations.WithLabelValues(route),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.series[kind] = s
	return s
}

// usualMethods are told apart.
var usualMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "PROPFIND", "REPORT",
}
