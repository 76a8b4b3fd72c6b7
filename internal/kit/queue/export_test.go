package queue

import "grouprise.org/grouprise/internal/kit/clock"

// RunAt starts a job at a time, as a job does that is tried again.
func RunAt(t clock.Time) Option { return func(o *options) { o.runAt = t } }
