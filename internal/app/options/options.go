// Package options holds the options of a site: their names in the files, what is right, what is in force, and what that
// means for the parts of the house.
package options

import (
	"slices"
	"time"
	_ "time/tzdata" // time_zone works on machines without a zone database

	"grouprise.org/grouprise/internal/core/backup"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/features/certificates"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/config/check"
	"grouprise.org/grouprise/internal/kit/logs"
	"grouprise.org/grouprise/internal/kit/password"
	"grouprise.org/grouprise/internal/kit/sentry"
)

// Options are all options of a site, with the values in force. docs/administrators/configuration.md
// explains them; the table in schema says what is right.
type Options struct {
	Domain            string   // host name of the site, in addresses, links and list ids
	ExtraAllowedHosts []string // further host names that the site answers for
	SiteName          string   // what the site is called in titles and mails
	LanguageCode      string   // language of the site where a person chose none
	TimeZone          string   // zone in which times are shown

	Listen            string   // address of the web server: host:port or unix:/path
	TrustedProxies    []string // addresses and networks whose forwarding headers are believed
	TransportSecurity string   // integrated, reverse-proxy or disabled: who speaks TLS
	SessionCookieAge  int      // seconds that a session lasts
	SecretKey         string   // signs links and tokens; kept in data_path unless given

	Program string // path of the program itself, which reads what strangers send in a process of its own; empty: it does not
	Version string // of the program

	// For tests, which set them behind the configuration's back.
	Observe      func(query string, args []any) // is told of what is read
	Clock        clock.Clock                    // what the database tells of the time; nil is the system's
	PasswordCost password.Cost                  // of a new hash; zero is password.Moderate

	Demonstration       bool // the town is invented: a file in data_path says so
	PublicDemonstration bool // strangers may reach it, and read all mails

	DataPath     string // everything the program keeps outside the database
	MediaRoot    string // uploaded files
	MediaStore   string // folder or s3: where uploaded files are
	S3           S3
	BackupPath   string // where backups go
	DownloadsVia string // none, nginx, apache, lighttpd or caddy: who sends protected files
	MaxUpload    int    // megabytes that one upload may have

	Database Database

	Submission     Submission
	DefaultFrom    string   // sender of system mails
	DistinctFrom   string   // sender of notifications; holds {slug}
	ReplyTo        string   // address for answers; holds {reply_key}; its domain is the mail domain
	Postmaster     string   // gets reports about incoming mail that could not be handled
	Collector      string   // mailbox that collects all incoming mail, for import-mail
	LogRecipients  []string // administrators who get mails about errors
	ShowGroupLists bool     // show the mail address of a group to its members
	LMTP           LMTP
	IncomingMail   IncomingMail

	Keep         Keep
	Backup       backup.Options
	Certificates certificates.Options

	Log           logs.Options
	Sentry        sentry.Options
	MetricsListen string // address of the listener for /metrics; empty: none

	SlugBlacklist    []string // names that nobody may take, beside the built-in ones
	OperatorGroup    int      // id of the group that runs the site
	UnknownPerson    int      // id of the person who inherits the content of people who left
	FeedPerson       int      // id of the person who is the author of imported feed items; 0: none
	ScoreContentAge  int      // days that content counts for activity
	Claims           []string // sentences of which each page shows one
	HookScripts      []string // programs that are called when a group changes
	TemplateDirs     []string // folders with files for the outlets of the pages
	Stylesheets      Stylesheets
	Scripts          Scripts
	ContentSecurity  ContentSecurity
	Branding         Branding
	Events           Events
	Tags             Tags
	Geo              Geo
	Matrix           Matrix
	MatrixCommander  MatrixCommander
	OIDCProviderIsOn bool // the site is an OpenID Connect provider

	settings *config.Settings  // where each value comes from
	origins  map[string]string // of options that win over what administrators set on pages, as far as they are set
}

// Database says where the data is.
type Database struct {
	Engine   string // sqlite, postgresql or mysql
	Name     string // name of the database, or the file of SQLite
	Host     string // empty: the local socket
	Port     int    // 0: the usual one
	User     string
	Password string
}

// S3 says where uploaded files are if media_store is s3.
type S3 struct {
	Endpoint  string // host:port
	Region    string
	Bucket    string
	AccessKey string
	SecretKey string
	Plain     bool // without TLS
}

// Submission says how outgoing mail leaves.
type Submission struct {
	Backend    string // smtp, folder (files below data_path/outbox), console or dummy
	Encryption string // plain, starttls or ssl
	Host       string
	Port       int
	User       string
	Password   string
}

