package queue

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

func TestANightlyJobRunsOnceInNightsInWhichClocksAreChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schedule, zone, after string
		want                  []string
	}{
		"put forward, east": {"37 2 * * *", "Europe/Berlin", "2026-03-28T03:00:00+01:00", []string{"2026-03-29T03:37:00+02:00", "2026-03-30T02:37:00+02:00"}},
		"put back, east":    {"37 2 * * *", "Europe/Berlin", "2026-10-24T03:00:00+02:00", []string{"2026-10-25T02:37:00+01:00", "2026-10-26T02:37:00+01:00"}},
		"put forward, west": {"30 2 * * *", "America/New_York", "2026-03-07T03:00:00-05:00", []string{"2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"}},
		"put back, west":    {"30 1 * * *", "America/New_York", "2026-10-31T03:00:00-04:00", []string{"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"}},
		"by half an hour":   {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T03:00:00+10:30", []string{"2026-10-04T02:45:00+11:00", "2026-10-05T02:15:00+11:00"}},
		"between the two":   {"50 2 * * *", "Europe/Berlin", "2026-10-25T02:40:00+01:00", []string{"2026-10-25T02:50:00+01:00", "2026-10-26T02:50:00+01:00"}},
		"every hour":        {"7 * * * *", "Europe/Berlin", "2026-10-25T01:30:00+02:00", []string{"2026-10-25T02:07:00+02:00", "2026-10-25T02:07:00+01:00", "2026-10-25T03:07:00+01:00"}},
		"a zone of its own": {"CRON_TZ=Asia/Tokyo 37 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00", []string{"2026-03-28T18:37:00+01:00", "2026-03-29T19:37:00+02:00"}},
		"once a year":       {"0 3 1 1 *", "Europe/Berlin", "2026-03-28T12:00:00+01:00", []string{"2027-01-01T03:00:00+01:00"}},
		"at intervals":      {"@every 10m", "Europe/Berlin", "2026-03-29T01:55:00+01:00", []string{"2026-03-29T03:05:00+02:00"}},
		"never":             {"0 3 31 2 *", "Europe/Berlin", "2026-03-28T12:00:00+01:00", []string{"0001-01-01T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			schedule, err := cron.ParseStandard(c.schedule)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, c.after)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if at = nextRun(schedule, at.In(zone)); at.IsZero() && want == (time.Time{}).Format(time.RFC3339) {
					continue
				}
				if got := at.In(zone).Format(time.RFC3339); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
}
