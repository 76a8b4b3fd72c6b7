package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/features/admin"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/web"
)

// newReports returns what tells administrators what went wrong.
func (h *House) newReports(s *services) *reports.Reports {
	o := h.options
	return reports.New(reports.Config{
		DB: h.db, Log: h.watch.Quiet, Catalogues: s.catalogues, Zone: s.zone, SiteName: h.siteName, URL: o.BaseURL() + admin.Path,
		Postmaster: o.Postmaster, To: o.LogRecipients, Letters: s.letters, Waiting: h.mailWaitsSince,
		OnceADay: func(ctx context.Context, what string) bool {
			return s.limiter.Allow(ctx, web.Limit{Name: "report", Count: 1, Per: 24 * time.Hour}, what) == nil
		},
	})
}

// mailWaitsSince returns since when the mail waits that has waited longest and was tried in vain; zero if none does.
func (h *House) mailWaitsSince(ctx context.Context) (since clock.Time, err error) {
	all, err := h.queue.CountsByKind(ctx)
	for _, k := range all {
		if (k.Kind == notify.JobDeliver || k.Kind == notify.JobLetter) && !k.OldestRetry.IsZero() && (since.IsZero() || k.OldestRetry.Before(since.Time)) {
			since = k.OldestRetry
		}
	}
	return since, err
}

// upkeep returns what keeps the media storage and the database together.
func (h *House) upkeep() *media.Upkeep {
	return &media.Upkeep{
		DB: h.db, Store: h.media, Log: h.log, Age: options.Days(h.options.Keep.StrayFiles),
		Missing: func(ctx context.Context, files int, some []string) {
			h.reports.Note(ctx, reports.Files, "files are missing from the media storage", fmt.Sprintf("%d, such as %s", files, strings.Join(some, ", ")))
		},
	}
}
