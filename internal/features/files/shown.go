package files

import (
	"strconv"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/schemaorg"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// describe returns the sort and the size of a file.
func describe(p *lang.Printer, f media.File) string { return sortOf(p, f) + ", " + p.Bytes(f.Size) }

func sortOf(p *lang.Printer, f media.File) string {
	switch f.Sort() {
	case media.PictureFile:
		return p.T("picture")
	case media.SoundFile:
		return p.T("audio")
	case media.FilmFile:
		return p.T("video")
	case media.PDFFile:
		return p.T("PDF")
	case media.TextFile:
		return p.T("text document")
	case media.SheetFile:
		return p.T("spreadsheet")
	case media.SlidesFile:
		return p.T("presentation")
	case media.ArchiveFile:
		return p.T("archive")
	case media.OtherFile:
	}
	return p.T("file")
}

// sheet is what the page of an item shows of its file.
type sheet struct {
	Current version
	Older   []version
	CanEdit bool
}

// path returns the address of what is done with a version.
func (v version) path() string {
	return "/stadt/content/" + strconv.FormatInt(v.ContentID, 10) + "/versions/" + strconv.Itoa(v.Number) + "/"
}

// bodies shows the files of items on their pages, of which there is one at a time.
func (r *Files) bodies(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	shown := make(map[int64]templ.Component, len(items))
	for _, i := range items {
		all, err := listVersions(v.Context(), q, i.ID)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 {
			s := v.Subject().Standing
			shown[i.ID] = sheetBody(sheet{Current: all[0], Older: all[1:], CanEdit: policy.CanPublish(s)})
		}
	}
	return shown, nil
}

// cards shows on cards which files items have.
func (r *Files) cards(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	found, err := currentVersions(v.Context(), q, ids)
	if err != nil {
		return nil, err
	}
	shown := make(map[int64]templ.Component, len(found))
	for id, current := range found {
		shown[id] = cardLine(current.File)
	}
	return shown, nil
}

// things returns what the page of a file says to programs: where it is found, and what it is.
func (r *Files) things(v *site.Visit, q sqldb.Querier, i content.Item, w schemaorg.Work) ([]schemaorg.Thing, error) {
	all, err := listVersions(v.Context(), q, i.ID)
	if err != nil {
		return nil, err
	}
	d := schemaorg.DigitalDocument{Work: w}
	if len(all) > 0 {
		f := all[0].File
		d.Encoding = []schemaorg.MediaObject{{
			Name: f.OriginalName, ContentURL: v.URL(f.Path()), EncodingFormat: f.MediaType, ContentSize: strconv.FormatInt(f.Size, 10),
		}}
	}
	return []schemaorg.Thing{d}, nil
}
