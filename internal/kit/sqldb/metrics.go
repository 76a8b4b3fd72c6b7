package sqldb

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// durations say how long the callers of this package wait for the database.
type durations struct {
	all           *prometheus.HistogramVec
	reads, writes prometheus.Observer
}

func newDurations() *durations {
	all := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "grouprise_database_duration_seconds",
		Help:    "How long reads outside of transactions and whole transactions took, with the time that they waited for a connection.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"operation"})
	return &durations{all: all, reads: all.WithLabelValues("read"), writes: all.WithLabelValues("write")}
}

func (d *durations) read(start time.Time)  { d.reads.Observe(time.Since(start).Seconds()) }
func (d *durations) write(start time.Time) { d.writes.Observe(time.Since(start).Seconds()) }

// Metrics returns what Prometheus is told of the database: how long it takes, how much it is asked and how busy the
// connections are, where servers have one pool and SQLite has two.
func (db *DB) Metrics() []prometheus.Collector {
	all := []prometheus.Collector{
		db.took.all,
		prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: "grouprise_database_statements_total", Help: "Statements that the database was asked to run."},
			func() float64 { return float64(db.asked.Load()) },
		),
		collectors.NewDBStatsCollector(db.read, "read"),
	}
	if db.write != db.read {
		all = append(all, collectors.NewDBStatsCollector(db.write, "write"))
	}
	return all
}