// LMTP says where incoming mail arrives.
type LMTP struct {
	Listen         string // address: host:port or unix:/path
	MaxMessageSize int    // megabytes that one message may have
}

// IncomingMail says what is believed about incoming mail.
type IncomingMail struct {
	// AuthservID names the mail server whose Authentication-Results are believed. Empty: the envelope
	// sender is believed.
	AuthservID string
	// OwnHops is how many Received headers our own mail servers add: results below the next one were written by others.
	OwnHops int
}

// Keep says for how many days things are kept that nobody has removed.
type Keep struct {
	Notifications  int // on the page of each person, and what happened that they tell of
	Deliveries     int // what was sent to whom
	FailedJobs     int // what failed for good
	UnusedPictures int // what nothing shows
	StrayFiles     int // what lies in the media storage and nothing refers to
	ReceivedMails  int // which mails had their effect, so that they have it once
	HeldMails      int // what waits for the confirmation of its sender
}

// ContentSecurity holds what is allowed beside the site itself in the Content-Security-Policy.
type ContentSecurity struct {
	ScriptSrc, DefaultSrc, ConnectSrc []string
}

// Branding dresses the site.
type Branding struct {
	LogoBackdrop, LogoFavicon, LogoSquare, LogoText string // URLs; empty: the built-in logos
	ThemeColor                                      string // #RRGGBB
}

// Events switches what events can do.
type Events struct {
	Repetitions, Attendance, AttendanceByMembers bool
}

// Tags says which tags are suggested.
type Tags struct {
	Featured         tagging.Featured // in order
	MinFeaturedCount int              // how many of them a group needs
}

// Geo switches places and maps.
type Geo struct {
	Enabled         bool
	TileURL         string
	TileAttribution string
	Center          check.Points // places that the first view of the map shows
	Zoom            int
}

// Matrix connects groups to rooms of a Matrix server.
type Matrix struct {
	Enabled             bool
	Backend             string
	Domain              string // in ids, behind the colon
	HomeserverURL       string // where the homeserver is reached; empty: https:// and its domain
	AdminAPIURL         string
	BotUsername         string
	BotAccessToken      string
	PublicListenerRooms []string
	EncryptPrivateRooms bool
	VerifiedDevicesOnly bool // get the keys of encrypted rooms
}

// MatrixCommander is the bot that administrators talk to.
type MatrixCommander struct {
	Enabled        bool
	Backend        string
	BotID          string
	BotAccessToken string
	AdminRooms     []string
}

// defaults returns the options of a site that nobody configured. What depends on other options is
// filled in by complete.
func defaults() *Options {
	return &Options{
		Domain:            "example.org",
		LanguageCode:      "de-de",
		TimeZone:          "Europe/Berlin",
		Listen:            "localhost:8008",
		TrustedProxies:    []string{"127.0.0.0/8", "::1"},
		TransportSecurity: "reverse-proxy",
		SessionCookieAge:  int((14 * 24 * time.Hour).Seconds()),
		DataPath:          "data",
		DownloadsVia:      "none",
		MediaStore:        "folder",
		MaxUpload:         10,
		Database:          Database{Engine: "sqlite"},
		Submission:        Submission{Backend: "smtp", Encryption: "plain", Host: "localhost"},
		LMTP:              LMTP{Listen: "localhost:1025", MaxMessageSize: 50},
		IncomingMail:      IncomingMail{OwnHops: 1},
		Backup:            backup.DefaultOptions(),
		Log:               logs.DefaultOptions(),
		Certificates:      certificates.DefaultOptions(),
		Keep:              Keep{Notifications: 365, Deliveries: 30, FailedJobs: 90, UnusedPictures: 30, StrayFiles: 30, ReceivedMails: 90, HeldMails: 7},
		ShowGroupLists:    true,
		Events:            Events{Repetitions: true, Attendance: true},
		OperatorGroup:     1,
		UnknownPerson:     1,
		ScoreContentAge:   100,
		Branding:          Branding{ThemeColor: "#2a62ac"},
		Geo: Geo{
			TileURL:         "https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png",
			TileAttribution: `&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a>`,
			Center:          check.Points{{55.06, 8.42}, {47.27, 10.18}, {51.27, 15.04}, {51.05, 5.87}},
		},
		Matrix:          Matrix{Backend: "nio", AdminAPIURL: "http://localhost:8008", BotUsername: "grouprise-bot"},
		MatrixCommander: MatrixCommander{Backend: "nio"},
	}
}

