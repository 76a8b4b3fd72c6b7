// Package app is the roof of the house: it builds every room by hand from the options and starts what runs.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/channels/email"
	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/features/admin"
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
	"grouprise.org/grouprise/internal/features/preferences"
	"grouprise.org/grouprise/internal/features/subscriptions"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/features/writing"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/locale"
)

// House is the whole program, built by hand from the options.
type House struct {
	options *options.Options
	log     *slog.Logger

	db         *sqldb.DB
	media      options.MediaStore
	mails      smtp.Sender
	queue      *queue.Queue
	notifier   *notify.Notifier
	accounts   *accounts.Accounts
	intake     *mailin.Intake
	activities *outbox.Outbox
	printer    *lang.Printer // in the language of the site
	pages      http.Handler
	modules    []module.Module // closed once the house is built
}

// services are what rooms share beside what the house holds.
type services struct {
	zone       *time.Location
	catalogues *lang.Catalogues
	language   string // of the site
	signer     *web.Signer
	limiter    *web.Limiter
	sessions   *web.Sessions
	letters    *notify.Letters
	entities   *entities.Entities
	texts      *texts.Texts
	pictures   *media.Pictures
}

// renderedTexts is how many bytes of rendered texts are kept.
const renderedTexts = 16 << 20

// Build builds the house: first what it stands on, then the rooms from the bottom up. Then the list of their modules is
// closed and poured into what runs. It needs no database that answers.
func Build(ctx context.Context, o *options.Options, log *slog.Logger) (h *House, err error) {
	h = &House{options: o, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	s, err := h.open(ctx)
	if err != nil {
		return h, err
	}
	viewers, err := h.furnish(s)
	if err != nil {
		return h, err
	}
	return h, h.pour(s, viewers)
}

// open opens what the house stands on.
func (h *House) open(ctx context.Context) (*services, error) {
	o := h.options
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("load the time zone: %w", err)
	}
	catalogues, err := lang.Load(locale.FS, o.OwnTexts()...)
	if err != nil {
		return nil, err
	}
	if h.db, err = sqldb.Open(ctx, o.DatabaseConfig()); err != nil {
		return nil, err
	}
	if h.media, err = o.OpenMedia(); err != nil {
		return nil, err
	}
	if h.mails, err = smtp.New(o.SubmissionConfig()); err != nil {
		return nil, err
	}
	signer, err := web.NewSigner(o.SecretKey, nil)
	if err != nil {
		return nil, err
	}
	h.queue = queue.New(h.db, queue.Config{Location: zone, Logger: h.log})
	h.activities = outbox.New(h.queue)
	language := catalogues.Match("", o.LanguageCode)
	h.printer = catalogues.Printer(language, zone)
	return &services{
		zone: zone, catalogues: catalogues, language: language, signer: signer, limiter: web.NewLimiter(h.db, nil),
		sessions: web.NewSessions(h.db, web.Lifetimes{Long: time.Duration(o.SessionCookieAge) * time.Second}, o.Transport().Encrypted(), nil),
		letters:  notify.NewLetters(h.queue), entities: entities.New(o.ReservedSlugs()),
		texts: texts.New(markdown.NewCache(renderedTexts), o.BaseURL()), pictures: media.NewPictures(h.db, h.media),
	}, nil
}

