package options

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"grouprise.org/grouprise/internal/features/certificates"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/config/check"
)

// secretFile is where the secret key is kept below the data path unless an option gives one.
const secretFile = "secret.key"

// leastSecret is how many characters a secret key has at least.
const leastSecret = 16

// Sources says where the configuration of this machine is: the file or folder that GROUPRISE_CONFIG
// names, or else the first of the usual places that holds a file.
func Sources(environ []string) config.Sources {
	from := config.Sources{
		Candidates: []string{"grouprise.yaml", "grouprise.conf.d"},
		Environ:    environ,
		Prefix:     "GROUPRISE_",
		// Variables of the commands, the packages and the tests.
		Reserved: []string{
			"GROUPRISE_CONFIG", "GROUPRISE_USER", "GROUPRISE_EXIT_ON_CONFIG_ERROR", "GROUPRISE_SKIP_DATABASE_BACKUP",
			"GROUPRISE_DOCKER_*", "GROUPRISE_TEST_*", "GROUPRISE_HOOK_*",
		},
	}
	if folder, err := os.UserConfigDir(); err == nil {
		from.Candidates = append(from.Candidates, filepath.Join(folder, "grouprise", "conf.d"))
	}
	from.Candidates = append(from.Candidates, "/etc/grouprise/conf.d")
	for _, variable := range environ {
		if path, ok := strings.CutPrefix(variable, "GROUPRISE_CONFIG="); ok {
			from.Named = path
		}
	}
	return from
}

// Load reads the options. The settings say where each comes from and hold warnings; they are
// never nil. The error is a config.Problems.
func Load(from config.Sources) (*Options, *config.Settings, error) {
	o := defaults()
	settings, err := config.Load(o.schema(), from)
	return o, settings, err
}

// complete fills in what depends on other options and checks what concerns several of them.
func (o *Options) complete(s *config.Settings) {
	if path, err := filepath.Abs(o.DataPath); err == nil {
		o.DataPath = path
	}
	fill(&o.MediaRoot, filepath.Join(o.DataPath, "media"))
	fill(&o.BackupPath, filepath.Join(o.DataPath, "backups"))
	o.settings, o.origins = s, originsOf(s)
	fill(&o.SiteName, strings.TrimSuffix(o.Domain, "."))
	check.WriteInASCII(&o.Domain, &o.Matrix.Domain, &o.Submission.Host)
	for i := range o.ExtraAllowedHosts {
		check.WriteInASCII(&o.ExtraAllowedHosts[i])
	}
	fill(&o.DefaultFrom, "noreply@"+o.Domain)
	fill(&o.DistinctFrom, "noreply+{slug}@"+o.Domain)
	fill(&o.ReplyTo, "reply+{reply_key}@"+o.Domain)
	fill(&o.Postmaster, "postmaster@"+o.Domain)
	fill(&o.Matrix.Domain, o.Domain)
	fill(&o.Matrix.HomeserverURL, "https://"+o.Matrix.Domain)
	fill(&o.MatrixCommander.BotID, "@grouprise-commander-bot:"+o.Domain)
	if _, err := os.Stat(o.DemonstrationFile()); err == nil {
		o.Demonstration = true
		if !s.IsSet("email_submission.backend") && !s.IsSet("email_submission.host") {
			o.Submission.Backend = "folder"
			s.SetOrigin("email_submission.backend", "default of a demonstration")
		}
		if !s.IsSet("geo.enabled") {
			o.Geo.Enabled = true
			s.SetOrigin("geo.enabled", "default of a demonstration")
		}
	}
	if o.Submission.Port == 0 {
		o.Submission.Port = map[string]int{"plain": 25, "starttls": 587, "ssl": 465}[o.Submission.Encryption]
	}
	if !s.IsSet("secret_key") {
		s.SetOrigin("secret_key", filepath.Join(o.DataPath, secretFile))
	}
	if !s.IsSet("transport_security") && len(s.Files) == 0 && check.Loopback(o.Listen) {
		o.TransportSecurity = "disabled"
		s.SetOrigin("transport_security", "default without a configuration file, for a listener on this machine only")
	}
	if read, unread := o.templates(); len(unread) > 0 {
		s.Warn("template_directories", "templates of grouprise 5.5 have no effect: %s (only %s are read)", strings.Join(unread, ", "), read)
	}
	for name, sentence := range unread() {
		if s.IsSet(name) && sentence != "" {
			s.Warn(name, "%s", sentence)
		}
	}
	o.Certificates.Check(s, certificates.Site{Transport: o.Transport(), Domain: o.Domain, Listen: &o.Listen, Downloads: o.DownloadsVia})
	o.completeDatabase(s)
	o.completeStore(s)
	o.completeAddresses(s)
	o.checkWeb(s)
	o.checkSubmission(s)
	o.Backup.Check(s)
	o.Sentry.Check(s)
}

