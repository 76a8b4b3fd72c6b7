package files

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// enclose lets the message about a file carry it. Whether it is small enough is for the channel to know.
func (*Files) enclose(ctx context.Context, q sqldb.Querier, e community.Activity, _ notify.Recipient, m *notify.Message) error {
	if m.Kind != kindFile {
		return nil
	}
	v, err := currentVersion(ctx, q, e.ContentID)
	if err != nil || v.Number == 0 {
		return err
	}
	m.Attachments = append(m.Attachments, notify.Attachment{Name: v.File.OriginalName, MediaType: v.File.MediaType, File: v.File.Name, Size: v.File.Size})
	return nil
}

// facts says which file it is.
func (*Files) facts(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]content.Fact, error) {
	found, err := currentVersions(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	p := lang.From(ctx)
	facts := make(map[int64][]content.Fact, len(found))
	for id, v := range found {
		facts[id] = []content.Fact{{Label: p.T("File"), Value: v.File.OriginalName + " (" + describe(p, v.File) + ")"}}
	}
	return facts, nil
}

// attached returns the files of items as feeds offer them.
func attached(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]content.Attachment, error) {
	found, err := currentVersions(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[int64][]content.Attachment, len(found))
	for id, v := range found {
		mediaType, _ := v.File.Served()
		all[id] = []content.Attachment{{Path: v.File.Path(), Type: mediaType, Title: v.File.OriginalName, Size: v.File.Size}}
	}
	return all, nil
}