// furnish makes all rooms and lists their modules, from the ground up: what others refer to comes first. It returns the
// room that knows who looks.
func (h *House) furnish(s *services) (site.Viewers, error) {
	o := h.options
	theGroups := groups.New(groups.Deps{
		DB: h.db, Outbox: h.activities, Entities: s.entities, Letters: s.letters, Limiter: s.limiter,
		BaseURL: o.BaseURL(), MailDomain: o.ShownMailDomain(), Zone: s.zone,
	})
	thePeople := people.New(people.Deps{DB: h.db, Entities: s.entities, Catalogues: s.catalogues})
	h.accounts = accounts.New(accounts.Deps{
		DB: h.db, People: thePeople, Outbox: h.activities, Letters: s.letters, Catalogues: s.catalogues, Limiter: s.limiter,
		Captcha: captcha.New(s.signer, s.limiter), Passwords: password.New(password.Moderate()), SiteName: o.SiteName, Language: s.language,
		URL: o.URL, Devices: push.Path, UnknownPerson: int64(o.UnknownPerson), Estate: h.estate,
	})
	byMail := bymail.New(bymail.Deps{
		DB: h.db, Groups: theGroups, People: h.accounts, Letters: s.letters, Limiter: s.limiter, Catalogues: s.catalogues, BaseURL: o.BaseURL(),
	})
	members := membership.New(membership.Deps{
		DB: h.db, Outbox: h.activities, Groups: theGroups, People: h.accounts, ByMail: byMail, Limiter: s.limiter, SiteName: o.SiteName, BaseURL: o.BaseURL(),
	})
	subscribers, err := subscriptions.New(subscriptions.Deps{
		DB: h.db, Outbox: h.activities, Groups: theGroups, ByMail: byMail, SiteName: o.SiteName, BaseURL: o.BaseURL(), Secret: o.SecretKey,
	})
	if err != nil {
		return nil, err
	}
	post, devices, err := h.channels(s, subscribers)
	if err != nil {
		return nil, err
	}
	channels := []notify.Channel{post, inbox.Inbox{}, devices}
	h.notifier = notify.New(notify.Config{
		DB: h.db, Queue: h.queue, Catalogues: s.catalogues, Zone: s.zone, Language: s.language,
		Channels: channels, Postman: post, Never: o.NeverNotified(),
	})
	theThreads := threads.New(threads.Deps{DB: h.db, Media: h.media, Sender: o.Sender(), Texts: s.texts})
	theContent := content.New(content.Deps{
		DB: h.db, Outbox: h.activities, Entities: s.entities, Threads: theThreads, Texts: s.texts, Limiter: s.limiter, Pictures: s.pictures,
		Notices: h.notifier, BaseURL: o.BaseURL(), MaxBytes: o.MaxUploadBytes(),
	}, articles.Kind())
	theConversations := conversations.New(conversations.Deps{
		DB: h.db, Outbox: h.activities, Groups: theGroups, Members: members, People: h.accounts, Threads: theThreads, Texts: s.texts, ByMail: byMail,
		Catalogues: s.catalogues, Limiter: s.limiter, Captcha: captcha.New(s.signer, s.limiter), SiteName: o.SiteName, BaseURL: o.BaseURL(),
		Language: s.language, Notices: h.notifier, OperatorGroup: int64(o.OperatorGroup),
	})
	h.intake = h.newIntake(s, h.accounts)
	h.modules = []module.Module{
		thePeople.Module(), h.accounts.Module(), theGroups.Module(), members.Module(), subscribers.Module(), theThreads.Module(),
		theContent.Module(), theConversations.Module(), inbox.Page{DB: h.db}.Module(), push.Page{Push: devices}.Module(),
		preferences.New(preferences.Deps{DB: h.db, Channels: channels}).Module(),
		pages.New(pages.Deps{DB: h.db, Entities: s.entities, Groups: theGroups, People: thePeople, Texts: s.texts, Postmaster: o.Postmaster}).Module(),
		writing.New(writing.Deps{DB: h.db, Texts: s.texts}).Module(),
		pictures.New(pictures.Deps{
			DB: h.db, Pictures: s.pictures, Entities: s.entities, Limiter: s.limiter, MaxBytes: o.MaxUploadBytes(), Sender: o.Sender(),
		}).Module(),
		heldmail.New(h.intake).Module(), h.core(s),
		{Name: "notify", Jobs: h.notifier.Jobs(), Estate: notify.Estate()},
	}
	if o.Demonstration {
		h.modules = append(h.modules, demonstration.New(o.OutboxFolder()).Module())
	}
	h.modules = append(h.modules, sweeper(h.modules), admin.New(admin.Deps{
		Queue:    h.queue,
		Facts:    module.Gather(h.modules, func(m module.Module) []module.Fact { return m.Facts }),
		Warnings: module.Gather(h.modules, func(m module.Module) []lang.Text { return m.Warnings }),
		Reserved: func(ctx context.Context) ([]community.Entity, error) { return s.entities.ListReserved(ctx, h.db) },
	}).Module())
	return thePeople, nil
}

