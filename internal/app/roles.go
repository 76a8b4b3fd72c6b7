package app

import (
	"context"
	"errors"
	"maps"
	"net"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/reports"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/systemd"
	"grouprise.org/grouprise/internal/kit/web"
)

// Roles are what one process does of the site's work. Each shows figures if metrics.listen says where.
type Roles struct{ Web, Worker, LMTP, Bot bool }

// Open opens everything that the roles listen on, before any of them begins: a port that is taken ends the process while
// nothing is in hand.
func (r Roles) Open(ctx context.Context, o *options.Options) (web.Listeners, error) {
	addresses := map[string]string{}
	if r.Web {
		maps.Copy(addresses, o.WebAddresses())
	}
	if r.LMTP {
		addresses["lmtp"] = o.LMTP.Listen
	}
	if o.MetricsListen != "" {
		addresses["metrics"] = o.MetricsListen
	}
	return web.OpenAll(ctx, addresses)
}

// Serve does the work of the roles until the context ends, then finishes what is in hand.
func (h *House) Serve(ctx context.Context, r Roles, l web.Listeners) error {
	g, ctx := errgroup.WithContext(ctx)
	time.AfterFunc(time.Second, debug.FreeOSMemory) // what only starting needed
	systemd.Ready(ctx, h.log)
	g.Go(func() error { return systemd.Watch(ctx, h.log) })
	if r.Web {
		g.Go(func() error { h.rooms.Setup.Announce(ctx); return nil })
		h.answer(ctx, g, l)
		if h.downloads.Needed() {
			g.Go(func() error { return h.downloads.Run(ctx) })
		}
	}
	if r.Worker {
		g.Go(func() error { return h.Work(ctx) })
	}
	if r.LMTP {
		g.Go(func() error { return h.receive(ctx, l["lmtp"]) })
	}
	if r.Bot {
		g.Go(func() error { return h.bots.Run(ctx, r == Roles{Bot: true}) })
	}
	if listener := l["metrics"]; listener != nil {
		g.Go(func() error { return h.measure(ctx, listener) })
	}
	g.Go(func() error { return h.reports.Run(ctx, h.watch.Faults) })
	return g.Wait()
}

// answer answers requests until the context ends, then finishes those in hand: on each listener for visitors that there is.
func (h *House) answer(ctx context.Context, g *errgroup.Group, l web.Listeners) {
	for _, s := range []web.Server{
		{Listener: l[web.Main], Handler: h.pages},
		{Listener: l[web.HTTPS], Handler: h.pages, TLS: h.certificates.TLS()},
		{Listener: l[web.HTTP], Handler: h.certificates.Answer(h.pages)},
	} {
		if s.Listener == nil {
			continue
		}
		s.Log, s.Ready = h.log, func(a net.Addr) {
			h.log.Info("the site is open", "address", a.String(), "url", h.options.BaseURL()+"/")
		}
		g.Go(func() error { return s.Serve(ctx) })
	}
	if l[web.HTTPS] != nil {
		g.Go(func() error { return h.certificates.Watch(ctx) })
	}
}

// receive takes mails from the mail server until the context ends, then finishes those in hand.
func (h *House) receive(ctx context.Context, listener net.Listener) error {
	return lmtp.Server{
		Listener: listener, Handler: reports.Intake{Handler: h.intake, Reports: h.reports}, Log: h.log, Hello: h.options.Domain,
		MaxBytes: h.options.LMTP.MaxBytes(), Sentence: h.sentence,
		Ready: func(a net.Addr) {
			h.log.Info("mails are received", "address", a.String(), "domain", h.options.MailDomain())
		},
	}.Serve(ctx)
}

// Work runs jobs until the context ends, then finishes those in hand.
func (h *House) Work(ctx context.Context) error {
	h.log.InfoContext(ctx, "jobs are run", "database", h.db.Engine(), "mails leave by", h.options.MailsLeaveBy())
	return h.queue.Run(ctx)
}

// Close gives back what the house holds open.
func (h *House) Close() error {
	var problems error
	if h.watch != nil {
		h.watch.Close()
	}
	if h.mails != nil {
		problems = errors.Join(problems, h.mails.Close())
	}
	if h.media != nil {
		problems = errors.Join(problems, h.media.Close())
	}
	if h.db != nil {
		problems = errors.Join(problems, h.db.Close())
	}
	return problems
}
