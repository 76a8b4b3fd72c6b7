package notify

import "github.com/prometheus/client_golang/prometheus"

// How a delivery ends, or a try to make one, as the metrics say it.
const (
	resultSent      = StateSent
	resultWithdrawn = StateWithdrawn
	resultDeferred  = "deferred" // it will be tried again
	resultDead      = StateDead
)

// letters are the channel of what is written to one person, such as the link that sets a new password.
const letters = "letter"

// outcomes count deliveries by channel and result.
type outcomes struct{ *prometheus.CounterVec }

func newOutcomes(channels []Channel) outcomes {
	o := outcomes{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "grouprise_deliveries_total",
		Help: "Deliveries by channel and result: sent, withdrawn (the recipient may not read it any more), deferred (will be tried again) or dead. " +
			"The channel letter is email to one person, such as a link that sets a password.",
	}, []string{"channel", "result"})}
	names := []string{letters}
	for _, c := range channels {
		names = append(names, c.Name())
	}
	for _, name := range names { // they are there before the first one, so that it is an increase
		for _, result := range []string{resultSent, resultWithdrawn, resultDeferred, resultDead} {
			o.WithLabelValues(name, result)
		}
	}
	return o
}

func (o outcomes) count(channel, result string, n int) {
	o.WithLabelValues(channel, result).Add(float64(n))
}

// Metrics returns what Prometheus is told of deliveries.
func (n *Notifier) Metrics() []prometheus.Collector { return []prometheus.Collector{n.outcomes} }
