package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sync/singleflight"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/picture"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Limits of pictures. One is read at a time, so that not more than maxBytes are taken by all.
const (
	maxBytes = 80_000_000 // of memory: what a camera of 50 million pixels makes takes 75
	maxSide  = 1920       // pixels that are kept: what a screen shows
	maxUses  = 200        // pictures that one text can show
)

// Accepted are the kinds of files that are pictures, for fields of forms. Because HEIC is not among them, iPhones turn
// their pictures into JPEG before they send them.
const Accepted = "image/jpeg,image/png,image/gif,image/webp,image/avif"

// LimitUploads bounds what one person can fill the disk with.
func LimitUploads() web.Limit {
	return web.Limit{Name: "upload a picture", Count: 300, Per: 24 * time.Hour, Whom: web.PerAccount}
}

// CountUpload counts a picture that somebody is about to upload; TooMany if they have uploaded enough today.
func CountUpload(ctx context.Context, limiter *web.Limiter, personID int64) error {
	limit := LimitUploads()
	err := limiter.Allow(ctx, limit, web.Account(personID))
	if often, ok := errors.AsType[*errs.Error](err); ok && often.Kind == errs.TooMany {
		return errs.New(errs.TooMany, "You can upload up to %d pictures a day. Please continue later.", limit.Count).After(often.RetryAfter)
	}
	return err
}

// renditions are the sizes in which a picture is shown, by the name that stands in its address.
func renditions() map[string]func(picture.Picture) picture.Picture {
	crop := func(width, height int) func(picture.Picture) picture.Picture {
		return func(p picture.Picture) picture.Picture { return p.Crop(width, height) }
	}
	return map[string]func(picture.Picture) picture.Picture{
		community.SmallPicture:   crop(96, 96),
		community.SquarePicture:  crop(256, 256),
		community.CoverPicture:   crop(1152, 384),
		community.PreviewPicture: crop(1200, 630),
		community.CardPicture:    crop(640, 400),
		community.TextPicture:    func(p picture.Picture) picture.Picture { return p.Fit(960, 1920) },
		community.LogoPicture:    func(p picture.Picture) picture.Picture { return p.Fit(480, 96) },
		community.WallPicture:    func(p picture.Picture) picture.Picture { return p.Fit(1440, 480) },
		community.ScreenPicture:  func(p picture.Picture) picture.Picture { return p.Fit(1600, 1600) },
	}
}

// Pictures keeps the pictures that people upload, and makes smaller ones of them.
type Pictures struct {
	db        *sqldb.DB
	store     Store
	sizes     map[string]func(picture.Picture) picture.Picture
	rendering singleflight.Group
	readSlot  chan struct{} // whoever reads a picture holds it

	converting *converting // nil makes no WebP
	readAVIF   Reader      // nil reads no AVIF
}

// Reader makes a JPEG or PNG of a picture that only a sandbox may read. What is wrong with the picture is
// picture.ErrDamaged.
type Reader func(ctx context.Context, file io.Reader) ([]byte, error)

// ReadAVIFBy lets AVIF pictures be read from now on.
func (p *Pictures) ReadAVIFBy(r Reader) { p.readAVIF = r }

// NewPictures returns the keeper of the pictures in a database and a store.
func NewPictures(db *sqldb.DB, store Store) *Pictures {
	return &Pictures{db: db, store: store, sizes: renditions(), readSlot: make(chan struct{}, 1)}
}

// Add takes a picture that somebody uploaded: it is turned upright, freed of what the camera wrote into it,
// and made as small as a screen. It returns the picture's name. Invalid names the form field and says what
// is wrong with the picture.
func (p *Pictures) Add(ctx context.Context, creatorID int64, field string, r io.ReadSeeker) (name string, err error) {
	return p.add(ctx, creatorID, field, "", r)
}

// ofPage stands in the names of pictures of pages.
const ofPage = "-page"

// AddPage adds the picture of a page, as Add does: small versions of it show its top.
func (p *Pictures) AddPage(ctx context.Context, creatorID int64, field string, r io.ReadSeeker) (name string, err error) {
	return p.add(ctx, creatorID, field, ofPage, r)
}

func (p *Pictures) add(ctx context.Context, creatorID int64, field, mark string, r io.ReadSeeker) (name string, err error) {
	name, size, err := p.keep(ctx, field, mark, r)
	if err != nil {
		return "", err
	}
	err = p.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Insert(ctx, `INSERT INTO images (name, bytes, creator_id, created_at) VALUES (?, ?, ?, ?)`, name, size, creatorID, tx.Now)
		return err
	})
	if err != nil {
		return "", errors.Join(fmt.Errorf("record the picture %s: %w", name, err), p.store.Remove(ctx, name))
	}
	return name, nil
}