// channels returns the channels that need something: e-mail, and push to devices.
func (h *House) channels(s *services, subscribers *subscriptions.Subscriptions) (*email.Email, *push.Push, error) {
	o := h.options
	post := email.New(email.Config{
		DB: h.db, Sender: h.mails, Media: h.media, Catalogues: s.catalogues, Zone: s.zone, Logger: h.log,
		SiteName: o.SiteName, BaseURL: o.BaseURL(), Domain: o.MailDomain(), From: o.DefaultFrom, Distinct: o.DistinctFrom, ReplyTo: o.ReplyTo,
		ReplyKeys: func(ctx context.Context, all []notify.Answerer) (map[notify.Answerer]string, error) {
			return mailin.ReplyKeys(ctx, h.db, all)
		},
		UnsubscribeURL: subscribers.UnsubscribeURL,
	})
	devices, err := push.New(push.Config{DB: h.db, Secret: o.SecretKey, Host: o.Domain, Contact: o.Postmaster})
	return post, devices, err
}

// pour hands what the modules contribute to what runs.
func (h *House) pour(s *services, viewers site.Viewers) error {
	h.activities.React(module.Gather(h.modules, func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	if err := h.notifier.Follow(module.Gather(h.modules, func(m module.Module) []notify.Notice { return m.Notices })...); err != nil {
		return err
	}
	h.intake.Serve(
		module.Gather(h.modules, func(m module.Module) []mailin.Address { return m.Addresses }),
		module.Gather(h.modules, func(m module.Module) []mailin.Reply { return m.Replies }),
	)
	h.queue.Handle(module.Gather(h.modules, func(m module.Module) []queue.Kind { return m.Jobs })...)
	h.queue.Schedule(module.Gather(h.modules, func(m module.Module) []queue.Periodic { return m.Periodics })...)

	config := h.options.SiteConfig(s.language, s.zone, operator(h.options))
	var err error
	if config.Dress.Outlets, err = h.options.Outlets(); err != nil {
		return err
	}
	frame, err := site.New(config, site.Deps{
		Catalogues: s.catalogues, Sessions: s.sessions, Limiter: s.limiter, Viewers: viewers, Log: h.log, Near: h.near(s.entities), Changes: h.db.Changes,
	})
	if err != nil {
		return err
	}
	h.pages, err = frame.Handler(module.Contributions(h.modules))
	return err
}

// estate returns what all modules keep of people, from the ground up.
func (h *House) estate() []estate.Holding {
	return module.Gather(h.modules, func(m module.Module) []estate.Holding { return m.Estate })
}

// core is the module of what the rooms share.
func (h *House) core(s *services) module.Module {
	return module.Module{
		Name:   "core",
		Estate: outbox.Estate(),
		Sweeps: []module.Sweep{
			{About: "sessions that have ended", Run: s.sessions.Purge},
			{About: "throttles that are over", Run: s.limiter.Purge},
			{About: "links that have expired", Run: func(ctx context.Context) error { return tokens.RemoveExpired(ctx, h.db) }},
			{About: "mails that nobody has confirmed", Run: h.intake.RemoveExpired},
		},
		Checks: []site.Check{
			{Name: "database", Ask: h.db.Ping},
			{Name: "media", Ask: h.media.Ping},
			{Name: "queue", Ask: func(ctx context.Context) error {
				_, err := h.queue.Counts(ctx)
				return err
			}},
		},
		Metrics: h.metrics(), Facts: h.facts(), Warnings: h.warnings(),
	}
}

// sweeper is the module of the job that runs what all modules sweep, each after the others have failed, too.
func sweeper(modules []module.Module) module.Module {
	const sweep = "core.sweep"
	sweeps := module.Gather(modules, func(m module.Module) []module.Sweep { return m.Sweeps })
	return module.Module{
		Name: "sweeper",
		Jobs: []queue.Kind{{Name: sweep, Lane: queue.Housekeeping, Handle: func(ctx context.Context, _ queue.Job) error {
			var problems error
			for _, s := range sweeps {
				if err := s.Run(ctx); err != nil {
					problems = errors.Join(problems, fmt.Errorf("remove %s: %w", s.About, err))
				}
			}
			return problems
		}}},
		Periodics: []queue.Periodic{{Name: sweep, Kind: sweep, Schedule: "17 4 * * *"}},
	}
}
