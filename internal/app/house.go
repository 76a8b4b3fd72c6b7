package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/demonstration"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/heldmail"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/pages"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/pictures"
	"grouprise.org/grouprise/internal/features/subscriptions"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/features/writing"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/lmtp"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/locale"
	"grouprise.org/grouprise/internal/schema"
)

// House is the whole program, built by hand from the options.
type House struct {
	options *Options
	log     *slog.Logger

	db         *sqldb.DB
	media      mediaStore
	mails      smtp.Sender
	queue      *queue.Queue
	notifier   *notify.Notifier
	people     *people.People
	intake     *mailin.Intake
	activities *outbox.Outbox
	printer    *lang.Printer // in the language of the site
	site       *site.Site
	pages      http.Handler
	modules    []module.Module
}

// mediaStore is a store of files that is given back at the end.
type mediaStore interface {
	media.Store
	io.Closer
}

// renderedTexts is how many bytes of rendered texts are kept.
const renderedTexts = 16 << 20

// jobs is the queue for those who only put jobs in. The rooms are built before the queue, because the
// queue needs to know the jobs of all rooms.
type jobs struct{ *queue.Queue }

// notices is the notifier for the rooms, which are built before it, because it needs to know the notices of
// all of them.
type notices struct{ *notify.Notifier }

