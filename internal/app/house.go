// Package app is the roof of the house: it builds every room by hand from the options and starts what runs.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/app/bots"
	"grouprise.org/grouprise/internal/app/health"
	"grouprise.org/grouprise/internal/app/offered"
	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/app/sandboxed"
	"grouprise.org/grouprise/internal/app/serverconf"
	"grouprise.org/grouprise/internal/app/watching"
	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/channels/push"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bounces"
	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/core/captcha"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/intents"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/reports"
	index "grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/accounts"
	"grouprise.org/grouprise/internal/features/admin"
	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/features/attendance"
	returned "grouprise.org/grouprise/internal/features/bounces"
	"grouprise.org/grouprise/internal/features/bridge"
	"grouprise.org/grouprise/internal/features/caldav"
	"grouprise.org/grouprise/internal/features/certificates"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/features/chatsettings"
	"grouprise.org/grouprise/internal/features/checkups"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/conversations"
	"grouprise.org/grouprise/internal/features/demonstration"
	"grouprise.org/grouprise/internal/features/dkim"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/feeds"
	"grouprise.org/grouprise/internal/features/files"
	"grouprise.org/grouprise/internal/features/galleries"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/features/heldmail"
	"grouprise.org/grouprise/internal/features/helping"
	"grouprise.org/grouprise/internal/features/hooks"
	"grouprise.org/grouprise/internal/features/imports"
	"grouprise.org/grouprise/internal/features/invitations"
	"grouprise.org/grouprise/internal/features/membership"
	"grouprise.org/grouprise/internal/features/onboarding"
	"grouprise.org/grouprise/internal/features/pages"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/pictures"
	"grouprise.org/grouprise/internal/features/polls"
	"grouprise.org/grouprise/internal/features/preferences"
	"grouprise.org/grouprise/internal/features/reminders"
	"grouprise.org/grouprise/internal/features/search"
	"grouprise.org/grouprise/internal/features/setup"
	"grouprise.org/grouprise/internal/features/sitemap"
	"grouprise.org/grouprise/internal/features/subscriptions"
	"grouprise.org/grouprise/internal/features/tags"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/features/writing"
	"grouprise.org/grouprise/internal/kit/avif"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sandbox"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/kit/webp"
	"grouprise.org/grouprise/internal/locale"
)

// House is the whole program, built by hand from the options.
type House struct {
	options *options.Options
	log     *slog.Logger // of which Watch is told
	watch   *watching.Watch

	db       *sqldb.DB
	media    options.MediaStore
	mails    smtp.Sender
	dkim     *dkim.DKIM
	checkups *checkups.Checkups
	outside  health.Outside // what tests put around the house

	certificates *certificates.Certificates

	queue      *queue.Queue
	notifier   *notify.Notifier
	accounts   *accounts.Accounts
	groups     *groups.Groups
	chat       *chat.Chat
	chatSetup  *chatsettings.Settings
	rooms      offered.Rooms // for commands
	intake     *mailin.Intake
	bots       *bots.Bots
	activities *outbox.Outbox
	downloads  media.Probe
	printer    func() *lang.Printer // in the language of the site
	pages      http.Handler
	search     *index.Index
	reports    *reports.Reports
	settings   *settings.Settings
	siteName   settings.SiteName
	modules    []module.Module // closed once the house is built
}

// services are what rooms share beside what the house holds.
type services struct {
	zone       *time.Location
	catalogues *lang.Catalogues
	signer     *web.Signer
	limiter    *web.Limiter
	unsent     *web.UnsentForms
	sessions   *web.Sessions
	letters    *notify.Letters
	entities   *entities.Entities
	texts      *texts.Texts
	pictures   *media.Pictures
	sandbox    *sandbox.Runner
	bounces    *bounces.Bounces
}

// renderedTexts is how many bytes of rendered texts are kept.
const renderedTexts = 16 << 20

