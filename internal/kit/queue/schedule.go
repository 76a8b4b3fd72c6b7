package queue

import (
	"time"

	"github.com/robfig/cron/v3"
)

// everyHour is the bit by which a schedule of the library marks that its hour is a star.
const everyHour = 1 << 63

// nextRun returns when a schedule is due after a time. One that names hours means those that a clock on the wall shows: in
// the night in which clocks are put forward it is due as much later as they are, and in the one in which they are put back
// once. The library would leave the first night out, and take the second twice.
func nextRun(schedule cron.Schedule, after time.Time) time.Time {
	spec, ok := schedule.(*cron.SpecSchedule)
	if !ok || spec.Hour&everyHour != 0 {
		return schedule.Next(after)
	}
	zone := after.Location()
	if spec.Location != time.Local { //nolint:gosmopolitan // that is how the library marks a schedule without CRON_TZ=
		zone = spec.Location
	}
	onWall := *spec
	onWall.Location = time.UTC
	due := onWall.Next(wall(after.In(zone)))
	if due.IsZero() {
		return due
	}
	at := time.Date(due.Year(), due.Month(), due.Day(), due.Hour(), due.Minute(), due.Second(), 0, zone)
	if early := due.Sub(wall(at)); early > 0 { // no clock shows it: of the two times that may stand for it, this was the first
		at = at.Add(early)
	}
	if !at.After(after) { // a clock shows it twice, and it is between the two
		return schedule.Next(after)
	}
	return at
}

// wall returns what a clock on the wall shows, as a time in UTC.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
