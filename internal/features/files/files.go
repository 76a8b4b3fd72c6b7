// Package files is the room of files that groups and people publish: a protocol, a form, a plan to print. A file can be
// replaced; what was there before stays as an older version. Of pictures and PDF files a preview is made, sounds and
// films are played on the page.
package files

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Deps is what the room stands on.
type Deps struct {
	DB       *sqldb.DB
	Queue    *queue.Queue
	Media    media.Store
	Pictures *media.Pictures
	Limiter  *web.Limiter
	Log      *slog.Logger
	MaxBytes int64         // of one file
	Keep     time.Duration // how long the files of what was deleted are kept

	// FirstPage draws the first page of a PDF file, in a sandbox.
	FirstPage func(ctx context.Context, file io.Reader) ([]byte, error)
}

// Files is the room.
type Files struct {
	deps    Deps
	uploads *media.Uploads
	content *content.Content
}

// New returns the room.
func New(d Deps) *Files { return &Files{deps: d, uploads: media.NewUploads(d.DB, d.Media)} }

// kindFile is the name of the kind.
const kindFile = "file"

// The addresses of the room, beside those of its kind.
const (
	listPath    = "/stadt/files"
	uploadPath  = listPath + "/uploads"
	versionPath = "/stadt/content/{id}/versions/{number}"
)

// unpublished is how long a file is kept that somebody has sent and not published.
const unpublished = 24 * time.Hour

// Kind returns files as a kind of content.
func (r *Files) Kind() content.Kind {
	return content.Kind{
		Name:         kindFile,
		Label:        lang.Text("File"),
		Plural:       lang.Text("Files"),
		About:        lang.Text("What groups and people in town have to hand out."),
		Write:        lang.Text("Upload a file"),
		Published:    lang.Text("Your file is published."),
		Empty:        lang.Text("No files yet."),
		Icon:         parts.IconFile,
		ListPath:     listPath,
		TextOptional: true,
		Files:        1,
		Limits:       []web.Limit{limitUploads()},
		Form:         func() content.Form { return &form{room: r} },
		Body:         r.bodies, Card: r.cards, Facts: r.facts, Attached: attached, Things: r.things, Words: namesOf, Module: r.module,
	}
}

// limitUploads bounds what one person can fill the disk with.
func limitUploads() web.Limit {
	return web.Limit{Name: "upload a file", Count: 200, Per: 24 * time.Hour, Whom: web.PerAccount}
}

// module returns what the room contributes beside what content does for it.
func (r *Files) module(c *content.Content) module.Module {
	r.content = c
	return module.Module{
		Name: "files", Estate: holdings(),
		Routes: []site.Route{
			{Method: http.MethodPost, Path: uploadPath, Handle: r.createUpload, SignedIn: true, Failures: site.AsJSON, Counts: []web.Limit{limitUploads()}, BodyLimit: r.deps.MaxBytes + 1<<20},
			{Method: http.MethodGet, Path: versionPath, Handle: r.askRestoration},
			{Method: http.MethodPost, Path: versionPath, Handle: r.restoreVersion},
			{Method: http.MethodGet, Path: versionPath + "/delete", Handle: r.askRemoval},
			{Method: http.MethodPost, Path: versionPath + "/delete", Handle: r.removeVersion},
		},
		Jobs: []queue.Kind{{Name: previewJob, Handle: r.previewJob, Lane: queue.Housekeeping, MaxAttempts: 5, Timeout: 2 * time.Minute}},
		Enclosures: []notify.Enclosure{{
			Activities: []community.ActivityName{community.ContentPublished}, About: "the file itself, unless it is too large for a mail", Add: r.enclose,
		}},
		Sweeps: []module.Sweep{
			{About: "files that nobody has published", Run: func(ctx context.Context) error { return r.uploads.RemoveUnused(ctx, unpublished) }},
			{About: "files of what was deleted", Run: r.removeDeleted},
		},
	}
}

// removeDeleted removes the files of items that were deleted long ago.
func (r *Files) removeDeleted(ctx context.Context) error {
	return r.uploads.Sweep(ctx, `SELECT f.name FROM contents c JOIN files f ON f.content_id = c.id WHERE c.deleted_at < ? ORDER BY f.name`,
		clock.At(r.deps.DB.Now().Add(-r.deps.Keep)))
}