// completeDatabase knows the engines of grouprise 5.5, whose map extensions are not needed any more.
func (o *Options) completeDatabase(s *config.Settings) {
	db := &o.Database
	switch db.Engine {
	case "spatialite":
		db.Engine = "sqlite"
		s.Warn("database.engine", `"spatialite" is read as "sqlite": the extension is not needed any more`)
	case "postgis":
		db.Engine = "postgresql"
		s.Warn("database.engine", `"postgis" is read as "postgresql": the extension is not needed any more`)
	}
	if db.Engine != "sqlite" {
		if db.Name == "" && !s.Refused("database.name") && !s.Refused("database.engine") {
			s.Refuse("database.name", "must be the name of a database: %q has no default", db.Engine)
		}
		return
	}
	for _, useless := range []string{"host", "port", "user", "password"} {
		if s.IsSet("database." + useless) {
			s.Warn("database."+useless, "has no meaning with the engine \"sqlite\"")
		}
	}
	fill(&db.Name, filepath.Join(o.DataPath, "grouprise.sqlite3"))
	if rest, ok := strings.CutPrefix(db.Name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			db.Name = filepath.Join(home, rest)
		}
	}
	if path, err := filepath.Abs(db.Name); err == nil {
		db.Name = path
	}
}

// completeStore checks that a bucket can be found, and that the web server finds what it is to send.
func (o *Options) completeStore(s *config.Settings) {
	if o.MediaStore != "s3" {
		if o.DownloadsVia != "none" {
			if path, err := filepath.Abs(o.MediaRoot); err == nil {
				o.MediaRoot = path // the web server runs in another folder
			}
		}
		return
	}
	if o.DownloadsVia != "none" && !s.Refused("file_download_backend") {
		s.Refuse("file_download_backend", "must be \"none\" with media_store \"s3\": a web server cannot send files that lie in a bucket")
	}
	for name, value := range map[string]string{
		"endpoint": o.S3.Endpoint, "bucket": o.S3.Bucket, "access_key": o.S3.AccessKey, "secret_key": o.S3.SecretKey,
	} {
		if value == "" && !s.Refused("s3."+name) {
			s.Refuse("s3."+name, "must be given: \"s3\" has no default")
		}
	}
}

func fill(option *string, value string) {
	if *option == "" {
		*option = value
	}
}

// Prepare makes the folders that the site needs, and its secret key where no option gives one. Several
// processes may do so at once.
func (o *Options) Prepare() error {
	for _, folder := range []string{o.DataPath, o.MediaRoot} {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return fmt.Errorf("prepare the data folders: %w", err)
		}
	}
	if o.SecretKey != "" {
		return nil
	}
	key, err := config.KeepSecret(o.SecretFile(), leastSecret)
	if err != nil {
		return fmt.Errorf("prepare the secret key: %w", err)
	}
	o.SecretKey = key
	return nil
}

// SecretFile is where the secret key is unless an option gives one.
func (o *Options) SecretFile() string { return filepath.Join(o.DataPath, secretFile) }

// Settings says where each value comes from.
func (o *Options) Settings() *config.Settings { return o.settings }

// Find makes sure that a site is where the options say, for commands that look after one and must not make another:
// the paths may depend on the folder in which a command is run.
func (o *Options) Find() error {
	file := o.Database.Name
	if o.Database.Engine != "sqlite" {
		if o.SecretKey != "" {
			return nil
		}
		file = o.SecretFile()
	}
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no site: %s does not exist. Run this in the folder where the site runs, or set data_path to an "+
			"absolute path; a new one is made by grouprise serve, grouprise demo and grouprise migrate", file)
	}
	return err
}

// TrustedNetworks returns the networks of the proxies whose forwarding headers are believed.
func (o *Options) TrustedNetworks() []netip.Prefix {
	networks := make([]netip.Prefix, 0, len(o.TrustedProxies))
	for _, text := range o.TrustedProxies {
		if network, err := check.ParseNetwork(text); err == nil {
			networks = append(networks, network.Masked())
		}
	}
	return networks
}

// MailDomain returns the domain of the addresses at which the site receives mail.
func (o *Options) MailDomain() string {
	_, domain, _ := strings.Cut(o.ReplyTo, "@")
	return domain
}