// Build builds the house: first what it stands on, then the rooms from the bottom up, then what the rooms
// are poured into. It needs no database that answers.
func Build(ctx context.Context, o *Options, log *slog.Logger) (h *House, err error) {
	h = &House{options: o, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return h, fmt.Errorf("load the time zone: %w", err)
	}
	catalogues, err := lang.Load(locale.FS, o.ownTexts()...)
	if err != nil {
		return h, err
	}
	language := catalogues.Match("", o.LanguageCode)
	if h.db, err = sqldb.Open(ctx, o.database()); err != nil {
		return h, err
	}
	if h.media, err = o.openMedia(); err != nil {
		return h, err
	}
	if h.mails, err = smtp.New(o.submission()); err != nil {
		return h, err
	}
	signer, err := web.NewSigner(o.SecretKey, nil)
	if err != nil {
		return h, err
	}
	passwords := password.New(password.Moderate())
	limiter := web.NewLimiter(h.db, nil)
	sessions := web.NewSessions(h.db, web.Lifetimes{Long: time.Duration(o.SessionCookieAge) * time.Second}, o.transport().Encrypted(), nil)
	late, told := &jobs{}, &notices{}
	h.activities = outbox.New(late)
	activities, letters, register := h.activities, notify.NewLetters(late), entities.New(o.SlugBlacklist)

	theGroups := groups.New(groups.Deps{
		DB: h.db, Outbox: activities, Entities: register, Letters: letters, Limiter: limiter,
		BaseURL: o.baseURL(), MailDomain: o.shownMailDomain(), Zone: zone,
	})
	thePeople := people.New(people.Deps{
		DB: h.db, Entities: register, Outbox: activities, Letters: letters, Catalogues: catalogues, Limiter: limiter,
		Captcha: captcha.New(signer, limiter), Passwords: passwords, SiteName: o.SiteName, Language: language,
		URL: o.url, UnknownPerson: int64(o.UnknownPerson), Settings: theGroups.SettingsMenu,
	})
	h.people = thePeople
	members := membership.New(membership.Deps{
		DB: h.db, Outbox: activities, Groups: theGroups, People: thePeople, Letters: letters, Limiter: limiter,
		Catalogues: catalogues, SiteName: o.SiteName, BaseURL: o.baseURL(),
	})
	subscribers, err := subscriptions.New(subscriptions.Deps{
		DB: h.db, Outbox: activities, Groups: theGroups, People: thePeople, Letters: letters, Limiter: limiter,
		Catalogues: catalogues, SiteName: o.SiteName, BaseURL: o.baseURL(), Secret: o.SecretKey,
	})
	if err != nil {
		return h, err
	}
	words := texts.New(markdown.NewCache(renderedTexts), o.baseURL())
	theThreads := threads.New(threads.Deps{DB: h.db, Media: h.media, Sender: o.sender(), Texts: words})
	faces := media.NewPictures(h.db, h.media)
	theContent := content.New(content.Deps{
		DB: h.db, Outbox: activities, Entities: register, Threads: theThreads, Texts: words, Limiter: limiter, Pictures: faces,
		Notices: told, Beside: theGroups.Beside, BaseURL: o.baseURL(), MaxBytes: o.maxUpload(),
	}, articles.Kind())
	theConversations := conversations.New(conversations.Deps{
		DB: h.db, Outbox: activities, Groups: theGroups, Members: members, People: thePeople, Threads: theThreads, Texts: words, Letters: letters, Catalogues: catalogues,
		Limiter: limiter, Captcha: captcha.New(signer, limiter), SiteName: o.SiteName, BaseURL: o.baseURL(), Language: language,
		Notices: told, OperatorGroup: int64(o.OperatorGroup),
	})
	h.modules = []module.Module{
		thePeople.Module(), theGroups.Module(), members.Module(), subscribers.Module(), theThreads.Module(),
		theContent.Module(), theConversations.Module(), inbox.Page{DB: h.db}.Module(),
		h.newPages(pages.Deps{DB: h.db, Texts: words, Content: theContent, People: thePeople, Postmaster: o.Postmaster}, theGroups, members, theConversations).Module(),
		writing.New(writing.Deps{DB: h.db, Texts: words}).Module(),
		pictures.New(pictures.Deps{
			DB: h.db, Pictures: faces, Entities: register, Limiter: limiter, Menu: thePeople.SettingsMenu, MaxBytes: o.maxUpload(), Sender: o.sender(),
		}).Module(),
		h.newAdmin(late).Module(), h.housekeeping(sessions, limiter),
	}

	if o.Demonstration {
		h.modules = append(h.modules, demonstration.New(o.outboxFolder()).Module())
	}
	h.printer = catalogues.Printer(language, zone)
	h.intake = h.newIntake(catalogues, language, zone, letters, limiter)
	h.modules = append(h.modules, heldmail.New(h.intake).Module())

	post := email.New(email.Config{
		Sender: h.mails, Media: h.media, Catalogues: catalogues, Zone: zone, Logger: log,
		SiteName: o.SiteName, BaseURL: o.baseURL(), Domain: o.MailDomain(), From: o.DefaultFrom, Distinct: o.DistinctFrom, ReplyTo: o.ReplyTo,
		ReplyKeys: func(ctx context.Context, all []notify.Answerer) (map[notify.Answerer]string, error) {
			return mailin.ReplyKeys(ctx, h.db, all)
		},
		UnsubscribeURL: subscribers.UnsubscribeURL,
	})
	bell, err := push.New(push.Config{DB: h.db, Secret: o.SecretKey, Contact: o.Postmaster})
	if err != nil {
		return h, err
	}
	h.modules = append(h.modules, push.Page{Push: bell, Menu: thePeople.SettingsMenu}.Module())
	h.notifier, err = notify.New(notify.Config{
		DB: h.db, Queue: late, Catalogues: catalogues, Zone: zone, Language: language,
		Notices:  gather(h.modules, func(m module.Module) []notify.Notice { return m.Notices }),
		Channels: []notify.Channel{post, inbox.Inbox{}, bell}, Postman: post, Never: o.never(),
	})
	if err != nil {
		return h, err
	}
	told.Notifier = h.notifier
	activities.React(gather(h.modules, func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	h.modules = append(h.modules, module.Module{Name: "notify", Jobs: h.notifier.Jobs()})
	h.queue = queue.New(h.db, queue.Config{
		Kinds:     gather(h.modules, func(m module.Module) []queue.Kind { return m.Jobs }),
		Periodics: gather(h.modules, func(m module.Module) []queue.Periodic { return m.Periodics }),
		Location:  zone, Logger: log,
	})
	late.Queue = h.queue

	looks := o.site(language, zone)
	if looks.Dress.Outlets, err = o.outlets(); err != nil {
		return h, err
	}
	h.site, err = site.New(looks, site.Deps{
		Catalogues: catalogues, Sessions: sessions, Limiter: limiter, Viewers: thePeople, Log: log, Frame: h.frame(register, theContent), Changes: h.db.Changes, Snapshot: h.db.Snapshot,
		Ready: []site.Check{{Name: "database", Ask: h.db.Ping}, {Name: "media", Ask: h.media.Ping}, {Name: "queue", Ask: h.askQueue}},
	})
	if err != nil {
		return h, err
	}
	h.pages, err = h.site.Handler(gather(h.modules, func(m module.Module) []site.Route { return m.Routes }))
	return h, err
}

// gather pours one field of all modules into one list.
func gather[T any](modules []module.Module, field func(module.Module) []T) []T {
	var all []T
	for _, m := range modules {
		all = append(all, field(m)...)
	}
	return all
}

// housekeeping removes what has expired.
func (h *House) housekeeping(sessions *web.Sessions, limiter *web.Limiter) module.Module {
	const sweep = "app.sweep"
	return module.Module{
		Name: "app",
		Jobs: []queue.Kind{{Name: sweep, Lane: queue.Housekeeping, Handle: func(ctx context.Context, _ queue.Job) error {
			return errors.Join(sessions.Purge(ctx), limiter.Purge(ctx), tokens.RemoveExpired(ctx, h.db), h.intake.RemoveExpired(ctx))
		}}},
		Periodics: []queue.Periodic{{Name: sweep, Kind: sweep, Schedule: "17 4 * * *"}},
	}
}

// askQueue reports whether jobs can be counted.
func (h *House) askQueue(ctx context.Context) error {
	_, err := h.queue.Counts(ctx)
	return err
}

// checkDatabase migrates the database, or makes sure that it is what the program expects.
func (h *House) checkDatabase(ctx context.Context, migrate bool) error {
	if migrate {
		return sqldb.Migrate(ctx, h.db, schema.FS)
	}
	database, program, err := sqldb.Versions(ctx, h.db, schema.FS)
	if err != nil {
		return err
	}
	if database != program {
		return fmt.Errorf("the database has version %d and this program needs version %d: run grouprise migrate", database, program)
	}
	return nil
}

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
			h.log.Info("the site is open", "address", a.String(), "url", h.options.baseURL()+"/")
		},
	}.Serve(ctx)
}

