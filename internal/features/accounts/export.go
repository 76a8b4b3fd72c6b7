package accounts

import (
	"bufio"
	"context"
	"io"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/kit/web"
)

func limitExport() web.Limit {
	return web.Limit{Name: "download one's data", Count: 10, Per: time.Hour, Whom: web.PerAccount}
}

// exportBuffer is how much of an export is collected before the first byte is sent: all of it for most people.
const exportBuffer = 256 << 10

// Export writes what the modules of the house hand out to the viewer of what they keep of them, as JSON. It is TooMany
// if the viewer has asked too often. Other errors may come after a part has been written.
func (r *Accounts) Export(ctx context.Context, v community.Viewer, w io.Writer) error {
	if err := r.deps.Limiter.Allow(ctx, limitExport(), web.Account(v.PersonID)); err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(w, exportBuffer)
	document := estate.Document{Site: r.deps.SiteName.String(), At: r.deps.DB.Now(), Owner: ownerOf(v), Holdings: r.deps.Estate()}
	if err := document.Write(ctx, r.deps.DB, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}
