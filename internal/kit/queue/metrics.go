package queue

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How a run of a job ends, as the metrics say it.
const (
	resultDone   = "done"
	resultFailed = "failed" // it will run again
	resultDead   = "dead"   // failed for good
)

// metrics are what this process has done.
type metrics struct {
	runs      *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grouprise_queue_runs_total", Help: "Runs of jobs by kind and by how they ended: done, failed (they run again) or dead.",
		}, []string{"kind", "result"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "grouprise_queue_duration_seconds", Help: "How long jobs ran; those that are done together share the time.",
			Buckets: []float64{.005, .025, .1, .25, 1, 2.5, 10, 30, 60, 300},
		}, []string{"lane"}),
	}
	for _, lane := range laneOrder {
		m.durations.WithLabelValues(lane)
	}
	return m
}

// expect lets a kind be seen before its first job, so that the first failure is an increase.
func (m *metrics) expect(kind string) {
	for _, result := range []string{resultDone, resultFailed, resultDead} {
		m.runs.WithLabelValues(kind, result)
	}
}

func (m *metrics) count(kind, result string) { m.runs.WithLabelValues(kind, result).Inc() }

// took notes jobs that took so long each.
func (m *metrics) took(lane string, each time.Duration, jobs int) {
	histogram := m.durations.WithLabelValues(lane)
	for range jobs {
		histogram.Observe(each.Seconds())
	}
}

// Collector is what Prometheus is told of a queue: what this process has done, and what waits in the database, which all
// processes tell alike. It counts when it is asked.
type Collector struct{ Queue *Queue }

// Describe implements prometheus.Collector.
func (c Collector) Describe(ch chan<- *prometheus.Desc) {
	c.Queue.metrics.runs.Describe(ch)
	c.Queue.metrics.durations.Describe(ch)
	ch <- jobsMetric()
	ch <- waitingMetric()
	ch <- unfinishedMetric()
}

func jobsMetric() *prometheus.Desc {
	return prometheus.NewDesc("grouprise_queue_jobs", "Jobs in the database by lane and state.", []string{"lane", "state"}, nil)
}

func waitingMetric() *prometheus.Desc {
	return prometheus.NewDesc("grouprise_queue_oldest_waiting_seconds",
		"For how long the job that has waited longest could have run; 0 if none waits.", []string{"lane"}, nil)
}

func unfinishedMetric() *prometheus.Desc {
	return prometheus.NewDesc("grouprise_queue_oldest_unfinished_seconds",
		"Age of the oldest job of a kind that has not ended, with those that failed and will run again: notify.deliver and notify.letter are emails.", []string{"kind"}, nil)
}

// asking is how long counting may take.
const asking = 5 * time.Second

// Collect implements prometheus.Collector. Without a database there is nothing to count.
func (c Collector) Collect(ch chan<- prometheus.Metric) {
	c.Queue.metrics.runs.Collect(ch)
	c.Queue.metrics.durations.Collect(ch)
	ctx, cancel := context.WithTimeout(context.Background(), asking)
	defer cancel()
	kinds, err := c.Queue.CountsByKind(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(jobsMetric(), err)
		return
	}
	now := c.Queue.db.Now()
	lanes := map[string][]KindCounts{}
	for _, k := range kinds {
		if !k.Since.IsZero() {
			ch <- prometheus.MustNewConstMetric(unfinishedMetric(), prometheus.GaugeValue, now.Sub(k.Since.Time).Seconds(), k.Kind)
		}
		lanes[c.Queue.laneOf(k.Kind)] = append(lanes[c.Queue.laneOf(k.Kind)], k)
	}
	for _, lane := range laneOrder {
		all := Total(lanes[lane])
		for state, n := range map[string]int64{later: all.Later, waiting: all.Waiting, running: all.Running, dead: all.Dead} {
			ch <- prometheus.MustNewConstMetric(jobsMetric(), prometheus.GaugeValue, float64(n), lane, state)
		}
		age := 0.0
		if !all.Oldest.IsZero() {
			age = max(0, now.Sub(all.Oldest.Time).Seconds())
		}
		ch <- prometheus.MustNewConstMetric(waitingMetric(), prometheus.GaugeValue, age, lane)
	}
}

// laneOf returns the lane of a kind; one that only a newer version knows, running beside this one, counts as normal.
func (q *Queue) laneOf(kind string) string {
	if k := q.kinds[kind]; k != nil {
		return k.Lane
	}
	return Normal
}
