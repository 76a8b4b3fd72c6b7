package preferences

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Timings returns when a person is told on each channel, but for exceptions that they make.
func (p *Preferences) Timings(ctx context.Context, personID int64) (map[string]notify.Timing, error) {
	timings, err := listTimings(ctx, p.deps.DB, personID)
	if err != nil {
		return nil, err
	}
	for _, channel := range p.deps.Channels {
		if timings[channel.Name()] == "" {
			timings[channel.Name()] = notify.AtOnce
		}
	}
	return timings, nil
}

// Update changes when the viewer is told on some channels, and turns the switches on whose fields are on and all others
// off.
func (p *Preferences) Update(ctx context.Context, v community.Viewer, timings map[string]notify.Timing, on map[string]bool) error {
	return p.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		for _, s := range p.switches() {
			if err := s.Set(ctx, tx, v.PersonID, on[s.Field]); err != nil {
				return err
			}
		}
		return replaceTimings(ctx, tx, v.PersonID, timings)
	})
}
