package mailin

import (
	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/core/agenda"
)

// What becomes of a mail for one of its recipients, as the metrics say it.
const (
	resultAccepted = "accepted"
	resultHeld     = "held"     // waits until its sender confirms it
	resultDropped  = "dropped"  // a machine wrote it, or nobody reads the address
	resultRefused  = "refused"  // its sender is told why
	resultDeferred = "deferred" // the mail server brings it again
	resultBounce   = "bounce"   // a mail server reports that a mail of ours could not be delivered
	resultUnknown  = "unknown"  // there is no such recipient
)

func newReceived() *prometheus.CounterVec {
	received := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "grouprise_mails_received_total",
		Help: "Incoming emails, for each recipient, by what became of them: accepted, held (the sender must confirm), dropped (automatic), refused, " +
			"deferred (comes again), bounce (a report about an email of ours), unknown (no such recipient; mail servers also ask without sending).",
	}, []string{"result"})
	for _, result := range []string{resultAccepted, resultHeld, resultDropped, resultRefused, resultDeferred, resultBounce, resultUnknown} {
		received.WithLabelValues(result)
	}
	return received
}

// counted counts what became of a mail for some recipients, and returns the error: without one it is the result.
func (in *Intake) counted(result string, err error, recipients int) error {
	switch {
	case err == nil:
	case refused(err):
		result = resultRefused
	default:
		result = resultDeferred
	}
	in.received.WithLabelValues(result).Add(float64(recipients))
	return err
}

// Metrics returns what Prometheus is told of incoming mail.
func (in *Intake) Metrics() []prometheus.Collector {
	return []prometheus.Collector{in.received, agenda.Cases(in.DB, "held_mails", `SELECT COUNT(*) FROM held_messages`)}
}
