package email

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/mime"
)

// maxAttached is how many bytes of files go along with one mail; what is left out is linked. Many
// mailboxes take no more than 20 MB, encoded.
const maxAttached = 12 << 20

// inText reports whether a picture stands in the text of a message. The HTML part shows it from the mail itself: behind
// its address nobody is signed in.
func inText(m *notify.Message, a notify.Attachment) bool {
	return m.Format != markdown.Plain && strings.HasPrefix(a.MediaType, "image/") && media.File{Name: a.File}.StandsIn(m.Text)
}

// enclosed is what became of the files that a mail should carry.
type enclosed struct {
	files  []mime.Attachment
	linked []notify.Attachment // would make the mail too large
	gone   []notify.Attachment // are in the store no more
}

// enclose reads the files that go along.
func (e *Email) enclose(ctx context.Context, m *notify.Message) (all enclosed, err error) {
	left := int64(maxAttached)
	for _, a := range m.Attachments {
		if a.Size > left {
			all.linked = append(all.linked, a)
			continue
		}
		data, err := e.read(ctx, a)
		if errs.Is(err, errs.NotFound) {
			e.Logger.WarnContext(ctx, "a file that a mail should carry is gone", "file", a.File)
			all.gone = append(all.gone, a)
			continue
		}
		if err != nil {
			return all, fmt.Errorf("attach the file %s: %w", a.File, err)
		}
		left -= int64(len(data))
		file := mime.Attachment{Name: a.Name, MediaType: a.MediaType, Data: data}
		if inText(m, a) {
			file.ContentID, file.Inline = a.File+"@"+e.Domain, true
		}
		all.files = append(all.files, file)
	}
	return all, nil
}

func (e *Email) read(ctx context.Context, a notify.Attachment) (data []byte, err error) {
	f, err := e.Media.Open(ctx, a.File)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxAttached))
}
