package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/web"
)

// roles are what one process does of the site's work. Each shows figures if metrics.listen says where.
type roles struct{ web, worker, lmtp bool }

// listeners are where a process is reached, by the names that systemd's sockets have: web, lmtp and metrics.
type listeners map[string]net.Listener

// open opens everything that the roles listen on, before any of them begins: a port that is taken ends the process while
// nothing is in hand.
func (r roles) open(ctx context.Context, o *options.Options) (listeners, error) {
	addresses := map[string]string{}
	if r.web {
		addresses["web"] = o.Listen
	}
	if r.lmtp {
		addresses["lmtp"] = o.LMTP.Listen
	}
	if o.MetricsListen != "" {
		addresses["metrics"] = o.MetricsListen
	}
	handed, err := web.Handed()
	if err != nil {
		return nil, err
	}
	l, err := adopt(handed, addresses)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		if l[name] != nil {
			continue
		}
		if l[name], err = web.Open(ctx, addresses[name]); err != nil {
			delete(l, name)
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), l.Close())
		}
	}
	return l, nil
}

// adopt takes over the sockets that systemd opened. One that comes alone is the web server's, whatever its name, unless
// it bears that of another listener.
func adopt(handed map[string]net.Listener, addresses map[string]string) (listeners, error) {
	l, spare := listeners{}, ""
	for name, listener := range handed {
		l[name] = listener
		if addresses[name] == "" {
			spare = name
		}
	}
	if spare == "" {
		return l, nil
	}
	if len(handed) > 1 || spare == "lmtp" || spare == "metrics" || addresses["web"] == "" {
		return l, fmt.Errorf("systemd hands over a socket with the name %q, which this process does not serve: FileDescriptorName must be one of %s",
			spare, strings.Join(slices.Sorted(maps.Keys(addresses)), ", "))
	}
	return listeners{"web": handed[spare]}, nil
}

// Close closes all listeners; one that a server has closed already is no mistake.
func (l listeners) Close() error {
	var problems error
	for _, listener := range l {
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
			problems = errors.Join(problems, err)
		}
	}
	return problems
}

// Serve does the work of the roles until the context ends, then finishes what is in hand.
func (h *House) Serve(ctx context.Context, r roles, l listeners) error {
	g, ctx := errgroup.WithContext(ctx)
	time.AfterFunc(time.Second, debug.FreeOSMemory) // what only starting needed
	h.tellSystemd(daemon.SdNotifyReady)
	context.AfterFunc(ctx, func() { h.tellSystemd(daemon.SdNotifyStopping) })
	if r.web {
		g.Go(func() error { return h.answer(ctx, l["web"]) })
	}
	if r.worker {
		g.Go(func() error { return h.Work(ctx) })
	}
	if r.lmtp {
		g.Go(func() error { return h.receive(ctx, l["lmtp"]) })
	}
	if listener := l["metrics"]; listener != nil {
		g.Go(func() error { return h.measure(ctx, listener) })
	}
	return g.Wait()
}

// tellSystemd says how far the process is, for units with Type=notify. Without systemd it says nothing.
func (h *House) tellSystemd(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		h.log.Warn("systemd cannot be told how far the start is", "state", state, "error", err)
	}
}

// answer answers requests until the context ends, then finishes those in hand.
func (h *House) answer(ctx context.Context, listener net.Listener) error {
	return web.Server{
		Listener: listener, Handler: h.pages, Log: h.log,
		Ready: func(a net.Addr) {
			h.log.Info("the site is open", "address", a.String(), "url", h.options.BaseURL()+"/")
		},
	}.Serve(ctx)
}

// receive takes mails from the mail server until the context ends, then finishes those in hand.
func (h *House) receive(ctx context.Context, listener net.Listener) error {
	return lmtp.Server{
		Listener: listener, Handler: h.intake, Log: h.log, Hello: h.options.Domain,
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