// Keep takes a picture as Add does, but only puts it into the store: whoever calls it records the name and how many bytes
// there are, or has it erased.
func (p *Pictures) Keep(ctx context.Context, field string, r io.ReadSeeker) (name string, size int64, err error) {
	return p.keep(ctx, field, "", r)
}

func (p *Pictures) keep(ctx context.Context, field, mark string, r io.ReadSeeker) (name string, size int64, err error) {
	taken, err := p.read(ctx, r)
	if errors.Is(err, picture.ErrAVIF) && p.readAVIF != nil {
		taken, err = p.readInSandbox(ctx, r)
	}
	large, tooLarge := errors.AsType[picture.TooLarge](err)
	switch {
	case tooLarge:
		return "", 0, errs.Check(errs.Field(field, "This picture is too large: in its format, %d million pixels is the limit. Make it smaller first.", large.Pixels/1_000_000))
	case errors.Is(err, picture.ErrHEIC):
		return "", 0, errs.Check(errs.Field(field, "This picture is in a format of phones that browsers can’t show (HEIC). Send it from the phone itself, which turns it into JPEG, or save it as JPEG in a photo app."))
	case errors.Is(err, picture.ErrFormat), errors.Is(err, picture.ErrAVIF):
		return "", 0, errs.Check(errs.Field(field, "This picture can’t be shown. Choose a JPEG, PNG, GIF, WebP or AVIF file."))
	case errors.Is(err, picture.ErrDamaged):
		return "", 0, errs.Check(errs.Field(field, "This picture is damaged or in an unusual format. Open it in another program and save it again as JPEG or PNG."))
	case err != nil:
		return "", 0, err
	}
	// The size stands in the name, so that a page can leave room before the picture is there.
	name = fmt.Sprintf("%s-%dx%d%s%s", strings.ToLower(rand.Text()), taken.Width(), taken.Height(), mark, taken.Extension())
	size, err = p.put(ctx, name, taken)
	return name, size, err
}

// read reads a picture when it is its turn.
func (p *Pictures) read(ctx context.Context, r io.ReadSeeker) (picture.Picture, error) {
	select {
	case p.readSlot <- struct{}{}:
	case <-ctx.Done():
		return picture.Picture{}, fmt.Errorf("wait to read a picture: %w", ctx.Err())
	}
	defer func() { <-p.readSlot }()
	read, err := picture.Read(r, maxBytes, maxSide)
	debug.FreeOSMemory() // before the next one is read: together they would take twice as much
	return read, err
}

// readInSandbox reads an AVIF picture, unless it is too large by what it says of itself.
func (p *Pictures) readInSandbox(ctx context.Context, r io.ReadSeeker) (picture.Picture, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return picture.Picture{}, fmt.Errorf("read the picture again: %w", err)
	}
	file, err := io.ReadAll(r)
	if err != nil {
		return picture.Picture{}, fmt.Errorf("read the picture again: %w", err)
	}
	if err := picture.CheckAVIF(file); err != nil {
		return picture.Picture{}, err
	}
	pixels, err := p.readAVIF(ctx, bytes.NewReader(file))
	if err != nil {
		return picture.Picture{}, err
	}
	return p.read(ctx, bytes.NewReader(pixels))
}

func (p *Pictures) put(ctx context.Context, name string, made picture.Picture) (size int64, err error) {
	var file bytes.Buffer
	if err := made.Write(&file); err != nil {
		return 0, err
	}
	return p.store.Put(ctx, name, &file)
}

// Stored is a picture that is open for reading.
type Stored struct {
	io.ReadSeekCloser
	Name string // in the store: that of the picture, or of a rendition
}

// Open returns a picture that the viewer may see, for reading: size is the name of a rendition, or empty. A
// rendition is made when it is first asked for, and kept. NotFound covers pictures that are not for the
// viewer.
func (p *Pictures) Open(ctx context.Context, v community.Viewer, name, size string) (Stored, error) {
	return p.OpenFor(ctx, v, name, size, false)
}

