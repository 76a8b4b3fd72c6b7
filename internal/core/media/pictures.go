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
	"unicode"

	"golang.org/x/sync/singleflight"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/picture"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Limits of pictures. One is read at a time, so that not more than maxBytes are taken by all.
const (
	maxBytes = 80_000_000 // of memory: what a camera of 50 million pixels makes takes 75
	maxSide  = 1920       // pixels that are kept: what a screen shows
	maxUses  = 200        // pictures that one text can show
)

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
	}
}

// Pictures keeps the pictures that people upload, and makes smaller ones of them.
type Pictures struct {
	db        *sqldb.DB
	store     Store
	sizes     map[string]func(picture.Picture) picture.Picture
	rendering singleflight.Group
	readSlot  chan struct{} // whoever reads a picture holds it
}

// NewPictures returns the keeper of the pictures in a database and a store.
func NewPictures(db *sqldb.DB, store Store) *Pictures {
	return &Pictures{db: db, store: store, sizes: renditions(), readSlot: make(chan struct{}, 1)}
}

// Add takes a picture that somebody uploaded: it is turned upright, freed of what the camera wrote into it,
// and made as small as a screen. It returns the picture's name. Invalid names the form field and says what
// is wrong with the picture.
func (p *Pictures) Add(ctx context.Context, creatorID int64, field string, r io.ReadSeeker) (name string, err error) {
	taken, err := p.read(ctx, r)
	large, tooLarge := errors.AsType[picture.TooLarge](err)
	switch {
	case tooLarge:
		return "", errs.Check(errs.Field(field, "This picture is too large: one of its kind may have %d million pixels. Make it smaller first.", large.Pixels/1_000_000))
	case errors.Is(err, picture.ErrFormat):
		return "", errs.Check(errs.Field(field, "This is no picture that can be shown. Choose a JPEG, PNG, GIF or WebP file."))
	case errors.Is(err, picture.ErrDamaged):
		return "", errs.Check(errs.Field(field, "This picture is damaged, or of a kind that is rare. Open it in another program and save it again as JPEG or PNG."))
	case err != nil:
		return "", err
	}
	// The size stands in the name, so that a page can leave room before the picture is there.
	name = fmt.Sprintf("%s-%dx%d%s", strings.ToLower(rand.Text()), taken.Width(), taken.Height(), taken.Extension())
	if err := p.put(ctx, name, taken); err != nil {
		return "", err
	}
	err = p.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Insert(ctx, `INSERT INTO images (name, creator_id, created_at) VALUES (?, ?, ?)`, name, creatorID, tx.Now)
		return err
	})
	if err != nil {
		return "", errors.Join(fmt.Errorf("record the picture %s: %w", name, err), p.store.Remove(ctx, name))
	}
	return name, nil
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

func (p *Pictures) put(ctx context.Context, name string, made picture.Picture) error {
	var file bytes.Buffer
	if err := made.Write(&file); err != nil {
		return err
	}
	_, err := p.store.Put(ctx, name, &file)
	return err
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
	condition, args := visible(v)
	var found string
	if err := p.db.Get(ctx, &found, `SELECT i.name FROM images i WHERE i.name = ? AND `+condition, append([]any{name}, args...)...); err != nil {
		return Stored{}, fmt.Errorf("find the picture %q: %w", name, err)
	}
	if found != name { // the database leaves out what it cannot keep, such as NUL
		return Stored{}, errs.New(errs.NotFound, "This file does not exist.")
	}
	if size == "" {
		return p.open(ctx, name)
	}
	change, ok := p.sizes[size]
	if !ok {
		return Stored{}, errs.New(errs.NotFound, "There is no such size of a picture.")
	}
	kept := renditionName(name, size)
	r, err := p.open(ctx, kept)
	if !errs.Is(err, errs.NotFound) {
		return r, err
	}
	// Whoever asks first makes it for all; their going away must not take it from the others.
	_, err, _ = p.rendering.Do(kept, func() (any, error) { return nil, p.makeRendition(context.WithoutCancel(ctx), name, kept, change) })
	if err != nil {
		return Stored{}, err
	}
	return p.open(ctx, kept)
}

func (p *Pictures) open(ctx context.Context, stored string) (Stored, error) {
	r, err := p.store.Open(ctx, stored)
	return Stored{ReadSeekCloser: r, Name: stored}, err
}