// Build builds the house: first what it stands on, then the rooms from the bottom up. Then the list of their modules is
// closed and poured into what runs. It needs no database that answers.
func Build(ctx context.Context, o *options.Options, log *slog.Logger) (h *House, err error) {
	h = &House{options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	if h.watch, err = watching.New(o, log); err != nil {
		return h, err
	}
	h.log = h.watch.Log
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
	h.downloads = media.Probe{Sender: o.Sender(), Store: h.media, BaseURL: o.BaseURL(), Client: media.ProbeClient(), Log: h.log}
	if h.dkim, err = dkim.New(dkim.Deps{DB: h.db, Log: h.log, Secret: o.SecretKey, From: o.DefaultFrom}); err != nil {
		return nil, err
	}
	if h.mails, err = smtp.New(o.SubmissionConfig()); err != nil {
		return nil, err
	}
	h.mails = h.dkim.Sender(h.mails)
	signer, err := web.NewSigner(o.SecretKey, nil)
	if err != nil {
		return nil, err
	}
	h.queue = queue.New(h.db, queue.Config{Location: zone, Logger: h.log})
	h.activities = outbox.New(h.queue)
	h.settings = settings.New(h.db, h.log, o.FixedSettings())
	h.siteName = settings.SiteName{Settings: h.settings, Default: o.SiteName}
	catalogues = catalogues.Offering(h.offer(catalogues.Match(o.LanguageCode)))
	h.printer = func() *lang.Printer { return catalogues.Printer("", zone) }
	s := &services{
		zone: zone, catalogues: catalogues, signer: signer, limiter: web.NewLimiter(h.db, nil), unsent: web.NewUnsentForms(h.db, nil),
		sessions: web.NewSessions(h.db, web.Lifetimes{Long: time.Duration(o.SessionCookieAge) * time.Second}, o.Transport().Encrypted(), nil),
		letters:  notify.NewLetters(h.queue), entities: entities.New(o.ReservedSlugs()),
		texts: texts.New(markdown.NewCache(renderedTexts), o.BaseURL()), pictures: media.NewPictures(h.db, h.media), sandbox: sandbox.New(o.Program, sandbox.Limits{}),
	}
	if webp.Available {
		s.pictures.ConvertBy(h.queue, sandboxed.WebP(s.sandbox))
	}
	if avif.Available {
		// Somebody waits for it, while jobs take their turns in the other sandbox.
		s.pictures.ReadAVIFBy(sandboxed.AVIF(sandbox.New(o.Program, sandbox.Limits{})))
	}
	h.search = index.New(h.db)
	h.reports = h.newReports(s)
	if s.bounces, err = bounces.New(h.db, o.SecretKey, o.MailDomain()); err != nil {
		return nil, err
	}
	return s, h.openCertificates()
}

// furnish makes all rooms and lists their modules, from the ground up: what others refer to comes first. It returns the
// room that knows who looks.
func (h *House) furnish(s *services) (site.Viewers, error) {
	o := h.options
	var ( // rooms that others below them ask
		members          *membership.Membership
		theConversations *conversations.Conversations
		theImports       *imports.Imports
	)
	var inviting, leaving, reactivating, calendars, answering, helpers, reminded web.LinkKeys
	for purpose, keys := range map[string]*web.LinkKeys{
		"invitation": &inviting, "leave": &leaving, "reactivate": &reactivating, "calendar": &calendars, "attendance": &answering, "help": &helpers, "reminders": &reminded,
	} {
		var err error
		if *keys, err = web.NewLinkKeys(o.SecretKey, purpose); err != nil {
			return nil, err
		}
	}
	h.groups = groups.New(groups.Deps{
		Catalogues: s.catalogues, Estate: h.estate, ReactivationLinks: bymail.PersonalLinks{Keys: reactivating},
		DB: h.db, Outbox: h.activities, Entities: s.entities, Letters: s.letters, Limiter: s.limiter,
		Captcha: captcha.New(s.signer, s.limiter), Search: h.search, SiteName: h.siteName, BaseURL: o.BaseURL(), MailDomain: o.ShownMailDomain(), Zone: s.zone,
		Featured: h.featured(), MinFeatured: o.Tags.MinFeaturedCount,
		Invitations: func() groups.Invitations { return members }, Agenda: h.agenda, Websites: func() groups.Websites { return theImports },
	})
	thePeople := people.New(people.Deps{DB: h.db, Entities: s.entities, Catalogues: s.catalogues, Search: h.search})
	h.accounts = accounts.New(accounts.Deps{
		DB: h.db, People: thePeople, Outbox: h.activities, Letters: s.letters, Catalogues: s.catalogues, Limiter: s.limiter,
		Captcha: captcha.New(s.signer, s.limiter), Passwords: password.New(o.PasswordCost), SiteName: h.siteName,
		URL: o.URL, Devices: push.Path, UnknownPerson: int64(o.UnknownPerson), Special: o.NeverNotified(), Estate: h.estate,
		Intents: func() intents.Intents { return members },
	})
	byMail := bymail.New(bymail.Deps{
		DB: h.db, Groups: h.groups, People: h.accounts, Letters: s.letters, Limiter: s.limiter, Catalogues: s.catalogues, BaseURL: o.BaseURL(),
	})
	members = membership.New(membership.Deps{
		DB: h.db, Outbox: h.activities, Groups: h.groups, People: h.accounts, ByMail: byMail, Limiter: s.limiter, Keys: inviting, LeavingLinks: bymail.PersonalLinks{Keys: leaving},
		Applications: func() membership.Applications { return theConversations }, SiteName: h.siteName, BaseURL: o.BaseURL(),
	})
	subscribers, err := subscriptions.New(subscriptions.Deps{
		DB: h.db, Outbox: h.activities, Groups: h.groups, ByMail: byMail, SiteName: h.siteName, BaseURL: o.BaseURL(), Secret: o.SecretKey,
	})
	if err != nil {
		return nil, err
	}
	post, devices, err := h.channels(s, subscribers)
	if err != nil {
		return nil, err
	}
	rooms, err := h.newChat(s)
	if err != nil {
		return nil, err
	}
	channels := append([]notify.Channel{post, inbox.Inbox{}, devices}, rooms.Channels()...)
	h.notifier = notify.New(notify.Config{
		DB: h.db, Queue: h.queue, Catalogues: s.catalogues, Zone: s.zone,
		Channels: channels, Postman: post, Never: o.NeverNotified(), Rooms: rooms,
	})
	theThreads := threads.New(threads.Deps{
		DB: h.db, Media: h.media, Sender: h.downloads.Sender, Texts: s.texts, Search: h.search, Outbox: h.activities, BaseURL: o.BaseURL(), Keys: leaving, Channels: channels,
		Sessions: s.sessions, Changed: rooms.FollowContribution,
	})
	theEvents := events.New(events.Deps{
		Letters: s.letters, Catalogues: s.catalogues, Organizer: o.DefaultFrom, ReplyAddresses: h.replyAddresses,
		DB: h.db, Outbox: h.activities, Limiter: s.limiter, Zone: s.zone, Viewers: thePeople, Keys: calendars, SiteName: h.siteName, BaseURL: o.BaseURL(), Answers: o.Events.Attendance, Single: !o.Events.Repetitions,
	})
	theFiles := files.New(files.Deps{
		DB: h.db, Queue: h.queue, Media: h.media, Pictures: s.pictures, FirstPage: sandboxed.FirstPage(s.sandbox),
		Limiter: s.limiter, Log: h.log, MaxBytes: o.MaxUploadBytes(), Keep: options.Days(o.Keep.StrayFiles),
	})
	thePolls := polls.New(polls.Deps{
		DB: h.db, Outbox: h.activities, Dates: theEvents, Letters: s.letters, Limiter: s.limiter, Captcha: captcha.New(s.signer, s.limiter), Keys: answering, Catalogues: s.catalogues, Zone: s.zone, BaseURL: o.BaseURL(),
	})
	article := articles.Kind()
	theContent := content.New(content.Deps{
		DB: h.db, Outbox: h.activities, Entities: s.entities, Threads: theThreads, Texts: s.texts, Limiter: s.limiter, Pictures: s.pictures,
		Notices: h.notifier, Search: h.search, BaseURL: o.BaseURL(), MaxBytes: o.MaxUploadBytes(), Changed: rooms.FollowContents,
	}, article, theEvents.Kind(), galleries.New(galleries.Deps{Pictures: s.pictures, Limiter: s.limiter, MaxBytes: o.MaxUploadBytes()}).Kind(), theFiles.Kind(), thePolls.Kind())
	attendees := attendance.New(attendance.Deps{
		DB: h.db, Outbox: h.activities, Content: theContent, Dates: theEvents, People: h.accounts, ByMail: byMail, Letters: s.letters, Keys: answering,
		Catalogues: s.catalogues, Zone: s.zone, SiteName: h.siteName, BaseURL: o.BaseURL(),
		Enabled: o.Events.Attendance, ByOthers: o.Events.AttendanceByMembers,
	})
	thePolls.AttendBy(attendees.Adopt)
	theHelping := helping.New(helping.Deps{
		DB: h.db, Content: theContent, Dates: theEvents, Outbox: h.activities, Letters: s.letters, Texts: s.texts, Keys: helpers,
		Catalogues: s.catalogues, Zone: s.zone, BaseURL: o.BaseURL(),
	})
	theReminders := reminders.New(reminders.Deps{
		DB: h.db, Outbox: h.activities, Content: theContent, Dates: theEvents, Attendance: attendees, Helping: theHelping, Letters: s.letters, Catalogues: s.catalogues, Groups: h.groups,
		Links: bymail.PersonalLinks{Keys: reminded}, Zone: s.zone, BaseURL: o.BaseURL(),
	})
	theConversations = conversations.New(conversations.Deps{
		DB: h.db, Outbox: h.activities, Groups: h.groups, Members: members, People: h.accounts, Threads: theThreads, Texts: s.texts, Search: h.search, ByMail: byMail,
		Catalogues: s.catalogues, Limiter: s.limiter, Captcha: captcha.New(s.signer, s.limiter), SiteName: h.siteName, BaseURL: o.BaseURL(),
		Notices: h.notifier, OperatorGroup: int64(o.OperatorGroup), MaxBytes: o.MaxUploadBytes(),
	})
	theInvitations := invitations.New(invitations.Deps{
		DB: h.db, Outbox: h.activities, Events: theEvents, Groups: h.groups, People: thePeople, Letters: s.letters, Limiter: s.limiter, Catalogues: s.catalogues, Zone: s.zone, BaseURL: o.BaseURL(),
		Answer: func(ctx context.Context, tx *sqldb.Tx, a invitations.Answer) error {
			return attendees.Answer(ctx, tx, attendance.Given{ContentID: a.ContentID, PersonID: a.PersonID, Answer: attendance.Answer(a.Answer), At: a.At}.On(a.DateIDs))
		},
	})
	theImports = imports.New(imports.Deps{
		DB: h.db, Queue: h.queue, Outbox: h.activities, Events: theEvents, Content: theContent, Articles: article.Name, Groups: h.groups, Limiter: s.limiter,
		Log: h.log, BaseURL: o.BaseURL(), Zone: s.zone, Printer: h.printer,
	})
	h.intake = h.newIntake(s, h.accounts)
	h.rooms = offered.Rooms{Accounts: h.accounts, Members: members, Imports: theImports, SiteName: h.siteName, Printer: h.printer, Setup: setup.New(setup.Deps{DB: h.db, Accounts: h.accounts, Settings: h.settings, Catalogues: s.catalogues, Log: h.log, BaseURL: o.BaseURL()})}
	h.rooms.TestMail = admin.TestMail{DB: h.db, Postman: post, SiteName: h.siteName, From: o.DefaultFrom, LeavesBy: o.MailsLeaveBy()}
	h.modules = []module.Module{
		thePeople.Module(), h.accounts.Module(), h.groups.Module(), members.Module(), subscribers.Module(), theThreads.Module(),
		theContent.Module(), attendees.Module(), theInvitations.Module(), theConversations.Module(), inbox.Page{DB: h.db, Texts: s.texts, Keep: options.Days(o.Keep.Notifications)}.Module(), push.Page{Push: devices}.Module(),
		preferences.New(preferences.Deps{DB: h.db, Channels: channels, Switches: func() []notify.Switch { return module.Switches(h.modules) }}).Module(),
		pages.New(pages.Deps{DB: h.db, Entities: s.entities, Groups: h.groups, People: thePeople, Texts: s.texts, Agenda: h.agenda, Postmaster: o.Postmaster}).Module(),
		onboarding.New(onboarding.Deps{DB: h.db, Groups: h.groups, Steps: func() []site.Step {
			return module.Gather(h.modules, func(m module.Module) []site.Step { return m.Steps })
		}}).Module(),
		writing.New(writing.Deps{DB: h.db, Texts: s.texts}).Module(), tags.New(tags.Deps{DB: h.db, Groups: h.groups, Featured: h.featured()}).Module(),
		pictures.New(pictures.Deps{
			DB: h.db, Pictures: s.pictures, Entities: s.entities, Limiter: s.limiter, MaxBytes: o.MaxUploadBytes(), Sender: h.downloads.Sender,
			Keep: options.Days(o.Keep.UnusedPictures),
		}).Module(),
		caldav.New(caldav.Deps{DB: h.db, Events: theEvents, Scope: string(accounts.ScopeCalendars), Passwords: accounts.AppPasswordsPath}).Module(),
		heldmail.New(h.intake).Module(), h.core(s), search.New(search.Deps{DB: h.db, Index: h.search, Entities: s.entities, Groups: h.groups, Texts: s.texts, Limiter: s.limiter}).Module(),
		theImports.Module(), h.rooms.Setup.Module(), hooks.New(hooks.Deps{Queue: h.queue, Log: h.log, Scripts: o.HookScripts, BaseURL: o.BaseURL()}).Module(),
		feeds.New(feeds.Deps{
			DB: h.db, Content: theContent, Threads: theThreads, Groups: h.groups, People: thePeople, Texts: s.texts,
			Printer: h.printer, SiteName: h.siteName, BaseURL: o.BaseURL(), Articles: article.Name,
		}).Module(),
		{Name: "notify", Jobs: h.notifier.Jobs(), Estate: notify.Estate(), Sweeps: h.notifySweeps(), Metrics: h.notifier.Metrics()},
		{Name: "reports", Jobs: []queue.Kind{h.reports.Kind(), h.notifier.LetterKind(reports.JobMail, queue.Normal)}, Periodics: []queue.Periodic{reports.Periodic()}},
	}
	h.modules = append(h.modules, theContent.Modules()...)
	h.modules = append(h.modules, theHelping.Module(), theReminders.Module(), sitemap.New(sitemap.Deps{Sources: func() []site.SitemapSource {
		return module.Gather(h.modules, func(m module.Module) []site.SitemapSource { return m.Sitemaps })
	}}).Module())
	h.modules = append(h.modules, h.Scores().Module(), h.Backups().Module(), h.maps(), h.dkim.Module(), h.certificates.Module(), returned.New(s.bounces).Module(), h.chat.Module(), h.chatSetup.Module(), rooms.Module())
	h.modules = append(h.modules, h.bots.Modules()...)
	h.modules = append(h.modules, h.bots.Bridge(bridge.Deps{Media: h.media, Limiter: s.limiter, People: thePeople, Threads: theThreads, SiteName: h.siteName.String}).Module())
	if o.Demonstration {
		h.modules = append(h.modules, demonstration.New(o.OutboxFolder()).Module())
	}
	examined, err := h.examined()
	if err != nil {
		return nil, err
	}
	h.modules = append(examined, h.modules...) // the first thing that administrators see
	h.modules = append(h.modules, module.Sweeper(h.modules), admin.New(admin.Deps{
		Queue: h.queue, DB: h.db, Settings: h.settings, Catalogues: s.catalogues, Pictures: s.pictures, MaxBytes: o.MaxUploadBytes(),
		TestMail: h.rooms.TestMail,
		Facts:    module.Gather(h.modules, func(m module.Module) []module.Fact { return m.Facts }),
		Cautions: module.Gather(h.modules, func(m module.Module) []module.Caution { return m.Cautions }),
		Reserved: func(ctx context.Context) ([]community.Entity, error) { return s.entities.ListReserved(ctx, h.db) },
	}).Module())
	return thePeople, nil
}

// pour hands what the modules contribute to what runs.
func (h *House) pour(s *services, viewers site.Viewers) error {
	h.search.Serve(module.Gather(h.modules, func(m module.Module) []index.Source { return m.Finds })...)
	h.activities.React(module.Gather(h.modules, func(m module.Module) []outbox.Reaction { return m.Reactions })...)
	if err := h.notifier.Follow(module.Gather(h.modules, func(m module.Module) []notify.Notice { return m.Notices })...); err != nil {
		return err
	}
	h.notifier.Enclose(module.Gather(h.modules, func(m module.Module) []notify.Enclosure { return m.Enclosures })...)
	h.intake.TakeCalendars(module.Gather(h.modules, func(m module.Module) []mailin.Calendars { return m.Calendars })...)
	h.intake.Read(module.Gather(h.modules, func(m module.Module) []mailin.Mailbox { return m.Mailboxes })...)
	err := h.intake.Serve(
		module.Gather(h.modules, func(m module.Module) []mailin.Address { return m.Addresses }),
		module.Gather(h.modules, func(m module.Module) []mailin.Reply { return m.Replies }),
		site.KeyPaths(module.Gather(h.modules, func(m module.Module) []site.Route { return m.Routes })),
	)
	if err != nil {
		return err
	}
	h.intake.Understand(module.Gather(h.modules, func(m module.Module) []mailin.Instruction { return m.Instructions })...)
	h.bots.Serve(h.modules)
	h.queue.Handle(module.Gather(h.modules, func(m module.Module) []queue.Kind { return m.Jobs })...)
	h.queue.Schedule(module.Gather(h.modules, func(m module.Module) []queue.Periodic { return m.Periodics })...)
	config := h.options.SiteConfig(s.zone, operator())
	config.Policy.Image = module.Gather(h.modules, func(m module.Module) []string { return m.PictureSources })
	config.Maintenance, config.SiteData = serverconf.MaintenanceFile, site.OwnFolder(serverconf.SiteData(h.options))
	if config.Dress.Outlets, err = h.options.Outlets(); err != nil {
		return err
	}
	frame, err := site.New(config, site.Deps{
		Catalogues: s.catalogues, Sessions: s.sessions, Unsent: s.unsent, Limiter: s.limiter, Viewers: viewers, Programs: h.accounts, Log: h.log, Near: h.near(s.entities), Former: h.former(s.entities), Changes: h.db.Changes, Settings: h.settings,
		Metrics: h.watch.Requests,
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