// schema describes the options: their names in the files, and what is right.
func (o *Options) schema() config.Schema {
	const size, days = "a whole number of megabytes, 0 or more", "a whole number of days, 1 or more"
	return config.Schema{
		Complete: o.complete,
		Retired:  retired(),
		Options: append([]config.Option{
			{Name: "domain", Into: &o.Domain, Text: check.HostName, Want: "a host name without a port, such as stadt.example.org"},
			{Name: "extra_allowed_hosts", Into: &o.ExtraAllowedHosts, Text: check.AllowedHost, Want: "a list of host names"},
			{Name: "site_name", Into: &o.SiteName, Text: check.Line, Want: "one line of text"},
			{Name: "language_code", Into: &o.LanguageCode, Text: check.Language, Want: "a language code, such as de or en-gb"},
			{Name: "time_zone", Into: &o.TimeZone, Text: check.TimeZone, Want: "a time zone, such as Europe/Berlin"},

			{Name: "listen", Into: &o.Listen, Text: check.Listener, Want: wantListener},
			{Name: "trusted_proxies", Into: &o.TrustedProxies, Text: check.Network, Want: "a list of IP addresses and networks, such as 192.0.2.0/24"},
			{Name: "transport_security", Into: &o.TransportSecurity, OneOf: []string{"integrated", "reverse-proxy", "disabled"}},
			{Name: "session_cookie_age", Into: &o.SessionCookieAge, Number: check.NotNegative, Want: "a whole number of seconds, 0 or more"},
			{Name: "secret_key", Into: &o.SecretKey, Secret: true, Text: check.AtLeast(leastSecret), Want: "a text of at least 16 characters"},

			{Name: "demonstration.public", Into: &o.PublicDemonstration},

			{Name: "data_path", Into: &o.DataPath, Path: config.WritableFolder},
			{Name: "media_root", Into: &o.MediaRoot, Path: config.WritableFolder},
			{Name: "media_store", Into: &o.MediaStore, OneOf: []string{"folder", "s3"}},
			{Name: "s3.endpoint", Into: &o.S3.Endpoint, Text: check.Endpoint, Want: "host or host:port of the store, without https://"},
			{Name: "s3.region", Into: &o.S3.Region, Text: check.Line, Want: "one line of text"},
			{Name: "s3.bucket", Into: &o.S3.Bucket, Text: check.Bucket, Want: "the name of a bucket, 3 to 63 letters, digits, dots and hyphens"},
			{Name: "s3.access_key", Into: &o.S3.AccessKey, Text: check.Line, Want: "one line of text"},
			{Name: "s3.secret_key", Into: &o.S3.SecretKey, Text: check.Line, Want: "one line of text", Secret: true},
			{Name: "s3.without_tls", Into: &o.S3.Plain},
			{Name: "backup_path", Into: &o.BackupPath, Path: config.WritableFolder},
			{Name: "file_download_backend", Into: &o.DownloadsVia, OneOf: []string{"none", "nginx", "apache", "lighttpd", "caddy"}},
			{Name: "upload_max_file_size", Into: &o.MaxUpload, Number: check.NotNegative, Want: size},

			{
				Name: "database.engine", Into: &o.Database.Engine, OneOf: []string{"sqlite", "postgresql", "mysql", "spatialite", "postgis"},
				Want: `one of "sqlite", "postgresql", "mysql"`,
			},
			{Name: "database.name", Into: &o.Database.Name, Text: check.Line, Want: "the name of a database, or the file of SQLite"},
			{Name: "database.host", Into: &o.Database.Host, Text: check.Line, Want: "a host name or the folder of a socket"},
			{Name: "database.port", Into: &o.Database.Port, Number: check.Port, Want: wantPort},
			{Name: "database.user", Into: &o.Database.User},
			{Name: "database.password", Into: &o.Database.Password, Secret: true},

			{Name: "email_submission.backend", Into: &o.Submission.Backend, OneOf: []string{"smtp", "folder", "console", "dummy"}},
			{Name: "email_submission.encryption", Into: &o.Submission.Encryption, OneOf: []string{"plain", "starttls", "ssl"}},
			{Name: "email_submission.host", Into: &o.Submission.Host, Text: check.Line, Want: "a host name or an IP address"},
			{Name: "email_submission.port", Into: &o.Submission.Port, Number: check.Port, Want: wantPort},
			{Name: "email_submission.user", Into: &o.Submission.User},
			{Name: "email_submission.password", Into: &o.Submission.Password, Secret: true},

			{Name: "default_from_email", Into: &o.DefaultFrom, Text: check.Sender, Want: "a mail address, such as noreply@example.org"},
			{
				Name: "default_distinct_from_email", Into: &o.DistinctFrom, Text: check.Pattern("{slug}"),
				Want: "a mail address with {slug} before the @, such as noreply+{slug}@example.org",
			},
			{
				Name: "default_reply_to_email", Into: &o.ReplyTo, Text: check.Pattern("{reply_key}"),
				Want: "a mail address with {reply_key} before the @, such as reply+{reply_key}@example.org",
			},
			{Name: "postmaster_email", Into: &o.Postmaster, Text: check.Address, Want: "a mail address, such as postmaster@example.org"},
			{Name: "collector_mailbox_address", Into: &o.Collector, Text: check.Address, Want: "a mail address, such as grouprise@example.org"},
			{Name: "log_recipient_emails", Into: &o.LogRecipients, Text: check.Address, Want: "a list of mail addresses"},
			{Name: "mailinglist_enabled", Into: &o.ShowGroupLists},
			{Name: "lmtp.listen", Into: &o.LMTP.Listen, Text: check.Listener, Want: wantListener},
			{Name: "lmtp.max_message_size", Into: &o.LMTP.MaxMessageSize, Number: check.Positive, Want: "a whole number of megabytes, 1 or more"},
			{
				Name: "incoming_mail.authserv_id", Into: &o.IncomingMail.AuthservID, Text: check.HostName,
				Want: "the name that the mail server writes first into Authentication-Results, such as mx.example.org",
			},
			{
				Name: "incoming_mail.own_hops", Into: &o.IncomingMail.OwnHops, Number: check.Positive,
				Want: "how many Received headers the own mail servers add, 1 or more",
			},

			{Name: "keep.notifications", Into: &o.Keep.Notifications, Number: check.Positive, Want: days},
			{Name: "keep.deliveries", Into: &o.Keep.Deliveries, Number: check.Positive, Want: days},
			{Name: "keep.failed_jobs", Into: &o.Keep.FailedJobs, Number: check.Positive, Want: days},
			{Name: "keep.unused_pictures", Into: &o.Keep.UnusedPictures, Number: check.Positive, Want: days},
			{Name: "keep.stray_files", Into: &o.Keep.StrayFiles, Number: check.Positive, Want: days},
			{
				Name: "keep.received_mails", Into: &o.Keep.ReceivedMails, Number: check.AtLeastFive,
				Want: "a whole number of days, 5 or more: mail servers try as long",
			},
			{Name: "keep.held_mails", Into: &o.Keep.HeldMails, Number: check.Positive, Want: days},

			{Name: "metrics.listen", Into: &o.MetricsListen, Text: check.Listener, Want: wantListener},

			{Name: "entity_slug_blacklist", Into: &o.SlugBlacklist, Text: check.Line, Want: "a list of names"},
			{Name: "operator_group_id", Into: &o.OperatorGroup, Number: check.Positive, Want: "the id of a group"},
			{Name: "unknown_gestalt_id", Into: &o.UnknownPerson, Number: check.Positive, Want: "the id of a person"},
			{Name: "feed_importer_gestalt_id", Into: &o.FeedPerson, Number: check.Positive, Want: "the id of a person"},
			{Name: "score_content_age", Into: &o.ScoreContentAge, Number: check.NotNegative, Want: "a whole number of days, 0 or more"},
			{Name: "claims", Into: &o.Claims},
			{Name: "hook_script_paths", Into: &o.HookScripts, Path: config.Program, Want: "a list of programs"},
			{Name: "template_directories", Into: &o.TemplateDirs, Path: config.Directory, Want: "a list of existing directories"},
			{Name: "stylesheets", Into: &o.Stylesheets},
			{Name: "scripts", Into: &o.Scripts},
			{Name: "csp.script_src", Into: &o.ContentSecurity.ScriptSrc, Text: check.Source, Want: wantSources},
			{Name: "csp.default_src", Into: &o.ContentSecurity.DefaultSrc, Text: check.Source, Want: wantSources},
			{Name: "csp.connect_src", Into: &o.ContentSecurity.ConnectSrc, Text: check.Source, Want: wantSources},
			{Name: "branding.logo_backdrop", Into: &o.Branding.LogoBackdrop, Text: check.Line, Want: "a URL"},
			{Name: "branding.logo_favicon", Into: &o.Branding.LogoFavicon, Text: check.Line, Want: "a URL"},
			{Name: "branding.logo_square", Into: &o.Branding.LogoSquare, Text: check.Line, Want: "a URL"},
			{Name: "branding.logo_text", Into: &o.Branding.LogoText, Text: check.Line, Want: "a URL"},
			{Name: "branding.theme_color", Into: &o.Branding.ThemeColor, Text: check.Colour, Want: `a colour in quotes, such as "#2a62ac"`},

			{Name: "events.enable_repetitions", Into: &o.Events.Repetitions},
			{Name: "events.enable_attendance", Into: &o.Events.Attendance},
			{Name: "events.allow_attendance_management_for_group_members", Into: &o.Events.AttendanceByMembers},
			{Name: "tags.featured_tag_ids", Into: &o.Tags.Featured},
			{Name: "tags.min_featured_group_tag_count", Into: &o.Tags.MinFeaturedCount, Number: check.NotNegative, Want: "a whole number, 0 or more"},
			{Name: "geo.enabled", Into: &o.Geo.Enabled},
			{Name: "geo.tile_server.url", Into: &o.Geo.TileURL, Text: check.TileURL, Want: "an https URL that holds {s}, {x}, {y} and {z}"},
			{Name: "geo.tile_server.attribution", Into: &o.Geo.TileAttribution},
			{Name: "geo.location_selector.center", Into: &o.Geo.Center},
			{Name: "geo.location_selector.zoom", Into: &o.Geo.Zoom, Number: check.NotNegative, Want: "a whole number, 0 or more"},

			{Name: "matrix_chat.enabled", Into: &o.Matrix.Enabled},
			{Name: "matrix_chat.backend", Into: &o.Matrix.Backend, OneOf: []string{"nio"}, Want: `"nio": rooms are kept at a homeserver and nowhere else; leave matrix_chat.enabled off to try the site without one`},
			{Name: "matrix_chat.domain", Into: &o.Matrix.Domain, Text: check.HostName, Want: "the name of a Matrix server, such as matrix.example.org"},
			{Name: "matrix_chat.homeserver_url", Into: &o.Matrix.HomeserverURL, Text: check.URL, Want: "an http or https URL"},
			{Name: "matrix_chat.admin_api_url", Into: &o.Matrix.AdminAPIURL, Text: check.URL, Want: "an http or https URL"},
			{
				Name: "matrix_chat.bot_username", Into: &o.Matrix.BotUsername, Text: check.Word,
				Want: "a name of letters, digits, hyphens and underscores",
			},
			{
				Name: "matrix_chat.bot_access_token", Into: &o.Matrix.BotAccessToken, Secret: true, Text: check.Word,
				Want: "a token of letters, digits, hyphens and underscores",
			},
			{Name: "matrix_chat.public_listener_rooms", Into: &o.Matrix.PublicListenerRooms, Text: check.MatrixRoom, Want: wantRooms},
			{Name: "matrix_chat.encrypt_private_rooms", Into: &o.Matrix.EncryptPrivateRooms},
			{Name: "matrix_chat.verified_devices_only", Into: &o.Matrix.VerifiedDevicesOnly},
			{Name: "matrix_commander.enabled", Into: &o.MatrixCommander.Enabled},
			{Name: "matrix_commander.backend", Into: &o.MatrixCommander.Backend, OneOf: []string{"nio", "console"}},
			{
				Name: "matrix_commander.bot_id", Into: &o.MatrixCommander.BotID, Text: check.MatrixUser,
				Want: "the id of a Matrix user, such as @bot:example.org",
			},
			{Name: "matrix_commander.bot_access_token", Into: &o.MatrixCommander.BotAccessToken, Secret: true},
			{Name: "matrix_commander.admin_rooms", Into: &o.MatrixCommander.AdminRooms, Text: check.MatrixRoom, Want: wantRooms},
			{Name: "oidc_provider.enabled", Into: &o.OIDCProviderIsOn},
		}, slices.Concat(o.Backup.Schema(), o.Certificates.Schema(), o.Log.Schema(), o.Sentry.Schema())...),
	}
}

// retired lists the options of grouprise 5.5 that mean nothing any more.
func retired() map[string]string {
	return map[string]string{
		"cache_storage":                   "has no meaning any more: there is no separate cache to set up; remove it",
		"task_handler":                    "has no meaning any more: tasks are kept in the database of the site; remove it",
		"debug":                           "has no meaning any more: errors are written to the log; remove it",
		"debug_toolbar_clients":           "has no meaning any more; remove it",
		"extra_django_settings_filenames": "has no meaning any more: Python files are not run; move what they set into options of this file",
	}
}

// unread lists the options that nothing reads, each with the warning for whoever sets it; none where there is one value only.
func unread() map[string]string {
	return map[string]string{
		"oidc_provider.enabled": "has no effect yet: this version is no OpenID Connect provider, so programs cannot sign people in through it", "matrix_chat.backend": "",
	}
}
