package bymail_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// TestAThousandCannotFloodAMailbox has many accounts, which share no other number, type the address of one mailbox.
func TestAThousandCannotFloodAMailbox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		l := web.NewLimiter(db, func() time.Time { return now })
		send := func(all ...bymail.Unasked) error {
			return db.Write(t.Context(), func(tx *sqldb.Tx) error { return bymail.CountUnasked(t.Context(), tx, l, all...) })
		}
		typed := func(address string) bymail.Unasked { return bymail.Unasked{Typed: address, Address: address} }
		var sent atomic.Int64
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				for n := range 100 {
					address := []string{"opfer@example.org", "OPFER@Example.org", fmt.Sprintf("opfer+%d@example.org", n)}[n%3]
					switch err := send(typed(address)); {
					case err == nil:
						sent.Add(1)
					case !errs.Is(err, errs.TooMany) || !strings.Contains(err.Error(), address+" has already had several emails"):
						t.Errorf("sender %d: %v", i, err)
					}
				}
			})
		}
		wg.Wait()
		if want := int64(bymail.LimitUnasked().Count); sent.Load() != want {
			t.Errorf("a mailbox got %d mails in a day, want %d", sent.Load(), want)
		}

		// All get theirs, or nobody does and nobody is counted.
		for range bymail.LimitUnasked().Count {
			full := bymail.Unasked{Typed: "@berta", Address: "opfer@example.org"}
			if err := send(typed("frei@example.org"), full); !errs.Is(err, errs.TooMany) || !strings.Contains(err.Error(), "@berta") || strings.Contains(err.Error(), "opfer") {
				t.Errorf("a full mailbox that was named is refused so: %v", err)
			}
		}
		for range bymail.LimitUnasked().Count {
			if err := send(typed("frei@example.org")); err != nil {
				t.Errorf("what was refused is counted: %v", err)
			}
		}
		now = now.Add(bymail.LimitUnasked().Per + time.Second)
		if err := send(typed("opfer@example.org"), typed("frei@example.org")); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}
