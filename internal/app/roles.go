package app

import (
	"context"
	"errors"
	"net"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/web"
)

// Serve runs all roles until the context ends.
func (h *House) Serve(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	time.AfterFunc(time.Second, debug.FreeOSMemory) // what only starting needed
	g.Go(func() error { return h.Web(ctx) })
	g.Go(func() error { return h.Work(ctx) })
	g.Go(func() error { return h.Receive(ctx) })
	g.Go(func() error { return h.Measure(ctx) })
	return g.Wait()
}

// Web answers requests until the context ends, then finishes those in hand.
func (h *House) Web(ctx context.Context) error {
	return web.Server{
		Listen: h.options.Listen, Handler: h.pages, Log: h.log,
		Ready: func(a net.Addr) {
			h.log.Info("the site is open", "address", a.String(), "url", h.options.BaseURL()+"/")
		},
	}.Serve(ctx)
}

// Receive takes mails from the mail server until the context ends, then finishes those in hand.
func (h *House) Receive(ctx context.Context) error {
	return lmtp.Server{
		Listen: h.options.LMTP.Listen, Handler: h.intake, Log: h.log, Hello: h.options.Domain,
		MaxBytes: h.options.LMTP.MaxBytes(), Sentence: h.sentence,
		Ready: func(a net.Addr) {
			h.log.Info("mails are received", "address", a.String(), "domain", h.options.MailDomain())
		},
	}.Serve(ctx)
}

// Work runs jobs until the context ends, then finishes those in hand.
func (h *House) Work(ctx context.Context) error { return h.queue.Run(ctx) }

// Close gives back what the house holds open.
func (h *House) Close() error {
	var problems error
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
