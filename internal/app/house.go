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
	"grouprise.org/grouprise/internal/schema"
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
	site       *site.Site
	pages      http.Handler
	modules    []module.Module
}

// renderedTexts is how many bytes of rendered texts are kept.
const renderedTexts = 16 << 20

// notices is the notifier for the rooms, which are built before it, because it needs to know the notices of
// all of them.
type notices struct{ *notify.Notifier }

// Build builds the house: first what it stands on, then the rooms from the bottom up, then what the rooms
// are poured into. It needs no database that answers.
func Build(ctx context.Context, o *options.Options, log *slog.Logger) (h *House, err error) {
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
	catalogues, err := lang.Load(locale.FS, o.OwnTexts()...)
	if err != nil {
		return h, err
	}
	language := catalogues.Match("", o.LanguageCode)
	if h.db, err = sqldb.Open(ctx, o.DatabaseConfig()); err != nil {
		return h, err
	}
	if h.media, err = o.OpenMedia(); err != nil {
		return h, err
	}
	if h.mails, err = smtp.New(o.SubmissionConfig()); err != nil {
		return h, err
	}
	signer, err := web.NewSigner(o.SecretKey, nil)
	if err != nil {
		return h, err
	}
	passwords := password.New(password.Moderate())
	limiter := web.NewLimiter(h.db, nil)
	sessions := web.NewSessions(h.db, web.Lifetimes{Long: time.Duration(o.SessionCookieAge) * time.Second}, o.Transport().Encrypted(), nil)
	reach := &notices{}
	h.queue = queue.New(h.db, queue.Config{Location: zone, Logger: log})
	h.activities = outbox.New(h.queue)
	activities, letters, register := h.activities, notify.NewLetters(h.queue), entities.New(o.SlugBlacklist)

	theGroups := groups.New(groups.Deps{
		DB: h.db, Outbox: activities, Entities: register, Letters: letters, Limiter: limiter,
		BaseURL: o.BaseURL(), MailDomain: o.ShownMailDomain(), Zone: zone,
	})
	thePeople := people.New(people.Deps{DB: h.db, Entities: register, Catalogues: catalogues})
	theAccounts := accounts.New(accounts.Deps{
		DB: h.db, People: thePeople, Outbox: activities, Letters: letters, Catalogues: catalogues, Limiter: limiter,
		Captcha: captcha.New(signer, limiter), Passwords: passwords, SiteName: o.SiteName, Language: language,
		URL: o.URL, UnknownPerson: int64(o.UnknownPerson), Estate: h.estate,
	})
	h.accounts = theAccounts
	byMail := bymail.New(bymail.Deps{
		DB: h.db, Groups: theGroups, People: theAccounts, Letters: letters, Limiter: limiter, Catalogues: catalogues, BaseURL: o.BaseURL(),
	})
	members := membership.New(membership.Deps{
		DB: h.db, Outbox: activities, Groups: theGroups, People: theAccounts, ByMail: byMail, Limiter: limiter, SiteName: o.SiteName, BaseURL: o.BaseURL(),
	})
	subscribers, err := subscriptions.New(subscriptions.Deps{
		DB: h.db, Outbox: activities, Groups: theGroups, ByMail: byMail, SiteName: o.SiteName, BaseURL: o.BaseURL(), Secret: o.SecretKey,
	})
	if err != nil {
		return h, err
	}
	words := texts.New(markdown.NewCache(renderedTexts), o.BaseURL())
	theThreads := threads.New(threads.Deps{DB: h.db, Media: h.media, Sender: o.Sender(), Texts: words})
	faces := media.NewPictures(h.db, h.media)
	theContent := content.New(content.Deps{
		DB: h.db, Outbox: activities, Entities: register, Threads: theThreads, Texts: words, Limiter: limiter, Pictures: faces,
		Notices: reach, BaseURL: o.BaseURL(), MaxBytes: o.MaxUploadBytes(),
	}, articles.Kind())
	theConversations := conversations.New(conversations.Deps{
		DB: h.db, Outbox: activities, Groups: theGroups, Members: members, People: theAccounts, Threads: theThreads, Texts: words, ByMail: byMail, Catalogues: catalogues,
		Limiter: limiter, Captcha: captcha.New(signer, limiter), SiteName: o.SiteName, BaseURL: o.BaseURL(), Language: language,
		Notices: reach, OperatorGroup: int64(o.OperatorGroup),
	})
	faceRoom := pictures.New(pictures.Deps{
		DB: h.db, Pictures: faces, Entities: register, Limiter: limiter, MaxBytes: o.MaxUploadBytes(), Sender: o.Sender(),
	})
	h.modules = []module.Module{
		thePeople.Module(), theAccounts.Module(), theGroups.Module(), members.Module(), subscribers.Module(), theThreads.Module(),
		theContent.Module(), theConversations.Module(), inbox.Page{DB: h.db}.Module(),
		pages.New(pages.Deps{DB: h.db, Entities: register, Groups: theGroups, People: thePeople, Texts: words, Postmaster: o.Postmaster}).Module(),
		writing.New(writing.Deps{DB: h.db, Texts: words}).Module(), faceRoom.Module(), h.newAdmin().Module(),
		h.core(sessions, limiter),
	}
	if o.Demonstration {
		h.modules = append(h.modules, demonstration.New(o.OutboxFolder()).Module())
	}
	h.printer = catalogues.Printer(language, zone)
	h.intake = h.newIntake(catalogues, language, zone, letters, limiter)
	h.modules = append(h.modules, heldmail.New(h.intake).Module())

	post := email.New(email.Config{
		DB: h.db, Sender: h.mails, Media: h.media, Catalogues: catalogues, Zone: zone, Logger: log,
		SiteName: o.SiteName, BaseURL: o.BaseURL(), Domain: o.MailDomain(), From: o.DefaultFrom, Distinct: o.DistinctFrom, ReplyTo: o.ReplyTo,
		ReplyKeys: func(ctx context.Context, all []notify.Answerer) (map[notify.Answerer]string, error) {
			return mailin.ReplyKeys(ctx, h.db, all)
		},
		UnsubscribeURL: subscribers.UnsubscribeURL,
	})
	devices, err := push.New(push.Config{DB: h.db, Secret: o.SecretKey, Contact: o.Postmaster})
	if err != nil {
		return h, err
	}
	channels := []notify.Channel{post, inbox.Inbox{}, devices}
	h.modules = append(h.modules, push.Page{Push: devices}.Module(), preferences.New(preferences.Deps{DB: h.db, Channels: channels}).Module())
	h.notifier, err = notify.New(notify.Config{
		DB: h.db, Queue: h.queue, Catalogues: catalogues, Zone: zone, Language: language,
		Notices:  module.Gather(h.modules, func(m module.Module) []notify.Notice { return m.Notices }),
		Channels: channels, Postman: post, Never: o.NeverNotified(),
	})
	if err != nil {
		return h, err
	}
	reach.Notifier = h.notifier
	activities.React(module.Gather(h.modules, func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	h.modules = append(h.modules, module.Module{Name: "notify", Jobs: h.notifier.Jobs(), Estate: notify.Estate()}, sweeper(h.modules))
	h.queue.Handle(module.Gather(h.modules, func(m module.Module) []queue.Kind { return m.Jobs })...)
	h.queue.Schedule(module.Gather(h.modules, func(m module.Module) []queue.Periodic { return m.Periodics })...)

	looks := o.SiteConfig(language, zone, operator(o))
	if looks.Dress.Outlets, err = o.Outlets(); err != nil {
		return h, err
	}
	h.site, err = site.New(looks, site.Deps{
		Catalogues: catalogues, Sessions: sessions, Limiter: limiter, Viewers: thePeople, Log: log, Near: h.near(register), Changes: h.db.Changes,
	})
	if err != nil {
		return h, err
	}
	h.pages, err = h.site.Handler(module.Contributions(h.modules))
	return h, err
}

// estate returns what all modules keep of people, from the ground up.
func (h *House) estate() []estate.Holding {
	return module.Gather(h.modules, func(m module.Module) []estate.Holding { return m.Estate })
}

// core is the module of what the rooms share.
func (h *House) core(sessions *web.Sessions, limiter *web.Limiter) module.Module {
	return module.Module{
		Name:   "core",
		Estate: outbox.Estate(),
		Sweeps: []module.Sweep{
			{About: "sessions that have ended", Run: sessions.Purge},
			{About: "throttles that are over", Run: limiter.Purge},
			{About: "links that have expired", Run: func(ctx context.Context) error { return tokens.RemoveExpired(ctx, h.db) }},
			{About: "mails that nobody has confirmed", Run: func(ctx context.Context) error { return h.intake.RemoveExpired(ctx) }},
		},
		Checks: []site.Check{
			{Name: "database", Ask: h.db.Ping},
			{Name: "media", Ask: h.media.Ping},
			{Name: "queue", Ask: func(ctx context.Context) error {
				_, err := h.queue.Counts(ctx)
				return err
			}},
		},
		Metrics: h.metrics(),
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
