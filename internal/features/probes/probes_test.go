package probes

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// way is what becomes of a mail to ourselves.
type way func(e smtp.Envelope, message []byte) error

// Send implements smtp.Sender.
func (w way) Send(_ context.Context, e smtp.Envelope, message []byte) error { return w(e, message) }

// Close implements smtp.Sender.
func (way) Close() error { return nil }

func TestTheWayOfAMailToOurselves(t *testing.T) {
	t.Parallel()
	receiver, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	go func() {
		for {
			c, err := receiver.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 stadt.example LMTP\r\n"))
			_ = c.Close()
		}
	}()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		keys, err := web.NewLinkKeys("0123456789abcdef", "mails to ourselves")
		if err != nil {
			t.Fatal(err)
		}
		var p *Probes
		arrive := func(e smtp.Envelope, from string, message []byte) error {
			local, _, _ := strings.Cut(e.To[0], "@")
			if ours, err := p.matches(t.Context(), strings.ToUpper(local)); err != nil || !ours {
				t.Errorf("%s is not taken for one of ours, %v", local, err)
			}
			return p.arrives(t.Context(), local, lmtp.Envelope{From: from}, message)
		}
		for _, c := range []struct {
			what     string
			goes     way
			patience time.Duration
			want     string
		}{
			{"arrives", func(e smtp.Envelope, m []byte) error { return arrive(e, e.From, m) }, time.Minute, ""},
			{"arrives twice, and a report of it", func(e smtp.Envelope, m []byte) error {
				return errors.Join(arrive(e, "", []byte("Subject: Delayed\r\n\r\nLater.\r\n")), arrive(e, e.From, m), arrive(e, e.From, m), arrive(e, "", []byte("Subject: Delayed\r\n\r\nx\r\n")))
			}, time.Minute, ""},
			{"comes back", func(e smtp.Envelope, _ []byte) error {
				return arrive(e, "", []byte("Subject: Failed\r\n\r\nNo such host.\r\n"))
			}, time.Minute, "mail.returned No such host."},
			{"is lost", func(smtp.Envelope, []byte) error { return nil }, 300 * time.Millisecond, "mail.lost "},
			{"waits", func(smtp.Envelope, []byte) error {
				return errs.New(errs.Unavailable, "").Because(errors.New("connection refused"))
			}, time.Minute, "mail.unsent unavailable: connection refused"},
			{"is refused", func(smtp.Envelope, []byte) error { return errs.New(errs.Denied, "").Because(errors.New("550 unknown")) }, time.Minute, "mail.refused denied: 550 unknown"},
		} {
			p = New(Deps{DB: db, Sender: c.goes, Keys: keys, Domain: "stadt.example", From: "noreply@stadt.example", Receiver: receiver.Addr().String(), Patience: c.patience})
			found, err := p.examine(t.Context())
			got := ""
			for _, f := range found {
				got += f.Code + " " + f.Detail
			}
			if err != nil || !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("a mail that %s: found %q, want %q, %v", c.what, got, c.want, err)
			}
			var left int
			if err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM probes`); err != nil || left > 0 {
				t.Errorf("%d mails are still waited for, %v", left, err)
			}
		}
		for _, local := range []string{"probe+abc", "probe+", "probe", "probe+0123456789" + keys.Of("0123456789"), "garten"} {
			if ours, err := p.matches(t.Context(), local); err != nil || ours {
				t.Errorf("%s is taken for one of ours, %v", local, err)
			}
		}
	})
}