// OpenFor is Open for somebody who may read WebP, too: they get the rendition as WebP if it is there already.
func (p *Pictures) OpenFor(ctx context.Context, v community.Viewer, name, size string, readsWebP bool) (Stored, error) {
	condition, args := visible(v)
	var found struct {
		Name string `db:"name"`
		WebP string `db:"webp"`
	}
	if err := p.db.Get(ctx, &found, `SELECT i.name, i.webp FROM images i WHERE i.name = ? AND `+condition, append([]any{name}, args...)...); err != nil {
		return Stored{}, fmt.Errorf("find the picture %q: %w", name, err)
	}
	if found.Name != name { // the database leaves out what it cannot keep, such as NUL
		return Stored{}, errs.New(errs.NotFound, "This file does not exist.")
	}
	if size == "" {
		return p.open(ctx, name)
	}
	change, ok := p.sizes[size]
	if !ok {
		return Stored{}, errs.New(errs.NotFound, "This picture size doesn’t exist.")
	}
	kept := renditionName(name, size)
	if readsWebP && hasWebP(found.WebP, size) {
		if r, err := p.open(ctx, webpName(kept)); !errs.Is(err, errs.NotFound) {
			return r, err
		}
	}
	r, err := p.open(ctx, kept)
	if !errs.Is(err, errs.NotFound) {
		return r, err
	}
	// Whoever asks first makes it for all; their going away must not take it from the others.
	_, err, _ = p.rendering.Do(kept, func() (any, error) { return nil, p.makeRendition(context.WithoutCancel(ctx), name, size, change) })
	if err != nil {
		return Stored{}, err
	}
	return p.open(ctx, kept)
}

func (p *Pictures) open(ctx context.Context, stored string) (Stored, error) {
	r, err := p.store.Open(ctx, stored)
	return Stored{ReadSeekCloser: r, Name: stored}, err
}

func (p *Pictures) makeRendition(ctx context.Context, name, size string, change func(picture.Picture) picture.Picture) error {
	kept := renditionName(name, size)
	original, err := p.store.Open(ctx, name)
	if err != nil {
		return err
	}
	whole, err := p.read(ctx, original)
	if err := errors.Join(err, original.Close()); err != nil {
		return fmt.Errorf("read the picture %s: %w", name, err)
	}
	if strings.Contains(name, ofPage+".") {
		whole = whole.FromTop()
	}
	if _, err := p.put(ctx, kept, change(whole)); err != nil && !errs.Is(err, errs.Conflict) { // another process was faster
		return err
	}
	var id int64
	err = p.db.Get(ctx, &id, `SELECT id FROM images WHERE name = ?`, name)
	if errs.Is(err, errs.NotFound) {
		// Somebody has removed the picture meanwhile, and could not know of this.
		return errors.Join(err, p.store.Remove(ctx, kept))
	}
	if err != nil {
		return err
	}
	return p.convertLater(ctx, name, size)
}

// renditionName returns the name of a rendition in the store.
func renditionName(name, size string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + size + ext
}

// EntityPictures are the names of the pictures that stand for a person or group; empty where there is none.
type EntityPictures struct {
	Picture string `db:"picture"` // square
	Cover   string `db:"cover"`   // wide, above their page
}

// EntityPicturesOf returns the pictures of a person or group.
func EntityPicturesOf(ctx context.Context, q sqldb.Querier, entityID int64) (EntityPictures, error) {
	var f EntityPictures
	if err := q.Get(ctx, &f, `SELECT picture, cover FROM entities WHERE id = ?`, entityID); err != nil {
		return f, fmt.Errorf("get the pictures of entity %d: %w", entityID, err)
	}
	return f, nil
}

// SetEntityPictures changes the pictures of a person or group. Those that they had and that nothing else shows are
// removed.
func (p *Pictures) SetEntityPictures(ctx context.Context, entityID int64, change func(*EntityPictures)) error {
	var gone []string
	err := p.db.Write(ctx, func(tx *sqldb.Tx) error {
		// Of two who change one picture each at once, the second sees what the first did.
		var from EntityPictures
		if err := tx.GetLocked(ctx, &from, `SELECT picture, cover FROM entities WHERE id = ?`, entityID); err != nil {
			return fmt.Errorf("get the pictures of entity %d: %w", entityID, err)
		}
		to := from
		change(&to)
		if _, err := tx.Exec(ctx, `UPDATE entities SET picture = ?, cover = ? WHERE id = ?`, to.Picture, to.Cover, entityID); err != nil {
			return fmt.Errorf("set the pictures of entity %d: %w", entityID, err)
		}
		var err error
		gone, err = deleteUnused(ctx, tx, from.Picture, from.Cover)
		return err
	})
	if err != nil {
		return err
	}
	return p.Erase(ctx, gone)
}

// pictureInText finds the names of pictures in a text.
var pictureInText = regexp.MustCompile(regexp.QuoteMeta(community.PicturesPath) + `(?:[a-z]+/)?([a-z0-9][a-z0-9-]{0,80}\.[a-z]{3,4})`)

