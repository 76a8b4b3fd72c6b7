package queue

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Collector is a metric of Prometheus: it counts jobs when it is asked.
type Collector struct{ Queue *Queue }

// Describe implements prometheus.Collector.
func (c Collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- jobsMetric()
	ch <- oldestMetric()
}

func oldestMetric() *prometheus.Desc {
	return prometheus.NewDesc("grouprise_oldest_job_seconds", "Age of the oldest job of a kind that has not ended: notify.deliver and notify.letter are mails.", []string{"kind"}, nil)
}

func jobsMetric() *prometheus.Desc {
	return prometheus.NewDesc("grouprise_jobs", "Jobs of the task runner by state.", []string{"state"}, nil)
}

// Collect implements prometheus.Collector. Without a database there is nothing to count.
func (c Collector) Collect(ch chan<- prometheus.Metric) {
	kinds, err := c.Queue.CountsByKind(context.Background())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(jobsMetric(), err)
		return
	}
	now := c.Queue.db.Now()
	for _, k := range kinds {
		if !k.Since.IsZero() {
			ch <- prometheus.MustNewConstMetric(oldestMetric(), prometheus.GaugeValue, now.Sub(k.Since.Time).Seconds(), k.Kind)
		}
	}
	all := Total(kinds)
	for state, n := range map[string]int64{"later": all.Later, "waiting": all.Waiting, "running": all.Running, "dead": all.Dead} {
		ch <- prometheus.MustNewConstMetric(jobsMetric(), prometheus.GaugeValue, float64(n), state)
	}
}
