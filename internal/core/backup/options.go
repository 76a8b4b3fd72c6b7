package backup

import (
	"io"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/config/check"
	"grouprise.org/grouprise/internal/kit/queue"
)

// Store is a store of backups that is given back at the end.
type Store interface {
	media.Store
	io.Closer
}

// Options are what an administrator decides about backups.
type Options struct {
	Schedule   string   // when one is made on its own, as cron writes it; empty: never
	Recipients []string // public keys of age; none: backups are not encrypted
	Passwords  bool     // the configuration is backed up with its passwords and the secret key
	Keep       Retention
	S3         media.S3 // the bucket that keeps them; without a name: the folder backup_path
}

// DefaultOptions returns the options of a site that nobody configured.
func DefaultOptions() Options { return Options{Keep: Retention{Daily: 7, Weekly: 4, Monthly: 6}} }

// Schema describes the options below "backup.".
func (o *Options) Schema() []config.Option {
	const count, line = "a whole number, 0 or more", "one line of text"
	return []config.Option{
		{Name: "backup.schedule", Into: &o.Schedule, Text: isSchedule, Want: `a schedule as cron writes it, such as "37 2 * * *", or @daily`},
		{Name: "backup.recipients", Into: &o.Recipients, Text: IsRecipient, Want: "a list of public keys of age, such as age1…"},
		{Name: "backup.passwords", Into: &o.Passwords},
		{Name: "backup.keep.daily", Into: &o.Keep.Daily, Number: check.NotNegative, Want: count},
		{Name: "backup.keep.weekly", Into: &o.Keep.Weekly, Number: check.NotNegative, Want: count},
		{Name: "backup.keep.monthly", Into: &o.Keep.Monthly, Number: check.NotNegative, Want: count},
		{Name: "backup.s3.endpoint", Into: &o.S3.Endpoint, Text: check.Endpoint, Want: "host or host:port of the store, without https://"},
		{Name: "backup.s3.region", Into: &o.S3.Region, Text: check.Line, Want: line},
		{Name: "backup.s3.bucket", Into: &o.S3.Bucket, Text: check.Bucket, Want: "the name of a bucket, 3 to 63 letters, digits, dots and hyphens"},
		{Name: "backup.s3.access_key", Into: &o.S3.AccessKey, Text: check.Line, Want: line},
		{Name: "backup.s3.secret_key", Into: &o.S3.SecretKey, Text: check.Line, Want: line, Secret: true},
		{Name: "backup.s3.without_tls", Into: &o.S3.Insecure},
	}
}

func isSchedule(s string) bool { return s == "" || queue.IsSchedule(s) }

// Check refuses half a bucket, and passwords that anybody could read who finds a backup.
func (o *Options) Check(s *config.Settings) {
	given := map[string]string{
		"endpoint": o.S3.Endpoint, "bucket": o.S3.Bucket, "access_key": o.S3.AccessKey, "secret_key": o.S3.SecretKey,
	}
	for name, value := range given {
		if value == "" && o.S3 != (media.S3{}) && !s.Refused("backup.s3."+name) {
			s.Refuse("backup.s3."+name, "must be given with the other options of the bucket")
		}
	}
	if o.Passwords && len(o.Recipients) == 0 {
		s.Warn("backup.passwords", "backups hold all passwords and are not encrypted, because backup.recipients is empty")
	}
}

// OpenStore opens where backups are kept: the bucket, or else the folder.
func (o *Options) OpenStore(folder string) (Store, error) {
	if o.S3.Bucket != "" {
		return media.OpenBucket(o.S3)
	}
	return media.OpenFolder(folder)
}

// Where says for people where backups are kept.
func (o *Options) Where(folder string) string {
	if o.S3.Bucket != "" {
		return o.S3.Endpoint + "/" + o.S3.Bucket
	}
	return folder
}

// Place returns the place of backups in an open store.
func (o *Options) Place(store media.Store) (Place, error) {
	recipients, err := ParseRecipients(o.Recipients)
	return Place{Store: store, Recipients: recipients}, err
}