func (p *Pictures) makeRendition(ctx context.Context, name, kept string, change func(picture.Picture) picture.Picture) error {
	original, err := p.store.Open(ctx, name)
	if err != nil {
		return err
	}
	whole, err := p.read(ctx, original)
	if err := errors.Join(err, original.Close()); err != nil {
		return fmt.Errorf("read the picture %s: %w", name, err)
	}
	if err := p.put(ctx, kept, change(whole)); err != nil && !errs.Is(err, errs.Conflict) { // another process was faster
		return err
	}
	var id int64
	err = p.db.Get(ctx, &id, `SELECT id FROM images WHERE name = ?`, name)
	if errs.Is(err, errs.NotFound) {
		// Somebody has removed the picture meanwhile, and could not know of this.
		return errors.Join(err, p.store.Remove(ctx, kept))
	}
	return err
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
	return p.erase(ctx, gone)
}

// Discard removes pictures that were added for something that failed; an empty name is none. Those that
// something shows stay.
func (p *Pictures) Discard(ctx context.Context, names ...string) error {
	if strings.Join(names, "") == "" {
		return nil
	}
	var gone []string
	err := p.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		gone, err = deleteUnused(ctx, tx, names...)
		return err
	})
	if err != nil {
		return err
	}
	return p.erase(ctx, gone)
}

// deleteUnused forgets those pictures that nothing shows, and returns their names.
func deleteUnused(ctx context.Context, tx *sqldb.Tx, names ...string) (gone []string, err error) {
	err = tx.Select(ctx, &gone, `SELECT i.name FROM images i WHERE i.name IN (?)
		AND NOT EXISTS (SELECT 1 FROM entities e WHERE e.picture = i.name OR e.cover = i.name)
		AND NOT EXISTS (SELECT 1 FROM image_uses u WHERE u.image_id = i.id)`, names)
	if err != nil {
		return nil, fmt.Errorf("look for pictures that nothing shows: %w", err)
	}
	if len(gone) == 0 {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM images WHERE name IN (?)`, gone); err != nil {
		return nil, fmt.Errorf("remove pictures that nothing shows: %w", err)
	}
	return gone, nil
}

// erase removes pictures and what was made of them from the store.
func (p *Pictures) erase(ctx context.Context, names []string) error {
	var problems error
	for _, name := range names {
		problems = errors.Join(problems, p.store.Remove(ctx, name))
		for size := range p.sizes {
			problems = errors.Join(problems, p.store.Remove(ctx, renditionName(name, size)))
		}
	}
	return problems
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
		rows[i] = []any{id, orNull(contentID), orNull(contributionID)}
	}
	if err := tx.InsertRows(ctx, `INSERT INTO image_uses (image_id, content_id, contribution_id)`, rows); err != nil {
		return fmt.Errorf("note the pictures of a text: %w", err)
	}
	return nil
}

// visible is the condition on rows of images under the alias i that the viewer may see: their own pictures,
// those that stand for a person or group, and those in a text that they may read. The face of a person goes
// with their name, also where their page is not public; the wide picture stands on that page only.
func visible(v community.Viewer) (condition string, args []any) {
	contents, ofContents := policy.ReadableContents("c", v)
	comments, ofComments := policy.ReadableComments("k", "c.entity_id", v)
	conversations, ofConversations := policy.ReadableConversations("d", v)
	condition = `(i.creator_id = ? OR EXISTS (SELECT 1 FROM entities e WHERE e.picture = i.name) OR EXISTS (SELECT 1 FROM entities e WHERE e.cover = i.name
			AND NOT EXISTS (SELECT 1 FROM people h WHERE h.entity_id = e.id AND NOT h.public))
		OR EXISTS (SELECT 1 FROM image_uses u JOIN contents c ON c.id = u.content_id WHERE u.image_id = i.id AND ` + contents + `)
		OR EXISTS (SELECT 1 FROM image_uses u JOIN contributions k ON k.id = u.contribution_id JOIN contents c ON c.id = k.content_id
			WHERE u.image_id = i.id AND ` + contents + ` AND ` + comments + `)
		OR EXISTS (SELECT 1 FROM image_uses u JOIN contributions k ON k.id = u.contribution_id JOIN conversations d ON d.id = k.conversation_id
			WHERE u.image_id = i.id AND k.deleted_at IS NULL AND ` + conversations + `))`
	return condition, slices.Concat([]any{v.PersonID}, ofContents, ofContents, ofComments, ofConversations)
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
	description := strings.TrimSuffix(original, path.Ext(original))
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