// NamesIn returns the names of the pictures that a text shows, each once.
func NamesIn(text string) []string {
	var names []string
	for _, m := range pictureInText.FindAllStringSubmatch(text, maxUses) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// FirstIn returns the name of the first picture that a text shows, or nothing.
func FirstIn(text string) string {
	if m := pictureInText.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// Use notes which pictures a text shows: that of a content item, or of a contribution (the other id is 0).
// What was noted for it before is forgotten. A picture that the author may not see does not count, so that
// nobody opens a picture to others by guessing or keeping its name.
func Use(ctx context.Context, tx *sqldb.Tx, authorID int64, text string, contentID, contributionID int64) error {
	names := NamesIn(text)
	var ids []int64
	if len(names) > 0 {
		author := community.Viewer{PersonID: authorID}
		if err := tx.Get(ctx, &author.EntityID, `SELECT entity_id FROM people WHERE id = ?`, authorID); err != nil {
			return fmt.Errorf("find the author of a text: %w", err)
		}
		condition, args := visible(author)
		err := tx.Select(ctx, &ids, `SELECT i.id FROM images i WHERE i.name IN (?) AND `+condition+` ORDER BY i.id`, append([]any{names}, args...)...)
		if err != nil {
			return fmt.Errorf("look for the pictures of a text: %w", err)
		}
	}
	if contentID != 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM image_uses WHERE content_id = ?`, contentID); err != nil {
			return fmt.Errorf("forget the pictures of a text: %w", err)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id, sqldb.OrNull(contentID), sqldb.OrNull(contributionID)}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO image_uses (image_id, content_id, contribution_id)`, rows); err != nil {
		return fmt.Errorf("note the pictures of a text: %w", err)
	}
	return nil
}

// visible is the condition on rows of images under the alias i that the viewer may see: their own pictures,
// those that stand for a person, a group or the site, and those in a text or a gallery that they may read. The face of a person goes
// with their name, also where their page is not public; the wide picture stands on that page only.
func visible(v community.Viewer) (condition string, args []any) {
	contents, ofContents := policy.ReadableContents("c", v)
	comments, ofComments := policy.ReadableComments("k", "c.entity_id", v)
	conversations, ofConversations := policy.ReadableConversations("d", v)
	condition = `(i.creator_id = ? OR EXISTS (SELECT 1 FROM entities e WHERE e.picture = i.name)
		OR EXISTS (SELECT 1 FROM site_settings s WHERE ` + standsForTheSite + ` AND s.value = i.name) OR EXISTS (SELECT 1 FROM entities e WHERE e.cover = i.name
			AND NOT EXISTS (SELECT 1 FROM people h WHERE h.entity_id = e.id AND NOT h.public))
		OR EXISTS (SELECT 1 FROM image_uses u JOIN contents c ON c.id = u.content_id WHERE u.image_id = i.id AND ` + contents + `)
		OR EXISTS (SELECT 1 FROM gallery_pictures y JOIN contents c ON c.id = y.content_id WHERE y.image_id = i.id AND ` + contents + `)
		OR EXISTS (SELECT 1 FROM image_uses u JOIN contributions k ON k.id = u.contribution_id JOIN contents c ON c.id = k.content_id
			WHERE u.image_id = i.id AND ` + contents + ` AND ` + comments + `)
		OR EXISTS (SELECT 1 FROM image_uses u JOIN contributions k ON k.id = u.contribution_id JOIN conversations d ON d.id = k.conversation_id
			WHERE u.image_id = i.id AND k.deleted_at IS NULL AND ` + conversations + `))`
	return condition, slices.Concat([]any{v.PersonID}, ofContents, ofContents, ofContents, ofComments, ofConversations)
}

// Upload adds a picture that came with a form, as Add does.
func (p *Pictures) Upload(ctx context.Context, creatorID int64, field string, f *multipart.FileHeader) (name string, err error) {
	file, err := f.Open()
	if err != nil {
		return "", fmt.Errorf("open an upload: %w", err)
	}
	defer file.Close() // it was only read
	return p.Add(ctx, creatorID, field, file)
}

// entity finds what Markdown takes for the name of a character.
var entity = regexp.MustCompile(`&(#?[0-9A-Za-z]+;)`)

// Markdown returns what shows a picture in a text. What its owner called the file describes it to those who
// do not see it: what means something in Markdown, or is not to be seen itself, is left out.
func Markdown(name, original string) string {
	return markdown(name, strings.TrimSuffix(original, path.Ext(original)))
}

// markdown is Markdown for a description that is no name of a file.
func markdown(name, description string) string {
	description = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("[]()\\`*_<>!\n\r", r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(description, ""))
	description = entity.ReplaceAllString(description, " $1")
	return "![" + strings.Join(strings.Fields(description), " ") + "](" + community.PicturePath(name, community.TextPicture) + ")"
}
