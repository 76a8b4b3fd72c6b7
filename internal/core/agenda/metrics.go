package agenda

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// counting is how long counting may take.
const counting = 5 * time.Second

// Cases is what Prometheus is told of things of a kind that wait until somebody decides about them: how many there are, as
// the query counts them.
func Cases(db *sqldb.DB, kind, query string, args ...any) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "grouprise_cases", Help: "Things in the database that wait until somebody decides: applications of people who want to join a group, " +
			"held_mails that their senders must confirm.",
		ConstLabels: prometheus.Labels{"kind": kind},
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), counting)
		defer cancel()
		var n int64
		if err := db.Get(ctx, &n, query, args...); err != nil {
			return math.NaN() // nobody knows
		}
		return float64(n)
	})
}
