// Package eventtest builds what rooms about events stand on: the rooms of events, of content and of comments, over the
// people of package cast. Tests put their own room beside them.
package eventtest

import (
	"context"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// SiteName is what the site is called.
var SiteName = settings.SiteName{Default: "Neustadt"}

// Rooms are those that a room about events stands on, with what they share.
type Rooms struct {
	*cast.Cast
	Viewers    webtest.People
	Tray       *mailtest.Tray
	Outbox     *outbox.Outbox
	Texts      *texts.Texts
	Media      *media.Folder
	Keys       web.LinkKeys
	Limiter    *web.Limiter
	Catalogues *lang.Catalogues
	Notices    *mailtest.Notices // to be opened with those of all modules
	Comments   *threads.Threads
	Events     *events.Events
	Content    *content.Content
}

// New builds the rooms over a database, in a time zone and at an address without a slash at the end.
func New(t *testing.T, db *sqldb.DB, zone *time.Location, baseURL string) *Rooms {
	t.Helper()
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	r := &Rooms{Cast: cast.New(t, db), Tray: &mailtest.Tray{}, Media: folder, Limiter: web.NewLimiter(db, nil), Notices: &mailtest.Notices{}}
	if r.Keys, err = web.NewLinkKeys("a secret for tests only", "events"); err != nil {
		t.Fatal(err)
	}
	r.Catalogues = localetest.Catalogues(t)
	r.Viewers, r.Outbox, r.Texts = webtest.People(r.Cast.Viewers()), outbox.New(r.Tray), texts.New(markdown.NewCache(1<<20), baseURL)
	r.Comments = threads.New(threads.Deps{DB: db, Media: folder, Texts: r.Texts, Keys: r.Keys, BaseURL: baseURL})
	r.Events = events.New(events.Deps{
		Organizer: "noreply@town.example", ReplyAddresses: replyAddresses,
		Letters: notify.NewLetters(r.Tray), Catalogues: r.Catalogues,
		DB: db, Outbox: r.Outbox, Limiter: r.Limiter, Zone: zone, Viewers: r.Viewers, Keys: r.Keys, SiteName: SiteName, BaseURL: baseURL, Answers: true,
	})
	r.Content = content.New(content.Deps{
		DB: db, Outbox: r.Outbox, Entities: entities.New(nil), Threads: r.Comments, Texts: r.Texts, Pictures: media.NewPictures(db, folder),
		Limiter: r.Limiter, Notices: r.Notices, BaseURL: baseURL, MaxBytes: 1 << 20,
	}, r.Events.Kind())
	return r
}

// Modules returns the tables of contents of the rooms.
func (r *Rooms) Modules() []module.Module {
	return append(r.Content.Modules(), r.Content.Module(), r.Comments.Module())
}

// replyAddresses returns the addresses by which people answer, as far as there are any.
func replyAddresses(ctx context.Context, q sqldb.Querier, all []notify.Answerer) (map[notify.Answerer]string, error) {
	addresses, err := mailin.KnownReplyKeys(ctx, q, all)
	for who, key := range addresses {
		addresses[who] = "reply+" + key + "@town.example"
	}
	return addresses, err
}
