package web_test

import (
	"net/url"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestAFormThatWasNotSentIsKeptForADay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		unsent := web.NewUnsentForms(db, clock.Clock(func() time.Time { return now }))
		first, second := web.UnsentKey{Browser: "secret", Page: "/a"}, web.UnsentKey{Browser: "secret", Page: "/b"}
		keep := func(key web.UnsentKey, text string) {
			t.Helper()
			if err := unsent.Keep(ctx, key, web.UnsentForm{Fields: url.Values{"text": {text}}}); err != nil {
				t.Fatal(err)
			}
		}
		keep(first, "old")
		keep(second, "old")
		now = now.Add(web.UnsentAge / 2)
		keep(second, "new")
		now = now.Add(web.UnsentAge / 2)
		if err := unsent.Purge(ctx); err != nil || rows(t, db, "unsent_forms") != 1 {
			t.Errorf("after purging: %d rows, %v", rows(t, db, "unsent_forms"), err)
		}
		if _, err := unsent.Find(ctx, first); !errs.Is(err, errs.NotFound) {
			t.Errorf("after a day: %v", err)
		}
		if form, err := unsent.Find(ctx, second); err != nil || form.Fields.Get("text") != "new" {
			t.Errorf("after half a day: %v, %v", form, err)
		}
	})
}