// Receive takes mails from the mail server until the context ends, then finishes those in hand.
func (h *House) Receive(ctx context.Context) error {
	return lmtp.Server{
		Listen: h.options.LMTP.Listen, Handler: h.intake, Log: h.log, Hello: h.options.Domain,
		MaxBytes: h.options.LMTP.maxBytes(), Sentence: h.sentence,
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

// Print writes what each room answers, does and tells, one line each: the table of contents of the
// program. docs/house.txt keeps it, so that each change shows what the house learned.
func (h *House) Print(w io.Writer) error {
	var b strings.Builder
	for _, m := range h.modules {
		fmt.Fprintf(&b, "%s\n", m.Name)
		var lines []string
		for _, r := range m.Routes {
			lines = append(lines, fmt.Sprintf("  %-7s %s", "answers", strings.TrimSpace(fmt.Sprintf("%-5s%s%s", r.Method, r.Path, rights(r)))))
		}
		slices.Sort(lines)
		for _, r := range m.Reactions {
			lines = append(lines, fmt.Sprintf("  reacts  %s → %s", r.Activity, r.Does))
		}
		for _, n := range m.Notices {
			lines = append(lines, fmt.Sprintf("  tells   %s → %s", n.Activity, n.About))
		}
		for _, a := range m.Addresses {
			lines = append(lines, "  mail    "+a.About)
		}
		for _, r := range m.Replies {
			lines = append(lines, fmt.Sprintf("  mail    replies to a %s", r.Container))
		}
		for _, j := range m.Jobs {
			lines = append(lines, "  does    "+j.Name)
		}
		for _, p := range m.Periodics {
			lines = append(lines, fmt.Sprintf("  repeats %s (%s)", p.Kind, p.Schedule))
		}
		b.WriteString(strings.Join(lines, "\n") + "\n\n")
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func rights(r site.Route) string {
	switch {
	case r.Admin:
		return "  (administrators)"
	case r.SignedIn:
		return "  (signed in)"
	case r.CrossOrigin:
		return "  (from anywhere)"
	default:
		return ""
	}
}
