package bridge

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
)

// fetch stores the file that somebody has put into a room, as one that comes by mail is stored. With last, one that cannot
// be had at the moment is refused: a server that is gone must not hold up what others say.
func (b *Bridge) fetch(ctx context.Context, v community.Viewer, e bot.Event, last bool) ([]media.File, error) {
	if e.File == nil || e.Replaces != "" {
		return nil, nil
	}
	data, err := b.deps.Server.Download(ctx, *e.File, b.deps.MaxBytes)
	if errs.Is(err, errs.Unavailable) && last {
		return nil, errs.New(errs.Invalid, "The file can’t be fetched at the moment. Please add it on the site.").Because(err)
	}
	if err != nil {
		return nil, err
	}
	name := cmp.Or(e.File.Name, "file")
	f := media.File{Name: media.NewName(name), OriginalName: mime.Shorten(name, 255), MediaType: mime.Shorten(e.File.MediaType, 150), CreatorID: v.PersonID}
	f, err = media.Put(ctx, b.deps.Media, f, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("store a file from a chat room: %w", err)
	}
	return []media.File{f}, nil
}

// drop removes files that have become nothing.
func (b *Bridge) drop(ctx context.Context, files []media.File) {
	for _, f := range files {
		if err := b.deps.Media.Remove(context.WithoutCancel(ctx), f.Name); err != nil {
			b.deps.Log.WarnContext(ctx, "a file from a chat room is left over", "error", err) // until files that nothing refers to are removed
		}
	}
}
